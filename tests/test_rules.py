"""The rules over their fixtures: what they say, what their fixes make of a file, and what must hold for every fix.

A fixture's name is its specification (``scripts/golden.py``). ``make golden`` rewrites the expected files and prints
what changed, to be read.
"""

from __future__ import annotations

import io
import json
import re
from collections import Counter
from collections.abc import Callable
from functools import cache, lru_cache
from typing import Any, TypeVar

import cfn_flip
import pytest
import yaml
from ruamel.yaml import YAML

from cfncors.checks import CHECKS
from cfncors.findings import Finding, Fix, Safety
from cfncors.fix import MAX_PASSES, fix_text
from cfncors.lint import check_text
from cfncors.report import FileReport, FixResult
from cfncors.source import Document, Edit, Mapping, Sequence, decode, parse
from cfncors.source.nodes import FOLDED, LITERAL
from scripts.golden import Case, cases, listing, orphans
from tests.source.trees import walk

CASES = cases()
FAILING = [case for case in CASES if case.kind == "fail"]
SAFETIES: tuple[Safety, ...] = ("safe", "unsafe")

#: Rules about what only SAM can say, so that plain CloudFormation has no case.
SAM_ONLY = {"E9416", "E9419", "E9466"}
#: Rules whose fix takes an entry out, its comments with it.
REMOVING = {"W9425", "E9426", "E9432"}

#: What must hold for a fixture, in the order in which it is tried.
PROPERTIES: list[Callable[[Case], None]] = []
Property = TypeVar("Property", bound=Callable[[Case], None])


def holds_for_each(
    when: Callable[[Case], bool] = lambda case: True,
) -> Callable[[Property], Property]:
    """Have every fixture of a kind tried for a property. A fixture is one test with all of its properties: it is read,
    checked and fixed once for all of them, and its twin in the other format with it."""

    def register(holds: Property) -> Property:
        def tried(case: Case) -> None:
            if when(case):
                holds(case)

        tried.__name__ = holds.__name__
        PROPERTIES.append(tried)
        return holds

    return register


def holds_for_each_fix(holds: Callable[[Case, Safety], None]) -> Callable[[Case, Safety], None]:
    """The same for a property of the result of ``fix``, without and with unsafe fixes."""
    for safety in SAFETIES:

        def tried(case: Case, safety: Safety = safety) -> None:
            holds(case, safety)

        tried.__name__ = f"{holds.__name__}, {safety}"
        holds_for_each(is_fixable)(tried)
    return holds


def fails(case: Case) -> bool:
    return case.kind == "fail"


def passes(case: Case) -> bool:
    return case.kind == "pass"


def is_readable(case: Case) -> bool:
    return case.rule != "E9490" or passes(case)


def is_fixable(case: Case) -> bool:
    return fails(case) and case.rule != "E9490"


@lru_cache(64)
def text(case: Case) -> str:
    return decode(case.path.read_bytes())


@lru_cache(64)
def checked(case: Case) -> FileReport:
    return case.check()


@lru_cache(64)
def fixed(case: Case, safety: Safety) -> FixResult:
    return case.fix(safety)


@lru_cache(64)
def check(case: Case, now: str) -> FileReport:
    """What is said of another text in the place of a fixture."""
    return check_text(now, str(case.path), case.settings)


@lru_cache(64)
def refixed(case: Case, now: str, safety: Safety) -> FixResult:
    return fix_text(now, str(case.path), case.settings, safety == "unsafe")


@lru_cache(64)
def document(case: Case) -> Document:
    return parse(text(case), str(case.path))


# -- what the rules say -----------------------------------------------------------------------------------------------


@holds_for_each(fails)
def findings_are_those_expected(case: Case) -> None:
    report = checked(case)
    assert not report.internal
    assert listing(report) == case.findings.read_text("utf-8")
    assert f" {case.rule} " in listing(report), "a failing case shows its own rule"


@holds_for_each(passes)
def what_is_right_is_not_spoken_of(case: Case) -> None:
    report = checked(case)
    assert not report.internal
    assert listing(report) == ""
    assert not report.skipped, "it is looked at, and nothing is found"


@holds_for_each()
def fixes_make_what_is_expected(case: Case) -> None:
    safe, unsafe = fixed(case, "safe"), fixed(case, "unsafe")
    for result, before, safety in ((safe, safe.before, "safe"), (unsafe, safe.after, "unsafe")):
        path = case.fixed(safety)  # type: ignore[arg-type]
        if path.exists():
            assert result.after == decode(path.read_bytes())
        else:
            assert result.after == before, f"--{safety} changes the file, and {path.name} does not say how"


def test_nothing_expected_is_left_over() -> None:
    assert orphans() == []


def test_files_of_the_folder_are_cases_or_expected() -> None:
    folder = CASES[0].path.parent
    expected = {path.name for case in CASES for path in (case.findings, case.fixed("safe"), case.fixed("unsafe"))}
    strangers = {path.name for path in folder.iterdir()} - {case.path.name for case in CASES} - expected
    assert strangers == {"included"}


# -- every rule has its cases -----------------------------------------------------------------------------------------


def test_every_case_has_a_rule_and_every_rule_its_cases() -> None:
    for kind in ("fail", "pass"):
        assert {case.rule for case in CASES if case.kind == kind} == set(CHECKS)


@pytest.mark.parametrize("rule", sorted(CHECKS))
def test_a_rule_is_tried_in_every_dialect(rule: str) -> None:
    """Failing and passing, in YAML and JSON, as SAM and as plain CloudFormation."""
    dialects = ("sam",) if rule in SAM_ONLY else ("sam", "plain")
    wanted = {(kind, form, dialect) for kind in ("fail", "pass") for form in ("yaml", "json") for dialect in dialects}
    there = {
        (case.kind, case.format, "sam" if b"AWS::Serverless-2016-10-31" in case.path.read_bytes() else "plain")
        for case in CASES
        if case.rule == rule
    }
    assert wanted <= there


@holds_for_each(fails)
def no_other_fix_is_offered_than_declared(case: Case) -> None:
    for finding in checked(case).findings:
        assert finding.fix is None or finding.fix.safety in CHECKS[finding.rule.id][0].fixes, finding.message


@pytest.mark.parametrize("rule", sorted(CHECKS))
def test_a_declared_fix_is_offered(rule: str) -> None:
    """Each that a rule declares, in some fixture of its own."""
    missing = set(CHECKS[rule][0].fixes)
    for case in FAILING:
        if missing and case.rule == rule:
            missing -= {each.fix.safety for each in checked(case).findings if each.fix and each.rule.id == rule}
    assert missing == set()


@holds_for_each(is_fixable)
def a_finding_without_a_fix_says_why_where_its_rule_has_one(case: Case) -> None:
    for finding in checked(case).findings:
        if finding.fix is not None:
            assert finding.fix.title
            assert finding.fix.edits
            assert finding.no_fix is None


# -- source -----------------------------------------------------------------------------------------------------------


@holds_for_each(is_readable)
def reading_and_writing_gives_the_same_bytes(case: Case) -> None:
    assert document(case).text.encode("utf-8") == case.path.read_bytes()


@holds_for_each(is_readable)
def places_cut_out_their_own_text(case: Case) -> None:
    """Each scalar's text, read alone by PyYAML or ``json``, is the scalar; each part lies inside of its container."""
    doc = document(case)
    for node in walk(doc.root):
        if isinstance(node, (Mapping, Sequence)):
            inner = (
                [(e.key.start, e.value.end) for e in node.entries if e.value.start >= e.key.end]
                if isinstance(node, Mapping)
                else [(item.start, item.end) for item in node.items if item.start >= node.start]
            )
            assert all(node.start <= start and end <= node.end for start, end in inner)
        elif node.style in (LITERAL, FOLDED):
            assert re.match(r"(?:!\S+ +)?[|>]", doc.source(node))
        elif doc.source(node):
            assert alone(doc.source(node), doc.format) == node.text


@cache
def alone(cut: str, written: str) -> str:
    """A scalar read by others; fixtures repeat each other."""
    if written == "json":
        return str(json.loads(cut)) if cut.startswith('"') else cut
    return str(yaml.load(cut, yaml.BaseLoader))


@holds_for_each(is_readable)
def a_finding_stands_on_a_key_or_value(case: Case) -> None:
    report = checked(case)
    assert report.document is not None
    for placed in report.placed:
        assert placed.start.offset < placed.end.offset
        if placed.finding.rule.id != "I9491":  # whose place may be a comment
            assert placed.path, placed.finding.message


# -- fixes ------------------------------------------------------------------------------------------------------------


@holds_for_each_fix
def a_fix_comes_to_rest(case: Case, safety: Safety) -> None:
    result = fixed(case, safety)
    assert not [held.reason for held in result.held if "at rest" in held.reason]
    again = refixed(case, result.after, safety)
    assert again.after == result.after
    assert not again.applied


@holds_for_each_fix
def a_fix_adds_no_finding_and_leaves_none_that_it_could_mend(case: Case, safety: Safety) -> None:
    result = fixed(case, safety)
    after = check(case, result.after)
    assert after.error is None
    assert not after.internal
    new = Counter(map(said, after.findings)) - Counter(map(said, checked(case).findings))
    mended = {each.rule.id for each in result.applied}
    expected = {name for name, (rule, _) in CHECKS.items() if mended.intersection(rule.follows)}
    if any(each.rule.severity != "info" for each in result.applied):
        expected |= {name for name in CHECKS if name.startswith("I")}  # advice about what is right now
    assert {rule for rule, _ in new} <= expected
    held = {said(each.placed.finding) for each in result.held if each.refused}
    assert not [f for f in after.findings if is_wanted(f.fix, safety) and said(f) not in held]


@holds_for_each_fix
def only_what_the_edits_say_is_changed(case: Case, safety: Safety) -> None:
    """The result is that of a second, simpler engine, which does nothing but put the edits of the findings in."""
    result = fixed(case, safety)
    assert not [each.reason for each in result.held if each.refused]
    assert replayed(case, safety) == result.after


@holds_for_each(is_fixable)
def an_edit_is_no_larger_than_its_change(case: Case) -> None:
    """No edit begins or ends with a line that it leaves as it is."""
    for finding in checked(case).findings:
        for edit in finding.fix.edits if finding.fix is not None else ():
            before = text(case)[edit.start : edit.end].splitlines()
            after = edit.text.splitlines()
            assert before != after
            if len(before) > 1 and len(after) > 1:
                assert before[0] != after[0] or before[0].strip() in "{["
                assert before[-1] != after[-1] or before[-1].strip() in "}]"


@holds_for_each_fix
def comments_survive(case: Case, safety: Safety) -> None:
    """ruamel.yaml, which knows nothing of our reader, sees the same comments afterwards."""
    if case.format == "json":
        assert "#" not in re.sub(r'"(?:[^"\\]|\\.)*"', "", fixed(case, safety).after)
        return
    result = fixed(case, safety)
    before, after = comments(result.before), comments(result.after)
    assert not after - before, "a fix writes no comment"
    if case.rule not in REMOVING:
        assert after == before
    else:
        assert all(in_what_was_removed(case, comment) for comment in before - after)


def said(finding: Finding) -> tuple[str, str]:
    return finding.rule.id, finding.message


def is_wanted(fix: Fix | None, safety: Safety) -> bool:
    return fix is not None and (fix.safety == "safe" or safety == "unsafe")


def replayed(case: Case, safety: Safety) -> str:
    """The text after the wanted fixes of each check, those first that stand first, until there are no more."""
    now = text(case)
    for _ in range(MAX_PASSES):
        taken: list[Edit] = []
        for finding in check(case, now).findings:
            edits = finding.fix.edits if finding.fix is not None and is_wanted(finding.fix, safety) else ()
            new = [edit for edit in edits if edit not in taken]
            if not any(touch(one, other) for one in new for other in taken):
                taken += new
        if not taken:
            break
        for edit in sorted(taken, reverse=True):
            now = now[: edit.start] + edit.text + now[edit.end :]
    return now


def touch(one: Edit, other: Edit) -> bool:
    if one.start == one.end or other.start == other.end:
        return one.start <= other.end and other.start <= one.end
    return one.start < other.end and other.start < one.end


@lru_cache(64)
def comments(source: str) -> Counter[str]:
    """The comments that ruamel.yaml's scanner finds."""
    found: Counter[str] = Counter()
    for token in YAML().scan(io.StringIO(source.removeprefix("\ufeff"))):
        stack = [getattr(token, "_comment", None)]
        while stack:
            part = stack.pop()
            if isinstance(part, (list, tuple)):
                stack.extend(part)
            elif part is not None:
                found.update(line.rstrip() for line in re.findall(r"#[^\r\n]*", part.value))
    return found


def in_what_was_removed(case: Case, comment: str) -> bool:
    edits = [
        e for f in checked(case).findings if f.fix is not None for e in f.fix.edits if e.end - e.start > len(e.text)
    ]
    return any(comment in text(case)[edit.start : edit.end] for edit in edits)


# -- YAML and JSON are one --------------------------------------------------------------------------------------------


def twin(case: Case) -> Case | None:
    """The same fixture in JSON."""
    return PAIRS[case.path.stem].get("json") if case.format == "yaml" and case.rule != "E9490" else None


@holds_for_each()
def twins_say_the_same_of_the_same_paths(case: Case) -> None:
    def spoken(report: FileReport) -> list[tuple[str, str, str]]:
        return sorted((*said(each.finding), str(long_form(each.path))) for each in report.placed)

    if (other := twin(case)) is not None:
        assert spoken(checked(case)) == spoken(checked(other))


def long_form(path: tuple[str | int, ...]) -> list[str | int]:
    """A path without the names of intrinsic functions, which the short form does not have."""
    return [part for part in path if not (isinstance(part, str) and part.startswith("Fn::"))]


@holds_for_each()
def twins_are_mended_alike(case: Case) -> None:
    """cfn-flip sees the same data in the mended YAML and in the mended JSON."""
    if (other := twin(case)) is not None:
        for safety in SAFETIES:
            yaml_text, json_text = fixed(case, safety).after, fixed(other, safety).after
            assert flipped(yaml_text.removeprefix("\ufeff")) == json.loads(json_text.removeprefix("\ufeff"))


@lru_cache(64)
def flipped(text: str) -> Any:
    return json.loads(cfn_flip.to_json(text))


PAIRS: dict[str, dict[str, Case]] = {}
for each in CASES:
    PAIRS.setdefault(each.path.stem, {})[each.format] = each


@pytest.mark.parametrize("name", PAIRS)
def test_a_fixture_has_every_property(name: str) -> None:
    """All properties are tried, and those that do not hold are named."""
    broken: list[Exception] = []
    for case in PAIRS[name].values():
        for holds in PROPERTIES:
            try:
                holds(case)
            except Exception as error:
                error.add_note(f"{case.path.name}: {holds.__name__.replace('_', ' ')}")
                broken.append(error)
    if broken:
        names = ", ".join(error.__notes__[-1] for error in broken)
        raise ExceptionGroup(f"does not hold: {names}", broken)


def test_the_awkward_spellings_are_there() -> None:
    """What is easy to lose when fixtures are written anew."""
    raw = {case.path.name: case.path.read_bytes() for case in CASES}
    present = {
        "CRLF": any(b"\r\n" in data for data in raw.values()),
        "byte order mark": any(data.startswith(b"\xef\xbb\xbf") for data in raw.values()),
        "no final newline": any(not data.endswith(b"\n") for data in raw.values()),
        "tabs in JSON": any(b"\n\t" in data for name, data in raw.items() if name.endswith(".json")),
        "anchors and aliases": any(re.search(rb": &\w+\n", data) and b": *" in data for data in raw.values()),
        "merge keys": any(b"<<: *" in data for data in raw.values()),
        "lists that are not indented": any(re.search(rb"\n( +)\w+:\n\1- ", data) for data in raw.values()),
        "four spaces": any(re.search(rb"Resources:\n    \w", data) for data in raw.values()),
        "long intrinsics in YAML": any(b"Fn::If:" in data for name, data in raw.items() if name.endswith(".yaml")),
        "quoted keys": any(re.search(rb'\n +"\w+":', data) for name, data in raw.items() if name.endswith(".yaml")),
    }
    assert [what for what, is_there in present.items() if not is_there] == []
