"""Edits: text in, text out, in the style of what stands beside it.

Each function returns edits of the text as it was read; :func:`apply` makes them, all at once. What cannot be changed
without changing something else is refused with :class:`CannotEdit`.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from collections.abc import Sequence as Path
from dataclasses import replace as with_
from itertools import pairwise
from typing import Final, NamedTuple

from cfncors.errors import CannotEdit
from cfncors.source.document import Document
from cfncors.source.emit import (
    Block,
    Data,
    Raw,
    Style,
    Tagged,
    block,
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
    column,
    dash_column,
    indent_of_line,
    key_column,
    line_end,
    line_start,
    next_line,
    past_deeper_comments,
    properties_end,
    written,
)
from cfncors.source.nodes import DOUBLE, FOLDED, LITERAL, SINGLE, Mapping, Node, Scalar, Sequence
from cfncors.source.style import block_style, comma_after, flow_style, part_count, part_start, usual_unit

_DASH: Final = re.compile(rf"(?:\s++|#[^{BREAKS}]*+)*+-")
_FLOW_COLON: Final = re.compile(r"\s*:")
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


# -- put


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
        _own(here)
        rest = path[depth + 1 :]
        index = _index(here, name)
        if index is None:
            return _insert_entry(document, here, name, _nest(rest, value), after, before)
        if not rest:
            return _replace(document, _spot(document, here, index), value)
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


def _own(node: Node) -> None:
    if node.foreign:
        raise CannotEdit("it stands in another file")


def _index(mapping: Mapping, name: str) -> int | None:
    for index, (key, _) in enumerate(mapping.entries):
        if key.text == name:
            return index
    if name in mapping:
        raise CannotEdit(f"{name!r} comes from a merge key")
    return None


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
    at = _end_of_part(document, mapping, place, width) if behind else part_start(document, mapping, place)
    style = with_(block_style(document, mapping), literals=_literals_may_end(document.text, at))
    lines = entry_lines(document, name, value, style)
    if behind:
        return _insert_below(document, mapping, place, at, indented(lines, width))
    return _insert_above(document, mapping, place, lines, width)


def _end_of_part(document: Document, container: Mapping | Sequence, index: int, width: int) -> int:
    """Where the text that belongs to an entry or item of a block collection ends: the end of a line, or, behind a
    block scalar that keeps its blank lines, the start of one."""
    end = written(document, container, index).end
    if end > container.start and document.text[end - 1] in BREAKS:
        return end
    return past_deeper_comments(document.text, after_comment(document.text, end), width)


def _literals_may_end(text: str, at: int) -> bool:
    """Whether a line break follows, without which a block scalar would lose its own."""
    return next_line(text, at) > line_end(text, at)


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
    leaf = _last_leaf(container, index)
    text = document.text
    if not _is_block_scalar(leaf) or leaf.end < len(text) or text[-1] in BREAKS:
        return ()
    header = _header(document, leaf)
    mark = text[header.start : header.end]
    if "-" in mark:
        return ()
    return (Edit(header.start, header.end, mark.replace("+", "") + "-"),)


def _last_leaf(container: Mapping | Sequence, index: int) -> Node:
    node = container.entries[index].value if isinstance(container, Mapping) else container.items[index]
    while not isinstance(node, Scalar) and not node.flow and part_count(node):
        node = node.entries[-1].value if isinstance(node, Mapping) else node.items[-1]
    return node


def _is_block_scalar(node: Node | None) -> bool:
    return isinstance(node, Scalar) and node.style in (LITERAL, FOLDED)


def _header(document: Document, node: Node) -> Span:
    """The ``|-`` of a block scalar."""
    start = properties_end(document.text, Span(node.start, node.end))
    found = _BLOCK_HEADER.match(document.text, start)
    return Span(*found.span()) if found else Span(start, start)


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
    _own(empty)
    inside = document.text[properties_end(document.text, Span(empty.start, empty.end)) + 1 : empty.end - 1]
    if not empty.flow:
        raise CannotEdit("an empty block has no place")
    if empty.tag is None and not inside.strip():
        return replace(document, empty, value)
    at = empty.end - 1 - len(inside)
    style = flow_style(document, empty)
    return (Edit(at, at, flow(document, value, style)[1:-1]),)


# -- replace


class _Spot(NamedTuple):
    """A place that holds a value: in a container, or the root. ``node`` is ``None`` where an alias stands."""

    container: Mapping | Sequence | None
    number: int
    span: Span
    node: Node | None


def _spot(document: Document, container: Mapping | Sequence, index: int) -> _Spot:
    span = written(document, container, index)
    node = container.entries[index].value if isinstance(container, Mapping) else container.items[index]
    return _Spot(container, index, span, node if node.start == span.start else None)


def replace(document: Document, node: Node, value: Data) -> tuple[Edit, ...]:
    """Write ``value`` in the place of a value and its tag; its anchor stays. Raises :class:`CannotEdit`.

    A value that aliases repeat is changed at its anchor, so for all of them.
    """
    _own(node)
    parent = document.parents.get(id(node))
    if parent is None:
        if node is not document.root:
            raise CannotEdit("it is not part of this file")
        return _replace(document, _Spot(None, 0, Span(node.start, node.end), node), value)
    if isinstance(parent.container, Mapping) and parent.container.entries[parent.number].key is node:
        raise ValueError("a key is renamed, not replaced")
    return _replace(document, _spot(document, parent.container, parent.number), value)


def _replace(document: Document, spot: _Spot, value: Data) -> tuple[Edit, ...]:
    _keep_anchors(document, spot.span, spot.node)
    name = anchor(document.text, spot.span) if spot.node is not None else None
    old = spot.node
    in_flow = document.format == "json" or (spot.container is not None and spot.container.flow)
    if in_flow:
        return (_replace_in_flow(document, spot, value, name),)
    if isinstance(old, Scalar) and isinstance(value, str) and old.style in (SINGLE, DOUBLE) and "'" not in value:
        new = scalar(value, block_style(document, spot.container or old), False, old.style)
        return (Edit(*spot.span, _join(name, new)),)
    if isinstance(old, (Mapping, Sequence)) and old.flow and part_count(old) and _is_collection(value):
        style = flow_style(document, old)
        indent = indent_of_line(document.text, spot.span.start)
        return (Edit(*spot.span, _join(name, flow(document, value, style, False, indent))),)
    if spot.container is None:
        return _replace_root(document, spot, value, name)
    style = with_(block_style(document, spot.container), literals=_literal_may_replace(document, spot))
    new_block = block(document, value, style)
    new_block = new_block._replace(head=_join(name, new_block.head))
    if isinstance(spot.container, Mapping):
        return _replace_in_mapping(document, spot, spot.container, new_block, style)
    return _replace_in_sequence(document, spot, spot.container, new_block)


def _is_collection(value: Data) -> bool:
    if isinstance(value, Tagged):
        return _is_collection(value.value)
    if isinstance(value, Raw):
        return not isinstance(value.node, Scalar) and value.node.flow
    return isinstance(value, (dict, list))


def _join(name: str | None, text: str) -> str:
    return " ".join(filter(None, (name, text)))


def _keep_anchors(document: Document, span: Span, kept: Node | None) -> None:
    """Refuse to drop an anchor that an alias needs."""
    for shared in document.shared.values():
        node = shared.node
        if shared.aliases and node is not kept and span.start <= node.start and node.end <= span.end:
            raise CannotEdit(f"it holds {anchor(document.text, Span(node.start, node.end))}, which is used elsewhere")


def _literal_may_replace(document: Document, spot: _Spot) -> bool:
    """A block scalar must not swallow a comment that follows, nor end the file without its line break."""
    text = document.text
    end = after_comment(text, spot.span.end)
    if spot.container is None or not _literals_may_end(text, end):
        return False
    if isinstance(spot.container, Mapping):
        key = spot.container.entries[spot.number].key
        width = column(text, key.start)
        if spot.span.start > line_end(text, key.end):
            return False
    else:
        width = dash_column(document, spot.container)
    return past_deeper_comments(text, end, width) == end


def _replace_in_flow(document: Document, spot: _Spot, value: Data, name: str | None) -> Edit:
    text = document.text
    start, end = spot.span
    style = flow_style(document, spot.container or document.root)
    if spot.container is None:
        style = with_(style, unit=style.unit or usual_unit(document))
    if isinstance(spot.node, Scalar) and isinstance(value, str) and spot.node.style in (SINGLE, DOUBLE):
        style = with_(style, every=spot.node.style)
    new = _join(name, flow(document, value, style, True, indent_of_line(text, start)))
    if start == end and isinstance(spot.container, Mapping):
        key = spot.container.entries[spot.number].key
        found = _FLOW_COLON.match(text, key.end)
        new = new if found and found.end() <= start else f": {new}"
    glue = " " if text[start - 1 : start] == ":" and new[:1] != ":" and start == end else ""
    return Edit(start, end, glue + new)


def _replace_root(document: Document, spot: _Spot, value: Data, name: str | None) -> tuple[Edit, ...]:
    style = with_(block_style(document, document.root), literals=False)
    new = block(document, value, style)
    text = document.text
    if new.kind == "inline":
        return (Edit(*spot.span, _join(name, new.head)),)
    if name or new.head or not begins_line(text, spot.span.start) or column(text, spot.span.start):
        return (Edit(*spot.span, _join(name, flow(document, value, flow_style(document, document.root), False))),)
    return (Edit(*spot.span, document.newline.join(new.lines)),)


def _replace_in_mapping(
    document: Document, spot: _Spot, mapping: Mapping, new: Block, style: Style
) -> tuple[Edit, ...]:
    text, newline = document.text, document.newline
    key = mapping.entries[spot.number].key
    colon = colon_end(text, key, False)
    start, end = spot.span
    width = column(text, key.start) + (style.dash if new.kind == "sequence" else style.step)
    old = spot.node
    if start <= line_end(text, colon):
        below = "".join(newline + line for line in indented(new.lines, width))
        if not new.head:
            return _swap(document, Span(colon, end), old, "", below)
        return _swap(document, spot.span, old, new.head if start > colon else f" {new.head}", below)
    if isinstance(old, Scalar) and not _is_block_scalar(old) and new.kind == "inline":
        return (Edit(start, end, new.head),)
    if isinstance(old, Mapping) and new.kind == "mapping" and not old.flow:
        width = key_column(document, old)
    head = (Edit(colon, colon, f" {new.head}"),) if new.head else ()
    first = line_start(text, start)
    if new.lines:
        return (*head, Edit(first, _content_end(text, spot.span), newline.join(indented(new.lines, width))))
    first = _line_break_before(text, first)
    return _merged(*head, Edit(first, after_comment(text, _content_end(text, spot.span)), ""))


def _content_end(text: str, span: Span) -> int:
    """The end of a value without the line break that belongs to a block scalar."""
    end = span.end
    if end > span.start and text[end - 1] in BREAKS:
        end -= 2 if text[end - 2 : end] == "\r\n" else 1
    return end


def _line_break_before(text: str, start_of_line: int) -> int:
    return max(0, start_of_line - (2 if text[start_of_line - 2 : start_of_line] == "\r\n" else 1))


def _merged(*edits: Edit) -> tuple[Edit, ...]:
    """Edits that touch, as one."""
    result: list[Edit] = []
    for edit in sorted(edits, key=lambda edit: edit[:2]):
        if result and result[-1].end == edit.start:
            edit = Edit(result[-1].start, edit.end, result.pop().text + edit.text)
        result.append(edit)
    return tuple(result)


def _swap(document: Document, span: Span, old: Node | None, head: str, below: str) -> tuple[Edit, ...]:
    """Write ``head`` in the place of a value, and ``below`` under its line, the line's comment between them."""
    text = document.text
    if old is not None and _is_block_scalar(old):
        header = _header(document, old)
        line = line_end(text, header.end)
        return _merged(Edit(span.start, header.end, head), Edit(line, max(line, _content_end(text, span)), below))
    end = _content_end(text, span)
    if isinstance(old, (Mapping, Sequence)) and not old.flow:
        return (Edit(span.start, end, head + below),)
    line = after_comment(text, end)
    return _merged(Edit(span.start, end, head), *([Edit(line, line, below)] if below else []))


def _replace_in_sequence(document: Document, spot: _Spot, sequence: Sequence, new: Block) -> tuple[Edit, ...]:
    text, newline = document.text, document.newline
    head, lines = (new.head, new.lines) if new.head else (new.lines[0], new.lines[1:])
    if spot.span.start == spot.span.end:
        head = " " + head
        width = dash_column(document, sequence) + 2
    else:
        width = column(text, spot.span.start)
    below = "".join(newline + line for line in indented(lines, width))
    return _swap(document, spot.span, spot.node, head, below)


# -- rename


def rename(document: Document, key: Scalar, name: str) -> tuple[Edit, ...]:
    """Give a key another name, in its own quotes where those can hold it. Raises :class:`CannotEdit`."""
    _own(key)
    parent = document.parents.get(id(key))
    if parent is None or not isinstance(parent.container, Mapping):
        raise CannotEdit("it is not a key of this file")
    mapping = parent.container
    if name != key.text and any(other.text == name for other, _ in mapping.entries):
        raise CannotEdit(f"there is already a key {name!r}")
    if key.tag is not None:
        raise CannotEdit("the key has a tag")
    _keep_anchors(document, Span(key.start, key.end), None)
    style = flow_style(document, mapping) if mapping.flow else block_style(document, mapping)
    style = with_(style, keys=key.style)
    new = scalar(name, style, mapping.flow, key.style if key.style in (SINGLE, DOUBLE) else "")
    return (Edit(key.start, key.end, _join(anchor(document.text, Span(key.start, key.end)), new)),)


# -- append


def append(document: Document, sequence: Sequence, value: Data) -> tuple[Edit, ...]:
    """Add an item at the end, in the style of the items. Raises :class:`CannotEdit`."""
    _own(sequence)
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
    at = _end_of_part(document, sequence, last, width)
    style = with_(block_style(document, sequence), literals=_literals_may_end(text, at))
    dash = _dash(document, sequence, last)
    between = text[dash + 1 : written(document, sequence, last).start]
    gap = between if between and not between.strip(" ") else " "
    return _insert_below(document, sequence, last, at, indented(item_lines(document, value, style, gap), width))


def _fill_sequence(document: Document, sequence: Sequence, value: Data) -> tuple[Edit, ...]:
    parent = document.parents.get(id(sequence))
    in_flow = document.format == "json" or (parent is not None and parent.container.flow)
    if in_flow or isinstance(value, (dict, list)) or parent is None:
        return _fill(document, sequence, [value])
    style = block_style(document, parent.container)
    new = flow(document, value, style)
    at = sequence.end - 1
    return (Edit(at, at, new),)


def _dash(document: Document, sequence: Sequence, index: int) -> int:
    text = document.text
    if index == 0:
        return properties_end(text, Span(sequence.start, sequence.end))
    found = _DASH.match(text, written(document, sequence, index - 1).end)
    if found is None:
        raise CannotEdit("its place in the file is not known")
    return found.end() - 1


# -- remove


def remove(document: Document, container: Mapping | Sequence, key: str | int) -> tuple[Edit, ...]:
    """Take out an entry or item with its line, the comment on it and the comment lines directly above it.

    The last one leaves ``{}`` or ``[]``. Raises :class:`CannotEdit`, also when an alias needs what would go.
    """
    _own(container)
    index = _place(container, key)
    end = written(document, container, index).end
    if container.flow:
        start = part_start(document, container, index)
        _keep_anchors(document, Span(start, end), None)
        return _remove_flow(document, container, index, Span(start, end))
    if isinstance(container, Mapping):
        start = part_start(document, container, index)
        colon_end(document.text, container.entries[index].key, False)
    else:
        start = _dash(document, container, index)
    _keep_anchors(document, Span(start, end), None)
    if part_count(container) == 1:
        return _empty(document, container, start)
    return (_remove_lines(document, container, index, start),)


def _place(container: Mapping | Sequence, key: str | int) -> int:
    if isinstance(container, Sequence):
        if not isinstance(key, int) or not 0 <= key < len(container.items):
            raise ValueError(f"no item {key!r}")
        return key
    index = _index(container, str(key))
    if index is None:
        raise ValueError(f"no key {key!r}")
    return index


def _remove_lines(document: Document, container: Mapping | Sequence, index: int, start: int) -> Edit:
    text = document.text
    end = _end_of_part(document, container, index, column(text, start))
    ends_line = end > 0 and text[end - 1] in BREAKS
    below = end if ends_line else next_line(text, end)
    before = _last_leaf(container, index - 1) if index else None
    if before is not None and _is_block_scalar(before) and "+" in document.source(before).splitlines()[0]:
        below = _past_blank_lines(text, below)  # or they would become part of that block scalar
    if not begins_line(text, start):
        while text[below] in " \t\n\r":
            below += 1
        return Edit(start, below, "")
    top = attached_comments(text, start)
    if below == len(text) and end == below and not ends_line and not _is_block_scalar(before):
        top = _line_break_before(text, top)
    return Edit(top, below, "")


def _past_blank_lines(text: str, offset: int) -> int:
    while offset < len(text) and not text[offset : line_end(text, offset)].strip(" \t"):
        offset = next_line(text, offset)
    return offset


def _empty(document: Document, container: Mapping | Sequence, start: int) -> tuple[Edit, ...]:
    """Leave ``{}`` or ``[]`` where the only entry or item stood."""
    text = document.text
    token = "{}" if isinstance(container, Mapping) else "[]"
    parent = document.parents.get(id(container))
    end = _content_end(text, Span(start, container.end))
    if parent is None or not isinstance(parent.container, Mapping) or not begins_line(text, start):
        return (Edit(start, end, token),)
    colon = colon_end(text, parent.container.entries[parent.number].key, False)
    head = max(colon, _last_property(text, container, start))
    top = attached_comments(text, start)
    first = _line_break_before(text, top)
    return _merged(Edit(head, head, f" {token}"), Edit(first, after_comment(text, end), ""))


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
        return _merged(*edits, Edit(attached_comments(text, start), next_line(text, behind), ""))
    if comma is not None:
        while text[end] in " \t":
            end += 1
    else:
        while text[start - 1] in " \t" and start > container.start + 1:
            start -= 1
    return _merged(*edits, Edit(start, end, ""))


__all__ = ["Data", "Edit", "Raw", "Tagged", "append", "apply", "put", "remove", "rename", "replace"]
