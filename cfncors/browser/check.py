"""The CORS check: https://fetch.spec.whatwg.org/#concept-cors-check."""

from __future__ import annotations

from cfncors.browser import console
from cfncors.browser.exchange import Failure, Response
from cfncors.browser.exchange import Request as _Request
from cfncors.browser.faults import Fault
from cfncors.browser.headers import get
from cfncors.browser.steps import Step


def cors_check(request: _Request, response: Response, *, preflight: bool = False) -> Failure | None:
    """Why the page may not have the response, or ``None``. A preflight's response is judged with the same rules."""
    allowed = get(response.headers, "access-control-allow-origin")
    include = request.credentials == "include"
    if allowed is None:  # step 2
        text = console.missing_allow_origin(preflight=preflight)
        return _failure(Fault.NO_ALLOW_ORIGIN, "has no Access-Control-Allow-Origin header", text, preflight)
    if allowed == "*" and not include:  # step 3
        return None
    if allowed != request.origin:  # step 4
        return _other_origin(request, allowed, preflight)
    if not include:  # step 5
        return None
    credentials = get(response.headers, "access-control-allow-credentials")
    if credentials == "true":  # step 7
        return None
    found = "has no" if credentials is None else f"has the value '{credentials}' in"
    text = console.no_credentials(credentials or "", preflight=preflight)
    reason = f"{found} Access-Control-Allow-Credentials, which has to be exactly true for a request with credentials"
    return _failure(Fault.NO_ALLOW_CREDENTIALS, reason, text, preflight)


def _other_origin(request: _Request, allowed: str, preflight: bool) -> Failure:
    """What is wrong with a value that is neither the origin nor an allowed wildcard."""
    if allowed == "*":
        reason = "allows any origin (*), which does not count for a request with credentials"
        text = console.wildcard_with_credentials(preflight=preflight)
        return _failure(Fault.WILDCARD_WITH_CREDENTIALS, reason, text, preflight)
    fault = console.kind_of_origin(allowed)
    if "," in allowed:
        reason = f"has more than one value in Access-Control-Allow-Origin: '{allowed}'"
    else:
        reason = f"allows the origin '{allowed}', and the page's is {request.origin}"
    return _failure(fault, reason, console.not_this_origin(allowed, preflight=preflight), preflight)


def _failure(fault: Fault, reason: str, text: str, preflight: bool) -> Failure:
    subject = "The answer to the preflight" if preflight else "The response"
    return Failure(Step.PREFLIGHT_CHECK if preflight else Step.CORS_CHECK, fault, f"{subject} {reason}.", text)
