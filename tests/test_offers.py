"""Check offers exactly what fix makes; and what fix leaves is said in its last line and its exit code."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import pytest

from cfncors.cli import main
from cfncors.config import Settings
from cfncors.fix import fix_file
from cfncors.lint import check_file
from tests.shared import ROOT

CASES = ROOT / "fixtures" / "offers"
PAGE = "https://shop.example.org"


def offers(path: Path, settings: Settings) -> dict[str, tuple[str | None, str | None]]:
    """By rule: the title of the fix, and why there is none."""
    findings = check_file(str(path), settings).findings
    return {each.rule.id: (each.fix.title if each.fix is not None else None, each.no_fix) for each in findings}


@pytest.mark.parametrize("name", sorted(path.name for path in CASES.iterdir()))
@pytest.mark.parametrize("origin", [None, PAGE])
@pytest.mark.parametrize("unsafe", [False, True])
def test_what_check_offers_is_what_fix_makes(name: str, origin: str | None, unsafe: bool) -> None:
    path, settings = CASES / name / "template.yaml", Settings(origin=origin)
    placed = check_file(str(path), settings).placed
    fixes = (each.finding.fix for each in placed if each.finding.fix is not None)
    offered = Counter(fix.title for fix in fixes if unsafe or fix.safety == "safe")
    result = fix_file(str(path), settings, unsafe)
    assert [held.reason for held in result.held if held.refused] == []
    made = Counter(each.title for each in result.applied)
    assert offered <= made
    # What is made besides is of findings that only show once the first fault is gone.
    refused = {each.finding.rule.id for each in placed if each.finding.fix is None}
    assert refused.isdisjoint(each.rule.id for each in result.applied if each.title not in offered)


def test_any_origin_for_errors_is_none_for_what_code_answers() -> None:
    """The ``*`` that a fix gives gateway responses says nothing of who may read the function's own answers."""
    path = CASES / "no-origin-anywhere" / "template.yaml"
    found = offers(path, Settings())
    assert found["E9421"][0] == "add DEFAULT_4XX and DEFAULT_5XX with *"
    assert found["E9462"] == (None, "give the origin with --origin https://…")
    result = fix_file(str(path), Settings(), unsafe=True)
    assert [each.rule.id for each in result.applied] == ["E9421"]
    assert not result.beside
    given = fix_file(str(path), Settings(origin=PAGE), unsafe=True)
    assert [each.name for each in given.beside] == [str(CASES / "no-origin-anywhere" / "src" / "app.py")]


def test_a_list_of_origins_is_not_copied() -> None:
    """One header holds one origin: with credentials nothing but the page's own will do."""
    path = CASES / "several-origins" / "template.yaml"
    assert offers(path, Settings())["E9421"] == (
        None,
        "a gateway response sends one origin, and the API allows credentials for several: give one with --origin",
    )
    assert not fix_file(str(path), Settings()).changed
    assert offers(path, Settings(origin=PAGE))["E9421"][0] == f"add DEFAULT_4XX and DEFAULT_5XX with {PAGE}"
    after = fix_file(str(path), Settings(origin=PAGE)).after
    assert after.count(f"Access-Control-Allow-Origin: \"'{PAGE}'\"") == 2


CLOSED = """\
Transform: AWS::Serverless-2016-10-31
Resources:
  Shop:
    Type: AWS::Serverless::Api
    Properties:
      StageName: live
  Fn:
    Type: AWS::Serverless::Function
    Properties:
      Handler: a.b
      Runtime: python3.13
      CodeUri: s3://bucket/key
      Events: {A: {Type: Api, Properties: {RestApiId: !Ref Shop, Path: /a, Method: put}}}
"""


def test_the_last_line_says_that_calls_stay_blocked(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "template.yaml"
    path.write_text(CLOSED, "utf-8")
    for said in ("Fixed 1 finding", "Nothing fixed"):
        assert main(["fix", str(path)]) == 1
        lines = " ".join(capsys.readouterr().out.replace("\u00a0", " ").split())
        assert said in lines
        assert lines.endswith(
            f"Calls from pages to Shop stay blocked; to open them: cfncors enable {path} Shop --origin https://…"
        )
    assert main(["enable", str(path), "Shop", "--origin", PAGE]) == 0
    capsys.readouterr()
    assert main(["fix", str(path)]) == 0
    assert "stay blocked" not in capsys.readouterr().out
