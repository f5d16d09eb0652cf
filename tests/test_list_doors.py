"""Rules on the front doors with lists, where one template shows more than a fixture: what is shared, split, unknown."""

from __future__ import annotations

import pytest

from cfncors.config import Settings
from cfncors.fix import fix_text
from cfncors.lint import check_text

HTTP = """
Resources:
  Api:
    Type: AWS::ApiGatewayV2::Api
    Properties:
      Name: notes
      ProtocolType: HTTP
      CorsConfiguration:
        AllowOrigins: [https://app.example.com]
        MaxAge: 600
{cors}
  Remove:
    Type: AWS::ApiGatewayV2::Route
    Properties:
      ApiId: !Ref Api
      RouteKey: {route}
      AuthorizationType: {auth}
      Target: integrations/abc
"""
SHARED = """
Transform: AWS::Serverless-2016-10-31
Globals:
  HttpApi:
    CorsConfiguration:
      AllowOrigins: [https://app.example.com]
      AllowMethods: [GET, "POST,PUT,GET"]
      AllowHeaders: [Content-Type]
      MaxAge: 600
Resources:
  One: {Type: AWS::Serverless::HttpApi, Properties: {StageName: one}}
  Two: {Type: AWS::Serverless::HttpApi, Properties: {StageName: two}}
  Handler:
    Type: AWS::Serverless::Function
    Properties:
      Handler: app.handler
      Runtime: python3.12
      CodeUri: src/
      Events:
        Remove: {Type: HttpApi, Properties: {ApiId: !Ref One, Path: /notes, Method: delete}}
        Change: {Type: HttpApi, Properties: {ApiId: !Ref Two, Path: /notes, Method: patch}}
"""
BUCKET = """
Resources:
  Uploads:
    Type: AWS::S3::Bucket
    Properties:
      CorsConfiguration:
        CorsRules:
          - AllowedOrigins: [https://app.example.com]
            AllowedMethods: [PUT]
            ExposedHeaders: [ETag]
            MaxAge: 600
          - AllowedOrigins: [ORIGIN]
            AllowedMethods: [GET, PUT]
            AllowedHeaders: [content-*]
            ExposedHeaders: [ETag]
            MaxAge: 600
"""


def said(template: str) -> list[tuple[str, str]]:
    report = check_text(template, "template.yaml", Settings())
    assert not report.internal
    assert report.error is None
    return [(finding.rule.id, finding.message) for finding in report.findings]


def http(cors: str = "", route: str = "DELETE /notes", auth: str = "NONE") -> str:
    return HTTP.format(cors="".join(f"        {line}\n" for line in cors.splitlines()), route=route, auth=auth)


def test_a_shared_list_is_spoken_of_once_for_all_that_take_it() -> None:
    report = check_text(SHARED, "template.yaml", Settings())
    found = {finding.rule.id: finding for finding in report.findings}
    assert len(report.findings) == len(found)
    assert found["E9433"].message == (
        "AllowMethods of CorsConfiguration of One lacks DELETE, PATCH, needed by DELETE /notes, PATCH /notes"
    )
    assert {"One", "Two"} <= set(found["E9433"].resources)
    assert found["E9418"].message.startswith("AllowMethods of CorsConfiguration of One holds 3 values in one entry")


def test_a_split_entry_repeats_none_that_is_there() -> None:
    after = fix_text(SHARED, "template.yaml", Settings()).after
    assert 'AllowMethods: [GET, "POST", DELETE, PATCH, PUT]' in after


@pytest.mark.parametrize(
    "cors",
    [
        "AllowMethods: ['{{resolve:ssm:/methods}}']",
        "AllowMethods: !Split [',', !ImportValue methods]",
        "AllowMethods: ['*']",
        "AllowMethods: [GET, !ImportValue method]",
        "Fn::Transform: {Name: AWS::Include, Parameters: {Location: s3://bucket/cors.yaml}}",
    ],
)
def test_a_list_that_may_hold_it_lacks_nothing(cors: str) -> None:
    assert said(http(cors)) == []


def test_a_number_that_another_service_holds_is_no_wrong_one() -> None:
    assert said(http("AllowMethods: [DELETE]").replace("MaxAge: 600", "MaxAge: '{{resolve:ssm:/age}}'")) == []


@pytest.mark.parametrize("star", ["'*'", "'*', Content-Type"])
def test_a_star_with_credentials_allows_no_header(star: str) -> None:
    """Fetch, CORS-preflight fetch, step 7.8; without credentials only Authorization is left out (W9455)."""
    listed = f"AllowMethods: [GET]\nAllowHeaders: [{star}]"
    with_cookies = said(http(f"{listed}\nAllowCredentials: true", "GET /notes", "AWS_IAM"))
    assert [rule for rule, _ in with_cookies] == ["E9434"]
    assert "E9434" not in [rule for rule, _ in said(http(listed, "GET /notes", "AWS_IAM"))]


def test_another_rule_of_a_bucket_may_answer_for_the_same_page() -> None:
    assert said(BUCKET.replace("ORIGIN", "https://app.example.com")) == []
    assert said(BUCKET.replace("ORIGIN", "https://*.example.com")) == []
    other = said(BUCKET.replace("ORIGIN", "https://admin.example.com"))
    assert other == [
        ("W9439", "CorsRules of Uploads has no AllowedHeaders; it has to list Content-Type for PUT"),
    ]


def test_true_is_spelled_out_when_something_is_missing() -> None:
    shared, _, resources = SHARED.partition("Resources:\n")
    template = f"{shared.partition('Globals')[0]}Resources:\n{resources}"
    template = template.replace("{StageName: one}", "{CorsConfiguration: true}")
    after = fix_text(template, "template.yaml", Settings()).after
    assert 'CorsConfiguration: {AllowOrigins: ["*"], AllowMethods: [DELETE]}' in after.replace("'", '"')
