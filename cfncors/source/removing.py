"""Taking entries and items out, with what belongs to them and nothing else."""

from __future__ import annotations

import re

from cfncors.source.document import Document
from cfncors.source.layout import (
    BREAKS,
    Span,
    after_comment,
    attached_comments,
    begins_line,
    colon_end,
    column,
    line_end,
    line_start,
    next_line,
    properties_end,
    written,
)
from cfncors.source.nodes import Mapping, Sequence
from cfncors.source.splice import (
    Edit,
    content_end,
    dash_of,
    end_of_part,
    index_of,
    is_block_scalar,
    keep_anchors,
    last_leaf,
    line_break_before,
    merged,
    own,
)
from cfncors.source.style import comma_after, part_count, part_start


def remove(document: Document, container: Mapping | Sequence, key: str | int) -> tuple[Edit, ...]:
    """Take out an entry or item with its line, the comment on it and the comment lines directly above it.

    The last one leaves ``{}`` or ``[]``. Raises :class:`CannotEdit`, also when an alias needs what would go.
    """
    own(container)
    document = document.home(container.start).padded
    index = _place(container, key)
    end = written(document, container, index).end
    if container.flow:
        start = part_start(document, container, index)
        keep_anchors(document, Span(start, end), None)
        return _remove_flow(document, container, index, Span(start, end))
    if isinstance(container, Mapping):
        start = part_start(document, container, index)
        colon_end(document.text, container.entries[index].key, False)
    else:
        start = dash_of(document, container, index)
    keep_anchors(document, Span(start, end), None)
    if part_count(container) == 1:
        return _empty(document, container, start)
    return (_remove_lines(document, container, index, start),)


def _place(container: Mapping | Sequence, key: str | int) -> int:
    if isinstance(container, Sequence):
        if not isinstance(key, int) or not 0 <= key < len(container.items):
            raise ValueError(f"no item {key!r}")
        return key
    index = index_of(container, str(key))
    if index is None:
        raise ValueError(f"no key {key!r}")
    return index


def _remove_lines(document: Document, container: Mapping | Sequence, index: int, start: int) -> Edit:
    text = document.text
    end = end_of_part(document, container, index, column(text, start))
    ends_line = end > 0 and text[end - 1] in BREAKS
    below = end if ends_line else next_line(text, end)
    before = last_leaf(container, index - 1) if index else None
    if before is not None and is_block_scalar(before) and "+" in document.source(before).splitlines()[0]:
        below = _past_blank_lines(text, below)  # or they would become part of that block scalar
    if not begins_line(text, start):
        while text[below] in " \t\n\r":
            below += 1
        return Edit(start, below, "")
    top = attached_comments(text, start)
    if _is_blank_above(text, top) and _is_blank(text, below):
        below = next_line(text, below)  # one of the two that stood around it
    if below == len(text) and end == below and not ends_line and not is_block_scalar(before):
        top = line_break_before(text, top)
    return Edit(top, below, "")


def _is_blank_above(text: str, offset: int) -> bool:
    above = line_break_before(text, offset)
    return 0 < above < offset and not text[line_start(text, above) : above].strip(" \t")


def _is_blank(text: str, offset: int) -> bool:
    """Whether a blank line begins at ``offset``."""
    return offset < len(text) and not text[offset : line_end(text, offset)].strip(" \t")


def _past_blank_lines(text: str, offset: int) -> int:
    while offset < len(text) and not text[offset : line_end(text, offset)].strip(" \t"):
        offset = next_line(text, offset)
    return offset


def _empty(document: Document, container: Mapping | Sequence, start: int) -> tuple[Edit, ...]:
    """Leave ``{}`` or ``[]`` where the only entry or item stood."""
    text = document.text
    token = "{}" if isinstance(container, Mapping) else "[]"
    parent = document.parent(container)
    end = content_end(text, Span(start, container.end))
    if parent is None or not isinstance(parent.container, Mapping) or not begins_line(text, start):
        return (Edit(start, end, token),)
    colon = colon_end(text, parent.container.entries[parent.number].key, False)
    head = max(colon, _last_property(text, container, start))
    top = attached_comments(text, start)
    first = line_break_before(text, top)
    return merged(Edit(head, head, f" {token}"), Edit(first, after_comment(text, end), ""))


def _last_property(text: str, container: Mapping | Sequence, start: int) -> int:
    """The end of ``&anchor`` and ``!tag`` before a block collection, 0 without them."""
    if container.start >= start:
        return 0
    found = re.match(r"(?:[&!]\S*[ \t]*)*", text[container.start : start])
    return container.start + len(found[0].rstrip(" \t")) if found else 0


def _remove_flow(document: Document, container: Mapping | Sequence, index: int, part: Span) -> tuple[Edit, ...]:
    text = document.text
    if part_count(container) == 1:
        opening = properties_end(text, Span(container.start, container.end)) + 1
        rest = text[opening : part.start] + text[part.end : container.end - 1]
        if not rest.strip(" \t\r\n,"):
            return (Edit(opening, container.end - 1, ""),)
    edits: list[Edit] = []
    comma = comma_after(text, part.end)
    start, end = part.start, part.end
    if comma is not None and "#" not in text[end : comma.start]:
        end = comma.end
    elif comma is not None:
        edits.append(Edit(*comma, ""))
    elif index:
        before = comma_after(text, written(document, container, index - 1).end)
        edits += [Edit(*before, "")] if before else []
    behind = after_comment(text, end)
    if begins_line(text, start) and behind < len(text) and text[behind] in BREAKS:
        return merged(*edits, Edit(attached_comments(text, start), next_line(text, behind), ""))
    if comma is not None:
        while text[end] in " \t":
            end += 1
    else:
        while text[start - 1] in " \t" and start > container.start + 1:
            start -= 1
    return merged(*edits, Edit(start, end, ""))
