"""Values to text, in the style of the place at which they will stand.

A string is written so that YAML 1.1 and YAML 1.2 both read it back as that string.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable
from functools import cache
from typing import Final, Literal, NamedTuple, TypeAlias, Union

from cfncors.errors import CannotEdit
from cfncors.source.document import Document
from cfncors.source.layout import BREAKS, DEFAULT_STEP, Span, anchor, properties_end
from cfncors.source.nodes import DOUBLE, FOLDED, LITERAL, PLAIN, SINGLE, Mapping, Node, Scalar, plain_value


class Raw(NamedTuple):
    """A value copied as it is written elsewhere in the same document: tag, quotes and all."""

    node: Node


class Tagged(NamedTuple):
    """A value with a YAML tag, such as ``!Sub "…"``. JSON has no tags; there the caller writes the long form."""

    tag: str
    value: Data


#: keys, new or copied, with their values
Pairs: TypeAlias = "Iterable[tuple[str | Raw, Data]]"
Data: TypeAlias = Union[str, int, bool, "list[Data]", "dict[str, Data]", Raw, Tagged, None]

_SURROGATE: Final = re.compile("[\ud800-\udfff]")
_NOT_FIRST: Final = frozenset("-?:,[]{}#&*!|>'\"%@`=~ ")
#: numbers, sexagesimals, dates and special floats of either YAML version, generously
_NUMERIC: Final = re.compile(r"[-+.]?[0-9][0-9a-fA-FxXoO_.:eE+\-TtZz ]*\Z|[-+]?\.(?:inf|nan)\Z|\.+\Z", re.IGNORECASE)
#: what one of the two versions, or one of their readers, takes for a boolean or a null
_WORDS: Final = frozenset(("y", "n", "yes", "no", "on", "off", "true", "false", "null", "~", "<<", "="))
_ALIAS_OR_ANCHOR: Final = re.compile(r"(?:^|[\s,\[{:\-])[&*][^\s,\[\]{}]")
#: the length at which readers stop looking for the colon of a key
_LONGEST_KEY: Final = 1000


class Style(NamedTuple):
    """How the place is written. ``unit`` is the indent of one level in flow style, ``None`` for all on one line."""

    json: bool = False
    #: the quote for a text that needs one
    quote: str = DOUBLE
    #: the quote around every text, as its neighbours have it; empty where plain text will do
    every: str = PLAIN
    #: the same for keys
    keys: str = PLAIN
    step: int = DEFAULT_STEP
    dash: int = DEFAULT_STEP
    newline: str = "\n"
    colon: str = ": "
    comma: str = ", "
    pad: str = ""
    unit: str | None = None
    #: whether a copied block scalar may stay one; not where it would end the file or meet a deeper comment
    literals: bool = True


class Block(NamedTuple):
    """A value in block style: ``head`` stands on the line of its key, ``lines`` below, without their outer indent."""

    head: str
    kind: Literal["inline", "mapping", "sequence", "literal"]
    lines: list[str]


# -- scalars


def scalar(value: str | int | bool | None, style: Style, flow: bool, quoted: str = "") -> str:
    """One value as text. ``quoted`` is the quote to put around a string even where none is needed."""
    if value is None:
        return "null"
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int):
        return str(value)
    if style.json:
        return _double(value, escape_surrogates=True)
    wanted = quoted or ("" if plain_is_safe(value, flow) else style.quote)
    if not wanted:
        return value
    if "'" in value or _has_unprintable(value):
        wanted = DOUBLE
    elif '"' in value or "\\" in value:
        wanted = SINGLE
    return _double(value) if wanted == DOUBLE else f"'{value}'"


@cache
def _unprintable() -> re.Pattern[str]:
    """What needs an escape in YAML 1.1, YAML 1.2 or JSON. Made when a text asks for it: it takes milliseconds."""
    return re.compile("[^\x20-\x7e\xa0-\u2027\u202a-\ud7ff\ue000-\ufefe\uff00-\ufffd\U00010000-\U0010ffff]")


def _has_unprintable(text: str) -> bool:
    return not (text.isascii() and text.isprintable()) and _unprintable().search(text) is not None


def _double(value: str, escape_surrogates: bool = False) -> str:
    if not escape_surrogates and _SURROGATE.search(value):
        raise CannotEdit("half a surrogate pair cannot be written in YAML")
    text = json.dumps(value, ensure_ascii=False)
    if not _has_unprintable(text):
        return text
    return _unprintable().sub(lambda found: f"\\u{ord(found[0]):04x}", text)


def plain_is_safe(text: str, flow: bool) -> bool:
    if not text or text[0] in _NOT_FIRST or text[-1] in " :" or _has_unprintable(text):
        return False
    if ": " in text or " #" in text or (flow and any(mark in text for mark in ",[]{}")):
        return False
    return text.lower() not in _WORDS and not _NUMERIC.match(text) and plain_value(text) == text


# -- block style


def block(document: Document, value: Data, style: Style) -> Block:
    """A value in block style."""
    if isinstance(value, Raw):
        return _raw_block(document, value.node, style)
    if isinstance(value, Tagged):
        _allow_tag(document)
        inner = block(document, value.value, style)
        return inner._replace(head=_tagged(value, inner.head))
    if isinstance(value, dict) and value:
        return _mapping_block(document, value.items(), style)
    if isinstance(value, list) and value:
        return _sequence_block(document, value, style)
    return Block(flow(document, value, style._replace(unit=None), in_flow=False), "inline", [])


def _mapping_block(document: Document, pairs: Pairs, style: Style) -> Block:
    return Block("", "mapping", [line for key, value in pairs for line in entry_lines(document, key, value, style)])


def _sequence_block(document: Document, items: Iterable[Data], style: Style) -> Block:
    return Block("", "sequence", [line for item in items for line in item_lines(document, item, style)])


def entry_lines(document: Document, key: str | Raw, value: Data, style: Style) -> list[str]:
    """The lines of an entry of a block mapping, the first at column 0."""
    inner = block(document, value, style)
    head = f"{_key(document, key, style, False)}:{' ' if inner.head else ''}{inner.head}"
    return [head, *indented(inner.lines, style.dash if inner.kind == "sequence" else style.step)]


def item_lines(document: Document, value: Data, style: Style, gap: str = " ") -> list[str]:
    """The lines of an item of a block sequence, the dash at column 0; ``gap`` stands between dash and value."""
    inner = block(document, value, style)
    head, lines = (inner.head, inner.lines) if inner.head else (inner.lines[0], inner.lines[1:])
    return [f"-{gap}{head}", *indented(lines, 1 + len(gap))]


def indented(lines: list[str], width: int) -> list[str]:
    """Lines moved right; empty ones stay empty."""
    return [" " * width + line if line else line for line in lines]


def _key(document: Document, key: str | Raw, style: Style, in_flow: bool) -> str:
    text = flow(document, key, style, in_flow) if isinstance(key, Raw) else scalar(key, style, in_flow, style.keys)
    if len(text) > _LONGEST_KEY:
        raise CannotEdit("the key is too long for one line")
    return text


def _allow_tag(document: Document) -> None:
    """CloudFormation reads no short forms in an included file (User Guide, "AWS::Include transform")."""
    if document.base:
        raise CannotEdit("the short form of an intrinsic function means nothing in an included file")


def _tagged(value: Tagged, text: str) -> str:
    if text[:1] in ("!", "&", "*"):
        raise CannotEdit("a value cannot have two tags")
    return f"{value.tag} {text}".rstrip(" ")


# -- flow style


def flow(document: Document, value: Data, style: Style, in_flow: bool = True, indent: str = "") -> str:
    """A value in flow style, or a scalar. ``indent`` is that of the line on which it begins."""
    if isinstance(value, Raw):
        return _raw_flow(document, value.node, style, in_flow, indent)
    if isinstance(value, Tagged):
        _allow_tag(document)
        if style.json:
            raise CannotEdit("JSON has no tags")
        return _tagged(value, flow(document, value.value, style, in_flow, indent))
    if isinstance(value, dict):
        return _braces(document, value.items(), style, indent)
    if isinstance(value, list):
        return _brackets(document, value, style, indent)
    return scalar(value, style, in_flow, style.every)


def flow_entry(document: Document, key: str | Raw, value: Data, style: Style, indent: str = "") -> str:
    """An entry of a flow mapping."""
    return f"{_key(document, key, style, True)}{style.colon}{flow(document, value, style, True, indent)}"


def _braces(document: Document, pairs: Pairs, style: Style, indent: str) -> str:
    deeper = indent + (style.unit or "")
    return _bracketed("{}", [flow_entry(document, key, value, style, deeper) for key, value in pairs], style, indent)


def _brackets(document: Document, items: Iterable[Data], style: Style, indent: str) -> str:
    deeper = indent + (style.unit or "")
    return _bracketed("[]", [flow(document, item, style, True, deeper) for item in items], style, indent)


def _bracketed(brackets: str, parts: list[str], style: Style, indent: str) -> str:
    if not parts:
        return brackets
    if style.unit is None:
        return f"{brackets[0]}{style.pad}{style.comma.join(parts)}{style.pad}{brackets[1]}"
    lines = f",{style.newline}".join(f"{indent}{style.unit}{part}" for part in parts)
    return f"{brackets[0]}{style.newline}{lines}{style.newline}{indent}{brackets[1]}"


# -- copies


def _raw_flow(document: Document, node: Node, style: Style, in_flow: bool, indent: str) -> str:
    home = document.home(node.start).padded
    if home is not document and node.tag is not None:
        raise CannotEdit("a tag cannot be copied to another file")
    text = _source(home, node)
    one_line = home.format == document.format and not any(mark in text for mark in BREAKS)
    if isinstance(node, Scalar):
        if one_line and text and _may_stand(node, text, style, in_flow):
            return text
        if node.is_null:
            return "null"
        return _with_tag(
            node, scalar(node.text, style, in_flow, style.every or (node.style if node.style in "'\"" else ""))
        )
    if one_line and node.flow and style.unit is None and not _ALIAS_OR_ANCHOR.search(text):
        return text
    if isinstance(node, Mapping):
        return _with_tag(node, _braces(document, _pairs(node), style, indent))
    return _with_tag(node, _brackets(document, map(Raw, node.items), style, indent))


def _raw_block(document: Document, node: Node, style: Style) -> Block:
    if isinstance(node, Scalar):
        if node.style in (LITERAL, FOLDED) and style.literals:
            copied = _literal(document.home(node.start).padded, node)
            if copied is not None:
                return copied
    elif not node.flow:
        opened = (
            _mapping_block(document, _pairs(node), style)
            if isinstance(node, Mapping)
            else _sequence_block(document, map(Raw, node.items), style)
        )
        return opened._replace(head=_with_tag(node, ""))
    return Block(_raw_flow(document, node, style._replace(unit=None), False, ""), "inline", [])


def _pairs(node: Mapping) -> Pairs:
    """The entries as copies: keys keep their quotes, ``<<`` its meaning."""
    return [(Raw(key), Raw(value)) for key, value in node.entries]


def _source(document: Document, node: Node) -> str:
    """The text of a node without its anchor."""
    span = Span(node.start, node.end)
    name = anchor(document.text, span)
    if name is None:
        return document.source(node)
    body = properties_end(document.text, span)
    head = document.text[span.start : body].replace(name, "", 1).strip()
    return f"{head} {document.text[body : span.end]}".strip()


def _may_stand(node: Scalar, text: str, style: Style, in_flow: bool) -> bool:
    """Whether the text of a one-line scalar means the same in the new place."""
    if style.json or node.style in (LITERAL, FOLDED):
        return style.json and node.style in (PLAIN, DOUBLE)
    return node.style != PLAIN or not in_flow or not any(mark in text for mark in ",[]{}")


def _with_tag(node: Node, text: str) -> str:
    if node.tag is None:
        return text
    return f"{node.tag if node.tag.startswith('!') else f'!<{node.tag}>'} {text}".rstrip(" ")


def _literal(document: Document, node: Scalar) -> Block | None:
    """A block scalar with its lines as they are, or ``None`` when another indent would change it."""
    header, *lines = re.split(rf"\r\n|[{BREAKS}]", _source(document, node))
    mark = re.search(r"(?:^|\s)([|>])([-+]?)(?:\s|$)", header)
    if mark is None or node.text.endswith("\n\n") or not node.text.rstrip("\n").rpartition("\n")[2].strip():
        return None
    width = min((len(line) - len(line.lstrip(" ")) for line in lines if line.strip(" ")), default=0)
    first = next(line for line in lines if line.strip(" "))
    if len(first) - len(first.lstrip(" ")) != width:
        return None
    while lines and not lines[-1].strip(" "):
        lines.pop()
    head = _with_tag(node, mark[1] + ("" if node.text.endswith("\n") else "-"))
    return Block(head, "literal", [line[width:] for line in lines])
