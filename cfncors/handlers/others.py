"""Go, Java, C# and Ruby: response literals are recognised, the ways to them are not followed.

What is found is therefore never complete, and nothing in these languages is edited. Headers count as known only where
the function that Lambda calls returns the literal itself: what goes through a variable or another function may get
headers on its way.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import TYPE_CHECKING, Final

from cfncors.handlers.files import checked, relative
from cfncors.handlers.members import STATUSES
from cfncors.handlers.model import Handler, Header, Kind, Response, Source, Status
from cfncors.handlers.tree import Places, parse

if TYPE_CHECKING:
    from ast_grep_py import SgNode

#: What a response is made of, by the library of each language (aws-lambda-go/events, aws-lambda-java-events,
#: Amazon.Lambda.APIGatewayEvents).
_TYPES: Final = (
    "APIGatewayProxyResponse", "APIGatewayV2HTTPResponse", "LambdaFunctionURLResponse",
    "APIGatewayProxyResponseEvent", "APIGatewayHttpApiV2ProxyResponse",
)  # fmt: skip
_LITERALS: Final = {"go": "composite_literal", "csharp": "object_creation_expression", "ruby": "hash"}
_FUNCTIONS: Final = ("function_declaration", "func_literal", "method_declaration", "method")
#: What stands between a literal and the ``return`` that it belongs to, or the end of a method that it is the value of.
_PLAIN: Final = ("expression_list", "unary_expression", "argument_list", "parenthesized_expression")
_RETURNS: Final = ("return_statement", "return", "arrow_expression_clause")
_BLOCKS: Final = ("then", "else", "body_statement", "begin", "if", "unless", "elsif", "case", "when", "rescue")
_AFTER: Final = ("rescue", "ensure", "else", "elsif", "when", "comment")
_STARTS: Final = re.compile(r"\blambda\.Start\w*\(\s*(?:\w+\s*,\s*)?(\w+)\s*[,)]")
_TEXTS: Final = {"string_content", "interpreted_string_literal_content", "string_literal_content", "string_fragment"}


def look(source: Source) -> Handler:
    """The response literals of a file. Raises :class:`~cfncors.handlers.syntax.NotRead`."""
    checked(source.text, relative(source.path, source.root))
    reader = _Reader(source.path, _entry(source))
    root = parse(source.text, source.language, source.path)
    found = [response for node in _walk(root) if (response := reader.response(node, source.language)) is not None]
    name = {"csharp": "C#"}.get(source.language, source.language.capitalize())
    reason = f"{relative(source.path, source.root)}: {name} is not followed"
    return Handler(tuple(found), False, (reason,), (), None, (source.path,))


def _entry(source: Source) -> str | None:
    """The name of the function that Lambda calls; in Go the program names it (aws-lambda-go, ``lambda.Start``)."""
    if source.language == "go":
        named = set(_STARTS.findall(source.text))
        return named.pop() if len(named) == 1 else None
    return re.split(r"::|\.", source.export)[-1]


def _walk(root: SgNode) -> Iterator[SgNode]:
    waiting = [root]
    while waiting:
        node = waiting.pop()
        yield node
        waiting.extend(reversed(node.children()))


class _Reader(Places):
    def __init__(self, path: str, entry: str | None) -> None:
        super().__init__(path)
        self.entry = entry

    def response(self, node: SgNode, language: str) -> Response | None:
        """A response literal."""
        if language == "java":
            return self._java(node)
        if node.kind() != _LITERALS[language]:
            return None
        if language != "ruby":
            made_of = node.field("type")
            if made_of is None or not made_of.text().endswith(_TYPES):
                return None
        pairs = dict(self.pairs(node))
        status = pairs.get("statusCode" if language == "ruby" else "StatusCode")
        if status is None:
            return None
        return self._made(node, status, pairs.get("headers" if language == "ruby" else "Headers"))

    def _made(self, node: SgNode, status: SgNode | None, headers: SgNode | None) -> Response:
        code = _status(status)
        known = self.headers(headers)
        is_sent = self._is_returned(node)
        if known is not None and not is_sent:
            known = {name: header._replace(always=False) for name, header in known.items()}
        kind: Kind = "unknown" if not isinstance(code, int) else "error" if code >= 400 else "success"
        return Response(
            (code,),
            known or {},
            known is None or not is_sent,
            kind,
            self.place(node),
            self.place(node),
            None,
            how="written",
        )

    def _is_returned(self, node: SgNode) -> bool:
        """Whether the function that Lambda calls returns a literal as it is."""
        above, is_value = node.parent(), False
        while above is not None and above.kind() not in _FUNCTIONS:
            kind = above.kind()
            if kind in _RETURNS:
                is_value = True
            elif not is_value and kind not in _PLAIN and not (kind in _BLOCKS and self._is_last(node, above)):
                return False
            node, above = above, above.parent()
        if above is None or self.entry is None or _name(above) != self.entry:
            return False
        return is_value or above.kind() == "method"

    def _is_last(self, node: SgNode, block: SgNode) -> bool:
        """Whether a part of a block of Ruby is what the block gives."""
        values = [child for child in self.children(block) if child.kind() not in _AFTER]
        return node.kind() in _AFTER or (bool(values) and values[-1].range() == node.range())

    def _java(self, node: SgNode) -> Response | None:
        """``new APIGatewayProxyResponseEvent().withStatusCode(200).withHeaders(…)``."""
        if node.kind() != "method_invocation" or _name(node) != "withStatusCode":
            return None
        arguments = node.field("arguments")
        inside = self.children(arguments) if arguments is not None else []
        return self._made(node, inside[0] if inside else None, node)

    def pairs(self, node: SgNode) -> Iterator[tuple[str, SgNode]]:
        """Keys and values of a literal: its own, not those of literals in it."""
        waiting = self.children(node)
        while waiting:
            each = waiting.pop(0)
            parts = self.children(each)
            if each.kind() in ("keyed_element", "pair", "assignment_expression") and len(parts) >= 2:
                yield _bare(parts[0]), parts[-1]
            elif each.kind() == "initializer_expression" and len(parts) == 2 and parts[0].kind() == "string_literal":
                yield _bare(parts[0]), parts[1]
            elif each.kind() in ("literal_value", "initializer_expression", "element_binding_expression"):
                waiting = [*parts, *waiting]

    def headers(self, node: SgNode | None) -> dict[str, Header] | None:
        """The headers of a literal; ``None`` when they are made elsewhere."""
        if node is None:
            return {}
        inner = next((part for part in self.children(node) if part.kind() in ("composite_literal", "hash")), node)
        if inner.kind() not in ("composite_literal", "hash", "object_creation_expression"):
            return None
        found = {}
        for name, value in self.pairs(inner):
            text = _bare(value) if any(part.kind() in _TEXTS for part in _walk(value)) else None
            found[name.lower()] = Header(name.lower(), (text,), True, self.place(inner))
        return found


def _name(node: SgNode) -> str:
    name = node.field("name")
    return "" if name is None else name.text()


def _bare(node: SgNode) -> str:
    """A key or a text without what surrounds it."""
    return node.text().strip("[]:\"'` \t\r\n").strip("\"'")


def _status(node: SgNode | None) -> Status:
    if node is None:
        return "unknown"
    text = node.text().strip()
    if text.isdecimal():
        return int(text)
    last = text.rpartition(".")[2].removeprefix("Status")
    names = {name.replace("_", "").lower(): code for name, code in STATUSES.items()}
    return names.get(last.replace("_", "").lower(), "unknown")
