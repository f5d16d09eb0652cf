"""Everything that the local server answers: the front doors' routes, the page, the page's data and what it saw."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable
from importlib import resources
from typing import Final, NamedTuple

from cfncors.browser import ProfileName, Request
from cfncors.gateway.model import ALLOW_ORIGIN
from cfncors.report.terminal import printable
from cfncors.serve.answers import Headers, Reply, reply
from cfncors.serve.deployment import Deployment, Watched
from cfncors.serve.matrix import matrix

Say = Callable[[str], None]

#: The page's own addresses. No forced outcome has these names, so no route of an API is lost.
MATRIX: Final = "/~matrix"
SEEN: Final = "/~seen"
EDITION: Final = "/~edition"
#: How the page asks for the differences of its browser from the standard.
PROFILES: Final[dict[str, ProfileName]] = {"profile=chromium": "chromium", "profile=firefox": "firefox"}
_HTML: Final = "text/html; charset=utf-8"
_NOTHING: Final = "no Access-Control-Allow-Origin"


class Seen(NamedTuple):
    """What a browser did with one request of the page."""

    api: str
    route: str
    case: str
    outcome: str
    readable: bool
    agrees: bool


def greeting(deployment: Deployment, url: str) -> str:
    """What is served, and where: the first lines that a user sees."""
    name = deployment.model.template.document.name
    first, *others = (served.door.logical_id for served in deployment.served)
    lines = [f"{name}: {first} on {url}", *(f"{name}: {other} on {url}/{other}" for other in others)]
    lines += [f"{name}: {remark}" for remark in deployment.remarks]
    if deployment.assumed:
        lines.append(f"Assumed: {', '.join(deployment.assumed)}; --parameter says otherwise.")
    lines.append(f"Open {url}/ to see what your browser makes of it; Ctrl-C ends.")
    return printable("\n".join(lines))


class Site:
    """Answers requests, one line to ``say`` for each. Safe to call from several threads."""

    def __init__(self, watched: Watched, say: Say, *, quiet: bool = False) -> None:
        self.watched = watched
        self._say = say
        self.quiet = quiet
        #: the origins under which the page may be open; the server adds its own
        self.here: frozenset[str] = frozenset()
        #: what the page saw in its last run, and a signal for each run
        self.seen: tuple[Seen, ...] = ()
        self.ran = threading.Event()
        self._lock = threading.Lock()
        self._saying = threading.Lock()

    def say(self, text: str) -> None:
        """Tell the user one line; those of several threads do not mix."""
        with self._saying:
            self._say(printable(text).replace("\n", " "))

    def answer(self, request: Request, body: bytes = b"", *, large: bool = False) -> Reply:
        """The answer to any request; ``large``: its body has more than 10 MB."""
        self._refresh()
        own = self._own(request, body)
        if own is not None:
            return own
        sent = reply(self.watched.deployment, request, self.here, large=large)
        self._log(request, sent)
        return sent

    def _refresh(self) -> None:
        with self._lock:
            note = self.watched.refresh()
        if note is not None:
            self.say(note)

    def _own(self, request: Request, body: bytes) -> Reply | None:
        path = request.url.partition("?")[0]
        if request.method == "GET" and path == "/" and _navigates(request):
            text = resources.files("cfncors.serve").joinpath("page.html").read_bytes()
            return _page(text, _HTML)
        if request.method == "GET" and path == MATRIX:
            own = f"http://{_header(request, 'host')}"
            profile = PROFILES.get(request.url.partition("?")[2], "fetch")
            data = json.dumps(matrix(self.watched.deployment, own, profile), ensure_ascii=False)
            return _page(data.encode(), "application/json")
        if request.method == "GET" and path == EDITION:
            return _page(str(self.watched.deployment.edition).encode(), "text/plain")
        if request.method == "POST" and path == SEEN and request.origin in self.here:
            return self._note(body)
        return None

    def _note(self, body: bytes) -> Reply:
        """Keep what the page saw, and say how it compares."""
        try:
            told = json.loads(body)
            seen = tuple(Seen(*(each[name] for name in Seen._fields)) for each in told["seen"])
            browser = str(told["browser"])
        except (ValueError, KeyError, TypeError):
            return Reply(400, [], "page", b"")
        self.seen = seen
        self.ran.set()
        same = sum(1 for each in seen if each.agrees)
        self.say(f"{browser}: {same} of {len(seen)} exchanges as predicted")
        return Reply(204, [], "page", b"")

    def _log(self, request: Request, sent: Reply) -> None:
        if self.quiet:
            return
        allowed = [value for name, value in sent.headers if name.lower() == ALLOW_ORIGIN]
        told = f"Access-Control-Allow-Origin: {', '.join(allowed)}" if allowed else _NOTHING if request.origin else ""
        kind = f"{sent.kind}, assumed" if sent.assumed else sent.kind
        line = f"{request.method} {request.url.partition('?')[0]} → {sent.status} {kind}"
        self.say(f"{line} · {told}" if told else line)


def _navigates(request: Request) -> bool:
    """Whether a person opens the address, rather than a script."""
    mode = _header(request, "sec-fetch-mode")
    if mode:
        return mode == "navigate"
    return not request.origin and "text/html" in _header(request, "accept")


def _header(request: Request, lower: str) -> str:
    return next((value for name, value in request.headers if name.lower() == lower), "")


def _page(body: bytes, kind: str) -> Reply:
    headers: Headers = [("Content-Type", kind), ("Cache-Control", "no-store")]
    return Reply(200, headers, "page", body)
