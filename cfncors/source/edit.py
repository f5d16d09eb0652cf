"""Edits: text in, text out, in the style of what stands beside it.

Each function returns edits of the text as it was read; :func:`apply` makes them, all at once. What cannot be changed
without changing something else is refused with :class:`CannotEdit`.
"""

from __future__ import annotations

from collections.abc import Sequence as Path

from cfncors.errors import CannotEdit
from cfncors.source.document import Document
from cfncors.source.emit import (
    Data,
    Raw,
    Style,
    Tagged,
    entry_lines,
    flow,
    flow_entry,
    indented,
    item_lines,
    scalar,
)
from cfncors.source.layout import (
    BREAKS,
    Span,
    after_comment,
    anchor,
    attached_comments,
    begins_line,
    colon_end,
    dash_column,
    indent_of_line,
    key_column,
    line_end,
    line_start,
    properties_end,
    written,
)
from cfncors.source.nodes import DOUBLE, SINGLE, Mapping, Scalar, Sequence
from cfncors.source.removing import remove
from cfncors.source.replacing import replace, replace_at
from cfncors.source.splice import (
    Edit,
    apply,
    block_header,
    dash_of,
    end_of_part,
    index_of,
    is_block_scalar,
    join_anchor,
    keep_anchors,
    last_leaf,
    literals_may_end,
    overlap,
    own,
)
from cfncors.source.style import are_spaced, block_style, comma_after, flow_style, part_start


def put(
    document: Document,
    mapping: Mapping,
    path: Path[str],
    value: Data,
    *,
    after: str | None = None,
    before: str | None = None,
) -> tuple[Edit, ...]:
    """Make ``mapping[path[0]][path[1]]… = value``: go down what exists, write what is missing.

    ``after`` and ``before`` name the entry beside which the first new key goes, without them (or when there is no
    such entry) it goes behind the last. Raises :class:`CannotEdit`.
    """
    here = mapping
    for depth, name in enumerate(path):
        own(here)
        document = document.home(here.start).padded
        rest = path[depth + 1 :]
        index = index_of(here, name)
        if index is None:
            return _insert_entry(document, here, name, _nest(rest, value), after, before)
        if not rest:
            return replace_at(document, here, index, value)
        found = here.entries[index].value
        if isinstance(found, Scalar) and found.is_null:
            return replace(document, found, _nest(rest, value))
        if not isinstance(found, Mapping):
            raise CannotEdit(f"{name!r} is not a mapping")
        here = found
    raise ValueError("the path is empty")


def _nest(path: Path[str], value: Data) -> Data:
    for name in reversed(path):
        value = {name: value}
    return value


def _insert_entry(
    document: Document, mapping: Mapping, name: str, value: Data, after: str | None, before: str | None
) -> tuple[Edit, ...]:
    if not mapping.entries:
        return _fill(document, mapping, {name: value})
    names = [key.text for key, _ in mapping.entries]
    if before in names:
        place, behind = names.index(before), False
    else:
        place, behind = names.index(after) if after in names else len(names) - 1, True
    if mapping.flow:
        style = flow_style(document, mapping)
        indent = indent_of_line(document.text, part_start(document, mapping, place))
        new = flow_entry(document, name, value, style, indent)
        return _insert_flow(document, mapping, place, behind, new, style)
    width = key_column(document, mapping)
    at = end_of_part(document, mapping, place, width) if behind else part_start(document, mapping, place)
    style = block_style(document, mapping)._replace(literals=literals_may_end(document.text, at))
    lines = entry_lines(document, name, value, style)
    spaced = len(lines) > 1 and are_spaced(document, mapping)
    if behind:
        blank = [""] if spaced and document.text[at - 1] not in BREAKS else []
        return _insert_below(document, mapping, place, at, [*blank, *indented(lines, width)])
    return _insert_above(document, mapping, place, [*lines, ""] if spaced else lines, width)


def _insert_below(
    document: Document, container: Mapping | Sequence, index: int, at: int, lines: list[str]
) -> tuple[Edit, ...]:
    text, newline = document.text, document.newline
    new = newline.join(lines)
    if at > 0 and text[at - 1] in BREAKS:
        return (Edit(at, at, new + newline),)
    return (*_seal(document, container, index), Edit(at, at, newline + new))


def _seal(document: Document, container: Mapping | Sequence, index: int) -> tuple[Edit, ...]:
    """A block scalar that ends the file without a line break must say so before a line follows it."""
    leaf = last_leaf(container, index)
    text = document.text
    if not is_block_scalar(leaf) or leaf.end < len(text) or text[-1] in BREAKS:
        return ()
    header = block_header(document, leaf)
    mark = text[header.start : header.end]
    if "-" in mark:
        return ()
    return (Edit(header.start, header.end, mark.replace("+", "") + "-"),)


def _insert_above(document: Document, mapping: Mapping, index: int, lines: list[str], width: int) -> tuple[Edit, ...]:
    text, newline = document.text, document.newline
    start = part_start(document, mapping, index)
    colon_end(text, mapping.entries[index].key, False)
    if not begins_line(text, start) or (index == 0 and mapping is document.root):
        # beside a dash, or under the comment that heads the file
        above = newline.join([lines[0], *indented(lines[1:], width)])
        return (Edit(start, start, above + newline + " " * width),)
    top = attached_comments(text, start)
    return (Edit(top, top, newline.join(indented(lines, width)) + newline),)


def _insert_flow(
    document: Document, container: Mapping | Sequence, place: int, behind: bool, new: str, style: Style
) -> tuple[Edit, ...]:
    text = document.text
    start = part_start(document, container, place)
    if text[line_start(text, start) : start].rstrip(" \t").endswith("?"):
        raise CannotEdit("the entry beside it is written as '? key'")
    line = style.newline + indent_of_line(text, start)
    spread = style.unit is not None and begins_line(text, start)
    if not behind:
        return (Edit(start, start, f"{new},{line}" if spread else new + style.comma),)
    end = written(document, container, place).end
    gap = " " if text[end - 1] == ":" else ""
    if not spread:
        return (Edit(end, end, gap + style.comma + new),)
    comma = comma_after(text, end)
    if comma is not None and line_end(text, end) >= comma.end:
        at = after_comment(text, comma.end)
        if at < len(text) and text[at] in BREAKS:
            return (Edit(at, at, f"{line}{new},"),)
        return (Edit(end, end, f"{gap}, {new}"),)
    at = after_comment(text, end)
    if at == end or comma is not None:
        return (Edit(end, end, f"{gap},{line}{new}"),)
    return Edit(end, end, gap + ","), Edit(at, at, line + new)


def _fill(document: Document, empty: Mapping | Sequence, value: Data) -> tuple[Edit, ...]:
    """Put the first entry or item into ``{}`` or ``[]``."""
    own(empty)
    inside = document.text[properties_end(document.text, Span(empty.start, empty.end)) + 1 : empty.end - 1]
    if not empty.flow:
        raise CannotEdit("an empty block has no place")
    if empty.tag is None and not inside.strip():
        return replace(document, empty, value)
    at = empty.end - 1 - len(inside)
    style = flow_style(document, empty)
    return (Edit(at, at, flow(document, value, style)[1:-1]),)


def rename(document: Document, key: Scalar, name: str) -> tuple[Edit, ...]:
    """Give a key another name, in its own quotes where those can hold it. Raises :class:`CannotEdit`."""
    own(key)
    document = document.home(key.start).padded
    parent = document.parent(key)
    if parent is None or not isinstance(parent.container, Mapping):
        raise CannotEdit("it is not a key of this file")
    mapping = parent.container
    if name != key.text and any(other.text == name for other, _ in mapping.entries):
        raise CannotEdit(f"there is already a key {name!r}")
    if key.tag is not None:
        raise CannotEdit("the key has a tag")
    keep_anchors(document, Span(key.start, key.end), None)
    style = flow_style(document, mapping) if mapping.flow else block_style(document, mapping)
    style = style._replace(keys=key.style)
    new = scalar(name, style, mapping.flow, key.style if key.style in (SINGLE, DOUBLE) else "")
    return (Edit(key.start, key.end, join_anchor(anchor(document.text, Span(key.start, key.end)), new)),)


def append(document: Document, sequence: Sequence, value: Data) -> tuple[Edit, ...]:
    """Add an item at the end, in the style of the items. Raises :class:`CannotEdit`."""
    own(sequence)
    document = document.home(sequence.start).padded
    text = document.text
    last = len(sequence.items) - 1
    if last < 0:
        return _fill_sequence(document, sequence, value)
    if sequence.flow:
        style = flow_style(document, sequence)
        indent = indent_of_line(text, part_start(document, sequence, last))
        new = flow(document, value, style, True, indent)
        return _insert_flow(document, sequence, last, True, new, style)
    width = dash_column(document, sequence)
    at = end_of_part(document, sequence, last, width)
    style = block_style(document, sequence)._replace(literals=literals_may_end(text, at))
    dash = dash_of(document, sequence, last)
    between = text[dash + 1 : written(document, sequence, last).start]
    gap = between if between and not between.strip(" ") else " "
    return _insert_below(document, sequence, last, at, indented(item_lines(document, value, style, gap), width))


def _fill_sequence(document: Document, sequence: Sequence, value: Data) -> tuple[Edit, ...]:
    parent = document.parent(sequence)
    in_flow = document.format == "json" or (parent is not None and parent.container.flow)
    if in_flow or isinstance(value, (dict, list)) or parent is None:
        return _fill(document, sequence, [value])
    style = block_style(document, parent.container)
    new = flow(document, value, style)
    at = sequence.end - 1
    return (Edit(at, at, new),)


__all__ = ["Data", "Edit", "Raw", "Tagged", "append", "apply", "overlap", "put", "remove", "rename", "replace"]
