"""The preflight cache (after fetch/api/cors/cors-preflight-cache.any.js and cors/preflight-cache.htm)."""

from __future__ import annotations

import pytest

from cfncors.browser import PreflightCache, ProfileName, Request, Response, evaluate
from cfncors.browser.cache import max_age
from cfncors.browser.exchange import Headers
from cfncors.browser.profiles import PROFILES

PAGE, URL = "https://app.example.com", "https://api.example.com/notes"
PUT = Request("PUT", URL, PAGE, [("X-One", "1")], "omit")
ALL: Headers = [
    ("Access-Control-Allow-Origin", PAGE),
    ("Access-Control-Allow-Credentials", "true"),
    ("Access-Control-Allow-Methods", "PUT, DELETE"),
    ("Access-Control-Allow-Headers", "X-One, If-None-Match"),
]


class Clock:
    """Seconds that a test sets."""

    now = 0.0

    def __call__(self) -> float:
        return self.now


class Api:
    """A server that counts preflights."""

    def __init__(self, age: str | None = None, preflight: Headers = ALL, actual: Headers = ALL) -> None:
        self.preflights = 0
        self.preflight = preflight if age is None else [*preflight, ("Access-Control-Max-Age", age)]
        self.actual = actual

    def __call__(self, request: Request) -> Response:
        if request.method != "OPTIONS":
            return Response(200, self.actual)
        self.preflights += 1
        return Response(204, self.preflight)


def preflights(api: Api, *requests: Request, wait: float = 0, profile: ProfileName = "fetch") -> int:
    """How many preflights the requests take, ``wait`` seconds apart."""
    clock = Clock()
    cache = PreflightCache(clock)
    for request in requests:
        evaluate(request, api, profile, cache)
        clock.now += wait
    return api.preflights


def test_without_a_cache_each_request_has_its_preflight() -> None:
    api = Api("600")
    for _ in range(2):
        evaluate(PUT, api)
    assert api.preflights == 2


def test_a_preflight_is_kept_for_its_max_age() -> None:
    assert preflights(Api("600"), PUT, PUT, wait=599) == 1
    assert preflights(Api("600"), PUT, PUT, wait=600) == 2
    assert preflights(Api("0"), PUT, PUT) == 2


def test_five_seconds_without_a_max_age() -> None:
    assert preflights(Api(), PUT, PUT, wait=4.9) == 1
    assert preflights(Api(), PUT, PUT, wait=5) == 2


@pytest.mark.parametrize(
    ("other", "asked_again"),
    [
        (PUT._replace(method="DELETE"), False),
        (PUT._replace(method="GET"), False),
        (PUT._replace(method="PATCH"), True),
        (PUT._replace(headers=[("x-one", "2")]), False),
        (PUT._replace(headers=[("X-Two", "1")]), True),
        (PUT._replace(url=URL + "/1"), True),
        (PUT._replace(origin="https://www.example.com"), True),
        (PUT._replace(credentials="same-origin"), False),
        (PUT._replace(credentials="include"), True),
        (PUT._replace(headers=[("If-None-Match", "x")]), False),
    ],
)
def test_what_a_kept_preflight_serves(other: Request, asked_again: bool) -> None:
    assert preflights(Api("600"), PUT, other) == 1 + asked_again


def test_one_with_credentials_serves_requests_without() -> None:
    with_credentials = PUT._replace(credentials="include")
    assert preflights(Api("600"), with_credentials, PUT) == 1


def test_a_wildcard_is_kept_but_never_for_authorization() -> None:
    star: Headers = [("Access-Control-Allow-Origin", "*"), ("Access-Control-Allow-Methods", "*")]
    star.append(("Access-Control-Allow-Headers", "*"))
    assert preflights(Api("600", star), PUT, PUT._replace(method="PATCH", headers=[("X-Two", "")])) == 1
    authorized = PUT._replace(headers=[("Authorization", "x")])
    assert preflights(Api("600", star), PUT, authorized, profile="chromium") == 2


def test_a_failure_clears_what_is_kept() -> None:
    failing = Api("600", actual=[])
    assert preflights(failing, PUT, PUT) == 2
    assert preflights(Api("600", actual=[]), PUT, PUT, profile="chromium") == 1


@pytest.mark.parametrize(
    ("values", "fetch", "chromium", "firefox"),
    [
        ([], 5, 5, 5),
        (["60"], 60, 60, 60),
        ([" 060\t"], 60, 60, 60),
        (["7201"], 7201, 7200, 7201),
        (["86401"], 86401, 7200, 86400),
        (["9" * 5000], 999_999_999_999, 7200, 86400),
        (["-1"], 5, 0, 0),
        (["abc"], 5, 5, 0),
        (["600.5"], 5, 5, 0),
        (["600, 600"], 5, 5, 0),
        (["600", "600"], 5, 5, 0),
        ([""], 5, 5, 5),
        (["٦"], 5, 5, 0),
    ],
)
def test_the_seconds_of_a_max_age(values: list[str], fetch: int, chromium: int, firefox: int) -> None:
    response = Response(204, [("access-control-MAX-age", value) for value in values])
    seconds = [max_age(response, PROFILES[name]) for name in ("fetch", "chromium", "firefox")]
    assert seconds == [fetch, chromium, firefox]
