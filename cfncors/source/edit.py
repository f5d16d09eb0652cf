"""Edits: text in, text out, in the style of what stands beside it."""

from __future__ import annotations

from typing import NamedTuple


class Edit(NamedTuple):
    """Replace ``text[start:end]`` of the file as read by ``text``; offsets are code points."""

    start: int
    end: int
    text: str


def apply(text: str, edits: list[Edit]) -> str:
    """The text with all edits made at once. Raises :class:`ValueError` when two of them overlap."""
    raise NotImplementedError
