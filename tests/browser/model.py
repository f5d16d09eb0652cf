"""What the model says of an exchange, in the form in which real browsers are seen."""

from __future__ import annotations

import re
from typing import NamedTuple

from cfncors.browser import PreflightCache, Request, Response, Verdict
from cfncors.browser.fetch import fetch
from cfncors.browser.profiles import Profile
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


def hop_of(url: str) -> int | None:
    """The hop that a URL of an exchange stands for."""
    found = re.search(r"/x/\d+/(\d+)(?:#|$)", url)
    return int(found[1]) if found else None


class Prediction(NamedTuple):
    """The outcome by the model, and its verdicts, one for each time."""

    outcome: Outcome
    verdicts: list[Verdict]


def predict(exchange: Exchange, origins: Origins, profile: Profile) -> Prediction:
    """What the model says of an exchange, asked for TIMES times."""
    cache = PreflightCache(clock=lambda: 0.0)
    wire: list[Wire] = []

    def server(request: Request) -> Response:
        hop = hop_of(request.url)
        if hop is None:
            return Response(404, [("Content-Length", "0")])
        wire.append(seen(hop, request.method, request.headers))
        return exchange.answer(hop, request.method, request.headers, origins)

    request = exchange.request(origins)
    verdicts = [fetch(request, server, profile, cache) for _ in range(TIMES)]
    readable = tuple(tuple(verdict.readable_headers) if verdict.allowed else None for verdict in verdicts)
    return Prediction(Outcome(readable, tuple(wire)), verdicts)
