"""Exchanges between a page and servers: made by chance from a seed, or written out.

Header values may hold ``{page}``, ``{api}`` and ``{other}`` (origins, known once the ports are) and ``{reflect}``
(the request's own Origin). An exchange is a page's request and the answers of the one or more URLs that it meets.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from random import Random
from typing import Literal, NamedTuple, TypeVar

from cfncors.browser import Credentials, Request, Response

T = TypeVar("T")
Headers = list[tuple[str, str]]
#: Which of the three origins a URL belongs to.
Where = Literal["page", "api", "other"]


class Origins(NamedTuple):
    """The origins of the page, of the server that it asks, and of one more server."""

    page: str
    api: str
    other: str


class Hop(NamedTuple):
    """One URL: what it answers to a preflight and to all else."""

    where: Where
    preflight: Response
    actual: Response


class Exchange(NamedTuple):
    """What the page asks, as ``fetch()`` is called, and what is answered; ``sandboxed`` pages have the origin null."""

    number: int
    method: str
    headers: Headers
    body: str | None
    credentials: Credentials
    hops: tuple[Hop, ...]
    sandboxed: bool = False

    def url(self, hop: int, origins: Origins) -> str:
        """The address of one hop."""
        return f"{getattr(origins, self.hops[hop].where)}/x/{self.number}/{hop}"

    def request(self, origins: Origins) -> Request:
        """The page's request as the model takes it."""
        origin = "null" if self.sandboxed else origins.page
        return Request(self.method, self.url(0, origins), origin, self.headers, self.credentials, self.body)

    def answer(self, hop: int, method: str, headers: Headers, origins: Origins) -> Response:
        """What the URL of a hop answers to a request; nothing of it may be stored, and its body is ``{}``."""
        sent = {name.lower(): value for name, value in headers}
        given = self.hops[hop].preflight if "access-control-request-method" in sent else self.hops[hop].actual
        names = {**origins._asdict(), "reflect": sent.get("origin", "")}
        if hop + 1 < len(self.hops):
            names["next"] = self.url(hop + 1, origins)
        filled = [(name, _filled(value, names)) for name, value in given.headers]
        framing = [("Cache-Control", "no-store")]
        if has_body(method, given.status):
            framing.append(("Content-Length", str(len(BODY))))
        return Response(given.status, filled + framing)


#: Of every response that has one.
BODY = "{}"


def has_body(method: str, status: int) -> bool:
    """Whether a response has a body at all (RFC 9110, 6.4.1)."""
    return method != "HEAD" and status not in (204, 304)


def _filled(value: str, names: dict[str, str]) -> str:
    for name, text in names.items():
        value = value.replace(f"{{{name}}}", text)
    return value


METHODS = (
    *("GET", "get", "HEAD", "POST", "post", "PUT", "put", "DELETE", "delete", "PATCH", "patch", "OPTIONS", "Patch"),
    *("QUERY", "CHICKEN", "chicken", "TRACE", "CONNECT", "PROPFIND", "A'B"),
)

#: Name and value; some are safelisted, some are not, some are dropped.
REQUEST_HEADERS = (
    ("Content-Type", "application/json"),
    ("Content-Type", "text/plain"),
    ("content-type", "TEXT/PLAIN; charset=x"),
    ("Content-Type", "application/x-www-form-urlencoded;charset=UTF-8"),
    ("Content-Type", "multipart/form-data; boundary=x"),
    ("Content-Type", "text/plain, application/json"),
    ("Content-Type", "text/plain;" + "x" * 117),
    ("Content-Type", "text/plain;" + "x" * 118),
    ("Content-Type", 'text/plain; a="b"'),
    ("Content-Type", "text/html"),
    ("Content-Type", "text"),
    ("Accept", "application/json"),
    ("Accept", "*/*;q=0.5, text/html"),
    ("Accept", "a(b)"),
    ("Accept", "x" * 129),
    ("Accept-Language", "de-DE, en;q=0.5"),
    ("Accept-Language", "de_DE"),
    ("Content-Language", "de"),
    ("Content-Language", "@"),
    ("Range", "bytes=0-"),
    ("Range", "bytes=10-20"),
    ("Range", "bytes=20-10"),
    ("Range", "bytes=-5"),
    ("Range", "bytes=0-1,2-3"),
    ("Authorization", "Bearer x"),
    ("authorization", "Basic eDp5"),
    ("X-Api-Key", "k"),
    ("X-Amz-Date", "20260101T000000Z"),
    ("X-Amz-Security-Token", "t"),
    ("X-Custom", "1"),
    ("x-custom-2", " spaced "),
    ("X-Requested-With", "XMLHttpRequest"),
    ("If-None-Match", '"e"'),
    ("Cache-Control", "no-cache"),
    ("Pragma", "no-cache"),
    ("Last-Event-ID", "1"),
    ("Traceparent", "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"),
    ("X-HTTP-Method-Override", "TRACE"),
    ("X-HTTP-Method-Override", "PUT"),
    ("Origin", "https://evil.example"),
    ("Host", "evil.example"),
    ("Cookie", "a=b"),
    ("Date", "now"),
    ("DNT", "1"),
    ("Sec-Custom", "1"),
    ("Proxy-Custom", "1"),
    ("Access-Control-Request-Method", "GET"),
    ("User-Agent", "mine"),
    ("DPR", "2.0"),
    ("DPR", "abc"),
    ("Width", "100"),
    ("Viewport-Width", "100"),
    ("Save-Data", "on"),
    ("Save-Data", "no"),
    ("Device-Memory", "0.5"),
    ("RTT", "100"),
    ("Downlink", "1.5"),
    ("ECT", "4g"),
    ("ECT", "5g"),
)

ALLOW_ORIGIN = (
    *("{page}/", "HTTP://{page}", "null", "", "'*'", '"*"', "'{page}'", "* null", "{page} {page}", "{page}, {page}"),
    *("*, {page}", "*.localhost", "http://*", "localhost", "{api}", "{other}", "{page}:80", "{page},", "true"),
)
ALLOW_CREDENTIALS = ("True", "TRUE", "'true'", "false", "1", "", " true ", "true, true", "yes")
ALLOW_METHODS = (
    *("*", "GET", "put", "patch", "PATCH", "GET,POST,PUT,DELETE,PATCH,OPTIONS,HEAD", "GET, PUT ,\tDELETE", "GET;POST"),
    *("GET POST", '"GET"', "[PUT]", "'GET,POST'", "'*'", "", ",", ",,PUT,,", "*, PUT", "QUERY,CHICKEN", "PUT/"),
)
ALLOW_HEADERS = (
    *("*", "Content-Type", "content-type,x-custom", "CONTENT-TYPE, AUTHORIZATION, X-CUSTOM, X-API-KEY", "X-*", "'*'"),
    *("Authorization, *", "*, authorization", "Content-Type;X-Custom", "Content-Type X-Custom", '"*"', "", ","),
    *(
        "x-custom-2,",
        "'Content-Type,X-Custom'",
        "Content-Type:",
        "dpr,width,save-data,ect,rtt,downlink,viewport-width,device-memory",
    ),
)
EVERY_HEADER = ",".join(sorted({name.lower() for name, _ in REQUEST_HEADERS}))
EVERY_METHOD = ",".join(sorted({*METHODS, *(method.upper() for method in METHODS)}))
EXPOSE_HEADERS = (
    *("*", "X-One", "x-one, X-TWO", "'*'", "X-One X-Two", "X-One;X-Two", "", "X-One,", "Set-Cookie", '"X-One"'),
    *("X-Gone", "*, X-One", "ETag,Date", "X-One,,X-Two", "X-One\t,X-Two"),
)
MAX_AGE = (
    *(
        "0",
        "60",
        "600",
        "-1",
        "abc",
        "600.5",
        "1e3",
        "+600",
        "'600'",
        "600, 600",
        "",
        "99999999999",
        " 60 ",
        "060",
        "-",
    ),
)
PREFLIGHT_STATUS = (201, 202, 299, 203, 206, 301, 302, 303, 304, 307, 308, 400, 401, 403, 404, 405, 500, 502, 503)
ACTUAL_STATUS = (201, 204, 304, 400, 401, 403, 404, 405, 413, 429, 500, 502, 503)
REDIRECT_STATUS = (301, 302, 303, 307, 308)
RESPONSE_HEADERS: Headers = [
    ("X-One", "1"),
    ("X-Two", "2"),
    ("ETag", '"e"'),
    ("Set-Cookie", "a=b"),
    ("Content-Type", "application/json"),
    ("Content-Language", "de"),
    ("Expires", "0"),
    ("Last-Modified", "Thu, 01 Jan 2026 00:00:00 GMT"),
    ("Pragma", "no-cache"),
    ("Date", "Thu, 01 Jan 2026 00:00:00 GMT"),
    ("Retry-After", "1"),
]


def generate(seed: int, count: int) -> Iterator[Exchange]:
    """The same exchanges for the same seed. About half of them succeed."""
    chance = _Chance(seed)
    for number in range(count):
        yield chance.exchange(number)


class _Chance:
    def __init__(self, seed: int) -> None:
        self.random = Random(seed)
        self.right = 0.9

    def pick(self, items: Sequence[T]) -> T:
        return items[self.random.randrange(len(items))]

    def odds(self, probability: float) -> bool:
        return self.random.random() < probability

    def exchange(self, number: int) -> Exchange:
        self.right = self.pick((0.75, 0.9, 0.97, 1.0))
        method = self.pick(METHODS[:11] if self.odds(0.8) else METHODS)
        has_body = method.upper() not in ("GET", "HEAD") and self.odds(0.5)
        body = "{}" if has_body or self.odds(0.02) else None
        credentials: Credentials = self.pick(("omit", "same-origin", "include"))
        hops = self.hops(credentials)
        return Exchange(number, method, self.request_headers(), body, credentials, hops, self.odds(0.08))

    def request_headers(self) -> Headers:
        headers = {}
        for _ in range(self.pick((0, 1, 1, 2, 2, 3, 4))):
            name, value = self.pick(REQUEST_HEADERS)
            headers[name.lower()] = (name, value)
        if self.odds(0.04):  # together more than safelisted values may be
            size = self.pick((126, 128))
            headers = {name: (name, "x" * size) for name in ("accept", "accept-language", "content-language")}
            headers["content-type"] = ("Content-Type", "text/plain;" + "x" * (size - 11))
        if headers and self.odds(0.05):  # a name twice
            name, value = self.pick(list(headers.values()))
            headers["again"] = (name.lower(), value)
        return list(headers.values())

    def hops(self, credentials: Credentials) -> tuple[Hop, ...]:
        """One URL, or up to three with redirects from one to the next."""
        where: list[Where] = [self.pick(("api",) * 19 + ("page",))]
        while len(where) < 3 and self.odds(0.12):
            where.append(self.pick(("page", "api", "other")))
        return tuple(self.hop(each, credentials, last=index + 1 == len(where)) for index, each in enumerate(where))

    def hop(self, where: Where, credentials: Credentials, *, last: bool) -> Hop:
        status = self.pick((200, 204)) if self.odds(self.right) else self.pick(PREFLIGHT_STATUS)
        headers = [*self.cors(credentials), *self.lists()]
        if status in REDIRECT_STATUS and self.odds(0.7):
            headers.append(("Location", "{api}/elsewhere"))
        preflight = Response(status, headers)
        if not last:
            location = [("Location", "{next}")]
            return Hop(where, preflight, Response(self.pick(REDIRECT_STATUS), self.cors(credentials) + location))
        shown = [header for header in RESPONSE_HEADERS if self.odds(0.5)]
        shown += self.several("Access-Control-Expose-Headers", self.pick(EXPOSE_HEADERS) if self.odds(0.5) else None)
        status = 200 if self.odds(0.6) else self.pick((*ACTUAL_STATUS, 302))
        return Hop(where, preflight, Response(status, self.cors(credentials) + shown))

    def cors(self, credentials: Credentials) -> Headers:
        """Access-Control-Allow-Origin and -Credentials, mostly right."""
        right = ("{reflect}", "{page}") if credentials == "include" else ("{reflect}", "{page}", "*", "*")
        origin = self.pick(right) if self.odds(self.right) else self.pick((*ALLOW_ORIGIN, "*", None))
        include = credentials == "include" or self.odds(0.2)
        allowed = "true" if self.odds(self.right) else self.pick((*ALLOW_CREDENTIALS, None))
        headers = self.several("Access-Control-Allow-Origin", origin)
        return headers + self.several("Access-Control-Allow-Credentials", allowed if include else None)

    def lists(self) -> Headers:
        """What only preflights hold."""
        right = self.right - 0.1
        methods = EVERY_METHOD if self.odds(right) else self.pick((*ALLOW_METHODS, "*", None))
        names = EVERY_HEADER if self.odds(right) else self.pick((*ALLOW_HEADERS, "*", "*", None))
        return [
            *self.several("Access-Control-Allow-Methods", methods),
            *self.several("Access-Control-Allow-Headers", names),
            *self.several("Access-Control-Max-Age", self.pick(MAX_AGE) if self.odds(0.5) else None),
        ]

    def several(self, name: str, value: str | None) -> Headers:
        """A header; rarely twice, in another case, in two parts, or with blanks around its value."""
        if value is None:
            return []
        if self.odds(0.03):
            return [(name, value), (name, value)]
        if self.odds(0.05):
            return [(name.lower(), f" \t{value} ")]
        if "," in value and self.odds(0.05):
            first, _, rest = value.partition(",")
            return [(name, first), (name.upper(), rest)]
        return [(name, value)]
