"""Definitions in files of their own: read, checked, suppressed and edited where they are."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
import tracemalloc
from pathlib import Path

import pytest

from cfncors.cli import main
from cfncors.config import Settings
from cfncors.lint import check_file
from cfncors.report import Placed
from cfncors.source import Mapping, code_beside, parse, parse_beside, replace
from tests.programs import PATIENCE
from tests.shared import ROOT

FOLDER = ROOT / "fixtures" / "beside"
PROJECTS = sorted(path.name for path in FOLDER.iterdir())


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, request: pytest.FixtureRequest) -> Path:
    """A copy of a project, as the working directory."""
    name = getattr(request, "param", "include")
    here = tmp_path / name
    shutil.copytree(FOLDER / name, here, ignore=shutil.ignore_patterns("fixed"))
    monkeypatch.chdir(here)
    return here


def files(folder: Path) -> dict[str, bytes]:
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def placed(path: str, rule: str) -> Placed:
    (found,) = (each for each in check_file(path, Settings()).placed if each.finding.rule.id == rule)
    return found


@pytest.mark.parametrize("project", PROJECTS, indirect=True)
def test_fix_edits_the_file_that_is_at_fault(project: Path, capsys: pytest.CaptureFixture[str]) -> None:
    before, expected = files(project), files(FOLDER / project.name / "fixed")
    assert main(["fix", "template.yaml"]) == 0
    assert files(project) == before | expected
    first = capsys.readouterr().out.splitlines()[0]
    assert all(name in first for name in expected)
    assert main(["check", "template.yaml"]) == 0
    assert main(["fix", "template.yaml"]) == 0
    assert files(project) == before | expected


def test_a_finding_stands_in_its_own_file(project: Path) -> None:
    found = placed("template.yaml", "E9411")
    assert (found.file, found.start.line, found.start.column) == ("api/books.yaml", 23, 67)
    text = (project / "api" / "books.yaml").read_text("utf-8")
    assert text[found.start.offset : found.end.offset] == "https://app.example.com"
    assert found.source == text.splitlines()[22]
    assert list(found.path)[:4] == ["paths", "/books", "options", "x-amazon-apigateway-integration"]


def test_json_names_the_file_of_a_finding_and_of_its_edits(project: Path, capsys: pytest.CaptureFixture[str]) -> None:
    main(["check", "--format", "json", "template.yaml"])
    (found,) = (f for f in json.loads(capsys.readouterr().out)["findings"] if f["rule"] == "E9411")
    (edit,) = found["fix"]["edits"]
    assert (found["file"], edit["file"]) == ("api/books.yaml", "api/books.yaml")
    text = (project / "api" / "books.yaml").read_text("utf-8")
    assert text[edit["start"] : edit["end"]] == "https://app.example.com"


def test_github_annotates_the_file(project: Path, capsys: pytest.CaptureFixture[str]) -> None:
    main(["check", "--format", "github", "template.yaml"])
    assert "::error file=api/books.yaml,line=23,endLine=23,col=67," in capsys.readouterr().out


def test_a_diff_shows_each_file(project: Path, capsys: pytest.CaptureFixture[str]) -> None:
    before = files(project)
    assert main(["fix", "--diff", "template.yaml"]) == 1
    headers = [line for line in capsys.readouterr().out.splitlines() if line.startswith("--- ")]
    assert headers == ["--- a/template.yaml", "--- a/api/books.yaml"]
    assert files(project) == before


def test_a_comment_in_the_file_suppresses_there(project: Path) -> None:
    path = project / "api" / "books.yaml"
    text = path.read_text("utf-8")
    line = next(line for line in text.splitlines() if line.endswith(": https://app.example.com"))
    path.write_text(text.replace(line, f"{line}  # cfncors: ignore[E9411] quoted by our build"), "utf-8")
    assert {each.rule.id for each in check_file("template.yaml", Settings()).findings} == {"E9421"}
    path.write_text(text.replace("# What pages", "# cfncors: ignore[E9432] what pages"), "utf-8")
    unused = placed("template.yaml", "I9491")
    assert (unused.file, unused.start.line) == ("api/books.yaml", 3)


@pytest.mark.parametrize("ending", [b"\n", b"\r\n"], ids=["LF", "CRLF"])
@pytest.mark.parametrize("mark", [b"", b"\xef\xbb\xbf"], ids=["bare", "byte order mark"])
def test_the_files_own_bytes_are_kept(project: Path, ending: bytes, mark: bytes) -> None:
    path = project / "api" / "books.yaml"
    path.write_bytes(mark + path.read_bytes().replace(b"\n", ending))
    expected = (FOLDER / "include" / "fixed" / "api" / "books.yaml").read_bytes()
    found = placed("template.yaml", "E9411")
    assert (found.start.line, found.start.column) == (23, 67)
    assert main(["fix", "template.yaml"]) == 0
    assert path.read_bytes() == mark + expected.replace(b"\n", ending)


def test_many_files_take_no_more_memory_than_their_texts() -> None:
    document = parse("a: 1\n")
    text = "key: value\n" * 1000
    tracemalloc.start()
    for number in range(100):
        code_beside(document, text, f"{number}.js", document.root)
    yaml = parse_beside(document, text.replace("key", "a", 1).replace("\nkey", "\n#"), "last.yaml", document.root)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert peak < 100 * len(text)
    assert isinstance(yaml.root, Mapping)
    value = yaml.root.entries[0].value
    (edit,) = replace(document, value, "other")
    assert document.name_of(edit.start) == "last.yaml"
    assert yaml.position(edit.start)[:2] == (1, 4)
    assert yaml.source(value) == "value"


def test_a_file_that_cannot_be_written_is_said_and_nothing_is_half_done(
    project: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    before = files(project)

    def refuse(path: str, data: bytes) -> None:
        raise PermissionError(13, "the file is read-only")

    monkeypatch.setattr("cfncors.cli.output.replace_file", refuse)
    assert main(["fix", "template.yaml"]) == 3
    assert "books.yaml:1:1: E9490 cannot be written: the file is read-only" in capsys.readouterr().out
    assert files(project) == before


def test_standard_input_changes_no_other_file(project: Path) -> None:
    before = files(project)
    command = [sys.executable, "-m", "cfncors", "fix", "-", "--stdin-filename", "template.yaml"]
    done = subprocess.run(
        command, input=before["template.yaml"], capture_output=True, env={"PYTHONPATH": str(ROOT)}, timeout=PATIENCE
    )
    assert b"note: api/books.yaml would have to change, too" in done.stderr
    assert b"DEFAULT_5XX" in done.stdout
    assert files(project) == before


def test_a_broken_definition_is_left_alone(project: Path) -> None:
    """What cannot be read decides nothing: the API counts as not seen."""
    (project / "api" / "books.yaml").write_text("paths: [", "utf-8")
    report = check_file("template.yaml", Settings())
    assert (report.findings, report.error) == ((), None)
