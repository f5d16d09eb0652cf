"""What each front door takes as an origin: which patterns it matches, and what is wrong with a text that is neither an
origin nor such a pattern."""

from __future__ import annotations

import re
from typing import Final

from cfncors.browser.serialised import FORM, Problem, host_of, problem
from cfncors.gateway.policy import FrontDoor
from cfncors.template import Unknown

#: Stands where ``*`` stood, so that the rest of a pattern can be looked at.
_STAND_IN: Final = "any-text"
#: What a bucket's ``*`` may stand for: it takes any text (S3 User Guide, "Elements of a CORS configuration").
_S3_STAND_INS: Final = (_STAND_IN, f"https://{_STAND_IN}", "https", "s", "1", "")
#: HTTP APIs (Developer Guide, "Configure CORS for HTTP APIs in API Gateway").
_HTTP_PATTERNS: Final = ("https://*", "http://*")
#: ``*`` is taken as the leftmost part of a domain, with a scheme or without (CloudFront Developer Guide, "Understand
#: response headers policies"); of a port it is not said there, so nothing is said here.
_CDN_PATTERN: Final = re.compile(
    r"(?P<scheme>[^/:?#]*://)?(?P<star>\*\.)?(?P<rest>[^:]*)(?P<port>:[^/]*\*[^/]*)?(?P<end>.*)"
)

_WILDCARD: Final[dict[FrontDoor, str]] = {
    "rest": "the header holds one origin, in which * stands for itself",
    "http": "an HTTP API takes * only as *, https://* or http://*",
    "url": "a function URL takes * only by itself",
    "s3": "a bucket takes one * in an origin",
    "cdn": "CloudFront takes * only as the leftmost part of a host",
}
_INSTEAD_OF_WILDCARD: Final[dict[FrontDoor, str]] = {
    "rest": "one origin, or let code choose it by the request",
    "s3": "a pattern with one *, or each origin by itself",
}
_SEPARATOR: Final = re.compile(r"[,\s]+")
#: What somebody writes who means an origin, right or wrong.
_ORIGIN: Final = re.compile(r"\*|null|[a-zA-Z][a-zA-Z0-9+.-]*://\S+|[\w*-]+(?:\.[\w*-]+)+(?::\d+)?")
#: What is wrong with a text whatever its unknown parts are.
_CERTAIN: Final = frozenset(("slash", "path", "query", "fragment", "case"))


def is_meant(text: str) -> bool:
    """Whether somebody who writes this means an origin, right or wrong."""
    return _ORIGIN.fullmatch(text) is not None


def several(text: str) -> list[str]:
    """The origins that one header lists; none when it is no list of them."""
    items = [item for item in _SEPARATOR.split(text) if item]
    return items if len(items) > 1 and all(map(is_meant, items)) else []


def fault(door: FrontDoor, text: str) -> Problem | None:
    """Why a front door matches no page's origin with ``text``; ``None`` for an origin and for a pattern of its own."""
    if text in ("*", "null"):
        return None
    if "${" in text:
        return Problem(("host",), "${…} is filled in by Fn::Sub only", None, same=False)
    if "*" not in text:
        return _without_scheme(text) if door == "cdn" and "://" not in text else problem(text)
    if (door == "http" and text in _HTTP_PATTERNS) or (door == "s3" and _is_bucket_pattern(text)):
        return None
    if door == "cdn":
        return _cdn_fault(text)
    return _rest_of_pattern(door, text)


def _wildcard(door: FrontDoor) -> Problem:
    return Problem(("wildcard",), _WILDCARD[door], None, same=False)


def _is_bucket_pattern(text: str) -> bool:
    return text.count("*") == 1 and any(problem(text.replace("*", each)) is None for each in _S3_STAND_INS)


def _rest_of_pattern(door: FrontDoor, text: str) -> Problem:
    """Of a bucket's pattern what is wrong beside its ``*``; else that there is one."""
    found = problem(text.replace("*", _STAND_IN)) if door == "s3" and text.count("*") == 1 else None
    if found is None:
        return _wildcard(door)
    return found._replace(write=found.write.replace(_STAND_IN, "*") if found.write else None)


def _without_scheme(text: str) -> Problem | None:
    """CloudFront takes a host for either scheme."""
    found = problem(f"https://{text}")
    return found._replace(write=found.write.removeprefix("https://") if found.write else None) if found else None


def _cdn_fault(text: str) -> Problem | None:
    parts = _CDN_PATTERN.fullmatch(text)
    if parts is None or "*" in parts["rest"] or "*" in parts["end"]:
        return _wildcard("cdn")
    head = f"{_STAND_IN}." if parts["star"] else ""
    found = problem(f"{parts['scheme'] or 'https://'}{head}{parts['rest']}{parts['end']}")
    if found is None or parts["port"]:
        return found if found is None else found._replace(write=None, same=False)
    write = found.write.replace(_STAND_IN, "*", 1) if found.write else None
    return found._replace(write=write if parts["scheme"] or not write else write.removeprefix("https://"))


def certain_fault(unknown: Unknown) -> tuple[str, Problem] | None:
    """The text with ``…`` for what is not known, and what is wrong with it whatever that is."""
    first = unknown.pieces[0]
    if first is None or "://" not in first:
        return None
    text = "".join(_STAND_IN if piece is None else piece for piece in unknown.pieces)
    inner = text[1:-1] if len(text) > 1 and text[0] == text[-1] == "'" else text
    found = problem(inner.strip(" \t")) if "*" not in inner and "," not in inner else None
    if found is None or not _CERTAIN.issuperset(found.kinds):
        return None
    return inner.replace(_STAND_IN, "…"), found._replace(write=found.write and found.write.replace(_STAND_IN, "…"))


def advice(door: FrontDoor, found: Problem) -> str:
    """What to write instead."""
    if found.write is not None:
        return found.write
    return _INSTEAD_OF_WILDCARD.get(door, "each origin by itself") if "wildcard" in found.kinds else FORM


def free_host(text: str) -> str | None:
    """What a pattern's host ends with behind its ``*``, in lower case; ``None`` where no part of its host is free."""
    host = host_of(text).lower()
    return host.rpartition("*")[2].rstrip(".") if "*" in host else None
