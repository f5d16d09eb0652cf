"""What the rules about origins say of origins in code, and in environment variables that code sends."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from cfncors.config import Settings
from cfncors.fix import fix_text
from cfncors.lint import check_text

#: What these tests are about. The code's front doors have no configuration, so that their own errors come without the
#: headers, and some are asked for JSON: other rules report that.
OWN = Settings(ignore=("W9428", "E9480", "W9481", "W9430", "W9439"))


_TEMPLATE = """\
Transform: AWS::Serverless-2016-10-31
Parameters:
  Domain: {{Type: String}}
  Site: {{Type: String, Default: ''}}
Resources:
  Function:
    Type: AWS::Serverless::Function
    Properties:
      Runtime: {runtime}
      Handler: index.handler
      InlineCode: |
{code}
      Environment:
        Variables:
          ORIGIN: {variable}
      Events:
        All: {{Type: HttpApi}}
"""
_SENT = """\
exports.handler = async (event) => ({{
  statusCode: 200,
  headers: {{ 'Access-Control-Allow-Origin': {value}, 'Access-Control-Allow-Methods': 'GET'{more} }},
  body: '',
}});
"""
_COMPARED = """\
const allowed = [{values}];
exports.handler = async (event) => {{
  const origin = event.headers.origin || '';
  const headers = {{ Vary: 'Origin', 'Access-Control-Allow-Methods': 'GET'{more} }};
  if (allowed.includes(origin)) headers['Access-Control-Allow-Origin'] = origin;
  return {{ statusCode: 200, headers, body: '' }};
}};
"""
_PYTHON = """\
import os
def handler(event, context):
    return {"statusCode": 200, "body": "", "headers": {
        "Access-Control-Allow-Origin": os.environ["ORIGIN"], "Access-Control-Allow-Methods": "GET"}}
"""
_WITH_CREDENTIALS = ", 'Access-Control-Allow-Credentials': 'true'"


def template(code: str, variable: str = "unused", runtime: str = "nodejs22.x") -> str:
    indented = "\n".join(f"        {line}" for line in code.splitlines())
    return _TEMPLATE.format(code=indented, runtime=runtime, variable=variable)


def said(text: str, *also: str) -> list[tuple[str, str]]:
    report = check_text(text, "<text>", OWN._replace(select=("E", "W", "I", *also)))
    assert report.internal == ()
    return [(each.finding.rule.id, each.finding.message) for each in report.placed]


def sent(value: str, more: str = "") -> str:
    return template(_SENT.format(value=value, more=more))


def compared(values: str, more: str = "") -> str:
    return template(_COMPARED.format(values=values, more=more))


# -- silent -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "text",
    [
        sent("'https://app.example.com'"),
        sent("'*'"),
        sent("'http://localhost:3000'", _WITH_CREDENTIALS),
        compared("'https://app.example.com', 'https://admin.example.com:8443'", _WITH_CREDENTIALS),
        compared("'http://localhost:3000', 'http://127.0.0.1:5173'", _WITH_CREDENTIALS),
        compared("'http://app.example.com'"),  # without credentials
        compared("'app.example.com'"),  # perhaps compared with a host somewhere
        sent("event.headers.origin === 'https://app.example.com' ? 'https://app.example.com' : 'none'"),
        template(_SENT.format(value="process.env.ORIGIN", more=""), "https://app.example.com"),
        template(_SENT.format(value="process.env.ORIGIN", more=""), "!Ref Site"),
        template(_SENT.format(value="process.env.ORIGIN", more=""), "!Sub 'https://${Domain}'"),
        template(_SENT.format(value="process.env.ORIGIN", more=""), "'{{resolve:ssm:/origin}}'"),
        template(_SENT.format(value="process.env.OTHER", more=""), "https://app.example.com/"),
        template(_PYTHON, "https://app.example.com", "python3.13"),
    ],
)
def test_nothing_is_said_of_what_is_right_or_not_known(text: str) -> None:
    assert said(text) == []


def test_a_list_that_code_takes_apart_is_not_sent_as_one() -> None:
    code = """\
const allowed = process.env.ORIGIN.split(',');
exports.handler = async (event) => {
  const origin = allowed.includes(event.headers.origin) ? event.headers.origin : allowed[0];
  const headers = { Vary: 'Origin', 'Access-Control-Allow-Origin': origin, 'Access-Control-Allow-Methods': 'GET' };
  return { statusCode: 200, headers, body: '' };
};
"""
    assert said(template(code, "'https://a.example.com,https://b.example.com'")) == []


def test_patterns_of_a_library_are_its_own() -> None:
    code = """\
const middy = require('@middy/core');
const cors = require('@middy/http-cors');
exports.handler = middy(async () => ({ statusCode: 200, body: '' }))
  .use(cors({ origins: ['https://*.example.com'], methods: 'GET' }));
"""
    assert [rule for rule, _ in said(template(code)) if rule == "E9441"] == []


# -- found ------------------------------------------------------------------------------------------------------------

_NO_ORIGIN = "is no origin as browsers send it"


@pytest.mark.parametrize(
    ("text", "rule", "message"),
    [
        (
            sent("'https://app.example.com/'"),
            "E9441",
            f"https://app.example.com/ in this code {_NO_ORIGIN}: it ends with a slash; write https://app.example.com",
        ),
        (
            sent("\"'*'\""),
            "E9441",
            f"'*' in this code {_NO_ORIGIN}: its quotes are sent too; write *",
        ),
        (
            compared("'https://app.example.com', 'https://admin.example.com/'"),
            "E9441",
            (
                f"https://admin.example.com/ in this code {_NO_ORIGIN}: it ends with a slash; write "
                "https://admin.example.com"
            ),
        ),
        (
            sent("'https://*.example.com'"),
            "E9441",
            (
                f"https://*.example.com in this code {_NO_ORIGIN}: the header holds one origin, in which * stands for "
                "itself; write one origin, or let code choose it by the request"
            ),
        ),
        (
            sent("'https://a.example.com,https://b.example.com'"),
            "E9442",
            (
                "this code sends 2 origins in one Access-Control-Allow-Origin; it holds one, so no page matches it; "
                "send the one that asks, with Vary: Origin"
            ),
        ),
        (
            template(_PYTHON, "'https://a.example.com, https://b.example.com'", "python3.13"),
            "E9442",
            (
                "ORIGIN of Function, which its code sends, lists 2 origins in one Access-Control-Allow-Origin; it "
                "holds one, so no page matches it; send the one that asks, with Vary: Origin"
            ),
        ),
        (
            compared("'https://app.example.com', 'https://codepen.io'"),
            "W9440",
            "https://codepen.io in this code lets in whatever anybody tries out on codepen.io; leave it out",
        ),
        (
            compared("'http://app.example.com'", _WITH_CREDENTIALS),
            "W9444",
            (
                "http://app.example.com in this code allows credentials from a page without encryption, which anybody "
                "on its way can change; write https://app.example.com"
            ),
        ),
        (
            compared("'https://app.example.com', 'null'", _WITH_CREDENTIALS),
            "W9445",
            "null in this code lets every site read as the signed-in user: each can send it from a sandboxed frame",
        ),
    ],
)
def test_what_is_wrong_with_an_origin_in_code_is_said_once(text: str, rule: str, message: str) -> None:
    assert said(text) == [(rule, message)]


@pytest.mark.parametrize(
    ("written", "reason", "mended"),
    [
        ("https://app.example.com/", "it ends with a slash; write https://app.example.com", "https://app.example.com"),
        (
            "\"'https://app.example.com'\"",
            "its quotes are sent too; write https://app.example.com",
            '"https://app.example.com"',
        ),
        ("!Sub 'https://${Domain}/'", "it ends with a slash", "!Sub 'https://${Domain}'"),
    ],
)
def test_a_variable_that_code_sends_is_mended_in_the_template(written: str, reason: str, mended: str) -> None:
    text = template(_PYTHON, written, "python3.13")
    [(rule, message)] = said(text)
    assert (rule, message.endswith(f"{_NO_ORIGIN}: {reason}")) == ("E9441", True), message
    assert " in ORIGIN of Function, which its code sends, " in message
    assert fix_text(text, "<text>", Settings()).after == template(_PYTHON, mended, "python3.13")


@pytest.mark.parametrize("make", [sent, compared])
def test_an_origin_is_mended_where_the_code_writes_it(make: Callable[[str], str]) -> None:
    text = make("'https://app.example.com/'")
    [placed] = check_text(text, "<text>", OWN).placed
    assert placed.source[placed.start.column - 1 : placed.end.column - 1] == "https://app.example.com/"
    assert fix_text(text, "<text>", Settings()).after == text
    assert fix_text(text, "<text>", Settings(), unsafe=True).after == make("'https://app.example.com'")


@pytest.mark.parametrize(
    ("text", "whom"),
    [
        (sent("'*'"), "any site"),
        (sent("event.headers.origin"), "any site"),
        (template(_COMPARED.replace("allowed.includes(origin)", "origin.endsWith('.example.com')").format(
            values="", more="")), "every site below example.com"),
        (
            template(
                _COMPARED.replace(
                    "allowed.includes(origin)", r"/^https:\/\/([a-z]+\.)*example\.com$/.test(origin)"
                ).format(values="", more="")
            ),
            "every site below example.com",
        ),
    ],
)  # fmt: skip
def test_an_audit_sees_code_that_lets_in_more_than_it_names(text: str, whom: str) -> None:
    assert ("I9449", f"this code lets in {whom}") in said(text, "I9449")
