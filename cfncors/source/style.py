"""The style of a place, read off its neighbours."""

from __future__ import annotations

import re
from itertools import pairwise
from typing import Final

from cfncors.source.document import Document
from cfncors.source.emit import Style, plain_is_safe
from cfncors.source.layout import (
    BREAKS,
    Span,
    begins_line,
    dash_step,
    indent_of_line,
    nearest,
    properties_end,
    step,
    written,
)
from cfncors.source.nodes import DOUBLE, PLAIN, SINGLE, Mapping, Node, Scalar, Sequence, children

_DEFAULT_UNIT: Final = "  "
_BLANK_LINE: Final = re.compile(r"\n[ \t]*\r?\n")
_COMMA: Final = re.compile(rf"(?:\s++|(?<=\s)#[^{BREAKS}]*+)*+,")


def block_style(document: Document, container: Node) -> Style:
    """How new text is written inside a block mapping or sequence; worked out once for each."""
    known: dict[int, Style] = document.__dict__.setdefault("_block_styles", {})
    style = known.get(id(container))
    if style is None:
        style = known[id(container)] = _block_style(document, container)
    return style


def _block_style(document: Document, container: Node) -> Style:
    return Style(
        quote=_usual_quote(document, container),
        every=PLAIN if isinstance(container, Mapping) else _common(container),
        keys=_common_key(document, container),
        step=step(document, container),
        dash=dash_step(document, container),
        newline=document.newline,
    )


def flow_style(document: Document, container: Node) -> Style:
    """How new text is written inside a flow mapping or sequence: on one line, or one entry to a line."""
    json = document.format == "json"
    keys = _common_key(document, container)
    if isinstance(container, Scalar) or not part_count(container):
        return Style(json, DOUBLE if json else _usual_quote(document, container), newline=document.newline)
    return Style(
        json=json,
        quote=_usual_quote(document, container),
        every=DOUBLE if keys == DOUBLE else (PLAIN if isinstance(container, Mapping) else _common(container)),
        keys=keys,
        newline=document.newline,
        colon=_colon(document, container, keys),
        comma=_comma(document, container),
        pad=_pad(document, container),
        unit=_unit(document, container),
    )


def part_count(container: Mapping | Sequence) -> int:
    """How many entries or items are written."""
    return len(container.entries if isinstance(container, Mapping) else container.items)


def part_start(document: Document, container: Mapping | Sequence, index: int) -> int:
    """Where an entry (its key) or an item (its value) begins."""
    if isinstance(container, Mapping):
        return container.entries[index].key.start
    return written(document, container, index).start


def are_spaced(document: Document, mapping: Mapping) -> bool:
    """Whether blank lines separate the larger entries of a block mapping: most of those that stand side by side."""
    between = [
        document.text[max(one.key.end, one.value.end) : other.key.start]
        for one, other in pairwise(mapping.entries)
        if one.value.start >= one.key.end and not (isinstance(one.value, Scalar) and isinstance(other.value, Scalar))
    ]
    return bool(between) and 2 * sum(1 for text in between if _BLANK_LINE.search(text)) > len(between)


def comma_after(text: str, offset: int) -> Span | None:
    """The place of the comma that follows, behind blanks and comments."""
    found = _COMMA.match(text, offset)
    return Span(found.end() - 1, found.end()) if found else None


def one_to_a_line(document: Document, container: Mapping | Sequence) -> bool:
    """Whether the last entry of a flow collection begins a line of its own."""
    last = part_count(container) - 1
    return last >= 0 and begins_line(document.text, part_start(document, container, last))


def _common(container: Node) -> str:
    """The quote around every text of a sequence, if it is one and the same."""
    scalars = [item for item in container.items if isinstance(item, Scalar)] if isinstance(container, Sequence) else []
    styles = {item.style for item in scalars}
    return styles.pop() if len(styles) == 1 and styles <= {SINGLE, DOUBLE} else PLAIN


def _common_key(document: Document, container: Node) -> str:
    """The quote around every key of a mapping, if it is one and the same. Keys that have to be quoted, as the ``'200'``
    of an OpenAPI body, show no choice; beside them the nearest mapping with a choice counts."""
    return nearest(document, container, _own_key) or PLAIN if isinstance(container, Mapping) else PLAIN


def _own_key(_document: Document, node: Node) -> str | None:
    if not isinstance(node, Mapping):
        return None
    styles = {key.style for key, _ in node.entries if plain_is_safe(key.text, node.flow)}
    if len(styles) == 1 and styles <= {SINGLE, DOUBLE}:
        return styles.pop()
    return PLAIN if styles else None


def _usual_quote(document: Document, container: Node) -> str:
    """The quote of the nearest texts that had the choice; double where nobody quotes."""
    return nearest(document, container, _own_quote) or DOUBLE


def _own_quote(_document: Document, node: Node) -> str | None:
    chosen = [part.style for part in children(node) if isinstance(part, Scalar) and "'" not in part.text]
    single, double = chosen.count(SINGLE), chosen.count(DOUBLE)
    if not single and not double:
        return None
    return SINGLE if single > double else DOUBLE


def _colon(document: Document, container: Mapping | Sequence, keys: str) -> str:
    if isinstance(container, Mapping):
        key, value = container.entries[0]
        between = document.text[key.end : value.start] if value.start > key.end else ""
        if between.strip(" \t") == ":" and (keys or between.endswith(" ")):
            return between
    return ": "


def _comma(document: Document, container: Mapping | Sequence) -> str:
    if part_count(container) < 2:
        return "," if isinstance(container, Mapping) and _colon(document, container, DOUBLE) == ":" else ", "
    end = written(document, container, 0).end
    between = document.text[end : part_start(document, container, 1)]
    return between if between.strip(" ") == "," else ", "


def _pad(document: Document, container: Mapping | Sequence) -> str:
    opening = properties_end(document.text, Span(container.start, container.end)) + 1
    between = document.text[opening : part_start(document, container, 0)]
    return between if not between.strip(" ") else ""


def _unit(document: Document, container: Mapping | Sequence) -> str | None:
    if not one_to_a_line(document, container):
        return None
    return _own_unit(document, container) or usual_unit(document)


def usual_unit(document: Document) -> str:
    """The indent of one level in the first flow collection that is spread over lines; two spaces when none is."""
    for node in document.collections:
        if node.flow and part_count(node) and (unit := _own_unit(document, node)):
            return unit
    return _DEFAULT_UNIT


def _own_unit(document: Document, container: Mapping | Sequence) -> str:
    text = document.text
    outer = indent_of_line(text, container.start)
    inner = indent_of_line(text, part_start(document, container, 0))
    spread = begins_line(text, part_start(document, container, 0)) and "\n" in text[container.start : container.end]
    return inner[len(outer) :] if spread and inner.startswith(outer) else ""
