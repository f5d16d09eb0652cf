"""HTTP APIs of plain CloudFormation: ``AWS::ApiGatewayV2::Api`` with routes, an OpenAPI body, or one target.

CloudFormation Template Reference, "AWS::ApiGatewayV2::Api", "… ::Route", "… ::Integration", "… ::Authorizer".
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from functools import cached_property
from typing import Final

from cfncors.gateway import openapi
from cfncors.gateway.include import included, stored
from cfncors.gateway.model import (
    NO_AUTHORIZATION,
    UNKNOWN_AUTHORIZATION,
    Authorization,
    Guard,
    HttpApi,
    Integration,
    IntegrationKind,
    Method,
    Origin,
)
from cfncors.gateway.policy import BODY_NAMES, PROPERTY_NAMES, Names, Policy, policy
from cfncors.gateway.references import mentioned
from cfncors.gateway.rest_api import api_name
from cfncors.source import Mapping, Node, Scalar, Sequence
from cfncors.source.nodes import Entry
from cfncors.template import Known, Resource, Template, Unknown, intrinsic, leaves, scalar_text

HTTP_API: Final = "AWS::ApiGatewayV2::Api"
SAM_HTTP_API: Final = "AWS::Serverless::HttpApi"
BODY_CORS: Final = "x-amazon-apigateway-cors"
#: ``$default`` takes what no other route does (Developer Guide, "Create routes for HTTP APIs").
DEFAULT_ROUTE: Final = "$default"
DEFAULT_PATH: Final = "/{proxy+}"

#: What only an HTTP API has: with a body, ``ProtocolType`` need not be written ("AWS::ApiGatewayV2::Api").
_HTTP_ONLY: Final = ("Body", "BodyS3Location", "CorsConfiguration", "Target")
_KINDS: Final[dict[str, IntegrationKind]] = {"AWS_PROXY": "aws_proxy", "HTTP_PROXY": "http_proxy"}


class HttpParts:
    """The resources of API Gateway's second version in a template, found once."""

    def __init__(self, template: Template) -> None:
        self.template = template

    @cached_property
    def routes(self) -> dict[str, list[Resource]]:
        """Routes by the API that they belong to."""
        return self._by_api("AWS::ApiGatewayV2::Route")

    @cached_property
    def overrides(self) -> dict[str, list[Resource]]:
        """Changes to the route and the integration that an API with a ``Target`` makes itself."""
        return self._by_api("AWS::ApiGatewayV2::ApiGatewayManagedOverrides")

    def _by_api(self, kind: str) -> dict[str, list[Resource]]:
        found: dict[str, list[Resource]] = {}
        for resource in self.template.of_type(kind):
            found.setdefault(http_api_name(resource.get("ApiId")), []).append(resource)
        return found

    @cached_property
    def external(self) -> list[str]:
        """Names of HTTP APIs that routes belong to and that this template does not define. Route keys without a path
        are those of WebSocket APIs; ``$default`` alone may be either."""
        known = self.template.resources
        names = (n for n in self.routes if n not in known or known[n].type not in (HTTP_API, SAM_HTTP_API))
        return [name for name in names if self._is_http(self.routes[name])]

    def _is_http(self, routes: Iterable[Resource]) -> bool:
        keys = [text for route in routes if (text := self.template.known(route.get("RouteKey"))) is not None]
        return all(map(_keyed, keys)) and any(key != DEFAULT_ROUTE for key in keys)


def http_api_name(node: Node | None) -> str:
    """The logical id that an ``ApiId`` refers to; for another expression a text that is equal when it is."""
    call = intrinsic(node)
    if call is not None and call.name == "Fn::GetAtt":
        argument = call.argument
        words = [scalar_text(item) for item in argument.items] if isinstance(argument, Sequence) else []
        if isinstance(argument, Scalar):
            words = [*argument.text.split(".", 1)]
        if len(words) == 2 and words[0] is not None and words[1] == "ApiId":
            return words[0]
    return api_name(node)


def http_apis(parts: HttpParts) -> Iterator[HttpApi]:
    """All HTTP APIs of plain CloudFormation; a WebSocket API has no CORS (Developer Guide, "Configure CORS for HTTP
    APIs in API Gateway")."""
    for resource in parts.template.of_type(HTTP_API):
        if _is_http_api(parts.template, resource):
            yield _http_api(parts, resource)
    for name in parts.external:
        if name != "ServerlessHttpApi":
            methods, _ = resource_routes(parts, name)
            yield HttpApi(name, "external", parts.routes[name][0].key, None, tuple(methods), (), False)


def _is_http_api(template: Template, resource: Resource) -> bool:
    protocol = template.known(resource.get("ProtocolType"))
    if protocol is not None:
        return protocol == "HTTP"
    return any(name in (resource.properties or ()) for name in _HTTP_ONLY)


def _http_api(parts: HttpParts, resource: Resource) -> HttpApi:
    template = parts.template
    api = resource.logical_id
    written = resource.get("Body")
    body = included(template, written) or stored(template, resource)
    from_body = list(body_routes(template, body, api)) if body is not None else []
    from_resources, all_known = resource_routes(parts, api)
    found = list(policies(template, api, resource.properties, "CorsConfiguration", PROPERTY_NAMES))
    return HttpApi(
        api,
        "cloudformation",
        resource.key,
        resource,
        (*from_body, *_quick_route(parts, resource), *from_resources),
        tuple(found or policies(template, api, body, BODY_CORS, BODY_NAMES)),
        all_known and not is_incomplete(template, resource, resource.properties, written, body, "BodyS3Location"),
        resource.properties,
        body,
    )


def is_incomplete(
    template: Template,
    resource: Resource | None,
    properties: Mapping | None,
    written: Node | None,
    body: Mapping | None,
    elsewhere: str,
) -> bool:
    """Whether routes may be made where nobody sees them: a body that is kept ``elsewhere`` and is no file of
    this project, a macro, a loop."""
    return (
        (written is not None and body is None)
        or (elsewhere in (properties or ()) and body is None)
        or "Fn::Transform" in (properties or ())
        or (resource is not None and resource.properties is None and resource.node.get("Properties") is not None)
        or template.has_loops
        or template.is_in_parts
        or (body is not None and openapi.is_opaque(body))
    )


# -- CORS -------------------------------------------------------------------------------------------------------------


def policies(template: Template, api: str, holder: Mapping | None, name: str, names: Names) -> Iterator[Policy]:
    """The CORS configuration under a key: none, one, or one for each side of ``Fn::If``."""
    entry = holder.entry(name) if holder is not None else None
    for node in template.branches(entry.value) if entry is not None else ():
        if entry is not None and not is_nothing(node):
            yield policy_at(template, api, entry.key, node, names)


def policy_at(template: Template, api: str, key: Scalar, node: Node, names: Names) -> Policy:
    """The CORS configuration that is written in ``node``."""
    return policy(template, "http", api, api, f"{key.text} of {api}", key, node, names)


def is_nothing(node: Node | None) -> bool:
    """Whether nothing is written: no key, or null."""
    return node is None or (isinstance(node, Scalar) and node.is_null)


# -- routes of a body -------------------------------------------------------------------------------------------------


def body_routes(template: Template, body: Mapping, api: str) -> Iterator[Method]:
    """The routes of an OpenAPI body."""
    for item in openapi.path_items(template, body, api):
        for method in item.methods:
            own = method.holder.get("security") if method.holder is not None else None
            yield deployed(method, body, secured=own is not None)


def deployed(method: Method, body: Mapping | None, *, secured: bool) -> Method:
    """An operation as an HTTP API takes it: without API keys, ``$default`` as the route behind all others.

    Whether ``security`` of the whole document counts is not documented for HTTP APIs (for REST APIs it does not:
    Developer Guide, "Important notes"), so that under one an operation without its own (``secured``) is not known.
    """
    if not secured and body is not None and not is_nothing(body.get("security")):
        method = method._replace(authorization=UNKNOWN_AUTHORIZATION)
    if method.path.removeprefix("/") == DEFAULT_ROUTE:
        method = method._replace(path=DEFAULT_PATH, origin="default")
    return method._replace(api_key=False)


# -- routes of resources ----------------------------------------------------------------------------------------------


def resource_routes(parts: HttpParts, api: str) -> tuple[list[Method], bool]:
    """The ``AWS::ApiGatewayV2::Route`` resources of an API, and whether all their keys are known."""
    found = [_route(parts.template, resource) for resource in parts.routes.get(api, ())]
    methods = [method for method in found if method is not None]
    return methods, len(methods) == len(found)


def _route(template: Template, resource: Resource) -> Method | None:
    entry = resource.entry("RouteKey")
    if entry is None or resource.properties is None:
        return None
    route = _keyed(template.known(entry.value))
    if route is None:
        return None
    return Method(
        *route[:2],
        authorization(template, resource.properties),
        False,
        _integration(template, resource.get("Target")),
        {},
        entry.value if isinstance(entry.value, Scalar) else entry.key,
        resource.properties,
        route[2],
        resource.logical_id,
        resource.properties,
        guards=guards(template, resource.properties),
    )


def _keyed(key: str | None) -> tuple[str, str, Origin] | None:
    """Path and verb of a route key, and what makes the route."""
    if key == DEFAULT_ROUTE:
        return DEFAULT_PATH, "ANY", "default"
    verb, _, path = (key or "").partition(" ")
    path = path.strip()
    return (path, verb.upper(), "resource") if verb.isalpha() and path.startswith("/") else None


def authorization(template: Template, properties: Mapping) -> Authorization:
    """Who may call a route; an authorizer of another stack reads headers that are not known."""
    node = properties.get("AuthorizationType")
    return _of_kind(template, properties, "NONE" if is_nothing(node) else template.known(node))


def guards(template: Template, properties: Mapping) -> tuple[Guard, ...]:
    """Where the deployment decides who may call a route: what it may be."""
    node = properties.get("AuthorizationType")
    found = leaves(template.value(node)) if node is not None else ()
    if len(found) < 2:
        return ()
    known = (leaf for leaf in found if isinstance(leaf, Known))
    return tuple(Guard(_of_kind(template, properties, leaf.text), leaf) for leaf in known)


def _of_kind(template: Template, properties: Mapping, kind: str | None) -> Authorization:
    if kind == "NONE":
        return NO_AUTHORIZATION
    if kind == "AWS_IAM":
        return openapi.AWS_IAM
    if kind not in ("JWT", "CUSTOM"):
        return UNKNOWN_AUTHORIZATION
    authorizer = next(iter(_named(template, properties.get("AuthorizerId"), "AWS::ApiGatewayV2::Authorizer")), None)
    if authorizer is None:
        return Authorization("jwt") if kind == "JWT" else UNKNOWN_AUTHORIZATION
    names = openapi.identity_source_headers(template, authorizer.get("IdentitySource"))
    if names is None:
        return Authorization("jwt") if kind == "JWT" else UNKNOWN_AUTHORIZATION
    return Authorization("jwt" if kind == "JWT" else "request", names)


def _integration(template: Template, target: Node | None) -> Integration | None:
    """The integration that a route's ``Target`` (``integrations/…``) names; ``None`` when it is not written here."""
    resource = next(iter(_named(template, target, "AWS::ApiGatewayV2::Integration")), None)
    if resource is None:
        return None
    kind = _KINDS.get(template.known(resource.get("IntegrationType")) or "", "unknown")
    return Integration(kind, None, None, (), resource.properties)


def _named(template: Template, node: Node | None, kind: str) -> Iterator[Resource]:
    for name in mentioned(node) if node is not None else ():
        resource = template.resources.get(name)
        if resource is not None and resource.type == kind:
            yield resource


# -- an API of one route ----------------------------------------------------------------------------------------------


def _quick_route(parts: HttpParts, resource: Resource) -> Iterator[Method]:
    """The route that ``Target`` makes, by default ``$default`` ("AWS::ApiGatewayV2::Api": quick create), after what
    ``ApiGatewayManagedOverrides`` changes of it."""
    entry = resource.entry("Target")
    if entry is None or is_nothing(entry.value) or resource.properties is None:
        return
    template = parts.template
    named = resource.get("RouteKey")
    route = _keyed(DEFAULT_ROUTE if is_nothing(named) else template.known(named))
    if route is None:
        return
    asked, integration = NO_AUTHORIZATION, _quick_integration(template, resource, entry)
    for override in parts.overrides.get(resource.logical_id, ()):
        changed = override.get("Route")
        if isinstance(changed, Mapping):
            asked = authorization(template, changed)
            integration = _integration(template, changed.get("Target")) or integration
    yield Method(*route[:2], asked, False, integration, {}, entry.key, entry.value, route[2], resource.logical_id)


def _quick_integration(template: Template, resource: Resource, entry: Entry) -> Integration:
    """A URL makes an HTTP proxy, an ARN a call of the function."""
    value = template.value(entry.value)
    pieces = (value.text,) if isinstance(value, Known) else value.pieces if isinstance(value, Unknown) else ()
    text = "".join(piece or "" for piece in pieces)
    kind: IntegrationKind = "http_proxy" if text.startswith(("http://", "https://")) else "unknown"
    if kind == "unknown" and (text.startswith("arn:") or any(mentioned(entry.value))):
        kind = "aws_proxy"
    return Integration(kind, None, None, (), resource.properties)
