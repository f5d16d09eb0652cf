"""Origins: https://html.spec.whatwg.org/multipage/browsers.html#origin."""

from __future__ import annotations

import re
from functools import lru_cache
from urllib.parse import urlsplit

from cfncors.browser.serialised import problem, punycode

_DEFAULT_PORTS = {"http": 80, "https": 443, "ws": 80, "wss": 443}
_EXAMPLE = "write it as a browser does, for example https://app.example.com"
_NOT_IN_HOSTS = re.compile(r"[\x00-\x20#/<>?@\\^|%\x7f]")


@lru_cache(4096)
def origin_of(url: str) -> str:
    """The serialised origin of an absolute URL: scheme, host and the port unless it is the scheme's own.

    Raises ValueError for what is no absolute URL with a host.
    https://html.spec.whatwg.org/multipage/browsers.html#ascii-serialisation-of-an-origin
    """
    try:
        parts = urlsplit(url)
        host, port = parts.hostname, parts.port
    except ValueError as error:
        raise ValueError(f"{url!r} is no URL: {error}") from None
    if not parts.scheme or not host or _NOT_IN_HOSTS.search(host):
        raise ValueError(f"{url!r} is no absolute URL with a host, such as https://api.example.com/notes")
    if ":" in host:
        host = f"[{host}]"
    elif not host.isascii():
        host = _ascii(host, url)
    shown = "" if port is None or port == _DEFAULT_PORTS.get(parts.scheme) else f":{port}"
    return f"{parts.scheme}://{host}{shown}"


def _ascii(host: str, url: str) -> str:
    named = punycode(host)
    if named is None:
        raise ValueError(f"{url!r} has a host that is no domain name")
    return named


@lru_cache(4096)
def check_origin(origin: str) -> None:
    """Raise ValueError for a page's origin that no browser would send."""
    if origin == "null":
        return
    found = problem(origin)
    if found is not None:
        known = found.write is not None and "scheme" not in found.kinds
        raise ValueError(f"{origin!r} is no origin; {f'a browser sends {found.write}' if known else _EXAMPLE}")


def has_credentials(url: str) -> bool:
    """Whether a URL carries a user name or password: https://url.spec.whatwg.org/#include-credentials."""
    return "@" in url and "@" in urlsplit(url).netloc
