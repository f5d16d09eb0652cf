"""What is said of code that allows credentials together with any origin: E9443, or W9446 where a library then sends
back whatever origin asks."""

from __future__ import annotations

from pathlib import Path

import pytest

from cfncors.config import Settings
from cfncors.fix import fix_text
from cfncors.lint import check_file, check_text
from cfncors.verdicts import simulate
from tests.gateway.templates import model_of

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
      FunctionUrlConfig: {{AuthType: NONE}}
"""
_PLAIN = (
    "this code sends Access-Control-Allow-Origin: * together with Access-Control-Allow-Credentials: true; browsers "
    "refuse * for requests with credentials; send the page's origin, or leave the credentials out"
)


def template(code: str, runtime: str = "python3.13") -> str:
    return _TEMPLATE.format(code="\n".join(f"        {line}" for line in code.splitlines()), runtime=runtime)


def said(code: str, runtime: str = "python3.13") -> list[tuple[str, str]]:
    report = check_text(template(code, runtime), "<text>", OWN)
    assert report.internal == ()
    return [(finding.rule.id, finding.message) for finding in report.findings]


def answering(headers: str) -> str:
    return f"""\
import os
ALLOWED = ["https://app.example.com"]
MORE = {{"Access-Control-Allow-Credentials": "true", "Vary": "Origin"}}
def handler(event, context):
    origin = event["headers"].get("origin")
    return {{"statusCode": 200, "headers": {headers}, "body": ""}}
"""


@pytest.mark.parametrize(
    "headers",
    [
        '{"Access-Control-Allow-Origin": "*", "Access-Control-Allow-Credentials": "true"}',
        '{"access-control-allow-origin": "*", "access-control-allow-credentials": True}',
    ],
)
def test_both_headers_are_a_contradiction(headers: str) -> None:
    assert said(answering(headers)) == [("E9443", _PLAIN)]


@pytest.mark.parametrize(
    "headers",
    [
        '{"Access-Control-Allow-Origin": "*"}',
        '{"Access-Control-Allow-Origin": "*", "Access-Control-Allow-Credentials": "true", **other()}',
        '{"Access-Control-Allow-Origin": "*", "Access-Control-Allow-Credentials": "false"}',
        '{"Access-Control-Allow-Origin": "https://app.example.com", "Access-Control-Allow-Credentials": "true"}',
        # a page that is allowed may send credentials; the others get what they would get without
        '{"Access-Control-Allow-Origin": origin if origin in ALLOWED else "*", **MORE}',
        # what is sent unless the deployment says otherwise
        '{"Access-Control-Allow-Origin": os.environ.get("ORIGIN", "*"), "Access-Control-Allow-Credentials": "true"}',
        '{"Access-Control-Allow-Origin": "*", "Access-Control-Allow-Credentials": str(event["x"])}',
    ],
)
def test_what_is_right_or_not_known_is_left_alone(headers: str) -> None:
    assert said(answering(headers)) == []


def test_it_stands_where_the_value_is_written_and_once(tmp_path: Path) -> None:
    (tmp_path / "shared.py").write_text(
        'CORS = {\n    "Access-Control-Allow-Origin": "*",\n    "Access-Control-Allow-Credentials": "true",\n}\n\n\n'
        "def respond(status, body=''):\n"
        '    return {"statusCode": status, "headers": {**CORS, "Content-Type": "text/plain"}, "body": body}\n',
        "utf-8",
    )
    (tmp_path / "index.py").write_text(
        "from shared import CORS, respond\n\n\ndef handler(event, context):\n    if event.get('rawPath') == '/':\n"
        '        return {"statusCode": 200, "headers": CORS, "body": ""}\n    return respond(404)\n',
        "utf-8",
    )
    path = tmp_path / "template.yaml"
    path.write_text(template("").replace("      InlineCode: |\n\n", "      CodeUri: .\n"), "utf-8")
    (placed,) = check_file(str(path), OWN).placed
    found = placed.finding
    assert (found.rule.id, found.message, found.no_fix) == ("E9443", _PLAIN, "give the origin with --origin")
    assert (Path(placed.file or "").name, placed.start.line, placed.start.column) == ("shared.py", 2, 36)


@pytest.mark.parametrize(("runtime", "old"), [("python3.13", '"*"'), ("nodejs22.x", "'*'")])
def test_the_given_origin_takes_the_place_of_the_star(runtime: str, old: str) -> None:
    code = answering(f'{{"Access-Control-Allow-Origin": {old}, "Access-Control-Allow-Credentials": "true"}}')
    if runtime.startswith("node"):
        code = (
            "exports.handler = async () => {\n  const headers = {};\n"
            f"  headers['Access-Control-Allow-Origin'] = {old};\n"
            "  headers['Access-Control-Allow-Credentials'] = true;\n"
            "  return { statusCode: 200, headers, body: '' };\n};\n"
        )
    before = template(code, runtime)
    after = fix_text(before, "<text>", Settings(origin="https://app.example.com"), unsafe=True).after
    assert after == before.replace(old, f"{old[0]}https://app.example.com{old[0]}")


_CHALICE = """\
from chalice import Chalice, CORSConfig
handler = Chalice(app_name='notes')
handler.api.cors = CORSConfig(allow_origin='*', allow_credentials=True)
"""
_DECORATED = """\
from lambda_decorators import cors_headers
@cors_headers(origin='*', credentials=True)
def handler(event, context):
    return {'statusCode': 200, 'body': ''}
"""
_POWERTOOLS = """\
from aws_lambda_powertools.event_handler import APIGatewayHttpResolver, CORSConfig
app = APIGatewayHttpResolver(cors=CORSConfig(allow_origin='*', allow_credentials=True))
def handler(event, context):
    return app.resolve(event, context)
"""
_FASTAPI = """\
from fastapi import FastAPI
from fastapi.middleware.cors import CORSMiddleware
from mangum import Mangum
app = FastAPI()
app.add_middleware(CORSMiddleware, allow_origins=['*'], allow_credentials=True)
handler = Mangum(app)
"""
_FLASK = """\
import awsgi
from flask import Flask
from flask_cors import CORS
app = Flask(__name__)
CORS(app, origins='*', supports_credentials=True)
def handler(event, context):
    return awsgi.response(app, event, context)
"""
_TOLD = (
    "{} is told to allow credentials from any origin and sends *; browsers refuse * for requests with credentials; "
    "name the pages' origins"
)
_REFLECTED = "for * with credentials {} sends back whatever origin asks: every site reads as the signed-in user"
_LIBRARIES = [
    ("Chalice", _CHALICE, "E9443", _TOLD),
    ("lambda_decorators", _DECORATED, "E9443", _TOLD),
    # sends * without the other header (event_handler/api_gateway.py, CORSConfig.to_dict)
    ("Powertools CORSConfig", _POWERTOOLS, "E9443", _TOLD),
    # send back the request's origin (starlette/middleware/cors.py; flask_cors/core.py, get_cors_origins)
    ("CORSMiddleware", _FASTAPI, "W9446", _REFLECTED),
    ("flask-cors", _FLASK, "W9446", _REFLECTED),
]


@pytest.mark.parametrize(("name", "code", "rule", "message"), _LIBRARIES)
def test_what_a_library_makes_of_it(name: str, code: str, rule: str, message: str) -> None:
    assert said(code) == [(rule, message.format(name))]


@pytest.mark.parametrize("code", [code for _, code, _, _ in _LIBRARIES])
def test_a_library_that_is_told_the_origin_is_left_alone(code: str) -> None:
    assert said(code.replace("'*'", "'https://app.example.com'")) == []


def test_origins_beside_the_star_may_send_credentials() -> None:
    assert said(_POWERTOOLS.replace("'*'", "'*', extra_origins=['https://app.example.com']")) == []


def test_what_an_express_app_sends_is_both() -> None:
    code = (
        "const app = require('express')();\napp.use(require('cors')({ origin: '*', credentials: true }));\n"
        "exports.handler = require('serverless-http')(app);\n"
    )
    ((rule, message),) = said(code, "nodejs22.x")
    assert rule == "E9443"
    assert message.startswith("cors is told to allow credentials from any origin and sends *;")


def with_variable(code: str, value: str, runtime: str = "python3.13") -> str:
    return template(code, runtime) + f"      Environment: {{Variables: {{ORIGIN: '{value}'}}}}\n"


def variable(default: str, credentials: str = "") -> str:
    return answering(f'{{"Access-Control-Allow-Origin": os.environ.get("ORIGIN", "{default}"){credentials}}}')


_CREDENTIALS = ', "Access-Control-Allow-Credentials": "true"'


def messages(text: str) -> list[str]:
    report = check_text(text, "<text>", OWN)
    assert report.internal == ()
    return [finding.message for finding in report.findings]


def test_a_variable_that_is_set_is_what_is_sent() -> None:
    (message,) = messages(with_variable(variable("https://app.example.com", _CREDENTIALS), "*"))
    assert message == (
        "* in ORIGIN of Function, which its code sends, comes with Access-Control-Allow-Credentials: true; browsers "
        "refuse * for requests with credentials; name the origin"
    )


@pytest.mark.parametrize("default", ["*", "null", "https://app.example.com/"])
def test_what_stands_for_a_variable_that_is_set_does_not_matter(default: str) -> None:
    assert messages(with_variable(variable(default, _CREDENTIALS), "https://app.example.com")) == []


def test_what_stands_for_a_variable_that_is_not_set_does() -> None:
    (message,) = messages(template(variable("null")))
    assert message.startswith("null in this code lets every site read")


@pytest.mark.parametrize("default", ["||", "??"])
def test_the_same_in_javascript(default: str) -> None:
    code = (
        "exports.handler = async () => ({ statusCode: 200, body: '', headers: {\n"
        f"  'Access-Control-Allow-Origin': process.env.ORIGIN {default} 'null',\n"
        "  'Access-Control-Allow-Methods': 'GET' } });\n"
    )
    assert messages(with_variable(code, "https://app.example.com", "nodejs22.x")) == []
    assert len(messages(template(code, "nodejs22.x"))) == 1


def test_a_simulation_knows_what_a_variable_holds() -> None:
    model = model_of(with_variable(variable("*"), "https://app.example.com"))
    (visit,) = simulate(model).visits
    assert visit.origin == "https://app.example.com"
    (route,) = visit.routes
    headers = {name.lower(): text for name, text in route.case("success").reply.headers.items()}
    assert headers["access-control-allow-origin"] == "https://app.example.com"


def test_a_variable_of_several_functions_is_judged_by_the_one_that_allows_credentials() -> None:
    first = with_variable(variable("*"), "*")
    second = with_variable(variable("*", _CREDENTIALS), "*").partition("Resources:\n")[2].replace("Function:", "Other:")
    shared = (first + second).replace("{Variables: {ORIGIN: '*'}}", "{Variables: {ORIGIN: !Ref Site}}")
    (message,) = messages(shared + "Parameters: {Site: {Type: String, Default: '*'}}\n")
    assert message.startswith("* in ORIGIN of Other")
