"""HTTP-redirect fetch: https://fetch.spec.whatwg.org/#concept-http-redirect-fetch."""

from __future__ import annotations

import re
from collections.abc import Set
from urllib.parse import urljoin, urlsplit

from cfncors.browser import console
from cfncors.browser.exchange import Failure, Headers, Request, Response
from cfncors.browser.faults import Fault
from cfncors.browser.headers import WHITESPACE
from cfncors.browser.origins import has_credentials, origin_of
from cfncors.browser.preflight import REDIRECTS
from cfncors.browser.profiles import Profile
from cfncors.browser.safelist import CLIENT_HINTS, NON_WILDCARD
from cfncors.browser.steps import Step

MAX_REDIRECTS = 20
#: https://fetch.spec.whatwg.org/#request-body-header-name
_BODY_HEADERS = frozenset({"content-encoding", "content-language", "content-location", "content-type"})
#: Schemes that Chromium's network refuses without a word about CORS.
_UNSAFE = frozenset({"about", "blob", "data", "file"})
#: Chromium's, on the way to an origin that is not the page's.
DROPPED_HINTS = frozenset(CLIENT_HINTS) - {"save-data"}


def location_of(response: Response, url: str, profile: Profile) -> str | None:
    """Where a response to ``url`` sends the browser, ``""`` for a Location that is no URL, ``None`` for none. Step 2.

    https://fetch.spec.whatwg.org/#concept-response-location-url
    """
    if response.status not in REDIRECTS:
        return None
    values = [value.strip(WHITESPACE) for name, value in response.headers if name.lower() == "location"]
    if "location-twice" in profile.differences:
        values = list(dict.fromkeys(values))
    if len(values) != 1:
        return "" if values else None
    if not values[0] and "empty-location" in profile.differences:
        return None
    return _resolved(values[0], url)


def _resolved(location: str, url: str) -> str:
    """https://url.spec.whatwg.org/#concept-basic-url-parser, as far as urllib.parse goes; slashes as it takes them."""
    path = re.split("[?#]", location)[0]
    slashed = re.sub(r"^((?:https?:)?//)/*", r"\1", path.replace("\\", "/"), flags=re.IGNORECASE)
    location = slashed + location[len(path) :]
    try:
        if location.startswith("//") and not urlsplit(location).netloc:
            return ""
        return urljoin(url, location)
    except ValueError:
        return ""


def location_failure(request: Request, location: str, *, cors: bool, count: int) -> Failure | None:
    """Why the redirect is not followed. Steps 4 to 9; ``count`` redirects went before."""
    try:
        scheme = urlsplit(location).scheme
        origin = origin_of(location) if scheme in ("", "http", "https") else None
    except ValueError:
        return _failure("The redirect has a Location that is no URL, or more than one.", None)
    if origin is None:
        reason = f"The redirect's Location '{location}' is not of http: or https:."
        return _failure(reason, None if scheme in _UNSAFE else console.redirect_to_scheme())
    if count >= MAX_REDIRECTS:
        return _failure(f"More than {MAX_REDIRECTS} redirects.", None)
    if has_credentials(location) and (cors or origin != request.origin):
        reason = f"The redirect's Location '{location}' carries a user name or password."
        return _failure(reason, console.redirect_with_credentials())
    return None


def _failure(reason: str, text: str | None) -> Failure:
    return Failure(Step.REDIRECT, Fault.REDIRECT_REFUSED, reason, text)


def redirected(request: Request, location: str, status: int, page: str, profile: Profile) -> Request:
    """The request of the next hop. Steps 11 to 17; ``page`` is the origin of the page.

    It asks for ``null`` once it left an origin that is not the page's for another, and Authorization stays behind
    when the origin changes.
    """
    here, there = origin_of(request.url), origin_of(location)
    method, headers, body = request.method, request.headers, request.body
    if (status in (301, 302) and method == "POST") or (status == 303 and method not in ("GET", "HEAD")):
        method, body = "GET", None
        headers = _without(headers, _BODY_HEADERS)
    if here != there:
        headers = _without(headers, {NON_WILDCARD})
    if there != page and "client-hints-dropped" in profile.differences:
        headers = _without(headers, DROPPED_HINTS)
    origin = "null" if here not in (there, page) else request.origin
    return Request(method, location, origin, headers, request.credentials, body)


def _without(headers: Headers, names: Set[str]) -> Headers:
    return [header for header in headers if header[0].lower() not in names]
