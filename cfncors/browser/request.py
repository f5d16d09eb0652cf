"""A request as a page makes it: https://fetch.spec.whatwg.org/#dom-request."""

from __future__ import annotations

import re
from functools import lru_cache

from cfncors.browser import console, methods, safelist
from cfncors.browser.exchange import Failure, Headers, Request
from cfncors.browser.faults import Fault
from cfncors.browser.headers import WHITESPACE, combined, is_token
from cfncors.browser.origins import check_origin, has_credentials, origin_of
from cfncors.browser.profiles import Profile
from cfncors.browser.steps import Step

#: https://fetch.spec.whatwg.org/#concept-bodyinit-extract, of a string
_TEXT = "text/plain;charset=UTF-8"
_not_in_values = re.compile("[\x00\n\r]").search
_CREDENTIALS = ("omit", "same-origin", "include")


def construct(request: Request, profile: Profile) -> Request | Failure:
    """The request that leaves the page, or the TypeError that ``fetch()`` rejects with.

    The method is normalised, values lose their surrounding whitespace, headers that pages may not set are dropped,
    and a body brings its Content-Type. Raises ValueError for what no page could ask: a relative URL, an origin that
    is none.
    """
    check_origin(request.origin)
    if not origin_of(request.url).startswith(("http:", "https:")):
        raise ValueError(f"{request.url!r} is not a URL of http: or https:")
    if request.credentials not in _CREDENTIALS:
        raise ValueError(f"{request.credentials!r} is no credentials mode; there are {', '.join(_CREDENTIALS)}")
    if has_credentials(request.url):
        return _type_error("A URL may not carry a user name or password.", console.url_with_credentials(request.url))
    method = methods.normalize(request.method)
    failure = _method_failure(method)
    headers = failure or _headers(request.headers, profile)
    if isinstance(headers, Failure):
        return headers
    if request.body is not None:
        if method in ("GET", "HEAD"):
            return _type_error(f"A request with the method {method} cannot have a body.", console.body_not_allowed())
        if not any(name.lower() == "content-type" for name, _ in headers):
            headers.append(("Content-Type", _TEXT))
    return Request(method, request.url, request.origin, headers, request.credentials, request.body)


def _type_error(reason: str, text: str) -> Failure:
    return Failure(Step.REQUEST, Fault.REQUEST_REFUSED, reason, text)


def _method_failure(method: str) -> Failure | None:
    """Steps 25.1 and 25.2 of the constructor."""
    if method in methods.SAFELISTED:
        return None
    if not is_token(method):
        return _type_error(f"{method!r} is no HTTP method.", console.invalid_method(method))
    if methods.is_forbidden(method):
        return _type_error(f"Pages may not use the method {method}.", console.forbidden_method(method))
    return None


def _headers(headers: Headers, profile: Profile) -> Headers | Failure:
    """The headers that stay: https://fetch.spec.whatwg.org/#concept-headers-append."""
    drops_user_agent = "user-agent" in profile.differences
    kept: Headers = []
    for name, given in headers:
        value = given.strip(WHITESPACE)
        failure = _header_failure(name, value)
        if failure:
            return failure
        if safelist.is_forbidden(name, value) or (drops_user_agent and name.lower() == "user-agent"):
            continue
        kept.append((name, value))
    if len(kept) > 1 and "headers-combined" in profile.differences:
        return combined(kept)
    return kept


@lru_cache(4096)
def _header_failure(name: str, value: str) -> Failure | None:
    if not is_token(name):
        return _type_error(f"{name!r} is no header name.", console.invalid_header_name())
    if not all(character <= "\xff" for character in value):
        return _type_error(f"The value of {name} holds a character beyond Latin-1.", console.not_latin_1())
    if _not_in_values(value):
        return _type_error(f"The value of {name} holds a line break or NUL.", console.invalid_header_value())
    return None
