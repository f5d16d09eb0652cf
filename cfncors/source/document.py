"""A file as it was read: its text, its tree, and where things stand in it."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterator
from collections.abc import Sequence as Sequence_
from functools import cached_property
from typing import Literal, NamedTuple

from cfncors.errors import UnreadableTemplate
from cfncors.source.nodes import Entry, Mapping, Node, Scalar, Sequence


class Position(NamedTuple):
    """A place for people: line and column count from 1, columns in code points, a byte order mark not counted."""

    line: int
    column: int
    offset: int


def unreadable(text: str, reason: str, offset: int) -> UnreadableTemplate:
    """The error for a place in a text, counted as :meth:`Document.position` counts."""
    line, column, _ = Document("", text, Scalar("", 0, 0, ""), "yaml").position(offset)
    return UnreadableTemplate(reason, line, column, offset)


class _Document(NamedTuple):
    name: str
    text: str
    root: Node
    format: Literal["yaml", "json"]
    #: nodes that an anchor names -> how many aliases repeat them
    shared: dict[int, Shared] = {}  # noqa: RUF012 - never written to
    #: each tag that is not YAML's own, with the first node that bears it
    tags: dict[str, Node] = {}  # noqa: RUF012 - never written to


class Document(_Document):
    """A parsed file. ``text`` is the whole decoded file with its byte order mark and line endings."""

    @cached_property
    def _line_starts(self) -> list[int]:
        starts = [0]
        find = self.text.find
        at = find("\n")
        while at >= 0:
            starts.append(at + 1)
            at = find("\n", at + 1)
        return starts

    def position(self, offset: int) -> Position:
        """Line and column of an offset. Lines end at ``\\n`` as editors count them."""
        line = bisect_right(self._line_starts, offset)
        column = offset - self._line_starts[line - 1] + 1
        if line == 1 and self.text.startswith("\ufeff") and column > 1:
            column -= 1
        return Position(line, column, offset)

    def line_text(self, line: int) -> str:
        """The text of a line (from 1) without its ending and without a byte order mark."""
        starts = self._line_starts
        end = starts[line] if line < len(starts) else len(self.text)
        return self.text[starts[line - 1] : end].rstrip("\r\n").lstrip("\ufeff" if line == 1 else "")

    @cached_property
    def newline(self) -> str:
        """The line ending of the file: that of its first line, ``\\n`` when it has only one."""
        at = self.text.find("\n")
        return "\r\n" if at > 0 and self.text[at - 1] == "\r" else "\n"

    def source(self, node: Node) -> str:
        """The text of a node as it is written, its tag and anchor included."""
        return self.text[node.start : node.end]

    def path(self, node: Node) -> list[str | int]:
        """The keys and indexes that lead to ``node`` (a key leads to itself) where it is written.

        A node that is not part of this file has none.
        """
        path: list[str | int] = []
        parent = self.parent(node)
        while parent is not None:
            container, number = parent
            path.append(container.entries[number].key.text if isinstance(container, Mapping) else number)
            parent = self.parent(container)
        return path[::-1]

    def parent(self, node: Node) -> Parent | None:
        """The container in which ``node`` is written; ``None`` for the root and for what is not part of this file.

        Found by its place from the root down, which costs little for one node; with aliases places are no guide, and
        all parents are looked up once.
        """
        if self.shared:
            return self.parents.get(id(node))
        here = self.root
        while here is not node and not isinstance(here, Scalar):
            if isinstance(here, Mapping):
                number = bisect_right(here.entries, node.start, key=_entry_start) - 1
                parts: Sequence_[Node] = here.entries[number] if number >= 0 else ()
            else:
                number = bisect_right(here.items, node.start, key=_start) - 1
                parts = (here.items[number],) if number >= 0 else ()
            if any(part is node for part in parts):
                return Parent(here, number)
            if not parts:
                return None
            here = parts[-1]
        return None

    @cached_property
    def parents(self) -> dict[int, Parent]:
        """For each node's ``id`` the container in which it is written and its number there.

        A value that aliases repeat belongs to the container that holds its anchor.
        """
        parents: dict[int, Parent] = {}
        waiting: list[Node] = [self.root]
        while waiting:
            container = waiting.pop()
            if isinstance(container, Scalar):
                continue
            cursor = container.start
            inner = container.entries if isinstance(container, Mapping) else [(item,) for item in container.items]
            for number, parts in enumerate(inner):
                for part in parts:
                    if part.start >= cursor:  # what an alias repeats stands further up
                        parents[id(part)] = Parent(container, number)
                        waiting.append(part)
                        cursor = part.end
        return parents

    @property
    def collections(self) -> Iterator[Mapping | Sequence]:
        """All mappings and sequences in the order of the file, each where it is written."""
        waiting: list[Node] = [self.root]
        while waiting:
            container = waiting.pop()
            if isinstance(container, Scalar):
                continue
            yield container
            parts = [e.value for e in container.entries] if isinstance(container, Mapping) else container.items
            if self.shared:
                parts = [part for part in parts if (above := self.parent(part)) and above.container is container]
            waiting.extend(reversed(parts))

    def sharers(self, node: Node) -> Shared | None:
        """The anchored value that ``node`` is, or lies in, when aliases repeat it elsewhere."""
        for shared in () if node.foreign else self.shared.values():
            if shared.node.start <= node.start and node.end <= shared.node.end:
                return shared
        return None


class Shared(NamedTuple):
    """An anchored node and how often aliases repeat it."""

    node: Node
    aliases: int


class Parent(NamedTuple):
    """Where a node is written: ``number`` in ``container`` (for a key, that of its entry)."""

    container: Mapping | Sequence
    number: int


def _start(node: Node) -> int:
    return node.start


def _entry_start(entry: Entry) -> int:
    return entry.key.start
