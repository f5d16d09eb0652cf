"""The rules about values beside the others: what each leaves to another rule, and what none of them can know."""

from __future__ import annotations

import pytest

from cfncors.config import Settings
from cfncors.fix import fix_text
from cfncors.lint import check_text

HTTP = """AWSTemplateFormatVersion: "2010-09-09"
Parameters:
  Origin: {{Type: String, Default: {default}}}
Conditions:
  Dev: !Equals [!Ref AWS::StackName, dev]
Resources:
  Api:
    Type: AWS::ApiGatewayV2::Api
    Properties:
      Name: notes
      ProtocolType: HTTP
      CorsConfiguration:
        AllowOrigins: {origins}
        AllowMethods: {methods}
        AllowHeaders: {headers}
        MaxAge: 600
"""
RIGHT = {"default": "https://app.example.com", "origins": "[https://a.example]", "methods": "[GET]", "headers": "[X-A]"}


def http(**given: str) -> str:
    return HTTP.format(**{**RIGHT, **given})


def said(text: str) -> list[tuple[str, str]]:
    report = check_text(text, "t.yaml", Settings())
    assert report.error is None
    assert not report.internal
    return [(placed.finding.rule.id, placed.finding.message) for placed in report.placed]


def rules(text: str) -> list[str]:
    return [rule for rule, _ in said(text)]


@pytest.mark.parametrize(
    ("given", "rule"),
    [
        ({"origins": "[\"'https://a.example'\"]"}, "E9412"),
        ({"origins": '["https://a.example,https://b.example"]'}, "E9418"),
        ({"methods": "[\"'GET'\"]"}, "E9412"),
        ({"headers": '["X-A,X-B"]'}, "E9418"),
    ],
)
def test_quotes_and_commas_are_told_once(given: dict[str, str], rule: str) -> None:
    assert rules(http(**given)) == [rule]


def test_a_fault_within_quotes_is_told_beside_them_and_mended_after_them() -> None:
    text = http(methods="[\"'GET,put'\"]")
    assert sorted(set(rules(text))) == ["E9412", "W9457"]
    result = fix_text(text, "t.yaml", Settings(), False)
    assert "AllowMethods: [GET, PUT]" in result.after.replace('"', "")
    assert rules(result.after) == []


@pytest.mark.parametrize(
    "origins",
    [
        "[!Ref Missing]",
        '["{{resolve:ssm:/notes/origin}}"]',
        '[!Sub "https://${AWS::StackName}.example.com"]',
        '[!Sub "${Missing}/"]',
        "[!If [Dev, http://localhost:3000, !Ref Origin]]",
        "[!If [Dev, http://localhost:3000, !Ref AWS::NoValue], https://a.example]",
        "!Split [',', !ImportValue origins]",
        "!If [Dev, !Ref AWS::NoValue, [https://a.example]]",
    ],
)
def test_what_cannot_be_known_is_not_spoken_of(origins: str) -> None:
    assert rules(http(origins=origins)) == []


def test_an_empty_default_asks_for_a_value() -> None:
    assert rules(http(origins="[!Ref Origin]", default='""')) == []


def test_a_default_that_no_browser_sends_is_named_with_its_parameter() -> None:
    ((rule, message),) = said(http(origins="[!Ref Origin]", default="https://app.example.com/"))
    assert rule == "E9441"
    assert message.startswith("https://app.example.com/ (from Origin) in AllowOrigins of Api ")


def test_both_sides_of_a_condition_are_read() -> None:
    text = http(origins="!If [Dev, ['http://localhost:3000/'], ['https://app.example.com/']]")
    assert rules(text) == ["E9441", "E9441"]
    assert rules(fix_text(text, "t.yaml", Settings(), False).after) == []


@pytest.mark.parametrize(
    "given", [{"headers": "[Host, Access-Control-Allow-Origin]"}, {"headers": "\n        - Host\n        - Cookie"}]
)
def test_fixes_leave_no_empty_list(given: dict[str, str]) -> None:
    text = http(**given)
    result = fix_text(text, "t.yaml", Settings(), False)
    assert result.after == text
    assert all(rule in ("W9453", "W9454") for rule in rules(text))


def test_a_forgotten_sub_is_named() -> None:
    ((rule, message),) = said(http(origins='["https://${Origin}"]'))
    assert rule == "E9441"
    assert "${…} is filled in by Fn::Sub only" in message


def test_two_parameters_with_one_default_are_no_repetition() -> None:
    text = http(origins="[!Ref Origin, https://app.example.com]")
    assert rules(text) == []
