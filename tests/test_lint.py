"""Checking texts and files from Python, with the real rules."""

from __future__ import annotations

import gc
from pathlib import Path

import pytest

from cfncors.config import Settings
from cfncors.discover import Candidate
from cfncors.fix import fix_text
from cfncors.lint import all_rules, check_file, check_files, check_text
from tests.programs import DEMO

TEXT = DEMO.read_text(encoding="utf-8")


def test_a_report_has_its_document_and_its_places() -> None:
    report = check_text(TEXT, "demo.yaml", Settings())
    assert report.document is not None
    assert report.document.text == TEXT
    assert [placed.finding for placed in report.placed] == list(report.findings)
    for placed in report.placed:
        assert placed.source == TEXT.splitlines()[placed.start.line - 1]
        assert placed.start.offset == placed.finding.node.start


def test_the_rules_stand_in_the_order_of_the_table() -> None:
    ids = [rule.id for rule in all_rules()]
    assert ids == sorted(ids, key=lambda rule_id: rule_id[1:])
    assert ids[-2:] == ["E9490", "I9491"]


@pytest.mark.parametrize("cut", range(0, len(TEXT), 7))
def test_a_template_cut_off_anywhere_is_read_or_refused(cut: int) -> None:
    """No half of a template makes a rule fail, and what cannot be read is not changed."""
    result = fix_text(TEXT[:cut], "t.yaml", Settings(), unsafe=True)
    assert result.report.internal == ()
    if result.report.error is not None:
        assert result.after == TEXT[:cut]


def test_a_check_leaves_nothing_behind() -> None:
    """A program that checks a folder does so without the garbage collector."""
    gc.collect()
    gc.disable()
    try:
        check_text(TEXT, "template.yaml", Settings())
        assert gc.collect() == 0
    finally:
        gc.enable()


def test_several_processes_report_what_one_reports(tmp_path: Path) -> None:
    padding = "#" * 40_000 + "\n"
    paths = [tmp_path / f"{number:02}.yaml" for number in range(17)]
    for number, path in enumerate(paths):
        text = TEXT if number % 5 else TEXT[: len(TEXT) // 2]
        path.write_text(padding + text, encoding="utf-8")
    settings = Settings(ignore=("I",))
    together = list(check_files([Candidate(str(path)) for path in paths], settings))
    for path, report in zip(paths, together, strict=True):
        alone = check_file(str(path), settings)
        assert report.name == str(path)
        assert [each.order for each in report.placed] == [each.order for each in alone.placed]
        assert [each.finding.fix for each in report.placed] == [each.finding.fix for each in alone.placed]
        assert str(report.error) == str(alone.error)
        assert report.document is None
