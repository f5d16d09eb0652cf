"""Go, Java, C# and Ruby: response literals are recognised, the ways to them are not followed.

What is found is therefore never complete, and nothing in these languages is edited.
"""

from __future__ import annotations

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
_TEXTS: Final = {"string_content", "interpreted_string_literal_content", "string_literal_content", "string_fragment"}


def look(source: Source) -> Handler:
    """The response literals of a file. Raises :class:`~cfncors.handlers.syntax.NotRead`."""
    checked(source.text, relative(source.path, source.root))
    reader = _Reader(source.path)
    root = parse(source.text, source.language, source.path)
    found = [response for node in _walk(root) if (response := reader.response(node, source.language)) is not None]
    name = {"csharp": "C#"}.get(source.language, source.language.capitalize())
    reason = f"{relative(source.path, source.root)}: {name} is not followed"
    return Handler(tuple(found), False, (reason,), (), None, (source.path,))


def _walk(root: SgNode) -> Iterator[SgNode]:
    waiting = [root]
    while waiting:
        node = waiting.pop()
        yield node
        waiting.extend(reversed(node.children()))


class _Reader(Places):
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
        kind: Kind = "unknown" if not isinstance(code, int) else "error" if code >= 400 else "success"
        return Response(
            (code,), known or {}, known is None, kind, self.place(node), self.place(node), None, None, "written"
        )

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
