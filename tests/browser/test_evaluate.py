"""``evaluate`` as others call it: what a server is sent, what a verdict says, and what is refused."""

from __future__ import annotations

import subprocess
import sys

import pytest

import cfncors.browser
from cfncors.browser import DIFFERENCES, Request, Response, Step, Verdict, evaluate, origin_of
from cfncors.browser.exchange import Headers
from cfncors.browser.profiles import PROFILES

PAGE, URL = "https://app.example.com", "https://api.example.com/notes"
POST = Request(
    "post", URL, PAGE, [("X-B", " 2 "), ("Cookie", "a=b"), ("Authorization", "x"), ("X-A", "1")], "omit", "{}"
)
OPEN: Headers = [
    ("Access-Control-Allow-Origin", PAGE),
    ("Access-Control-Allow-Methods", "PUT"),
    ("Access-Control-Allow-Headers", "Authorization, X-A, X-B"),
]


def sent(request: Request, response: Response) -> tuple[list[Request], Verdict]:
    """What reaches a server that always answers the same, and the verdict."""
    requests: list[Request] = []

    def server(asked: Request) -> Response:
        requests.append(asked)
        return response

    return requests, evaluate(request, server)


def test_what_a_server_is_sent() -> None:
    (preflight, actual), verdict = sent(POST, Response(200, OPEN))
    assert preflight == Request(
        "OPTIONS",
        URL,
        PAGE,
        [
            ("Accept", "*/*"),
            ("Access-Control-Request-Method", "POST"),
            ("Access-Control-Request-Headers", "authorization,x-a,x-b"),
            ("Origin", PAGE),
        ],
        "same-origin",
    )
    assert verdict.preflight == preflight
    assert (actual.method, actual.body, actual.credentials) == ("POST", "{}", "omit")
    assert actual.headers == [
        *(("X-B", "2"), ("Authorization", "x"), ("X-A", "1"), ("Content-Type", "text/plain;charset=UTF-8")),
        *(("Accept", "*/*"), ("Origin", PAGE)),
    ]
    assert verdict == Verdict(
        True, Step.CORS_CHECK, "The response may be read by https://app.example.com.", None, [], preflight
    )


def test_a_page_s_own_server_is_asked_without_ado() -> None:
    (asked,), verdict = sent(POST._replace(url=f"{PAGE}:443/own"), Response(500, [("X-Any", ""), ("Set-Cookie", "a")]))
    assert ("Origin", PAGE) in asked.headers
    assert verdict.allowed
    assert (verdict.step, verdict.readable_headers) == (Step.SAME_ORIGIN, ["x-any"])
    (asked,), _ = sent(Request("GET", f"{PAGE}/own", PAGE, [], "omit"), Response(200, []))
    assert asked.headers == [("Accept", "*/*")]


def test_null_is_no_one_s_own_server() -> None:
    (asked,), verdict = sent(Request("GET", URL, "null", [], "omit"), Response(200, []))
    assert ("Origin", "null") in asked.headers
    assert not verdict.allowed


BLOCKED = (
    "Access to fetch at 'https://api.example.com/notes' from origin 'https://app.example.com' has been blocked by CORS "
    "policy: "
)
CHECK = "Response to preflight request doesn't pass access control check: "


@pytest.mark.parametrize(
    ("status", "answer", "step", "reason", "console"),
    [
        (
            200,
            [],
            Step.PREFLIGHT_CHECK,
            "The answer to the preflight has no Access-Control-Allow-Origin header.",
            CHECK + "No 'Access-Control-Allow-Origin' header is present on the requested resource.",
        ),
        (
            200,
            [("Access-Control-Allow-Origin", "https://app.example.com/")],
            Step.PREFLIGHT_CHECK,
            "The answer to the preflight allows the origin 'https://app.example.com/', and the page's is " + PAGE + ".",
            CHECK
            + "The 'Access-Control-Allow-Origin' header has a value 'https://app.example.com/' that is not equal "
            + "to the supplied origin. Have the server send the header with a valid value.",
        ),
        (
            200,
            [("Access-Control-Allow-Origin", "'*'")],
            Step.PREFLIGHT_CHECK,
            "The answer to the preflight allows the origin ''*'', and the page's is https://app.example.com.",
            CHECK
            + "The 'Access-Control-Allow-Origin' header contains the invalid value ''*''. Have the server send "
            + "the header with a valid value.",
        ),
        (
            403,
            OPEN,
            Step.PREFLIGHT_STATUS,
            "The answer to the preflight has the status 403; only 200 to 299 will do.",
            CHECK + "It does not have HTTP ok status.",
        ),
        (
            307,
            [*OPEN, ("Location", "/")],
            Step.PREFLIGHT_STATUS,
            "The answer to the preflight has the status 307; only 200 to 299 will do.",
            CHECK + "Redirect is not allowed for a preflight request.",
        ),
        (
            200,
            [*OPEN, ("Access-Control-Allow-Methods", "PUT PATCH")],
            Step.PREFLIGHT_LISTS,
            f"{OPEN[1][0]} in the answer to the preflight is no list of names separated by commas: 'PUT, PUT PATCH'.",
            "Cannot parse Access-Control-Allow-Methods response header field in preflight response.",
        ),
        (
            200,
            OPEN,
            Step.PREFLIGHT_METHOD,
            "Access-Control-Allow-Methods in the answer to the preflight does not allow PATCH.",
            "Method PATCH is not allowed by Access-Control-Allow-Methods in preflight response.",
        ),
        (
            200,
            [("Access-Control-Allow-Origin", "*"), ("Access-Control-Allow-Methods", "*")],
            Step.PREFLIGHT_HEADERS,
            "Access-Control-Allow-Headers in the answer to the preflight does not allow authorization.",
            "Request header field authorization is not allowed by Access-Control-Allow-Headers in preflight response.",
        ),
        (
            200,
            [(name, "*") for name, _ in OPEN],
            Step.PREFLIGHT_AUTHORIZATION,
            "Access-Control-Allow-Headers: * does not cover Authorization, which has to be listed by name.",
            None,
        ),
    ],
)
def test_why_a_preflight_fails(status: int, answer: Headers, step: Step, reason: str, console: str | None) -> None:
    requests, verdict = sent(POST._replace(method="PATCH"), Response(status, answer))
    assert (verdict.allowed, verdict.step, verdict.reason) == (False, step, reason)
    assert verdict.console == (None if console is None else BLOCKED + console)
    assert requests == [verdict.preflight], "the request itself stays at home"


def test_with_credentials_a_wildcard_is_a_name() -> None:
    credentials = [("Access-Control-Allow-Origin", PAGE), ("Access-Control-Allow-Credentials", "true")]
    stars = [*credentials, ("Access-Control-Allow-Methods", "*"), ("Access-Control-Allow-Headers", "*")]
    _, verdict = sent(POST._replace(method="PUT", credentials="include"), Response(200, stars))
    assert verdict.reason.endswith("does not allow PUT: with credentials, * is a name like any other.")
    _, verdict = sent(POST._replace(credentials="include"), Response(200, stars))
    assert verdict.reason.endswith("does not allow authorization: with credentials, * is a name like any other.")


def test_why_a_response_fails() -> None:
    get = Request("GET", URL, PAGE, [], "include")
    _, verdict = sent(get, Response(200, [("Access-Control-Allow-Origin", "*")]))
    assert verdict.step is Step.CORS_CHECK
    assert verdict.reason == "The response allows any origin (*), which does not count for a request with credentials."
    _, verdict = sent(get, Response(200, [("Access-Control-Allow-Origin", PAGE)]))
    assert verdict.reason == (
        "The response has no Access-Control-Allow-Credentials, which has to be exactly true for a request with "
        "credentials."
    )
    answer = [("Access-Control-Allow-Origin", PAGE), ("Access-Control-Allow-Credentials", "True")]
    _, verdict = sent(get, Response(200, answer))
    assert verdict.console == (
        BLOCKED + "The value of the 'Access-Control-Allow-Credentials' header in the response is 'True' which must be "
        "'true' when the request's credentials mode is 'include'."
    )


def test_a_failure_after_a_redirect_says_where() -> None:
    def server(request: Request) -> Response:
        moved = [("Access-Control-Allow-Origin", "*"), ("Location", "https://www.example.com/new")]
        return Response(302, moved) if request.url == URL else Response(200, [])

    verdict = evaluate(Request("GET", URL, PAGE, [], "omit"), server)
    assert verdict.reason == (
        "After a redirect to https://www.example.com/new: The response has no Access-Control-Allow-Origin header."
    )
    assert verdict.console == (
        "Access to fetch at 'https://www.example.com/new' (redirected from 'https://api.example.com/notes') from "
        "origin 'https://app.example.com' has been blocked by CORS policy: No 'Access-Control-Allow-Origin' header is "
        "present on the requested resource."
    )


@pytest.mark.parametrize(
    ("request_", "message"),
    [
        (POST._replace(origin="app.example.com"), "'app.example.com' is no origin; write it as a browser does, for"),
        (POST._replace(origin="https://app.example.com/"), "a browser sends https://app.example.com$"),
        (POST._replace(origin="HTTPS://App.example.com:443"), "a browser sends https://app.example.com$"),
        (POST._replace(origin="https://bücher.example"), "a browser sends https://xn--bcher-kva.example$"),
        (POST._replace(origin="*"), r"'\*' is no origin; write it as a browser does"),
        (POST._replace(origin="https://a b"), "is no origin"),
        (POST._replace(url="/notes"), "'/notes' is no absolute URL with a host, such as https://api.example.com/notes"),
        (POST._replace(url="https://[::1/"), "'https://\\[::1/' is no URL: "),
        (POST._replace(url="https://api.example.com:99999/"), "is no URL: Port out of range"),
        (POST._replace(url="ftp://api.example.com/"), "is not a URL of http: or https:"),
        (
            Request("GET", URL, PAGE, [], "always"),  # type: ignore[arg-type]
            "'always' is no credentials mode; there are omit, same-origin, include",
        ),
    ],
)
def test_what_no_page_could_ask_is_refused(request_: Request, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        sent(request_, Response(200, []))


def test_an_unknown_profile_is_refused() -> None:
    with pytest.raises(ValueError, match='"safari" is no profile; there are "fetch", "chromium", "firefox"'):
        evaluate(POST, lambda _: Response(200, []), "safari")  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("url", "origin"),
    [
        ("https://api.example.com:443/x?y#z", "https://api.example.com"),
        ("HTTP://API.Example.com:80", "http://api.example.com"),
        ("http://localhost:3000/", "http://localhost:3000"),
        ("http://[::1]:8080/", "http://[::1]:8080"),
        ("https://user:password@api.example.com", "https://api.example.com"),
        ("capacitor://localhost", "capacitor://localhost"),
    ],
)
def test_the_origin_of_a_url(url: str, origin: str) -> None:
    assert origin_of(url) == origin


def test_each_difference_has_a_sentence_and_a_source() -> None:
    names = [line.name for line in DIFFERENCES]
    assert len(names) == len(set(names))
    for line in DIFFERENCES:
        assert line.sentence.endswith(".")
        assert line.source.startswith("https://")
        assert line.browsers
        assert "fetch" not in line.browsers
    assert PROFILES["fetch"].differences == frozenset()


def test_each_step_links_to_the_standard() -> None:
    for step in Step:
        assert step.url.startswith("https://fetch.spec.whatwg.org/#")
        assert str(step) == step.title
    assert len({step.title for step in Step}) == len(Step)


def test_the_public_names() -> None:
    assert sorted(cfncors.browser.__all__) == [
        *(
            "Credentials",
            "DIFFERENCES",
            "Difference",
            "Fault",
            "PreflightCache",
            "ProfileName",
            "Request",
            "Response",
            "Server",
        ),
        *("Step", "Verdict", "evaluate", "origin_of"),
    ]
    assert all(hasattr(cfncors.browser, name) for name in cfncors.browser.__all__)
    assert not hasattr(cfncors.browser, "fetched")


def test_the_package_stands_alone() -> None:
    """It loads nothing else of cfncors and nothing that opens a connection."""
    loaded = _loaded("import sys; from cfncors.browser import evaluate; print(*sorted(sys.modules))")
    assert [name for name in loaded if name.startswith("cfncors.") and not name.startswith("cfncors.browser")] == []
    assert {"asyncio", "socket", "dataclasses", "yaml", "http", "inspect"}.isdisjoint(loaded)


def test_the_console_s_texts_cost_nothing_else() -> None:
    """The checks quote them, and start-up time is a budget."""
    loaded = _loaded("import sys; from cfncors.browser import console; print(*sorted(sys.modules))")
    ours = [name for name in loaded if name.startswith("cfncors.browser.")]
    assert ours == ["cfncors.browser.console", "cfncors.browser.faults"]


def _loaded(code: str) -> list[str]:
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, timeout=60)
    return done.stdout.split()
