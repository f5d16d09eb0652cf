"""One judge: what is blocked is a finding, what a finding quotes is blocked, and no rule is missed in silence.

The statements (A) and (B): every blocked exchange of a front door that pages call is explained by a finding, and every
exchange that a finding explains is blocked, with the very line that it quotes.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache

import pytest

from cfncors.checks import CHECKS
from cfncors.checks.unexplained import BLOCKED, BLOCKED_FOR_SOME
from cfncors.config import Settings
from cfncors.findings import Explained, Finding
from cfncors.lint import Checked, examine
from cfncors.source import decode
from scripts.golden import Case, cases

CATCH_ALL = {BLOCKED.id, BLOCKED_FOR_SOME.id}
FAILING = [case for case in cases() if case.kind == "fail" and case.format == "yaml" and case.rule != "E9490"]
#: Rules about exchanges; what becomes of theirs when the rule is taken out.
ABOUT_EXCHANGES = sorted(
    rule.id for rule, _ in CHECKS.values() if rule.about == "exchange" and rule.id not in CATCH_ALL
)


def examined(case: Case, settings: Settings | None = None) -> Checked:
    return examine(decode(case.path.read_bytes()), str(case.path), settings or case.settings)


@cache
def kept(case: Case) -> Checked:
    return examined(case)


def faults(checked: Checked) -> Iterator[tuple[Explained, str | None]]:
    """The blocked exchanges that a check knows of, each with the line that a browser prints."""
    for each in checked.facts.blocked if checked.facts is not None else ():
        asked, reply = each.asked, each.reply
        when = tuple(f"{name}={value}" for name, value in asked.when.items())
        what = (asked.door, asked.method, asked.path, each.case.case, reply.status, reply.kind)
        yield Explained(*what, *asked.page, when), reply.console


def explained(findings: tuple[Finding, ...]) -> set[Explained]:
    return {exchange for finding in findings for exchange in finding.exchanges}


@pytest.mark.parametrize("case", FAILING, ids=[case.path.name for case in FAILING])
def test_what_is_blocked_is_explained_and_what_is_quoted_is_blocked(case: Case) -> None:
    checked = kept(case)
    if "cfncors:" in decode(case.path.read_bytes()):
        return  # a suppression takes the finding away, and the exchange stays blocked
    blocked = dict(faults(checked))
    assert blocked.keys() == explained(checked.report.findings)
    lines = {line for _, line in faults(checked)}
    for finding in checked.report.findings:
        if finding.says is not None and finding.says.who == "browser":
            assert finding.exchanges
            assert finding.says.text in lines


@pytest.mark.parametrize("rule_id", ABOUT_EXCHANGES)
def test_what_a_missing_rule_would_explain_is_reported_all_the_same(
    rule_id: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Each behavioural rule taken out: the catch-all rules report the exchanges that it alone explains."""
    own = [case for case in FAILING if case.rule == rule_id]
    before = {case: kept(case) for case in own}
    settings = {case: case.settings for case in own}
    monkeypatch.delitem(CHECKS, rule_id)
    spoke = False
    for case in own:
        findings = before[case].report.findings
        mine = explained(tuple(f for f in findings if f.rule.id == rule_id))
        others = explained(tuple(f for f in findings if f.rule.id != rule_id))
        without = examined(case, settings[case]).report.findings
        caught = explained(tuple(f for f in without if f.rule.id in CATCH_ALL))
        assert mine - others <= caught, case.path.name
        spoke = spoke or bool(mine - others)
    assert spoke, f"no fixture of {rule_id} has an exchange that it alone explains"
