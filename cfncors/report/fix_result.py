"""What the fix of one file gave: all that a report on it needs."""

from __future__ import annotations

from typing import NamedTuple

from cfncors.findings import Rule
from cfncors.report.file_report import FileReport, Placed


class Applied(NamedTuple):
    """A fix that was made."""

    rule: Rule
    title: str


class Held(NamedTuple):
    """A fix that was not made, and why. ``refused`` means that it was wanted."""

    placed: Placed
    reason: str
    refused: bool


class Changed(NamedTuple):
    """A file that a template names, before and after."""

    name: str
    before: str
    after: str


class FixResult(NamedTuple):
    """The text before and after, what was done, what was held back, and the check of the text after."""

    name: str
    before: str
    after: str
    report: FileReport
    applied: tuple[Applied, ...] = ()
    held: tuple[Held, ...] = ()
    #: the exchanges whose verdict in a browser differs, in words
    changes: tuple[str, ...] = ()
    #: what was done in files that it names
    beside: tuple[Changed, ...] = ()

    @property
    def changed(self) -> bool:
        """Whether there is something to write."""
        return self.before != self.after or bool(self.beside)

    @property
    def files(self) -> tuple[Changed, ...]:
        """Everything that there is to write, the template itself first."""
        own = (Changed(self.name, self.before, self.after),) if self.before != self.after else ()
        return (*own, *self.beside)

    def portable(self) -> FixResult:
        """The same without trees; see :meth:`FileReport.portable`."""
        report = self.report.portable()
        small = dict(zip(self.report.placed, report.placed, strict=True)) if self.held else {}
        held = tuple(each._replace(placed=small[each.placed]) for each in self.held)
        return self._replace(report=report, held=held)
