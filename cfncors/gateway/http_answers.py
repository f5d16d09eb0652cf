"""What an API Gateway HTTP API answers to a request.

Developer Guide, "Configure CORS for HTTP APIs in API Gateway": with a CORS configuration, API Gateway answers
preflights for which there is no route, adds the configured headers to what integrations answer, and ignores theirs.
Without one, code decides everything.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, TypeAlias

from cfncors.gateway.answer import HANDLER, SUCCESS, Answer, Confidence, Sent, doubts_of, path_of
from cfncors.gateway.backends import function_behind
from cfncors.gateway.coded_answers import coded, crash_of, own_errors, own_status
from cfncors.gateway.configured import Reading, cors_headers, is_preflight, told, weakest
from cfncors.gateway.model import ALLOW_ORIGIN, HttpApi, Method, Model
from cfncors.gateway.parameters import mapping
from cfncors.gateway.reached import reached

if TYPE_CHECKING:
    from cfncors.browser import Request
    from cfncors.source import Node

#: Origins that are documented beside exact ones and ``*`` (same title): anything with a scheme.
READING: Final = Reading(frozenset(("https://*", "http://*")))

#: Status -> its name and why API Gateway itself answers with it. HTTP APIs have no gateway responses (Developer Guide,
#: "Choose between REST APIs and HTTP APIs").
_ERRORS: Final = {
    "401": ("UNAUTHORIZED", "no valid token"),
    "403": ("FORBIDDEN", "the authorizer or a policy denies"),
    "404": ("NOT_FOUND", "there is no such route"),
    "429": ("TOO_MANY_REQUESTS", "too many requests"),
    "500": ("INTERNAL_SERVER_ERROR", "the function or the authorizer crashed"),
    "503": ("SERVICE_UNAVAILABLE", "the backend cannot be reached, or took longer than 30 s"),
}
#: Two reports show Chromium's complaint about the status of an authorizer's 401, which it makes only when the CORS
#: headers are right (sst issue #5493; Chromium, ``preflight_controller.cc``).
_ON_ERRORS: Final = "that API Gateway's own errors carry the CORS headers is not documented"
_STAR: Final = "whether API Gateway sends * itself or the page's origin is not documented"


def respond(model: Model, api: HttpApi, request: Request, outcome: str = SUCCESS) -> Answer:
    """The answer to a request whose path is that of its URL. ``outcome`` is :data:`SUCCESS` or the status of one of
    API Gateway's own errors (``401``). An OPTIONS request comes as browsers send it, without token or signature."""
    if outcome in _ERRORS:
        return _error(api, request, outcome)
    match = reached(model, api, request.method, path_of(request.url))
    if match is None:
        if api.policies and is_preflight(request):
            return _preflight(api, request)
        told = "a preflight has Origin and Access-Control-Request-Method" if api.policies else "CORS is not configured"
        missing = f"no route takes OPTIONS, and {told}" if request.method == "OPTIONS" else None
        return _error(api, request, "404", missing)
    if request.method == "OPTIONS":
        guarded = _guarded(api, request, match.method)
        if guarded is not None:
            return guarded._replace(node=match.method.key)
    return _integrated(model, api, request, match.method, outcome)


_Made: TypeAlias = tuple[tuple[Sent, ...], Confidence, tuple[str, ...]]


def _headers(api: HttpApi, request: Request) -> _Made:
    """The configured headers, how sure they are, and what is not documented about them. Without ``Origin`` there are
    none, for OPTIONS without ``Access-Control-Request-Method`` neither (Developer Guide, as above)."""
    if request.method == "OPTIONS":
        return _made_headers(api, request) if is_preflight(request) else ((), "documented", ())
    page = request.origin, request.credentials  # on which alone they depend, whatever the route and the outcome
    if page not in api.sent:
        api.sent[page] = _made_headers(api, request)
    headers: _Made = api.sent[page]
    return headers


def _made_headers(api: HttpApi, request: Request) -> _Made:
    sent = cors_headers(api.policies, request, READING)
    allowed = next((each for each in sent if each.lower == ALLOW_ORIGIN), None)
    doubts = doubts_of(sent)
    if allowed is not None and allowed.text == "*" and request.credentials == "include":
        doubts = (*doubts, _STAR)
    # That the headers are left out for other origins follows from what they are for; it is written nowhere.
    unsure = bool(doubts) or (allowed is None and bool(api.policies))
    return sent, "inferred" if unsure else "documented", doubts


def _preflight(api: HttpApi, request: Request) -> Answer:
    """API Gateway's own answer; its status is not documented."""
    headers, _, doubts = _headers(api, request)
    what = told("from API Gateway", headers)
    return Answer(204, "CORS", what, headers, "inferred", doubts=doubts, node=_place(api))


def _place(api: HttpApi) -> Node:
    """Where the CORS configuration is written, or would be."""
    return api.policies[0].key if api.policies else api.key


def _error(api: HttpApi, request: Request, status: str, reason: str | None = None) -> Answer:
    """API Gateway's own error, with the headers of the CORS configuration."""
    kind, usual = _ERRORS[status]
    headers, confidence, doubts = _headers(api, request)
    if headers:
        confidence, doubts = "inferred", (*doubts, _ON_ERRORS)
    what = f"{kind}: {reason or usual}"
    node = None if reason is not None and request.method == "OPTIONS" else _place(api)  # else the route lacks it
    return Answer(int(status), kind, what, headers, confidence, doubts=doubts, node=node)


def _guarded(api: HttpApi, request: Request, method: Method) -> Answer | None:
    """What turns a bare OPTIONS away: a route that takes it is asked first, and so is its authorizer (Developer Guide,
    as above: a ``$default`` route that requires authorization)."""
    kind, headers = method.authorization
    if kind == "none":
        return None
    if kind == "iam":
        return _error(api, request, "403", "browsers do not sign OPTIONS")
    if headers and kind in ("jwt", "request"):
        return _error(api, request, "401", "browsers send OPTIONS without a token")
    who = "the authorizer" if kind in ("jwt", "request") else "an authorizer that is not in this template"
    return _undecided(api, request, f"{who} decides", "unknown")


def _undecided(api: HttpApi, request: Request, who: str, kind: str) -> Answer:
    """An answer that the template leaves to ``who``: all of it, or with a CORS configuration its status alone."""
    if not api.policies:
        return Answer(None, kind, who, open=who)
    headers, confidence, doubts = _headers(api, request)
    sure = weakest(confidence, "inferred")
    return Answer(None, "integration", f"{who} the status", headers, sure, doubts=doubts, decides=f"{who} the status")


def _integrated(model: Model, api: HttpApi, request: Request, method: Method, outcome: str) -> Answer:
    who = _backend(model, method)
    known = coded(model, method, request, own_status(outcome))
    if known is not None and not api.policies:
        return known
    crash = crash_of(model, method, request) if outcome == SUCCESS else None
    if crash is not None:
        return _error(api, request, "500", "the function crashed")._replace(confidence="inferred", at=crash)
    if known is not None and known.status is not None and request.method == "OPTIONS":
        return _passed_on(api, request, known)
    if request.method == "OPTIONS" or not api.policies:
        return _undecided(api, request, f"{who} decides", HANDLER if method.integration is not None else "unknown")
    headers, confidence, doubts = _headers(api, request)
    what = told(f"from {who}", headers)
    return Answer(None, "integration", what, headers, confidence, doubts=doubts, node=_place(api))


def _passed_on(api: HttpApi, request: Request, coded: Answer) -> Answer:
    """An OPTIONS that a route for any method takes: the configured headers, with the status of the code's own answer
    (Developer Guide, as above: headers are added to, and taken out of, what an integration answers; nothing is said of
    its status)."""
    headers, confidence, doubts = _headers(api, request)
    sure = weakest(confidence, "inferred")
    return Answer(coded.status, coded.kind, told(coded.what, headers), headers, sure, doubts=doubts, at=coded.at)


def _backend(model: Model, method: Method) -> str:
    integration = method.integration
    if integration is None:
        return "an integration that is not written in this template"
    if integration.kind == "http_proxy":
        return "the HTTP backend"
    written = mapping(integration.node)
    if written is not None and ("IntegrationSubtype" in written or "integrationSubtype" in written):
        return "the AWS service"
    name = function_behind(model.template, method)
    return f"the function {name}" if name is not None else "the function"


def successes(model: Model, api: HttpApi, method: Method) -> tuple[str, ...]:
    """What a route answers when all goes well."""
    return (SUCCESS,)


def client_errors(model: Model, api: HttpApi, method: Method, verb: str | None = None) -> tuple[str, ...]:
    """The 4XX with which API Gateway itself may answer on a route, those that pages meet most often first; then those
    of its code, where that sends the headers."""
    kind = method.authorization.kind
    own = own_errors(model, method, "4", verb) if not api.policies else ()
    if kind == "none":
        return ("429", *own)
    return ("403", "429", *own) if kind == "iam" else ("401", "403", "429", *own)


def server_errors(model: Model, api: HttpApi, method: Method, verb: str | None = None) -> tuple[str, ...]:
    """The same for 5XX. What an HTTP backend answers is its own."""
    proxies = method.integration is not None and method.integration.kind == "http_proxy"
    own = own_errors(model, method, "5", verb) if not api.policies else ()
    if proxies and method.authorization.kind not in ("request", "unknown"):
        return ("503",)
    return ("500", "503", *own)
