"""A file as it was read: its text, its tree, and where things stand in it."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterator
from collections.abc import Mapping as Dict
from collections.abc import Sequence as Sequence_
from functools import cached_property
from itertools import accumulate
from typing import Final, Literal, NamedTuple

from cfncors.errors import UnreadableTemplate
from cfncors.source.nodes import Entry, Mapping, Node, Scalar, Sequence

_BREAK: Final = "\n"


class Position(NamedTuple):
    """A place for people: line and column count from 1, columns in code points, a byte order mark not counted."""

    line: int
    column: int
    offset: int


def unreadable(text: str, reason: str, offset: int) -> UnreadableTemplate:
    """The error for a place in a text, counted as :meth:`Document.position` counts."""
    line, column, _ = Document("", text, Scalar("", 0, 0, ""), "yaml").position(offset)
    return UnreadableTemplate(reason, line, column, offset)


def unreadable_at(document: Document, node: Node, reason: str) -> UnreadableTemplate:
    """The error for a node of a file, or of one beside it, which is named then and placed where it is named."""
    home = document.home(node.start)
    if home is not document:
        reason, node = f"{reason} in {home.name}", document.beside[home.name].place
    at = document.position(node.start)
    return UnreadableTemplate(reason, at.line, at.column, at.offset)


class _Document(NamedTuple):
    name: str
    text: str
    root: Node
    format: Literal["yaml", "json", "code"]
    #: nodes that an anchor names -> how many aliases repeat them
    shared: dict[int, Shared] = {}  # noqa: RUF012 - never written to
    #: each tag that is not YAML's own, with the first node that bears it
    tags: dict[str, Node] = {}  # noqa: RUF012 - never written to
    #: the offset of the file's first character, behind those of the file beside which it is read
    base: int = 0
    #: how many line breaks stand in ``text`` before what the file holds; see :attr:`Document.padded`
    padding: int = 0
    #: the file that names this one
    main: Document | None = None
    #: texts of files beside it that are not to be read from disk, by the name under which they are reported
    texts: Dict[str, str] = {}


class Beside(NamedTuple):
    """A file that another one names: ``place`` is where. Its offsets follow those of the files before it, so that an
    offset alone says which file it is in."""

    document: Document
    place: Node


class Document(_Document):
    """A parsed file. ``text`` is the whole decoded file with its byte order mark and line endings."""

    @cached_property
    def beside(self) -> dict[str, Beside]:
        """The files that were read beside this one, by the name under which they are reported."""
        return {}

    @property
    def next_base(self) -> int:
        """Where the text of the next file beside this one begins."""
        return max([self.end, *(each.document.end for each in self.beside.values())]) + 1

    @property
    def end(self) -> int:
        """The offset behind the file's last character."""
        return self.base + len(self.text) - self.padding

    @property
    def padded(self) -> Document:
        """The file with a text in which each offset is an index: behind line breaks, but for a byte order mark. So the
        edits of any file are made as those of a file by itself; only for files that are edited."""
        return self._padded if self.base and not self.padding else self

    @cached_property
    def _padded(self) -> Document:
        bom = self.text.startswith("\ufeff")
        text = f"{self.text[:bom]}{self.base * _BREAK}{self.text[bom:]}"
        return self._replace(text=text, padding=self.base)

    def name_of(self, offset: int) -> str | None:
        """The name of the file beside this one that an offset lies in; ``None`` for this file."""
        home = self.home(offset)
        return None if home is self else home.name

    def home(self, offset: int) -> Document:
        """The file that an offset lies in: this one, the one beside which this one is read, or one beside it."""
        if offset < self.base and self.main is not None:
            return self.main.home(offset)
        if offset > self.end:
            for each in self.beside.values():
                if each.document.base <= offset <= each.document.end:
                    return each.document
        return self

    def local(self, offset: int) -> int:
        """Where in :attr:`text` an offset is."""
        return offset - self.base + self.padding

    def at(self, index: int) -> int:
        """The offset of a place in :attr:`text`."""
        return index + self.base - self.padding

    @cached_property
    def _line_starts(self) -> list[int]:
        lengths = map(len, self.text.split("\n")[:-1])
        return [end + breaks for breaks, end in enumerate(accumulate(lengths, initial=0))]

    def position(self, offset: int) -> Position:
        """Line and column of an offset. Lines end at ``\\n`` as editors count them."""
        index = self.local(offset)
        line = bisect_right(self._line_starts, index)
        column = index - self._line_starts[line - 1] + 1
        if line == 1 and self.text.startswith("\ufeff") and column > 1:
            column -= 1
        return Position(line, column, index)

    def line_text(self, line: int) -> str:
        """The text of a line (from 1) without its ending and without a byte order mark."""
        starts = self._line_starts
        end = starts[line] if line < len(starts) else len(self.text)
        return self.text[starts[line - 1] : end].rstrip("\r\n").lstrip("\ufeff" if line == 1 else "")

    @cached_property
    def newline(self) -> str:
        """The line ending of the file: that of its first line, ``\\n`` when it has only one."""
        at = self.text.find("\n", self.padding + self.text.startswith("\ufeff"))
        return "\r\n" if at > 0 and self.text[at - 1] == "\r" else "\n"

    def source(self, node: Node) -> str:
        """The text of a node as it is written, its tag and anchor included."""
        return self.text[self.local(node.start) : self.local(node.end)]

    def path(self, node: Node) -> list[str | int]:
        """The keys and indexes that lead to ``node`` (a key leads to itself) where it is written.

        A node that is not part of this file has none, but for one that stands for something here (what a variable, a
        default or an include brings): it has the path of what is written at its place.
        """
        around = self.around(node)
        if not around and node.foreign:
            covering = self._parent_at(node.start, node.end)
            around = [covering, *self.around(covering.container)] if covering is not None else []
        return [
            container.entries[number].key.text if isinstance(container, Mapping) else number
            for container, number in reversed(around)
        ]

    def parent(self, node: Node) -> Parent | None:
        """The container in which ``node`` is written; ``None`` for the root and for what is not part of this file."""
        return next(iter(self.around(node)), None)

    def around(self, node: Node) -> list[Parent]:
        """The containers in which ``node`` is written, from the inside out; none for the root and for what is not part
        of this file.

        Found by its place from the root down, which costs little for one node; with aliases places are no guide, and
        all parents are looked up once.
        """
        if self.shared:
            return list(self._up_from(node))
        found: list[Parent] = []
        here = self.root
        while here is not node and not isinstance(here, Scalar):
            if isinstance(here, Mapping):
                number = bisect_right(here.entries, node.start, key=_entry_start) - 1
                parts: Sequence_[Node] = here.entries[number] if number >= 0 else ()
            else:
                number = bisect_right(here.items, node.start, key=_start) - 1
                parts = (here.items[number],) if number >= 0 else ()
            found.append(Parent(here, number))
            if any(part is node for part in parts):
                return found[::-1]
            if not parts:
                break
            here = parts[-1]
        return []

    def _up_from(self, node: Node) -> Iterator[Parent]:
        while (above := self.parents.get(id(node))) is not None:
            yield above
            node = above.container

    def _parent_at(self, start: int, end: int) -> Parent | None:
        """The container of the innermost node that covers a place."""
        here, found = self.root, None
        while not isinstance(here, Scalar):
            inner = here.entries if isinstance(here, Mapping) else [(item,) for item in here.items]
            covering = (
                (part, Parent(here, number))
                for number, parts in enumerate(inner)
                for part in parts
                if part.start <= start and end <= part.end
            )
            deeper = next(covering, None)
            if deeper is None:
                break
            here, found = deeper
        return found

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
                parts = [p for p in parts if (above := self.parents.get(id(p))) and above.container is container]
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
