"""The README's example is real: its output and its diff are what the program prints today."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from cfncors.checks import CHECKS
from cfncors.cli import main
from tests.shared import ROOT

README = (ROOT / "README.md").read_text(encoding="utf-8")


def block(language: str) -> str:
    """The first fenced block of a language."""
    found = re.search(rf"^```{language}\n(.*?)^```$", README, re.MULTILINE | re.DOTALL)
    assert found is not None
    return found[1]


@pytest.fixture
def template(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("COLUMNS", "80")
    path = Path("template.yaml")
    path.write_text(block("yaml"), encoding="utf-8")
    return path


def test_check_prints_what_the_readme_shows(template: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["check", str(template)]) == 1
    assert capsys.readouterr().out == block("text")


def test_fix_makes_the_diff_that_the_readme_shows(template: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["fix", "--diff", str(template)]) == 1
    assert capsys.readouterr().out == block("diff")


def test_simulate_prints_what_the_readme_shows(template: Path, capsys: pytest.CaptureFixture[str]) -> None:
    refused, blocked = re.findall(r"^```console\n(.*?)^```$", README, re.MULTILINE | re.DOTALL)
    for text in (refused, blocked):
        command, _, shown = text.partition("\n")
        assert command == "$ cfncors simulate template.yaml"
        assert main(["simulate", str(template)]) == 1
        assert capsys.readouterr().out.startswith(shown)
        template.write_text(block("yaml").replace("MaxAge: 600", "MaxAge: \"'600'\""), encoding="utf-8")


def test_the_fixed_example_has_nothing_left(template: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["fix", str(template)]) == 0
    assert main(["check", str(template)]) == 0
    assert "No findings" in capsys.readouterr().out


def test_every_family_is_named() -> None:
    for rule_id in CHECKS:
        assert f"| {rule_id[1:4]}x |" in README
