"""What the check of one file gave, with every place worked out: all that a report needs."""

from __future__ import annotations

import os
from collections.abc import Iterable
from typing import NamedTuple

from cfncors.errors import UnreadableTemplate
from cfncors.findings import Finding, Key
from cfncors.source import Document, Edit, Scalar
from cfncors.source.document import Position


class Placed(NamedTuple):
    """A finding with its place for people. ``source`` is the text of the line it starts on."""

    finding: Finding
    start: Position
    end: Position
    path: tuple[str | int, ...]
    source: str
    #: the file that it is in, where that is one which the template names; and where the template names it
    file: str | None = None
    named_at: tuple[Position, Position] | None = None
    #: what its fix changes in which file (``None``: the template), with that file's own offsets
    edits: tuple[tuple[str | None, Edit], ...] = ()

    @property
    def order(self) -> tuple[str, int, Key]:
        """Sorts findings as a reader meets them in the file; those of files that it names follow, file by file."""
        return self.file or "", self.finding.node.start, self.finding.key

    @property
    def alike(self) -> tuple[object, ...]:
        """What makes findings of two templates the same at a place of a file that both name: the stages of an app have
        other logical ids, and the same rule, paths and exchanges."""
        finding = self.finding
        exchanges = frozenset((each.method, each.path, each.case, each.status) for each in finding.exchanges)
        return finding.rule.id, finding.subject, finding.paths, exchanges


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
    #: the templates of its nested stacks that are files beside it
    nested: tuple[str, ...] = ()
    #: the files that it names and that were read, code too, as findings in them name them
    reads: tuple[str, ...] = ()

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


def told_once(reports: Iterable[FileReport]) -> list[FileReport]:
    """The reports, with what several templates say alike of a file that they all name told by the first alone: the
    stages of an app share the code of their functions. So with a file that is a template itself, and a part of the
    serverless.yml beside it."""
    seen: set[tuple[object, ...]] = set()
    told = []
    for report in reports:
        kept = []
        own: set[tuple[object, ...]] = set()
        for each in report.placed:
            name = os.path.abspath(each.file or report.name)
            place = name, each.start.line, each.start.column, each.alike
            if place in seen:
                continue
            own.add(place)
            kept.append(each)
        seen |= own
        told.append(report._replace(placed=tuple(kept)) if len(kept) < len(report.placed) else report)
    return told


def place(document: Document, finding: Finding) -> Placed:
    """Work out lines, columns and path of a finding."""
    node = finding.node
    home = document.home(node.start)
    start, end = home.position(node.start), home.position(node.end)
    named = document.beside[home.name].place if home is not document else None
    return Placed(
        finding,
        start,
        end,
        tuple(home.path(node)),
        home.line_text(start.line),
        None if named is None else home.name,
        None if named is None else (document.position(named.start), document.position(named.end)),
        tuple(_in_its_file(document, edit) for edit in finding.fix.edits) if finding.fix is not None else (),
    )


def _in_its_file(document: Document, edit: Edit) -> tuple[str | None, Edit]:
    home = document.home(edit.start)
    if home is document:
        return None, edit
    start, end = (home.position(offset).offset for offset in (edit.start, edit.end))
    return home.name, Edit(start, end, edit.text)


def _without_tree(placed: Placed) -> Placed:
    node = placed.finding.node
    return placed._replace(finding=placed.finding._replace(node=Scalar("", node.start, node.end, "")))
