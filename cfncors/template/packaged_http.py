"""The HTTP API that the framework packages for ``httpApi`` events, and its function URLs.

``lib/plugins/aws/package/compile/events/http-api.js`` and ``compile/functions.js`` of ``serverless`` 3 and ``osls``.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final, NamedTuple

from cfncors.source import Mapping, Node, Scalar
from cfncors.source.nodes import Entry
from cfncors.template.packaged_nodes import (
    DEFAULT_HEADERS,
    Data,
    Made,
    is_true,
    is_unknown,
    joined,
    listed,
    text_of,
    unique,
)
from cfncors.template.packaged_rest import path_id
from cfncors.template.serverless import Function, Service, normalized

HTTP_API: Final = "HttpApi"
_METHODS: Final = ("GET", "POST", "PUT", "PATCH", "OPTIONS", "HEAD", "DELETE")
_DEFAULT_KEY: Final = "*"
#: Key of a configuration -> property of ``CorsConfiguration`` and of a URL's ``Cors``.
LISTS: Final = {
    "allowedHeaders": "AllowHeaders",
    "allowedMethods": "AllowMethods",
    "allowedOrigins": "AllowOrigins",
    "exposedResponseHeaders": "ExposeHeaders",
}
#: The headers that a function URL allows by default (``compile/functions.js``).
URL_HEADERS: Final = tuple(name for name in DEFAULT_HEADERS if name != "X-Amz-User-Agent")


class Route(NamedTuple):
    """An ``httpApi`` event; its key is ``*`` for the default route."""

    function: Function
    entry: Entry
    key: str
    place: Node
    authorizer: Node | None

    @property
    def verb(self) -> str:
        """Its method, ``ANY`` for all."""
        return "ANY" if self.key == _DEFAULT_KEY else self.key.partition(" ")[0]


def http_routes(service: Service) -> tuple[list[Route], bool]:
    """The ``httpApi`` events of a service, and whether they are all."""
    found: list[Route] = []
    whole = not service.opaque_functions
    for function in service.functions:
        whole = whole and not function.is_opaque
        for kind, entry in function.events:
            if kind != "httpApi" or not is_true(entry.value):
                continue
            route = _route(service, function, entry)
            whole = whole and route is not None
            found.extend([route] if route is not None else [])
    return found, whole


def _route(service: Service, function: Function, entry: Entry) -> Route | None:
    value = service.written(entry.value)
    if isinstance(value, Mapping):
        path, verb, authorizer = value.get("path"), value.get("method"), value.get("authorizer")
        route, method, place = text_of(path), text_of(verb), verb or path or entry.key
        if is_unknown(path) or is_unknown(verb):
            return None
    else:
        words = (text_of(value) or "").split(" ", 1)
        method, route = (words[0], words[1].strip()) if len(words) > 1 else (None, words[0])
        place, authorizer = value, None
    if route == _DEFAULT_KEY:
        return Route(function, entry, _DEFAULT_KEY, place, authorizer)
    if not route or not method:
        return None
    verb_text = "ANY" if method == "*" else method.upper()
    return Route(function, entry, f"{verb_text} {route}", place, authorizer)


def http_cors(service: Service) -> tuple[Entry, Node] | None:
    """``provider.httpApi.cors`` and what it is, where that is written."""
    entry = service.entry("provider", "httpApi", "cors")
    if entry is None or not is_true(entry.value) or is_true(service.at("provider", "httpApi", "id")):
        return None
    return entry, service.written(entry.value)


def default_methods(service: Service) -> list[str]:
    """The methods that the framework allows unless told: OPTIONS and those of the routes."""
    found = ["OPTIONS"]
    for route in http_routes(service)[0]:
        found += _METHODS if route.verb == "ANY" else [route.verb]
    return list(dict.fromkeys(found))


def http_resources(service: Service) -> Iterator[Made]:
    """Everything that ``httpApi`` events make."""
    routes, _ = http_routes(service)
    if not routes:
        return
    place = routes[0].entry.key
    external = service.at("provider", "httpApi", "id")
    api: Data = external if is_true(external) else {"Ref": HTTP_API}
    if not is_true(external):
        cors = http_cors(service)
        properties: dict[str, Data] = {
            "Name": "HttpApi",
            "ProtocolType": "HTTP",
            "CorsConfiguration": _configuration(cors[1], http_defaults(service)) if cors is not None else None,
        }
        yield Made(HTTP_API, cors[0].key if cors is not None else place, "AWS::ApiGatewayV2::Api", properties)
    yield from _authorizers(service, api)
    for function in {route.function.name: route.function for route in routes}.values():
        uri: Data = {"Fn::GetAtt": [function.logical_id, "Arn"]}
        given: dict[str, Data] = {"ApiId": api, "IntegrationType": "AWS_PROXY", "IntegrationUri": uri}
        name = f"HttpApiIntegration{normalized(function.name)}"
        yield Made(name, function.key, "AWS::ApiGatewayV2::Integration", given)
    for route in routes:
        yield _route_resource(service, route, api)


def http_defaults(service: Service) -> dict[str, list[str]]:
    """What ``provider.httpApi.cors`` stands for where it says nothing."""
    methods = default_methods(service)
    return {"allowedOrigins": ["*"], "allowedHeaders": list(DEFAULT_HEADERS), "allowedMethods": methods}


def _configuration(node: Node, defaults: dict[str, list[str]]) -> Data:
    """The properties of a configuration, with the framework's defaults."""
    if is_unknown(node):
        return node
    configured: dict[str, Data] = {}
    for key, name in LISTS.items():
        given = node.get(key) if isinstance(node, Mapping) else None
        if is_true(given) and given is not None:
            configured[name] = given if is_unknown(given) else list(unique(listed(given)))
        elif key in defaults:
            configured[name] = list(defaults[key])
    return {**configured, **(_single(node) if isinstance(node, Mapping) else {})}


def _single(node: Mapping) -> dict[str, Data]:
    """``AllowCredentials`` and ``MaxAge``."""
    credentials, age = node.get("allowCredentials"), node.get("maxAge")
    allowed: Data = credentials if is_unknown(credentials) else True if is_true(credentials) else None
    return {"AllowCredentials": allowed, "MaxAge": None if isinstance(age, Scalar) and age.is_null else age}


def _route_resource(service: Service, route: Route, api: Data) -> Made:
    default = route.key == _DEFAULT_KEY
    integration: Data = {"Ref": f"HttpApiIntegration{normalized(route.function.name)}"}
    properties: dict[str, Data] = {
        "ApiId": api,
        "RouteKey": joined(service, route.place, "$default" if default else route.key),
        "Target": {"Fn::Join": ["/", ["integrations", integration]]},
        **_route_authorization(service, route),
    }
    logical_id = "HttpApiRouteDefault" if default else f"HttpApiRoute{path_id(route.key)}"
    return Made(logical_id, route.place, "AWS::ApiGatewayV2::Route", properties)


def _route_authorization(service: Service, route: Route) -> dict[str, Data]:
    node = route.authorizer
    if node is None or not is_true(node):
        return {}
    if is_unknown(node):
        return {"AuthorizationType": node}
    given = node if isinstance(node, Mapping) else None
    name = text_of(given.get("name") if given is not None else node) or ""
    external = given.get("id") if given is not None else None
    own = service.at("provider", "httpApi", "authorizers", name, "type") if external is None else None
    kind = text_of(given.get("type") if given is not None else None) or text_of(own)
    if kind == "aws_iam":
        return {"AuthorizationType": "AWS_IAM"}
    used: Data = external or {"Ref": f"HttpApiAuthorizer{normalized(_authorizer_name(service, name))}"}
    return {"AuthorizationType": "CUSTOM" if kind == "request" else "JWT", "AuthorizerId": used}


def _authorizer_name(service: Service, name: str) -> str:
    return text_of(service.at("provider", "httpApi", "authorizers", name, "name")) or name


def _authorizers(service: Service, api: Data) -> Iterator[Made]:
    section = service.at("provider", "httpApi", "authorizers")
    for name, entry in section.items() if isinstance(section, Mapping) else ():
        if not isinstance(entry.value, Mapping):
            continue
        kind = entry.value.get("type")
        sources = entry.value.get("identitySource")
        properties: dict[str, Data] = {
            "ApiId": api,
            "AuthorizerType": kind if is_unknown(kind) else "REQUEST" if text_of(kind) == "request" else "JWT",
            "IdentitySource": sources if is_unknown(sources) else list(listed(sources)),
        }
        logical_id = f"HttpApiAuthorizer{normalized(_authorizer_name(service, name))}"
        yield Made(logical_id, entry.key, "AWS::ApiGatewayV2::Authorizer", properties)


# -- function URLs -----------------------------------------------------------------------------------------------------


def url_id(function: Function) -> str:
    """The logical id of a function's URL."""
    return f"{function.logical_id}Url"


def url_cors(service: Service, function: Function) -> tuple[Entry, Node] | None:
    """``url.cors`` of a function and what it is, where that is written."""
    url = function.node.entry("url")
    holder = service.written(url.value) if url is not None else None
    entry = holder.entry("cors") if isinstance(holder, Mapping) else None
    if entry is None or not is_true(entry.value):
        return None
    return entry, service.written(entry.value)


def url_defaults(node: Node) -> dict[str, list[str]]:
    """What ``cors`` of a URL stands for where it says nothing; ``null`` takes a default away."""
    defaults = {"allowedOrigins": ["*"], "allowedHeaders": list(URL_HEADERS), "allowedMethods": ["*"]}
    if isinstance(node, Mapping):
        return {key: texts for key, texts in defaults.items() if key not in node or not _is_null(node.get(key))}
    return defaults


def _is_null(node: Node | None) -> bool:
    return isinstance(node, Scalar) and node.is_null


def url_resources(service: Service) -> Iterator[Made]:
    """The function URLs."""
    for function in service.functions:
        entry = function.node.entry("url")
        if entry is None or not is_true(entry.value):
            continue
        authorizer = entry.value.get("authorizer") if isinstance(entry.value, Mapping) else None
        cors = url_cors(service, function)
        properties: dict[str, Data] = {
            "AuthType": _auth_type(authorizer),
            "TargetFunctionArn": {"Fn::GetAtt": [function.logical_id, "Arn"]},
            "Cors": _configuration(cors[1], url_defaults(cors[1])) if cors is not None else None,
        }
        yield Made(url_id(function), entry.key, "AWS::Lambda::Url", properties)


def _auth_type(authorizer: Node | None) -> Data:
    if is_unknown(authorizer):
        return authorizer
    return "AWS_IAM" if text_of(authorizer) == "aws_iam" else "NONE"
