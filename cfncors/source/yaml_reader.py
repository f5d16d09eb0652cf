"""YAML 1.1 through libyaml's events, with the traps of its places removed.

libyaml ends a block mapping where the next key begins, and a block scalar after the blank lines below it; here both
end with their last own character. Duplicate keys, cyclic or explosive aliases and towers of brackets are errors with a
place. The tree is made from events, without recursion, which is faster than PyYAML's composer and knows where an alias
stands.
"""

from __future__ import annotations

import re
from typing import Any, Final

import yaml
from yaml.events import (
    AliasEvent,
    DocumentStartEvent,
    MappingEndEvent,
    MappingStartEvent,
    ScalarEvent,
    SequenceEndEvent,
    SequenceStartEvent,
    StreamEndEvent,
)

from cfncors.errors import UnreadableTemplate
from cfncors.source.document import Document, Shared, unreadable
from cfncors.source.nodes import Entry, Mapping, Node, Scalar, Sequence

MAX_DEPTH: Final = 100
_TOO_DEEP: Final = f"nested more than {MAX_DEPTH} levels deep"
#: A template of 1 MB, CloudFormation's limit, has about 100,000 values; aliases may not make it more than this.
MAX_EXPANDED: Final = 1_000_000

_TEXT_TAGS: Final = frozenset(("!", "tag:yaml.org,2002:str"))
_TYPED_TAGS: Final = frozenset(f"tag:yaml.org,2002:{name}" for name in ("int", "float", "bool", "null"))
_CORE: Final = "tag:yaml.org,2002:"
_FORBIDDEN: Final = re.compile("[^\t\n\r\x20-\x7e\x85\xa0-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
_BREAK: Final = re.compile("\r\n|[\n\r\x85\u2028\u2029]")
#: In flow style: a quoted text, a comment, a word, or one bracket; a quote or ``#`` within a word is a part of it.
_FLOW_TOKEN: Final = re.compile(
    r"""'(?:[^']|'')*'?|"(?:[^"\\]|\\.)*"?|\#[^\r\n]*|[^\s,\[\]{}'"#][^\s,\[\]{}]*|(?P<open>[\[{])|(?P<close>[\]}])""",
    re.DOTALL,
)

try:
    from yaml.cyaml import CParser as _Parser  # type: ignore[attr-defined]
except ImportError:  # PyYAML built without libyaml: slower, the same events
    from yaml.parser import Parser
    from yaml.reader import Reader
    from yaml.scanner import Scanner

    class _Parser(Reader, Scanner, Parser):  # type: ignore[no-redef]
        def __init__(self, text: str) -> None:
            Reader.__init__(self, text)
            Scanner.__init__(self)
            Parser.__init__(self)


def read(text: str, name: str) -> Document:
    """Parse one YAML document. Raises :class:`UnreadableTemplate`."""
    bom = 1 if text.startswith("\ufeff") else 0
    reader = _Reader(text, bom)
    try:
        parser = _Parser(text[bom:])
        try:
            root = reader.tree(parser)
        finally:
            parser.dispose()
    except yaml.reader.ReaderError:
        found = _FORBIDDEN.search(text, bom)
        at = found.start() if found else bom
        raise unreadable(text, f"not YAML: the control character {text[at : at + 1]!r}", at) from None
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        at = mark.index + bom if mark else bom
        if (deep := reader.too_deep(at)) is not None:
            raise unreadable(text, _TOO_DEEP, deep) from None
        reason = f"not YAML: {' '.join(filter(None, (error.context, error.problem)))}"
        if text[at : at + 1] == "\t":
            reason = "not YAML: a tab where a token begins; indent with spaces"
        raise unreadable(text, reason, at) from None
    except (yaml.YAMLError, ValueError) as error:
        raise unreadable(text, f"not YAML: {error}", bom) from None
    if root is None:
        raise UnreadableTemplate("the file holds no document", 1, 1, 0)
    return Document(name, text, root, "yaml", reader.shared, reader.tags)


class _Open:
    """A collection whose end has not come yet. ``end`` is that of its last child, ``size`` counts values."""

    __slots__ = ("anchor", "by_key", "end", "entries", "flow", "items", "key", "merged", "size", "start", "tag")

    def __init__(self, start: int, tag: str | None, flow: bool, anchor: str | None, is_mapping: bool) -> None:
        self.start = start
        self.end = start
        self.tag = tag
        self.flow = flow
        self.anchor = anchor
        self.size = 1
        self.items: list[Node] = []
        self.entries: list[Entry] = []
        self.by_key: dict[str, Entry] | None = {} if is_mapping else None
        self.key: Scalar | None = None
        self.merged: dict[str, Entry] | None = None


class _Reader:
    """One reading; keeps what anchors share and which tags there are."""

    def __init__(self, text: str, bom: int) -> None:
        self.text = text
        self.bom = bom
        self.shared: dict[int, Shared] = {}
        self.tags: dict[str, Node] = {}
        self._anchors: dict[str, Node | None] = {}
        self._sizes: dict[int, int] = {}
        #: the collections that the next node lies in, outermost first
        self._open: list[_Open] = []

    def tree(self, parser: Any) -> Node | None:
        """The root, or ``None`` for a stream without a document."""
        next_event = parser.get_event
        bom = self.bom
        open_ = self._open
        root: Node | None = None
        node: Node
        while True:
            event = next_event()
            kind = event.__class__
            if kind is ScalarEvent:
                start = event.start_mark.index + bom
                style = event.style
                if style == "'" or style == '"':
                    end = event.end_mark.index + bom
                    node = Scalar(event.value, start, end, style, None, True)
                else:
                    end = event.end_mark.index + bom
                    if style:
                        end = self._block_scalar_end(event.value, start, end)
                        node = Scalar(event.value, start, end, style, None, True)
                    else:
                        node = Scalar(event.value, start, end, "", None, False)
                if event.tag is not None:
                    self._tag(node, event.tag)
                if event.anchor is not None:
                    self._anchors[event.anchor] = node
                size = 1
            elif kind is MappingStartEvent or kind is SequenceStartEvent:
                if len(open_) > MAX_DEPTH:
                    raise self._error(_TOO_DEEP, event)
                tag = event.tag
                if tag is not None and tag.startswith(_CORE):
                    tag = None
                start = event.start_mark.index + bom
                open_.append(_Open(start, tag, event.flow_style, event.anchor, kind is MappingStartEvent))
                if event.anchor is not None:
                    self._anchors[event.anchor] = None
                continue
            elif kind is MappingEndEvent or kind is SequenceEndEvent:
                done = open_.pop()
                node = self._closed(done, event)
                end, size = node.end, done.size
            elif kind is AliasEvent:
                node = self._alias(event)
                end, size = event.end_mark.index + bom, self._sizes.get(id(node), 1)
            elif kind is StreamEndEvent:
                return root
            elif kind is DocumentStartEvent and root is not None:
                raise self._error("more than one document in a file; a template is one", event)
            else:
                continue
            if not open_:
                root = node
                continue
            parent = open_[-1]
            parent.end = end
            parent.size += size
            by_key = parent.by_key
            key = parent.key
            if by_key is None:
                parent.items.append(node)
            elif key is None:
                if node.__class__ is not Scalar or node.text in by_key:
                    raise self._no_key(by_key, node, event)
                parent.key = node
            else:
                parent.key = None
                text = key.text
                if text == "<<" and key.style == "":
                    parent.merged = _merge(parent.merged, node)
                by_key[text] = entry = Entry(key, node)
                parent.entries.append(entry)

    def too_deep(self, end: int) -> int | None:
        """Where nesting becomes too deep before ``end``, at which the parser gave up; ``None`` where it does not.

        libyaml reads up to 1,024 characters of brackets ahead of its events, to see whether they are a key, and some
        of its versions have a limit of their own there; which of the two limits is met first must not matter.
        """
        if not self._open:
            at = self.bom
        else:
            innermost = self._open[-1]
            at = max(innermost.start, innermost.end)
        depth = len(self._open)
        if depth and self._open[-1].flow and at == self._open[-1].start:
            depth -= 1  # its own bracket comes once more
        for token in _FLOW_TOKEN.finditer(self.text, at, end):
            if token.lastgroup == "open":
                if depth > MAX_DEPTH:
                    return token.start()
                depth += 1
            elif token.lastgroup == "close":
                depth -= 1
        return None

    def _no_key(self, by_key: dict[str, Entry], node: Node, event: Any) -> UnreadableTemplate:
        """Why a node cannot be the next key of a mapping."""
        if not isinstance(node, Scalar):
            # a collection is told by its end; it began before
            at = node.start if id(node) not in self.shared else event.start_mark.index + self.bom
            return unreadable(self.text, "a key that is not a plain value (is a quote missing around {{…}}?)", at)
        line = self.text.count("\n", 0, by_key[node.text].key.start) + 1
        return self._error(f"duplicate key {node.text!r}, first on line {line}; keep one of the two", event)

    def _closed(self, done: _Open, event: Any) -> Node:
        """The finished collection. A block collection ends with its last child, a flow collection with its bracket."""
        end = event.end_mark.index + self.bom if done.flow else done.end
        node: Node
        if done.by_key is not None:
            node = Mapping(done.entries, done.start, end, done.flow, done.tag, done.merged, done.by_key)
        else:
            node = Sequence(done.items, done.start, end, done.flow, done.tag)
        if done.tag is not None:
            self.tags.setdefault(done.tag, node)
        if done.size > MAX_EXPANDED:
            reason = f"aliases that expand to more than {MAX_EXPANDED:,} values"
            raise unreadable(self.text, reason, done.start)
        if done.anchor is not None:
            self._anchors[done.anchor] = node
            self._sizes[id(node)] = done.size
        return node

    def _alias(self, event: Any) -> Node:
        if event.anchor not in self._anchors:
            raise self._error(f"not YAML: the alias *{event.anchor} has no anchor", event)
        node = self._anchors[event.anchor]
        if node is None:
            raise self._error("an alias that contains itself", event)
        before = self.shared.get(id(node))
        self.shared[id(node)] = Shared(node, before.aliases + 1 if before else 1)
        return node

    def _tag(self, node: Scalar, tag: str) -> None:
        """A tag of YAML's own only types the value; any other is kept."""
        if tag in _TEXT_TAGS:
            node.is_text = True
        elif tag.startswith(_CORE):
            node.is_text = bool(node.style) and tag not in _TYPED_TAGS
        else:
            node.tag = tag
            node.is_text = True
            self.tags.setdefault(tag, node)

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

    def _error(self, reason: str, event: Any) -> UnreadableTemplate:
        return unreadable(self.text, reason, event.start_mark.index + self.bom)


def _merge(merged: dict[str, Entry] | None, value: Node) -> dict[str, Entry]:
    """Keys brought by ``<<``: https://yaml.org/type/merge.html; the first of several mappings wins."""
    result = {} if merged is None else merged
    for source in value.items if isinstance(value, Sequence) else [value]:
        if isinstance(source, Mapping):
            for key, entry in source.items():
                result.setdefault(key, entry)
    return result


__all__ = ["MAX_DEPTH", "MAX_EXPANDED", "read"]
