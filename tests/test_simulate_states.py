"""What ``simulate`` shows in another way than cell by cell: closed front doors, refused ones, pages with and without
credentials."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from cfncors.cli import main

HEAD = "Transform: AWS::Serverless-2016-10-31\nResources:\n"
#: Nothing says that pages of other origins call it.
CLOSED = """\
  Api: {Type: AWS::Serverless::Api, Properties: {StageName: x}}
  F:
    Type: AWS::Serverless::Function
    Properties:
      Handler: a.b
      Runtime: python3.13
      CodeUri: src/
      Events:
        A: {Type: Api, Properties: {Path: /a, Method: get, RestApiId: !Ref Api}}
"""
#: All that pages need.
OPEN = """\
  Url:
    Type: AWS::Lambda::Url
    Properties:
      TargetFunctionArn: !Ref G
      AuthType: NONE
      Cors: {AllowOrigins: [https://app.example.com], AllowMethods: ['*'], AllowHeaders: [content-type]}
  G: {Type: AWS::Lambda::Function, Properties: {Handler: a.b, Runtime: python3.13, Code: {S3Bucket: b, S3Key: k}}}
"""
#: A bare number, which API Gateway takes for a mapping expression; it is the third line of it.
REFUSED = """\
  Refused:
    Type: AWS::Serverless::Api
    Properties: {StageName: x, Cors: {AllowOrigin: "'*'", MaxAge: 600}}
  H:
    Type: AWS::Serverless::Function
    Properties:
      Handler: a.b
      Runtime: python3.13
      CodeUri: src/
      Events:
        A: {Type: Api, Properties: {Path: /r, Method: put, RestApiId: !Ref Refused}}
        B: {Type: Api, Properties: {Path: /s, Method: get, RestApiId: !Ref Refused}}
"""


@pytest.fixture
def run(tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> Any:
    monkeypatch.chdir(tmp_path)

    def command(text: str, *arguments: str, name: str = "simulate") -> tuple[int, str]:
        (tmp_path / "t.yaml").write_text(text, encoding="utf-8")
        code = main([name, "t.yaml", *arguments])
        return code, capsys.readouterr().out

    return command


def test_a_closed_front_door_is_one_line_and_no_fault(run: Any) -> None:
    code, out = run(HEAD + CLOSED)
    assert code == 0
    assert " ".join(out.split()) == (
        "Api is closed: nothing in the template or its code says that pages of other origins call it; "
        "to open it: cfncors enable t.yaml Api --origin https://… "
        "Nothing is blocked: no front door is open to pages of other origins."
    )


def test_an_open_front_door_beside_it_has_its_table(run: Any) -> None:
    code, out = run(HEAD + CLOSED + OPEN)
    assert code == 0
    assert "ANY /{proxy+}" in out
    assert "GET /a" not in out
    assert out.count("Api is closed") == 1
    assert "on 1 route." in out


@pytest.mark.parametrize("asked", [["--path", "/a"], ["--method", "GET"], ["--origin", "https://a.example.com"]])
def test_who_asks_about_it_gets_its_table_and_the_exit_code(run: Any, asked: list[str]) -> None:
    code, out = run(HEAD + CLOSED, *asked)
    assert code == 1
    assert "GET /a" in out
    assert "✗ 429" in out
    assert "Api is closed" in out


@pytest.mark.parametrize("more", [["--credentials"], ["--header", "X-Tenant"], ["--profile", "firefox"]])
def test_other_options_do_not_ask_about_it(run: Any, more: list[str]) -> None:
    assert run(HEAD + CLOSED, *more)[0] == 0


def test_json_keeps_every_cell_of_a_closed_front_door(run: Any) -> None:
    data = json.loads(run(HEAD + CLOSED, "--format", "json")[1])
    (route,) = data["routes"]
    assert (route["closed"], route["deployed"]) == (True, True)
    assert [case["verdict"] for case in route["cases"]] == ["not-needed", "depends", "blocked", "blocked"]
    reason = "nothing in the template or its code says that pages of other origins call it"
    assert data["closed"] == [{"api": "Api", "reason": reason, "routes": []}]
    assert data["not_deployed"] == []


def test_the_page_says_it_too(run: Any) -> None:
    out = run(HEAD + CLOSED + OPEN, "--format", "html")[1]
    assert "<p>Api is closed: nothing in the template" in out
    assert "/a<" not in out


def test_evidence_in_code_opens_it(run: Any, tmp_path: Path) -> None:
    (tmp_path / "src").mkdir()
    answer = "{'statusCode': 200, 'headers': {'Access-Control-Allow-Origin': '*'}, 'body': ''}"
    (tmp_path / "src" / "a.py").write_text(f"def b(event, context):\n    return {answer}\n", encoding="utf-8")
    code, out = run(HEAD + CLOSED)
    assert "closed" not in out
    assert "GET /a" in out
    assert code == run(HEAD + CLOSED, name="check")[0] == 1


def test_a_front_door_that_is_called_through_a_distribution_is_closed_itself(run: Any) -> None:
    front = """\
  Site:
    Type: AWS::CloudFront::Distribution
    Properties:
      DistributionConfig:
        Origins: [{Id: api, DomainName: !Sub "${Api}.execute-api.eu-west-1.amazonaws.com", OriginPath: /x}]
        DefaultCacheBehavior:
          TargetOriginId: api
          AllowedMethods: [GET, HEAD, OPTIONS, PUT, PATCH, POST, DELETE]
          ResponseHeadersPolicyId: 60669652-455b-4ae9-85a4-c4c02393f86c
"""
    _, out = run(HEAD + CLOSED + front)
    assert "Api is closed: pages of other origins call Site in front of it." in " ".join(out.split())
    assert "Site · distribution" in out


def test_what_deployment_refuses_is_said_once_and_shown_as_nothing_else(run: Any) -> None:
    code, out = run(HEAD + REFUSED)
    assert code == 1
    assert " ".join(out.split()) == (
        "✗ Refused not deployed: E9411 at t.yaml:5:67 deployment: Invalid mapping expression specified: Validation "
        "Result: warnings : [], errors : [Invalid mapping expression specified: 600] Nothing is deployed that pages "
        "could call."
    )
    assert run(HEAD + REFUSED, name="check")[0] == 1


def test_in_json_what_is_not_deployed_is_blocked_with_the_refusal(run: Any) -> None:
    data = json.loads(run(HEAD + REFUSED + OPEN, "--format", "json")[1])
    visits = data.get("simulations", [data])
    routes = {(route["api"], route["path"]): route for visit in visits for route in visit["routes"]}
    assert {api: route["deployed"] for (api, _), route in routes.items()} == {"Refused": False, "Url": True}
    (told,) = data["not_deployed"]
    assert (told["api"], told["rule"], told["file"], told["line"]) == ("Refused", "E9411", "t.yaml", 5)
    assert told["deployments"] == []
    for case in routes["Refused", "/r"]["cases"]:
        assert (case["verdict"], case["status"], case["deployed"], case["reason"]) == (
            "blocked",
            None,
            False,
            told["reason"],
        )


def test_the_page_says_what_is_not_deployed(run: Any) -> None:
    out = run(HEAD + REFUSED + OPEN, "--format", "html")[1]
    assert out.count("Refused not deployed: E9411 at t.yaml:5:67") == 1
    assert "ANY</span> /{proxy+}" in out


def test_a_refusal_that_is_suppressed_is_none(run: Any) -> None:
    text = (HEAD + REFUSED).replace("MaxAge: 600}}", "MaxAge: 600}}   # cfncors: ignore[E9411] it is known")
    assert "not deployed" not in run(text)[1]


#: Any origin with credentials in one of three deployments, which API Gateway refuses.
_IN_PROD = """\
Parameters: {Stage: {Type: String, AllowedValues: [dev, prod, test]}}
Conditions: {Prod: !Equals [!Ref Stage, prod]}
Resources:
  Api:
    Type: AWS::ApiGatewayV2::Api
    Properties:
      Name: x
      ProtocolType: HTTP
      CorsConfiguration:
        AllowOrigins: !If [Prod, ['*'], ['https://app.example.com']]
        AllowMethods: [GET]
        AllowCredentials: true
  I: {Type: AWS::ApiGatewayV2::Integration, Properties: {ApiId: !Ref Api, IntegrationType: HTTP_PROXY,
      IntegrationUri: "https://x.example.org", IntegrationMethod: GET, PayloadFormatVersion: "1.0"}}
  R: {Type: AWS::ApiGatewayV2::Route, Properties: {ApiId: !Ref Api, RouteKey: GET /a, Target: !Sub "integrations/${I}"}}
"""


def test_a_refusal_in_one_deployment_leaves_the_others(run: Any) -> None:
    code, out = run(_IN_PROD)
    assert code == 1
    assert "✗ Api not deployed in Stage=prod: E9443 at t.yaml:10:35" in out
    assert "– none      ✓ any" in out
    assert "Nothing that the template decides is blocked on 1 route." in out


@pytest.mark.parametrize(("stage", "code"), [("prod", 1), ("dev", 0), ("test", 0)])
def test_a_chosen_deployment_is_refused_or_not(run: Any, stage: str, code: int) -> None:
    found, out = run(_IN_PROD, "--parameter", f"Stage={stage}")
    assert found == code
    assert ("Api not deployed: E9443" in out) == bool(code)


#: Two routes, of which one has credentials in its answer to the preflight.
def _route(path: str, credentials: str) -> str:
    allow = "method.response.header.Access-Control-Allow"
    mapped = f"""{{{allow}-Origin: "'https://app.example.com'", {allow}-Methods: "'GET,PUT'"{credentials}}}"""
    declared = f"{{{allow}-Origin: true, {allow}-Methods: true, {allow}-Credentials: true}}"
    return f"""\
  {path}:
    Type: AWS::ApiGateway::Resource
    Properties: {{RestApiId: !Ref Api, ParentId: !GetAtt Api.RootResourceId, PathPart: {path}}}
  {path}Put:
    Type: AWS::ApiGateway::Method
    Properties:
      RestApiId: !Ref Api
      ResourceId: !Ref {path}
      HttpMethod: PUT
      Integration: {{Type: AWS_PROXY, Uri: x}}
  {path}Options:
    Type: AWS::ApiGateway::Method
    Properties:
      RestApiId: !Ref Api
      ResourceId: !Ref {path}
      HttpMethod: OPTIONS
      Integration:
        Type: MOCK
        RequestTemplates: {{application/json: '{{"statusCode": 200}}'}}
        IntegrationResponses: [{{StatusCode: 200, ResponseParameters: {mapped}}}]
      MethodResponses: [{{StatusCode: 200, ResponseParameters: {declared}}}]
"""


_CREDENTIALS = ", method.response.header.Access-Control-Allow-Credentials: \"'true'\""
_TWO = f"""\
Resources:
  Api: {{Type: AWS::ApiGateway::RestApi, Properties: {{Name: x}}}}
{_route("One", _CREDENTIALS)}{_route("Two", "")}"""


def _by_credentials(data: dict[str, Any]) -> dict[bool, set[str]]:
    visits = data.get("simulations", [data])
    return {visit["credentials"]: {route["path"] for route in visit["routes"]} for visit in visits}


def test_credentials_are_a_matter_of_a_route(run: Any) -> None:
    assert _by_credentials(json.loads(run(_TWO, "--format", "json")[1])) == {True: {"/One"}, False: {"/Two"}}
    out = run(_TWO)[1]
    with_, _, without = out.partition("Pages of https://app.example.com, without credentials")
    assert "PUT /One" in with_.partition("✓ passes")[0]
    assert "PUT /Two" in without.partition("✓ passes")[0]


@pytest.mark.parametrize(("option", "value"), [("--credentials", True), ("--no-credentials", False)])
def test_the_user_may_say_it_for_all(run: Any, option: str, value: bool) -> None:
    assert _by_credentials(json.loads(run(_TWO, option, "--format", "json")[1])) == {value: {"/One", "/Two"}}


@pytest.mark.parametrize("written", ["true", "false", None])
def test_so_may_the_configuration_and_the_command_line_is_stronger(
    run: Any, tmp_path: Path, written: str | None
) -> None:
    if written is not None:
        (tmp_path / ".cfncors.toml").write_text(f"credentials = {written}\n", encoding="utf-8")
    both = {"/One", "/Two"}
    expected = {"true": {True: both}, "false": {False: both}, None: {True: {"/One"}, False: {"/Two"}}}[written]
    assert _by_credentials(json.loads(run(_TWO, "--format", "json")[1])) == expected
    assert _by_credentials(json.loads(run(_TWO, "--no-credentials", "--format", "json")[1])) == {False: both}


def test_check_asks_with_the_same_credentials(run: Any) -> None:
    """Route Two refuses credentials: a fault for pages that send them."""
    found = json.loads(run(_TWO, "--credentials", "--format", "json", name="check")[1])["findings"]
    assert {each["credentials"] for finding in found for each in finding["exchanges"]} == {True}
    found = json.loads(run(_TWO, "--no-credentials", "--format", "json", name="check")[1])["findings"]
    assert {each["credentials"] for finding in found for each in finding["exchanges"]} == {False}
