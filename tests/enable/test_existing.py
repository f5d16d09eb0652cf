"""``enable`` beside what a template says already: lists with values of the deployment, credentials, files of their own;
and what ``*`` stands for."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest
import yaml

from cfncors.config import Settings
from cfncors.enable import enable_text
from cfncors.enable.asked import asked
from cfncors.errors import UsageError
from cfncors.report.enabled import Enabled

APP = "https://app.example.com"
URL = """\
Parameters:
  Domain: {Type: String}
  Pages: {Type: CommaDelimitedList, Default: "https://a.example.com,https://b.example.com"}
Resources:
  Url:
    Type: AWS::Lambda::Url
    Properties:
      TargetFunctionArn: arn:aws:lambda:eu-west-1:123456789012:function:notes
      AuthType: NONE
      Cors:
"""
HTTP = """\
Transform: AWS::Serverless-2016-10-31
Parameters:
  Pages: {Type: String}
Resources:
  Api:
    Type: AWS::Serverless::HttpApi
    Properties:
      CorsConfiguration:
CORS
  Notes:
    Type: AWS::Serverless::Function
    Properties:
      Handler: notes.handler
      Runtime: python3.13
      CodeUri: src/
      Events:
        Save: {Type: HttpApi, Properties: {ApiId: !Ref Api, Path: /notes, Method: put}}
"""
BODY = """\
openapi: 3.0.1
info: {title: notes, version: "1"}
paths:
  /notes:
    put:
      x-amazon-apigateway-integration: {type: aws_proxy, httpMethod: POST, payloadFormatVersion: "2.0", uri: x}
"""


def enable(text: str, logical_id: str, *origins: str, **wish: Any) -> Enabled:
    return enable_text(text, "t.yaml", logical_id, asked(origins or (APP,), **wish), Settings())


def url(*lines: str) -> str:
    return URL + "".join(f"        {line}\n" for line in lines)


def http(*lines: str) -> str:
    return HTTP.replace("CORS\n", "".join(f"        {line}\n" for line in lines))


def cors(result: Enabled, *path: str) -> Any:
    class Loader(yaml.SafeLoader):
        """Tags as the text behind them."""

    Loader.add_multi_constructor("!", lambda loader, tag, node: f"!{tag} {node.value}")
    found = yaml.load(result.after, Loader)["Resources"]
    for key in path:
        found = found[key]
    return found


# -- lists -------------------------------------------------------------------------------------------------------------


def test_an_origin_goes_beside_one_of_the_deployment() -> None:
    result = enable(url("AllowOrigins: [!Sub 'https://${Domain}']", "AllowMethods: [GET]", "MaxAge: 60"), "Url")
    assert f"AllowOrigins: [!Sub 'https://${{Domain}}', '{APP}']\n" in result.after
    assert result.done
    assert enable(result.after, "Url").after == result.after


@pytest.mark.parametrize(
    ("text", "says"),
    [
        (url("AllowOrigins: !Ref Pages"), f"AllowOrigins of Url is the parameter Pages; add {APP} to its value"),
        (
            url("AllowOrigins: !Split [',', !Ref Domain]"),
            f"AllowOrigins of Url is made by Fn::Split; write the list out with {APP}",
        ),
        (
            http("AllowOrigins: !Split [',', !Ref Pages]", "AllowMethods: [PUT]"),
            "AllowOrigins of Api is made by Fn::Split; write the list out",
        ),
    ],
)
def test_a_list_that_is_made_elsewhere_is_named_with_what_it_lacks(text: str, says: str) -> None:
    logical_id = "Url" if "Url:" in text else "Api"
    with pytest.raises(UsageError, match=re.escape(says)):
        enable(text, logical_id)


def test_a_list_that_a_parameter_makes_is_left_where_it_says_the_origin() -> None:
    result = enable(url("AllowOrigins: !Ref Pages", "AllowMethods: [GET]"), "Url", "https://b.example.com")
    assert [step.what for step in result.steps] == ["MaxAge of Url"]


def test_methods_that_are_named_are_those_that_pages_use_of_a_route_for_any() -> None:
    """Another page is no reason to let all of them delete."""
    text = url("AllowOrigins: [https://a.example.com]", "AllowMethods: [GET]")
    named = cors(enable(text, "Url"), "Url", "Properties", "Cors")
    assert (named["AllowMethods"], "AllowHeaders" in named) == (["GET"], False)
    asked_for = cors(enable(text, "Url", methods=["PUT"]), "Url", "Properties", "Cors")
    assert (asked_for["AllowMethods"], asked_for["AllowHeaders"]) == (["GET", "PUT"], ["Content-Type"])


def test_methods_that_routes_serve_are_added_to_those_that_are_named() -> None:
    result = enable(http(f"AllowOrigins: [{APP}]", "AllowMethods: [GET]"), "Api")
    assert cors(result, "Api", "Properties", "CorsConfiguration", "AllowMethods") == ["GET", "PUT"]


# -- * -----------------------------------------------------------------------------------------------------------------


def test_a_star_stands_alone_without_credentials() -> None:
    text = http("AllowMethods: [GET]").replace(
        "      CorsConfiguration:\n        AllowMethods: [GET]\n", "      Name: notes\n"
    )
    made = cors(enable(text, "Api", methods=["*"], headers=["*"]), "Api", "Properties", "CorsConfiguration")
    assert (made["AllowMethods"], made["AllowHeaders"]) == (["*"], ["*"])


def test_a_star_leaves_authorization_named() -> None:
    text = url().replace("      Cors:\n", "").replace("AuthType: NONE", "AuthType: AWS_IAM")
    made = cors(enable(text, "Url", headers=["*"]), "Url", "Properties", "Cors")
    assert made["AllowHeaders"] == ["Authorization", "*"]


def test_any_method_is_named_beside_credentials_and_in_a_bucket() -> None:
    named = ["DELETE", "GET", "HEAD", "PATCH", "POST", "PUT"]
    text = url(f"AllowOrigins: [{APP}]", "AllowMethods: ['*']", "AllowCredentials: true")
    assert cors(enable(text, "Url", methods=["*"]), "Url", "Properties", "Cors", "AllowMethods") == named
    bucket = "Resources:\n  Files:\n    Type: AWS::S3::Bucket\n"
    result = enable(bucket, "Files", methods=["*"])
    [rule] = cors(result, "Files", "Properties", "CorsConfiguration", "CorsRules")
    assert (rule["AllowedMethods"], result.done) == ([name for name in named if name != "PATCH"], True)


def test_any_header_is_refused_beside_credentials_that_are_there() -> None:
    text = http(f"AllowOrigins: [{APP}]", "AllowMethods: [PUT]", "AllowCredentials: true")
    says = "--header '*' means nothing with the credentials that CorsConfiguration of Api allows"
    with pytest.raises(UsageError, match=re.escape(says)):
        enable(text, "Api", headers=["*"])


@pytest.mark.parametrize(
    ("origin", "says"),
    [
        ("https://*.example.com", "'https://*.example.com' is a pattern; name the origins of the pages"),
        (f"{APP},https://b.example.com", "is several origins; give --origin for each"),
    ],
)
def test_an_origin_that_is_none_says_what_to_give(origin: str, says: str) -> None:
    with pytest.raises(UsageError, match=re.escape(says)):
        enable(url(), "Url", origin)


# -- files of their own ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("kind", "properties", "says"),
    [
        (
            "AWS::Serverless::HttpApi",
            "DefinitionUri: body.yaml",
            "takes its OpenAPI document from body.yaml, to which SAM",
        ),
        (
            "AWS::Serverless::Api",
            "StageName: v1, DefinitionUri: body.yaml",
            "takes its OpenAPI document from body.yaml",
        ),
        (
            "AWS::ApiGatewayV2::Api",
            "Body: {'Fn::Transform': {Name: AWS::Include, Parameters: {Location: body.yaml}}}",
            "what it lacks belongs into body.yaml, and only the template is written; add there x-amazon-apigateway-",
        ),
        (
            "AWS::ApiGateway::RestApi",
            "Body: {'Fn::Transform': {Name: AWS::Include, Parameters: {Location: body.yaml}}}",
            "what it lacks belongs into body.yaml, and only the template is written; add there options of /notes",
        ),
    ],
)
def test_a_document_in_a_file_of_its_own_is_named(tmp_path: Path, kind: str, properties: str, says: str) -> None:
    (tmp_path / "body.yaml").write_text(BODY, encoding="utf-8")
    transform = "Transform: AWS::Serverless-2016-10-31\n" if "Serverless" in kind else ""
    text = f"{transform}Resources:\n  Api: {{Type: {kind}, Properties: {{{properties}}}}}\n"
    with pytest.raises(UsageError) as refused:
        enable_text(text, str(tmp_path / "t.yaml"), "Api", asked((APP,)), Settings())
    assert says in str(refused.value).replace(f"{tmp_path}/", "")
