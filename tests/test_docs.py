"""The pages of the rules: generated, up to date, and with examples that are what they claim to be."""

from __future__ import annotations

import re
from functools import cache
from inspect import cleandoc
from pathlib import Path

import pytest

from cfncors.checks import CHECKS
from cfncors.config import Settings
from cfncors.lint import check_file
from cfncors.source import parse
from scripts import docs, tables
from scripts.golden import Case, cases
from tests.gateway.templates import model_in
from tests.shared import ROOT

RULES = {rule.id: rule for rule, _ in CHECKS.values()}
MAKERS = docs.makers()
each_rule = pytest.mark.parametrize("rule_id", sorted(RULES))

HEADINGS = ["Why", "Example", "Fix safety", "References"]
#: A remark on one's own comment needs no source.
WITHOUT_REFERENCES = {"I9491"}


def fenced(text: str, language: str) -> list[str]:
    return re.findall(rf"^```{language}\n(.*?)^```$", text, re.MULTILINE | re.DOTALL)


@cache
def page(path: Path) -> str:
    return MAKERS[path]()


@pytest.mark.parametrize("path", sorted(MAKERS), ids=lambda path: path.name)
def test_pages_are_what_the_script_makes_now(path: Path) -> None:
    """And they name nothing of the machine that made them."""
    assert path.read_text("utf-8") == page(path), "run `make docs`"
    assert str(ROOT) not in page(path)
    assert "/tmp" not in page(path)


def test_no_page_lacks_a_rule() -> None:
    assert {path.stem for path in (docs.FOLDER / "rules").glob("*.md")} == set(RULES)


def test_every_rule_is_in_the_table() -> None:
    table = (docs.FOLDER / "README.md").read_text("utf-8")
    for rule in RULES.values():
        assert f"| [{rule.id}](rules/{rule.id}.md) | {rule.name} | {rule.summary} |" in table


@cache
def by_rule() -> dict[str, list[Case]]:
    found: dict[str, list[Case]] = {}
    for case in cases():
        found.setdefault(case.rule, []).append(case)
    return found


@cache
def doors_in(path: Path) -> set[str]:
    model = model_in(path)
    assert model is not None
    return {each.front_door for each in model.doors} | {policy.door for policy in model.policies}


@each_rule
def test_each_cell_of_the_table_is_tried(rule_id: str) -> None:
    for door in tables.DOORS:
        assert_cell(rule_id, door)


def assert_cell(rule_id: str, door: str) -> None:
    """A rule has failing and passing fixtures for each front door that it says it speaks of, and for no other; each
    of them has that front door."""
    found = [case for case in by_rule().get(rule_id, ()) if tables.door_of(case) == door]
    if not RULES[rule_id].doors:
        return
    kinds = {case.kind for case in found}
    assert kinds == {"fail", "pass"} if door in RULES[rule_id].doors else "fail" not in kinds, door
    have = {case.path.name: case.kind for case in found if door in doors_in(case.path)}
    assert set(have.values()) == kinds, door
    assert [case.path.name for case in found if case.kind == "fail" and case.path.name not in have] == []


def test_notes_are_on_empty_cells() -> None:
    for rule_id, door in tables.WHY_NOT:
        assert door not in RULES[rule_id].doors


@pytest.mark.parametrize("row", tables.PEER_ROWS, ids=lambda row: f"{row.peer}: {row.finds}")
def test_what_a_peer_finds_is_found(row: tables.Row) -> None:
    path = tables.PEERS / f"{row.fixture}.yaml"
    said = check_file(str(path), Settings(select=("E", "W", "I", row.rule))).findings
    assert row.rule in {finding.rule.id for finding in said}


def test_every_template_of_a_peer_is_in_the_table() -> None:
    assert {path.stem for path in tables.PEERS.iterdir()} == {row.fixture for row in tables.PEER_ROWS}


@each_rule
def test_headings_stand_in_order(rule_id: str) -> None:
    found = re.findall(r"^## (.*)$", cleandoc(RULES[rule_id].doc), re.MULTILINE)
    assert found == [heading for heading in HEADINGS if heading != "References" or rule_id not in WITHOUT_REFERENCES]


@each_rule
def test_the_first_line_is_one_sentence(rule_id: str) -> None:
    lines = cleandoc(RULES[rule_id].doc).split("\n")
    assert re.fullmatch(r"[A-Z].*\.", lines[0])
    assert lines[1] == ""


@each_rule
def test_examples_are_yaml(rule_id: str) -> None:
    examples = fenced(cleandoc(RULES[rule_id].doc), "yaml")
    assert examples
    for example in examples:
        parse(example, "example.yaml")


@each_rule
def test_fix_safety_says_what_is_declared(rule_id: str) -> None:
    """*Safe*, *Unsafe* or *No fix* opens the section, as the rule declares."""
    rule = RULES[rule_id]
    section = cleandoc(rule.doc).partition("## Fix safety")[2].partition("##")[0].lower()
    assert ("no fix" in section[:10]) == (rule.fixes == ())
    for safety in rule.fixes:
        assert re.search(rf"\b{safety}\b", section), f"the page does not speak of its {safety} fix"


@each_rule
def test_references_are_addresses(rule_id: str) -> None:
    section = cleandoc(RULES[rule_id].doc).partition("## References")[2].strip()
    for line in section.splitlines():
        assert re.fullmatch(r"- https://[^\s]+", line)


@each_rule
def test_a_page_shows_the_rule_at_work(rule_id: str) -> None:
    text = page(docs.FOLDER / "rules" / f"{rule_id}.md")
    said = fenced(text, "text")
    assert len(said) == 1
    assert f" {rule_id} " in said[0]
    assert bool(fenced(text, "diff")) == bool(RULES[rule_id].fixes)
