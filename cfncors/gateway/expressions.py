"""Mapping expressions: what may stand as the value of a response header in API Gateway.

A static value stands in single quotes; anything else is a source that API Gateway copies from. Developer Guide,
"Amazon API Gateway API request and response data mapping reference" and "Set up gateway responses".
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from enum import Enum
from typing import Final

from cfncors.gateway.model import Header
from cfncors.template import Absent, Choice, Known, Unknown, Value, leaves


class Place(Enum):
    """Where a header is mapped; each place has sources of its own."""

    GATEWAY_RESPONSE = "a gateway response"
    METHOD_RESPONSE = "a method response"


_COMMON: Final = r"(?:context\.|stageVariables\.).+"
_ALLOWED: Final = {
    Place.GATEWAY_RESPONSE: re.compile(
        rf"{_COMMON}|method\.request\.(?:(?:multivalue)?(?:header|querystring)\.|path\.).+|method\.request\.body(?:\..+)?",
        re.DOTALL,
    ),
    Place.METHOD_RESPONSE: re.compile(
        rf"{_COMMON}|integration\.response\.(?:(?:multivalue)?header\..+|body(?:\..+)?)", re.DOTALL
    ),
}
_SOURCES: Final = ("method.", "integration.", "context.", "stageVariables.")
#: A method response writes these names out; ``method.example.com`` is a bare host, not a source. With a dollar sign
#: they are those of templates and of HTTP APIs ("Mapping template reference", "Parameter mapping for HTTP APIs").
_SOURCE: Final = re.compile(
    r"\$?(?:method\.(?:request|response|input)|integration\.(?:request|response)|context|stageVariables)\."
    r"|\$(?:input|request|response|util)\."
)


def literal(text: str) -> str | None:
    """The static text that ``'…'`` stands for, else ``None``."""
    return text[1:-1] if len(text) >= 2 and text[0] == text[-1] == "'" else None


def is_padded(text: str) -> bool:
    """Whether white space surrounds the quotes of a static text, such as the line break of a folded block."""
    return text != text.strip() and literal(text.strip()) is not None


def is_source(text: str) -> bool:
    """Whether ``text`` names something to copy from, allowed in its place or not."""
    return _SOURCE.match(text) is not None


def is_allowed_source(text: str, place: Place) -> bool:
    """Whether API Gateway can copy from ``text`` in ``place``."""
    return _ALLOWED[place].fullmatch(text) is not None


def is_bare(value: Known | Unknown) -> bool:
    """Whether a value is certainly a static text without its quotes. What cannot be decided is not."""
    if isinstance(value, Known):
        text = value.text
        return bool(text) and literal(text) is None and not is_source(text) and not _double_quoted(text)
    first, last = value.pieces[0], value.pieces[-1]
    if not isinstance(first, str) or not first:
        return False
    if first.startswith("'"):
        return isinstance(last, str) and last != "" and not last.endswith("'")
    sources = any(source.startswith(first) or first.startswith(source) for source in _SOURCES)
    return not sources and first[0] not in '"$'


def _double_quoted(text: str) -> bool:
    return len(text) >= 2 and text[0] == text[-1] == '"'


def is_misquoted(text: str) -> bool:
    """Whether a text stands in double quotes, which API Gateway does not know."""
    return _double_quoted(text)


def static_texts(header: Header | None) -> list[str] | None:
    """All static texts that a header may have; ``None`` when one of them is not known or is copied.

    A text without quotes counts as what its author meant (its own rule speaks of the quotes).
    """
    if header is None:
        return None
    found: list[str] = []
    for leaf in leaves(header.value):
        if isinstance(leaf, Absent):
            continue
        if isinstance(leaf, Unknown) or is_source(leaf.text) or _double_quoted(leaf.text):
            return None
        text = leaf.text.strip()
        inner = literal(text)
        found.append((text if inner is None else inner).strip())
    return found


def is_list(text: str) -> bool:
    """Whether a text separates several values by commas or blanks; an origin has neither."""
    return len(text.replace(",", " ").split()) > 1


def tokens(text: str) -> list[str]:
    """The names in a comma-separated header value (RFC 9110, section 5.6.1)."""
    return [part for item in text.split(",") if (part := item.strip())]


def decided(value: Value) -> Iterator[Known | Unknown]:
    """The possibilities of a value that say something."""
    for option in value.options if isinstance(value, Choice) else (value,):
        if not isinstance(option, Absent):
            yield option
