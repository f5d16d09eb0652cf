"""HTTP-redirect fetch: https://fetch.spec.whatwg.org/#concept-http-redirect-fetch."""

from __future__ import annotations

from collections.abc import Set
from urllib.parse import urljoin, urlsplit

from cfncors.browser import console
from cfncors.browser.exchange import Failure, Headers, Request, Response
from cfncors.browser.headers import get
from cfncors.browser.origins import has_credentials, origin_of
from cfncors.browser.preflight import REDIRECTS
from cfncors.browser.profiles import Profile
from cfncors.browser.safelist import CLIENT_HINTS, NON_WILDCARD
from cfncors.browser.steps import Step

MAX_REDIRECTS = 20
#: https://fetch.spec.whatwg.org/#request-body-header-name
_BODY_HEADERS = frozenset({"content-encoding", "content-language", "content-location", "content-type"})
#: Chromium's, on the way to an origin that is not the page's.
DROPPED_HINTS = frozenset(CLIENT_HINTS) - {"save-data"}


def location_of(response: Response, url: str) -> str | None:
    """Where a response to ``url`` sends the browser, or ``None``. Steps 2 and 3."""
    if response.status not in REDIRECTS:
        return None
    location = get(response.headers, "location")
    if location is None:
        return None
    try:
        return urljoin(url, location)
    except ValueError:
        return location  # not to be parsed: the next check fails it


def location_failure(request: Request, location: str, *, cors: bool, count: int) -> Failure | None:
    """Why the redirect is not followed. Steps 4 to 9; ``count`` redirects went before."""
    try:
        origin = origin_of(location)
    except ValueError:
        return _failure(f"The redirect's Location '{location}' is no URL.", None)
    if urlsplit(location).scheme not in ("http", "https"):
        reason = f"The redirect's Location '{location}' is not of http: or https:."
        return _failure(reason, console.redirect_to_scheme(urlsplit(location).scheme) if cors else None)
    if count >= MAX_REDIRECTS:
        return _failure(f"More than {MAX_REDIRECTS} redirects.", None)
    if has_credentials(location) and (cors or origin != request.origin):
        reason = f"The redirect's Location '{location}' carries a user name or password."
        return _failure(reason, console.redirect_with_credentials(location))
    return None


def _failure(reason: str, text: str | None) -> Failure:
    return Failure(Step.REDIRECT, reason, text)


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
