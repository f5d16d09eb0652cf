"""What a user asks for: the pages that shall call a front door, and with what. Checked before anything is written."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from typing import Final, NamedTuple

from cfncors import config
from cfncors.errors import UsageError
from cfncors.gateway.model import ANY_METHODS
from cfncors.gateway.policy import FrontDoor

ANY_ORIGIN: Final = "*"
#: Seconds that every browser keeps a preflight; WebKit keeps none longer (MDN, "Access-Control-Max-Age").
MAX_AGE: Final = 600
#: Firefox keeps a preflight for a day, and no browser longer (MDN, "Access-Control-Max-Age").
_LONGEST: Final = 86_400
#: The least that each front door takes, in seconds. AWS API references: apigatewayv2 ``Cors`` from -1, Lambda ``Cors``
#: from 0; a bucket's and a response headers policy's are no less than 0 (CloudFormation's resource schemas).
_SHORTEST: Final[dict[FrontDoor, int]] = {"rest": -1, "http": -1, "url": 0, "s3": 0, "cdn": 0}
#: Lambda API reference, "Cors": at most 100 origins.
_MOST_ORIGINS: Final = 100
_TOKEN: Final = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]+")
#: What a front door answers itself, and no list of its methods may name (Lambda API reference, "Cors"; S3 User Guide,
#: "Elements of a CORS configuration").
_NOT_LISTED: Final[dict[FrontDoor, tuple[str, ...]]] = {"url": ("OPTIONS",), "s3": ("OPTIONS", "PATCH")}
#: What ``*`` stands for where a list takes names only: CloudFormation Template Reference, ``AllowedMethods`` of a rule
#: of a bucket; for a distribution, which has a word of its own for it, what its behaviors can let pass.
_ALL_METHODS: Final[dict[FrontDoor, tuple[str, ...]]] = {
    "s3": ("DELETE", "GET", "HEAD", "POST", "PUT"),
    "cdn": tuple(verb for verb in ANY_METHODS if verb != "OPTIONS"),
}
_WHAT: Final[dict[FrontDoor, str]] = {
    "rest": "a REST API",
    "http": "an HTTP API",
    "url": "a function URL",
    "s3": "a bucket",
    "cdn": "a response headers policy",
}


class Asked(NamedTuple):
    """The wish. ``origins`` are serialised origins, or ``*`` alone; ``max_age`` is in seconds, ``None`` when it was
    not asked for."""

    origins: tuple[str, ...]
    credentials: bool = False
    methods: tuple[str, ...] = ()
    headers: tuple[str, ...] = ()
    expose: tuple[str, ...] = ()
    max_age: int | None = None

    @property
    def any_origin(self) -> bool:
        """Whether pages of all origins may call."""
        return self.origins == (ANY_ORIGIN,)


def asked(
    origins: Iterable[str],
    credentials: bool = False,
    methods: Iterable[str] = (),
    headers: Iterable[str] = (),
    expose: Iterable[str] = (),
    max_age: str | None = None,
) -> Asked:
    """The wish as a command line gives it. Raises :class:`UsageError` for what no browser or no service accepts,
    saying what to write instead."""
    wish = Asked(
        _origins(origins, credentials),
        credentials,
        _each(methods, _method),
        _each(headers, _request_header, str.lower),
        _each(expose, _response_header, str.lower),
        _max_age(max_age) if max_age is not None else None,
    )
    if credentials:
        _no_star(wish, (*_HEADERS, "--method"), "with --credentials")
    return wish


def with_credentials(wish: Asked, what: str) -> Asked:
    """The wish for a front door of which ``what`` allows credentials already: nobody asked to take them away.

    Raises :class:`UsageError` for what browsers refuse with them, or take for the name of a header.
    """
    if wish.any_origin:
        raise UsageError(
            f"{what} allows credentials, which browsers refuse together with any origin: name the origins of the "
            "pages, or remove its credentials first"
        )
    _no_star(wish, _HEADERS, f"with the credentials that {what} allows")
    return wish._replace(credentials=True)


_HEADERS: Final = ("--header", "--expose")


def _no_star(wish: Asked, options: Iterable[str], where: str) -> None:
    given = {"--header": wish.headers, "--expose": wish.expose, "--method": wish.methods}
    for option in options:
        if "*" in given[option]:
            raise UsageError(f"{option} '*' means nothing {where}: browsers take it literally; list the names")


def fits(wish: Asked, door: FrontDoor) -> Asked:
    """The wish as one kind of front door takes it. Raises :class:`UsageError` for what that cannot do."""
    what = _WHAT[door]
    for method in wish.methods:
        if method in _NOT_LISTED.get(door, ()):
            raise UsageError(f"--method {method}: {what} does not take it in its list; leave it out")
        if method != "*" and method not in ANY_METHODS:
            raise UsageError(f"--method {method}: {what} serves {', '.join(ANY_METHODS)}")
    if wish.max_age is not None and wish.max_age < _SHORTEST[door]:
        raise UsageError(f"--max-age {wish.max_age}: {what} takes 0 to {_LONGEST} seconds")
    if door == "url" and len(wish.origins) > _MOST_ORIGINS:
        raise UsageError(f"{len(wish.origins)} origins: a function URL takes {_MOST_ORIGINS} at most")
    return wish._replace(methods=_ALL_METHODS.get(door, wish.methods)) if "*" in wish.methods else wish


def _origins(given: Iterable[str], credentials: bool) -> tuple[str, ...]:
    origins = tuple(dict.fromkeys(each.strip() for each in given))
    if not origins:
        raise UsageError("say which pages call: --origin https://app.example.com (several times for several)")
    if ANY_ORIGIN in origins and credentials:
        raise UsageError("--origin '*' with --credentials: browsers refuse it; name the origins of the pages")
    if ANY_ORIGIN in origins and len(origins) > 1:
        raise UsageError("--origin '*' is every page already; give it alone, or leave it out")
    if "null" in origins:
        raise UsageError("--origin null is every sandboxed page of any site; name the origins of the pages")
    return origins if ANY_ORIGIN in origins else tuple(dict.fromkeys(_origin(each) for each in origins))


def _origin(text: str) -> str:
    if text.count("://") > 1:
        raise UsageError(f"--origin {text!r} is several origins; give --origin for each")
    if "*" in text and "://" in text:
        raise UsageError(f"--origin {text!r} is a pattern; name the origins of the pages, with --origin for each")
    return config.origin(text)


def _each(given: Iterable[str], read: Callable[[str], str], key: Callable[[str], str] = str) -> tuple[str, ...]:
    found: dict[str, str] = {}
    for text in given:
        for word in text.split(","):
            name = read(word.strip())
            found.setdefault(key(name), name)
    return tuple(found.values())


def _method(text: str) -> str:
    from cfncors.browser import methods

    if not _TOKEN.fullmatch(text):
        raise UsageError(f"--method {text!r} is no HTTP method; write --method PUT")
    name = text.upper()
    if methods.is_forbidden(name):
        raise UsageError(f"--method {name}: no page may send it (Fetch, forbidden method); leave it out")
    return name


def _request_header(text: str) -> str:
    from cfncors.browser.safelist import is_forbidden

    if not _TOKEN.fullmatch(text):
        raise UsageError(f"--header {text!r} is no header name; write --header X-Tenant")
    if text.lower().startswith("access-control-"):
        raise UsageError(f"--header {text}: it is a header of answers, which no page sends; leave it out")
    if is_forbidden(text, ""):
        raise UsageError(f"--header {text}: no page can set it (Fetch, forbidden request-header); leave it out")
    return text


def _response_header(text: str) -> str:
    from cfncors.browser.headers import FORBIDDEN_RESPONSE

    if not _TOKEN.fullmatch(text):
        raise UsageError(f"--expose {text!r} is no header name; write --expose X-Total-Count")
    if text.lower() in FORBIDDEN_RESPONSE:
        raise UsageError(f"--expose {text}: no page can read it (Fetch, forbidden response-header name); leave it out")
    return text


def _max_age(text: str) -> int:
    if not re.fullmatch(r"-?[0-9]{1,9}", text):
        raise UsageError(f"--max-age {text!r} is no number of seconds; write --max-age {MAX_AGE}")
    seconds = int(text)
    if not -1 <= seconds <= _LONGEST:
        raise UsageError(f"--max-age {seconds}: browsers keep a preflight for {_LONGEST} seconds at most; -1 for never")
    return seconds
