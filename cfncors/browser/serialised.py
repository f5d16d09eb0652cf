"""Serialised origins: whether a text is what a browser sends in ``Origin``, and what it should be.

https://html.spec.whatwg.org/multipage/browsers.html#ascii-serialisation-of-an-origin
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import lru_cache
from typing import Final, Literal, NamedTuple

DEFAULT_PORTS: Final = {"http": "80", "https": "443"}
#: What to write when nothing better can be guessed.
FORM: Final = "scheme://host or scheme://host:port, such as https://app.example.com"

Kind = Literal[
    "empty", "blank", "scheme", "opaque", "case", "user", "host", "unicode", "address", "wildcard", "port",
    "default-port", "slash", "path", "query", "fragment", "quote",
]  # fmt: skip
#: Faults after whose correction the text says what it said before.
_SPELLING: Final = frozenset(("case", "default-port", "slash"))

_PARTS: Final = re.compile(
    r"(?:(?P<scheme>[^:/?#]*)://)?(?:(?P<user>[^/?#@]*)@)?(?P<host>\[[^\]]*\]|[^:/?#]*)(?::(?P<port>[^/?#]*))?(?P<rest>.*)",
    re.DOTALL,
)
_SCHEME: Final = re.compile(r"[a-z][a-z0-9+.-]*")
#: Labels as browsers take them: more than a registry does (``_``), less than the standard's "forbidden domain code
#: points" leave (https://url.spec.whatwg.org/#forbidden-domain-code-point), which no real name uses.
_HOST: Final = re.compile(r"[a-z0-9_-]+(?:\.[a-z0-9_-]+)*\.?")
_PORT: Final = re.compile(r"[1-9][0-9]{0,4}")
#: The longest scheme and host that jub0bs/cors takes; a host name has no more (RFC 1035, section 2.3.4).
_LONGEST_SCHEME: Final = 64
_LONGEST_HOST: Final = 253
_LONGEST_LABEL: Final = 63
#: Pages of these have an opaque origin (https://html.spec.whatwg.org/multipage/browsers.html#concept-origin-opaque).
_OPAQUE: Final = frozenset(("about", "blob", "data", "file", "javascript"))
#: URLs of a connection, not of a page.
_SOCKETS: Final = {"ws": "http", "wss": "https"}


class Problem(NamedTuple):
    """Why a text is no serialised origin. ``write`` is what was most likely meant; ``same`` says that writing it
    changes nothing but the spelling."""

    kinds: tuple[Kind, ...]
    reason: str
    write: str | None
    same: bool


class _Fault(NamedTuple):
    kind: Kind
    reason: str


_NO_ADDRESS: Final = _Fault("host", "its host is no IP address")
_OTHERWISE: Final = _Fault("address", "browsers write its address in another form")


@lru_cache(1024)
def problem(text: str) -> Problem | None:
    """Why ``text`` is no serialised origin, ``None`` when it is one (``null`` and ``*`` are none)."""
    stripped = text.strip().strip("'\"").strip()
    if not stripped:
        return Problem(("empty",), "it is empty", None, same=False)
    parts = _PARTS.fullmatch(stripped)
    assert parts is not None  # every part may be absent
    faults = [_Fault("blank", "it holds blanks or quotes")] if stripped != text else []
    scheme, found = _scheme(parts["scheme"], parts["host"])
    faults += found
    host, found = _host(parts["host"])
    faults += [_Fault("user", "it names a user")] if parts["user"] is not None else []
    faults += found
    port, found = _port(parts["port"], scheme)
    faults += [*found, *_rest(parts["rest"])]
    if not faults:
        return None
    write = None
    if scheme is not None and host is not None and port is not None and (parts["scheme"] or _is_host_like(host)):
        write = f"{scheme}://{host}{port}"
    if write is None and faults[0].kind in ("scheme", "opaque"):
        # Of what is no URL at all, the rest says nothing.
        faults[1:] = [fault for fault in faults[1:] if fault.kind == "wildcard"]
    kinds = tuple(dict.fromkeys(fault.kind for fault in faults))
    return Problem(kinds, _listed(faults), write, same=write is not None and _SPELLING.issuperset(kinds))


def _listed(faults: list[_Fault]) -> str:
    reasons = list(dict.fromkeys(fault.reason for fault in faults))
    return " and ".join([", ".join(reasons[:-1]), reasons[-1]] if len(reasons) > 1 else reasons)


def _scheme(scheme: str | None, host: str) -> tuple[str | None, list[_Fault]]:
    """The scheme to write, ``None`` where none is known, and what is wrong with the one there is."""
    if scheme is None:
        return "http" if is_loopback(host.lower()) else "https", [_Fault("scheme", "it has no scheme")]
    lower = scheme.lower()
    if _SCHEME.fullmatch(lower) is None or len(lower) > _LONGEST_SCHEME:
        reason = "* matches no scheme" if "*" in scheme else "its scheme is none"
        return None, [_Fault("wildcard" if "*" in scheme else "scheme", reason)]
    if lower in _OPAQUE:
        return None, [_Fault("opaque", f"browsers send null for pages of {lower}:")]
    if lower in _SOCKETS:
        return _SOCKETS[lower], [_Fault("scheme", f"no page is loaded by {lower}:")]
    return lower, [_Fault("case", "it is not in lower case")] if lower != scheme else []


def _host(host: str) -> tuple[str | None, list[_Fault]]:
    """The host as browsers write it, ``None`` where that is not known, and what is wrong with the one there is."""
    if not host:
        return None, [_Fault("host", "it has no host")]
    if "*" in host:
        return None, [_Fault("wildcard", "* in it stands for itself")]
    faults: list[_Fault] = []
    if not host.isascii():
        named = punycode(host)
        reason = "browsers send the host in Punycode" if named else "its host is no domain name"
        return named, [_Fault("unicode" if named else "host", reason)]
    lower = host.lower()
    if lower != host:
        faults.append(_Fault("case", "it is not in lower case"))
    written, found = _address(lower) if lower.startswith("[") or _ends_in_number(lower) else _name(lower)
    return written, faults + found


def _name(host: str) -> tuple[str | None, list[_Fault]]:
    if _HOST.fullmatch(host) is None:
        return None, [_Fault("host", "its host is no domain name")]
    if len(host.rstrip(".")) > _LONGEST_HOST or max(map(len, host.split("."))) > _LONGEST_LABEL:
        return None, [_Fault("host", "its host is longer than a domain name can be")]
    if "xn--" in host and not all(_is_punycode(label) for label in host.split(".") if label.startswith("xn--")):
        return None, [_Fault("host", "its host is no valid Punycode")]
    return host, []


def punycode(host: str) -> str | None:
    """A host name with other letters than ASCII as browsers send it (UTS #46); ``None`` for one that is none."""
    import idna

    try:
        return idna.encode(host, uts46=True, transitional=False).decode("ascii").lower()
    except (idna.IDNAError, UnicodeError):
        return None


def _is_punycode(label: str) -> bool:
    import idna

    try:
        return idna.encode(idna.ulabel(label)).decode("ascii") == label
    except (idna.IDNAError, UnicodeError):
        return False


def _ends_in_number(host: str) -> bool:
    """https://url.spec.whatwg.org/#ends-in-a-number-checker"""
    last = host.rstrip(".").rpartition(".")[2]
    return last.isdecimal() or re.fullmatch(r"0x[0-9a-f]*", last) is not None


def _address(host: str) -> tuple[str | None, list[_Fault]]:
    """An IP address, which browsers write in one way only (https://url.spec.whatwg.org/#host-serializing)."""
    if host.startswith("["):
        return _ipv6(host)
    written = _ipv4(host)
    if written is None:
        return None, [_NO_ADDRESS]
    return written, [] if written == host else [_OTHERWISE]


def _ipv6(host: str) -> tuple[str | None, list[_Fault]]:
    from ipaddress import AddressValueError, IPv6Address

    try:
        address = IPv6Address(host[1:-1])
    except AddressValueError:
        return None, [_NO_ADDRESS]
    if address.scope_id is not None:
        return None, [_NO_ADDRESS]
    if address.ipv4_mapped is not None:  # jub0bs/cors refuses these
        return str(address.ipv4_mapped), [_Fault("address", "its address is an IPv4 address in disguise")]
    written = f"[{address.compressed}]"
    return written, [] if written == host else [_OTHERWISE]


def _ipv4(host: str) -> str | None:
    """Decimal, octal and hexadecimal, the last part fills the rest: https://url.spec.whatwg.org/#concept-ipv4-parser."""
    numbers: list[int] = []
    for part in host.removesuffix(".").split("."):
        if not part.isascii() or re.fullmatch(r"0x[0-9a-f]{0,9}|[0-9]{1,12}", part) is None:
            return None
        digits, base = (part[2:] or "0", 16) if part.startswith("0x") else (part, 8 if part[0] == "0" else 10)
        try:
            numbers.append(int(digits, base))
        except ValueError:
            return None
    if len(numbers) > 4 or any(number > 255 for number in numbers[:-1]):
        return None
    value = numbers[-1]
    if value >= 256 ** (5 - len(numbers)):
        return None
    value += sum(number << 8 * (3 - place) for place, number in enumerate(numbers[:-1]))
    return ".".join(str(value >> shift & 255) for shift in (24, 16, 8, 0))


def _port(port: str | None, scheme: str | None) -> tuple[str | None, list[_Fault]]:
    """``:port`` to write, empty for none and ``None`` where it is not known, and what is wrong with it."""
    if port is None:
        return "", []
    if port == DEFAULT_PORTS.get(scheme or ""):
        return "", [_Fault("default-port", f"browsers leave the default port {port} out")]
    if "*" in port:
        return None, [_Fault("wildcard", "* in it stands for itself")]
    if _PORT.fullmatch(port) is None or int(port) > 65_535:
        return None, [_Fault("port", f"{port or 'nothing'} is no port")]
    return f":{port}", []


def _rest(rest: str) -> Iterator[_Fault]:
    path, hash_mark, _ = rest.partition("#")
    path, question_mark, _ = path.partition("?")
    if path == "/":
        yield _Fault("slash", "it ends with a slash")
    elif path:
        yield _Fault("path", "it has a path" if path.startswith("/") else "it has more than scheme, host and port")
    if question_mark:
        yield _Fault("query", "it has a query")
    if hash_mark:
        yield _Fault("fragment", "it has a fragment")


def _is_host_like(host: str) -> bool:
    """Whether a text without a scheme is meant as a host."""
    return "." in host.strip(".") or is_loopback(host)


def is_loopback(host: str) -> bool:
    """Whether a host (in lower case) is this computer: https://w3c.github.io/webappsec-secure-contexts/#is-origin-trustworthy."""
    name = host.removesuffix(".")
    return name == "localhost" or name.endswith(".localhost") or name == "[::1]" or _is_127(name)


def _is_127(host: str) -> bool:
    return re.fullmatch(r"127(?:\.[0-9]{1,3}){3}", host) is not None


def host_of(origin: str) -> str:
    """The host of a serialised origin, or of a pattern like one; all of it when it names no scheme."""
    parts = _PARTS.fullmatch(origin)
    return parts["host"] if parts is not None else origin
