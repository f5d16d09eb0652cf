"""What the check of one file gave, with every place worked out: all that a report needs."""

from __future__ import annotations

from dataclasses import dataclass, replace

from cfncors.findings import Finding
from cfncors.source import Document, Scalar
from cfncors.source.document import Position


@dataclass(frozen=True, slots=True)
class Placed:
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


@dataclass(frozen=True, slots=True)
class Problem:
    """Why a file was not checked, or not wholly. ``internal`` means that this tool is at fault, not the file."""

    message: str
    line: int = 1
    column: int = 1
    internal: bool = False


@dataclass(frozen=True, slots=True)
class FileReport:
    """The check of one file. ``skipped`` says that it is no template; then there is nothing else in here."""

    name: str
    document: Document | None = None
    findings: tuple[Placed, ...] = ()
    problems: tuple[Problem, ...] = ()
    skipped: bool = False

    @property
    def error(self) -> Problem | None:
        """The first problem."""
        return self.problems[0] if self.problems else None

    def portable(self) -> FileReport:
        """The same without the tree, to be sent between processes: each node shrinks to its place."""
        return replace(self, document=None, findings=tuple(_without_tree(placed) for placed in self.findings))


def place(document: Document, finding: Finding) -> Placed:
    """Work out lines, columns and path of a finding."""
    start = document.position(finding.node.start)
    end = document.position(finding.node.end)
    return Placed(finding, start, end, tuple(document.path(finding.node)), document.line_text(start.line))


def _without_tree(placed: Placed) -> Placed:
    node = placed.finding.node
    return replace(placed, finding=replace(placed.finding, node=Scalar("", node.start, node.end, "")))
