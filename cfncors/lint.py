"""From a file to its report: read, model, check, suppress, place."""

from __future__ import annotations

import os
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from functools import partial
from typing import Final, NamedTuple, TypeVar

import cfncors.checks.meta as meta
from cfncors.checks import CHECKS
from cfncors.checks.mapped import agreed
from cfncors.checks.synthesised import for_the_program
from cfncors.checks.unexplained import BLOCKED, BLOCKED_FOR_SOME
from cfncors.config import Settings
from cfncors.discover import Candidate, is_packaged_copy, is_service_name
from cfncors.errors import CfncorsError, UnreadableTemplate, said_of
from cfncors.explained import explain
from cfncors.facts import Facts
from cfncors.findings import Finding, Rule
from cfncors.functions import Functions, with_evidence
from cfncors.functions.evidence import files_of
from cfncors.functions.places import name_beside
from cfncors.gateway import Model, build
from cfncors.report import FileReport, place
from cfncors.source import decode, parse
from cfncors.suppress import suppress
from cfncors.template import Template, load
from cfncors.template.nested import nested

#: Starting worker processes costs as much as checking this many bytes of templates.
_WORTH_PROCESSES: Final = 400_000
_MANY_FILES: Final = 16

_FROM_DISK: Final[Mapping[str, str]] = {}

Result = TypeVar("Result")


class Checked(NamedTuple):
    """The check of a text, with the facts that it looked at, if it came to that."""

    report: FileReport
    facts: Facts | None = None

    @property
    def model(self) -> Model | None:
        """The model of the text."""
        return self.facts.model if self.facts is not None else None


def check_text(text: str, name: str, settings: Settings, beside: Mapping[str, str] = _FROM_DISK) -> FileReport:
    """Check a template's text. Nothing is raised for bad input: the report says what is wrong with it. ``beside`` are
    the texts of files that it names, where they are not to be read from disk."""
    return examine(text, name, settings, beside).report


def examine(text: str, name: str, settings: Settings, beside: Mapping[str, str] = _FROM_DISK) -> Checked:
    """The same for those who go on with the facts."""
    try:
        document = parse(text, name)._replace(texts=beside)
        template = load(document)
    except UnreadableTemplate as error:
        return Checked(FileReport(name, error=error))
    except Exception as error:
        return Checked(FileReport(name, internal=(internal_error("reading the file", error),)))
    if template is None:
        return Checked(FileReport(name, document, skipped=True))
    try:
        facts = facts_of(template, settings)
    except UnreadableTemplate as error:
        return Checked(FileReport(name, document, error=error))
    except Exception as error:
        return Checked(FileReport(name, document, internal=(internal_error("the model of the template", error),)))
    findings, internal = _findings(facts, name, settings)
    placed = sorted((place(template.document, finding) for finding in findings), key=lambda each: each.order)
    report = FileReport(name, document, tuple(placed), internal=tuple(internal), nested=tuple(nested(template)))
    return Checked(report._replace(reads=_reads(facts)), facts)


def _reads(facts: Facts) -> tuple[str, ...]:
    """The files that a template names and that were read, code too."""
    document, functions = facts.template.document, facts.functions
    names = dict.fromkeys(document.beside)
    for function in functions.all.values():
        names |= dict.fromkeys(name_beside(document, path) for path in files_of(functions, function))
    return tuple(names)


def facts_of(template: Template, settings: Settings) -> Facts:
    """What the rules look at. Code that was looked at for evidence of calls from pages is not looked at again."""
    model = build(template, settings)
    functions = Functions(model)
    return Facts(with_evidence(model, functions), functions)


def check_file(path: str, settings: Settings, found: bool = False) -> FileReport:
    """Check a file. One that was ``found`` in a folder counts as skipped when it does not look like a template."""
    data = read_file(path)
    return data if isinstance(data, FileReport) else check_bytes(data, path, settings, found)


def check_bytes(data: bytes, name: str, settings: Settings, found: bool = False) -> FileReport:
    """Check a file's content; see :func:`check_file`."""
    text = screen(data, name, found)
    return text if isinstance(text, FileReport) else settle(check_text(text, name, settings), data, found)


def read_file(path: str) -> bytes | FileReport:
    """A file's content, or a report that says why there is none."""
    try:
        with open(path, "rb") as file:
            return file.read()
    except OSError as error:
        return FileReport(path, error=UnreadableTemplate(_reason(error)))


def screen(data: bytes, name: str, found: bool) -> str | FileReport:
    """The text to check, or the report when a look at the bytes is enough."""
    if found and b"Resources" not in data and not (b"provider" in data and is_service_name(name)):
        return FileReport(name, skipped=True)
    if found and is_packaged_copy(name, data):
        return FileReport(name, skipped=True)
    try:
        return decode(data)
    except UnreadableTemplate as error:
        return settle(FileReport(name, error=error), data, found)


def settle(report: FileReport, data: bytes, found: bool) -> FileReport:
    """The report, but a file ``found`` in a folder that could not be read is skipped unless it speaks of AWS."""
    speaks = b"AWS::" in data or (b"aws" in data and is_service_name(report.name))
    if found and report.error is not None and not speaks:
        return FileReport(report.name, skipped=True)
    return report


def check_files(candidates: Sequence[Candidate], settings: Settings, as_found: bool = False) -> Iterator[FileReport]:
    """Check files on all cores when there is enough to do; the reports come in the order of the files."""
    return over_files(partial(_check_candidate, settings=settings, as_found=as_found), candidates)


def over_files(work: Callable[[Candidate], Result], candidates: Sequence[Candidate]) -> Iterator[Result]:
    """``work`` for each file, in order, by several processes when that pays."""
    workers = min(os.cpu_count() or 1, len(candidates))
    if workers < 2 or len(candidates) < _MANY_FILES or sum(map(_size, candidates)) < _WORTH_PROCESSES:
        yield from map(work, candidates)
        return
    from concurrent.futures import ProcessPoolExecutor

    with ProcessPoolExecutor(workers) as pool:
        yield from pool.map(work, candidates, chunksize=max(1, len(candidates) // (workers * 8)))


def all_rules() -> list[Rule]:
    """Every rule, by id without its severity letter."""
    return sorted((rule for rule, _ in CHECKS.values()), key=lambda rule: rule.id[1:])


def _check_candidate(candidate: Candidate, settings: Settings, as_found: bool) -> FileReport:
    found = as_found or candidate.folder is not None
    return check_file(candidate.path, settings, found).portable()


def refusals(facts: Facts, name: str, settings: Settings, only: Collection[str] = ()) -> list[Finding]:
    """What AWS, SAM or the Serverless Framework refuses when the template is deployed, unless it is suppressed; with
    ``only``, what the rules of these ids find of it. A rule that crashes finds nothing here: ``check`` says so."""
    wants = _wanted(settings, name)
    rules = all_rules()
    found: list[Finding] = []
    for rule in rules:
        if wants(rule.id) and not rule.audit and (not only or rule.id in only):
            _run(rule, facts, found, [])
    refused = [each for each in found if each.refused]
    return suppress(facts.template, refused, rules, wants)[0] if refused else []


def _wanted(settings: Settings, name: str) -> Callable[[str], bool]:
    """Which rules are on in a file."""
    off = settings.ignored_in(name)
    return lambda rule_id: settings.wants(rule_id) and not rule_id.startswith(off)


def _findings(facts: Facts, name: str, settings: Settings) -> tuple[list[Finding], list[str]]:
    wants = _wanted(settings, name)
    findings: list[Finding] = []
    internal: list[str] = []
    rules = all_rules()
    # What no rule explains is known only when all of them have spoken.
    everything = any(wants(rule.id) for rule in (BLOCKED, BLOCKED_FOR_SOME))
    for rule in rules:
        if (everything or wants(rule.id)) and (not rule.audit or rule.id in settings.select):
            _run(rule, facts, findings, internal)
    findings = [finding for finding in _explained(facts, findings, internal) if wants(finding.rule.id)]
    kept, remarks = suppress(facts.template, findings, rules, wants)
    kept = agreed(facts.template, for_the_program(facts.model, kept))
    if wants(meta.UNUSED_SUPPRESSION.id):
        kept += [Finding(meta.UNUSED_SUPPRESSION, remark.message, remark.node) for remark in remarks]
    return kept, internal


def _explained(facts: Facts, findings: list[Finding], internal: list[str]) -> list[Finding]:
    """The findings as the verdicts bear them out. A crash there leaves them as the rules have them."""
    try:
        return explain(facts, findings)
    except CfncorsError:
        raise
    except Exception as error:
        internal.append(internal_error("the verdicts", error))
        return findings


def _run(rule: Rule, facts: Facts, findings: list[Finding], internal: list[str]) -> None:
    """One rule. Its crash is its own: the other rules still speak."""
    check = CHECKS[rule.id][1]
    try:
        findings += check(facts)
    except Exception as error:
        internal.append(internal_error(f"rule {rule.id}", error))


def internal_error(where: str, error: Exception) -> str:
    """An entry of a report for a fault of ours. Raises the error itself in debug mode."""
    return f"{where}: {said_of(error)}"


def _reason(error: OSError) -> str:
    if isinstance(error, FileNotFoundError):
        return "there is no such file"
    if isinstance(error, PermissionError):
        return "no permission to read it"
    return f"cannot be read: {error.strerror}"


def _size(candidate: Candidate) -> int:
    try:
        return os.stat(candidate.path).st_size
    except OSError:
        return 0
