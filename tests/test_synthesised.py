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
GUARDED = FOLDER / "guarded" / "Guarded.template.json"
GUARDED_MENDED = FOLDER / "guarded-mended" / "Guarded.template.json"
FRAMEWORKS = SHARED / "framework-templates"


def said(path: Path) -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    for finding in check_file(str(path), Settings()).findings:
        found.setdefault(finding.rule.id, []).append(finding.message)
    return found


def test_the_app_with_the_calls_that_the_findings_name_is_right() -> None:
    assert said(MENDED) == {}


def test_gateway_responses_that_name_one_of_two_origins_leave_the_other_out() -> None:
    """All calls are right; API Gateway's own errors name the first origin. A second is read only where they send back
    whatever origin asks, which W9446 is about."""
    found = said(GUARDED_MENDED)
    assert found.keys() == {"E9480"}
    assert ["429 THROTTLED" in message or "502 DEFAULT_5XX" in message for message in found["E9480"]] == [True, True]
    assert all("the page's is https://admin.example.com" in message for message in found["E9480"])


def test_a_finding_names_the_construct_and_the_call() -> None:
    found = said(AS_WRITTEN)
    (message,) = found["E9411"]
    assert "in CDK: single quotes inside the text, \"'…'\", in responseHeaders of addGatewayResponse" in message
    (message,) = (m for m in found["E9433"] if "DELETE" in m)
    assert "(construct Notes/Api/Default/notes/OPTIONS); in CDK: allowMethods of defaultCorsPreflightOptions" in message
    (message,) = (m for m in found["E9433"] if "PUT" in m)
    assert "(construct Notes/Web); in CDK: allowMethods of corsPreflight of HttpApi" in message
    url = "(construct Notes/Fn/FunctionUrl); in CDK: allowedHeaders of cors in fn.addFunctionUrl({ cors })"
    assert any(url in m for m in found["W9439"])
    bucket = "(construct Notes/Uploads); in CDK: allowedHeaders of the rule in cors of Bucket"
    assert any(bucket in m for m in found["W9439"])
    (message,) = found["I9471"]
    assert message.endswith("in CDK: exposedHeaders of the rule in cors of Bucket")
    (message,) = found["E9421"]
    assert message.endswith(
        "(construct Notes/Api); in CDK: api.addGatewayResponse('Default5XX', { type: ResponseType.DEFAULT_5XX, "
        "responseHeaders: { 'Access-Control-Allow-Origin': \"'https://app.example.com'\" } })"
    )


@pytest.mark.parametrize(
    ("rule", "construct", "call"),
    [
        ("E9432", "Web/ANY--{proxy+}", "authorizer: new HttpNoneAuthorizer() })"),
        (
            "E9435",
            "Api/Default/upload/OPTIONS",
            "addPropertyOverride('Integration.ContentHandling', 'CONVERT_TO_TEXT')",
        ),
        ("E9414", "Api/Default/upload/POST", "responseParameters: { 'method.response.header.…': true }"),
        ("E9411", "Api", "single quotes inside the text, \"'…'\", in responseParameters of integrationResponses"),
        ("E9411", "Spec", "in CDK: the definition in ApiDefinition of SpecRestApi"),
        ("E9464", "Fn", "in CDK: the handler's code, without the header"),
        ("E9441", "Configured", "in CDK: environment of Function"),
        ("W9474", "Site", "headerBehavior: CacheHeaderBehavior.allowList('Origin') }) of the behavior"),
        (
            "E9421",
            "Spec",
            "responseHeaders: { 'Access-Control-Allow-Origin': \"'*'\" } }), and the same for DEFAULT_5XX",
        ),
        ("E9421", "Several", "'Access-Control-Allow-Credentials': \"'true'\" } }), and the same for DEFAULT_5XX"),
    ],
)
def test_the_call_is_the_one_that_mends_it_there(rule: str, construct: str, call: str) -> None:
    (message,) = (each for each in said(GUARDED)[rule] if f"(construct Guarded/{construct})" in each)
    assert message.endswith(call)


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


@pytest.mark.parametrize(
    ("path", "text", "reason"),
    [
        (".aws-sam/build/template.yaml", "", "sam build writes this file: change the template that it builds"),
        (".serverless/cloudformation-template-update-stack.yaml", "", "the Serverless Framework writes this file"),
        ("cdk.out/Bare.template.yaml", "", "the CDK app writes this file: change it there"),
        ("sam.yaml", "Description: Exported by architect/package@10.0.0 on 2026-01-01\n", "Architect writes this file"),
        ("build/api.yaml", """Description: '{"createdBy":"Amplify","stackType":"api-APIGW"}'\n""", "Amplify writes"),
        ("packaged.yaml", f"CodeUri: s3://bucket/{'0a' * 16}", "sam package or aws cloudformation package writes"),
        (
            "out/sam.yaml",
            "Tags: {aws-chalice: 'version=1.34.0:stage=dev:app=notes'}",
            "chalice package writes this file",
        ),
    ],
)
def test_what_other_tools_write_is_not_edited(tmp_path: Path, path: str, text: str, reason: str) -> None:
    head = text if text.startswith("Description") else ""
    file = tmp_path / path
    file.parent.mkdir(parents=True, exist_ok=True)
    function = f"  Fn:\n    Type: AWS::Serverless::Function\n    Properties:\n      {text or 'Timeout: 3'}\n"
    file.write_text(f"{head}{HAND_WRITTEN}{'' if head else function}", "utf-8")
    (finding,) = check_file(str(file), Settings(select=("E9421",))).findings
    assert finding.fix is None
    assert (finding.no_fix or "").startswith(reason)
    assert ("; in CDK: " in finding.message) == ("CDK" in reason)
    assert not fix_file(str(file), Settings(), unsafe=True).changed


HAND_WRITTEN = """\
Transform: AWS::Serverless-2016-10-31
Resources:
  Api:
    Type: AWS::Serverless::Api
    Properties:
      StageName: prod
      Cors: "'https://app.example.com'"
"""


@pytest.mark.parametrize(
    ("path", "text"),
    [
        ("template.yaml", ""),
        (
            "amplify/backend/function/notes/notes-cloudformation-template.yaml",
            """Description: '{"createdBy":"Amplify"}'\n""",
        ),
        ("template.yaml", "Description: API Gateway resource stack creation using Amplify CLI\n"),
    ],
)
def test_what_people_write_is_edited(tmp_path: Path, path: str, text: str) -> None:
    """Among it the templates of Amplify that it writes once."""
    file = tmp_path / path
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(text + HAND_WRITTEN, "utf-8")
    assert fix_file(str(file), Settings()).changed


@pytest.mark.parametrize("value", ["dummy-value-for-/notes/origin", "'dummy-value-for-/notes/origin'"])
def test_a_value_that_the_app_has_not_looked_up_is_unknown(tmp_path: Path, value: str) -> None:
    file = tmp_path / "Notes.template.yaml"
    file.write_text(HAND_WRITTEN.replace("'https://app.example.com'", value), "utf-8")
    assert "E9441" not in said(file)
    assert "E9411" not in said(file)
