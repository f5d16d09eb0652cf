"""JSON with places: tabs, surrogate pairs, and duplicate keys reported where they stand (RFC 8259)."""

from __future__ import annotations

import re
from json.decoder import scanstring  # type: ignore[attr-defined]
from typing import Final

from cfncors.errors import UnreadableTemplate
from cfncors.source.document import Document, unreadable
from cfncors.source.nodes import DOUBLE, PLAIN, Entry, Mapping, Node, Scalar, Sequence
from cfncors.source.yaml_reader import MAX_DEPTH

_SPACE: Final = re.compile(r"[ \t\n\r]*")
_BLANKS: Final = frozenset(" \t\n\r")
_LITERAL: Final = re.compile(r"-?(?:0|[1-9][0-9]*)(?:\.[0-9]+)?(?:[eE][-+]?[0-9]+)?(?![\w.])|true\b|false\b|null\b")


def read(text: str, name: str) -> Document:
    """Parse one JSON text. Raises :class:`UnreadableTemplate`."""
    reader = _Reader(text)
    at = _SPACE.match(text, 1 if text.startswith("\ufeff") else 0).end()  # type: ignore[union-attr]
    root, at = reader.value(at, 0)
    at = reader.skip(at)
    if at < len(text):
        raise reader.error("text after the end of the JSON document", at)
    return Document(name, text, root, "json")


def _with_point(literal: str) -> str:
    """``1e5`` is a number in JSON but a text in YAML 1.1; ``1.0e+5`` is one in both."""
    mantissa, mark, exponent = literal.lower().partition("e")
    if not mark or literal in ("true", "false"):
        return literal
    point = "" if "." in mantissa else ".0"
    return f"{mantissa}{point}e{exponent if exponent[0] in '+-' else '+' + exponent}"


class _Reader:
    def __init__(self, text: str) -> None:
        self.text = text
        self._match_space = _SPACE.match

    def skip(self, at: int) -> int:
        """Past the blanks at a place."""
        if self.text[at : at + 1] not in _BLANKS:
            return at
        return self._match_space(self.text, at).end()  # type: ignore[union-attr]

    def value(self, at: int, depth: int) -> tuple[Node, int]:
        if depth > MAX_DEPTH:
            raise self.error(f"nested more than {MAX_DEPTH} levels deep", at)
        first = self.text[at : at + 1]
        if first == '"':
            scalar = self._string(at)
            return scalar, scalar.end
        if first == "{":
            return self._object(at, depth)
        if first == "[":
            return self._array(at, depth)
        literal = _LITERAL.match(self.text, at)
        if literal is None:
            what = f"{first!r} where a value belongs" if first else "the file ends in the middle of a value"
            raise self.error(f"not JSON: {what}", at)
        return Scalar(_with_point(literal[0]), at, literal.end(), PLAIN), literal.end()

    def _string(self, at: int) -> Scalar:
        try:
            value, end = scanstring(self.text, at + 1, True)
        except ValueError as error:
            where = getattr(error, "pos", at)
            reason = str(getattr(error, "msg", error)).removesuffix(" at").lower()
            raise self.error(f"not JSON: {reason}", where) from None
        return Scalar(value, at, end, DOUBLE, None, True)

    def _object(self, start: int, depth: int) -> tuple[Mapping, int]:
        text, skip = self.text, self.skip
        entries: list[Entry] = []
        by_key: dict[str, Entry] = {}
        at = skip(start + 1)
        if text[at : at + 1] == "}":
            return Mapping(entries, start, at + 1, True), at + 1
        while True:
            if text[at : at + 1] != '"':
                raise self.error(f"not JSON: {self._found(at)} where a key in double quotes belongs", at)
            key = self._string(at)
            if key.text in by_key:
                line = text.count("\n", 0, by_key[key.text].key.start) + 1
                raise self.error(f"duplicate key {key.text!r}, first on line {line}; keep one of the two", at)
            at = skip(key.end)
            if text[at : at + 1] != ":":
                raise self.error(f"not JSON: {self._found(at)} where ':' belongs", at)
            value, at = self.value(skip(at + 1), depth + 1)
            by_key[key.text] = entry = Entry(key, value)
            entries.append(entry)
            at = skip(at)
            mark = text[at : at + 1]
            if mark == "}":
                return Mapping(entries, start, at + 1, True, by_key=by_key), at + 1
            if mark != ",":
                raise self.error(f"not JSON: {self._found(at)} where ',' or '}}' belongs", at)
            at = skip(at + 1)

    def _array(self, start: int, depth: int) -> tuple[Sequence, int]:
        text, skip = self.text, self.skip
        items: list[Node] = []
        at = skip(start + 1)
        if text[at : at + 1] == "]":
            return Sequence(items, start, at + 1, True), at + 1
        while True:
            item, at = self.value(at, depth + 1)
            items.append(item)
            at = skip(at)
            mark = text[at : at + 1]
            if mark == "]":
                return Sequence(items, start, at + 1, True), at + 1
            if mark != ",":
                raise self.error(f"not JSON: {self._found(at)} where ',' or ']' belongs", at)
            at = skip(at + 1)

    def _found(self, at: int) -> str:
        return repr(self.text[at]) if at < len(self.text) else "the end of the file"

    def error(self, reason: str, at: int) -> UnreadableTemplate:
        return unreadable(self.text, reason, at)
