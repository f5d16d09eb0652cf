"""What is known of a function's own code: where it is, what it returns, how it chooses an origin.

Offsets are code points from 0 in the decoded text, as everywhere in this package; lines count from 1.
"""

from __future__ import annotations

from typing import Final, Literal, NamedTuple, TypeAlias, Union

ALLOW_ORIGIN: Final = "access-control-allow-origin"
ALLOW_CREDENTIALS: Final = "access-control-allow-credentials"

Language = Literal["javascript", "typescript", "tsx", "python", "go", "java", "csharp", "ruby"]
#: Languages whose code is followed, and mended.
FULL: Final = ("javascript", "typescript", "tsx", "python")

Kind = Literal["success", "error", "unknown"]
#: What code may ask of a request beside its origin: its method (with what a preflight never has), the route it matched.
Asks = Literal["method", "route"]


#: The methods that a route of API Gateway can have (API Gateway Developer Guide, "Set up a method request").
METHODS: Final = ("DELETE", "GET", "HEAD", "OPTIONS", "PATCH", "POST", "PUT")


class Methods(NamedTuple):
    """Some request methods: those named, or with ``others`` all but those named."""

    names: frozenset[str]
    others: bool = False

    def has(self, method: str) -> bool:
        """Whether a method is one of them."""
        return (method in self.names) is not self.others

    def without(self) -> Methods:
        """All methods that are none of them."""
        return Methods(self.names, not self.others)

    def both(self, other: Methods) -> Methods:
        """Those that are in both."""
        if self.others and other.others:
            return Methods(self.names | other.names, True)
        few, more = (other, self) if self.others else (self, other)
        return Methods(frozenset(name for name in few.names if more.has(name)))

    def either(self, other: Methods) -> Methods:
        """Those that are in one or the other."""
        return self.without().both(other.without()).without()

    @property
    def is_empty(self) -> bool:
        """Whether there is none."""
        return not self.names and not self.others


ANY_METHOD: Final = Methods(frozenset(), True)
ONLY_OPTIONS: Final = Methods(frozenset(("OPTIONS",)))


class Asked(NamedTuple):
    """A request that code is followed for. A request with the method ``OPTIONS`` is a preflight, as a browser sends
    it. ``resource`` is the path of a REST API's method, ``route_key`` what an HTTP API calls a route (``PUT /x``);
    ``None`` for any route."""

    method: str
    resource: str | None = None
    route_key: str | None = None


#: JavaScript's questions about the type of a value.
TypeTest: TypeAlias = Literal["typeof", "instanceof"]


class Place(NamedTuple):
    """A part of a file. ``path`` is absolute, or the template's own for code that stands in a template."""

    path: str
    start: int
    end: int
    line: int


class Source(NamedTuple):
    """A function's file, read. ``export`` names what is called in it: ``handler``, or ``app.lambda_handler``."""

    path: str
    text: str
    language: Language
    export: str
    #: nothing outside of it is read
    root: str
    #: folders that Python modules and TypeScript ``baseUrl`` imports are searched in
    search: tuple[str, ...] = ()
    #: the code stands in the template: offsets are within ``text``, and it has no neighbours
    inline: bool = False


class Skipped(NamedTuple):
    """Code that was not read. ``reason`` is one line: what, why, what to do."""

    reason: str


#: The status of a response: a number, ``None`` where none is written (an HTTP API and a function URL then answer 200,
#: a REST API 502), ``"unknown"`` where it is computed.
Status: TypeAlias = int | Literal["unknown"] | None


class Header(NamedTuple):
    """A header that a response sends. ``values`` are what it may be, ``None`` for a computed text; ``always`` is
    false when it is sent on some paths only; ``multi`` when it stands in ``multiValueHeaders``."""

    name: str
    values: tuple[str | None, ...]
    always: bool
    place: Place | None
    multi: bool = False

    @property
    def text(self) -> str | None:
        """Its value where there is one only and it is known."""
        return self.values[0] if len(self.values) == 1 else None


class Response(NamedTuple):
    """One response that a function may return.

    ``place`` is the statement that returns it; ``literal`` the object that it is made of, perhaps in a shared helper
    of another file; ``headers_place`` its headers' literal. ``headers`` are by lower-case name; with ``is_open``
    there may be others, and values that are not known. ``methods`` are those of the requests that may come to it.
    ``denied`` is true where only requests come to it that have no ``Origin``, or one that the code looked up and does
    not allow: it is right that no page can read it.
    """

    statuses: tuple[Status, ...]
    headers: dict[str, Header]
    is_open: bool
    kind: Kind
    place: Place
    literal: Place | None
    headers_place: Place | None
    methods: Methods = ANY_METHOD
    how: str = "returned"
    #: sent twice: a name in ``headers`` and in ``multiValueHeaders``, with other values
    doubled: tuple[str, ...] = ()
    #: every literal that its headers may come from, and whether each has which names
    sites: tuple[Site, ...] = ()
    denied: bool = False
    #: returned where an error was caught
    caught: bool = False

    @property
    def preflight(self) -> bool | None:
        """True where only ``OPTIONS`` comes to it, false where it cannot, ``None`` when that is not said."""
        return True if self.methods == ONLY_OPTIONS else None if self.methods.has("OPTIONS") else False

    @property
    def status(self) -> Status:
        """Its status where it has one only."""
        return self.statuses[0] if len(self.statuses) == 1 else "unknown"

    def sends(self, name: str) -> Literal["always", "sometimes", "never", "unknown"]:
        """Whether it has a header; ``name`` in lower case."""
        header = self.headers.get(name)
        if header is not None:
            return "always" if header.always else "sometimes"
        return "unknown" if self.is_open else "never"


class Site(NamedTuple):
    """Where a header could be added: an object literal of headers, or (``is_response``) of a response without them.
    ``spreads`` are other literals that are spread into it."""

    place: Place
    is_response: bool
    names: frozenset[str]
    spreads: tuple[Place, ...] = ()


OriginKind = Literal[
    "any", "literal", "list", "reflected", "regex", "suffix", "prefix", "contains", "environment", "unknown"
]


class OriginChoice(NamedTuple):
    """One way in which code chooses ``Access-Control-Allow-Origin``.

    ``texts`` are the literal, the allow-list's items, the pattern, the suffix, or the environment variable's name.
    ``reflected`` is the request's own ``Origin``, sent back after no check that was seen. ``vary`` says whether the
    response has ``Vary: Origin`` (``None``: not known), ``credentials`` the same of
    ``Access-Control-Allow-Credentials: true``. ``also`` are the other checks that the same origin has passed. ``sent``
    is the literal of the headers that it is sent with, ``default`` the text that stands for a variable that is not set.
    """

    kind: OriginKind
    texts: tuple[str, ...]
    place: Place
    vary: bool | None
    credentials: bool | None
    also: tuple[tuple[OriginKind, tuple[str, ...]], ...] = ()
    sent: Place | None = None
    default: str | None = None


class Framework(NamedTuple):
    """A library that sets CORS headers for the function, and where it is told how."""

    name: str
    place: Place | None
    origins: tuple[str, ...]


class Handler(NamedTuple):
    """What a function may return. ``complete`` is false when something that it returns is not understood; then
    ``reasons`` says what. ``files`` are those that were read. ``asks`` says what of a request, beside its origin, the
    code looks at; ``named`` are the methods that it compares a request's with. ``crash`` is the function that Lambda
    calls, where each way through it ends with an error that nothing catches."""

    responses: tuple[Response, ...]
    complete: bool
    reasons: tuple[str, ...]
    origins: tuple[OriginChoice, ...]
    framework: Framework | None
    files: tuple[str, ...]
    asks: frozenset[Asks] = frozenset()
    named: tuple[str, ...] = ()
    crash: Place | None = None

    @property
    def successes(self) -> tuple[Response, ...]:
        """Responses that are no errors."""
        return tuple(response for response in self.responses if response.kind != "error")

    @property
    def errors(self) -> tuple[Response, ...]:
        """Responses of error paths: a status from 400, or returned where an error was caught."""
        return tuple(response for response in self.responses if response.kind == "error")


class FromEnvironment(NamedTuple):
    """A header value that a function is to read from an environment variable."""

    name: str


#: A header value that code is to send.
NewValue: TypeAlias = Union[str, FromEnvironment]


class FileEdit(NamedTuple):
    """A change of a file: ``text`` in the place of ``[start, end)``, in code points of the file as read."""

    path: str
    start: int
    end: int
    text: str
