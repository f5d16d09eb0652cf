"""YAML 1.1 through libyaml, with the traps of its places removed.

libyaml ends a block mapping where the next key begins, and a block scalar after the blank lines below it; here both
end with their last own character. It passes duplicate keys and cyclic or explosive aliases in silence; here they are
errors with a place.
"""

from __future__ import annotations

import re
from typing import Final, cast

import yaml
from yaml.nodes import CollectionNode, MappingNode, ScalarNode
from yaml.resolver import BaseResolver

from cfncors.errors import UnreadableTemplate
from cfncors.source.document import Document, Shared, unreadable
from cfncors.source.nodes import Entry, Mapping, Node, Scalar, Sequence

MAX_DEPTH: Final = 100
#: A template of 1 MB, CloudFormation's limit, has about 100,000 values; aliases may not make it more than this.
MAX_EXPANDED: Final = 1_000_000

_STR: Final = "tag:yaml.org,2002:str"
_COLLECTION_TAGS: Final = frozenset(("tag:yaml.org,2002:map", "tag:yaml.org,2002:seq"))
_TOO_DEEP: Final = f"nested more than {MAX_DEPTH} levels deep"
#: so many brackets, or so long a row of dashes and blanks, may be that many levels; a stack of 8 MB bears 20,000
_SUSPICIOUS: Final = 10_000
_DEEP_BLOCK: Final = re.compile(r"^[-? \t]{5000}", re.MULTILINE)
_FORBIDDEN: Final = re.compile("[^\t\n\r\x20-\x7e\x85\xa0-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
_ALIAS: Final = re.compile(
    r"(?:\s++|(?<=\s)#[^\n\r\x85\u2028\u2029]*+|[,\-:?\[{]|[&!][^\s,\[\]{}]*+)*+(\*[^\s,\[\]{}]+)"
)
_TEXT_TAG: Final = re.compile(r"(?:&\S+\s+)?(?:!!str|!|!<tag:yaml\.org,2002:str>)(?:\s|$)")
_TYPED_TAGS: Final = frozenset(f"tag:yaml.org,2002:{name}" for name in ("int", "float", "bool", "null"))
_BREAK: Final = re.compile("\r\n|[\n\r\x85\u2028\u2029]")

try:
    from yaml.cyaml import CParser as _Parser  # type: ignore[attr-defined]

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
    _refuse_towers(text, bom)
    root = _compose(text, bom)
    if root is None:
        raise UnreadableTemplate("the file holds no document", 1, 1, 0)
    reader = _Reader(text, bom)
    return Document(name, text, reader.convert(root, 0), "yaml", reader.shared)


def _compose(text: str, bom: int) -> yaml.Node | None:
    try:
        loader = _Loader(text[bom:])
        try:
            return loader.get_single_node()
        finally:
            loader.dispose()
    except yaml.reader.ReaderError:
        found = _FORBIDDEN.search(text, bom)
        at = found.start() if found else bom
        raise unreadable(text, f"not YAML: the control character {text[at : at + 1]!r}", at) from None
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        reason = f"not YAML: {' '.join(filter(None, (error.context, error.problem)))}"
        if error.problem == "but found another document":
            reason = "more than one document in a file; a template is one"
        raise unreadable(text, reason, mark.index + bom if mark else bom) from None
    except (yaml.YAMLError, RecursionError, ValueError) as error:
        raise unreadable(text, f"not YAML: {error}", bom) from None


def _refuse_towers(text: str, bom: int) -> None:
    """libyaml's composer recurses without a limit and ends the process; count levels first where they may be many."""
    # the brace of "${" stands inside a text or is an error
    if text.count("[") + text.count("{") - text.count("${") < _SUSPICIOUS and not _DEEP_BLOCK.search(text):
        return
    parser = _Loader(text[bom:])
    depth = 0
    try:
        while (event := parser.get_event()) is not None:
            if isinstance(event, yaml.CollectionStartEvent):
                depth += 1
                if depth > MAX_DEPTH + 1:
                    at = event.start_mark.index if event.start_mark else 0
                    raise unreadable(text, _TOO_DEEP, at + bom)
            elif isinstance(event, yaml.CollectionEndEvent):
                depth -= 1
    except yaml.YAMLError:
        return  # _compose meets the same error and says where
    finally:
        parser.dispose()


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
            self._share(known)
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
            raise self._error(_TOO_DEEP, node)
        kind = node.__class__
        if kind is ScalarNode:
            return self._scalar(cast("ScalarNode", node))
        bom = self.bom
        start = node.start_mark.index + bom
        tag = node.tag if node.tag not in _COLLECTION_TAGS else None
        flow = cast("CollectionNode", node).flow_style
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
        return node, self._alias_end(cursor)

    def _alias_end(self, cursor: int) -> int:
        found = _ALIAS.match(self.text, cursor)
        return found.end() if found else cursor

    def _mapping(self, node: yaml.Node, start: int, tag: str | None, flow: bool, depth: int) -> Mapping:
        entries: list[Entry] = []
        last_end = start
        merged: dict[str, Entry] | None = None
        names: set[str] = set()
        for raw_key, raw_value in node.value:
            if raw_key.__class__ is not ScalarNode:
                raise self._error("a key that is not a plain value (is a quote missing around {{…}}?)", raw_key)
            key, key_end = self._key(raw_key, last_end)
            value, last_end = self._child(raw_value, depth + 1, key_end)
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

    def _key(self, raw: ScalarNode, cursor: int) -> tuple[Scalar, int]:
        """A key and where its text ends; the anchor's node again when the key is an alias."""
        if self._aliased and isinstance(known := self._seen.get(id(raw)), Scalar):
            self._share(known)
            return known, self._alias_end(cursor)
        key = self._scalar(raw)
        if self._aliased:
            self._seen[id(raw)] = key
        return key, key.end

    def _share(self, known: Node) -> None:
        before = self.shared.get(id(known))
        self.shared[id(known)] = Shared(known, before.aliases + 1 if before else 1)

    @staticmethod
    def _merge(merged: dict[str, Entry] | None, value: Node) -> dict[str, Entry]:
        """Keys brought by ``<<``: https://yaml.org/type/merge.html; the first of several mappings wins."""
        result = {} if merged is None else merged
        for source in value.items if isinstance(value, Sequence) else [value]:
            if isinstance(source, Mapping):
                for key, entry in source.items():
                    result.setdefault(key, entry)
        return result

    def _scalar(self, node: ScalarNode) -> Scalar:
        bom = self.bom
        start = node.start_mark.index + bom
        end = node.end_mark.index + bom
        style = node.style or ""
        if style and style in "|>":
            end = self._block_scalar_end(node.value, start, end)
        tag = node.tag
        if tag == _STR:
            # "!!str 5" and "5" have one tag once BaseResolver has run; only the text tells them apart.
            is_text = bool(style) or (self.text[start : start + 1] in "&!" and _TEXT_TAG.match(self.text, start, end))
            return Scalar(node.value, start, end, style, None, bool(is_text))
        if tag is not None and tag.startswith("tag:yaml.org,2002:"):
            return Scalar(node.value, start, end, style, None, bool(style) and tag not in _TYPED_TAGS)
        return Scalar(node.value, start, end, style, tag, True)

    def _block_scalar_end(self, value: str, start: int, end: int) -> int:
        """The end of the last line that holds text; ``|+`` holds the blank lines below as well."""
        header, *breaks = _BREAK.split(self.text[start:end], maxsplit=1)
        if not breaks or re.search(r"[|>][0-9]?\+", header.partition(" #")[0]):
            return end
        body = self.text[start + len(header) : end]
        if not value.strip("\n"):
            return start + len(header)
        # A line of blanks is text when it is wider than the indent, which the first line with text tells.
        first_raw = next(line for line in _BREAK.split(body) if line.strip(" "))
        first = next(line for line in _BREAK.split(value) if line.strip(" "))
        indent = len(first_raw) - len(first_raw.lstrip(" ")) - (len(first) - len(first.lstrip(" ")))
        while (cut := body.rfind("\n")) >= 0 and len(body) - cut - 1 <= indent and not body[cut + 1 :].strip(" \r"):
            body = body[:cut].removesuffix("\r")
        return start + len(header) + len(body)

    def _error(self, reason: str, node: yaml.Node) -> UnreadableTemplate:
        return unreadable(self.text, reason, node.start_mark.index + self.bom)


__all__ = ["MAX_DEPTH", "MAX_EXPANDED", "read"]
