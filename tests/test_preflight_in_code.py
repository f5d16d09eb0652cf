"""Preflights that a function's own code answers: whether its lists hold what the routes need."""

from __future__ import annotations

import pytest

from cfncors.config import Settings
from cfncors.fix import fix_text
from cfncors.lint import check_text

#: What these tests are about. The code's front doors have no configuration, so that their own errors come without the
#: headers, and some are asked for JSON: other rules report that.
OWN = Settings(ignore=("W9428", "E9480", "W9481", "W9430"))


_TEMPLATE = """\
Transform: AWS::Serverless-2016-10-31
Resources:
  Notes:
    Type: AWS::Serverless::Function
    Properties:
      Runtime: {runtime}
      Handler: index.handler
      InlineCode: |
{code}
      Events:
        Options: {{Type: HttpApi, Properties: {{Path: /notes, Method: OPTIONS}}}}
        Get: {{Type: HttpApi, Properties: {{Path: /notes, Method: GET}}}}
        Put: {{Type: HttpApi, Properties: {{Path: /notes, Method: PUT}}}}
"""
_CODE = """\
def handler(event, context):
    method = event["requestContext"]["http"]["method"]
    headers = {{"Access-Control-Allow-Origin": "*"{more}}}
    if method == "OPTIONS":
        return {{"statusCode": 204, "headers": headers}}
    return {{"statusCode": 200, "headers": headers, "body": "[]"}}
"""
_LISTS = ', "Access-Control-Allow-Methods": {methods}, "Access-Control-Allow-Headers": "content-type"'


def template(code: str, runtime: str = "python3.13") -> str:
    indented = "\n".join(f"        {line}" for line in code.splitlines())
    return _TEMPLATE.format(code=indented, runtime=runtime)


def listing(methods: str) -> str:
    return template(_CODE.format(more=_LISTS.format(methods=methods)))


def said(text: str) -> list[tuple[str, str]]:
    report = check_text(text, "<text>", OWN)
    assert report.internal == ()
    return [(each.finding.rule.id, each.finding.message) for each in report.placed]


# -- silent -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "text",
    [
        listing('"GET, PUT"'),
        listing('"*"'),
        listing("event['headers']['access-control-request-method']"),
        listing("METHODS"),
        listing('"GET"').replace("Method: PUT", "Method: POST"),
        # the API answers in its place
        listing('"GET"').replace(
            "Resources:",
            "Globals: {HttpApi: {CorsConfiguration: {AllowOrigins: ['*'], AllowMethods: [GET, PUT], MaxAge: 600,"
            " AllowHeaders: [content-type]}}}\nResources:",
        ),
    ],
)
def test_nothing_is_said_of_lists_that_hold_what_is_needed_or_are_not_known(text: str) -> None:
    assert [each for each in said(text) if each[0] != "W9465"] == []


@pytest.mark.parametrize(
    "code",
    [
        """\
from fastapi import FastAPI
from fastapi.middleware.cors import CORSMiddleware
from mangum import Mangum

app = FastAPI()
app.add_middleware(CORSMiddleware, allow_origins=["*"])
handler = Mangum(app)
""",
        """\
from aws_lambda_powertools.event_handler import APIGatewayHttpResolver, CORSConfig

app = APIGatewayHttpResolver(cors=CORSConfig(allow_origin="https://app.example.com"))

def handler(event, context):
    return app.resolve(event, context)
""",
    ],
)
def test_a_library_that_answers_preflights_has_lists_of_its_own(code: str) -> None:
    assert said(template(code)) == []


def test_an_error_is_no_answer_to_a_preflight() -> None:
    code = _CODE.format(more=_LISTS.format(methods='"GET, PUT"'))
    refusing = code.replace(
        "    if method",
        '    if not event.get("headers"):\n        return {"statusCode": 400, "headers": '
        '{"Access-Control-Allow-Origin": "*"}}\n    if method',
    )
    assert said(template(refusing)) == []


# -- found ------------------------------------------------------------------------------------------------------------


def test_a_method_that_the_code_does_not_list_is_named_where_it_lists_them() -> None:
    text = listing('"GET"')
    [placed] = check_text(text, "<text>", OWN).placed
    assert placed.finding.rule.id == "E9433"
    assert placed.source[placed.start.column - 1 : placed.end.column - 1] == '"GET"'
    assert placed.finding.message == (
        "Access-Control-Allow-Methods of the preflight, answered by this code, lacks PUT, needed by PUT /notes"
    )
    assert fix_text(text, "<text>", Settings()).after == text
    assert fix_text(text, "<text>", Settings(), unsafe=True).after == listing('"GET, PUT"')


def test_headers_that_the_code_does_not_send_are_added_with_all_that_the_routes_need() -> None:
    text = template(_CODE.format(more=""))
    what = "the preflight of PUT /notes, answered by this code, sends no Access-Control-Allow"
    assert said(text) == [
        ("E9433", f"{what}-Methods; it has to list PUT"),
        ("W9439", f"{what}-Headers; it has to list Content-Type"),
    ]
    fixed = fix_text(text, "<text>", Settings(), unsafe=True).after
    assert '"Access-Control-Allow-Methods": "GET, PUT"' in fixed
    assert said(fixed) == []


@pytest.mark.parametrize(("methods", "rules"), [("'PUT,GET'", []), ("'GET'", ["E9433"])])
def test_what_middy_is_told_counts(methods: str, rules: list[str]) -> None:
    code = (
        "const middy = require('@middy/core');\nconst cors = require('@middy/http-cors');\n"
        "exports.handler = middy(async () => ({ statusCode: 200, body: '' }))\n"
        f"  .use(cors({{ origin: 'https://app.example.com', headers: 'content-type', methods: {methods} }}));\n"
    )
    assert [rule for rule, _ in said(template(code, "nodejs22.x"))] == rules
