"""``Fn::ForEach`` of the language extensions: a loop over a literal list is written out, any other is unknown.

CloudFormation User Guide, "Fn::ForEach".
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from cfncors.source import Mapping, Node, Scalar, Sequence
from cfncors.source.nodes import Entry, children
from cfncors.template.intrinsics import intrinsic, scalar_text

PREFIX: Final = "Fn::ForEach"
_MOST: Final = 1000


def unrolled(section: Mapping) -> Iterator[Entry]:
    """The entries of ``Resources`` with each loop over a literal list written out. What a loop makes stands at the
    place of its template and cannot be edited, since one edit would change every round."""
    for entry in section.entries:
        if entry.key.text.startswith(PREFIX):
            yield from _rounds(entry.value)
        else:
            yield entry


def has_unknown_loops(section: Mapping) -> bool:
    """Whether a loop is left that is not over a literal list, or that stands inside a resource."""
    stack: list[Node] = [entry.value for entry in unrolled(section)]
    if any(e.key.text.startswith(PREFIX) and _literal_list(e.value) is None for e in section.entries):
        return True
    while stack:
        node = stack.pop()
        if isinstance(node, Mapping) and any(entry.key.text.startswith(PREFIX) for entry in node.entries):
            return True
        stack.extend(children(node))
    return False


def _literal_list(loop: Node) -> tuple[str, list[str], Mapping] | None:
    """A loop's identifier, its values and its template, when the values are written out."""
    if not isinstance(loop, Sequence) or len(loop.items) != 3:
        return None
    identifier, values, template = loop.items
    name = scalar_text(identifier)
    if name is None or not isinstance(values, Sequence) or values.tag is not None or not isinstance(template, Mapping):
        return None
    texts = [scalar_text(item) for item in values.items]
    if len(texts) > _MOST or not all(text is not None for text in texts):
        return None
    return name, [text for text in texts if text is not None], template


def _rounds(loop: Node) -> Iterator[Entry]:
    found = _literal_list(loop)
    if found is None:
        return
    name, values, template = found
    for value in values:
        copy = _replaced(template, name, value)
        if isinstance(copy, Mapping):
            yield from unrolled(copy)


def _replaced(node: Node, name: str, value: str) -> Node:
    """A copy of ``node`` in which ``${name}``, ``&{name}`` and ``Ref: name`` are ``value``."""
    call = intrinsic(node)
    if call is not None and call.name == "Ref" and isinstance(call.argument, Scalar) and call.argument.text == name:
        return _foreign(Scalar(value, node.start, node.end, '"', None, True))
    if isinstance(node, Scalar):
        alphanumeric = "".join(c for c in value if c.isalnum())
        text = node.text.replace(f"${{{name}}}", value).replace(f"&{{{name}}}", alphanumeric)
        return _foreign(Scalar(text, node.start, node.end, node.style, node.tag, node.is_text))
    if isinstance(node, Sequence):
        items = [_replaced(item, name, value) for item in node.items]
        return _foreign(Sequence(items, node.start, node.end, node.flow, node.tag))
    entries = [Entry(_key(e.key, name, value), _replaced(e.value, name, value)) for _, e in node.items()]
    return _foreign(Mapping(entries, node.start, node.end, node.flow, node.tag))


def _key(key: Scalar, name: str, value: str) -> Scalar:
    copy = _replaced(key, name, value)
    assert isinstance(copy, Scalar)
    return copy


def _foreign(node: Node) -> Node:
    node.foreign = True
    return node
