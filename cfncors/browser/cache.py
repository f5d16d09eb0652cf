"""The CORS-preflight cache: https://fetch.spec.whatwg.org/#concept-cache."""

from __future__ import annotations

import re
import time
from collections.abc import Callable
from typing import NamedTuple

from cfncors.browser import methods
from cfncors.browser.exchange import Request, Response
from cfncors.browser.headers import WHITESPACE
from cfncors.browser.preflight import Consent
from cfncors.browser.profiles import Profile
from cfncors.browser.safelist import NON_WILDCARD

#: Seconds, without a usable Access-Control-Max-Age (CORS-preflight fetch, step 7.9).
DEFAULT_MAX_AGE = 5
_is_number = re.compile("[0-9]+").fullmatch
_is_negative = re.compile("-[0-9]+").fullmatch
#: Requests with one of these do not use the HTTP cache.
_CONDITIONAL = frozenset({"if-match", "if-modified-since", "if-none-match", "if-range", "if-unmodified-since"})

#: Origin, URL and whether the entry is for requests with credentials.
_Key = tuple[str, str, bool]


class _Entry(NamedTuple):
    """Until when (in the clock's seconds) what is allowed."""

    methods: dict[str, float]
    header_names: dict[str, float]

    def is_fresh(self, now: float) -> bool:
        """Whether any of it is left."""
        return any(until > now for field in self for until in field.values())


class PreflightCache:
    """What earlier preflights allowed, for one browser. ``clock`` counts seconds."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._entries: dict[_Key, _Entry] = {}

    def covers(self, request: Request, unsafe: list[str], profile: Profile) -> bool:
        """Whether the request needs no preflight any more (HTTP fetch, the preflight conditions)."""
        if "conditional-bypass" in profile.differences and _is_conditional(request):
            return False
        now = self._clock()
        entries = [entry for entry in self._matching(request) if entry.is_fresh(now)]
        if not entries:
            return False
        safelisted = methods.SAFELISTED
        if "head-not-safelisted-in-cache" in profile.differences:
            safelisted = safelisted - {"HEAD"}
        if request.method not in safelisted and not _any_until(entries, 0, (request.method, "*"), now):
            return False
        return all(_any_until(entries, 1, (name,) if name == NON_WILDCARD else (name, "*"), now) for name in unsafe)

    def _matching(self, request: Request) -> list[_Entry]:
        """An entry made with credentials serves requests without, not the other way round."""
        keys = [(request.origin, request.url, True)]
        if request.credentials != "include":
            keys.append((request.origin, request.url, False))
        return [self._entries[key] for key in keys if key in self._entries]

    def store(self, request: Request, response: Response, consent: Consent, profile: Profile) -> None:
        """Keep what the answer to a preflight allowed. CORS-preflight fetch, steps 7.8 to 7.15."""
        if request.origin == "null" and "null-origin-not-cached" in profile.differences:
            return
        seconds = max_age(response, profile)
        until = self._clock() + seconds
        key = (request.origin, request.url, request.credentials == "include")
        entry = self._entries.setdefault(key, _Entry({}, {}))
        entry.methods[""] = until  # an entry that allows nothing is still one
        wildcards = "no-wildcard-cache" not in profile.differences
        for method in consent.methods:
            if wildcards or method != "*":
                entry.methods[method] = until
        for name in consent.header_names:
            if wildcards or name != "*":
                entry.header_names[name.lower()] = until

    def clear(self, request: Request) -> None:
        """Forget what is stored for the origin and URL: https://fetch.spec.whatwg.org/#concept-cache-clear."""
        for credentials in (False, True):
            self._entries.pop((request.origin, request.url, credentials), None)


class AllPassed(PreflightCache):
    """The cache of a browser whose preflights have all passed: what is left to judge is the answer itself."""

    def covers(self, *_: object) -> bool:
        """No request needs a preflight any more."""
        return True


def _any_until(entries: list[_Entry], field: int, names: tuple[str, ...], now: float) -> bool:
    return any(entry[field].get(name, 0.0) > now for entry in entries for name in names)


def _is_conditional(request: Request) -> bool:
    return any(name.lower() in _CONDITIONAL for name, _ in request.headers)


def max_age(response: Response, profile: Profile) -> int:
    """Seconds for which a preflight's answer may be kept. Steps 7.8 to 7.10."""
    values = [value.strip(WHITESPACE) for name, value in response.headers if name.lower() == "access-control-max-age"]
    if len(values) == 1 and _is_number(values[0]):
        seconds = int(values[0][:12])  # twelve digits are more than any cap
    elif any(values) and _means_zero(", ".join(values), profile):
        seconds = 0
    else:
        seconds = DEFAULT_MAX_AGE
    return seconds if profile.max_age_cap is None else min(seconds, profile.max_age_cap)


def _means_zero(value: str, profile: Profile) -> bool:
    if "bad-max-age" in profile.differences:
        return True
    return "negative-max-age" in profile.differences and _is_negative(value) is not None
