"""What holds for every request and every answer."""

from __future__ import annotations

import re

from hypothesis import given, settings
from hypothesis import strategies as st

from cfncors.browser import Credentials, PreflightCache, Request, Response, evaluate, origin_of
from cfncors.browser.cache import max_age
from cfncors.browser.exchange import Headers
from cfncors.browser.headers import combined, extract_list, get
from cfncors.browser.methods import normalize
from cfncors.browser.profiles import PROFILES, ProfileName
from cfncors.browser.safelist import is_forbidden, is_safelisted, unsafe_names

PAGE, URL = "https://app.example.com", "https://api.example.com/notes"
FETCH = PROFILES["fetch"]
#: RFC 9110: ``#token`` in its own words, for a value without surrounding blanks.
_list = re.compile(r"(?:[!#$%&'*+.^_`|~\w-]+)?(?:[ \t]*,[ \t]*(?:[!#$%&'*+.^_`|~\w-]+)?)*", re.ASCII)
#: https://fetch.spec.whatwg.org/#cors-unsafe-request-header-byte, spelled out.
UNSAFE_BYTES = {*range(0x20), *map(ord, '"():<>?@[\\]{}'), 0x7F} - {0x09}

latin_1 = st.characters(max_codepoint=0xFF)
values = st.text(latin_1, max_size=12) | st.sampled_from(
    ["*", PAGE, "null", "true", "PUT, *", "x-one,authorization", "é"]
)
names = st.sampled_from(
    ["Accept", "Content-Type", "content-language", "Range", "Authorization", "X-One", "DPR", "User-Agent", "Cookie"]
)
methods = st.sampled_from(["GET", "head", "POST", "put", "PATCH", "patch", "OPTIONS", "TRACE", "QUERY", "A B"])
profiles = st.sampled_from(tuple[ProfileName, ...](("fetch", "chromium", "firefox")))
modes = st.sampled_from(tuple[Credentials, ...](("omit", "same-origin", "include")))
cors_names = st.sampled_from(
    [
        *("Access-Control-Allow-Origin", "Access-Control-Allow-Credentials", "Access-Control-Allow-Methods"),
        *("Access-Control-Allow-Headers", "Access-Control-Expose-Headers", "Access-Control-Max-Age", "Set-Cookie"),
        *("Location", "Content-Type", "X-One"),
    ]
)
answers = st.builds(
    Response, st.sampled_from([200, 204, 301, 303, 307, 401, 500]), st.lists(st.tuples(cors_names, values), max_size=6)
)
requests = st.builds(
    Request,
    methods,
    st.sampled_from([URL, f"{PAGE}/own"]),
    st.sampled_from([PAGE, "null"]),
    st.lists(st.tuples(names, values), max_size=3),
    modes,
    st.none() | st.just("{}"),
)


@given(st.text("aZ*,; \t'\"=", max_size=12))
def test_a_list_is_what_the_grammar_says(value: str) -> None:
    parsed = extract_list([("X-List", value)], "x-list")
    fits = _list.fullmatch(value.strip(" \t"))
    assert isinstance(parsed, tuple) == (fits is not None)
    if isinstance(parsed, tuple):
        assert list(parsed) == [part.strip(" \t") for part in value.split(",") if part.strip(" \t")]


@given(st.lists(st.tuples(st.sampled_from(["A", "a", "B"]), values), max_size=5))
def test_combining_keeps_what_each_name_says(headers: Headers) -> None:
    once = combined([(name, value.strip("\t\n\r ")) for name, value in headers])
    assert len({name.lower() for name, _ in once}) == len(once)
    for name in ("a", "b"):
        said, joined = get(headers, name), get(once, name)
        assert (said is None) == (joined is None)
        assert said is None or joined is None or said.strip("\t\n\r ") == joined


@given(st.text(latin_1, max_size=140))
def test_accept_is_safe_up_to_a_byte_and_a_length(value: str) -> None:
    safe = len(value) <= 128 and not UNSAFE_BYTES.intersection(map(ord, value))
    assert is_safelisted("accept", value) == safe


@given(st.text(latin_1, max_size=30))
def test_languages_are_safe_up_to_a_byte(value: str) -> None:
    safe = all((character.isascii() and character.isalnum()) or character in " *,-.;=" for character in value)
    assert is_safelisted("accept-language", value) == is_safelisted("content-language", value) == safe


@given(st.text("0123456789", max_size=5), st.text("0123456789", max_size=5))
def test_a_range_has_a_start_that_is_not_beyond_its_end(start: str, end: str) -> None:
    safe = bool(start) and (not end or int(start) <= int(end))
    assert is_safelisted("range", f"bytes={start}-{end}") == safe


@given(st.lists(st.tuples(names, values), max_size=6))
def test_unsafe_names_are_sorted_and_asked_for_once(headers: Headers) -> None:
    unsafe = unsafe_names(headers, FETCH)
    assert unsafe == sorted(set(unsafe))
    assert set(unsafe) <= {name.lower() for name, _ in headers}


@given(values)
def test_a_max_age_is_never_beyond_the_browser_s_own(value: str) -> None:
    response = Response(200, [("Access-Control-Max-Age", value)])
    for profile in PROFILES.values():
        assert 0 <= max_age(response, profile) <= (profile.max_age_cap or float("inf"))


@given(st.sampled_from(["http", "https", "HTTPS", "capacitor"]), st.from_regex(r"[a-zA-Z0-9.-]{1,9}", fullmatch=True))
def test_an_origin_is_the_origin_of_itself(scheme: str, host: str) -> None:
    origin = origin_of(f"{scheme}://{host}:8443/path?query#fragment")
    assert origin_of(origin) == origin == f"{scheme}://{host}:8443".lower()


@given(methods)
def test_normalising_twice_is_normalising_once(method: str) -> None:
    assert normalize(normalize(method)) == normalize(method)


@given(requests, st.lists(answers, min_size=1, max_size=4), profiles)
@settings(max_examples=300)
def test_a_verdict_on_whatever_a_server_answers(request: Request, given: list[Response], profile: ProfileName) -> None:
    """No answer is too odd, nothing secret is readable, and what is sent could be sent."""
    sent: list[Request] = []

    def server(asked: Request) -> Response:
        sent.append(asked)
        return given[len(sent) % len(given)]

    cache = PreflightCache(clock=lambda: 0.0)
    for verdict in (evaluate(request, server, profile, cache), evaluate(request, server, profile, cache)):
        assert verdict.reason.endswith(".")
        assert verdict.allowed or (verdict.readable_headers == [])
        assert not {"set-cookie", "set-cookie2"}.intersection(verdict.readable_headers)
        assert verdict.readable_headers == sorted(set(verdict.readable_headers))
        assert not (verdict.allowed and verdict.console)
    for asked in sent:
        own = {"origin", "access-control-request-method", "access-control-request-headers"}
        assert not [name for name, value in asked.headers if is_forbidden(name, value) and name.lower() not in own]


@given(requests, answers, answers)
@settings(max_examples=300)
def test_without_credentials_no_less_is_allowed(request: Request, preflight: Response, actual: Response) -> None:
    """A server that answers both alike allows to a request without credentials what it allows to one with."""

    def server(asked: Request) -> Response:
        return preflight if get(asked.headers, "access-control-request-method") else actual

    with_them = evaluate(request._replace(credentials="include"), server)
    without = evaluate(request._replace(credentials="omit"), server)
    if with_them.allowed:
        assert without.allowed
        assert set(with_them.readable_headers) <= set(without.readable_headers)


@given(requests, st.lists(st.sampled_from(["PUT", "PATCH", "patch", "QUERY"])), st.lists(names.map(str.lower)))
def test_a_longer_list_allows_no_less(request: Request, listed: list[str], allowed: list[str]) -> None:
    def server(methods: list[str], names: list[str]) -> Response:
        cors = [("Access-Control-Allow-Origin", request.origin), ("Access-Control-Allow-Credentials", "true")]
        return Response(
            200,
            [
                *cors,
                ("Access-Control-Allow-Methods", ", ".join(methods)),
                ("Access-Control-Allow-Headers", ",".join(names)),
            ],
        )

    short = evaluate(request, lambda _: server(listed[1:], allowed[1:]))
    long = evaluate(request, lambda _: server(listed, allowed))
    assert long.allowed or not short.allowed
