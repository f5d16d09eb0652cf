"""The rules inside cfn-lint: ``cfn-lint template.yaml -a cfncors.cfn_lint``, or ``-a rules/`` from a checkout.

cfn-lint before 1.54 hands rules the template that the SAM transform made, later versions one with Globals merged in.
Neither has the author's places, so the file itself is read again and checked once for all rules; each rule then
reports its own findings with both the path (cfn-lint's suppression in Metadata goes by it) and the location.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from inspect import cleandoc
from pathlib import Path
from types import ModuleType
from typing import TYPE_CHECKING, Final
from weakref import WeakKeyDictionary

from cfnlint.rules import CloudFormationLintRule, RuleMatch

from cfncors.checks import CHECKS, FAMILIES
from cfncors.checks.meta import UNREADABLE
from cfncors.config import Settings
from cfncors.findings import ABOUT
from cfncors.lint import check_bytes, check_text
from cfncors.report import FileReport, Placed

if TYPE_CHECKING:
    from cfnlint.template import Template

    from cfncors.findings import Rule

#: The name of a report on what cfn-lint read from standard input or got from a caller; offsets in it lead nowhere.
_NO_FILE: Final = "<template>"

#: cfn-lint itself decides whether a rule runs: an audit rule is one of its experimental rules (``-e``).
_SETTINGS: Final = Settings(select=("E", "W", "I", *(rule.id for rule, _ in CHECKS.values() if rule.audit)))

_reports: WeakKeyDictionary[Template, FileReport] = WeakKeyDictionary()


class FaultyRuleError(Exception):
    """A rule of ours crashed; cfn-lint shows it as E0002."""


def rule_classes(family: ModuleType) -> dict[str, type[CloudFormationLintRule]]:
    """A cfn-lint rule class for each rule that ``family``, a module of :mod:`cfncors.checks`, declares, by id."""
    return {
        rule.id: _rule_class(rule, family.__name__.rpartition(".")[2])
        for rule, check in CHECKS.values()
        if check.__module__ == family.__name__
    }


def _rule_class(rule: Rule, family: str) -> type[CloudFormationLintRule]:
    """The class, with no base of ours between: cfn-lint makes an instance of every subclass that it sees."""

    def match(_: CloudFormationLintRule, cfn: Template) -> Iterator[RuleMatch]:
        return _matches(rule, _report(cfn))

    attributes = {
        "id": rule.id,
        "shortdesc": rule.summary,
        "description": _description(rule),
        "source_url": rule.url,
        "tags": ["cfncors", "cors", family.replace("_", "-"), rule.name],
        "experimental": rule.audit,
        "match": match,
        "__doc__": rule.doc,
        "__module__": __name__,
    }
    return type(rule.id, (CloudFormationLintRule,), attributes)


def _description(rule: Rule) -> str:
    """Why the rule is there, the first paragraph of it, on one line, and what it is about."""
    _, _, reason = cleandoc(rule.doc).partition("\n## Why\n")
    why = " ".join(reason.partition("\n\n")[0].split()) or rule.summary
    return f"{why} About: {ABOUT[rule.about]}."


def _report(cfn: Template) -> FileReport:
    """The report on a template, made when the first rule asks for it."""
    report = _reports.get(cfn)
    if report is None:
        report = _reports[cfn] = _check(cfn)
    return report


def _check(cfn: Template) -> FileReport:
    """Check the file that cfn-lint read; without one, what cfn-lint made of the text."""
    if cfn.filename is not None:
        try:
            return check_bytes(Path(cfn.filename).read_bytes(), cfn.filename, _SETTINGS)
        except OSError:
            pass  # a name that a caller of cfn-lint's Python interface made up
    return check_text(json.dumps(cfn.template, default=str), _NO_FILE, _SETTINGS)


def _matches(rule: Rule, report: FileReport) -> Iterator[RuleMatch]:
    has_places = report.name != _NO_FILE
    for placed in report.placed:
        if placed.finding.rule.id == rule.id:
            yield _match(placed, has_places)
    if rule.id == UNREADABLE.id:
        # What we refuse although cfn-lint reads it; what neither can read (E0000) never gets here.
        if report.error is not None and has_places:
            line, column = report.error.line - 1, report.error.column - 1
            yield RuleMatch([], report.error.reason, location=(line, column, line, column + 1))
        if report.internal:
            raise FaultyRuleError("; ".join(report.internal))


def _match(placed: Placed, has_place: bool) -> RuleMatch:
    path, message = list(placed.path), placed.finding.told
    if not has_place:
        return RuleMatch(path, message)
    start, end = placed.start, placed.end
    if placed.named_at is not None:  # cfn-lint knows one file: the place there that names the other
        path, message = [], f"{placed.file}:{start.line}:{start.column}: {message}"
        start, end = placed.named_at
    return RuleMatch(path, message, location=(start.line - 1, start.column - 1, end.line - 1, end.column - 1))


for _family in FAMILIES:
    globals().update(rule_classes(_family))
