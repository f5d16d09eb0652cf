"""HTTP/1.1 on this machine's own addresses. An answer's headers are those predicted and those that HTTP needs."""

from __future__ import annotations

import errno
import ipaddress
import socket
import socketserver
import sys
import threading
from email.utils import formatdate
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler
from typing import Final

from cfncors.browser import Request, origin_of
from cfncors.errors import UsageError
from cfncors.serve.answers import Reply
from cfncors.serve.site import Site

#: API Gateway takes no more (Developer Guide, "Quotas for configuring and running a REST API": payload size).
_LARGEST: Final = 10 * 1024 * 1024
_IDLE: Final = 120.0
#: What HTTP itself decides; a template's own value for these would break the connection.
_FRAMING: Final = frozenset(("connection", "content-length", "date", "transfer-encoding"))
_BODILESS: Final = frozenset((204, 304))


class BadRequest(ValueError):
    """A request that is no HTTP, with the reason."""


class Server:
    """Listens and answers until it is closed. Raises :class:`UsageError` when it may not or cannot listen."""

    def __init__(self, site: Site, host: str = "127.0.0.1", port: int = 3000, *, remote: bool = False) -> None:
        _check_address(host, remote)
        self.site = site
        self._listeners = _listeners(site, host, port)
        self.port: int = self._listeners[0].server_address[1]
        self.url = f"http://{f'[{host}]' if ':' in host else host}:{self.port}"
        names = {"127.0.0.1", "localhost", "[::1]", f"[{host}]" if ":" in host else host}
        site.here = frozenset(origin_of(f"http://{name}:{self.port}") for name in names)

    def run(self) -> None:
        """Answer requests; returns after :meth:`close` from another thread."""
        for listener in self._listeners[1:]:
            threading.Thread(target=listener.serve_forever, args=(0.1,), daemon=True).start()
        self._listeners[0].serve_forever(0.1)

    def close(self, *, running: bool = True) -> None:
        """Stop listening."""
        for listener in self._listeners:
            if running:
                listener.shutdown()
            listener.server_close()


def _check_address(host: str, remote: bool) -> None:
    if remote or host == "localhost":
        return
    try:
        loopback = ipaddress.ip_address(host).is_loopback
    except ValueError:
        loopback = False
    if not loopback:
        raise UsageError(
            f"--host {host}: other machines could reach the server; add --allow-remote if that is meant, "
            "or leave --host away for 127.0.0.1"
        )


def _listeners(site: Site, host: str, port: int) -> list[_Listener]:
    """One listener, and for 127.0.0.1 another on ::1, for browsers may look there for ``localhost`` first."""
    host = "127.0.0.1" if host == "localhost" else host
    first = _listen(site, host, port)
    if host != "127.0.0.1" or not socket.has_ipv6:
        return [first]
    for _ in range(20):
        try:
            return [first, _Listener(site, "::1", first.server_address[1])]
        except OSError as error:
            if error.errno != errno.EADDRINUSE:  # no IPv6 here
                return [first]
            first.server_close()
            if port:
                raise UsageError(_in_use(port, "::1")) from None
            first = _listen(site, host, 0)
    return [first]


def _listen(site: Site, host: str, port: int) -> _Listener:
    try:
        return _Listener(site, host, port)
    except socket.gaierror:
        raise UsageError(f"--host {host} is no address of this machine") from None
    except OSError as error:
        if error.errno == errno.EADDRINUSE:
            raise UsageError(_in_use(port, host)) from None
        if error.errno == errno.EADDRNOTAVAIL:
            raise UsageError(f"--host {host} is no address of this machine") from None
        raise UsageError(f"cannot listen on port {port} of {host}: {error.strerror}") from None


def _in_use(port: int, host: str) -> str:
    return f"port {port} of {host} is in use; choose another, such as --port {port + 1}, or --port 0 for any free one"


class _Listener(socketserver.ThreadingTCPServer):
    daemon_threads = True
    allow_reuse_address = True
    request_queue_size = 128

    def __init__(self, site: Site, host: str, port: int) -> None:
        self.site = site
        self.address_family = socket.AF_INET6 if ":" in host else socket.AF_INET
        super().__init__((host, port), _Connection)

    def handle_error(self, request: object, client_address: object) -> None:  # noqa: ARG002
        """A connection that broke is nobody's concern; a fault of ours is told, and the server goes on."""
        error = sys.exception() if hasattr(sys, "exception") else sys.exc_info()[1]
        if not isinstance(error, (ConnectionError, TimeoutError)):
            self.site.say(f"internal error: {type(error).__name__}: {error}; please report it")


class _Connection(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    timeout = _IDLE
    disable_nagle_algorithm = True
    server: _Listener

    def handle_one_request(self) -> None:
        """One request of a connection that stays open; any method."""
        self.raw_requestline = self.rfile.readline(65537)
        if not self.raw_requestline:
            self.close_connection = True
        elif len(self.raw_requestline) > 65536:
            self.requestline = self.request_version = self.command = ""
            self.send_error(HTTPStatus.REQUEST_URI_TOO_LONG)
        elif self.parse_request():
            self._answer()

    def _answer(self) -> None:
        try:
            body = self._body()
        except BadRequest as error:
            self.send_error(HTTPStatus.BAD_REQUEST, str(error))
            return
        headers = [(str(name), str(value)) for name, value in self.headers.items()]
        origin = str(self.headers.get("Origin", ""))
        request = Request(self.command, self.path, origin, headers, "same-origin")
        try:
            reply = self.server.site.answer(request, body or b"", large=body is None)
        except Exception as error:  # one request must not end the connection, nor hide what went wrong
            told = f"internal error on {self.command} {self.path}: {type(error).__name__}: {error}; please report it"
            self.server.site.say(told)
            reply = Reply(500, [("Content-Type", "text/plain; charset=utf-8")], "cfncors", f"{told}\n".encode())
        self._send(reply)

    def _body(self) -> bytes | None:
        """The body, read so that the next request begins after it; ``None``, and the connection ends, when it is too
        large."""
        if "chunked" in self.headers.get("Transfer-Encoding", "").lower():
            return self._chunks()
        length = self.headers.get("Content-Length", "0").strip()
        if not length.isascii() or not length.isdecimal():
            raise BadRequest(f"Content-Length {length!r} is no number")
        if int(length) > _LARGEST:
            self.close_connection = True
            return None
        body = self.rfile.read(int(length))
        if len(body) < int(length):
            raise BadRequest("the body is shorter than its Content-Length")
        return body

    def _chunks(self) -> bytes | None:
        """A body in chunks (RFC 9112, 7.1), without its trailers."""
        body = bytearray()
        while True:
            size = self.rfile.readline(65537).split(b";")[0].strip()
            try:
                length = int(size, 16)
            except ValueError:
                raise BadRequest("a chunk of the body has no size") from None
            if length <= 0:
                break
            if len(body) + length > _LARGEST:
                self.close_connection = True
                return None
            body += self.rfile.read(length)
            self.rfile.readline(65537)
        while self.rfile.readline(65537) not in (b"\r\n", b"\n", b""):
            pass
        return bytes(body)

    def _send(self, reply: Reply) -> None:
        body = b"" if reply.status in _BODILESS else reply.body
        lines = [f"HTTP/1.1 {reply.status} {_phrase(reply.status)}", f"Date: {formatdate(usegmt=True)}"]
        lines += [f"{name}: {_value(value)}" for name, value in reply.headers if name.lower() not in _FRAMING]
        if reply.status not in _BODILESS:
            lines.append(f"Content-Length: {len(body)}")
        if self.close_connection:
            lines.append("Connection: close")
        head = "\r\n".join([*lines, "", ""]).encode("utf-8")
        self.wfile.write(head if self.command == "HEAD" else head + body)

    def send_error(self, code: int, message: str | None = None, explain: str | None = None) -> None:  # noqa: ARG002
        """Called for what is no HTTP. The connection ends: nobody knows where the next request would begin."""
        self.close_connection = True
        text = f"{message or _phrase(code)}\n"
        self.server.site.say(f"a request that is no HTTP → {code} {_value(message or _phrase(code))}")
        self._send(Reply(int(code), [("Content-Type", "text/plain; charset=utf-8")], "cfncors", text.encode()))


def _phrase(status: int) -> str:
    try:
        return HTTPStatus(status).phrase
    except ValueError:
        return "Status"


def _value(text: str) -> str:
    """A header's value on one line, without what HTTP forbids in it."""
    return "".join(char if char.isprintable() or char == "\t" else " " for char in text).strip()
