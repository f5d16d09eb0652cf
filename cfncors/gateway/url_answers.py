"""What a Lambda function URL answers to a request.

Lambda Developer Guide, "Creating and managing Lambda function URLs", "Cross-origin resource sharing (CORS)": with
``Cors``, Lambda adds the configured headers to all responses; without, the function decides everything.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from cfncors.gateway.answer import CODE, HANDLER, SUCCESS, Answer, Confidence, Sent, request_headers
from cfncors.gateway.coded_answers import code_of, coded, crash_of, own_errors, own_status
from cfncors.gateway.configured import Reading, cors_headers, is_preflight, told, weakest
from cfncors.gateway.model import ALLOW_CREDENTIALS, ALLOW_HEADERS, ALLOW_ORIGIN, FunctionUrl, Method, Model
from cfncors.gateway.refusals import exists

if TYPE_CHECKING:
    from cfncors.browser import Request

#: For ``*`` it sends the page's origin (powertools-lambda-python issue #4163 shows it); no other pattern is documented.
READING: Final = Reading(echoes=True)

_ERRORS: Final = {
    "403": ("FORBIDDEN", "the request is not signed, or the policy denies"),
    "404": ("NOT_FOUND", "there is no such function URL"),
    "429": ("TOO_MANY_REQUESTS", "too many requests"),
    "502": ("BAD_GATEWAY", "the function crashed"),
}
_TWICE: Final = "the function's code sends Access-Control-Allow-Origin too, and a browser refuses two values"
_STAR: Final = "whether a function URL sends * itself or what a page asks for is not documented"
_WRITTEN: Final = re.compile(r"access-control-allow-origin[\"']?\]?\s*[:=,]\s*([\"'])(.*?)\1", re.IGNORECASE)


def respond(model: Model, url: FunctionUrl, request: Request, outcome: str = SUCCESS) -> Answer:
    """The answer to a request. ``outcome`` is :data:`SUCCESS` or the status of one of Lambda's own errors (``403``).
    An OPTIONS request comes as browsers send it, unsigned."""
    answer = _answer(model, url, request, outcome)
    if answer.node is not None or answer.kind == CODE:
        return answer
    return answer._replace(node=url.policies[0].key if url.policies else url.key)


def _answer(model: Model, url: FunctionUrl, request: Request, outcome: str) -> Answer:
    if not all(exists(model, method.resource) for method in url.methods):
        return Answer(404, "NOT_FOUND", "NOT_FOUND: it is not made in this deployment")
    if outcome in _ERRORS:
        return _error(url, request, outcome)
    if url.policies and is_preflight(request):
        # Answered without calling the function or asking who calls: reported, not documented (yulin issue #1217).
        headers, confidence = _headers(url, request)
        return Answer(200, "CORS", told("from the function URL", headers), headers, weakest(confidence, "inferred"))
    if request.method == "OPTIONS" and url.methods[0].authorization.kind == "iam":
        return _error(url, request, "403", "browsers do not sign OPTIONS")
    who = f"the function {url.function}" if url.function else "the function"
    if not url.policies:
        known = coded(model, url.methods[0], request, own_status(outcome))
        if known is not None:
            return known
        crash = crash_of(model, url.methods[0], request) if outcome == SUCCESS else None
        if crash is not None:
            return _error(url, request, "502")._replace(confidence="inferred", at=crash)
        kind = url.methods[0].authorization.kind
        undecided = f"whether OPTIONS has to be signed is not known, and {who} decides"
        who = undecided if request.method == "OPTIONS" and kind == "unknown" else f"{who} decides"
        return Answer(None, HANDLER, who, open=who)
    headers, confidence = _headers(url, request)
    sent = tuple(_doubled(model, url, request, each) if each.lower == ALLOW_ORIGIN else each for each in headers)
    doubled = sent != headers
    sure = weakest(confidence, "observed") if doubled else confidence
    doubts = tuple(each.doubt for each in sent if each.doubt)
    return Answer(None, "integration", told(f"from {who}", sent), sent, sure, doubts=doubts)


def _headers(url: FunctionUrl, request: Request) -> tuple[tuple[Sent, ...], Confidence]:
    found = cors_headers(url.policies, request, READING)
    credentialed = any(each.lower == ALLOW_CREDENTIALS for each in found)
    sent = tuple(_starred(each, request, credentialed) for each in found)
    allowed = next((each for each in sent if each.lower == ALLOW_ORIGIN), None)
    if allowed is None:
        # What an origin gets that is not listed is not written anywhere; what it is for leaves no other choice.
        return sent, "inferred" if url.policies else "documented"
    listed = {text for policy in url.policies for text in policy.texts("origins") or ()}
    return sent, "observed" if allowed.copied and allowed.text not in listed else "documented"


def _starred(sent: Sent, request: Request, credentialed: bool) -> Sent:
    """A list with ``*``, where a browser tells it from the names themselves: beside credentials, and of a preflight
    for Authorization (Fetch, "CORS-preflight fetch")."""
    if sent.lower == ALLOW_ORIGIN or sent.text is None or "*" not in sent.text.split(","):
        return sent
    asked = request_headers(request).get("access-control-request-headers", "").lower()
    named = sent.lower == ALLOW_HEADERS and "authorization" in asked
    return sent._replace(text=None, why=_STAR) if credentialed or named else sent


def _error(url: FunctionUrl, request: Request, status: str, reason: str | None = None) -> Answer:
    """Lambda's own error: "all responses" carry the headers (Developer Guide, as above); nobody has recorded one."""
    kind, usual = _ERRORS[status]
    headers, confidence = _headers(url, request)
    sure = weakest(confidence, "inferred") if headers else confidence
    return Answer(int(status), kind, f"{kind}: {reason or usual}", headers, sure)


def _doubled(model: Model, url: FunctionUrl, request: Request, sent: Sent) -> Sent:
    """Access-Control-Allow-Origin when the function's own code sends it too: both arrive, and a browser reads one
    value with a comma in it (reported for powertools-lambda-python #4163, hummingbird-examples #130)."""
    known = _sent_by_code(model, url, request.method)
    if known is not None and sent.text is not None:
        return sent._replace(text=f"{sent.text}, {known}", doubt=_TWICE)
    text = model.template.known(url.code)
    if text is None or sent.text is None:
        return sent
    written = _WRITTEN.search(text)
    if written is None:
        return sent._replace(text=None, why="the function's code sends it too: a browser refuses two values")
    return sent._replace(text=f"{sent.text}, {written[2]}", doubt=_TWICE)


def _sent_by_code(model: Model, url: FunctionUrl, verb: str) -> str | None:
    """What the code certainly sends as Access-Control-Allow-Origin when all goes well, one value of it."""
    code = code_of(model, url.methods[0], verb) if url.methods else None
    answers = (each for each in code.answers if not each.is_error and each.comes(verb)) if code is not None else ()
    sent = [each.headers.get(ALLOW_ORIGIN) for each in answers]
    if not sent or not all(header is not None and header.always for header in sent):
        return None
    return next((value for header in sent if header is not None for value in header.values if value is not None), None)


def successes(model: Model, url: FunctionUrl, method: Method) -> tuple[str, ...]:
    """What the function answers when all goes well."""
    return (SUCCESS,)


def client_errors(model: Model, url: FunctionUrl, method: Method, verb: str | None = None) -> tuple[str, ...]:
    """The 4XX with which Lambda itself may answer; then those of the code, where that sends the headers."""
    own = own_errors(model, method, "4", verb) if not url.policies else ()
    return ("429", *own) if method.authorization.kind == "none" else ("403", "429", *own)


def server_errors(model: Model, url: FunctionUrl, method: Method, verb: str | None = None) -> tuple[str, ...]:
    """The same for 5XX."""
    return ("502", *(own_errors(model, method, "5", verb) if not url.policies else ()))
