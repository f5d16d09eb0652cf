"""A request to the local server becomes what AWS would answer to it."""

from __future__ import annotations

import json
import re
from http import HTTPStatus
from typing import Final, NamedTuple
from urllib.parse import unquote

from cfncors.browser import Request
from cfncors.gateway.answer import Answer
from cfncors.gateway.model import ALLOW_CREDENTIALS, ALLOW_HEADERS, ALLOW_METHODS, ALLOW_ORIGIN
from cfncors.gateway.refusals import FIXED
from cfncors.gateway.respond import respond
from cfncors.gateway.routing import route
from cfncors.serve.deployment import Deployment, Served
from cfncors.serve.outcomes import PREFLIGHT, Outcome, UnknownOutcome, demanded, forced, of_any_route

Headers = list[tuple[str, str]]

FORCE: Final = "x-cfncors-outcome"
#: Says that the template does not decide the answer, and who does.
ASSUMED: Final = "X-Cfncors-Assumed"
_PREFIX: Final = re.compile(r"/~([^/]+)(/.*)?")
_ASKED_METHOD: Final = "access-control-request-method"
_ASKED_HEADERS: Final = "access-control-request-headers"
#: What API Gateway writes in ``message`` (``$context.error.message``), where it does not differ from case to case.
_MESSAGES: Final = {
    "ACCESS_DENIED": "User is not authorized to access this resource",
    "BAD_REQUEST_BODY": "Invalid request body",
    "BAD_REQUEST_PARAMETERS": "Missing required request parameters",
    "EXPIRED_TOKEN": "The security token included in the request is expired",
    "DEFAULT_5XX": "Internal server error",
    "INTEGRATION_TIMEOUT": "Endpoint request timed out",
    "INVALID_API_KEY": "Forbidden",
    "INVALID_SIGNATURE": "The request signature we calculated does not match the signature you provided",
    "MISSING_AUTHENTICATION_TOKEN": "Missing Authentication Token",
    "QUOTA_EXCEEDED": "Limit Exceeded",
    "REQUEST_TOO_LARGE": "Request Too Long",
    "RESOURCE_NOT_FOUND": "Not Found",
    "THROTTLED": "Too Many Requests",
    "UNAUTHORIZED": "Unauthorized",
    "UNSUPPORTED_MEDIA_TYPE": "Unsupported Media Type",
    "WAF_FILTERED": "Forbidden",
}


_STATUSES: Final = frozenset(HTTPStatus)


class Reply(NamedTuple):
    """What goes out: ``kind`` and ``assumed`` (who decides, where the template does not) say how it came about."""

    status: int
    headers: Headers
    kind: str
    body: bytes
    assumed: str = ""


def reply(
    deployment: Deployment, request: Request, here: frozenset[str] = frozenset(), *, large: bool = False
) -> Reply:
    """The answer to a request whose URL's path is the one on the local server.

    ``here`` are the origins of the server's own page, which plays another one. ``large``: the body has more than
    10 MB.
    """
    prefix, path = _prefix(_plain(request.url))
    served, path = deployment.find(path)
    played = served.origin if served.origin is not None and request.origin in here else None
    asked = _asked(request, path, played or request.origin)
    header = next((value for name, value in request.headers if name.lower() == FORCE), None)
    if large and FIXED not in of_any_route(served.door):
        return _written(413, [], "cfncors", {"message": "cfncors serve reads no more than 10 MB of a body"})
    try:
        outcome = _outcome(deployment, served, asked, FIXED if large else prefix or header)
    except UnknownOutcome as error:
        return _written(400, [], "cfncors", {"message": str(error)})
    answer = _answer(deployment, served, asked, outcome)
    status, headers = _concrete(deployment, served, asked, answer, outcome)
    if _is_preflight(request) and FORCE in _asked_names(request) and 200 <= status <= 299:
        headers = _also_allowing(headers)
    if played is not None:
        headers = [_swapped(header, played, request.origin) for header in headers]
    return _explained(deployment, answer, status, headers)


# -- the request ------------------------------------------------------------------------------------------------------


def _plain(url: str) -> str:
    """The path of a URL or of a request line, decoded segment by segment: ``{id}`` arrives as ``%7Bid%7D``."""
    path = re.split(r"[?#]", re.sub(r"^[a-zA-Z][a-zA-Z0-9+.-]*://[^/?#]*", "", url), maxsplit=1)[0]
    return "/".join(re.sub(r"[/?#]", "_", unquote(part)) for part in path.split("/")) or "/"


def _prefix(path: str) -> tuple[str | None, str]:
    """A forced outcome at the beginning of a path, and the rest."""
    found = _PREFIX.fullmatch(path)
    return (found[1], found[2] or "/") if found is not None else (None, path)


def _asked(request: Request, path: str, origin: str) -> Request:
    """The request as AWS sees it: of the origin that the page plays, without our own header's name."""
    headers = []
    for name, value in request.headers:
        lower = name.lower()
        if lower == "origin":
            headers.append((name, origin))
        elif lower == _ASKED_HEADERS:
            left = [each for each in _names(value) if each != FORCE]
            if left:
                headers.append((name, ",".join(left)))
        elif lower != FORCE:
            headers.append((name, value))
    return request._replace(url=path, origin=origin, headers=headers)


def _names(value: str) -> list[str]:
    return [name.strip().lower() for name in value.split(",") if name.strip()]


def _asked_names(request: Request) -> list[str]:
    return [each for name, value in request.headers if name.lower() == _ASKED_HEADERS for each in _names(value)]


def _asked_method(request: Request) -> str:
    return next((value for name, value in request.headers if name.lower() == _ASKED_METHOD), "")


def _is_preflight(request: Request) -> bool:
    return request.method == "OPTIONS" and any(name.lower() == _ASKED_METHOD for name, _ in request.headers)


def _outcome(deployment: Deployment, served: Served, asked: Request, named: str | None) -> Outcome:
    """A preflight is never forced: it decides whether the outcome is met at all. A wrong name is told even there, of
    the request that it asks for."""
    is_preflight = _is_preflight(asked)
    meant = asked._replace(method=_asked_method(asked)) if is_preflight else asked
    wanted = forced(named, deployment.model, served.door, meant) if named is not None else None
    if is_preflight:
        return Outcome()
    if wanted is not None:
        return wanted
    match = route(served.door, asked.method, asked.url)
    return demanded(deployment.model, served.door, match.method, asked) if match is not None else Outcome()


# -- the answer -------------------------------------------------------------------------------------------------------


def _answer(deployment: Deployment, served: Served, asked: Request, outcome: Outcome) -> Answer:
    if outcome.name == PREFLIGHT:
        return Answer(200, PREFLIGHT, "what the page hopes for", open="the preflight alone decides")
    answer = respond(deployment.model, served.door, asked, outcome.name)
    by_handler = answer.open or answer.status is None
    return answer._replace(status=outcome.status) if by_handler and outcome.status is not None else answer


def _concrete(
    deployment: Deployment, served: Served, asked: Request, answer: Answer, outcome: Outcome
) -> tuple[int, Headers]:
    """Status and headers; what the template leaves open is what a correct handler sends, or nothing."""
    if outcome.name == PREFLIGHT:
        return answer.concrete(asked, kind=True)
    if not answer.unknown or deployment.choice.handler == "none":
        return answer.concrete(asked, kind=False)
    match = route(served.door, asked.method, asked.url)
    method = match.method if match is not None else None
    credentials = method is not None and served.pages.credentials(method)
    own = served.pages.origins(method) if method is not None else ()
    allowed = _allowed(own, asked.origin, credentials=credentials)
    status, headers = answer.concrete(asked._replace(origin=allowed), kind=True)
    decided = {sent.lower for sent in answer.headers if sent.text is not None}
    left_out = {ALLOW_METHODS, ALLOW_HEADERS} if not _is_preflight(asked) else set()
    if not credentials:
        left_out.add(ALLOW_CREDENTIALS)
    return status, [each for each in headers if each[0].lower() in decided or each[0].lower() not in left_out]


def _allowed(own: tuple[str, ...], origin: str, *, credentials: bool) -> str:
    """The origin that a correct handler allows: the caller's, if the API names it, or any, if it names none."""
    if own:
        return origin if origin in own else own[0]
    return origin if credentials and origin else "*"


def _also_allowing(headers: Headers) -> Headers:
    """Headers that allow our own request header, too."""
    if not any(name.lower() == ALLOW_HEADERS for name, _ in headers):
        return [*headers, ("Access-Control-Allow-Headers", FORCE)]
    return [(n, f"{v},{FORCE}" if n.lower() == ALLOW_HEADERS and v.strip() else v) for n, v in headers]


def _swapped(header: tuple[str, str], played: str, page: str) -> tuple[str, str]:
    """The origin that the page plays and its own trade places, so that nothing but the one which is meant matches."""
    name, value = header
    if name.lower() != ALLOW_ORIGIN:
        return header
    return name, {played: page, page: played}.get(value.strip(), value)


# -- the message ------------------------------------------------------------------------------------------------------


def _explained(deployment: Deployment, answer: Answer, status: int, headers: Headers) -> Reply:
    who = "; ".join(each.text for each in answer.unknown)
    if who:
        missing = "without headers" if not answer.decides else f"with {status}"
        how = "as a correct one answers" if deployment.choice.handler == "correct" else missing
        who = f"{who}; here: {how}" if answer.kind != PREFLIGHT else who
        headers = [*headers, (ASSUMED, _one_line(who))]
    said: dict[str, object] = {"type": answer.kind, "what": answer.story, "confidence": answer.confidence}
    said["assumes"] = list(deployment.assumes(answer))
    if answer.doubts:
        said["doubts"] = list(answer.doubts)
    if who:
        said["open"] = who
    message = _MESSAGES.get(answer.kind) or _phrase(status)
    return _written(status, headers, answer.kind, {"message": message, "cfncors": said}, who)


def _phrase(status: int) -> str:
    return HTTPStatus(status).phrase if status in _STATUSES else "Answered"


def _written(status: int, headers: Headers, kind: str, content: object, assumed: str = "") -> Reply:
    body = json.dumps(content, indent=2, ensure_ascii=False).encode() + b"\n"
    names = {name.lower() for name, _ in headers}
    if "content-type" not in names:
        headers = [("Content-Type", "application/json"), *headers]
    if "cache-control" not in names:
        headers = [("Cache-Control", "no-store"), *headers]
    return Reply(status, headers, kind, body, assumed)


def _one_line(text: str) -> str:
    return " ".join(text.split())
