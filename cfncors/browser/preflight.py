"""CORS-preflight fetch: https://fetch.spec.whatwg.org/#cors-preflight-fetch-0."""

from __future__ import annotations

from typing import NamedTuple

from cfncors.browser import console, methods
from cfncors.browser.check import cors_check
from cfncors.browser.exchange import Failure, Request, Response
from cfncors.browser.faults import Fault
from cfncors.browser.headers import extract_list, get
from cfncors.browser.origins import origin_of
from cfncors.browser.profiles import Profile
from cfncors.browser.safelist import NON_WILDCARD
from cfncors.browser.steps import Step

#: https://fetch.spec.whatwg.org/#redirect-status
REDIRECTS = frozenset({301, 302, 303, 307, 308})


class Consent(NamedTuple):
    """What the answer to a preflight allows."""

    methods: tuple[str, ...]
    header_names: tuple[str, ...]


def preflight_request(request: Request, unsafe: list[str]) -> Request:
    """The question that goes ahead of ``request``; ``unsafe`` are its sorted names. Steps 1 to 5.

    It carries no credentials, whatever the request's mode.
    """
    headers = [("Accept", "*/*"), ("Access-Control-Request-Method", request.method)]
    if unsafe:
        headers.append(("Access-Control-Request-Headers", ",".join(unsafe)))
    headers.append(("Origin", request.origin))
    return Request("OPTIONS", request.url, request.origin, headers, "same-origin")


def judge(request: Request, unsafe: list[str], response: Response, profile: Profile) -> Consent | Failure:
    """What the answer allows, or why it does not allow ``request``. Steps 7 and 8."""
    failure = cors_check(request, response, preflight=True)
    if "page-origin-in-preflight" in profile.differences and origin_of(request.url) == request.origin:
        failure = None  # Firefox takes the hop for one of the page's own
    if failure or not 200 <= response.status <= 299:
        return _not_ok(failure, response)
    listed = extract_list(response.headers, "access-control-allow-methods")  # step 7.1
    names = extract_list(response.headers, "access-control-allow-headers")  # step 7.2
    if isinstance(listed, str):  # step 7.3
        return _unparsable("Access-Control-Allow-Methods", listed)
    if isinstance(names, str):
        return _unparsable("Access-Control-Allow-Headers", names)
    consent = Consent(listed or (), names or ())
    return _method_failure(request, consent) or _header_failure(request, unsafe, consent, profile) or consent


def faults(request: Request, unsafe: list[str], response: Response, profile: Profile) -> frozenset[Fault]:
    """Everything for which the answer does not allow ``request``, where :func:`judge` names the first."""
    found: list[Failure | None] = [cors_check(request, response, preflight=True)]
    if not 200 <= response.status <= 299:
        found.append(_not_ok(None, response))
    listed = extract_list(response.headers, "access-control-allow-methods")
    names = extract_list(response.headers, "access-control-allow-headers")
    if isinstance(listed, str):
        found.append(_unparsable("Access-Control-Allow-Methods", listed))
    if isinstance(names, str):
        found.append(_unparsable("Access-Control-Allow-Headers", names))
    methods_ = listed if isinstance(listed, tuple) else ()
    consent = Consent(methods_, names if isinstance(names, tuple) else ())
    found += (_method_failure(request, consent), _header_failure(request, unsafe, consent, profile))
    return frozenset(failure.fault for failure in found if failure is not None)


def _not_ok(failure: Failure | None, response: Response) -> Failure:
    """A failed CORS check or a status that is not ok. Chromium names a redirect before all else."""
    redirected = response.status in REDIRECTS and get(response.headers, "location") is not None
    if failure is None:
        reason = f"The answer to the preflight has the status {response.status}; only 200 to 299 will do."
        failure = Failure(Step.PREFLIGHT_STATUS, Fault.STATUS_NOT_OK, reason, console.not_ok_status())
    if not redirected:
        return failure
    return failure._replace(fault=Fault.PREFLIGHT_REDIRECTED, console=console.preflight_redirect())


def _unparsable(name: str, value: str) -> Failure:
    reason = f"{name} in the answer to the preflight is no list of names separated by commas: '{value}'."
    return Failure(Step.PREFLIGHT_LISTS, Fault.UNREADABLE_LIST, reason, console.unparsable_list(name))


def _method_failure(request: Request, consent: Consent) -> Failure | None:
    """Step 7.5. The comparison minds the case."""
    method = request.method
    if method in consent.methods or method in methods.SAFELISTED:
        return None
    if request.credentials != "include" and "*" in consent.methods:
        return None
    reason = f"Access-Control-Allow-Methods in the answer to the preflight does not allow {method}"
    reason += _because(request, consent.methods)
    return Failure(Step.PREFLIGHT_METHOD, Fault.METHOD_NOT_ALLOWED, reason, console.method_not_allowed(method))


def _header_failure(request: Request, unsafe: list[str], consent: Consent, profile: Profile) -> Failure | None:
    """Steps 7.6 and 7.7. The comparison does not mind the case; the first name in sorted order is reported."""
    if not unsafe:
        return None
    allowed = {name.lower() for name in consent.header_names}
    wildcard = request.credentials != "include" and "*" in allowed
    for name in unsafe:
        if name in allowed:
            continue
        if not wildcard:
            reason = f"Access-Control-Allow-Headers in the answer to the preflight does not allow {name}"
            text = console.header_not_allowed(name)
            reason += _because(request, consent.header_names)
            return Failure(Step.PREFLIGHT_HEADERS, Fault.HEADER_NOT_ALLOWED, reason, text)
        if name == NON_WILDCARD and "auth-wildcard" not in profile.differences:
            reason = "Access-Control-Allow-Headers: * does not cover Authorization, which has to be listed by name."
            return Failure(Step.PREFLIGHT_AUTHORIZATION, Fault.AUTHORIZATION_NOT_NAMED, reason, None)
    return None


def _because(request: Request, listed: tuple[str, ...]) -> str:
    if request.credentials == "include" and "*" in listed:
        return ": with credentials, * is a name like any other."
    return "."
