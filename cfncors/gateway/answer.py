"""A predicted response: its headers as values, who decides what the template does not, and how sure it is."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING, Final, Literal, NamedTuple

from cfncors.gateway.expressions import literal
from cfncors.gateway.model import (
    ALLOW_CREDENTIALS,
    ALLOW_HEADERS,
    ALLOW_METHODS,
    ALLOW_ORIGIN,
    CodePlace,
    Header,
    Headers,
    Model,
)
from cfncors.source import Node
from cfncors.template import Absent, Choice, Known

if TYPE_CHECKING:
    from cfncors.browser import Request

#: The outcome of a request that all goes well for.
SUCCESS: Final = "success"
#: The kind of an answer that code gives.
HANDLER: Final = "handler"
#: The kind of an answer that code gives which has been looked at.
CODE: Final = "code"
#: How sure a prediction is: AWS's documentation says so; it was seen on AWS by others; it follows from what is known.
Confidence = Literal["documented", "observed", "inferred"]


class Undecided(NamedTuple):
    """Why a part of an answer is not known, in words; ``parameter`` is the one whose value would decide it."""

    text: str
    parameter: str | None = None


class Loss(NamedTuple):
    """A request header (as written for people) that a distribution does not forward to the front door behind it, which
    needs the header for what it answers otherwise. ``door`` is that front door's logical id, ``behavior`` the path
    pattern of the cache behavior that takes the header away."""

    header: str
    door: str
    behavior: str


class Sent(NamedTuple):
    """A header that the response carries. ``text`` is ``None`` when it is not known; ``why`` then says why not, for
    people, and ``parameter`` names the parameter whose value would decide it."""

    name: str
    text: str | None
    why: str = ""
    doubt: str = ""
    node: Node | None = None
    #: taken from the request
    copied: bool = False
    parameter: str | None = None
    #: not known because a copy is kept for all origins alike, which whoever asked first decides
    shared: bool = False
    #: where code writes it
    at: CodePlace | None = None

    @property
    def lower(self) -> str:
        """The name in lower case."""
        return self.name.lower()

    @property
    def is_cors(self) -> bool:
        """Whether browsers read it for CORS."""
        return self.lower.startswith("access-control-")


class Answer(NamedTuple):
    """What API Gateway answers.

    ``status`` is ``None`` when the template does not decide it. ``kind`` names what makes the answer: a type of
    gateway response, ``MOCK``, ``integration`` or ``handler``. ``open`` says who decides the rest of it, where the
    template does not: then any header may come, or none. ``decides`` says who decides the status alone, where the
    headers are known. ``doubts`` say what is not documented, in words. ``losses`` are the request headers for want of
    which it is no better. ``shared``: all of it is open because a copy is kept for all origins alike.
    """

    status: int | None
    kind: str
    what: str
    headers: tuple[Sent, ...] = ()
    confidence: Confidence = "documented"
    open: str = ""
    doubts: tuple[str, ...] = ()
    decides: str = ""
    #: what is written that makes the answer: a method, a gateway response, a configuration, a cache behavior
    node: Node | None = None
    losses: tuple[Loss, ...] = ()
    shared: bool = False
    #: where code makes it
    at: CodePlace | None = None

    @property
    def story(self) -> str:
        """What answers, for people, with the request headers that it would have needed."""
        if not self.losses:
            return self.what
        return f"{self.what}; the cache behavior does not forward {' and '.join(each.header for each in self.losses)}"

    @property
    def is_shared(self) -> bool:
        """Whether Access-Control-Allow-Origin is that of whoever asked first."""
        sent = self.header(ALLOW_ORIGIN)
        return self.shared or (sent is not None and sent.shared)

    def header(self, lower: str) -> Sent | None:
        """A header by its name in lower case."""
        return next((sent for sent in self.headers if sent.lower == lower), None)

    @property
    def unknown(self) -> tuple[Undecided, ...]:
        """Why parts of the answer are not known; empty when the template decides all of it."""
        reasons = [Undecided(reason) for reason in (self.open, self.decides) if reason]
        names: dict[Undecided, dict[str, None]] = {}
        for sent in self.headers:
            if sent.text is None:
                names.setdefault(Undecided(sent.why, sent.parameter), {})[sent.name] = None
        for why, each in names.items():
            verb = "is" if len(each) == 1 else "are"
            reasons.append(why._replace(text=f"{', '.join(each)} {verb} not known: {why.text}"))
        return tuple(dict.fromkeys(reasons))

    def concrete(self, request: Request, *, kind: bool) -> tuple[int, list[tuple[str, str]]]:
        """Status and headers to judge: what is not known is what the page hopes for (``kind``), or nothing."""
        hoped = dict(_hoped(request)) if kind else {}
        status = self.status or (204 if request.method == "OPTIONS" else 200)
        if self.decides and self.status is None and not kind:
            status = 500
        if self.open:
            return status, list(hoped.items())
        sent = []
        for each in self.headers:
            text = each.text if each.text is not None else hoped.get(each.lower)
            if text is not None:
                sent.append((each.name, text))
        return status, sent


def path_of(url: str) -> str:
    """The path of an absolute URL, or of a request line."""
    rest = url.partition("://")[2]
    path = f"/{rest.partition('/')[2]}" if rest else url
    return re.split(r"[?#]", path, maxsplit=1)[0] or "/"


def doubts_of(headers: Iterable[Sent]) -> tuple[str, ...]:
    """What is not documented about the headers that a browser looks at."""
    return tuple(dict.fromkeys(sent.doubt for sent in headers if sent.doubt and sent.is_cors))


def _hoped(request: Request) -> Iterator[tuple[str, str]]:
    """The headers with which a browser lets everything pass."""
    asked = {name.lower(): value for name, value in request.headers}
    yield ALLOW_ORIGIN, request.origin
    yield ALLOW_CREDENTIALS, "true"
    yield ALLOW_METHODS, asked.get("access-control-request-method", "GET")
    yield ALLOW_HEADERS, asked.get("access-control-request-headers", "")


def request_headers(request: Request) -> dict[str, str]:
    """A request's headers by name in lower case, with the page's origin."""
    return {"origin": request.origin, **{name.lower(): value for name, value in request.headers}}


def sent_headers(model: Model, headers: Headers, request: Request) -> tuple[Sent, ...]:
    """Configured headers as they are sent in answer to a request; ``AWS::NoValue`` is none."""
    found = (_sent(model, header, request) for header in headers.values())
    return tuple(sent for sent in found if sent is not None)


def _sent(model: Model, header: Header, request: Request) -> Sent | None:
    value = header.value
    if not isinstance(value, Known) or value.assumes:
        value = model.template.value(header.node)
    if isinstance(value, Absent):
        return None
    if isinstance(value, Choice):
        return Sent(header.name, None, "one of several values", node=header.node)
    if not isinstance(value, Known):
        return Sent(header.name, None, value.reason, node=header.node, parameter=value.parameter)
    return _mapped(header, value.text, request)


def _mapped(header: Header, text: str, request: Request) -> Sent:
    """A mapping expression: a literal in quotes, or a source to copy from."""
    inner = literal(text)
    if inner is not None:
        return Sent(header.name, inner, node=header.node)
    if text.startswith(("method.request.header.", "method.request.multivalueheader.")):
        return _copied(header, text.split(".", 3)[3], request)
    if text.startswith(("method.request.", "integration.response.", "context.", "stageVariables.")):
        return Sent(header.name, None, f"copied from {text}", node=header.node)
    # Taken as it was meant: rules E9411 and E9413 speak of it, and the deployment fails.
    meant = text[1:-1] if len(text) > 1 and text[0] == text[-1] == '"' else text
    doubt = f"{header.name} stands without single quotes: the deployment fails, this is what was meant"
    return Sent(header.name, meant, doubt=doubt, node=header.node)


def _copied(header: Header, name: str, request: Request) -> Sent:
    given = request_headers(request).get(name.lower())
    doubt = (
        f"{header.name} copies the request's {name}; whether API Gateway finds it under this spelling is not documented"
    )
    return Sent(header.name, given or "", doubt=doubt, node=header.node, copied=True)
