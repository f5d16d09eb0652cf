"""Where Chromium and Firefox differ from the standard: one table, each line a name, who does it, and what."""

from __future__ import annotations

from typing import Literal, NamedTuple

ProfileName = Literal["fetch", "chromium", "firefox"]

DifferenceName = Literal[
    "client-hints",
    "user-agent",
    "auth-wildcard",
    "keep-cache-on-fail",
    "negative-max-age",
    "bad-max-age",
    "conditional-bypass",
    "no-wildcard-cache",
    "head-not-safelisted-in-cache",
    "null-origin-not-cached",
    "client-hints-dropped",
    "page-origin-in-preflight",
    "preflights-go-on",
    "empty-location",
    "location-twice",
    "headers-combined",
    "names-repeated",
    "empty-lines-ignored",
]


class Difference(NamedTuple):
    """One deviation from the standard, seen in real browsers."""

    name: DifferenceName
    browsers: tuple[ProfileName, ...]
    sentence: str
    source: str


_SAFELIST = "https://fetch.spec.whatwg.org/#cors-safelisted-request-header"
_REDIRECT = "https://fetch.spec.whatwg.org/#concept-http-redirect-fetch"
_CACHE = "https://fetch.spec.whatwg.org/#concept-cache"

#: Every one is seen by the tests that run real browsers; a difference without a name fails them.
DIFFERENCES: tuple[Difference, ...] = (
    Difference(
        "client-hints",
        ("chromium",),
        "Client hints with a valid value (DPR, Width, Viewport-Width, Save-Data, Device-Memory, RTT, Downlink, ECT) "
        "need no preflight; the standard's safelist no longer has them.",
        _SAFELIST,
    ),
    Difference(
        "user-agent",
        ("chromium",),
        "A User-Agent header set by the page is dropped; by the standard it is sent, after a preflight.",
        "https://crbug.com/571722",
    ),
    Difference(
        "auth-wildcard",
        ("chromium", "firefox"),
        "Access-Control-Allow-Headers: * covers Authorization; by the standard it has to be listed by name.",
        "https://fetch.spec.whatwg.org/#cors-non-wildcard-request-header-name",
    ),
    Difference(
        "keep-cache-on-fail",
        ("chromium",),
        "Cached preflights stay when the response to the request itself fails; the standard clears them.",
        _CACHE,
    ),
    Difference(
        "negative-max-age",
        ("chromium", "firefox"),
        "A negative Access-Control-Max-Age means 0; by the standard it is not a number and means 5 seconds.",
        "https://fetch.spec.whatwg.org/#http-access-control-max-age",
    ),
    Difference(
        "bad-max-age",
        ("firefox",),
        "An Access-Control-Max-Age that cannot be parsed means 0; by the standard it means 5 seconds.",
        "https://fetch.spec.whatwg.org/#http-access-control-max-age",
    ),
    Difference(
        "conditional-bypass",
        ("chromium", "firefox"),
        "A request with If-None-Match or the like does not look into the preflight cache.",
        "https://fetch.spec.whatwg.org/#concept-http-network-or-cache-fetch",
    ),
    Difference(
        "no-wildcard-cache",
        ("firefox",),
        "A method or header that only * allows is not cached: each request has its preflight.",
        _CACHE,
    ),
    Difference(
        "head-not-safelisted-in-cache",
        ("firefox",),
        "HEAD is served from the preflight cache only where Access-Control-Allow-Methods listed it.",
        _CACHE,
    ),
    Difference(
        "null-origin-not-cached",
        ("chromium",),
        "What a preflight allowed to the origin null (a sandboxed page, a redirect) is not cached.",
        _CACHE,
    ),
    Difference(
        "client-hints-dropped",
        ("chromium",),
        "Client hints (all but Save-Data) stay behind when a redirect leads to an origin that is not the page's; "
        "by the standard only Authorization does, and only when the origin changes.",
        _REDIRECT,
    ),
    Difference(
        "page-origin-in-preflight",
        ("firefox",),
        "After a redirect between two foreign origins a preflight still asks for the page's origin; by the standard "
        "it asks for null, as the request does. The answer of the page's own origin is not checked at all.",
        _REDIRECT,
    ),
    Difference(
        "preflights-go-on",
        ("firefox",),
        "A request that needs a preflight at its first URL has one after each redirect too, needed or not.",
        _REDIRECT,
    ),
    Difference(
        "empty-location",
        ("chromium",),
        "A redirect with an empty Location is a response like any other; by the standard it leads to the same URL.",
        _REDIRECT,
    ),
    Difference(
        "location-twice",
        ("chromium", "firefox"),
        "The same Location twice counts as one; by the standard more than one makes the redirect fail.",
        "https://fetch.spec.whatwg.org/#concept-response-location-url",
    ),
    Difference(
        "headers-combined",
        ("chromium",),
        "Request headers of one name are judged as one, their values joined; by the standard each is judged alone.",
        _SAFELIST,
    ),
    Difference(
        "names-repeated",
        ("firefox",),
        "Access-Control-Request-Headers repeats the name of a header that the page sets twice.",
        "https://fetch.spec.whatwg.org/#cors-unsafe-request-header-names",
    ),
    Difference(
        "empty-lines-ignored",
        ("firefox",),
        "A line without a value does not count beside another of that name; by the standard it adds an empty value.",
        "https://fetch.spec.whatwg.org/#concept-header-list-get",
    ),
)


class Profile(NamedTuple):
    """A browser as far as it differs from the standard. ``max_age_cap`` is in seconds; ``None`` is no limit."""

    name: ProfileName
    differences: frozenset[DifferenceName]
    max_age_cap: int | None


def _profile(name: ProfileName, max_age_cap: int | None) -> Profile:
    return Profile(name, frozenset(line.name for line in DIFFERENCES if name in line.browsers), max_age_cap)


#: The caps are the browsers' own: https://developer.mozilla.org/docs/Web/HTTP/Reference/Headers/Access-Control-Max-Age
PROFILES: dict[str, Profile] = {
    "fetch": _profile("fetch", None),
    "chromium": _profile("chromium", 7200),
    "firefox": _profile("firefox", 86_400),
}


def profile_named(name: str) -> Profile:
    """The profile of that name; ValueError names those that exist."""
    try:
        return PROFILES[name]
    except KeyError:
        known = ", ".join(f'"{each}"' for each in PROFILES)
        raise ValueError(f'"{name}" is no profile; there are {known}') from None
