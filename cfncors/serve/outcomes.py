"""Which outcome a request has: the one that the user forces, else what the API itself demands."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final, NamedTuple

from cfncors.gateway.answer import SUCCESS, path_of
from cfncors.gateway.demands import demanded_headers
from cfncors.gateway.model import Method, Model, RestApi
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


def forced(text: str, model: Model, api: RestApi, request: Request) -> Outcome:
    """The outcome that a user names: a type of gateway response, or a status. Raises :class:`UnknownOutcome`."""
    name = text.strip()
    if name.lower() == PREFLIGHT:
        return Outcome(PREFLIGHT)
    if name.upper() in STATUSES:
        return Outcome(name.upper())
    if not re.fullmatch(r"[2-5][0-9][0-9]", name):
        raise UnknownOutcome(
            f"no outcome is named {text!r}; write a status from 200 to 599, or one of {', '.join(STATUSES)}"
        )
    match = route(api, request.method, path_of(request.url))
    if match is None or name == str(STATUSES[FIXED]):
        return Outcome(FIXED if name == str(STATUSES[FIXED]) else SUCCESS)
    return _with_status(name, model, api, match.method, request)


def _with_status(status: str, model: Model, api: RestApi, method: Method, request: Request) -> Outcome:
    """What has a status on a route: what the integration maps, then API Gateway's own errors, then the handler."""
    possible = [*successes(model, api, method), *client_errors(model, api, method), *server_errors(model, api, method)]
    if status in possible:
        return Outcome(status)
    for name in possible:
        if respond(model, api, request, name).status == int(status):
            return Outcome(name)
    integration = method.integration
    if integration is None or integration.is_proxy or integration.kind == "unknown":
        return Outcome(SUCCESS, int(status))
    if status in _USUAL:
        return Outcome(_USUAL[status])
    raise UnknownOutcome(
        f"nothing answers {status} on {method.verb} {method.path}: its integration does not map it, and API Gateway "
        f"itself answers {', '.join(sorted(set(_USUAL)))}"
    )


def demanded(method: Method, request: Request) -> Outcome:
    """What comes of a request that lacks what the API demands. Any value of a header counts as a good one."""
    if method.is_options or request.method == "OPTIONS":
        return Outcome()  # respond() knows that browsers send it bare
    given = {name.lower() for name, value in request.headers if value.strip()}
    needed = demanded_headers(method)
    if method.authorization.kind == "iam":
        if "authorization" not in given:
            return Outcome("MISSING_AUTHENTICATION_TOKEN")
    elif any(name in needed and name not in given for name in method.authorization.headers):
        return Outcome("UNAUTHORIZED")
    return Outcome("INVALID_API_KEY") if method.api_key and "x-api-key" not in given else Outcome()
