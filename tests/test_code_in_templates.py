"""Code that stands in a template: its places and edits are those of the template's own text."""

from __future__ import annotations

import json
import textwrap

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from cfncors.config import Settings
from cfncors.fix import fix_text
from cfncors.lint import check_text

_API = """\
AWSTemplateFormatVersion: '2010-09-09'
Transform: AWS::Serverless-2016-10-31
Globals:
  Api:
    Cors: {AllowOrigin: "'*'", AllowMethods: "'GET'", AllowHeaders: "'content-type'", MaxAge: "'600'"}
    GatewayResponses:
      DEFAULT_4XX: {ResponseParameters: {Headers: {Access-Control-Allow-Origin: "'*'"}}}
      DEFAULT_5XX: {ResponseParameters: {Headers: {Access-Control-Allow-Origin: "'*'"}}}
Resources:
  Function:
    Type: AWS::Serverless::Function
    Properties:
      Runtime: python3.13
      Handler: index.handler
      Events: {Get: {Type: Api, Properties: {Path: /, Method: get}}}
"""
_CODE = """\
def handler(event, context):

    # Größe
    return {
        'statusCode': 200,
        'body': '',
    }
"""


def template(head: str, code: str = _CODE, indent: int = 8) -> str:
    return f"{_API}      InlineCode: {head}\n{textwrap.indent(code, ' ' * indent)}"


@pytest.mark.parametrize("head", ["|", "|-", "|+", "|2", "| # the code", "!Sub |", "\n        Fn::Sub: |"])
@pytest.mark.parametrize("ending", ["\n", "\r\n"], ids=["LF", "CRLF"])
def test_a_response_is_found_and_mended_where_it_is_written(head: str, ending: str) -> None:
    indent = 12 if "Fn::" in head else 8
    text = template(head, indent=indent).replace("\n", ending)
    (placed,) = check_text(text, "template.yaml", Settings()).placed
    assert text[placed.start.offset : placed.end.offset].startswith("{")
    assert placed.source == " " * (indent + 4) + "return {"
    after = fix_text(text, "template.yaml", Settings(), unsafe=True).after
    added = [line for line in after.split(ending) if line not in text.split(ending)]
    pad = " " * (indent + 8)
    assert added == [f"{pad}'headers': {{", f"{pad}    'Access-Control-Allow-Origin': '*',", f"{pad}}},"]
    assert "\n" not in after.replace(ending, "")


@pytest.mark.parametrize("quote", [json.dumps, lambda text: yaml.safe_dump(text, default_style="'", width=10_000)])
def test_code_in_quotes_is_mended_too(quote: object) -> None:
    assert callable(quote)
    text = f"{_API}      InlineCode: {quote(_CODE)}\n"
    (placed,) = check_text(text, "template.yaml", Settings()).placed
    assert placed.path[-1] == "InlineCode"
    result = fix_text(text, "template.yaml", Settings(), unsafe=True)
    code = yaml.safe_load(result.after)["Resources"]["Function"]["Properties"]["InlineCode"]
    assert code == _CODE.replace(
        "200,\n", "200,\n        'headers': {\n            'Access-Control-Allow-Origin': '*',\n        },\n"
    )


@pytest.mark.parametrize(
    "value",
    [
        "[1, 2]",
        "{a: b}",
        "7",
        "null",
        "''",
        "!Ref Code",
        "!Sub '${Unknown}'",
        "!Join ['', [a, !Ref B]]",
        "def handler(",
    ],
)
def test_other_values_are_no_code(value: str) -> None:
    report = check_text(f"{_API}      InlineCode: {value}\n", "template.yaml", Settings())
    assert (report.internal, report.findings) == ((), ())


@given(
    st.text(
        st.characters(codec="utf-8", exclude_characters="\x85\u2028\u2029\ufeff", exclude_categories=["Cc", "Cs"]),
        max_size=40,
    )
)
def test_what_stands_before_does_not_move_a_place(before: str) -> None:
    code = f"# {before}\n{_CODE}"
    report = check_text(template("|", code), "template.yaml", Settings())
    assert [each.source.strip() for each in report.placed] == ["return {"]
