"""What the model says of an exchange, in the form in which real browsers are seen."""

from __future__ import annotations

from typing import NamedTuple

from cfncors.browser import PreflightCache, ProfileName, Request, Response, evaluate
from tests.browser.exchanges import Exchange, Headers, Origins

#: Each exchange is asked for twice, so that the preflight cache shows.
TIMES = 2

#: The request headers that are compared, beside the method and the URL.
SEEN = ("origin", "access-control-request-method", "access-control-request-headers", "content-type", "authorization")


class Wire(NamedTuple):
    """One request as a server saw it: the hop, the method, and the headers of SEEN (``None``: not sent)."""

    hop: int
    method: str
    headers: tuple[str | None, ...]


class Outcome(NamedTuple):
    """What became of an exchange: for each time the readable names (``None``: blocked), and all that was sent."""

    readable: tuple[tuple[str, ...] | None, ...]
    wire: tuple[Wire, ...]


def seen(hop: int, method: str, headers: Headers) -> Wire:
    """A request as it is compared."""
    sent = {name.lower(): value for name, value in headers}
    return Wire(hop, method, tuple(sent.get(name) for name in SEEN))


def predict(exchange: Exchange, origins: Origins, profile: ProfileName) -> tuple[Outcome, list[str | None]]:
    """The outcome by the model, and its console lines."""
    cache = PreflightCache(clock=lambda: 0.0)
    wire: list[Wire] = []

    def server(request: Request) -> Response:
        if request.url.endswith("/elsewhere"):
            return Response(404, [])
        hop = int(request.url.rpartition("/")[2])
        wire.append(seen(hop, request.method, request.headers))
        return exchange.answer(hop, request.method, request.headers, origins)

    request = exchange.request(origins)
    verdicts = [evaluate(request, server, profile, cache) for _ in range(TIMES)]
    readable = tuple(tuple(verdict.readable_headers) if verdict.allowed else None for verdict in verdicts)
    return Outcome(readable, tuple(wire)), [verdict.console for verdict in verdicts]
