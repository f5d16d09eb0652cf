"""YAML 1.1 through libyaml, with the traps of its places removed.

libyaml ends a block mapping where the next key begins, and a block scalar after the blank lines below it; here both
end with their last own character. It passes duplicate keys and cyclic or explosive aliases in silence; here they are
errors with a place.
"""

from __future__ import annotations

import re
from typing import Final

import yaml
from yaml.nodes import MappingNode, ScalarNode, SequenceNode
from yaml.resolver import BaseResolver

from cfncors.errors import UnreadableTemplate
from cfncors.source.document import Document, Shared
from cfncors.source.nodes import Entry, Mapping, Node, Scalar, Sequence

MAX_DEPTH: Final = 100
#: A template of 1 MB, CloudFormation's limit, has about 100,000 values; aliases may not make it more than this.
MAX_EXPANDED: Final = 1_000_000

_STR: Final = "tag:yaml.org,2002:str"
_COLLECTION_TAGS: Final = frozenset(("tag:yaml.org,2002:map", "tag:yaml.org,2002:seq"))
_ALIAS: Final = re.compile(r"\*[^\s,\[\]{}]+")

try:
    from yaml.cyaml import CParser as _Parser

    class _Loader(_Parser, BaseResolver):
        def __init__(self, text: str) -> None:
            _Parser.__init__(self, text)
            BaseResolver.__init__(self)

except ImportError:  # PyYAML built without libyaml: slower, the same events
    from yaml.composer import Composer
    from yaml.parser import Parser
    from yaml.reader import Reader
    from yaml.scanner import Scanner

    class _Loader(Reader, Scanner, Parser, Composer, BaseResolver):  # type: ignore[no-redef]
        def __init__(self, text: str) -> None:
            Reader.__init__(self, text)
            Scanner.__init__(self)
            Parser.__init__(self)
            Composer.__init__(self)
            BaseResolver.__init__(self)

        def dispose(self) -> None:
            """Nothing to free."""


def read(text: str, name: str) -> Document:
    """Parse one YAML document. Raises :class:`UnreadableTemplate`."""
    bom = 1 if text.startswith("\ufeff") else 0
    root = _compose(text[bom:], bom)
    if root is None:
        raise UnreadableTemplate("the file holds no document", 1, 1, 0)
    reader = _Reader(text, bom)
    return Document(name, text, reader.convert(root, 0), "yaml", reader.shared)


def _compose(body: str, bom: int) -> yaml.Node | None:
    try:
        loader = _Loader(body)
        try:
            return loader.get_single_node()  # type: ignore[no-any-return]
        finally:
            loader.dispose()
    except yaml.reader.ReaderError as error:
        at = error.position if isinstance(error.position, int) else 0
        line = body.count("\n", 0, at) + 1
        column = at - (body.rfind("\n", 0, at) + 1) + 1
        raise UnreadableTemplate("a control character that YAML does not allow", line, column, at + bom) from None
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        reason = " ".join(filter(None, (error.context, error.problem)))
        if mark is None:
            raise UnreadableTemplate(f"not YAML: {reason}") from None
        raise UnreadableTemplate(f"not YAML: {reason}", mark.line + 1, mark.column + 1, mark.index + bom) from None
    except yaml.YAMLError as error:
        raise UnreadableTemplate(f"not YAML: {error}") from None
    except (RecursionError, ValueError) as error:
        raise UnreadableTemplate(f"not YAML: {error}") from None


class _Reader:
    """One conversion of PyYAML's nodes; keeps what anchors share."""

    def __init__(self, text: str, bom: int) -> None:
        self.text = text
        self.bom = bom
        self.shared: dict[int, Shared] = {}
        self._aliased = "*" in text and "&" in text
        self._seen: dict[int, Node | None] = {}
        self._sizes: dict[int, int] = {}

    def convert(self, node: yaml.Node, depth: int) -> Node:
        if not self._aliased:
            return self._convert(node, depth)
        key = id(node)
        if key in self._seen:
            known = self._seen[key]
            if known is None:
                raise self._error("an alias that contains itself", node)
            before = self.shared.get(id(known))
            self.shared[id(known)] = Shared(known, before.aliases + 1 if before else 1)
            return known
        self._seen[key] = None
        result = self._convert(node, depth)
        self._seen[key] = result
        self._measure(node, result)
        return result

    def _measure(self, node: yaml.Node, result: Node) -> None:
        """Count the values that aliases expand to, so that nobody downstream has to walk a bomb."""
        if isinstance(result, Scalar):
            size = 1
        elif isinstance(result, Mapping):
            size = 1 + sum(self._sizes.get(id(e.value), 1) + 1 for e in result.entries)
        else:
            size = 1 + sum(self._sizes.get(id(item), 1) for item in result.items)
        if size > MAX_EXPANDED:
            raise self._error(f"aliases that expand to more than {MAX_EXPANDED:,} values", node)
        self._sizes[id(result)] = size

    def _convert(self, node: yaml.Node, depth: int) -> Node:
        if depth > MAX_DEPTH:
            raise self._error(f"nested more than {MAX_DEPTH} levels deep", node)
        kind = node.__class__
        if kind is ScalarNode:
            return self._scalar(node)
        bom = self.bom
        start = node.start_mark.index + bom
        tag = node.tag if node.tag not in _COLLECTION_TAGS else None
        flow = node.flow_style
        if kind is MappingNode:
            return self._mapping(node, start, tag, flow, depth)
        items: list[Node] = []
        last_end = start
        for raw in node.value:
            item, last_end = self._child(raw, depth + 1, last_end)
            items.append(item)
        end = node.end_mark.index + bom if flow else last_end
        return Sequence(items, start, end, bool(flow), tag)

    def _child(self, raw: yaml.Node, depth: int, cursor: int) -> tuple[Node, int]:
        """A value and where its text ends. For an alias that is the alias's own end, found after ``cursor``:
        PyYAML hands out the anchored node, which stands elsewhere."""
        if not self._aliased:
            node = self._convert(raw, depth)
            return node, node.end
        is_alias = id(raw) in self._seen
        node = self.convert(raw, depth)
        if not is_alias:
            return node, node.end
        found = _ALIAS.search(self.text, cursor)
        return node, found.end() if found else cursor

    def _mapping(self, node: yaml.Node, start: int, tag: str | None, flow: bool, depth: int) -> Mapping:
        entries: list[Entry] = []
        last_end = start
        merged: dict[str, Entry] | None = None
        names: set[str] = set()
        for raw_key, raw_value in node.value:
            if raw_key.__class__ is not ScalarNode:
                raise self._error("a key that is not a plain value (is a quote missing around {{…}}?)", raw_key)
            key = self._scalar(raw_key)
            value, last_end = self._child(raw_value, depth + 1, key.end)
            last_end = max(last_end, key.end)
            if key.text in names:
                first = next(e.key for e in entries if e.key.text == key.text)
                line = self.text.count("\n", 0, first.start) + 1
                raise self._error(f"duplicate key {key.text!r}, first on line {line}; keep one of the two", raw_key)
            names.add(key.text)
            if key.text == "<<" and key.style == "":
                merged = self._merge(merged, value)
            entries.append(Entry(key, value))
        end = node.end_mark.index + self.bom if flow else last_end
        return Mapping(entries, start, end, bool(flow), tag, merged)

    @staticmethod
    def _merge(merged: dict[str, Entry] | None, value: Node) -> dict[str, Entry]:
        """Keys brought by ``<<``: https://yaml.org/type/merge.html; the first of several mappings wins."""
        result = {} if merged is None else merged
        for source in value.items if isinstance(value, Sequence) else [value]:
            if isinstance(source, Mapping):
                for key, entry in source.items():
                    result.setdefault(key, entry)
        return result

    def _scalar(self, node: yaml.Node) -> Scalar:
        bom = self.bom
        start = node.start_mark.index + bom
        end = node.end_mark.index + bom
        style = node.style or ""
        if style and style in "|>":
            end = self._block_scalar_end(start, end)
        tag = node.tag
        if tag == _STR:
            # libyaml reports "!!str" and no tag alike once BaseResolver has run; only the text tells them apart.
            is_text = bool(style) or self.text.startswith(("!!str", "! "), start)
            return Scalar(node.value, start, end, style, None, is_text)
        if tag is not None and tag.startswith("tag:yaml.org,2002:"):
            return Scalar(node.value, start, end, style, None, bool(style))
        return Scalar(node.value, start, end, style, tag, True)

    def _block_scalar_end(self, start: int, end: int) -> int:
        header_end = self.text.find("\n", start, end)
        if header_end < 0:
            return end
        if "+" in self.text[start:header_end].partition("#")[0]:
            return end
        while end > start and self.text[end - 1] in " \t\r\n":
            end -= 1
        return end

    def _error(self, reason: str, node: yaml.Node) -> UnreadableTemplate:
        offset = node.start_mark.index + self.bom
        line = self.text.count("\n", 0, offset) + 1
        return UnreadableTemplate(reason, line, offset - (self.text.rfind("\n", 0, offset) + 1) + 1, offset)


__all__ = ["MAX_DEPTH", "MAX_EXPANDED", "read"]
