"""What passes between a page and a server, and what becomes of it."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Literal, NamedTuple

if TYPE_CHECKING:
    from cfncors.browser.faults import Fault
    from cfncors.browser.steps import Step

#: A request's credentials mode. Only ``include`` sends cookies and stored passwords to another origin.
Credentials = Literal["omit", "same-origin", "include"]

#: Name and value pairs in the order of the message; a name may occur more than once.
Headers = list[tuple[str, str]]


class Request(NamedTuple):
    """What a page hands to ``fetch()``, or what a server is sent.

    ``origin`` is the page's, as a browser writes it: ``https://app.example.com``, or ``null``. Header values and
    the body are text of one code point per byte (Latin-1), as in JavaScript.
    """

    method: str
    url: str
    origin: str
    headers: Headers
    credentials: Credentials
    body: str | None = None


class Response(NamedTuple):
    """A server's answer, as far as the protocol looks at it."""

    status: int
    headers: Headers


#: Answers one request; called for the preflight and for the request itself, once for each hop of a redirect.
Server = Callable[[Request], Response]


class Verdict(NamedTuple):
    """What the page gets.

    ``step`` is the step of the standard that decided and ``reason`` says so to people. ``console`` is the line that
    Chromium prints (where ``fetch()`` throws: if the page does not catch that), or ``None`` if it prints none.
    ``readable_headers`` are the names that the page may read, in lower case, sorted; ``preflight`` is the first
    preflight that was sent. ``fault`` is what is wrong, as a value, and ``None`` when nothing is.
    """

    allowed: bool
    step: Step
    reason: str
    console: str | None
    readable_headers: list[str]
    preflight: Request | None
    fault: Fault | None = None


class Failure(NamedTuple):
    """A step that failed, and how; ``console`` is the part of Chromium's line after its common beginning."""

    step: Step
    fault: Fault
    reason: str
    console: str | None
