"""Real browsers: started as they are, on a page that asks for exchanges and posts what it saw.

All goes over loopback. The servers speak HTTP by hand, so that headers go out exactly as an exchange says.
"""

from __future__ import annotations

import asyncio
import json
import os
import re
import shutil
import signal
import subprocess
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from itertools import pairwise
from pathlib import Path
from typing import Literal, NamedTuple

from tests.browser.exchanges import BODY, Exchange, Headers, Origins, has_body
from tests.browser.model import TIMES, Outcome, Wire, hop_of, seen

Browser = Literal["chromium", "firefox"]
EXECUTABLES: dict[Browser, tuple[str, ...]] = {
    "chromium": ("chromium", "chromium-browser"),
    "firefox": ("firefox-esr", "firefox"),
}
PAGE = Path(__file__).with_name("page.html")

_CHROMIUM = (
    *("--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-sync"),
    *("--disable-background-networking", "--disable-component-update", "--disable-extensions"),
    *("--no-default-browser-check", "--disable-dev-shm-usage", "--enable-logging=stderr", "--log-level=0"),
    "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE localhost, EXCLUDE 127.0.0.1",
)
#: Nothing but the page: no updates, telemetry, captive-portal checks or remote settings.
_FIREFOX = {
    "app.normandy.enabled": False,
    "app.update.enabled": False,
    "app.update.disabledForTesting": True,
    "browser.aboutwelcome.enabled": False,
    "browser.contentblocking.introCount": 99,
    "browser.region.network.url": "",
    "browser.safebrowsing.malware.enabled": False,
    "browser.safebrowsing.phishing.enabled": False,
    "browser.safebrowsing.downloads.enabled": False,
    "browser.search.update": False,
    "browser.shell.checkDefaultBrowser": False,
    "browser.startup.homepage_override.mstone": "ignore",
    "datareporting.healthreport.uploadEnabled": False,
    "datareporting.policy.dataSubmissionEnabled": False,
    "extensions.update.enabled": False,
    "extensions.systemAddon.update.enabled": False,
    "media.gmp-manager.updateEnabled": False,
    "network.captive-portal-service.enabled": False,
    "network.connectivity-service.enabled": False,
    "network.dns.disablePrefetch": True,
    "network.prefetch-next": False,
    "network.trr.mode": 5,
    "services.settings.server": "data:,#remote-settings-dummy/v1",
    "toolkit.telemetry.enabled": False,
    "toolkit.telemetry.server": "",
}
_CONSOLE = re.compile(r'^\[[^\]]*CONSOLE[:(]\d+\)?\] "(.*)", source: .* \(\d+\)$', re.MULTILINE | re.DOTALL)
_LINE = re.compile(r"^\[\d+[:/]", re.MULTILINE)


class Run(NamedTuple):
    """What a browser did with exchanges, and what it printed in its console."""

    origins: Origins
    outcomes: dict[int, Outcome]
    console: list[str]


class NotFinished(RuntimeError):
    """A browser did not do its exchanges in time."""


def executable(browser: Browser) -> str | None:
    """The browser's program, where it is installed."""
    return next((found for name in EXECUTABLES[browser] if (found := shutil.which(name))), None)


def version(browser: Browser) -> str:
    """What the program says of itself."""
    command = [executable(browser) or EXECUTABLES[browser][0], "--version"]
    return subprocess.run(command, capture_output=True, text=True, check=True, timeout=60).stdout.strip()


def run(
    browser: Browser, exchanges: Sequence[Exchange], uncaught: Sequence[tuple[str, object]] = (), timeout: float = 120
) -> Run:
    """Let a browser do the exchanges. ``uncaught`` are calls of ``fetch()`` whose errors reach the console. A
    browser that does not finish (Chromium may stop answering on a busy machine; it needs 5 s) is started once more."""
    try:
        return asyncio.run(_run(browser, exchanges, uncaught, timeout))
    except NotFinished:
        return asyncio.run(_run(browser, exchanges, uncaught, timeout))


async def _run(
    browser: Browser, exchanges: Sequence[Exchange], uncaught: Sequence[tuple[str, object]], timeout: float
) -> Run:
    hosts = _Hosts(exchanges, uncaught)
    async with asyncio.timeout(timeout):
        servers = [await asyncio.start_server(hosts.talk, "127.0.0.1", 0)]
        servers += await _both_localhosts(hosts)
        servers += await _both_localhosts(hosts)
    page, api, _, other, _ = (server.sockets[0].getsockname()[1] for server in servers)
    hosts.origins = Origins(f"http://127.0.0.1:{page}", f"http://localhost:{api}", f"http://localhost:{other}")
    with started(browser, f"{hosts.origins.page}/") as log:
        try:
            async with asyncio.timeout(timeout):
                results = await hosts.results
        except TimeoutError:
            tail = log.read_text(encoding="utf-8", errors="replace")[-2000:]
            raise NotFinished(f"{browser} did not finish within {timeout} s; it printed:\n{tail}") from None
        finally:
            for server in servers:
                server.close()
    printed = console_lines(log.read_text(encoding="utf-8", errors="replace"))
    log.unlink()
    return Run(hosts.origins, hosts.outcomes(results), printed)


async def _both_localhosts(hosts: _Hosts) -> list[asyncio.Server]:
    """One port of 127.0.0.1 and of ::1, for browsers try both."""
    first = await asyncio.start_server(hosts.talk, "127.0.0.1", 0)
    port = first.sockets[0].getsockname()[1]
    try:
        return [first, await asyncio.start_server(hosts.talk, "::1", port)]
    except OSError:  # no IPv6 here, or the port is taken there
        return [first, first]


@contextmanager
def started(browser: Browser, url: str) -> Iterator[Path]:
    """The browser on ``url`` with a profile of its own, ended with all its children; yields the file of its log."""
    program = executable(browser)
    if program is None:
        raise FileNotFoundError(f"{browser} is not installed")
    profile = Path(tempfile.mkdtemp(prefix="cfncors-"))
    descriptor, name = tempfile.mkstemp(prefix="cfncors-", suffix=".log")
    command = [program, *_arguments(browser, profile), url]
    environment = {**os.environ, "HOME": str(profile)}
    with os.fdopen(descriptor, "wb") as log:
        process = subprocess.Popen(
            command, stdout=log, stderr=log, stdin=subprocess.DEVNULL, env=environment, start_new_session=True
        )
        try:
            yield Path(name)
        finally:
            _end(process)
            shutil.rmtree(profile, ignore_errors=True)


def _arguments(browser: Browser, profile: Path) -> list[str]:
    if browser == "chromium":
        return [*_CHROMIUM, f"--user-data-dir={profile}"]
    lines = [f"user_pref({json.dumps(name)}, {json.dumps(value)});\n" for name, value in _FIREFOX.items()]
    (profile / "user.js").write_text("".join(lines), encoding="utf-8")
    return ["--headless", "--no-remote", "--profile", str(profile)]


def _end(process: subprocess.Popen[bytes]) -> None:
    for number in (signal.SIGTERM, signal.SIGKILL):
        try:
            os.killpg(process.pid, number)
        except ProcessLookupError:
            break
        try:
            process.wait(10)
        except subprocess.TimeoutExpired:
            continue
    process.wait(10)


def console_lines(log: str) -> list[str]:
    """The messages of a page's console in what Chromium wrote to its log."""
    starts = [found.start() for found in _LINE.finditer(log)] + [len(log)]
    parts = [log[start:end].rstrip("\n") for start, end in pairwise(starts)]
    return [found[1] for part in parts if (found := _CONSOLE.match(part))]


class _Hosts:
    """The server of the page and of the exchanges: by the path, not by the port."""

    def __init__(self, exchanges: Sequence[Exchange], uncaught: Sequence[tuple[str, object]]) -> None:
        self.exchanges = {exchange.number: exchange for exchange in exchanges}
        self.uncaught = uncaught
        self.origins = Origins("", "", "")
        self.wire: dict[int, list[Wire]] = {number: [] for number in self.exchanges}
        self.results: asyncio.Future[dict[str, list[dict[str, list[str]]]]] = asyncio.get_running_loop().create_future()

    async def talk(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """One connection, request after request."""
        try:
            while True:
                head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1")
                line, *rest = head.removesuffix("\r\n\r\n").split("\r\n")
                headers = [(name, value.strip()) for name, _, value in (each.partition(":") for each in rest)]
                length = next((int(value) for name, value in headers if name.lower() == "content-length"), 0)
                body = await reader.readexactly(length)
                method, path, _ = line.split(" ")
                writer.write(self.respond(method, path, headers, body))
                await writer.drain()
        except (asyncio.IncompleteReadError, ConnectionError, asyncio.CancelledError):
            pass
        finally:
            writer.close()

    def respond(self, method: str, path: str, headers: Headers, body: bytes) -> bytes:
        """The answer to one request, as bytes."""
        if (hop := hop_of(path)) is not None:
            return self.answer(method, int(path.split("/")[2]), hop, headers)
        if path == "/":
            return page(PAGE.read_bytes(), "text/html")
        if path == "/exchanges":
            return page(self.work(), "application/json")
        if path == "/done":
            self.results.set_result(json.loads(body))
            return message(204, [])
        return message(404, [("Content-Length", "0")])

    def work(self) -> bytes:
        """What the page is to do."""
        exchanges = [
            {**exchange._asdict(), "hops": None, "url": exchange.url(0, self.origins)}
            for exchange in self.exchanges.values()
        ]
        uncaught = [(url.replace("{api}", self.origins.api), init) for url, init in self.uncaught]
        return json.dumps({"exchanges": exchanges, "times": TIMES, "uncaught": uncaught}).encode()

    def answer(self, method: str, number: int, hop: int, headers: Headers) -> bytes:
        """What the exchange says, noting what was asked."""
        self.wire[number].append(seen(hop, method, headers))
        status, answered = self.exchanges[number].answer(hop, method, headers, self.origins)
        return message(status, answered, BODY.encode() if has_body(method, status) else b"")

    def outcomes(self, results: dict[str, list[dict[str, list[str]]]]) -> dict[int, Outcome]:
        """What the page saw and what was on the wire, by the exchange's number."""
        return {
            number: Outcome(
                tuple(tuple(sorted(time["headers"])) if "headers" in time else None for time in results[str(number)]),
                tuple(self.wire[number]),
            )
            for number in self.exchanges
        }


def page(body: bytes, kind: str) -> bytes:
    """A response that is read once."""
    length = ("Content-Length", str(len(body)))
    return message(200, [("Content-Type", kind), length, ("Cache-Control", "no-store")], body)


def message(status: int, headers: Headers, body: bytes = b"") -> bytes:
    """An HTTP/1.1 response with exactly these headers."""
    lines = [f"HTTP/1.1 {status} Status", *(f"{name}:{value}" for name, value in headers)]
    return "\r\n".join([*lines, "", ""]).encode("latin-1") + body
