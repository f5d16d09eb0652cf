"""The fix engine: fixes are data, and no result is believed before it has been read and checked again.

A pass collects the wanted fixes, applies those that do not overlap in one splice, and checks the result. Each fix
must leave its finding gone, add none, and keep a template that parses. A finding about exchanges that were blocked
before as well is not added by a fix: it only shows now. Another one may be fixed in the same attempt, and advice is no
reason to leave an error or a warning as it is. When the joint result is still not like that, the fixes of the pass are
tried in halves, so that the one at fault is found and refused with a reason. At the end all exchanges are judged before
and after (see :mod:`cfncors.proof`); when that shows a fix that does not do what it is for, each is proved by itself.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from typing import TYPE_CHECKING, Final, NamedTuple

from cfncors.checks.unexplained import BLOCKED, BLOCKED_FOR_SOME
from cfncors.config import Settings
from cfncors.errors import UnreadableTemplate
from cfncors.findings import Finding
from cfncors.lint import Checked, examine, internal_error, read_file, screen, settle
from cfncors.report import Applied, Changed, FileReport, FixResult, Held, Placed
from cfncors.shared import Member, Readers, counted, key, new_findings
from cfncors.source import Document, Edit, Mapping, Node, Scalar, apply, parse
from cfncors.source import Sequence as ListNode
from cfncors.source.document import Shared
from cfncors.source.edit import overlap

if TYPE_CHECKING:
    from cfncors.proof import Proof

MAX_PASSES: Final = 10
#: How many times a fix may bring to light another finding that has a fix itself.
MAX_STEPS: Final = 4
#: How often templates that share files are gone through: what is done for one may let another be fixed further.
MAX_ROUNDS: Final = 4


class _Group(NamedTuple):
    """Findings that share one edit; it counts as one fix."""

    placed: list[Placed]
    edits: tuple[Edit, ...]


class _Texts(NamedTuple):
    """The text of a template, and those of files that it names, as far as they differ from what is on disk."""

    own: str
    beside: dict[str, str]


class _Result(NamedTuple):
    """Texts that passed, their check, and what was done."""

    texts: _Texts
    checked: Checked
    made: list[_Group]


class _Others(NamedTuple):
    """The other templates of a run, and the files that have been changed for some of them, by key."""

    readers: Readers
    texts: dict[str, str]


def fix_text(text: str, name: str, settings: Settings, unsafe: bool = False) -> FixResult:
    """Mend a template's text as far as it goes. Unsafe fixes are made only when asked for."""
    return _fixed(text, Member(name), settings, unsafe)


def fix_bytes(data: bytes, name: str, settings: Settings, unsafe: bool = False, found: bool = False) -> FixResult:
    """Mend a file's content. One that was ``found`` in a folder may turn out to be no template."""
    text = screen(data, name, found)
    if isinstance(text, FileReport):
        return FixResult(name, "", "", text)
    result = fix_text(text, name, settings, unsafe)
    return result._replace(report=settle(result.report, data, found))


def fix_file(path: str, settings: Settings, unsafe: bool = False, found: bool = False) -> FixResult:
    """What would become of a file; nothing is written here."""
    data = read_file(path)
    if isinstance(data, FileReport):
        return FixResult(path, "", "", data)
    return fix_bytes(data, path, settings, unsafe, found)


def fix_together(
    members: Iterable[Member], names: Iterable[str], settings: Settings, unsafe: bool = False
) -> dict[str, FixResult]:
    """What would become of templates that share files, by name. ``members`` are all templates of the run: a file that
    others of them read, too, changes only when that is right for them."""
    given = {each.name: each for each in members}
    others = _Others(Readers(given.values(), settings), {})
    results: dict[str, FixResult] = {}
    last: dict[str, dict[str, str]] = {}
    wanted = list(names)
    for _ in range(MAX_ROUNDS):
        for name in wanted:
            mine = given[name].beside(others.texts) | {"": others.texts.get(key(name), "")}
            if last.get(name) == mine:
                continue
            result = _shared_fix(given[name], others, settings, unsafe)
            others.texts.update((key(each.name), each.after) for each in result.files)
            last[name] = given[name].beside(others.texts) | {"": others.texts.get(key(name), "")}
            results[name] = _then(results.get(name), result)
    return results


def _shared_fix(own: Member, others: _Others, settings: Settings, unsafe: bool) -> FixResult:
    text = others.texts.get(key(own.name))
    if text is None:
        data = read_file(own.name)
        screened = data if isinstance(data, FileReport) else screen(data, own.name, False)
        if isinstance(screened, FileReport):
            return FixResult(own.name, "", "", screened)
        text = screened
    return _fixed(text, own, settings, unsafe, others)


def _then(first: FixResult | None, second: FixResult) -> FixResult:
    """The results of two runs over one template, the second upon the first."""
    if first is None:
        return second
    beside = {each.name: each for each in first.beside}
    for each in second.beside:
        beside[each.name] = each._replace(before=beside[each.name].before) if each.name in beside else each
    return second._replace(
        before=first.before,
        applied=(*first.applied, *second.applied),
        changes=tuple(dict.fromkeys((*first.changes, *second.changes))),
        beside=tuple(beside.values()),
    )


def _fixed(text: str, own: Member, settings: Settings, unsafe: bool, others: _Others | None = None) -> FixResult:
    # A fix may not add a finding of any rule, so all are watched, however few are to be fixed.
    watched = settings._replace(select=(*settings.select, "E", "W", "I")) if settings.select else settings
    engine = _Engine(own, settings, watched, unsafe, others)
    try:
        return engine.run(text)
    except Exception as error:  # one of ours; the file stays as it is, and the others are mended all the same
        return FixResult(own.name, text, text, FileReport(own.name, internal=(internal_error("the fix", error),)))


class _Engine:
    """One run over one file."""

    def __init__(
        self, own: Member, settings: Settings, watched: Settings, unsafe: bool, others: _Others | None
    ) -> None:
        self.own = own
        self.name = own.name
        self.settings = settings
        self.watched = watched
        self.unsafe = unsafe
        self.others = others
        self.applied: list[Applied] = []
        self.refused: dict[int, str] = {}
        self.made: list[Finding] = []
        #: whether each attempt is proved, not only the result
        self.proves_each = False
        #: the texts of files beside the template before the first edit
        self.originals: dict[str, str] = {}

    def run(self, before: str) -> FixResult:
        texts = _Texts(before, self.own.beside(self.others.texts) if self.others is not None else {})
        start = self.check(texts)
        result, end = self.passes(texts, start)
        if not result.changed:
            return result
        proof = self.prove(start, end, self.made)
        if proof.objection is not None:
            self.applied, self.refused, self.made, self.proves_each = [], {}, [], True
            result, end = self.passes(texts, start)
            proof = self.prove(start, end, self.made)
        return result._replace(changes=proof.changes)

    def prove(self, before: Checked, after: Checked, made: Sequence[Finding]) -> Proof:
        from cfncors.proof import Proof, prove

        if before.facts is None or after.facts is None:
            return Proof()
        return prove(before.facts, after.facts, made, _left(before.report, after.report, made))

    def passes(self, before: _Texts, start: Checked) -> tuple[FixResult, Checked]:
        """What becomes of a text, and the check of what it became."""
        texts, here = before, start
        for _ in range(MAX_PASSES):
            result = self.one_pass(texts, here)
            if result is None:
                break
            texts, here, made = result
            placed = [each for group in made for each in group.placed]
            self.applied += [Applied(each.finding.rule, _title(each)) for each in placed]
            self.made += [each.finding for each in placed]
        else:
            wanted = (placed for placed in here.report.placed if self.wants(placed.finding))
            self.refused = {id(placed): f"still not at rest after {MAX_PASSES} passes" for placed in wanted}
        held = tuple(self.held(here.report))
        left = tuple(placed for placed in here.report.placed if self.settings.wants(placed.finding.rule.id))
        report = here.report._replace(placed=left)
        done = FixResult(self.name, before.own, texts.own, report, tuple(self.applied), held)
        return done._replace(beside=tuple(self.changed_beside(texts))), here

    def changed_beside(self, texts: _Texts) -> Iterator[Changed]:
        """The files beside the template that are not as they were."""
        for name, before in self.originals.items():
            after = texts.beside.get(name, before)
            if after != before:
                yield Changed(name, before, after)

    def check(self, texts: _Texts) -> Checked:
        return examine(texts.own, self.name, self.watched, texts.beside)

    def one_pass(self, texts: _Texts, before: Checked) -> _Result | None:
        """What a pass comes to; ``None`` when there is nothing left that may be done."""
        report = before.report
        wanted = (placed for placed in report.placed if self.wants(placed.finding))
        # What a failed rule would say of a result is unknown, so nothing may be changed.
        self.refused = {id(placed): "a rule failed on this file" for placed in wanted if report.failed}
        if report.document is None or report.failed:
            return None
        groups = [group for group in self.groups(report.placed) if self.may_share(report.document, group)]
        while chosen := list(_without_overlaps(groups)):
            result = self.together(texts, before, chosen)
            if result is not None:
                return result
            groups = [group for group in groups if group not in chosen]  # those that waited for refused ones
        return None

    def groups(self, findings: Iterable[Placed]) -> list[_Group]:
        """The wanted fixes in the order of the file, identical ones as one."""
        groups: dict[tuple[Edit, ...], _Group] = {}
        for placed in findings:
            fix = placed.finding.fix
            if fix is None or not fix.edits or not self.wants(placed.finding):
                continue
            group = groups.setdefault(fix.edits, _Group([], fix.edits))
            group.placed.append(placed)
        return list(groups.values())

    def wants(self, finding: Finding) -> bool:
        fix = finding.fix
        return fix is not None and self.settings.wants(finding.rule.id) and (self.unsafe or fix.safety == "safe")

    def may_share(self, document: Document, group: _Group) -> bool:
        """Whether a fix changes no other place by way of an anchor; it is refused otherwise."""
        aliases = self.harms_others(document, group)
        if aliases:
            others = "1 other place uses it" if aliases == 1 else f"{aliases} other places use it"
            self.refuse(group, f"the value is shared by an anchor, and {others}; edit it by hand")
        return not aliases

    @staticmethod
    def harms_others(document: Document, group: _Group) -> int:
        """How many aliases repeat a value that the fix changes, unless all places that repeat it ask for the fix."""
        touched = _touched(document, group.edits)
        return next((aliases for aliases, places in touched if len(group.placed) < places), 0)

    def together(self, texts: _Texts, before: Checked, chosen: list[_Group]) -> _Result | None:
        """All chosen fixes at once; failing that, each with the good ones before it, and the others are refused."""
        result, why = self.attempt(texts, before, chosen)
        if result is not None:
            return result
        return self.in_halves(texts, before, [], chosen, why)[0]

    def in_halves(
        self, texts: _Texts, before: Checked, good: list[_Group], chosen: list[_Group], why: str
    ) -> tuple[_Result | None, list[_Group]]:
        """What comes of ``good`` fixes with those of the chosen ones that may be made, after an attempt with all of
        them failed, and which these are. Halving finds one at fault among many in few attempts."""
        if len(chosen) == 1:
            self.refuse(chosen[0], why)
            return None, good
        result: _Result | None = None
        half = len(chosen) // 2
        for part in (chosen[:half], chosen[half:]):
            found, why = self.attempt(texts, before, [*good, *part])
            if found is not None:
                good = [*good, *part]
            else:
                found, good = self.in_halves(texts, before, good, part, why)
            result = found or result
        return result, good

    def attempt(self, texts: _Texts, before: Checked, chosen: Sequence[_Group]) -> tuple[_Result | None, str]:
        """Make the chosen fixes, then those of findings that they bring to light. ``None`` and what is wrong with
        the chosen ones when that leads nowhere."""
        made: list[_Group] = []
        first_objection = ""
        step, here, begun = list(chosen), before, texts
        for _ in range(MAX_STEPS):
            assert here.report.document is not None  # what could not be read has no fix
            try:
                texts = self.edited(here.report.document, texts, [edit for group in step for edit in group.edits])
            except ValueError as error:  # edits that overlap, or text that UTF-8 cannot hold
                return None, first_objection or str(error)
            made += step
            here = self.check(texts)
            objection = self.objection(before, here, chosen)
            if objection is None:
                failed = self.unproved(before, here, made) or self.harms_readers(begun, texts)
                return (None, failed) if failed else (_Result(texts, here, made), "")
            first_objection = first_objection or objection
            step = list(_without_overlaps(self.revealed(before.report, here.report)))
            if not step:
                break
        return None, first_objection

    def objection(self, before: Checked, after: Checked, chosen: Sequence[_Group]) -> str | None:
        """What is wrong with a result, or ``None``."""
        report = after.report
        if report.error is not None:
            return f"its result could not be read: {report.error.reason}"
        if report.skipped or report.internal:
            return "its result would not be a template" if report.skipped else f"its result: {report.internal[0]}"
        made = [placed.finding for group in chosen for placed in group.placed]
        outweighs = any(finding.rule.severity != "info" for finding in made)
        for placed in new_findings(before.report, report):
            finding = placed.finding
            if outweighs and finding.rule.severity == "info":
                continue
            if any(each.rule.id in finding.rule.follows for each in made) or _was_so(before, after, finding):
                continue
            if any(each.refused and not set(each.resources).isdisjoint(finding.resources) for each in made):
                continue  # it was not deployed at all
            return f"it would add {finding.rule.id} on line {placed.start.line}: {finding.message}"
        old, new = counted(before.report), counted(report)
        fixed = Counter(finding.key for finding in made)
        if any(new[key] > old[key] - times for key, times in fixed.items()):
            return "its finding would not go away"
        return None

    def unproved(self, before: Checked, after: Checked, made: Sequence[_Group]) -> str:
        """What the simulation says against an attempt, when each has to be proved."""
        if not self.proves_each:
            return ""
        findings = [placed.finding for group in made for placed in group.placed]
        return self.prove(before, after, findings).objection or ""

    def harms_readers(self, before: _Texts, after: _Texts) -> str:
        """What an attempt would do to other templates that read the files which it changes."""
        if self.others is None:
            return ""
        old, new = ({**self.others.texts, **self.by_key(texts)} for texts in (before, after))
        return self.others.readers.objection(self.name, old, new) or ""

    def by_key(self, texts: _Texts) -> dict[str, str]:
        """Texts by the keys of their files, as other templates may look for them."""
        return {key(name): text for name, text in texts.beside.items()} | {key(self.name): texts.own}

    def edited(self, document: Document, texts: _Texts, edits: Sequence[Edit]) -> _Texts:
        """The texts after edits of a template and of the files beside it. Raises ValueError; see :func:`apply`."""
        by_file = _by_file(document, edits)
        own = apply(document.text, by_file.pop(document.name, ()))
        beside = dict(texts.beside)
        for name, its in by_file.items():
            file = document.beside[name].document
            self.originals.setdefault(name, file.text)
            beside[name] = apply(file.text, its)
        for text in (own, *beside.values()):
            text.encode()
        return _Texts(own, beside)

    def revealed(self, before: FileReport, after: FileReport) -> list[_Group]:
        """The wanted fixes of findings that are new; none when one of these cannot be fixed."""
        new = list(new_findings(before, after))
        if after.document is None or not all(self.wants(placed.finding) for placed in new):
            return []
        return [group for group in self.groups(new) if not self.harms_others(after.document, group)]

    def refuse(self, group: _Group, reason: str) -> None:
        for placed in group.placed:
            self.refused[id(placed)] = reason

    def held(self, report: FileReport) -> Iterator[Held]:
        """The fixes on offer that were not made. The report is the one that the last pass looked at."""
        for placed in report.placed:
            fix = placed.finding.fix
            if fix is None or not self.settings.wants(placed.finding.rule.id):
                continue
            reason = self.refused.get(id(placed))
            if reason is not None:
                yield Held(placed, reason, True)
            elif fix.safety == "unsafe" and not self.unsafe:
                yield Held(placed, "unsafe; needs --unsafe-fixes", False)
            else:
                yield Held(placed, "it overlaps with another fix", True)


def _by_file(document: Document, edits: Iterable[Edit]) -> dict[str, list[Edit]]:
    """A template's edits by the name of the file that each is made in, as edits of its text."""
    found: dict[str, list[Edit]] = {}
    for edit in edits:
        file = document.home(edit.start)
        made = Edit(file.local(edit.start), file.local(edit.end), edit.text)
        found.setdefault(file.name, []).append(made)
    return found


def _title(placed: Placed) -> str:
    return placed.finding.fix.title if placed.finding.fix is not None else ""


def _without_overlaps(groups: Iterable[_Group]) -> Iterator[_Group]:
    """The groups whose edits stand clear of those before them; the others wait for the next pass."""
    taken: list[Edit] = []
    for group in groups:
        new = [edit for edit in group.edits if edit not in taken]
        if not new or not any(overlap(edit, other) for edit in new for other in taken):
            taken += new
            yield group


def _left(before: FileReport, after: FileReport, made: Sequence[Finding]) -> list[Finding]:
    """The findings of the report after a fix that say of what was known before why it is still so."""
    fixed = {finding.key for finding in made}
    known = {finding.key for finding in before.findings} - fixed
    return [each for each in after.findings if each.key in known and each.rule not in (BLOCKED, BLOCKED_FOR_SOME)]


def _was_so(before: Checked, after: Checked, finding: Finding) -> bool:
    """Whether a finding is about exchanges that were blocked before, too: then the fix did not cause it, it only shows
    now, as when a front door was closed."""
    if not finding.exchanges or before.facts is None or after.facts is None:
        return False
    from cfncors.proof import compare

    try:
        return compare(before.facts, after.facts).were_blocked(finding.exchanges)
    except Exception:
        return False  # the proof of the fix says what failed, and refuses it


# -- anchors ----------------------------------------------------------------------------------------------------------


def _touched(document: Document, edits: tuple[Edit, ...]) -> list[tuple[int, int]]:
    """The anchored values that edits change: how many aliases repeat each, and in how many places it counts."""
    by_file = _by_file(document, edits)
    files = (document, *(document.beside[name].document for name in by_file if name in document.beside))
    return [found for file in files if file.shared for found in _touched_in(file, by_file.get(file.name, []))]


def _touched_in(document: Document, edits: list[Edit]) -> list[tuple[int, int]]:
    try:
        new = parse(apply(document.text, edits), document.name)
    except (UnreadableTemplate, ValueError):
        return []  # the attempt will say so
    changed = []
    before, after = _by_place(document), _by_place(new)
    for index, shared in enumerate(before):
        if len(after) != len(before) or not _same(shared.node, after[index].node):
            # A value kept under Metadata for its anchor's sake means nothing there.
            counts = 0 if document.path(shared.node)[:1] == ["Metadata"] else 1
            changed.append((shared.aliases, shared.aliases + counts))
    return changed


def _by_place(document: Document) -> list[Shared]:
    return sorted(document.shared.values(), key=lambda shared: shared.node.start)


def _same(one: Node, other: Node) -> bool:
    """Whether two nodes say the same."""
    if one.tag != other.tag:
        return False
    if isinstance(one, Scalar) and isinstance(other, Scalar):
        return one.text == other.text and one.is_text == other.is_text
    if isinstance(one, ListNode) and isinstance(other, ListNode):
        return len(one.items) == len(other.items) and all(map(_same, one.items, other.items))
    if isinstance(one, Mapping) and isinstance(other, Mapping):
        return len(one.entries) == len(other.entries) and all(
            _same(a.key, b.key) and _same(a.value, b.value) for a, b in zip(one.entries, other.entries, strict=True)
        )
    return False
