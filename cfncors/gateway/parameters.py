"""``ResponseParameters`` and templates, the same in resources, OpenAPI extensions and SAM."""

from __future__ import annotations

import re
from typing import Final

from cfncors.gateway.model import Header, Headers, Integration, IntegrationKind, IntegrationResponse, MethodResponse
from cfncors.source import Mapping, Node, Scalar, Sequence
from cfncors.template import Absent, Known, Template, Value, intrinsic, leaves, scalar_text

METHOD_PREFIX: Final = "method.response.header."
GATEWAY_PREFIX: Final = "gatewayresponse.header."

_OVERRIDE: Final = re.compile(r"\$context\.responseOverride\.header\.([A-Za-z0-9-]+)", re.IGNORECASE)
_KINDS: Final[dict[str, IntegrationKind]] = {
    "AWS": "aws",
    "AWS_PROXY": "aws_proxy",
    "HTTP": "http",
    "HTTP_PROXY": "http_proxy",
    "MOCK": "mock",
}


def mapping(node: Node | None) -> Mapping | None:
    """``node`` if it is a mapping of its own, no intrinsic."""
    return node if isinstance(node, Mapping) and node.tag is None else None


def is_empty(node: Node | None) -> bool:
    """Whether SAM takes a value for not written: null, ``false``, ``0``, an empty text, mapping or list."""
    if isinstance(node, Scalar):
        return node.tag is None and not node.value
    if isinstance(node, Sequence):
        return node.tag is None and not node.items
    return node is None or (node.tag is None and not len(node))


def is_opaque(node: Node | None) -> bool:
    """Whether a part of a mapping cannot be seen: an intrinsic stands for it, or a macro or loop adds keys to it."""
    if node is None or (isinstance(node, Scalar) and node.tag is None):
        return False
    return intrinsic(node) is not None or (
        isinstance(node, Mapping) and any(entry.key.text.startswith("Fn::") for entry in node.entries)
    )


def headers(template: Template, node: Node | None, prefix: str) -> Headers:
    """Headers whose keys begin with ``prefix``; a value that is ``AWS::NoValue`` is no header."""
    found: Headers = {}
    for branch in template.branches(node):
        for key, entry in branch.items() if isinstance(branch, Mapping) else ():
            if not key.lower().startswith(prefix):
                continue
            value = template.value(entry.value)
            if isinstance(value, Absent):
                continue
            name = key[len(prefix) :]
            found[name.lower()] = Header(name, value, entry.key, entry.value)
    return found


def templates(template: Template, node: Node | None) -> dict[str, Value] | None:
    """Request templates by content type; ``None`` when they are made by an intrinsic."""
    if node is None or (isinstance(node, Scalar) and node.is_null):
        return {}
    found = mapping(node)
    if found is None:
        return None
    return {key: template.value(entry.value) for key, entry in found.items()}


def overrides(template: Template, node: Node | None) -> frozenset[str]:
    """Headers (lower case) that response templates set by ``$context.responseOverride``."""
    found = mapping(node)
    names: set[str] = set()
    for _, entry in found.items() if found is not None else ():
        for leaf in leaves(template.value(entry.value)):
            text = leaf.text if isinstance(leaf, Known) else "".join(p or "" for p in getattr(leaf, "pieces", ()))
            names.update(name.lower() for name in _OVERRIDE.findall(text))
    return frozenset(names)


def integration_kind(template: Template, node: Node | None) -> IntegrationKind:
    """The integration's type, however it is cased; ``unknown`` when it is not there or not known."""
    text = template.known(node)
    return _KINDS.get(text.upper(), "unknown") if text is not None else "unknown"


def status_text(template: Template, node: Node | None) -> str | None:
    """A status code as text (``200`` and ``"200"`` alike)."""
    return template.known(node) if node is not None else None


def resource_integration(template: Template, node: Node | None) -> Integration | None:
    """The ``Integration`` of an ``AWS::ApiGateway::Method``."""
    found = mapping(node)
    if found is None:
        return None if node is None else Integration("unknown", None, None, (), None)
    responses = found.get("IntegrationResponses")
    items = responses.items if isinstance(responses, Sequence) and responses.tag is None else []
    return Integration(
        integration_kind(template, found.get("Type")),
        templates(template, found.get("RequestTemplates")),
        scalar_text(found.get("ContentHandling")),
        tuple(_resource_response(template, item) for item in items if isinstance(item, Mapping)),
        found,
    )


def _resource_response(template: Template, node: Mapping) -> IntegrationResponse:
    pattern = node.get("SelectionPattern")
    return IntegrationResponse(
        status_text(template, node.get("StatusCode")),
        template.known(pattern) if pattern is not None else None,
        headers(template, node.get("ResponseParameters"), METHOD_PREFIX),
        node,
        node,
        "ResponseParameters",
        overrides(template, node.get("ResponseTemplates")),
    )


def resource_method_responses(template: Template, node: Node | None) -> dict[str, MethodResponse]:
    """The ``MethodResponses`` of an ``AWS::ApiGateway::Method`` by status."""
    items = node.items if isinstance(node, Sequence) and node.tag is None else []
    found: dict[str, MethodResponse] = {}
    for item in items:
        declared = mapping(item)
        status = status_text(template, declared.get("StatusCode")) if declared is not None else None
        if declared is None or status is None:
            continue
        names = mapping(declared.get("ResponseParameters"))
        keys = {
            key[len(METHOD_PREFIX) :].lower(): entry.key
            for key, entry in (names.items() if names is not None else ())
            if key.lower().startswith(METHOD_PREFIX)
        }
        found[status] = MethodResponse(status, keys, declared)
    return found
