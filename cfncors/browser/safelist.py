"""Request headers: those that pages may not set, those that need no preflight, and those that do."""

from __future__ import annotations

import re
from functools import lru_cache

from cfncors.browser import methods
from cfncors.browser.exchange import Headers
from cfncors.browser.headers import WHITESPACE
from cfncors.browser.profiles import Profile

#: https://fetch.spec.whatwg.org/#forbidden-request-header
FORBIDDEN = frozenset(
    {
        "accept-charset",
        "accept-encoding",
        "access-control-request-headers",
        "access-control-request-method",
        "access-control-request-private-network",
        "connection",
        "content-length",
        "cookie",
        "cookie2",
        "date",
        "dnt",
        "expect",
        "host",
        "keep-alive",
        "origin",
        "referer",
        "set-cookie",
        "te",
        "trailer",
        "transfer-encoding",
        "upgrade",
        "via",
    }
)
_METHOD_OVERRIDES = frozenset({"x-http-method", "x-http-method-override", "x-method-override"})

#: https://fetch.spec.whatwg.org/#cors-non-wildcard-request-header-name
NON_WILDCARD = "authorization"

#: Bytes: of one value, and of all safelisted values together. https://fetch.spec.whatwg.org/#cors-safelisted-request-header
MAX_VALUE = 128
MAX_VALUES = 1024

#: https://fetch.spec.whatwg.org/#cors-unsafe-request-header-byte
_unsafe_byte = re.compile(r'[\x00-\x08\x0a-\x1f"():<>?@\[\\\]{}\x7f]').search
_is_language = re.compile(r"[0-9A-Za-z *,.;=-]*").fullmatch
_media_type = re.compile(r"([!#$%&'*+.^_`|~0-9A-Za-z-]+)/([!#$%&'*+.^_`|~0-9A-Za-z-]+)[\t\n\r ]*(?:;|\Z)").match
_range = re.compile(r"bytes=([0-9]+)-([0-9]*)").fullmatch
_FORM_TYPES = frozenset({"application/x-www-form-urlencoded", "multipart/form-data", "text/plain"})

#: What Chromium still counts as safelisted, with the values that it takes for valid.
CLIENT_HINTS = {
    **dict.fromkeys(
        ("dpr", "width", "viewport-width", "device-memory", "rtt", "downlink"),
        re.compile(r"[0-9]+(?:\.[0-9]*)?|\.[0-9]+").fullmatch,
    ),
    "save-data": re.compile(r"on", re.IGNORECASE).fullmatch,
    "ect": re.compile(r"slow-2g|2g|3g|4g").fullmatch,
}


@lru_cache(4096)
def is_forbidden(name: str, value: str) -> bool:
    """Whether a browser drops a header that a page sets.

    https://fetch.spec.whatwg.org/#forbidden-request-header
    """
    lower = name.lower()
    if lower in FORBIDDEN or lower.startswith(("proxy-", "sec-")):
        return True
    return lower in _METHOD_OVERRIDES and any(methods.is_forbidden(item.strip(WHITESPACE)) for item in value.split(","))


@lru_cache(4096)
def is_safelisted(name: str, value: str, client_hints: bool = False) -> bool:
    """Whether a header (name in lower case) needs no preflight.

    https://fetch.spec.whatwg.org/#cors-safelisted-request-header
    """
    if len(value) > MAX_VALUE:
        return False
    if name == "accept":
        return not _unsafe_byte(value)
    if name in ("accept-language", "content-language"):
        return _is_language(value) is not None
    if name == "content-type":
        return not _unsafe_byte(value) and _is_form_type(value)
    if name == "range":
        return _is_simple_range(value)
    valid = CLIENT_HINTS.get(name) if client_hints else None
    return valid is not None and valid(value) is not None


def _is_form_type(value: str) -> bool:
    """https://mimesniff.spec.whatwg.org/#parse-a-mime-type, of which only the essence matters."""
    found = _media_type(value.strip(WHITESPACE))
    return found is not None and f"{found[1]}/{found[2]}".lower() in _FORM_TYPES


def _is_simple_range(value: str) -> bool:
    """https://fetch.spec.whatwg.org/#simple-range-header-value, with a start."""
    found = _range(value)
    return found is not None and (not found[2] or int(found[1]) <= int(found[2]))


def unsafe_names(headers: Headers, profile: Profile) -> list[str]:
    """The names that need a preflight's consent, in lower case, sorted, each once.

    https://fetch.spec.whatwg.org/#cors-unsafe-request-header-names
    """
    hints = "client-hints" in profile.differences
    unsafe = []
    safelisted = []
    size = 0
    for name, value in headers:
        lower = name.lower()
        if is_safelisted(lower, value, hints):
            safelisted.append(lower)
            size += len(value)
        else:
            unsafe.append(lower)
    if size > MAX_VALUES:
        unsafe += safelisted
    return sorted(unsafe if "names-repeated" in profile.differences else set(unsafe))
