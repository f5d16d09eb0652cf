"""The tree: scalars, mappings and sequences, each with its place.

Nodes are plain slotted classes because a template has tens of thousands of them and a frozen dataclass costs four
times as much to make; nothing assigns to a node after it has been read.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final, NamedTuple, TypeAlias, Union

PlainValue: TypeAlias = "str | int | float | bool | None"

#: Styles of a scalar: plain, single or double quoted, literal, folded, and JSON's two.
PLAIN: Final = ""
SINGLE: Final = "'"
DOUBLE: Final = '"'
LITERAL: Final = "|"
FOLDED: Final = ">"

# YAML 1.1 as AWS's own tools read it: https://yaml.org/type/
_BOOLEANS: Final = {
    **dict.fromkeys(("true", "True", "TRUE", "yes", "Yes", "YES", "on", "On", "ON"), True),
    **dict.fromkeys(("false", "False", "FALSE", "no", "No", "NO", "off", "Off", "OFF"), False),
}
_NULLS: Final = frozenset(("", "~", "null", "Null", "NULL"))
#: Python converts no longer ones (sys.set_int_max_str_digits), and no property takes them
_LONGEST_NUMBER: Final = 1000
_INTEGER: Final = re.compile(r"[-+]?(?:0|[1-9][0-9_]*)\Z")
_OCTAL: Final = re.compile(r"[-+]?0[0-7_]+\Z")
_HEXADECIMAL: Final = re.compile(r"[-+]?0x[0-9a-fA-F_]+\Z")
_FLOAT: Final = re.compile(r"[-+]?(?:[0-9][0-9_]*\.[0-9_]*(?:[eE][-+][0-9]+)?|\.[0-9][0-9_]*(?:[eE][-+][0-9]+)?)\Z")


class Scalar:
    """One value: ``text`` is what the file says after quotes and escapes are resolved."""

    __slots__ = ("end", "foreign", "is_text", "start", "style", "tag", "text")

    def __init__(
        self, text: str, start: int, end: int, style: str, tag: str | None = None, is_text: bool = False
    ) -> None:
        self.text = text
        self.start = start
        self.end = end
        self.style = style
        self.tag = tag
        #: a string whatever it looks like: it is quoted, a block scalar, or tagged ``!!str``
        self.is_text = is_text
        #: read from another file (an include); it has no place of its own here and cannot be edited
        self.foreign = False

    @property
    def value(self) -> PlainValue:
        """The value as YAML 1.1 (or JSON) types it: ``text`` itself, a number, a boolean or ``None``."""
        if self.is_text or self.tag is not None:
            return self.text
        return plain_value(self.text)

    @property
    def is_null(self) -> bool:
        """Whether nothing is written here (``key:``, ``~``, ``null``)."""
        return not self.is_text and self.tag is None and self.text in _NULLS

    def __repr__(self) -> str:
        return f"Scalar({self.text!r}, {self.start}:{self.end}{', ' + self.tag if self.tag else ''})"


class Entry(NamedTuple):
    """A key and its value."""

    key: Scalar
    value: Node


class Mapping:
    """Keys and values in the order of the file. ``get`` and ``entry`` also see what merge keys (``<<``) bring."""

    __slots__ = ("_index", "end", "entries", "flow", "foreign", "start", "tag")

    def __init__(
        self,
        entries: list[Entry],
        start: int,
        end: int,
        flow: bool,
        tag: str | None = None,
        merged: dict[str, Entry] | None = None,
        by_key: dict[str, Entry] | None = None,
    ) -> None:
        """``merged`` is what merge keys bring, ``by_key`` the entries by key, where these are at hand."""
        self.entries = entries
        self.start = start
        self.end = end
        self.flow = flow
        self.tag = tag
        index = {entry[0].text: entry for entry in entries} if by_key is None else by_key
        if merged is not None:
            index = merged | index
            index.pop("<<", None)
        self._index = index
        self.foreign = False

    def entry(self, key: str) -> Entry | None:
        """The entry for ``key``, from a merge key if it is not written here."""
        return self._index.get(key)

    def get(self, key: str) -> Node | None:
        """The value for ``key``, or ``None`` when there is none (an explicit null is a :class:`Scalar`)."""
        entry = self._index.get(key)
        return None if entry is None else entry[1]

    def items(self) -> Iterator[tuple[str, Entry]]:
        """All entries, merged ones first, by key."""
        return iter(self._index.items())

    def __len__(self) -> int:
        return len(self._index)

    def __contains__(self, key: object) -> bool:
        return key in self._index

    def __repr__(self) -> str:
        return f"Mapping({list(self._index)!r}, {self.start}:{self.end}{', ' + self.tag if self.tag else ''})"


class Sequence:
    """Items in the order of the file."""

    __slots__ = ("end", "flow", "foreign", "items", "start", "tag")

    def __init__(self, items: list[Node], start: int, end: int, flow: bool, tag: str | None = None) -> None:
        self.items = items
        self.start = start
        self.end = end
        self.flow = flow
        self.tag = tag
        self.foreign = False

    def __repr__(self) -> str:
        return f"Sequence({len(self.items)} items, {self.start}:{self.end})"


Node: TypeAlias = Union[Scalar, Mapping, Sequence]


def children(node: Node) -> list[Node]:
    """The nodes written directly inside ``node``, keys included."""
    if isinstance(node, Mapping):
        return [part for entry in node.entries for part in entry]
    if isinstance(node, Sequence):
        return node.items
    return []


def plain_value(text: str) -> PlainValue:
    """What YAML 1.1 makes of an unquoted scalar.

    Dates stay text: CloudFormation has no timestamp type (AWS CloudFormation User Guide, "YAML" under template
    formats: the timestamp tag is not supported).
    """
    if text in _NULLS:
        return None
    if text in _BOOLEANS:
        return _BOOLEANS[text]
    if text[0] in "0123456789+-." and len(text) < _LONGEST_NUMBER:
        bare = text.replace("_", "")
        if _OCTAL.match(text):
            return int(bare, 8)
        if _INTEGER.match(text):
            return int(bare)
        if _HEXADECIMAL.match(text) and bare[-1] not in "xX":
            return int(bare, 16)
        if _FLOAT.match(text) and bare.strip("+-.") != "":
            return float(bare)
    return text
