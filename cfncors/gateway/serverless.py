"""The front doors of a Serverless Framework service, as its own file writes them.

:mod:`cfncors.template.packaged` says what the framework packages; the models of that are made by the same builders as
those of CloudFormation. Here they learn where they are written: an ``http`` event, its ``cors``, the provider's.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final, NamedTuple

from cfncors.gateway.model import FunctionUrl, HttpApi, Method, RestApi
from cfncors.gateway.policy import Item, Names, Policy, Role, Setting, made, policy
from cfncors.gateway.rest_api import api_name
from cfncors.source import Mapping, Node, Scalar, Sequence
from cfncors.template import Template, scalar_text, written
from cfncors.template.packaged_events import (
    Event,
    EventCors,
    Preflight,
    event_cors,
    rest_events,
    rest_preflights,
)
from cfncors.template.packaged_http import (
    HTTP_API,
    Route,
    http_cors,
    http_defaults,
    http_routes,
    url_cors,
    url_defaults,
    url_id,
)
from cfncors.template.packaged_nodes import is_true, is_unknown, text_of
from cfncors.template.packaged_rest import REST_API, method_id
from cfncors.template.placed import text_at
from cfncors.template.serverless import Service

#: ``provider.httpApi.cors`` and ``url.cors``.
LIST_NAMES: Final[Names] = {
    "origins": ("allowedOrigins",),
    "methods": ("allowedMethods",),
    "headers": ("allowedHeaders",),
    "expose": ("exposedResponseHeaders",),
    "max-age": ("maxAge",),
    "credentials": ("allowCredentials",),
}
#: ``cors`` of an ``http`` event.
EVENT_NAMES: Final[Names] = {
    "origins": ("origin",),
    "methods": ("methods",),
    "headers": ("headers",),
    "max-age": ("maxAge",),
    "credentials": ("allowCredentials",),
}
_ROLES: Final[dict[str, Role]] = {name[0]: role for role, name in LIST_NAMES.items()}


class Doors(NamedTuple):
    """The front doors of a service, and the ``cors`` of its ``http`` events."""

    rest: tuple[RestApi, ...]
    http: tuple[HttpApi, ...]
    urls: tuple[FunctionUrl, ...]
    events: tuple[Policy, ...]


def as_written(
    template: Template,
    service: Service,
    rest: tuple[RestApi, ...],
    http: tuple[HttpApi, ...],
    urls: tuple[FunctionUrl, ...],
) -> Doors:
    """The models of what is packaged, with the places and configurations of the service's file."""
    api = _rest_name(template)
    return Doors(
        tuple(_rest(service, each) if api is not None and each.logical_id == api else each for each in rest),
        tuple(_http(template, service, each) for each in http),
        tuple(_url(template, service, each) for each in urls),
        tuple(event_policies(template, service, api or REST_API)),
    )


# -- REST --------------------------------------------------------------------------------------------------------------


def _rest_name(template: Template) -> str | None:
    """The logical id of the API that the events belong to, or what stands for another stack's."""
    made_of = next((r for r in template.of_type("AWS::ApiGateway::Method") if r.key.foreign), None)
    return api_name(made_of.get("RestApiId")) if made_of is not None else None


def _rest(service: Service, api: RestApi) -> RestApi:
    events, whole = rest_events(service)
    preflights = rest_preflights(service)
    by_id = {method_id(event.path, event.verb): event for event in events}
    options = {method_id(path, "OPTIONS"): preflight for path, preflight in preflights.items()}
    methods = tuple(_method(method, by_id, options) for method in api.methods)
    corsed = next((preflight.sources[0].entry.key for preflight in preflights.values()), None)
    return api._replace(
        dialect="external" if api.dialect == "external" else "serverless",
        key=corsed or (events[0].entry.key if events else api.key),
        methods=methods,
        complete=api.complete and whole and not service.opaque_resources,
    )


def _method(method: Method, events: dict[str, Event], preflights: dict[str, Preflight]) -> Method:
    preflight = preflights.get(method.resource)
    if preflight is not None and method.verb == "OPTIONS":
        key = preflight.entry.key
        return method._replace(path=f"/{preflight.path}", key=key, node=key, origin="cors")
    event = events.get(method.resource)
    if event is None:
        return method
    key = event.place if isinstance(event.place, Scalar) and not event.place.foreign else event.entry.key
    return method._replace(path=f"/{event.path}", key=key, node=event.entry.value, origin="event")


def event_policies(template: Template, service: Service, api: str) -> Iterator[Policy]:
    """The ``cors`` of each ``http`` event that has one of its own."""
    seen: set[int] = set()
    for event in rest_events(service)[0]:
        cors = event_cors(service, event)
        if cors is not None and cors.mapping is not None and id(cors.mapping) not in seen:
            seen.add(id(cors.mapping))
            yield _event_policy(template, cors, cors.mapping, api)


def _event_policy(template: Template, cors: EventCors, mapping: Mapping, api: str) -> Policy:
    event = cors.event
    what = f"cors of {event.verb} /{event.path}"
    resource = method_id(event.path, "OPTIONS")
    found = policy(template, "rest", api, resource, what, cors.entry.key, mapping, EVENT_NAMES)
    settings = dict(found.settings)
    origins = _event_origins(template, mapping)
    if origins is not None:
        settings["origins"] = origins
    settings.setdefault("origins", made("origins", cors.entry.key, "*"))
    if cors.get("allowCredentials") is None:
        settings.pop("credentials", None)
    return found._replace(settings=settings)


def _event_origins(template: Template, mapping: Mapping) -> Setting | None:
    """Origins that the framework chooses from: ``origins``, or ``origin`` with commas. A ``*`` in them matches any
    text (``api-gateway/lib/cors.js``), so that one with it is no origin to be checked; with no other it is as if
    nothing were known."""
    entry = mapping.entry("origins") if is_true(mapping.get("origins")) else mapping.entry("origin")
    if entry is None:
        return None
    text = text_of(entry.value)
    if text is not None and "," in text:
        items = tuple(_part(part.strip(), entry.value) for part in text.split(","))
    elif isinstance(entry.value, Sequence) and entry.value.tag is None:
        items = tuple(Item(template.value(node), node) for node in entry.value.items)
    else:
        return None
    plain = tuple(item for item in items if not any("*" in known.text for known in item.known))
    return Setting("origins", entry.key, entry.value, (plain or None,))


def _part(text: str, place: Node) -> Item:
    node = text_at(text, place)
    return Item(written(text, node), node)


# -- HTTP APIs and function URLs ---------------------------------------------------------------------------------------


def _http(template: Template, service: Service, api: HttpApi) -> HttpApi:
    routes, whole = http_routes(service)
    if api.logical_id != HTTP_API or not routes:
        return api
    by_place = {(route.place.start, route.place.end): route for route in routes}
    methods = tuple(_route(method, by_place) for method in api.methods)
    changed = api._replace(methods=methods, dialect="serverless", complete=api.complete and whole)
    cors = http_cors(service)
    if cors is None or _overridden(api.resource.node if api.resource is not None else None):
        return changed._replace(key=routes[0].entry.key)
    entry, node = cors
    found = policy(template, "http", HTTP_API, HTTP_API, "httpApi.cors", entry.key, node, LIST_NAMES)
    return changed._replace(key=entry.key, policies=(_completed(found, node, http_defaults(service)),))


def _route(method: Method, routes: dict[tuple[int, int], Route]) -> Method:
    route = routes.get((method.key.start, method.key.end))
    if route is None:
        return method
    key = route.place if isinstance(route.place, Scalar) and not route.place.foreign else route.entry.key
    origin = method.origin if method.origin == "default" else "event"
    return method._replace(key=key, node=route.entry.value, origin=origin)


def _overridden(node: Mapping | None) -> bool:
    """Whether the service's own ``resources`` configure CORS of the API in the packaged template's words."""
    properties = node.get("Properties") if node is not None else None
    entry = properties.entry("CorsConfiguration") if isinstance(properties, Mapping) else None
    return entry is not None and not entry.key.foreign


def _url(template: Template, service: Service, url: FunctionUrl) -> FunctionUrl:
    function = next((each for each in service.functions if url_id(each) == url.logical_id), None)
    entry = function.node.entry("url") if function is not None else None
    if function is None or entry is None or _overridden(url.resource.node if url.resource else None):
        return url
    methods = tuple(method._replace(key=entry.key, node=entry.value) for method in url.methods)
    changed = url._replace(key=entry.key, methods=methods)
    cors = url_cors(service, function)
    if cors is None:
        return changed
    key, node = cors
    what = f"url.cors of {function.name}"
    found = policy(template, "url", url.logical_id, url.logical_id, what, key.key, node, LIST_NAMES)
    return changed._replace(policies=(_completed(found, node, url_defaults(node)),))


def _completed(found: Policy, node: Node, defaults: dict[str, list[str]]) -> Policy:
    """A configuration with the framework's defaults for what it does not say; ``cors: true`` is nothing but them. Of
    one that nobody knows, nobody knows what it says."""
    if is_unknown(node):
        return found
    settings = dict(found.settings)
    for key, texts in defaults.items():
        entry = node.entry(key) if isinstance(node, Mapping) else None
        if entry is None or not is_true(entry.value):
            settings[_ROLES[key]] = made(_ROLES[key], entry.key if entry is not None else found.key, *texts)
    credentials = settings.get("credentials")
    if credentials is not None and not any(is_true(item.node) for item in credentials.items):
        del settings["credentials"]
    complete = found.complete or scalar_text(node) is not None
    return found._replace(settings=settings, complete=complete)
