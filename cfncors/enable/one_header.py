"""One header of a REST API that is there already, brought in line with what is asked for."""

from __future__ import annotations

from collections.abc import Iterator

from cfncors.checks.remedies import extended
from cfncors.enable.asked import Asked
from cfncors.enable.changes import Change
from cfncors.enable.wanted import missing
from cfncors.errors import CannotEdit
from cfncors.gateway.expressions import is_source, static_texts, tokens
from cfncors.gateway.model import ALLOW_HEADERS, ALLOW_METHODS, EXPOSE_HEADERS, MAX_AGE, Header, Model
from cfncors.source.edit import replace
from cfncors.template import Known, intrinsic


def in_line(model: Model, header: Header, value: str, place: str, wish: Asked) -> Iterator[Change]:
    """What a header lacks: a name in a list, or another value.

    Raises :class:`CannotEdit` for one that an intrinsic function makes, unless it comes to what is wanted.
    """
    if header.lower in (ALLOW_METHODS, ALLOW_HEADERS, EXPOSE_HEADERS):
        yield from _longer(model, header, value.split(","), place, wish)
    elif header.lower != MAX_AGE or wish.max_age is not None:
        yield from _single(model, header, value, place)


def _single(model: Model, header: Header, value: str, place: str) -> Iterator[Change]:
    """A header that holds one value. One that is copied from the request or the backend is left to it."""
    if isinstance(header.value, Known) and is_source(header.value.text):
        return
    have = static_texts(header)
    if have is not None and set(have) == {value}:
        return
    if header.node.foreign or intrinsic(header.node) is not None:
        known = "only at deployment" if have is None else f"as {' or '.join(have)}"
        raise CannotEdit(
            f"{header.name} of {place} is made by an intrinsic function and known {known}; say {value} there, or write "
            f"\"'{value}'\" in its place"
        )
    what = f"{header.name} of {place} was {' or '.join(have or ['unknown'])}, now {value}"
    yield Change(what, replace(model.template.document, header.node, f"'{value}'"), replaces=True)


def _longer(model: Model, header: Header, wanted: list[str], place: str, wish: Asked) -> Iterator[Change]:
    """A header that holds a list: what it lacks is added. ``*`` is a name like any other for requests with
    credentials, so the names take its place."""
    have = static_texts(header)
    if have is None or header.node.foreign:
        raise CannotEdit(f"{header.name} of {place} is known only at deployment; list {', '.join(wanted)} there")
    listed = [tokens(text) for text in have]
    lacking = list(
        dict.fromkeys(
            name
            for names in listed
            for name in missing(names, wanted, wish.credentials, exact=header.lower == ALLOW_METHODS)
        )
    )
    if wish.credentials and any("*" in names for names in listed):
        if intrinsic(header.node) is not None:
            raise CannotEdit(f"{header.name} of {place} is * by an intrinsic function; write the names out")
        now = ",".join([*(name for name in listed[0] if name != "*"), *lacking])
        what = f"{header.name} of {place} was {have[0]}, now {now}"
        yield Change(what, replace(model.template.document, header.node, f"'{now}'"), replaces=True)
    elif lacking:
        edits = extended(model.template.document, header, lacking)
        yield Change(f"{', '.join(lacking)} in {header.name} of {place}", edits)
