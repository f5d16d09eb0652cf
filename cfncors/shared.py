"""Files that several templates of a run read: a change of one is right only when it is right for all of them.

A resources file of the Serverless Framework, an OpenAPI definition, a part that ``AWS::Include`` brings, code: each may
be named by more than one template. Whoever changes such a file for one template asks here what the change does to the
others: each is checked again with the texts after it.
"""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import NamedTuple

from cfncors.config import Settings
from cfncors.errors import UnreadableTemplate
from cfncors.findings import Key
from cfncors.gateway.references import mentioned
from cfncors.lint import Checked, examine, read_file
from cfncors.proof import prove
from cfncors.report import FileReport, Placed
from cfncors.source import Edit, apply, decode
from cfncors.source.edit import overlap

#: Texts that stand in for files on disk, by :func:`key`.
Texts = Mapping[str, str]


class Member(NamedTuple):
    """A template of a run, and the files that it reads beside itself, as its report names them."""

    name: str
    reads: tuple[str, ...] = ()

    @property
    def keys(self) -> frozenset[str]:
        """The keys of all files that it is made of."""
        return frozenset(map(key, (self.name, *self.reads)))

    def beside(self, texts: Texts) -> dict[str, str]:
        """Those of some texts that it reads, by the names that it has for them."""
        return {name: texts[key(name)] for name in self.reads if key(name) in texts}


def key(name: str) -> str:
    """What makes two names those of one file."""
    return os.path.realpath(name)


def member(report: FileReport) -> Member:
    """The template of a report."""
    return Member(report.name, report.reads)


def linked(members: Iterable[Member], changed: Mapping[str, Iterable[str]]) -> list[list[str]]:
    """The templates, by name, that have to be looked at together: those that read a file which is to be changed for
    another one, and that one. ``changed`` are the files by the template that they are to be changed for. A template
    that shares nothing is in no group; the order is kept."""
    given = list(members)
    group: dict[str, list[str]] = {}
    for name, files in changed.items():
        keys = frozenset(map(key, files))
        for other in given:
            if other.name != name and not keys.isdisjoint(other.keys):
                one, two = group.setdefault(name, [name]), group.setdefault(other.name, [other.name])
                if one is not two:
                    one += two
                    group.update(dict.fromkeys(two, one))
    order = {each.name: number for number, each in enumerate(given)}
    found = {id(each): sorted(set(each), key=order.__getitem__) for each in group.values()}
    return sorted(found.values(), key=lambda names: order[names[0]])


class Readers:
    """The templates of a run, each checked again when a file that it reads is to change."""

    def __init__(self, members: Iterable[Member], settings: Settings) -> None:
        self.members = tuple(members)
        # A change for one template may not add a finding of any rule to another.
        self.settings = settings._replace(select=(*settings.select, "E", "W", "I")) if settings.select else settings
        #: the last two checks of each: what one change leads to is what the next one begins with
        self._known: dict[str, list[tuple[dict[str, str], Checked]]] = {}

    def objection(self, name: str, before: Texts, after: Texts) -> str | None:
        """Why files may not change as is meant for the template ``name``: what it would do to another one that reads
        them. ``None`` when nothing speaks against it."""
        changed = {path for path, text in after.items() if before.get(path) != text}
        for other in self.members:
            if key(other.name) == key(name):
                continue
            shared = changed & other.keys
            if shared:
                why = self._against(other, before, after)
                if why is not None:
                    return f"{other.name} {_reads(other, shared)} too: {why}"
        return None

    def _against(self, other: Member, before: Texts, after: Texts) -> str | None:
        old, new = self._check(other, before), self._check(other, after)
        if old is None or old.report.skipped or (old.report.error is not None and new is not None):
            return None  # what is no template, and what could not be read before, is no worse off
        if new is None or new.report.error is not None:
            return f"its result could not be read: {_reason(new)}"
        if old.report.failed or new.report.failed:
            return f"a rule failed on it: {(*old.report.internal, *new.report.internal)[0]}"
        for placed in new_findings(old.report, new.report):
            if placed.finding.rule.severity != "info":
                return f"it would get {placed.finding.rule.id}: {placed.finding.message}"
        # A file that is a part of another template is not deployed by itself: the rest may have what it refers to.
        is_part = before.get(key(other.name)) != after.get(key(other.name))
        missing = sorted(_missing(new) - _missing(old))
        if missing and not is_part:
            return f"it has no {missing[0]}"
        if old.facts is None or new.facts is None:
            return None
        return prove(old.facts, new.facts, ()).objection

    def _check(self, other: Member, texts: Texts) -> Checked | None:
        """The check of a template with some texts; ``None`` when its own cannot be had."""
        beside = other.beside(texts)
        own = texts.get(key(other.name))
        mine = beside if own is None else {**beside, other.name: own}
        known = self._known.setdefault(other.name, [])
        for texts_then, checked in known:
            if texts_then == mine:
                return checked
        text = own if own is not None else _on_disk(other.name)
        if text is None:
            return None
        checked = examine(text, other.name, self.settings, beside)
        self._known[other.name] = [*known[-1:], (mine, checked)]
        return checked


def held_back(reports: Sequence[FileReport], settings: Settings) -> list[FileReport]:
    """The reports of a run without the fixes that would harm another template which reads the file, with the reason in
    their place: what is on offer is what would be made."""
    members = [member(report) for report in reports]
    readers = Readers(members, settings)
    read: Counter[str] = Counter(path for each in members for path in each.keys)
    return [_held_back(report, readers, read) for report in reports]


def _held_back(report: FileReport, readers: Readers, read: Counter[str]) -> FileReport:
    shared = [each for each in report.placed if any(read[key(name or report.name)] > 1 for name, _ in each.edits)]
    if not shared or _objection(report, shared, readers) is None:
        return report
    reasons = {id(each): why for each in shared if (why := _objection(report, [each], readers)) is not None}
    return report._replace(placed=tuple(_without_fix(each, reasons.get(id(each))) for each in report.placed))


def _without_fix(placed: Placed, reason: str | None) -> Placed:
    if reason is None:
        return placed
    return placed._replace(finding=placed.finding._replace(fix=None, no_fix=reason), edits=())


def _objection(report: FileReport, placed: Sequence[Placed], readers: Readers) -> str | None:
    """What speaks against some fixes together, each edit made once; those that overlap are left for later."""
    edits: dict[str, list[Edit]] = {}
    for each in placed:
        for name, edit in each.edits:
            here = edits.setdefault(name or report.name, [])
            if edit not in here and not any(overlap(edit, other) for other in here):
                here.append(edit)
    before = {key(name): text for name in edits if (text := _on_disk(name)) is not None}
    after = {key(name): apply(before[key(name)], some) for name, some in edits.items() if key(name) in before}
    return readers.objection(report.name, before, after)


def new_findings(before: FileReport, after: FileReport) -> Iterator[Placed]:
    """Findings that were not there before. A suppression whose finding is gone does not count: it is rightly called
    unused from now on."""
    known, counts = counted(before), counted(after)
    return (
        placed
        for placed in after.placed
        if counts[placed.finding.key] > known[placed.finding.key] and placed.finding.rule.id != "I9491"
    )


def counted(report: FileReport) -> Counter[Key]:
    """How many findings of a report are alike."""
    return Counter(finding.key for finding in report.findings)


def _missing(checked: Checked) -> set[str]:
    """The names that resources refer to and that the template does not have: CloudFormation refuses it then
    ("Unresolved resource dependencies")."""
    if checked.facts is None:
        return set()
    template = checked.facts.template
    named = {
        name for resource in template.resources.values() for name in (*mentioned(resource.node), *resource.depends_on)
    }
    have = template.resources.keys() | template.parameters.keys()
    return {name for name in named if name not in have and "::" not in name}


def _reads(other: Member, shared: frozenset[str] | set[str]) -> str:
    """Which of some files a template is made of, in words."""
    if key(other.name) in shared:
        return "is changed by it"
    return f"reads {next(name for name in other.reads if key(name) in shared)}"


def _on_disk(name: str) -> str | None:
    data = read_file(name)
    if isinstance(data, FileReport):
        return None
    try:
        return decode(data)
    except UnreadableTemplate:
        return None


def _reason(checked: Checked | None) -> str:
    error = checked.report.error if checked is not None else None
    return error.reason if error is not None else "it cannot be read"
