"""Cases after the web platform tests, of our own making: each names the file of https://github.com/web-platform-tests/wpt
that holds the behaviour. They are judged by the model, and by Chromium in the run that also does the generated ones.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from cfncors.browser import Credentials, Response
from cfncors.browser.profiles import DifferenceName
from tests.browser.exchanges import Exchange, Headers, Hop, Where

FIRST_NUMBER = 100_000
#: In place of a request's preflight: none is sent; it is not looked at.
NONE, ANY = None, "any"

ORIGIN = [("Access-Control-Allow-Origin", "{reflect}")]
TRUE = [("Access-Control-Allow-Credentials", "true")]
TOKENS = "Access-Control-Allow-Methods", "Access-Control-Allow-Headers"


class Vector(NamedTuple):
    """``asks`` is the preflight's Access-Control-Request-Headers ("" without one), NONE or ANY; ``differs`` names
    where Chromium leaves the standard."""

    wpt: str
    about: str
    exchange: Exchange
    allowed: bool
    asks: str | None = ANY
    readable: frozenset[str] | None = None
    differs: DifferenceName | None = None


def api(
    preflight: Headers | None = None,
    actual: Headers | None = None,
    *,
    status: int = 200,
    preflight_status: int = 200,
    where: Where = "api",
) -> Hop:
    """A URL of the API; it reflects the origin unless told otherwise."""
    return Hop(
        where,
        Response(preflight_status, ORIGIN if preflight is None else preflight),
        Response(status, ORIGIN if actual is None else actual),
    )


def ask(
    *hops: Hop,
    method: str = "GET",
    headers: Headers | None = None,
    body: str | None = None,
    credentials: Credentials = "omit",
    sandboxed: bool = False,
) -> Exchange:
    """What a page asks of these URLs, each redirecting to the next."""
    return Exchange(0, method, headers or [], body, credentials, hops, sandboxed)


def consent(methods: str | None = None, names: str | None = None, base: Headers = ORIGIN) -> Headers:
    """The headers of a preflight's answer."""
    return base + [(name, value) for name, value in zip(TOKENS, (methods, names), strict=True) if value is not None]


def origins() -> Iterator[Vector]:
    """The CORS check."""
    file = "cors/origin.htm"
    for value in ("*", " *  ", "\t*", "{page}", " {page}", "\t{page} \t"):
        yield Vector(file, f"passes: {value!r}", ask(api(actual=[(ORIGIN[0][0], value)])), True, NONE)
    for value in (
        *(
            "{page}/",
            "{page}:80",
            "//{page}",
            "http:/127.0.0.1",
            "{page}?",
            "{page}#",
            "{page}%23",
            "{page}, *",
            "HTTP:{page}",
        ),
        *(
            "-",
            "**",
            "'*'",
            '"*"',
            "* *",
            "* {page}",
            "*, {page}",
            "null {page}",
            "null",
            "",
            "http://example.net",
            "{api}",
        ),
        *("*.0.0.1", "127.0.0.1", "{page}/index.html", "{page} {page}", "'{page}'"),
    ):
        yield Vector(file, f"fails: {value!r}", ask(api(actual=[(ORIGIN[0][0], value)])), False, NONE)
    yield Vector("cors/basic.htm", "no header at all", ask(api(actual=[])), False, NONE)
    yield Vector(
        "fetch/api/cors/cors-basic.any.js", "the page's own server", ask(api(actual=[], where="page")), True, NONE
    )
    yield Vector(
        "fetch/api/cors/cors-origin.any.js", "another port", ask(api(actual=[(ORIGIN[0][0], "{other}")])), False
    )
    yield Vector(
        "fetch/api/cors/cors-origin.any.js", "the preflight only", ask(api(actual=[]), method="PUT"), False, ANY
    )
    file = "fetch/api/cors/cors-multiple-origins.sub.any.js"
    for values in (["{page}", "{other}"], ["*", "*"], ["{page}", "{page}"], ["*", "{page}"]):
        lines = [(ORIGIN[0][0], value) for value in values]
        yield Vector(file, f"lines {values}", ask(api(actual=lines)), False)
        yield Vector(file, f"list {values}", ask(api(actual=[(ORIGIN[0][0], ", ".join(values))])), False)
    file = "cors/access-control-sandboxed-iframe-allow-origin-null.htm"
    for value, allowed in (("null", True), ("*", True), ("{page}", False), ("NULL", False)):
        yield Vector(file, value, ask(api(actual=[(ORIGIN[0][0], value)]), sandboxed=True), allowed, NONE)


def credentials() -> Iterator[Vector]:
    """Access-Control-Allow-Credentials."""
    file = "cors/credentials-flag.htm"
    for value, allowed in (
        *(("true", True), (" true\t", True), ("True", False), ("TRUE", False), ("'true'", False), ('"true"', False)),
        *(
            ("false", False),
            ("1", False),
            ("on", False),
            ("", False),
            ("true;", False),
            ("true, true", False),
            ("-", False),
        ),
    ):
        lines = [*ORIGIN, ("Access-Control-Allow-Credentials", value)]
        yield Vector(file, f"include, {value!r}", ask(api(actual=lines), credentials="include"), allowed, NONE)
        yield Vector(file, f"omit, {value!r}", ask(api(actual=lines)), True, NONE)
    yield Vector(file, "no header", ask(api(), credentials="include"), False, NONE)
    both = ask(api(actual=[*ORIGIN, *TRUE, *TRUE]), credentials="include")
    yield Vector(file, "two lines", both, False, NONE)
    star = [("Access-Control-Allow-Origin", "*"), *TRUE]
    file = "cors/origin.htm"
    yield Vector(file, "* with credentials", ask(api(actual=star), credentials="include"), False, NONE)
    yield Vector(file, "* with same-origin", ask(api(actual=star), credentials="same-origin"), True, NONE)
    preflight = ask(api(consent("PUT"), ORIGIN + TRUE), method="PUT", credentials="include")
    yield Vector("fetch/api/cors/cors-cookies.any.js", "missing from the preflight", preflight, False, "")


def safelist() -> Iterator[Vector]:
    """Which request headers need a preflight."""
    file = "cors/cors-safelisted-request-header.any.js"
    long = "0" * 129
    for name, value, safe in (
        *(("content-type", "text/plain", True), ("content-type", "TEXT/Plain;garbage", True)),
        *(("content-type", "text/plain;", True), ("content-type", "text /plain", False)),
        *(("content-type", "text/plain;a=\x01", False), ("content-type", "text/plain,", False)),
        *(("content-type", ",text/plain", False), ("content-type", "text/plain, text/plain", False)),
        *(("content-type", "application/www-form-urlencoded", False), ("content-type", "multipart/form-data", True)),
        *(("content-type", 'multipart/form-data;boundary="x"', False), ("content-type", "application/json", False)),
        *(("content-type", "text/plain;" + "x" * 117, True), ("content-type", "text/plain;" + "x" * 118, False)),
        *(("content-type", "text", False), ("content-type", "text/", False), ("content-type", "text/plain x", False)),
        *(("range", "bytes=100-200", True), ("range", "bytes=200-", True), ("range", "bytes=-200", False)),
        *(("range", "bytes=200-100", False), ("range", "bytes= 1-2", False), ("range", "bytes=1 -2", False)),
        *(("range", "bytes=1-2,3-4", False), ("range", "BYTES=1-2", False), ("range", "MB=1-2", False)),
        ("range", "bytes=1" + "0" * 60 + "-2" + "0" * 60, False),
    ):
        sends = ask(api(consent(None, name)), method="POST", body="x", headers=[(name, value)])
        yield Vector(file, f"{name}: {value!r}", sends, True, NONE if safe else name)
    file = "fetch/api/cors/cors-preflight-not-cors-safelisted.any.js"
    for name, value in (
        *(
            ("accept", '"'),
            ("accept", long),
            ("accept-language", "@"),
            ("content-language", "_"),
            ("authorization", "b"),
        ),
        *(
            ("content-type", "text/html"),
            ("content-type", f"text/plain;{long}"),
            ("last-event-id", '"'),
            ("test", "hi"),
        ),
    ):
        yield Vector(file, f"{name}: {value!r}", ask(api(), headers=[(name, value)]), False, name)
    file = "fetch/api/cors/cors-no-preflight.any.js"
    for name, value in (
        *(("Accept", "test"), ("Accept-Language", "de, *;q=0.5"), ("Content-Language", "test")),
        ("Content-Type", "application/x-www-form-urlencoded;charset=utf-8"),
    ):
        for method in ("GET", "HEAD", "POST"):
            yield Vector(file, f"{method} {name}", ask(api(), method=method, headers=[(name, value)]), True, NONE)
    full = [(name, "x" * 128) for name in ("accept", "accept-language", "content-language")]
    file = "cors/simple-requests.htm"
    yield Vector(file, "three full values", ask(api(), headers=full), True, NONE)
    twice = [("Accept", "x" * 100), ("accept", "y" * 100)]
    file = "fetch/api/headers/headers-combine.any.js"
    yield Vector(file, "together too long", ask(api(), headers=twice), True, NONE, differs="headers-combined")
    file = "cors/simple-requests.htm"
    yield Vector(file, "a string body", ask(api(), method="post", body="x"), True, NONE)
    file = "cors/client-hint-request-headers.htm"
    for name, value in (("dpr", "2.0"), ("width", "100"), ("save-data", "on"), ("ect", "4g"), ("device-memory", "0.5")):
        hinted = ask(api(), headers=[(name, value)])
        yield Vector(file, f"{name}: {value}", hinted, False, name, differs="client-hints")
        yield Vector(file, f"{name}: no value of it", ask(api(), headers=[(name, "@")]), False, name)


def forbidden() -> Iterator[Vector]:
    """What pages may not set is dropped, and no preflight asks for it."""
    file = "cors/request-headers.htm"
    for name in (
        *("Accept-Charset", "Accept-Encoding", "Access-Control-Request-Headers", "Access-Control-Request-Method"),
        *("Connection", "Content-Length", "Cookie", "Cookie2", "Date", "DNT", "Expect", "Host", "Keep-Alive", "Origin"),
        *("Referer", "Set-Cookie", "TE", "Trailer", "Transfer-Encoding", "Upgrade", "Via", "Proxy-", "Proxy-X", "Sec-"),
        *("sec-x", "HOST"),
    ):
        yield Vector(file, name, ask(api(), headers=[(name, "x")]), True, NONE)
    file = "fetch/api/request/forbidden-method-override"
    for name in ("X-HTTP-Method", "X-HTTP-Method-Override", "X-Method-Override"):
        yield Vector(file, f"{name}: TRACE", ask(api(), headers=[(name, "GET, trace")]), True, NONE)
        yield Vector(file, f"{name}: PUT", ask(api(), headers=[(name, "PUT")]), False, name.lower())
    file = "fetch/api/request/request-error.any.js"
    for method in ("TRACE", "trace", "CONNECT", "Track", "A B", ""):
        yield Vector(file, f"method {method!r}", ask(api(), method=method), False, NONE)
    for method in ("GET", "HEAD", "head"):
        yield Vector(file, f"{method} with a body", ask(api(), method=method, body=""), False, NONE)


def preflights() -> Iterator[Vector]:
    """The preflight's answer."""
    file = "fetch/api/cors/cors-preflight.any.js"
    for method, listed, allowed in (
        *(
            ("PUT", "PUT", True),
            ("put", "PUT", True),
            ("PUT", "put", False),
            ("PATCH", "PATCH", True),
            ("patch", "PATCH", False),
        ),
        *(("patch", "patch", True), ("NEW", "GET, NEW", True), ("NEW", "new", False), ("DELETE", None, False)),
        *(("OPTIONS", "OPTIONS", True), ("DELETE", "PUT ,\tDELETE ,", True)),
    ):
        asked = ask(api(consent(listed)), method=method)
        yield Vector(file, f"{method} where {listed} is allowed", asked, allowed, "")
    for method in ("GET", "HEAD", "POST"):
        asked = ask(api(consent("PUT", "x-one")), method=method, headers=[("X-One", "1")])
        yield Vector(file, f"{method} need not be listed", asked, True, "x-one")
    file = "cors/allow-headers.htm"
    names = [("X-B", "1"), ("x-a", "2"), ("Content-Type", "application/json")]
    for listed_names, allowed in (
        *(
            (("x-a,x-b,content-type"), True),
            ("X-A, X-B ,,\tCONTENT-TYPE", True),
            ("x-a, x-b", False),
            ("", False),
            (",", False),
        ),
        *(
            ("x-a x-b content-type", False),
            ("'x-a,x-b,content-type'", False),
            ("x-a;x-b;content-type", False),
            ("X-*", False),
        ),
    ):
        asked = ask(api(consent(None, listed_names)), method="POST", headers=names, body="{}")
        yield Vector(file, f"{listed_names!r}", asked, allowed, "content-type,x-a,x-b")
    lines = [*ORIGIN, ("Access-Control-Allow-Headers", "x-a"), ("Access-Control-Allow-Headers", "x-b, content-type")]
    asked = ask(api(lines), method="POST", headers=names, body="{}")
    yield Vector(file, "in two lines", asked, True, "content-type,x-a,x-b")
    file = "fetch/api/cors/cors-preflight-response-validation.any.js"
    for lists in (consent(None, "x-one, header name"), consent("Bad method", "x-one"), consent('"GET"', "x-one")):
        yield Vector(file, str(lists[1:]), ask(api(lists), headers=[("X-One", "1")]), False, "x-one")
    for file in ("fetch/api/cors/cors-preflight-status.any.js", "cors/preflight-failure.htm"):
        for status in (200, 201, 204, 206, 299, 300, 301, 302, 304, 400, 401, 403, 404, 405, 500, 503):
            asked = ask(api(consent("PUT"), preflight_status=status), method="PUT")
            yield Vector(file, str(status), asked, 200 <= status <= 299, "")
    for status in (301, 302, 303, 307, 308):
        elsewhere = [*consent("PUT"), ("Location", "/elsewhere")]
        asked = ask(api(elsewhere, preflight_status=status), method="PUT")
        yield Vector("fetch/api/cors/cors-preflight-redirect.any.js", str(status), asked, False, "")
    for status in (202, 304, 401, 403, 404, 500):
        yield Vector("cors/status.htm", f"the request's own {status}", ask(api(status=status)), True, NONE)


def stars() -> Iterator[Vector]:
    """Wildcards in the preflight's answer."""
    file = "fetch/api/cors/cors-preflight-star.any.js"
    one = [("X-One", "1")]
    open_to_all = [("Access-Control-Allow-Origin", "*")]
    for methods, names, method, headers, allowed in (
        *(("*", "x-one", "SUPER", one, True), ("*", "*", "OK", one, True), ("*", "*", "PUT", [], True)),
        ("PUT, *", "a, *", "DELETE", one, True),
    ):
        asked = ask(api(consent(methods, names, open_to_all)), method=method, headers=headers)
        yield Vector(file, f"{method} {headers}: {methods} {names}", asked, allowed)
        kept = consent(methods, names, ORIGIN + TRUE)
        asked = ask(api(kept, ORIGIN + TRUE), method=method, headers=headers, credentials="include")
        yield Vector(file, f"{method} {headers} with credentials: {methods} {names}", asked, False)
    asked = ask(
        api(consent("*", "*", ORIGIN + TRUE), ORIGIN + TRUE), method="*", headers=[("*", "1")], credentials="include"
    )
    yield Vector(file, "a method and a header called *", asked, True, "*")
    authorized: Headers = [("Authorization", "Bearer x")]
    asked = ask(api(consent(None, "*")), headers=authorized)
    yield Vector(file, "* for Authorization", asked, False, "authorization", differs="auth-wildcard")
    asked = ask(api(consent(None, "*, authorization")), headers=[*authorized, *one])
    yield Vector(file, "* and Authorization by name", asked, True, "authorization,x-one")


def readable() -> Iterator[Vector]:
    """What of a response a page may read."""
    file = "fetch/api/cors/cors-filtering.sub.any.js"
    given = [
        *(("Content-Type", "text/plain"), ("Content-Language", "de"), ("Expires", "0"), ("Last-Modified", "x")),
        *(
            ("Pragma", "x"),
            ("Age", "1"),
            ("Server", "x"),
            ("X-One", "1"),
            ("Set-Cookie", "a=b"),
            ("Set-Cookie2", "a=b"),
        ),
    ]
    safe = {"cache-control", "content-language", "content-length", "content-type", "expires", "last-modified", "pragma"}
    every = safe | {"access-control-allow-origin", "access-control-expose-headers", "age", "server", "x-one"}
    answer = [*ORIGIN, *given]
    yield Vector(file, "the safelist", ask(api(actual=answer)), True, NONE, frozenset(safe))
    exposed = "Access-Control-Expose-Headers"
    for wpt, value, names in (
        *((file, "Age, x-one, X-Gone", {"age", "x-one"}), (file, "Set-Cookie, Set-Cookie2, server", {"server"})),
        ("fetch/api/cors/cors-expose-star.sub.any.js", "*", every),
        ("fetch/api/cors/cors-expose-star.sub.any.js", "*, x-one", every),
        ("fetch/api/cors/cors-expose-star.sub.any.js", "Age,\t*", every),
        ("cors/access-control-expose-headers-parsing.window.js", "X-ONE", {"x-one"}),
        ("cors/access-control-expose-headers-parsing.window.js", ",,x-one ,", {"x-one"}),
        ("cors/access-control-expose-headers-parsing.window.js", "x-one Age", set()),
        ("cors/access-control-expose-headers-parsing.window.js", "x-one, 'Age:'", set()),
        ("cors/access-control-expose-headers-parsing.window.js", '"x-one"', set()),
        ("cors/access-control-expose-headers-parsing.window.js", "'*'", set()),
        ("cors/access-control-expose-headers-parsing.window.js", "x-one;Age", set()),
        ("cors/access-control-expose-headers-parsing.window.js", "", set()),
    ):
        asked = ask(api(actual=[*answer, (exposed, value)]))
        yield Vector(wpt, repr(value), asked, True, NONE, frozenset(safe | names))
    asked = ask(api(actual=[*answer, (exposed, "*"), *TRUE]), credentials="include")
    yield Vector("fetch/api/cors/cors-expose-star.sub.any.js", "with credentials", asked, True, NONE, frozenset(safe))
    lines = [(exposed, "age"), (exposed, "x-one")]
    asked = ask(api(actual=answer + lines))
    yield Vector("cors/response-headers.htm", "two lines", asked, True, NONE, frozenset(safe | {"age", "x-one"}))
    asked = ask(api(actual=[*answer, (exposed, "age"), (exposed, "x one")]))
    yield Vector("cors/response-headers.htm", "one of two lines is no list", asked, True, NONE, frozenset(safe))


def to(location: str = "{next}", status: int = 302, base: Headers = ORIGIN, where: Where = "api") -> Hop:
    """A URL that redirects."""
    preflight = consent("PUT", "x-one,authorization")
    return Hop(where, Response(200, preflight), Response(status, [*base, ("Location", location)]))


def redirects() -> Iterator[Vector]:
    """Redirects of the request itself."""
    file = "fetch/api/cors/cors-redirect.any.js"
    page_only = [("Access-Control-Allow-Origin", "{page}")]
    null_only = [("Access-Control-Allow-Origin", "null")]
    ways: tuple[tuple[Where, Where, bool], ...] = (
        *(("api", "api", False), ("api", "other", True), ("page", "api", False), ("api", "page", True)),
    )
    for status in (301, 302, 303, 307, 308):
        for first, second, tainted in ways:
            way = f"{status} from {first} to {second}"
            start = to(status=status, where=first)
            for base, allowed in ((page_only, not tainted), (null_only, tainted)):
                asked = ask(start, api(actual=base, where=second))
                yield Vector(file, f"{way} that allows {base[0][1]}", asked, allowed, NONE)
        yield Vector("cors/redirect-origin.htm", f"{status}, the hop", ask(to(status=status, base=[]), api()), False)
    asked = ask(to(where="page"), to(), api(actual=page_only, where="page"))
    yield Vector("cors/redirect-origin.htm", "to the API and back", asked, False, NONE)
    file = "fetch/api/cors/cors-redirect-credentials.any.js"
    for who in ("user:password@", "user:@", ":password@", "user@"):
        yield Vector(file, who, ask(to(f"http://{who}localhost/")), False, NONE)
        yield Vector(file, f"{who} from the page", ask(to(f"http://{who}localhost/", where="page")), False, NONE)
    file = "fetch/api/cors/cors-redirect-preflight.any.js"
    one = [("X-One", "1")]
    for status in (301, 302, 303, 307, 308):
        asked = ask(to(status=status), api(consent(None, "x-one")), headers=one)
        yield Vector(file, f"{status}: each hop has its own", asked, True, "x-one")
        yield Vector(file, f"{status}: the second fails", ask(to(status=status), api(), headers=one), False, "x-one")
    for status, allowed in ((303, True), (302, False)):
        asked = ask(to(status=status), api(), method="PUT")
        yield Vector("fetch/api/redirect/redirect-method.any.js", f"PUT after {status}", asked, allowed, "")
    file = "fetch/api/credentials/authentication-redirection.any.js"
    authorized = [("Authorization", "Bearer x")]
    yield Vector(file, "left behind", ask(to(), api(where="other"), headers=authorized), True, "authorization")
    yield Vector(file, "taken along", ask(to(), api(), headers=authorized), False, "authorization")
    file = "fetch/api/redirect/redirect-location.any.js"
    for location, allowed in (
        ("", False),
        ("//", False),
        ("http://[", False),
        ("mailto:a@b", False),
        ("data:,x", False),
    ):
        asked = ask(to(location))
        differs: DifferenceName | None = None if location else "empty-location"
        yield Vector(file, f"Location: {location!r}", asked, allowed, NONE, differs=differs)
    yield Vector(file, "no Location", ask(api(status=302)), True, NONE)
    twice = Hop("api", Response(200, []), Response(302, [*ORIGIN, ("Location", "{next}"), ("Location", "{next}")]))
    yield Vector(file, "the same Location twice", ask(twice, api()), False, NONE, differs="location-twice")
    other = Hop("api", Response(200, []), Response(302, [*ORIGIN, ("Location", "{next}"), ("Location", "{next}?")]))
    yield Vector(file, "two Locations", ask(other, api()), False, NONE)
    for count in (20, 21):
        asked = ask(*[to()] * count, api())
        yield Vector("fetch/api/redirect/redirect-count.any.js", f"{count} redirects", asked, count == 20, NONE)


def _all() -> Iterator[Vector]:
    for part in (origins, credentials, safelist, forbidden, preflights, stars, readable, redirects):
        yield from part()


VECTORS: tuple[Vector, ...] = tuple(
    vector._replace(exchange=vector.exchange._replace(number=FIRST_NUMBER + number))
    for number, vector in enumerate(_all())
)
