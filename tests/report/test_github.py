"""Workflow commands for GitHub's annotations."""

from __future__ import annotations

from typing import Any

from cfncors.errors import UnreadableTemplate
from cfncors.findings import Finding, Rule, Says
from cfncors.report import FileReport, github, place
from cfncors.source import Scalar, parse


def one(rule_id: str, start: int, end: int, message: str, says: Says | None = None, **extra: Any) -> str:
    document = parse("A: bcd\nB: efg\n", "t.yaml")
    finding = Finding(Rule(rule_id, "some-name", ""), message, Scalar("", start, end, ""), says=says, **extra)
    return github.render([FileReport("a,b:c.yaml", document, (place(document, finding),))])


def test_a_finding_on_one_line() -> None:
    command = "::error file=a%2Cb%3Ac.yaml,line=1,endLine=1,col=4,endColumn=7,title=E9411 some-name::it is\n"
    assert one("E9411", 3, 6, "it is") == command


def test_columns_are_left_out_of_a_finding_over_lines() -> None:
    assert one("W9411", 3, 10, "m").startswith("::warning file=a%2Cb%3Ac.yaml,line=1,endLine=2,title=")


def test_advice_is_a_notice_and_text_is_escaped() -> None:
    command = one("I9491", 0, 1, "100 %\nnext: a,b", Says("browser", "blocked"))
    assert command.startswith("::notice ")
    assert command.endswith("::100 %25%0Anext: a,b%0Abrowser: blocked\n")


def test_a_finding_names_the_deployments_that_it_holds_in() -> None:
    assert one("E9411", 3, 6, "it is", deployments=("Stage=prod",)).endswith("::it is (in Stage=prod)\n")


def test_problems_are_errors() -> None:
    report = FileReport("t.yaml", error=UnreadableTemplate("not YAML", 3, 7))
    assert github.render([report]) == "::error file=t.yaml,line=3,col=7,title=E9490 unreadable-template::not YAML\n"
    report = FileReport("t.yaml", internal=("rule E9411: KeyError",))
    assert github.render([report]) == "::error file=t.yaml,line=1,title=internal error::rule E9411: KeyError\n"
