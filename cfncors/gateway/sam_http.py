"""HTTP APIs of SAM: ``AWS::Serverless::HttpApi``, the implicit ``ServerlessHttpApi``, events, ``Auth``, CORS.

Follows what aws-sam-translator makes of a template, step by step (``samtranslator/model/api/http_api_generator.py``,
``open_api/open_api.py``, ``model/eventsources/push.py``); the tests compare the models.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Final, NamedTuple

from cfncors.gateway import openapi, parameters
from cfncors.gateway.http_api import (
    BODY_CORS,
    DEFAULT_ROUTE,
    SAM_HTTP_API,
    HttpParts,
    deployed,
    is_incomplete,
    is_nothing,
    policies,
    policy_at,
    resource_routes,
)
from cfncors.gateway.include import included, named
from cfncors.gateway.merge import globals_for, merged
from cfncors.gateway.model import NO_AUTHORIZATION, UNKNOWN_AUTHORIZATION, Authorization, HttpApi, Integration, Method
from cfncors.gateway.policy import BODY_NAMES, PROPERTY_NAMES, Policy, Role, Setting, made
from cfncors.gateway.sam_events import HTTP_API, events_by_api
from cfncors.source import Mapping, Node, Scalar
from cfncors.template import Known, Resource, Template, intrinsic
from cfncors.template.intrinsics import ref

_CORS: Final = "CorsConfiguration"


class Event(NamedTuple):
    """An ``HttpApi`` event. ``names`` are the security schemes that its ``Auth`` adds."""

    owner: Resource
    properties: Mapping
    path: str
    verb: str
    key: Scalar
    #: what its ``Auth`` names; empty: the default authorizer; ``None``: it has no ``Auth``
    authorizer: str | None


class Route(NamedTuple):
    """A route on its way, and the security schemes that it names; ``None`` when an intrinsic makes them."""

    method: Method
    names: list[str] | None


def sam_http_apis(parts: HttpParts) -> Iterator[HttpApi]:
    """All HTTP APIs that SAM makes."""
    template = parts.template
    found = events_by_api(template, HTTP_API, _event)
    for resource in template.of_type(SAM_HTTP_API):
        yield _api(parts, resource, found.get(resource.logical_id, []))
    if HTTP_API.implicit in found and HTTP_API.implicit not in template.resources:
        yield _api(parts, None, found[HTTP_API.implicit])


def _api(parts: HttpParts, resource: Resource | None, events: list[Event]) -> HttpApi:
    template = parts.template.of(resource)
    shared = globals_for(template, resource, "HttpApi")
    own = resource.properties if resource is not None else None
    properties = merged(shared, own)
    api = resource.logical_id if resource is not None else HTTP_API.implicit
    written = properties.get("DefinitionBody") if properties is not None else None
    written = None if parameters.is_empty(written) else written
    body = included(template, written)
    elsewhere = properties.get("DefinitionUri") if properties is not None and written is None else None
    if elsewhere is not None:
        # SAM takes a definition in a file of its own as it is: no events, and its translator refuses the rest.
        body, events, own, shared, properties = named(template, elsewhere), [], None, None, own or shared
    routes = _with_events(list(_body_routes(template, body, api)), events)
    auth = _Auth.of(template, properties if elsewhere is None else None, body)
    found = [auth.deployed(route, body) for route in routes]
    from_resources, all_known = resource_routes(parts, api)
    cors = tuple(_policies(template, api, own, shared, body))
    opaque = any(parameters.is_opaque(node) for node in (properties, auth.node))
    key = resource.key if resource is not None else cors[0].key if cors else events[0].key
    return HttpApi(
        api,
        "sam" if resource is not None else "sam-implicit",
        key,
        resource,
        (*found, *from_resources),
        cors,
        all_known and not opaque and not is_incomplete(template, resource, properties, written, body, "DefinitionUri"),
        properties,
        body,
    )


# -- routes -----------------------------------------------------------------------------------------------------------


def _event(template: Template, owner: Resource, name: Scalar, properties: Mapping) -> Event | None:
    method = properties.entry("Method")
    path_node = properties.get("Path")
    path, verb = DEFAULT_ROUTE, "ANY"
    if not parameters.is_empty(path_node) or (method is not None and not parameters.is_empty(method.value)):
        known = template.known(path_node), template.known(method.value) if method is not None else None
        if known[0] is None or known[1] is None:
            return None
        path, verb = known[0], known[1].upper()
    auth = parameters.mapping(properties.get("Auth"))
    authorizer = None if auth is None or not len(auth) else template.known(auth.get("Authorizer")) or ""
    place = method.value if method is not None and isinstance(method.value, Scalar) else name
    verb = "ANY" if verb == "X-AMAZON-APIGATEWAY-ANY-METHOD" else verb
    return Event(owner, properties, path, verb, place, authorizer)


def _body_routes(template: Template, body: Mapping | None, api: str) -> Iterator[Route]:
    for item in openapi.path_items(template, body, api) if body is not None else ():
        for method in item.methods:
            yield Route(method, openapi.security_names(template, method.holder) if method.holder is not None else [])


def _with_events(routes: list[Route], events: Iterable[Event]) -> list[Route]:
    """Each event adds its route, to a body that the template writes too; where the route is there with an integration,
    only its ``Auth`` counts."""
    places: dict[tuple[str, str], int] = {(r.method.path, r.method.verb): at for at, r in enumerate(routes)}
    for event in events:
        at = places.setdefault((event.path, event.verb), len(routes))
        if at == len(routes):
            routes.append(Route(_event_method(event), []))
        method, names = routes[at]
        if method.integration is None:
            method = method._replace(integration=_CALL)
        if event.authorizer is not None:
            names = None if names is None else [*names, event.authorizer]
        routes[at] = Route(method, names)
    return routes


_CALL: Final = Integration("aws_proxy", None, None, (), None)


def _event_method(event: Event) -> Method:
    owner = event.owner.logical_id
    return Method(
        event.path, event.verb, NO_AUTHORIZATION, False, _CALL, {}, event.key, event.properties, "event", owner
    )


# -- Auth -------------------------------------------------------------------------------------------------------------


class _Auth(NamedTuple):
    """``Auth`` of an API: schemes by name, and the default authorizer."""

    schemes: openapi.Schemes
    default: str | None
    node: Mapping | None

    @classmethod
    def of(cls, template: Template, properties: Mapping | None, body: Mapping | None) -> _Auth:
        # An HTTP API has no API keys: a scheme for one asks for nothing.
        known = openapi.schemes(template, body) if body is not None else {}
        schemes: openapi.Schemes = {name: scheme for name, scheme in known.items() if scheme is not None}
        auth = parameters.mapping(properties.get("Auth")) if properties is not None else None
        if auth is None:
            return cls(schemes, None, None)
        flag = auth.get("EnableIamAuthorizer")
        if isinstance(flag, Scalar) and flag.tag is None and flag.value is True:
            schemes["AWS_IAM"] = openapi.AWS_IAM
        authorizers = parameters.mapping(auth.get("Authorizers"))
        for name, entry in authorizers.items() if authorizers is not None else ():
            schemes[name] = _authorizer(template, parameters.mapping(entry.value))
        return cls(schemes, template.known(auth.get("DefaultAuthorizer")) or None, auth)

    def deployed(self, route: Route, body: Mapping | None) -> Method:
        """The route with its security: its own, else the default, which SAM spares OPTIONS."""
        method, names = route
        default = [self.default] if self.default is not None else []
        if names is None:
            return deployed(method._replace(authorization=UNKNOWN_AUTHORIZATION), body, secured=True)
        asked = [each for name in names for each in ([name] if name else default)]
        if not asked and method.integration is not None and not method.is_options:
            asked = default
        secured = bool(asked) or (method.holder is not None and method.holder.get("security") is not None)
        return deployed(method._replace(authorization=self._asked(asked, method)), body, secured=secured)

    def _asked(self, names: list[str], method: Method) -> Authorization:
        """What the named schemes ask for. SAM refuses events and defaults that name one which is not there."""
        named = [name for name in names if name in self.schemes]
        if named or method.origin == "openapi" or all(name == "NONE" for name in names):
            return openapi.secured(named, self.schemes)[0]
        return UNKNOWN_AUTHORIZATION


def _authorizer(template: Template, node: Mapping | None) -> Authorization:
    """With ``JwtConfiguration`` it checks a token, else a function decides by what ``Identity`` names."""
    if node is None:
        return UNKNOWN_AUTHORIZATION
    if not parameters.is_empty(node.get("JwtConfiguration")):
        return Authorization("jwt", openapi.identity_source_headers(template, node.get("IdentitySource")) or ())
    identity = parameters.mapping(node.get("Identity"))
    listed = template.values(identity.get("Headers")) if identity is not None else None
    names = dict.fromkeys(value.text.lower() for value in listed or () if isinstance(value, Known))
    return Authorization("request", tuple(names))


# -- CORS -------------------------------------------------------------------------------------------------------------


def _policies(
    template: Template, api: str, own: Mapping | None, shared: Mapping | None, body: Mapping | None
) -> Iterator[Policy]:
    """The CORS configuration that SAM writes into the body: the property, key by key on top of what the body says."""
    in_body = list(policies(template, api, body, BODY_CORS, BODY_NAMES))
    both = merged(shared, own)
    entry = both.entry(_CORS) if both is not None else None
    written = (own.entry(_CORS) if own is not None else None) or (shared.entry(_CORS) if shared is not None else None)
    if entry is None or written is None or parameters.is_empty(entry.value):
        yield from in_body
        return
    node = entry.value
    if isinstance(node, Mapping) and intrinsic(node) is None:
        origins = node.get("AllowOrigins")
        call = intrinsic(origins)
        # SAM puts an intrinsic function for AllowOrigins in the place of the whole configuration, and all other keys
        # are lost (open_api.py, add_cors). A parameter has its value by then.
        if call is None or (call.name == "Ref" and ref(origins) in template.parameters):
            yield _on_top(policy_at(template, api, written.key, node, PROPERTY_NAMES), written.value, in_body)
            return
        node = call.node
    elif isinstance(node, Scalar) and node.tag is None and node.value is True:
        everybody: dict[Role, Setting] = {"origins": made("origins", written.key, "*")}
        made_of = policy_at(template, api, written.key, node, PROPERTY_NAMES)
        yield _on_top(made_of._replace(settings=everybody, complete=True), written.value, in_body)
        return
    beside = _beside(template, api, body, node, in_body)
    if beside is not None:
        # Keys beside an intrinsic function: nobody knows what is deployed, if anything is.
        yield beside._replace(complete=beside.complete and ref(node) == "AWS::NoValue")
        return
    for branch in template.branches(node):
        yield policy_at(template, api, written.key, branch, PROPERTY_NAMES)


def _beside(template: Template, api: str, body: Mapping | None, node: Node, in_body: list[Policy]) -> Policy | None:
    """What the body says beside an intrinsic function, ``node``, that SAM writes into the same mapping as one more key
    (open_api.py, add_cors: ``cors_configuration.update``); ``None`` where nothing is beside it."""
    entry = body.entry(BODY_CORS) if body is not None else None
    if entry is None:
        return None
    there, call = intrinsic(entry.value), intrinsic(node)
    own = parameters.mapping(entry.value)
    keys = [there.name] if there is not None else [key for key, _ in own.items()] if own is not None else []
    if all(call is not None and key == call.name for key in keys):
        return None
    if in_body and there is None:
        return in_body[0]
    # An intrinsic function is a key like any other then, and what it would have chosen is lost.
    return policy_at(template, api, entry.key, entry.value, BODY_NAMES)._replace(settings={}, complete=False)


def _on_top(policy: Policy, written: Node, in_body: list[Policy]) -> Policy:
    """The property's settings over those of the body. ``written`` is where it stands: keys are added there."""
    settings = dict(in_body[0].settings) if in_body else {}
    node = policy.node
    for role, path in policy.names.items():
        value = node.get(path[0]) if isinstance(node, Mapping) else None
        if value is not None and _counts(role, value):
            settings.pop(role, None)
    settings.update({role: each for role, each in policy.settings.items() if _counts(role, each.node)})
    own = parameters.mapping(written)
    holder = own if own is not None and intrinsic(own) is None and not own.foreign else None
    complete = policy.complete and (not in_body or in_body[0].complete)
    return policy._replace(node=written, holder=holder, settings=settings, complete=complete)


def _counts(role: Role, node: Node) -> bool:
    """Whether SAM takes a value over: no empty list, ``MaxAge`` whatever it is, ``AllowCredentials`` only when it is
    literally true (a text or an intrinsic function is dropped in silence)."""
    if role == "max-age":
        return not is_nothing(node)
    if role == "credentials":
        return isinstance(node, Scalar) and node.tag is None and node.value is True
    return not parameters.is_empty(node)
