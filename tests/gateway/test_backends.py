"""Which function of a template an integration calls."""

from __future__ import annotations

import pytest

from cfncors.gateway.backends import function_behind
from tests.gateway.templates import model_of

TEMPLATE = """
AWSTemplateFormatVersion: "2010-09-09"
Parameters: {{Stage: {{Type: String, Default: dev}}}}
Conditions: {{Named: !Equals [!Ref Stage, dev]}}
Resources:
  Api: {{Type: AWS::ApiGateway::RestApi, Properties: {{Name: notes}}}}
  List:
    Type: AWS::ApiGateway::Method
    Properties:
      RestApiId: !Ref Api
      ResourceId: !GetAtt Api.RootResourceId
      HttpMethod: GET
      Integration: {{Type: AWS_PROXY, IntegrationHttpMethod: POST, Uri: {uri}}}
  Notes: {{Type: AWS::Lambda::Function, Properties: {{FunctionName: {name}, Handler: index.handler}}}}
"""
CALL = "arn:aws:apigateway:${AWS::Region}:lambda:path/2015-03-31/functions"
ARN = "arn:aws:lambda:${AWS::Region}:${AWS::AccountId}:function"


def called(uri: str, name: str, more: str = "") -> str | None:
    model = model_of(TEMPLATE.format(uri=uri, name=name) + more)
    return function_behind(model.template, model.rest_apis[0].methods[0])


@pytest.mark.parametrize(
    ("uri", "name"),
    [
        (f"!Sub '{CALL}/{ARN}:notes/invocations'", "notes"),
        (f"!Sub '{CALL}/{ARN}:notes:live/invocations'", "notes"),
        (f"!Sub '{CALL}/{ARN}:${{Stage}}/invocations'", "!Ref Stage"),
        (f"!Sub '{CALL}/{ARN}:notes-${{Stage}}/invocations'", "!Join ['-', [notes, !Ref Stage]]"),
        (f"!Sub ['{CALL}/${{Which}}/invocations', {{Which: !Sub '{ARN}:notes'}}]", "notes"),
        (f"!Join ['', [!Sub '{CALL}/{ARN}:', !Ref Stage, -notes/invocations]]", "!Sub '${Stage}-notes'"),
        (f"!If [Named, !Sub '{CALL}/{ARN}:notes/invocations', !ImportValue uri]", "notes"),
    ],
)
def test_a_function_is_found_by_its_name(uri: str, name: str) -> None:
    assert called(uri, name) == "Notes"


@pytest.mark.parametrize(
    ("uri", "name"),
    [
        (f"!Sub '{CALL}/{ARN}:notes2/invocations'", "notes"),
        (f"!Sub '{CALL}/{ARN}:${{stageVariables.function}}/invocations'", "notes"),
        (f"!Join ['', [!Sub '{CALL}/{ARN}:', !ImportValue name, /invocations]]", "!ImportValue name"),
        ("arn:aws:apigateway:eu-west-1:sqs:path/123456789012/notes", "notes"),
    ],
)
def test_another_name_is_another_function(uri: str, name: str) -> None:
    assert called(uri, name) is None


def test_of_two_functions_with_one_name_neither_is_taken() -> None:
    twin = "  Twin: {Type: AWS::Lambda::Function, Properties: {FunctionName: notes, Handler: index.handler}}\n"
    assert called(f"!Sub '{CALL}/{ARN}:notes/invocations'", "notes", twin) is None
