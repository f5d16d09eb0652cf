"""Templates that the CDK and SST wrote: the construct and the call instead of an edit."""

from __future__ import annotations

from pathlib import Path

import pytest

from cfncors.cli import main
from cfncors.config import Settings
from cfncors.fix import fix_file
from cfncors.lint import check_file
from tests.shared import ROOT, SHARED, needs_shared

FOLDER = ROOT / "fixtures" / "cdk"
AS_WRITTEN = FOLDER / "as-written" / "Notes.template.json"
MENDED = FOLDER / "mended" / "Notes.template.json"
FRAMEWORKS = SHARED / "framework-templates"


def said(path: Path) -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    for finding in check_file(str(path), Settings()).findings:
        found.setdefault(finding.rule.id, []).append(finding.message)
    return found


def test_the_app_with_the_calls_that_the_findings_name_is_right() -> None:
    assert said(MENDED) == {}


def test_a_finding_names_the_construct_and_the_call() -> None:
    found = said(AS_WRITTEN)
    (message,) = found["E9411"]
    assert "in CDK: single quotes inside the value: responseHeaders" in message
    (message,) = (m for m in found["E9433"] if "DELETE" in m)
    assert "(construct Notes/Api/Default/notes/OPTIONS); in CDK: allowMethods of defaultCorsPreflightOptions" in message
    (message,) = (m for m in found["E9433"] if "PUT" in m)
    assert "(construct Notes/Web); in CDK: corsPreflight of HttpApi" in message
    assert any("(construct Notes/Fn/FunctionUrl); in CDK: fn.addFunctionUrl(" in m for m in found["W9439"])
    assert any("(construct Notes/Uploads); in CDK: cors of Bucket" in m for m in found["W9439"])
    (message,) = found["E9421"]
    assert "(construct Notes/Api); in CDK: api.addGatewayResponse(" in message


def test_the_file_is_not_edited() -> None:
    """The next synthesis would undo it."""
    findings = check_file(str(AS_WRITTEN), Settings()).findings
    assert not [finding for finding in findings if finding.fix is not None]
    assert {finding.no_fix for finding in findings if "safe" in finding.rule.fixes} >= {
        "the CDK app writes this file: change it there"
    }
    result = fix_file(str(AS_WRITTEN), Settings(origin="https://app.example.com"), unsafe=True)
    assert not result.changed


@needs_shared
@pytest.mark.parametrize(
    ("name", "tool"), [("cdk-js", "CDK"), ("cdk-py", "CDK"), ("sst2-build", "SST"), ("sst2-direct", "SST")]
)
def test_the_templates_of_the_frameworks_are_known(name: str, tool: str) -> None:
    messages = [message for each in said(FRAMEWORKS / f"{name}.json").values() for message in each]
    assert messages
    assert all(f"; in {tool}: " in message for message in messages)


@needs_shared
def test_a_hand_written_template_is_not_taken_for_one() -> None:
    for path in FRAMEWORKS.glob("sls3-*.json"):
        assert not [m for each in said(path).values() for m in each if "; in CDK" in m or "; in SST" in m]


def test_the_documented_run_is_real(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    text = (ROOT / "docs" / "cdk.md").read_text("utf-8")
    command, _, shown = text.partition("```console\n$ cfncors ")[2].partition("```")[0].partition("\n")
    monkeypatch.chdir(AS_WRITTEN.parent)
    assert main(command.split()) == 1
    assert capsys.readouterr().out == shown
