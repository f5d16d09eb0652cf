"""What the check of one file gave, with every place worked out: all that a report needs."""

from __future__ import annotations

from typing import NamedTuple

from cfncors.errors import UnreadableTemplate
from cfncors.findings import Finding
from cfncors.source import Document, Scalar
from cfncors.source.document import Position


class Placed(NamedTuple):
    """A finding with its place for people. ``source`` is the text of the line it starts on."""

    finding: Finding
    start: Position
    end: Position
    path: tuple[str | int, ...]
    source: str

    @property
    def order(self) -> tuple[int, str, str]:
        """Sorts findings as a reader meets them in the file."""
        return self.start.offset, self.finding.rule.id, self.finding.message


class FileReport(NamedTuple):
    """The check of one file: findings in the order of the file; or why it could not be read; or neither.

    ``internal`` says where this tool itself failed on the file. ``skipped`` says that it is no template.
    """

    name: str
    document: Document | None = None
    placed: tuple[Placed, ...] = ()
    error: UnreadableTemplate | None = None
    internal: tuple[str, ...] = ()
    skipped: bool = False

    @property
    def findings(self) -> tuple[Finding, ...]:
        """The findings without their places."""
        return tuple(placed.finding for placed in self.placed)

    @property
    def failed(self) -> bool:
        """Whether it was not checked, or not wholly."""
        return self.error is not None or bool(self.internal)

    def portable(self) -> FileReport:
        """The same without the tree, to be sent between processes: each node shrinks to its place."""
        return self._replace(document=None, placed=tuple(_without_tree(each) for each in self.placed))


def place(document: Document, finding: Finding) -> Placed:
    """Work out lines, columns and path of a finding."""
    start = document.position(finding.node.start)
    end = document.position(finding.node.end)
    return Placed(finding, start, end, tuple(document.path(finding.node)), document.line_text(start.line))


def _without_tree(placed: Placed) -> Placed:
    node = placed.finding.node
    return placed._replace(finding=placed.finding._replace(node=Scalar("", node.start, node.end, "")))
