"""Whom a check of origins in code lets pass, and what is said of it."""

from __future__ import annotations

import pytest

from cfncors.config import Settings
from cfncors.lint import check_text

#: What these tests are about. The code's front doors have no configuration, so that their own errors come without the
#: headers, and some are asked for JSON: other rules report that.
OWN = Settings(ignore=("W9428", "E9480", "W9481", "W9430", "W9439"))


_TEMPLATE = """\
Transform: AWS::Serverless-2016-10-31
Resources:
  Function:
    Type: AWS::Serverless::Function
    Properties:
      Runtime: {runtime}
      Handler: index.handler
      InlineCode: |
{code}
      Events:
        All: {{Type: HttpApi}}
"""
_SCRIPT = """\
exports.handler = async (event) => {{
  const origin = event.headers.origin || '';
  const headers = {{ Vary: 'Origin', 'Access-Control-Allow-Methods': 'GET' }};
  if ({test}) {{
    headers['Access-Control-Allow-Origin'] = origin;
  }}
  return {{ statusCode: 200, headers, body: '' }};
}};
"""


def said(code: str, runtime: str = "nodejs22.x") -> list[tuple[str, str]]:
    indented = "\n".join(f"        {line}" for line in code.splitlines())
    report = check_text(_TEMPLATE.format(code=indented, runtime=runtime), "<text>", OWN)
    assert report.internal == ()
    return [(finding.rule.id, finding.message) for finding in report.findings]


RIGHT = [
    "['https://a.example.com', 'https://b.example.com'].includes(origin)",
    "origin === 'https://a.example.com'",
    "origin.endsWith('.example.com')",
    "origin.endsWith('://example.com')",
    "origin.startsWith('http://localhost:')",
    "origin.startsWith('https://') && origin.endsWith('.example.com')",
    "/^https:\\/\\/example\\.com$/.test(origin)",
    "/^https:\\/\\/([a-z0-9-]+\\.)*example\\.com(:\\d+)?$/.test(origin)",
    "/^https:\\/\\/(www|app)\\.example\\.com$/.test(origin)",
    "/\\.example\\.com$/.test(origin)",
    "/^https?:\\/\\/localhost(:[0-9]+)?$/.test(origin)",
    "['https://a.example.com'].includes(origin) || origin.endsWith('.example.com')",
    "origin === 'https://a.example.com' || process.env.EXTRA.split(',').includes(origin)",
    "isOurs(origin)",
    "process.env.ORIGINS.includes(origin)",
    "new RegExp(process.env.PATTERN).test(origin)",
    "origin.match(/^https:\\/\\/example\\.com$/)",
    "['https://a.example.com'].find((each) => each === origin)",
    "['https://a.example.com'].filter((each) => each === origin).length > 0",
    "({ 'https://a.example.com': true })[origin]",
    # not a pattern of Python, or one that may take for ever
    "/^https:\\/\\/\\p{L}+\\.example\\.com/u.test(origin)",
    "/^https:\\/\\/(([a-z])+.)+example.com/.test(origin)",
]


@pytest.mark.parametrize("test", RIGHT)
def test_a_good_check_and_one_that_is_not_understood_are_left_alone(test: str) -> None:
    assert said(_SCRIPT.format(test=test)) == []


@pytest.mark.parametrize(
    "test",
    [
        "any(origin == each for each in OURS)",
        "any(origin.endswith(each) for each in OURS)",
        "next((each for each in OURS if each == origin), None)",
        "set(OURS) & {origin}",
        "urlparse(origin).hostname in OURS",
        "fnmatch(origin, 'https://*.example.com')",
        "is_ours(origin)",
    ],
)
def test_a_check_of_python_that_is_not_followed_is_no_reflection(test: str) -> None:
    code = f"""\
OURS = ['https://a.example.com']

def handler(event, context):
    origin = event['headers'].get('origin', '')
    headers = {{'Vary': 'Origin', 'Access-Control-Allow-Methods': 'GET'}}
    if {test}:
        headers['Access-Control-Allow-Origin'] = origin
    return {{'statusCode': 200, 'headers': headers, 'body': ''}}
"""
    assert said(code, "python3.13") == []


@pytest.mark.parametrize("test", ["origin", "origin !== undefined", "true", "event.body !== ''", "log(origin)"])
def test_an_origin_that_nothing_looks_at_is_reflected(test: str) -> None:
    code = _SCRIPT.format(test=test.replace("log(origin)", "(console.log(origin), true)"))
    assert said(code) == [("W9446", "this code sends back whatever origin asks: every site reads")]


@pytest.mark.parametrize(
    ("test", "passing"),
    [
        ("origin.endsWith('example.com')", "https://attackerexample.com"),
        ("origin.startsWith('https://app.example.com')", "https://app.example.com.attacker.example"),
        ("origin.startsWith('http://localhost')", "http://localhost.attacker.example"),
        ("origin.startsWith('https://')", "https://a-stranger.invalid"),
        ("origin.includes('example.com')", "https://example.com.attacker.example"),
        ("origin.indexOf('example.com') > -1", "https://example.com.attacker.example"),
        ("/example\\.com$/.test(origin)", "https://attackerexample.com"),
        ("/^https:\\/\\/app\\.example\\.com/.test(origin)", "https://app.example.com.attacker.example"),
        ("/^https:\\/\\/app.example.com$/.test(origin)", "https://appxexample.com"),
        ("/localhost/.test(origin)", "http://localhost.attacker.example"),
        ("/^https:\\/\\/.*.example.com$/.test(origin)", "https://attackerexample.com"),
        ("origin.startsWith('https://') && origin.endsWith('example.com')", "https://attackerexample.com"),
    ],
)
def test_who_passes_a_bad_check_is_named(test: str, passing: str) -> None:
    message = f"this code lets {passing} pass its check of origins: whoever has that name reads"
    assert said(_SCRIPT.format(test=test)) == [("W9446", message)]


@pytest.mark.parametrize(
    ("test", "after"),
    [
        ("origin.endsWith('.github.io')", ".github.io"),
        ("origin.endsWith('.com')", ".com"),
        ("/^https:\\/\\/[a-z-]+\\.vercel\\.app$/.test(origin)", ".vercel.app"),
        ("/\\.co\\.uk$/.test(origin)", ".co.uk"),
    ],
)
def test_a_public_suffix_is_named(test: str, after: str) -> None:
    ((rule, message),) = said(_SCRIPT.format(test=test))
    assert rule == "W9447"
    assert message.endswith(f"lets any site read: anybody can have a host that ends with {after}")


def test_a_pattern_of_middy_is_looked_at() -> None:
    code = (
        "const middy = require('@middy/core');\nconst cors = require('@middy/http-cors');\n"
        "const list = async () => ({ statusCode: 200, body: '' });\n"
        "exports.handler = middy(list).use(cors({ origins: ['https://*.netlify.app'] }));\n"
    )
    assert [(rule, message[:22]) for rule, message in said(code)] == [("W9447", "https://*.netlify.app ")]


def test_a_framework_that_sends_any_origin_back_is_named() -> None:
    code = (
        "from aws_lambda_powertools.event_handler import APIGatewayHttpResolver\n\n"
        "app = APIGatewayHttpResolver()\n\ndef handler(event, context):\n"
        "    response = app.resolve(event, context)\n"
        "    response['headers']['Access-Control-Allow-Origin'] = event['headers']['origin']\n    return response\n"
    )
    assert [rule for rule, _ in said(code, "python3.13")] in ([], ["W9446"])  # never a crash, never another rule


@pytest.mark.parametrize("pattern", ["(a+)+$", "(a|aa)+$", "([a-z.]*)*x", "((a*)*)*b", "(.*)*(.*)*(.*)*y", "(.+)+"])
def test_a_pattern_that_could_take_for_ever_is_not_tried(pattern: str) -> None:
    assert said(_SCRIPT.format(test=f"/https:{pattern}/.test(origin)")) == []


def test_the_same_pattern_without_the_danger_is_tried() -> None:
    assert [rule for rule, _ in said(_SCRIPT.format(test="/https:.+/.test(origin)"))] == ["W9446"]


@pytest.mark.parametrize(
    ("pattern", "passes"),
    [
        (r"https:\/\/.+\.example\.com", "https://www.example.com.attacker.example"),
        (r"^https:\/\/[a-z]+\.example\.com", "https://www.example.com.attacker.example"),
        (r"^https:\/\/[a-z]+\.app.example\.com$", "https://www.appxexample.com"),
    ],
)
def test_a_name_below_the_host_is_tried_too(pattern: str, passes: str) -> None:
    [(rule, message)] = said(_SCRIPT.format(test=f"/{pattern}/.test(origin)"))
    assert (rule, passes in message) == ("W9446", True), message


def test_a_pattern_with_ends_and_escaped_dots_lets_nobody_else_pass() -> None:
    assert said(_SCRIPT.format(test=r"/^https:\/\/[a-z]+\.example\.com$/.test(origin)")) == []
