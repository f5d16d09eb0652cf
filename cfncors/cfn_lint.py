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
from typing import TYPE_CHECKING, NamedTuple
from weakref import WeakKeyDictionary

from cfnlint.rules import CloudFormationLintRule, RuleMatch

from cfncors.checks import CHECKS, FAMILIES
from cfncors.config import Settings
from cfncors.errors import UnreadableTemplate
from cfncors.lint import check_text
from cfncors.source import decode

if TYPE_CHECKING:
    from cfnlint.template import Template

    from cfncors.findings import Finding, Rule
    from cfncors.source import Document


class _Report(NamedTuple):
    """What was found in one template. ``has_places`` says that offsets are those of the file that cfn-lint names."""

    document: Document | None
    findings: tuple[Finding, ...]
    error: UnreadableTemplate | None
    has_places: bool


_NOTHING = _Report(None, (), None, False)
_reports: WeakKeyDictionary[Template, _Report] = WeakKeyDictionary()


def rule_classes(family: ModuleType) -> dict[str, type[CloudFormationLintRule]]:
    """A cfn-lint rule class for each rule that ``family``, a module of :mod:`cfncors.checks`, declares, by id."""
    return {
        rule.id: _rule_class(rule, family.__name__.rpartition(".")[2])
        for rule, check in CHECKS.values()
        if check.__module__ == family.__name__
    }


def _rule_class(rule: Rule, family: str) -> type[CloudFormationLintRule]:
    """The class, with no base of ours between: cfn-lint makes an instance of every subclass that it sees."""

    def match(_rule: CloudFormationLintRule, cfn: Template) -> Iterator[RuleMatch]:
        return _matches(rule, _report(cfn))

    attributes = {
        "id": rule.id,
        "shortdesc": rule.summary,
        "description": _description(rule),
        "source_url": rule.url,
        "tags": ["cfncors", "cors", family.replace("_", "-"), rule.name],
        "match": match,
        "__doc__": rule.doc,
        "__module__": __name__,
    }
    return type(rule.id, (CloudFormationLintRule,), attributes)


def _description(rule: Rule) -> str:
    """Why the rule is there: its docstring between the summary and the first heading after the reason."""
    _, _, rest = cleandoc(rule.doc).partition("\n")
    before, _, after = rest.partition("## Why")
    reason = (after or before).partition("\n## ")[0]
    return " ".join(reason.split()) or rule.summary


def _report(cfn: Template) -> _Report:
    """The report on a template, made when the first rule asks for it."""
    report = _reports.get(cfn)
    if report is None:
        # Should a check raise, cfn-lint says so (E0002) for the rule that asked, and not again for all others.
        _reports[cfn] = _NOTHING
        report = _reports[cfn] = _check(cfn)
    return report


def _check(cfn: Template) -> _Report:
    """Check the file that cfn-lint read; without one (standard input, Python) what cfn-lint made of the text."""
    try:
        data = Path(cfn.filename).read_bytes() if cfn.filename else None
    except OSError:
        data = None  # a name that a caller of cfn-lint's Python interface made up
    if data is None:
        made = check_text(json.dumps(cfn.template, default=str), "<template>", Settings())
        return _Report(made.document, made.findings, None, False)
    try:
        read = check_text(decode(data), cfn.filename, Settings())
    except UnreadableTemplate as error:
        return _Report(None, (), error, True)
    return _Report(read.document, read.findings, read.error, True)


def _matches(rule: Rule, report: _Report) -> Iterator[RuleMatch]:
    if report.error is not None and rule.id == "E9490":
        line, column = report.error.line - 1, report.error.column - 1
        yield RuleMatch([], report.error.reason, location=(line, column, line, column + 1))
    if report.document is None:
        return
    for finding in report.findings:
        if finding.rule.id == rule.id:
            yield _match(finding, report.document, report.has_places)


def _match(finding: Finding, document: Document, has_place: bool) -> RuleMatch:
    path = document.path(finding.node)
    if not has_place:
        return RuleMatch(path, finding.message)
    start, end = document.position(finding.node.start), document.position(finding.node.end)
    location = (start.line - 1, start.column - 1, end.line - 1, end.column - 1)
    return RuleMatch(path, finding.message, location=location)


for _family in FAMILIES:
    globals().update(rule_classes(_family))
