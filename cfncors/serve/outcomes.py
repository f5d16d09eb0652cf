"""Which outcome a request has: the one that the user forces, else what the front door itself demands."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final, NamedTuple

from cfncors.gateway.answer import SUCCESS, path_of
from cfncors.gateway.demands import demanded_headers
from cfncors.gateway.model import Door, Method, Model, RestApi
from cfncors.gateway.refusals import FIXED, STATUSES
from cfncors.gateway.respond import client_errors, respond, server_errors, successes
from cfncors.gateway.routing import route

if TYPE_CHECKING:
    from cfncors.browser import Request

#: The outcome under which a request answers all that its page hopes for, so that its preflight alone decides.
PREFLIGHT: Final = "preflight"
#: Of several types with one status, the one that users meet.
_USUAL: Final = {
    str(STATUSES[kind]): kind
    for kind in (
        *("BAD_REQUEST_BODY", "UNAUTHORIZED", "ACCESS_DENIED", "RESOURCE_NOT_FOUND", FIXED, "UNSUPPORTED_MEDIA_TYPE"),
        *("THROTTLED", "API_CONFIGURATION_ERROR", "DEFAULT_5XX", "INTEGRATION_FAILURE"),
    )
}


class Outcome(NamedTuple):
    """An outcome as :func:`cfncors.gateway.respond.respond` takes it; ``status`` is the one that the handler sends."""

    name: str = SUCCESS
    status: int | None = None


class UnknownOutcome(ValueError):
    """No outcome has this name; the message lists those that are."""


def forced(text: str, model: Model, door: Door, request: Request) -> Outcome:
    """The outcome that a user names: a type of gateway response, another that the route can have, or a status.

    Raises :class:`UnknownOutcome`.
    """
    name = text.strip()
    if name.lower() == PREFLIGHT:
        return Outcome(PREFLIGHT)
    match = route(door, request.method, path_of(request.url))
    possible = _possible(model, door, match.method) if match is not None else []
    words = [*of_any_route(door), *(each for each in possible if not each.isdecimal() and each != SUCCESS)]
    if name.upper() in words:
        return Outcome(name.upper())
    if not re.fullmatch(r"[2-5][0-9][0-9]", name):
        others = f", or one of {', '.join(dict.fromkeys(words))}" if words else ""
        raise UnknownOutcome(f"no outcome is named {text!r}; write a status from 200 to 599{others}")
    if FIXED in words and name == str(STATUSES[FIXED]):
        return Outcome(FIXED)
    return _with_status(name, model, door, match.method, request) if match is not None else Outcome()


def of_any_route(door: Door) -> dict[str, int]:
    """The outcomes that the front door has on any path, even without a route: a REST API's gateway responses."""
    return STATUSES if isinstance(door, RestApi) else {}


def _possible(model: Model, door: Door, method: Method) -> list[str]:
    return [
        *successes(model, door, method),
        *client_errors(model, door, method),
        *server_errors(model, door, method),
    ]


def _with_status(status: str, model: Model, door: Door, method: Method, request: Request) -> Outcome:
    """What has a status on a route: what the integration maps, then the front door's own errors, then the handler."""
    possible = _possible(model, door, method)
    if status in possible:
        return Outcome(status)
    found = {name: respond(model, door, request, name).status for name in possible}
    for name, its in found.items():
        if its == int(status):
            return Outcome(name)
    integration = method.integration
    if integration is None or integration.is_proxy or integration.kind == "unknown":
        return Outcome(SUCCESS, int(status))
    usual = _USUAL if of_any_route(door) else {str(its): name for name, its in found.items() if its is not None}
    if status in usual:
        return Outcome(usual[status])
    raise UnknownOutcome(
        f"nothing answers {status} on {method.verb} {method.path}: its integration does not map it, and AWS itself "
        f"answers {', '.join(sorted(usual))}"
    )


def demanded(model: Model, door: Door, method: Method, request: Request) -> Outcome:
    """What comes of a request that lacks what the front door demands. Any value of a header counts as a good one."""
    kind = _lacking(method, request)
    if kind is None:
        return Outcome()
    if kind in of_any_route(door) or kind in client_errors(model, door, method):
        return Outcome(kind)
    return _with_status(str(STATUSES[kind]), model, door, method, request)


def _lacking(method: Method, request: Request) -> str | None:
    """The type of gateway response that a REST API has for what is missing; other front doors have its status."""
    if method.is_options or request.method == "OPTIONS":
        return None  # respond() knows that browsers send it bare
    given = {name.lower() for name, value in request.headers if value.strip()}
    needed = demanded_headers(method)
    if method.authorization.kind == "iam":
        if "authorization" not in given:
            return "MISSING_AUTHENTICATION_TOKEN"
    elif any(name in needed and name not in given for name in method.authorization.headers):
        return "UNAUTHORIZED"
    return "INVALID_API_KEY" if method.api_key and "x-api-key" not in given else None
