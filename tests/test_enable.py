"""``enable``: what stands there already is brought in line, what cannot be done is said in one line."""

from __future__ import annotations

import io
import itertools
import json
import re
import sys
from pathlib import Path
from random import Random
from typing import Any

import pytest

from cfncors.cli import main
from cfncors.config import Settings
from cfncors.enable import Asked, SeveralOrigins, asked, enable_text
from cfncors.enable.several import allow_list
from cfncors.errors import UnreadableTemplate, UsageError
from cfncors.gateway import build
from cfncors.report.enabled import Enabled
from cfncors.source import decode, parse
from cfncors.template import load
from cfncors.verdicts import Options, simulate
from tests.enable.templates import KINDS, written
from tests.enable.test_generated import enabled
from tests.programs import cfn_lint, run
from tests.shared import corpus, needs_shared, sam_cases

APP = "https://app.example.com"
FUNCTION = """\
    Type: AWS::Serverless::Function
    Properties:
      Handler: notes.handler
      Runtime: python3.13
      CodeUri: src/
"""
SAM = f"""\
Transform: AWS::Serverless-2016-10-31
Resources:
  Api:
    Type: AWS::Serverless::Api
    Properties:
      StageName: prod
      Cors:
        CORS
  Notes:
{FUNCTION}      Events:
        Save:
          Type: Api
          Properties: {{RestApiId: !Ref Api, Path: '/notes/{{id}}', Method: put}}
"""


def sam(*cors: str) -> str:
    return SAM.replace("        CORS\n", "".join(f"        {line}\n" for line in cors))


def enable(text: str, logical_id: str = "Api", *origins: str, **wish: Any) -> Enabled:
    return enable_text(text, "t.yaml", logical_id, asked(origins or (APP,), **wish), Settings())


def replaced(result: Enabled) -> list[str]:
    return [step.what for step in result.steps if step.replaces]


# -- what stands there already


def test_an_existing_cors_gets_what_is_missing() -> None:
    result = enable(sam(f"AllowOrigin: \"'{APP}'\"", "AllowHeaders: \"'X-Tenant'\" # tenants"))
    assert "        AllowHeaders: \"'X-Tenant,Content-Type'\" # tenants\n" in result.after
    assert "        MaxAge: \"'600'\"\n" in result.after
    assert "AllowMethods" not in result.after, "SAM lists the methods of each path itself"
    assert (replaced(result), result.done) == ([], True)


def test_another_origin_is_changed_and_said() -> None:
    result = enable(sam("AllowOrigin: \"'https://old.example.com'\""))
    assert "old.example.com" not in result.after
    assert replaced(result) == [
        f"Access-Control-Allow-Origin of the Cors of Api was https://old.example.com, now {APP}",
    ]


def test_an_expression_that_comes_to_the_origin_stays() -> None:
    parameter = f"Parameters:\n  Page:\n    Type: String\n    Default: {APP}\n"
    result = enable(parameter + sam("AllowOrigin: !Sub \"'${Page}'\""))
    assert "AllowOrigin: !Sub \"'${Page}'\"\n" in result.after
    assert (replaced(result), result.done) == ([], True)


def test_an_expression_that_says_something_else_is_not_overwritten() -> None:
    parameter = "Parameters:\n  Page:\n    Type: String\n    Default: https://old.example.com\n"
    with pytest.raises(UsageError, match=r"made by an intrinsic function and known as https://old\.example\.com"):
        enable(parameter + sam("AllowOrigin: !Sub \"'${Page}'\""))


def test_credentials_that_are_allowed_stay_allowed_everywhere() -> None:
    result = enable(sam(f"AllowOrigin: \"'{APP}'\"", "AllowCredentials: true", "AllowMethods: \"'*'\""))
    assert result.after.count("Access-Control-Allow-Credentials: \"'true'\"") == 2
    assert "AllowMethods: \"'OPTIONS,PUT'\"" in result.after, "* is a literal for requests with credentials"


def test_any_origin_does_not_go_with_credentials_that_are_there() -> None:
    with pytest.raises(UsageError, match="Api allows credentials, which browsers refuse together with any origin"):
        enable(sam(f"AllowOrigin: \"'{APP}'\"", "AllowCredentials: true"), "Api", "*")


def test_the_short_form_becomes_the_long_one() -> None:
    result = enable(SAM.replace("Cors:\n        CORS", "Cors: \"'*'\""))
    assert f"      Cors:\n        AllowOrigin: \"'{APP}'\"\n        AllowMethods: \"'OPTIONS,PUT'\"\n" in result.after
    assert replaced(result) == [
        "Cors of Api was *, now it has AllowOrigin, AllowMethods, AllowHeaders, MaxAge",
    ]


BUCKET = """\
Resources:
  Files:
    Type: AWS::S3::Bucket
    Properties:
      CorsConfiguration:
        CorsRules:
          - AllowedOrigins: ['*']
            AllowedMethods: [GET]
            AllowedHeaders: ['*']
            MaxAge: 600
"""


ALL_METHODS = """\
Resources:
  Headers:
    Type: AWS::CloudFront::ResponseHeadersPolicy
    Properties:
      ResponseHeadersPolicyConfig:
        Name: cors
        CorsConfig:
          AccessControlAllowOrigins: {Items: [https://a.example]}
          AccessControlAllowMethods: {Items: [ALL]}
          AccessControlAllowHeaders: {Items: [Content-Type]}
          AccessControlAllowCredentials: true
          OriginOverride: true
  Cdn:
    Type: AWS::CloudFront::Distribution
    Properties:
      DistributionConfig:
        Enabled: true
        Origins: [{Id: api, DomainName: api.example.com, CustomOriginConfig: {OriginProtocolPolicy: https-only}}]
        DefaultCacheBehavior:
          TargetOriginId: api
          AllowedMethods: [GET, HEAD, OPTIONS, PUT, PATCH, POST, DELETE]
          CachePolicyId: 4135ea2d-6df8-44a3-9df3-4b5a84be39ad
          OriginRequestPolicyId: b689b0a8-53d0-40ab-baf2-68738e2966ac
          ResponseHeadersPolicyId: !Ref Headers
"""


def test_all_of_a_response_headers_policy_is_no_wildcard() -> None:
    """CloudFront writes the methods out, so that credentials take nothing from it."""
    result = enable(ALL_METHODS, "Cdn")
    assert replaced(result) == []
    assert "AccessControlAllowMethods: {Items: [ALL]}" in result.after


SIGNED = f"""\
Transform: AWS::Serverless-2016-10-31
Resources:
  Notes:
{FUNCTION}      FunctionUrlConfig: {{AuthType: AWS_IAM}}
  Cdn:
    Type: AWS::CloudFront::Distribution
    Properties:
      DistributionConfig:
        Enabled: true
        Origins:
          - Id: notes
            DomainName: !Select [2, !Split ["/", !GetAtt NotesUrl.FunctionUrl]]
            OriginAccessControlId: E2QWRUHAPOMQZL
        DefaultCacheBehavior:
          TargetOriginId: notes
          AllowedMethods: [GET, HEAD, OPTIONS, PUT, PATCH, POST, DELETE]
          CachePolicyId: 4135ea2d-6df8-44a3-9df3-4b5a84be39ad
          OriginRequestPolicyId: b689b0a8-53d0-40ab-baf2-68738e2966ac
"""


@pytest.mark.parametrize(
    ("method", "headers"), [("POST", ["Content-Type", "X-Amz-Content-Sha256"]), ("GET", ["Content-Type"])]
)
def test_pages_that_cloudfront_signs_for_send_the_hash_of_a_body(method: str, headers: list[str]) -> None:
    result = enable(SIGNED, "Cdn", methods=[method])
    template = load(parse(result.after, "t.yaml"))
    assert template is not None
    assert [attached.policy.texts("headers") for attached in build(template).header_policies] == [headers]


def test_a_bucket_gets_a_rule_of_its_own_for_other_pages() -> None:
    result = enable(BUCKET, "Files", methods=["PUT"])
    assert result.after.startswith(BUCKET)
    assert f"          - AllowedOrigins:\n              - {APP}\n" in result.after
    assert "            ExposedHeaders:\n              - ETag\n" in result.after
    assert result.done


def test_a_rule_for_all_that_would_answer_first_without_credentials_is_narrowed() -> None:
    result = enable(BUCKET, "Files", credentials=True)
    assert f"AllowedOrigins: ['{APP}']" in result.after or f"AllowedOrigins: [{APP!r}]" in result.after
    assert replaced(result) == [f"AllowedOrigins of Files was *, now {APP}"]


HTTP = """\
Resources:
  Api:
    Type: AWS::ApiGatewayV2::Api
    Properties:
      Name: notes
      ProtocolType: HTTP
      CorsConfiguration: {AllowOrigins: [https://old.example.com], AllowMethods: [GET]}
  Save:
    Type: AWS::ApiGatewayV2::Route
    Properties: {ApiId: !Ref Api, RouteKey: 'PUT /notes', Target: !Sub 'integrations/${Backend}'}
"""


def test_a_list_keeps_the_pages_that_it_names() -> None:
    result = enable(HTTP)
    assert f"AllowOrigins: [https://old.example.com, {quoted(result, APP)}]" in result.after
    assert re.search(r"AllowMethods: \[GET, [\"']?PUT[\"']?\]", result.after)
    assert replaced(result) == []


def quoted(result: Enabled, text: str) -> str:
    return next(form for form in (text, f'"{text}"', f"'{text}'") if form in result.after)


def test_what_one_front_door_gets_another_does_not() -> None:
    """``Globals`` speaks for both APIs, so the explicit one gets properties of its own."""
    two = (
        sam(f"AllowOrigin: \"'{APP}'\"").replace("      Cors:\n", "").replace(f"        AllowOrigin: \"'{APP}'\"\n", "")
    )
    two = two.replace("Resources:", "Globals:\n  Api:\n    Cors: \"'https://b.example.com'\"\nResources:").replace(
        "        Save:",
        "        List:\n          Type: Api\n          Properties: {Path: /b, Method: get}\n        Save:",
    )
    result = enable(two)
    assert "    Cors: \"'https://b.example.com'\"\n" in result.after
    with pytest.raises(UsageError, match=r"shares its settings \(Globals, an anchor, a policy\) with Api"):
        enable(two, "ServerlessRestApi")


def test_a_function_that_answers_is_named_with_what_it_has_to_send() -> None:
    (duty,) = enable(sam(f"AllowOrigin: \"'{APP}'\""), credentials=True, expose=["ETag"]).duties
    assert duty.routes == ("PUT /notes/{id}",)
    assert duty.headers == (
        ("Access-Control-Allow-Origin", APP),
        ("Access-Control-Allow-Credentials", "true"),
        ("Access-Control-Expose-Headers", "ETag"),
    )


# -- several origins on a REST API


MOCK = """\
Resources:
  Api:
    Type: AWS::ApiGateway::RestApi
    Properties:
      Body:
        swagger: "2.0"
        info: {title: notes, version: "1"}
        paths:
          /notes:
            put:
              responses: {}
              x-amazon-apigateway-integration: {type: aws_proxy, httpMethod: POST, uri: x}
            options:
              responses:
                "204": {description: preflight, headers: {HEADERS}}
              x-amazon-apigateway-integration:
                type: mock
                requestTemplates: {application/json: '{"statusCode": 204}'}
                responses:
                  default:
                    statusCode: "204"
                    responseParameters:
                      method.response.header.Access-Control-Allow-Origin: "'https://a.example.com'"
                      method.response.header.Access-Control-Allow-Methods: "'PUT'"
                      method.response.header.Access-Control-Allow-Headers: "'Content-Type'"
                      method.response.header.Vary: "'Origin'"
                    responseTemplates:
                      application/json: |
VTL
"""


def test_several_origins_on_a_rest_api_are_explained() -> None:
    with pytest.raises(SeveralOrigins, match="a response names one") as caught:
        enable(sam("AllowOrigin: '*'"), "Api", "https://a.example.com", "https://b.example.com")
    forms = caught.value.forms
    assert "AllowOrigins: ['https://a.example.com', 'https://b.example.com']" in forms
    assert 'allowed.includes(origin)) headers["Access-Control-Allow-Origin"] = origin' in forms


def test_the_allow_list_that_it_prints_works() -> None:
    origins = ("https://a.example.com", "https://b.example.com")
    vtl = "\n".join(" " * 24 + line for line in allow_list(Asked(origins)).split("\n"))
    names = ("Allow-Origin", "Allow-Methods", "Allow-Headers")
    declared = ", ".join([*(f"Access-Control-{name}: {{type: string}}" for name in names), "Vary: {type: string}"])
    template = load(parse(MOCK.replace("VTL", vtl).replace("HEADERS", declared), "t.yaml"))
    assert template is not None
    visits = simulate(build(template), Options((*origins, "https://c.example.com"))).visits
    verdicts = {visit.origin: visit.routes[0].case("preflight").verdict for visit in visits}
    assert verdicts == {**dict.fromkeys(origins, "allowed"), "https://c.example.com": "blocked"}


# -- wishes that no browser or service accepts


@pytest.mark.parametrize(
    ("wish", "says"),
    [
        ([], "say which pages call: --origin https://app.example.com"),
        (["--origin", "*", "--credentials"], "--origin '*' with --credentials: browsers refuse it"),
        (["--origin", "*", "--origin", APP], "--origin '*' is every page already"),
        (["--origin", "null"], "--origin null is every sandboxed page"),
        (["--origin", f"{APP}/"], f"'{APP}/' is not an origin as browsers send it; write {APP}"),
        (["--origin", "app.example.com"], "is not an origin as browsers send it; write https://app.example.com"),
        (["--origin", APP, "--method", "TRACE"], "--method TRACE: no page may send it"),
        (["--origin", APP, "--method", "G T"], "--method 'G T' is no HTTP method"),
        (["--origin", APP, "--method", "PURGE"], "--method PURGE: a REST API serves DELETE, GET,"),
        (["--origin", APP, "--header", "Origin"], "--header Origin: no page can set it"),
        (["--origin", APP, "--header", "Access-Control-Allow-Origin"], "it is a header of answers"),
        (["--origin", APP, "--header", "a b"], "--header 'a b' is no header name"),
        (["--origin", APP, "--header", "*", "--credentials"], "--header '*' means nothing with --credentials"),
        (["--origin", APP, "--expose", "Set-Cookie"], "--expose Set-Cookie: no page can read it"),
        (["--origin", APP, "--max-age", "1h"], "--max-age '1h' is no number of seconds; write --max-age 600"),
        (["--origin", APP, "--max-age", "86401"], "browsers keep a preflight for 86400 seconds at most"),
    ],
)
def test_a_wish_that_cannot_be_is_refused_before_anything_is_written(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], wish: list[str], says: str
) -> None:
    path = tmp_path / "t.yaml"
    path.write_text(sam(f"AllowOrigin: \"'{APP}'\""), encoding="utf-8")
    before = path.read_bytes()
    assert main(["enable", str(path), "Api", *wish]) == 2
    captured = capsys.readouterr()
    assert (captured.out, captured.err.count("\n")) == ("", 1)
    assert captured.err.startswith("cfncors: error: ")
    assert says in captured.err
    assert path.read_bytes() == before


@pytest.mark.parametrize(
    ("name", "wish", "says"),
    [
        ("lambda-url", {"methods": ["OPTIONS"]}, "--method OPTIONS: a function URL does not take it in its list"),
        ("bucket", {"methods": ["PATCH"]}, "--method PATCH: a bucket does not take it in its list"),
        ("bucket", {"max_age": "-1"}, "--max-age -1: a bucket takes 0 to 86400 seconds"),
    ],
)
def test_a_wish_that_one_front_door_cannot_do(name: str, wish: dict[str, Any], says: str) -> None:
    kind = KINDS[name]
    with pytest.raises(UsageError, match=re.escape(says)):
        enable(written(Random(1), kind.template(Random(1))), kind.logical_id, **wish)


# -- what cannot carry it


OTHERS = f"""\
Transform: AWS::Serverless-2016-10-31
Resources:
  Chat: {{Type: AWS::ApiGatewayV2::Api, Properties: {{Name: chat, ProtocolType: WEBSOCKET}}}}
  Graph: {{Type: AWS::AppSync::GraphQLApi, Properties: {{Name: graph, AuthenticationType: API_KEY}}}}
  Balancer: {{Type: AWS::ElasticLoadBalancingV2::LoadBalancer}}
  Topic: {{Type: AWS::SNS::Topic}}
  Policy: {{Type: AWS::CloudFront::ResponseHeadersPolicy}}
  Far: {{Type: AWS::Serverless::Api, Properties: {{StageName: x, DefinitionUri: api.yaml}}}}
  Rest: {{Type: AWS::ApiGateway::RestApi, Properties: {{Name: x}}}}
  Path: {{Type: AWS::ApiGateway::Resource, Properties: {{RestApiId: !Ref Rest, PathPart: a, ParentId: x}}}}
  Route: {{Type: AWS::ApiGatewayV2::Route, Properties: {{ApiId: !ImportValue api, RouteKey: GET /a}}}}
  Alone:
{FUNCTION}  Notes:
{FUNCTION}      Events:
        Save:
          Type: Api
          Properties: {{Path: /notes, Method: put}}
"""


@pytest.mark.parametrize(
    ("logical_id", "says"),
    [
        ("Chat", "Chat is a WebSocket API; browsers make no CORS check"),
        ("Graph", "Graph is an AppSync API, which always sends Access-Control-Allow-Origin: *"),
        ("Balancer", "Balancer is a load balancer, which has no CORS of its own"),
        ("Topic", "Topic is of the type AWS::SNS::Topic, which no browser calls; front doors of this template: "),
        ("Policy", "name the distribution that it is attached to"),
        ("Far", "a part of Far is not in this template"),
        ("Path", "Path is a part of Rest; name that"),
        ("Route", "Route is a part of an API that another stack defines; run this on its template"),
        ("Alone", "Alone is a function without a URL, and no API here calls it"),
        ("Notes", "Notes is a function without a URL of its own; name what calls it: ServerlessRestApi"),
        ("ServerlesRestApi", "no resource ServerlesRestApi; did you mean ServerlessRestApi?"),
        ("Zzz", "no resource Zzz; its front doors are "),
    ],
)
def test_what_is_no_front_door_is_told_what_to_name(logical_id: str, says: str) -> None:
    with pytest.raises(UsageError, match=re.escape(says)):
        enable(OTHERS, logical_id)


def test_a_preflight_that_nothing_here_can_open_is_not_dressed_up() -> None:
    secured = HTTP.replace("'PUT /notes'", "$default, AuthorizationType: AWS_IAM").replace(
        "      CorsConfiguration: {AllowOrigins: [https://old.example.com], AllowMethods: [GET]}\n", ""
    )
    with pytest.raises(UsageError, match=r"no preflight would pass: .*\$default.* nothing was written"):
        enable(secured)


# -- the command


def test_the_file_is_written_once_and_the_proof_is_said(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "t.yaml"
    path.write_text(sam(f"AllowOrigin: \"'{APP}'\""), encoding="utf-8")
    assert main(["enable", str(path), "Api", "--origin", APP]) == 0
    out = capsys.readouterr().out
    assert "simulated 1 route: preflights pass (1); answers left to code (1);" in " ".join(out.split())
    assert "checked: nothing is left on Api\n" in out
    assert f"  Access-Control-Allow-Origin: {APP}\n" in out
    after = path.read_bytes()
    assert main(["enable", str(path), "Api", "--origin", APP]) == 0
    assert "says all of it already" in " ".join(capsys.readouterr().out.split())
    assert path.read_bytes() == after


@pytest.mark.parametrize("option", ["--diff", "--check"])
def test_a_dry_run_writes_nothing(tmp_path: Path, capsys: pytest.CaptureFixture[str], option: str) -> None:
    path = tmp_path / "t.yaml"
    path.write_text(sam(f"AllowOrigin: \"'{APP}'\""), encoding="utf-8")
    before = path.read_bytes()
    assert main(["enable", str(path), "Api", "--origin", APP, option]) == 1
    captured = capsys.readouterr()
    assert path.read_bytes() == before
    assert ("+        MaxAge: \"'600'\"" in captured.out) is (option == "--diff")
    assert "would enable CORS on Api" in (captured.err if option == "--diff" else captured.out)


def test_standard_input_goes_to_standard_output(
    monkeypatch: pytest.MonkeyPatch, capsysbinary: pytest.CaptureFixture[bytes]
) -> None:
    text = sam(f"AllowOrigin: \"'{APP}'\"").replace("\n", "\r\n")
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(text.encode())))
    assert main(["enable", "-", "Api", "--origin", APP, "--stdin-filename", "api.yaml"]) == 0
    out, err = capsysbinary.readouterr()
    assert out.decode() == enable(text).after
    assert b"        MaxAge: \"'600'\"\r\n" in out
    assert err.startswith(b"enabled CORS on Api in api.yaml for pages of ")


def test_what_is_no_template_is_one_line(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "t.yaml"
    for text, says in (("a: [", "t.yaml:1:5: not YAML"), ("a: b\n", "is no CloudFormation or SAM template")):
        path.write_text(text, encoding="utf-8")
        assert main(["enable", str(path), "Api", "--origin", APP]) in (2, 3)
        captured = capsys.readouterr()
        assert (captured.out, captured.err.count("\n")) == ("", 1)
        assert says in captured.err
    assert main(["enable", str(tmp_path / "none.yaml"), "Api", "--origin", APP]) == 3
    assert "there is no such file" in capsys.readouterr().err


# -- real templates


@needs_shared
@pytest.mark.parametrize("path", [*corpus(), *sam_cases()], ids=lambda path: path.name)
def test_real_templates_are_done_or_refused_in_one_line(path: Path) -> None:
    """Each of their front doors, with two wishes; a second run has nothing to add."""
    try:
        text = decode(path.read_bytes())
        template = load(parse(text, str(path)))
    except UnreadableTemplate:
        return
    if template is None:
        return
    for door in build(template).doors:
        for wish in (asked([APP]), asked([APP], True, ["PUT"], ["X-Tenant"], ["ETag"], "900")):
            try:
                result = enable_text(text, path.name, door.logical_id, wish, Settings())
            except UsageError as refused:
                lines = str(refused).split("\n")
                assert len(lines) == 1, lines
                continue
            assert not enable_text(result.after, path.name, door.logical_id, wish, Settings()).changed


@pytest.mark.slow
def test_cfn_lint_finds_no_new_error(tmp_path: Path) -> None:
    linter = cfn_lint("newest")
    found: dict[str, set[tuple[str, str]]] = {}
    for name, seed in itertools.product(KINDS, range(2)):
        _, _, result = enabled(name, seed)
        suffix = "json" if result.before.startswith("{") else "yaml"
        for which, text in (("before", result.before), ("after", result.after)):
            path = tmp_path / f"{name}-{which}{seed}.{suffix}"
            path.write_bytes(text.encode())
            found[str(path)] = set()
    for each in json.loads(run(linter, "--format", "json", *found).stdout or "[]"):
        if each["Level"] == "Error":
            found[each["Filename"]].add((each["Rule"]["Id"], each["Message"]))
    for name_after, errors in found.items():
        new = errors - found[name_after.replace("-after", "-before")]
        assert new == set(), Path(name_after).read_text(encoding="utf-8")
