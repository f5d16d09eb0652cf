"""The example of docs/enable.md is real: the command prints that, and makes that diff."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from cfncors.cli import main
from tests.shared import ROOT

TEXT = (ROOT / "docs" / "enable.md").read_text(encoding="utf-8")
ASKED = ["template.yaml", "ServerlessHttpApi", "--origin", "https://app.example.com", "--credentials"]


def block(language: str) -> str:
    """The first fenced block of a language."""
    found = re.search(rf"^```{language}\n(.*?)^```$", TEXT, re.MULTILINE | re.DOTALL)
    assert found is not None
    return found[1]


def test_the_example_is_what_the_program_does(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    Path("template.yaml").write_text(block("yaml"), encoding="utf-8")
    assert main(["enable", *ASKED, "--diff"]) == 1
    assert capsys.readouterr().out == block("diff")
    command, _, shown = block("console").partition("\n")
    assert command == f"$ cfncors enable {' '.join(ASKED)}"
    assert main(["enable", *ASKED]) == 0
    assert capsys.readouterr().out == shown
