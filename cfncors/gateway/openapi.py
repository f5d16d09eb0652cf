"""OpenAPI 2 and 3 bodies with API Gateway's extensions: paths, security, integrations, gateway responses.

API Gateway Developer Guide, "OpenAPI extensions for API Gateway".
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final, NamedTuple

from cfncors.gateway import parameters
from cfncors.gateway.model import (
    NO_AUTHORIZATION,
    UNKNOWN_AUTHORIZATION,
    Authorization,
    GatewayResponse,
    Integration,
    IntegrationResponse,
    Method,
    MethodResponse,
)
from cfncors.source import Mapping, Node, Scalar, Sequence
from cfncors.template import Known, Template, intrinsic, scalar_text

GATEWAY_RESPONSES: Final = "x-amazon-apigateway-gateway-responses"
BINARY_MEDIA_TYPES: Final = "x-amazon-apigateway-binary-media-types"
INTEGRATION: Final = "x-amazon-apigateway-integration"

_ANY: Final = "x-amazon-apigateway-any-method"
_VERBS: Final = frozenset(("get", "put", "post", "delete", "options", "head", "patch", "trace", _ANY))
#: ``method.request.header.X`` of REST APIs, ``$request.header.X`` of HTTP APIs.
_HEADER_SOURCE: Final = re.compile(r"(?:method\.|\$)request\.(?:multivalue)?header\.([^,\s]+)", re.IGNORECASE)

AWS_IAM: Final = Authorization("iam", ("authorization",))
Schemes = dict[str, Authorization | None]  # None: an API key


class PathItem(NamedTuple):
    """A path item (one branch of it when it is conditional) with its keys as they are written."""

    path: str
    keys: tuple[str, ...]
    methods: tuple[Method, ...]
    security: tuple[list[str], ...]


def identity_headers(source: str) -> tuple[str, ...]:
    """Header names (lower case) in an identity source such as ``method.request.header.Authorization, context.x``."""
    return tuple(name.lower() for name in _HEADER_SOURCE.findall(source))


def identity_source_headers(template: Template, node: Node | None) -> tuple[str, ...] | None:
    """Header names (lower case) in an identity source, a text or a list of them; ``None`` when it is not known."""
    if node is None:
        return ()
    one = template.known(node)
    values = template.values(node) if one is None else None
    if one is None and values is None:
        return None
    texts = [one] if one is not None else [value.text for value in values or () if isinstance(value, Known)]
    if values is not None and len(texts) < len(values):
        return None
    return tuple(dict.fromkeys(name for text in texts for name in identity_headers(text)))


def schemes(template: Template, body: Mapping) -> Schemes:
    """Security schemes by name that API Gateway acts on; others it ignores."""
    found: Schemes = {}
    components = parameters.mapping(body.get("components"))
    for section in (body.get("securityDefinitions"), components.get("securitySchemes") if components else None):
        definitions = parameters.mapping(section)
        for name, entry in definitions.items() if definitions is not None else ():
            scheme = parameters.mapping(entry.value)
            if scheme is None:
                found[name] = UNKNOWN_AUTHORIZATION
                continue
            kind = _scheme(template, scheme)
            if kind is not NO_AUTHORIZATION:
                found[name] = kind
    return found


def _scheme(template: Template, scheme: Mapping) -> Authorization | None:
    auth_type = template.known(scheme.get("x-amazon-apigateway-authtype"))
    authorizer = parameters.mapping(scheme.get("x-amazon-apigateway-authorizer"))
    header = (template.known(scheme.get("name")) or "").lower()
    if auth_type is not None and auth_type.lower() == "awssigv4":
        return AWS_IAM
    if authorizer is not None:
        kind = (template.known(authorizer.get("type")) or "").lower()
        if kind == "cognito_user_pools":
            return Authorization("cognito", (header or "authorization",))
        if kind == "token":
            return Authorization("token", (header or "authorization",))
        if kind == "request":
            return Authorization("request", identity_source_headers(template, authorizer.get("identitySource")) or ())
        if kind == "jwt":
            return Authorization("jwt", identity_source_headers(template, authorizer.get("identitySource")) or ())
        return UNKNOWN_AUTHORIZATION
    if auth_type is not None:
        return UNKNOWN_AUTHORIZATION
    if template.known(scheme.get("type")) == "apiKey" and header == "x-api-key":
        return None
    return NO_AUTHORIZATION


def secured(names: list[str] | None, known: Schemes) -> tuple[Authorization, bool | None]:
    """What a list of requirement names asks for: an authorization and whether an API key."""
    if names is None:
        return UNKNOWN_AUTHORIZATION, None
    authorization, api_key = NO_AUTHORIZATION, False
    for name in names:
        if name not in known:
            continue
        scheme = known[name]
        if scheme is None:
            api_key = True
        elif authorization.kind == "none":
            authorization = scheme
    return authorization, api_key


def security_names(template: Template, operation: Mapping) -> list[str] | None:
    """Names in an operation's ``security``; ``None`` when an intrinsic makes it, or conditions choose between several.
    The document's own ``security`` is not read: API Gateway ignores it (Developer Guide, "Important notes": REST APIs
    and root level security)."""
    node = parameters.one_of(template, operation.get("security"))
    if node is None:
        old = parameters.mapping(operation.get("x-amazon-apigateway-auth"))
        kind = scalar_text(old.get("type")) if old is not None else None
        return ["AWS_IAM"] if kind is not None and kind.upper() == "AWS_IAM" else []
    if not isinstance(node, Sequence) or node.tag is not None:
        return None
    items = [branch for item in node.items for branch in template.branches(item)]
    if len(items) > len(node.items) or any(intrinsic(item) is not None for item in items):
        return None
    return [key for item in items if isinstance(item, Mapping) for key, _ in item.items()]


def path_items(template: Template, body: Mapping, resource: str) -> Iterator[PathItem]:
    """All path items of a body, conditional ones branch by branch."""
    known = schemes(template, body)
    known.setdefault("AWS_IAM", AWS_IAM)
    paths = parameters.mapping(body.get("paths"))
    for path, entry in paths.items() if paths is not None else ():
        for item in template.branches(entry.value):
            if isinstance(item, Mapping) and not path.startswith("Fn::"):
                yield _path_item(template, path, item, known, resource, "openapi" in body)


def _path_item(template: Template, path: str, item: Mapping, known: Schemes, resource: str, openapi3: bool) -> PathItem:
    methods: list[Method] = []
    security: list[list[str]] = []
    for key, entry in item.items():
        if key.lower() not in _VERBS:
            continue
        for operation in template.branches(entry.value):
            if isinstance(operation, Mapping):
                names = security_names(template, operation)
                method = _method(template, path, key, entry.key, operation, secured(names, known), resource)
                methods.append(method._replace(openapi3=openapi3))
                security.append(names or [])
    return PathItem(path, tuple(key for key, _ in item.items()), tuple(methods), tuple(security))


def _method(
    template: Template,
    path: str,
    verb: str,
    key: Scalar,
    operation: Mapping,
    asked: tuple[Authorization, bool | None],
    resource: str,
) -> Method:
    return Method(
        path,
        "ANY" if verb.lower() == _ANY else verb.upper(),
        *asked,
        _integration(template, operation.get(INTEGRATION)),
        _method_responses(template, operation.get("responses")),
        key,
        operation,
        "openapi",
        resource,
        operation,
    )


def _integration(template: Template, node: Node | None) -> Integration | None:
    node = parameters.one_of(template, node)
    if node is None:
        return None
    found = parameters.mapping(node)
    if found is None:
        return Integration("unknown", None, None, (), None)
    listed = _listed(template, found.get("responses"))
    responses = [_integration_response(template, *each) for each in listed or ()]
    return Integration(
        parameters.integration_kind(template, found.get("type")) if listed is not None else "unknown",
        parameters.templates(template, found.get("requestTemplates")),
        template.known(found.get("contentHandling")),
        tuple(responses),
        found,
        parameters.alternatives(template, found, responses),
    )


def _listed(template: Template, node: Node | None) -> list[tuple[str, Scalar, Mapping]] | None:
    """The responses by pattern that may be there, of each side of an ``Fn::If``; ``None`` when another function makes
    them."""
    found: list[tuple[str, Scalar, Mapping]] = []
    for side in template.branches(node):
        if intrinsic(side) is not None:
            return None
        for pattern, entry in side.items() if isinstance(side, Mapping) else ():
            for response in template.branches(entry.value):
                if intrinsic(response) is not None:
                    return None
                if isinstance(response, Mapping):
                    found.append((pattern, entry.key, response))
    return found


def _integration_response(template: Template, pattern: str, key: Scalar, node: Mapping) -> IntegrationResponse:
    response = IntegrationResponse(
        parameters.status_text(template, node.get("statusCode")),
        None if pattern == "default" else pattern,
        parameters.headers(template, node.get("responseParameters"), parameters.METHOD_PREFIX),
        key,
        node,
        "responseParameters",
    )
    return parameters.with_template(template, response, node.get("responseTemplates"))


def _method_responses(template: Template, node: Node | None) -> dict[str, MethodResponse]:
    found: dict[str, MethodResponse] = {}
    sides = (parameters.mapping(side) for side in template.branches(node))
    for status, entry in (each for side in sides if side is not None for each in side.items()):
        for branch in template.branches(entry.value):
            declared = parameters.mapping(branch)
            headers = template.branches(declared.get("headers")) if declared is not None else []
            names = [e.key for side in headers if isinstance(side, Mapping) for _, e in side.items()]
            keys = {key.text.lower(): key for key in names}
            parameters.declare(found, MethodResponse(status, keys, declared))
    return found


def gateway_responses(template: Template, body: Mapping, resource: str) -> Iterator[GatewayResponse]:
    """``x-amazon-apigateway-gateway-responses`` of a body."""
    section = parameters.mapping(body.get(GATEWAY_RESPONSES))
    for kind, entry in section.items() if section is not None else ():
        node = parameters.mapping(entry.value)
        if node is not None:
            given = node.get("responseParameters")
            yield GatewayResponse(
                kind,
                node.entry("statusCode"),
                parameters.headers(template, given, parameters.GATEWAY_PREFIX),
                entry.key,
                node,
                "body",
                resource,
                strays(given),
            )


def is_opaque(body: Mapping) -> bool:
    """Whether paths or gateway responses of a body are made by an intrinsic function or a macro."""
    section = body.get(GATEWAY_RESPONSES)
    entries = section.entries if isinstance(section, Mapping) else []
    return any(
        parameters.is_opaque(node) for node in (body, body.get("paths"), section, *(entry.value for entry in entries))
    )


def strays(node: Node | None) -> tuple[Scalar, ...]:
    """Keys of ``ResponseParameters`` that name neither a header nor a path nor a query string."""
    found = parameters.mapping(node)
    prefixes = ("gatewayresponse.header.", "gatewayresponse.path.", "gatewayresponse.querystring.")
    items = found.items() if found is not None else ()
    return tuple(entry.key for key, entry in items if not key.startswith(prefixes) and not key.startswith("Fn::"))


def binary_media_types(node: Node | None) -> tuple[tuple[str, Node], ...]:
    """Media types of a list with their places; SAM writes ``~1`` for ``/``."""
    if not isinstance(node, Sequence) or node.tag is not None:
        return ()
    return tuple((text.replace("~1", "/"), item) for item in node.items if (text := scalar_text(item)) is not None)
