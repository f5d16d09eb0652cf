"""The rules over their fixtures: what they say, what their fixes make of a file, and what must hold for every fix.

A fixture's name is its specification (``scripts/golden.py``). ``make golden`` rewrites the expected files and prints
what changed, to be read.
"""

from __future__ import annotations

import io
import json
import re
from collections import Counter
from functools import cache

import cfn_flip
import pytest
import yaml
from ruamel.yaml import YAML

from cfncors.checks import CHECKS
from cfncors.findings import Finding, Fix, Safety
from cfncors.fix import MAX_PASSES, fix_text
from cfncors.lint import check_text
from cfncors.report import FileReport, FixResult
from cfncors.source import Document, Edit, Mapping, Scalar, Sequence, decode, parse
from cfncors.source.nodes import FOLDED, LITERAL
from scripts.golden import Case, cases, listing, orphans
from tests.source.trees import walk

CASES = cases()
FAILING = [case for case in CASES if case.kind == "fail"]
PASSING = [case for case in CASES if case.kind == "pass"]
READABLE = [case for case in CASES if case.rule != "E9490" or case.kind == "pass"]
FIXABLE = [case for case in FAILING if case.rule != "E9490"]
SAFETIES: tuple[Safety, ...] = ("safe", "unsafe")

#: Rules about what only SAM can say, so that plain CloudFormation has no case.
SAM_ONLY = {"E9416", "E9419", "E9466"}
#: Rules whose fix takes an entry out, its comments with it.
REMOVING = {"W9425", "E9426", "E9432"}


def names(some: list[Case]) -> list[str]:
    return [case.path.name for case in some]


each_case = pytest.mark.parametrize("case", CASES, ids=names(CASES))
each_fail = pytest.mark.parametrize("case", FAILING, ids=names(FAILING))
each_pass = pytest.mark.parametrize("case", PASSING, ids=names(PASSING))
each_readable = pytest.mark.parametrize("case", READABLE, ids=names(READABLE))
each_fixable = pytest.mark.parametrize("case", FIXABLE, ids=names(FIXABLE))
each_safety = pytest.mark.parametrize("safety", SAFETIES)


@cache
def text(case: Case) -> str:
    return decode(case.path.read_bytes())


@cache
def checked(case: Case) -> FileReport:
    return case.check()


@cache
def fixed(case: Case, safety: Safety) -> FixResult:
    return case.fix(safety)


def document(case: Case) -> Document:
    return parse(text(case), str(case.path))


# -- what the rules say -----------------------------------------------------------------------------------------------


@each_fail
def test_findings_are_those_expected(case: Case) -> None:
    report = checked(case)
    assert not report.internal
    assert listing(report) == case.findings.read_text("utf-8")
    assert f" {case.rule} " in listing(report), "a failing case shows its own rule"


@each_pass
def test_what_is_right_is_not_spoken_of(case: Case) -> None:
    report = checked(case)
    assert not report.internal
    assert listing(report) == ""
    assert not report.skipped, "it is looked at, and nothing is found"


@each_case
def test_fixes_make_what_is_expected(case: Case) -> None:
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


def test_declared_fixes_are_those_offered() -> None:
    """Both ways: a rule offers no other fix than it declares, and each that it declares in some fixture."""
    offered: dict[str, set[Safety]] = {rule: set() for rule in CHECKS}
    for case in FAILING:
        for finding in checked(case).findings:
            if finding.fix is not None:
                offered[finding.rule.id].add(finding.fix.safety)
    assert offered == {rule_id: set(rule.fixes) for rule_id, (rule, _) in CHECKS.items()}


@each_fixable
def test_a_finding_without_a_fix_says_why_where_its_rule_has_one(case: Case) -> None:
    for finding in checked(case).findings:
        if finding.fix is not None:
            assert finding.fix.title
            assert finding.fix.edits
            assert finding.no_fix is None


# -- source -----------------------------------------------------------------------------------------------------------


@each_readable
def test_reading_and_writing_gives_the_same_bytes(case: Case) -> None:
    assert document(case).text.encode("utf-8") == case.path.read_bytes()


@each_readable
def test_places_cut_out_their_own_text(case: Case) -> None:
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
            assert alone(doc, node) == node.text


def alone(doc: Document, node: Scalar) -> str:
    cut = doc.source(node)
    if doc.format == "json" and cut.startswith('"'):
        return str(json.loads(cut))
    return cut if doc.format == "json" else str(yaml.load(cut, yaml.BaseLoader))


@each_readable
def test_a_finding_stands_on_a_key_or_value(case: Case) -> None:
    report = checked(case)
    assert report.document is not None
    for placed in report.placed:
        assert placed.start.offset < placed.end.offset
        if placed.finding.rule.id != "I9491":  # whose place may be a comment
            assert placed.path, placed.finding.message


# -- fixes ------------------------------------------------------------------------------------------------------------


@each_fixable
@each_safety
def test_a_fix_comes_to_rest(case: Case, safety: Safety) -> None:
    result = fixed(case, safety)
    assert not [held.reason for held in result.held if "at rest" in held.reason]
    again = fix_text(result.after, str(case.path), case.settings, safety == "unsafe")
    assert again.after == result.after
    assert not again.applied


@each_fixable
@each_safety
def test_a_fix_adds_no_finding_and_leaves_none_that_it_could_mend(case: Case, safety: Safety) -> None:
    result = fixed(case, safety)
    after = check_text(result.after, str(case.path), case.settings)
    assert after.error is None
    assert not after.internal
    new = Counter(map(said, after.findings)) - Counter(map(said, checked(case).findings))
    mends_faults = any(each.rule.severity != "info" for each in result.applied)
    assert not [rule for rule, _ in new if not (mends_faults and rule.startswith("I"))], "advice may come to light"
    held = {said(each.placed.finding) for each in result.held if each.refused}
    assert not [f for f in after.findings if is_wanted(f.fix, safety) and said(f) not in held]


@each_fixable
@each_safety
def test_only_what_the_edits_say_is_changed(case: Case, safety: Safety) -> None:
    """The result is that of a second, simpler engine, which does nothing but put the edits of the findings in."""
    result = fixed(case, safety)
    assert not [each.reason for each in result.held if each.refused]
    assert replayed(case, safety) == result.after


@each_fixable
def test_an_edit_is_no_larger_than_its_change(case: Case) -> None:
    """No edit begins or ends with a line that it leaves as it is."""
    for finding in checked(case).findings:
        for edit in finding.fix.edits if finding.fix is not None else ():
            before = text(case)[edit.start : edit.end].splitlines()
            after = edit.text.splitlines()
            assert before != after
            if len(before) > 1 and len(after) > 1:
                assert before[0] != after[0] or before[0].strip() in "{["
                assert before[-1] != after[-1] or before[-1].strip() in "}]"


@each_fixable
@each_safety
def test_comments_survive(case: Case, safety: Safety) -> None:
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
        for finding in check_text(now, str(case.path), case.settings).findings:
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

TWINS = [
    (case, twin)
    for case in READABLE
    for twin in READABLE
    if case.format == "yaml" and twin.format == "json" and case.path.stem == twin.path.stem and case.rule != "E9490"
]
each_twin = pytest.mark.parametrize(("case", "twin"), TWINS, ids=[case.path.stem for case, _ in TWINS])


@each_twin
def test_twins_say_the_same_of_the_same_paths(case: Case, twin: Case) -> None:
    def spoken(report: FileReport) -> list[tuple[str, str, str]]:
        return sorted((*said(each.finding), str(long_form(each.path))) for each in report.placed)

    assert spoken(checked(case)) == spoken(checked(twin))


def long_form(path: tuple[str | int, ...]) -> list[str | int]:
    """A path without the names of intrinsic functions, which the short form does not have."""
    return [part for part in path if not (isinstance(part, str) and part.startswith("Fn::"))]


@each_twin
@each_safety
def test_twins_are_mended_alike(case: Case, twin: Case, safety: Safety) -> None:
    """cfn-flip sees the same data in the mended YAML and in the mended JSON."""
    yaml_text, json_text = fixed(case, safety).after, fixed(twin, safety).after
    assert json.loads(cfn_flip.to_json(yaml_text.removeprefix("\ufeff"))) == json.loads(
        json_text.removeprefix("\ufeff")
    )


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
