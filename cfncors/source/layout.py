"""How a file is laid out around a place: lines, columns, indents, colons, and where a value is written.

A node that aliases repeat stands once in the text, at its anchor; :func:`written` tells the place at which a
container spells it, be that the value or ``*alias``.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from typing import Final, NamedTuple, TypeVar

from cfncors.errors import CannotEdit
from cfncors.source.document import Document
from cfncors.source.nodes import Entry, Mapping, Node, Scalar, Sequence

#: what ends a line for YAML 1.1
BREAKS: Final = "\n\r\x85\u2028\u2029"
DEFAULT_STEP: Final = 2
Found = TypeVar("Found")

_REST_OF_LINE: Final = re.compile(rf"[ \t]*(?:#[^{BREAKS}]*)?")
_BREAK: Final = re.compile(rf"\r\n|[{BREAKS}]")
_BLANK_OR_COMMENT: Final = re.compile(rf"([ \t]*)(#)?[^{BREAKS}]*")
_COLON: Final = re.compile(r"[ \t]*:")
_FLOW_COLON: Final = re.compile(r"\s*:")
_PROPERTIES: Final = re.compile(rf"(?:[&!][^\s,\[\]{{}}]*+(?:\s++|(?<=\s)#[^{BREAKS}]*+)*+)*+")
_ANCHOR: Final = re.compile(r"&[^\s,\[\]{}]+")
_ALIAS: Final = re.compile(rf"(?:\s++|#[^{BREAKS}]*+|[,\-:?\[{{]|[&!][^\s,\[\]{{}}]*+)*+(\*[^\s,\[\]{{}}]+)")


class Span(NamedTuple):
    """A stretch of the text, in code points."""

    start: int
    end: int


def alias_after(text: str, cursor: int) -> Span | None:
    """The next ``*alias`` after ``cursor`` with nothing but punctuation, properties and comments before it."""
    found = _ALIAS.match(text, cursor)
    return Span(*found.span(1)) if found else None


# -- lines


def line_start(text: str, offset: int) -> int:
    """Where the line of ``offset`` begins, a byte order mark not counted as part of it."""
    start = text.rfind("\n", 0, offset) + 1
    rest = text[start:offset]
    if not rest.isascii() or "\r" in rest:
        start += max(rest.rfind(mark) for mark in BREAKS) + 1
    return 1 if start == 0 and text.startswith("\ufeff") and offset > 0 else start


def line_end(text: str, offset: int) -> int:
    """The end of the line of ``offset``, its line break not included."""
    found = _BREAK.search(text, offset)
    return found.start() if found else len(text)


def next_line(text: str, offset: int) -> int:
    """The start of the line below that of ``offset``, or the end of the text."""
    found = _BREAK.search(text, offset)
    return found.end() if found else len(text)


def after_comment(text: str, offset: int) -> int:
    """Past the blanks and the comment that follow on the same line; ``offset`` itself when something else does."""
    found = _REST_OF_LINE.match(text, offset)
    end = found.end() if found else offset
    return end if end == len(text) or text[end] in BREAKS else offset


def column(text: str, offset: int) -> int:
    """How many code points stand before ``offset`` on its line."""
    return offset - line_start(text, offset)


def indent_of_line(text: str, offset: int) -> str:
    """The blanks with which the line of ``offset`` begins."""
    start = line_start(text, offset)
    end = start
    while end < len(text) and text[end] in " \t":
        end += 1
    return text[start:end]


def begins_line(text: str, offset: int) -> bool:
    """Whether only blanks stand before ``offset`` on its line."""
    return not text[line_start(text, offset) : offset].strip(" \t")


def past_deeper_comments(text: str, offset: int, floor: int) -> int:
    """From the end of a line, past the comment lines below it that are indented more than ``floor``.

    Such comments belong inside the value that ends here; what is less indented leads to what follows.
    """
    best = at = offset
    while at < len(text):
        at = next_line(text, at)
        found = _BLANK_OR_COMMENT.match(text, at)
        if found is None or at >= len(text):
            break
        if found[2]:
            if len(found[1]) <= floor:
                break
            best = found.end()
        elif found[0].strip(" \t"):
            break
        at = found.end()
    return best


def attached_comments(text: str, offset: int) -> int:
    """The start of the comment lines directly above the line of ``offset`` at the column of ``offset``.

    Returns the start of the line of ``offset`` when there are none.
    """
    top = line_start(text, offset)
    width = column(text, offset)
    floor = 1 if text.startswith("\ufeff") else 0
    while top > floor:
        above = line_start(text, top - 1 - (text[top - 2 : top] == "\r\n"))
        line = text[above:top].strip(BREAKS)
        if not line.lstrip(" \t").startswith("#") or len(line) - len(line.lstrip(" \t")) != width:
            break
        top = above
    return top


# -- tokens


def colon_end(text: str, key: Scalar, flow: bool) -> int:
    """The offset just past the ``:`` of a key. Raises :class:`CannotEdit` when the key is written as ``? key``."""
    found = (_FLOW_COLON if flow else _COLON).match(text, key.end)
    if found is None or text[line_start(text, key.start) : key.start].rstrip(" \t").endswith("?"):
        raise CannotEdit(f"the key {key.text!r} is not written as 'key: value'")
    return found.end()


def properties_end(text: str, span: Span) -> int:
    """Where the value itself begins after its ``&anchor`` and ``!tag``."""
    found = _PROPERTIES.match(text, span.start, span.end)
    return found.end() if found else span.start


def anchor(text: str, span: Span) -> str | None:
    """The ``&anchor`` of a value, if it has one."""
    found = _ANCHOR.search(text, span.start, properties_end(text, span))
    return found[0] if found else None


def written(document: Document, container: Mapping | Sequence, index: int) -> Span:
    """Where ``container`` spells its value or item number ``index``: the node's own place, or that of ``*alias``."""
    if isinstance(container, Mapping):
        key, value = container.entries[index]
        if not container.start <= key.start < container.end:
            raise CannotEdit(f"the key {key.text!r} is written as an alias")
        return _spelt(document.text, value, key.end)
    cursor = container.start
    span = Span(cursor, cursor)
    for item in container.items[: index + 1]:
        span = _spelt(document.text, item, cursor)
        cursor = span.end
    return span


def _spelt(text: str, node: Node, cursor: int) -> Span:
    if node.start >= cursor:
        return Span(node.start, node.end)
    span = alias_after(text, cursor)
    if span is None:
        raise CannotEdit("its place in the file is not known")
    return span


# -- indents


def key_column(document: Document, mapping: Mapping) -> int:
    """The column of the keys of a block mapping."""
    for index, (key, _) in enumerate(mapping.entries):
        written(document, mapping, index)
        colon_end(document.text, key, False)
        return column(document.text, key.start)
    raise CannotEdit("an empty mapping has no column")


def dash_column(document: Document, sequence: Sequence) -> int:
    """The column of the dashes of a block sequence."""
    span = Span(sequence.start, sequence.end)
    start = properties_end(document.text, span)
    return column(document.text, start)


def step(document: Document, node: Node) -> int:
    """By how much values are indented below keys in or near ``node``: as beside it, above it, or elsewhere."""
    return nearest(document, node, _own_step) or DEFAULT_STEP


def dash_step(document: Document, node: Node) -> int:
    """By how much dashes are indented below keys, found in the same way; 0 is common."""
    found = nearest(document, node, _own_dash_step)
    return step(document, node) if found is None else found


def nearest(document: Document, node: Node, tells: Callable[[Document, Node], Found | None]) -> Found | None:
    """What ``tells`` finds first: in ``node``, in the collections around it from the inside out, else in the first
    collection of the file that has it, which is looked for once."""
    for near in (node, *(above.container for above in document.around(node))):
        found = tells(document, near)
        if found is not None:
            return found
    usual: dict[object, Found | None] = document.__dict__.setdefault("_usual", {})
    if tells not in usual:
        everywhere = (tells(document, each) for each in document.collections)
        usual[tells] = next((found for found in everywhere if found is not None), None)
    return usual[tells]


def _own_step(document: Document, node: Node) -> int | None:
    """The step of the mappings that stand in a block mapping."""
    text = document.text
    for key, value in _blocks(node):
        if isinstance(value, Mapping) and value.entries:
            found = column(text, value.entries[0].key.start) - column(text, key.start)
            if found:
                return found
    return None


def _own_dash_step(document: Document, node: Node) -> int | None:
    """The step of the sequences that stand in a block mapping."""
    for key, value in _blocks(node):
        if isinstance(value, Sequence):
            return dash_column(document, value) - column(document.text, key.start)
    return None


def _blocks(node: Node) -> Iterator[Entry]:
    """The entries of a block mapping whose values are laid out in lines below their keys."""
    for entry in node.entries if isinstance(node, Mapping) and not node.flow else ():
        key, value = entry
        # What a variable stands for has the variable's place, and is laid out in another.
        if not (isinstance(value, Scalar) or value.flow or value.foreign or value.start < key.end):
            yield entry
