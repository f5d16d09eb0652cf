"""REST APIs: an answer to every preflight, headers on the responses that the template writes, gateway responses.

What stands in front of a preflight, declarations, quotes and the gateway responses themselves are mended by the rules
(E9411, E9414, E9421, E9423, E9426, E9432, E9435, E9436); here is what no rule can know: the pages that are meant.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from cfncors.browser import Request
from cfncors.checks.preflight_remedies import add_options
from cfncors.checks.remedies import Edits, add_gateway_headers, add_response_headers, sends_credentials
from cfncors.enable.asked import MAX_AGE, Asked, with_credentials
from cfncors.enable.changes import Change
from cfncors.enable.one_header import in_line
from cfncors.enable.sam_cors import cors
from cfncors.enable.wanted import headers, methods, with_options
from cfncors.errors import CannotEdit
from cfncors.gateway.expressions import static_texts
from cfncors.gateway.model import (
    ALLOW_CREDENTIALS,
    ALLOW_HEADERS,
    ALLOW_METHODS,
    ALLOW_ORIGIN,
    EXPOSE_HEADERS,
    Door,
    GatewayResponse,
    IntegrationResponse,
    Method,
    Model,
    RestApi,
    normal_path,
)
from cfncors.gateway.model import MAX_AGE as MAX_AGE_HEADER
from cfncors.gateway.preflight import picked
from cfncors.gateway.respond import respond
from cfncors.source import Mapping
from cfncors.source.edit import put
from cfncors.source.emit import Data
from cfncors.template import intrinsic

_NAMES: Final = {
    ALLOW_ORIGIN: "Access-Control-Allow-Origin",
    ALLOW_CREDENTIALS: "Access-Control-Allow-Credentials",
    ALLOW_METHODS: "Access-Control-Allow-Methods",
    ALLOW_HEADERS: "Access-Control-Allow-Headers",
    EXPOSE_HEADERS: "Access-Control-Expose-Headers",
    MAX_AGE_HEADER: "Access-Control-Max-Age",
}
#: API Gateway sends it without CORS headers whatever a template says (Developer Guide, "Known issues").
_CLOSED: Final = "REQUEST_TOO_LARGE"


def plan(model: Model, door: Door, wish: Asked) -> Iterator[Change]:
    """What a REST API lacks."""
    assert isinstance(door, RestApi)
    if _allows_credentials(door) and not wish.credentials:
        wish = with_credentials(wish, door.logical_id)
    if door.dialect in ("sam", "sam-implicit"):
        yield from cors(model, door, wish)
    yield from _preflights(model, door, wish)
    yield from _responses(model, door, wish)
    yield from _gateway_responses(model, door, wish)


def _allows_credentials(api: RestApi) -> bool:
    """Whether a response of the API that somebody wrote allows credentials."""
    answers = [r.headers for m in api.methods for r in (m.integration.responses if m.integration is not None else ())]
    given = [*answers, *(response.headers for response in api.all_gateway_responses)]
    return sends_credentials(api) or any("true" in (static_texts(h.get(ALLOW_CREDENTIALS)) or ()) for h in given)


# -- preflights --------------------------------------------------------------------------------------------------------


def _preflights(model: Model, api: RestApi, wish: Asked) -> Iterator[Change]:
    answered: dict[int, tuple[Method, list[Method]]] = {}
    for path in dict.fromkeys(normal_path(m.path) for m in api.methods if not m.is_options):
        here = [method for method in api.on_path(path) if not method.is_options]
        answering = api.answers_options(path)
        if answering is None:
            yield from _added(model, api, here, here, wish)
        else:
            answered.setdefault(id(answering), (answering, []))[1].extend(here)
    for method, routes in answered.values():
        if method.verb == "ANY":
            beside = [each for each in api.on_path(method.path) if not each.is_options]
            yield from _added(model, api, beside, routes, wish)
        elif method.origin != "cors":
            yield from _answer(model, api, method, routes, wish)


def _added(model: Model, api: RestApi, here: list[Method], routes: list[Method], wish: Asked) -> Iterator[Change]:
    """An OPTIONS method on the path of ``here``, for all ``routes`` whose preflights reach it; SAM's ``Cors`` makes
    its own."""
    if api.dialect in ("sam", "sam-implicit"):
        return
    path = here[0].path
    values: dict[str, Data] = {_NAMES[name]: f"'{value}'" for name, value in _preflight_headers(routes, wish).items()}
    if any(method.origin == "resource" for method in here):
        yield Change(f"OPTIONS {path}, answered by a MOCK", add_options(model, api, here, values))
    elif here[0].origin == "openapi":
        yield Change(f"options of {path}, answered by a MOCK", _operation(model, api, here[0], values))


def _operation(model: Model, api: RestApi, beside: Method, values: dict[str, Data]) -> Edits:
    """An ``options`` operation in an OpenAPI body."""
    paths = api.body.get("paths") if api.body is not None else None
    item = paths.get(beside.path) if isinstance(paths, Mapping) else None
    if not isinstance(item, Mapping) or intrinsic(item) is not None or item.foreign:
        raise CannotEdit(f"the path {beside.path} of {api.logical_id} is not written out in this file")
    kind: Data = {"schema": {"type": "string"}} if beside.openapi3 else {"type": "string"}
    integration: dict[str, Data] = {
        "type": "mock",
        "requestTemplates": {"application/json": '{"statusCode": 204}'},
        "responses": {
            "default": {
                "statusCode": "204",
                "responseParameters": {f"method.response.header.{name}": value for name, value in values.items()},
            }
        },
    }
    operation: dict[str, Data] = {
        "responses": {"204": {"description": "CORS preflight", "headers": dict.fromkeys(values, kind)}},
        "x-amazon-apigateway-integration": integration,
    }
    return put(model.template.document, item, ("options",), operation)


def _preflight_headers(routes: list[Method], wish: Asked) -> dict[str, str]:
    """What the answer to a preflight says, for the routes that it speaks for, without the quotes."""
    listed = headers(routes, wish)
    found = _response_headers(wish, expose=False)
    found[ALLOW_METHODS] = ",".join(with_options(methods(routes, wish)))
    if listed:
        found[ALLOW_HEADERS] = ",".join(listed)
    found[MAX_AGE_HEADER] = str(MAX_AGE if wish.max_age is None else wish.max_age)
    return found


def _response_headers(wish: Asked, expose: bool = True) -> dict[str, str]:
    """What an answer to the request itself says, without the quotes."""
    found = {ALLOW_ORIGIN: wish.origins[0]}
    if wish.credentials:
        found[ALLOW_CREDENTIALS] = "true"
    if expose and wish.expose:
        found[EXPOSE_HEADERS] = ",".join(wish.expose)
    return found


def _answer(model: Model, api: RestApi, method: Method, routes: list[Method], wish: Asked) -> Iterator[Change]:
    """The answer of a MOCK brought in line; of another integration code decides."""
    integration = method.integration
    if integration is None or integration.kind != "mock":
        return
    response = picked(integration)
    if response is not None:
        _check_choice(model, api, method, response, wish)
        yield from _mapped(model, method, response, _preflight_headers(routes, wish), wish)


def _check_choice(model: Model, api: RestApi, method: Method, response: IntegrationResponse, wish: Asked) -> None:
    """Raise :class:`CannotEdit` for a response template that chooses among origins, none of which is the one asked
    for."""
    if ALLOW_ORIGIN not in response.overrides or wish.any_origin:
        return
    page = wish.origins[0]
    asked = [("access-control-request-method", "GET")]
    request = Request("OPTIONS", f"https://api.example.com{normal_path(method.path)}", page, asked, "same-origin")
    sent = respond(model, api, request).header(ALLOW_ORIGIN)
    if sent is None or sent.text not in (None, page):
        raise CannotEdit(f"the response template of OPTIONS {method.path} chooses the origin; add {page} to its list")


# -- answers -----------------------------------------------------------------------------------------------------------


def _responses(model: Model, api: RestApi, wish: Asked) -> Iterator[Change]:
    """Each response of an integration that does not pass the backend's own headers."""
    for method in api.methods:
        integration = method.integration
        if method.is_options or method.origin not in ("resource", "openapi") or integration is None:
            continue
        if integration.kind in ("aws", "http", "mock"):
            for response in integration.responses:
                yield from _mapped(model, method, response, _response_headers(wish), wish)


def _mapped(
    model: Model, method: Method, response: IntegrationResponse, wanted: dict[str, str], wish: Asked
) -> Iterator[Change]:
    given = {name: value for name, value in wanted.items() if name not in response.overrides}
    place = f"{method.verb} {method.path} {response.status or ''}".rstrip()
    new = {_NAMES[name]: f"'{value}'" for name, value in given.items() if name not in response.headers}
    if new:
        what = f"{', '.join(new)} on {place}"
        yield Change(what, add_response_headers(model.template.document, method, response, dict(new)))
    for name, value in given.items():
        if name in response.headers:
            yield from in_line(model, response.headers[name], value, place, wish)


def _gateway_responses(model: Model, api: RestApi, wish: Asked) -> Iterator[Change]:
    """Gateway responses that are there for CORS; those that are not are added by the rules (E9421, E9423)."""
    for response in api.all_gateway_responses:
        if response.type != _CLOSED and ALLOW_ORIGIN in response.headers:
            yield from _gateway_response(model, response, wish)


def _gateway_response(model: Model, response: GatewayResponse, wish: Asked) -> Iterator[Change]:
    wanted = _response_headers(wish)
    new = {_NAMES[name]: f"'{value}'" for name, value in wanted.items() if name not in response.headers}
    if new:
        edits = add_gateway_headers(model.template.document, response, dict(new))
        yield Change(f"{', '.join(new)} on {response.type}", edits)
    for name, value in wanted.items():
        if name in response.headers:
            yield from in_line(model, response.headers[name], value, response.type, wish)
