"""One edit of the text, and what all kinds of edits ask of a place before they touch it."""

from __future__ import annotations

import re
from collections.abc import Iterable
from itertools import pairwise
from typing import Final, NamedTuple

from cfncors.errors import CannotEdit
from cfncors.source.document import Document
from cfncors.source.layout import (
    BREAKS,
    Span,
    after_comment,
    anchor,
    line_end,
    next_line,
    past_deeper_comments,
    properties_end,
    written,
)
from cfncors.source.nodes import FOLDED, LITERAL, Mapping, Node, Scalar, Sequence
from cfncors.source.style import part_count

_DASH: Final = re.compile(rf"(?:\s++|#[^{BREAKS}]*+)*+-")
_BLOCK_HEADER: Final = re.compile(r"[|>][-+0-9]*")


class Edit(NamedTuple):
    """Replace ``text[start:end]`` of the file as read by ``text``; offsets are code points."""

    start: int
    end: int
    text: str


def apply(text: str, edits: Iterable[Edit]) -> str:
    """The text with all edits made at once; identical ones count once.

    Raises :class:`ValueError` when two of them overlap; two different insertions at one point do.
    """
    ordered = sorted(set(edits))
    for first, second in pairwise(ordered):
        if second.start < first.end or (second.start == second.end == first.start):
            raise ValueError(f"edits overlap at offset {second.start}")
    parts: list[str] = []
    done = 0
    for start, end, new in ordered:
        parts += text[done:start], new
        done = end
    return "".join([*parts, text[done:]])


def overlap(one: Edit, other: Edit) -> bool:
    """Whether two edits touch the same text. An insertion at the border of another edit counts: which of the two
    comes first would be chance."""
    if one.start == one.end or other.start == other.end:
        return one.start <= other.end and other.start <= one.end
    return one.start < other.end and other.start < one.end


def own(node: Node) -> None:
    if node.foreign:
        raise CannotEdit("it stands in another file")


def index_of(mapping: Mapping, name: str) -> int | None:
    for index, (key, _) in enumerate(mapping.entries):
        if key.text == name:
            return index
    if name in mapping:
        raise CannotEdit(f"{name!r} comes from a merge key")
    return None


def end_of_part(document: Document, container: Mapping | Sequence, index: int, width: int) -> int:
    """Where the text that belongs to an entry or item of a block collection ends: the end of a line, or, behind a
    block scalar that keeps its blank lines, the start of one."""
    end = written(document, container, index).end
    if end > container.start and document.text[end - 1] in BREAKS:
        return end
    return past_deeper_comments(document.text, after_comment(document.text, end), width)


def last_leaf(container: Mapping | Sequence, index: int) -> Node:
    node = container.entries[index].value if isinstance(container, Mapping) else container.items[index]
    while not isinstance(node, Scalar) and not node.flow and part_count(node):
        node = node.entries[-1].value if isinstance(node, Mapping) else node.items[-1]
    return node


def is_block_scalar(node: Node | None) -> bool:
    return isinstance(node, Scalar) and node.style in (LITERAL, FOLDED)


def block_header(document: Document, node: Node) -> Span:
    """The ``|-`` of a block scalar."""
    start = properties_end(document.text, Span(node.start, node.end))
    found = _BLOCK_HEADER.match(document.text, start)
    return Span(*found.span()) if found else Span(start, start)


def keep_anchors(document: Document, span: Span, kept: Node | None) -> None:
    """Refuse to drop an anchor that an alias needs."""
    for shared in document.shared.values():
        node = shared.node
        if shared.aliases and node is not kept and span.start <= node.start and node.end <= span.end:
            raise CannotEdit(f"it holds {anchor(document.text, Span(node.start, node.end))}, which is used elsewhere")


def content_end(text: str, span: Span) -> int:
    """The end of a value without the line break that belongs to a block scalar."""
    end = span.end
    if end > span.start and text[end - 1] in BREAKS:
        end -= 2 if text[end - 2 : end] == "\r\n" else 1
    return end


def line_break_before(text: str, start_of_line: int) -> int:
    return max(0, start_of_line - (2 if text[start_of_line - 2 : start_of_line] == "\r\n" else 1))


def merged(*edits: Edit) -> tuple[Edit, ...]:
    """Edits that touch, as one."""
    result: list[Edit] = []
    for edit in sorted(edits, key=lambda edit: edit[:2]):
        if result and result[-1].end == edit.start:
            edit = Edit(result[-1].start, edit.end, result.pop().text + edit.text)
        result.append(edit)
    return tuple(result)


def dash_of(document: Document, sequence: Sequence, index: int) -> int:
    text = document.text
    if index == 0:
        return properties_end(text, Span(sequence.start, sequence.end))
    found = _DASH.match(text, written(document, sequence, index - 1).end)
    if found is None:
        raise CannotEdit("its place in the file is not known")
    return found.end() - 1


def literals_may_end(text: str, at: int) -> bool:
    """Whether a line break follows, without which a block scalar would lose its own."""
    return next_line(text, at) > line_end(text, at)


def join_anchor(name: str | None, text: str) -> str:
    return " ".join(filter(None, (name, text)))
