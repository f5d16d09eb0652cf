"""Constants of headers that code has for its responses: what lacks them is mended with the constant's name."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Final, NamedTuple

from cfncors.handlers.model import ALLOW_ORIGIN, FromEnvironment, Handler, Header, NewValue, Place

if TYPE_CHECKING:
    from ast_grep_py import SgNode

_BLOCKS: Final = {"program", "statement_block", "module", "block"}
_FUNCTIONS: Final = {
    "arrow_function", "function_declaration", "function_expression", "method_definition", "function_definition",
}  # fmt: skip
_TYPED: Final = {"as_expression", "satisfies_expression", "parenthesized_expression"}


class Named(NamedTuple):
    """A constant that holds headers, seen within ``scope``. ``is_cors``: it has no others than those of CORS."""

    name: str
    declared: int
    scope: tuple[int, int]
    is_top: bool
    is_cors: bool

    def is_seen_from(self, node: SgNode) -> bool:
        """Whether code at a node can use it, and runs behind its declaration."""
        span = node.range()
        inside = self.scope[0] <= span.start.index and span.end.index <= self.scope[1]
        later = self.is_top and any(each.kind() in _FUNCTIONS for each in _above(node))
        return inside and (self.declared < span.start.index or later)


def constants(root: SgNode, path: str, handler: Handler, headers: Mapping[str, NewValue]) -> tuple[Named, ...]:
    """The constants of a file from which responses of a handler always get just these headers; the most used first."""
    sent = Counter(place for place in _sent_at(handler, headers) if place.path == path)
    if not sent:
        return ()
    declared: dict[tuple[int, int], Named] = {}
    for node in root.find_all(kind="assignment" if root.kind() == "module" else "variable_declarator"):
        name, value = node.field("name") or node.field("left"), node.field("value") or node.field("right")
        if name is not None and value is not None and name.kind() == "identifier":
            literal = _unwrapped(value)
            span = literal.range()
            declared.setdefault((span.start.index, span.end.index), _named(node, name.text(), literal))
    found = (declared.get((place.start, place.end)) for place, _ in sent.most_common())
    return tuple(each for each in found if each is not None)


def _named(node: SgNode, name: str, value: SgNode) -> Named:
    block = next(each for each in _above(node) if each.kind() in _BLOCKS)
    span = block.range()
    keys = [
        key.text() if (key := child.field("key")) is not None else "" for child in value.children() if child.is_named()
    ]
    is_cors = all(key.strip("'\"").lower().startswith(("access-control-", "vary")) for key in keys)
    scope = (span.start.index, span.end.index)
    return Named(name, node.range().start.index, scope, block.kind() in ("program", "module"), is_cors)


def _above(node: SgNode) -> Iterator[SgNode]:
    above = node.parent()
    while above is not None:
        yield above
        above = above.parent()


def _unwrapped(value: SgNode) -> SgNode:
    """A literal without its type, and not frozen."""
    while True:
        inner = [child for child in value.children() if child.is_named()]
        function = value.field("function")
        if value.kind() in _TYPED and inner:
            value = inner[0]
        elif function is not None and function.text() == "Object.freeze" and (given := value.field("arguments")):
            inner = [child for child in given.children() if child.is_named()]
            if len(inner) != 1:
                return value
            value = inner[0]
        else:
            return value


def _sent_at(handler: Handler, headers: Mapping[str, NewValue]) -> Iterator[Place]:
    """The literals from which each response gets these headers."""
    for response in handler.responses:
        own = [response.headers.get(name.lower()) for name in headers]
        place = own[0].place if own[0] is not None else None
        pairs = zip(own, headers.values(), strict=True)
        if place is not None and all(_sends(handler, header, place, value) for header, value in pairs):
            yield place


def _sends(handler: Handler, header: Header | None, place: Place, value: NewValue) -> bool:
    if header is None or not header.always or header.place != place:
        return False
    if not isinstance(value, FromEnvironment):
        return header.values == (value,)
    choices = {(each.kind, each.texts) for each in handler.origins if each.place == place}
    return header.name == ALLOW_ORIGIN and choices == {("environment", (value.name,))}
