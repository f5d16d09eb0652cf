"""Writing another value in the place of one, block or flow, on one line or many."""

from __future__ import annotations

import re
from typing import Final, NamedTuple

from cfncors.errors import CannotEdit
from cfncors.source.document import Document
from cfncors.source.emit import Block, Data, Raw, Style, Tagged, block, flow, indented, scalar
from cfncors.source.layout import (
    Span,
    after_comment,
    anchor,
    begins_line,
    colon_end,
    column,
    dash_column,
    indent_of_line,
    key_column,
    line_end,
    line_start,
    past_deeper_comments,
    written,
)
from cfncors.source.nodes import DOUBLE, SINGLE, Mapping, Node, Scalar, Sequence
from cfncors.source.splice import (
    Edit,
    block_header,
    content_end,
    is_block_scalar,
    join_anchor,
    keep_anchors,
    line_break_before,
    literals_may_end,
    merged,
    own,
)
from cfncors.source.style import block_style, flow_style, part_count, usual_unit

_FLOW_COLON: Final = re.compile(r"\s*:")


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
    own(node)
    document = document.home(node.start).padded
    parent = document.parent(node)
    if parent is None:
        if node is not document.root:
            raise CannotEdit("it is not part of this file")
        return _replace(document, _Spot(None, 0, Span(node.start, node.end), node), value)
    if isinstance(parent.container, Mapping) and parent.container.entries[parent.number].key is node:
        raise ValueError("a key is renamed, not replaced")
    return replace_at(document, parent.container, parent.number, value)


def replace_at(document: Document, container: Mapping | Sequence, number: int, value: Data) -> tuple[Edit, ...]:
    """Write ``value`` in one place of a container; an alias that stands there gives way, its anchor does not."""
    return _replace(document, _spot(document, container, number), value)


def _replace(document: Document, spot: _Spot, value: Data) -> tuple[Edit, ...]:
    keep_anchors(document, spot.span, spot.node)
    name = anchor(document.text, spot.span) if spot.node is not None else None
    old = spot.node
    in_flow = document.format == "json" or (spot.container is not None and spot.container.flow)
    if in_flow:
        return (_replace_in_flow(document, spot, value, name),)
    tag = value.tag if isinstance(value, Tagged) and old is not None and value.tag == old.tag else None
    text = value.value if isinstance(value, Tagged) and tag else value
    if isinstance(old, Scalar) and isinstance(text, str) and old.style in (SINGLE, DOUBLE) and "'" not in text:
        new = scalar(text, block_style(document, spot.container or old), False, old.style)
        return (Edit(*spot.span, join_anchor(name, f"{tag} {new}" if tag else new)),)
    if isinstance(old, (Mapping, Sequence)) and old.flow and part_count(old) and _is_collection(value):
        style = flow_style(document, old)
        indent = indent_of_line(document.text, spot.span.start)
        return (Edit(*spot.span, join_anchor(name, flow(document, value, style, False, indent))),)
    if spot.container is None:
        return _replace_root(document, spot, value, name)
    style = block_style(document, spot.container)._replace(literals=_literal_may_replace(document, spot))
    new_block = block(document, value, style)
    new_block = new_block._replace(head=join_anchor(name, new_block.head))
    if isinstance(spot.container, Mapping):
        return _replace_in_mapping(document, spot, spot.container, new_block, style)
    return _replace_in_sequence(document, spot, spot.container, new_block)


def _is_collection(value: Data) -> bool:
    if isinstance(value, Tagged):
        return _is_collection(value.value)
    if isinstance(value, Raw):
        return not isinstance(value.node, Scalar) and value.node.flow
    return isinstance(value, (dict, list))


def _literal_may_replace(document: Document, spot: _Spot) -> bool:
    """A block scalar must not swallow a comment that follows, nor end the file without its line break."""
    text = document.text
    end = after_comment(text, spot.span.end)
    if spot.container is None or not literals_may_end(text, end):
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
        style = style._replace(unit=style.unit or usual_unit(document))
    if isinstance(spot.node, Scalar) and isinstance(value, str) and spot.node.style in (SINGLE, DOUBLE):
        style = style._replace(every=spot.node.style)
    new = join_anchor(name, flow(document, value, style, True, indent_of_line(text, start)))
    if start == end and isinstance(spot.container, Mapping):
        key = spot.container.entries[spot.number].key
        found = _FLOW_COLON.match(text, key.end)
        new = new if found and found.end() <= start else f": {new}"
    glue = " " if text[start - 1 : start] == ":" and new[:1] != ":" and start == end else ""
    return Edit(start, end, glue + new)


def _replace_root(document: Document, spot: _Spot, value: Data, name: str | None) -> tuple[Edit, ...]:
    style = block_style(document, document.root)._replace(literals=False)
    new = block(document, value, style)
    text = document.text
    if new.kind == "inline":
        return (Edit(*spot.span, join_anchor(name, new.head)),)
    if name or new.head or not begins_line(text, spot.span.start) or column(text, spot.span.start):
        return (Edit(*spot.span, join_anchor(name, flow(document, value, flow_style(document, document.root), False))),)
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
    if isinstance(old, Scalar) and not is_block_scalar(old) and new.kind == "inline":
        return (Edit(start, end, new.head),)
    if isinstance(old, Mapping) and new.kind == "mapping" and not old.flow:
        width = key_column(document, old)
    head = (Edit(colon, colon, f" {new.head}"),) if new.head else ()
    first = line_start(text, start)
    if new.lines:
        return (*head, Edit(first, content_end(text, spot.span), newline.join(indented(new.lines, width))))
    first = line_break_before(text, first)
    return merged(*head, Edit(first, after_comment(text, content_end(text, spot.span)), ""))


def _swap(document: Document, span: Span, old: Node | None, head: str, below: str) -> tuple[Edit, ...]:
    """Write ``head`` in the place of a value, and ``below`` under its line, the line's comment between them."""
    text = document.text
    if old is not None and is_block_scalar(old):
        header = block_header(document, old)
        line = line_end(text, header.end)
        return merged(Edit(span.start, header.end, head), Edit(line, max(line, content_end(text, span)), below))
    end = content_end(text, span)
    if isinstance(old, (Mapping, Sequence)) and not old.flow:
        return (Edit(span.start, end, head + below),)
    line = after_comment(text, end)
    return merged(Edit(span.start, end, head), *([Edit(line, line, below)] if below else []))


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
