"""A dynamic reference is read at deployment: what is written in its place is never taken for what is sent."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from cfncors.cli import main
from cfncors.config import Settings
from cfncors.fix import fix_text
from cfncors.lint import check_text

REST = """
Transform: AWS::Serverless-2016-10-31
Parameters:
  Stage: {Type: String}
  Domain: {Type: String, Default: "{{resolve:ssm:/web/domain}}"}
Globals:
  Api:
    Cors:
      AllowOrigin: %s
      AllowHeaders: %s
      AllowMethods: %s
      MaxAge: "'600'"
Resources:
  Fn:
    Type: AWS::Serverless::Function
    Properties:
      CodeUri: src/
      Handler: a.b
      Runtime: python3.12
      Events:
        A: {Type: Api, Properties: {Path: /a, Method: put}}
"""
LISTED = """
Resources:
  Api:
    Type: AWS::ApiGatewayV2::Api
    Properties:
      Name: notes
      ProtocolType: HTTP
      CorsConfiguration: {AllowOrigins: %s, AllowMethods: [PUT], AllowHeaders: [content-type], MaxAge: 600}
  Change:
    Type: AWS::ApiGatewayV2::Route
    Properties: {ApiId: !Ref Api, RouteKey: PUT /a, Target: integrations/abc}
"""


def rest(
    origin: str, headers: str = "\"'Content-Type'\"", methods: str = "\"'PUT'\"", *, left_out: str = "E9421"
) -> list[tuple[str, str]]:
    """What is found in a REST API with these values, but for its missing gateway responses."""
    report = check_text(REST % (origin, headers, methods), "t.yaml", Settings())
    return [(finding.rule.id, finding.message) for finding in report.findings if finding.rule.id != left_out]


# -- silent: the value may be right, and may bring its own quotes -----------------------------------------------------


@pytest.mark.parametrize(
    "origin",
    [
        "\"'{{resolve:ssm:/web/origin}}'\"",
        "'{{resolve:ssm:/web/origin}}'",
        "'{{resolve:secretsmanager:web:SecretString:origin}}'",
        "\"'https://{{resolve:ssm:/web/domain}}'\"",
        "\"'{{resolve:ssm:/web/scheme}}://{{resolve:ssm:/web/domain}}'\"",
        '!Sub "{{resolve:ssm:/${Stage}/origin}}"',
        "!Sub \"'{{resolve:ssm:/${Stage}/origin}}'\"",
        "!Join ['', ['{{resolve:ssm:/', !Ref Stage, '/origin}}']]",
        "!Ref Domain",
        "!Sub \"'https://${Domain}'\"",
    ],
)
def test_an_origin_that_is_read_later_has_no_fault(origin: str) -> None:
    assert rest(origin) == []


@pytest.mark.parametrize("value", ["\"'{{resolve:ssm:/list}}'\"", "'{{resolve:ssm:/list}}'"])
def test_a_list_that_is_read_later_lacks_nothing(value: str) -> None:
    assert rest("\"'https://app.example.com'\"", value, value) == []


@pytest.mark.parametrize(
    "origins", ["!Split [',', '{{resolve:ssm:/web/origins}}']", "['https://{{resolve:ssm:/web/domain}}']"]
)
def test_origins_that_are_read_later_have_no_fault(origins: str) -> None:
    assert check_text(LISTED % origins, "t.yaml", Settings()).findings == ()


def test_a_page_may_or_may_not_be_allowed(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "template.yaml"
    path.write_text(REST % ("\"'{{resolve:ssm:/web/origin}}'\"", "\"'Content-Type'\"", "\"'PUT'\""), encoding="utf-8")
    main(["simulate", "--format", "json", "--origin", "https://app.example.com", str(path)])
    cases = json.loads(capsys.readouterr().out)["routes"][0]["cases"]
    assert cases[0]["case"] == "preflight"
    assert cases[0]["verdict"] == "depends"
    assert "dynamic reference" in cases[0]["reason"]


# -- what is written around it is known all the same ------------------------------------------------------------------


def test_an_address_without_quotes_is_none_whatever_its_host() -> None:
    assert [rule for rule, _ in rest("'https://{{resolve:ssm:/web/domain}}'")] == ["E9411"]


def test_a_path_behind_a_host_is_no_origin() -> None:
    assert [rule for rule, _ in rest("\"'https://{{resolve:ssm:/web/domain}}/'\"")] == ["E9441"]


def test_what_is_not_closed_is_text() -> None:
    """CloudFormation sends it as it is written."""
    assert [rule for rule, _ in rest("\"'{{resolve:ssm:/web/origin'\"")] == ["E9441"]


# -- fixes copy the reference -----------------------------------------------------------------------------------------


@pytest.mark.parametrize("value", ["'{{resolve:ssm:/web/origin}}'", "{{resolve:ssm:/web/origin}}"])
def test_gateway_responses_take_the_reference_of_the_api(value: str) -> None:
    result = fix_text(REST % (f'"{value}"', "\"'Content-Type'\"", "\"'PUT'\""), "t.yaml", Settings())
    assert {each.rule.id for each in result.applied} == {"E9421"}
    assert result.after.count(f'"{value}"') == 3
    assert check_text(result.after, "t.yaml", Settings()).findings == ()
