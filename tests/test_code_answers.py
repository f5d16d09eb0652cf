"""What the front doors make of code: which answer a method gets, where it is written, who calls with credentials."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Final, TypeAlias

import pytest

from cfncors.browser import Request
from cfncors.functions import Functions, with_code
from cfncors.gateway import build
from cfncors.gateway.answer import Answer
from cfncors.gateway.coded_answers import error_statuses, methods_served, written_at
from cfncors.gateway.model import Model
from cfncors.gateway.pages import Pages
from cfncors.gateway.respond import client_errors, respond
from cfncors.source import Node, parse
from cfncors.template import load
from cfncors.verdicts import simulate
from cfncors.verdicts.options import Options

PAGE: Final = "https://app.example.com"
Made: TypeAlias = Callable[..., Model]

FUNCTION: Final = """\
  Fn:
    Type: AWS::Serverless::Function
    Properties: {Runtime: python3.13, Handler: app.handler, CodeUri: ., Events: {%s}}
"""
REST: Final = "  Api: {Type: 'AWS::Serverless::Api', Properties: {StageName: live}}\n"
ON_REST: Final = "%s: {Type: Api, Properties: {RestApiId: !Ref Api, Path: '%s', Method: %s}}"
URL: Final = """\
  Fn:
    Type: AWS::Serverless::Function
    Properties: {Runtime: python3.13, Handler: app.handler, CodeUri: ., FunctionUrlConfig: {AuthType: NONE%s}}
"""

GET_ONLY: Final = """\
def handler(event, context):
    method = event.get("httpMethod") or event["requestContext"]["http"]["method"]
    if method != "GET":
        return {"statusCode": 405, "headers": {"Access-Control-Allow-Origin": "https://app.example.com"}}
    return {"statusCode": 200, "headers": {"Access-Control-Allow-Origin": "https://app.example.com"}, "body": "[]"}
"""


def rest(*routes: str, cors: str = "", responses: str = "") -> str:
    events = ", ".join(ON_REST % (f"E{n}", *reversed(route.split(" "))) for n, route in enumerate(routes))
    api = REST.replace("live}", f"live{cors}{responses}}}")
    return f"Transform: AWS::Serverless-2016-10-31\nResources:\n{api}{FUNCTION % events}"


def http(*routes: str, cors: str = "") -> str:
    events = ", ".join(
        f"E{n}: {{Type: HttpApi, Properties: {{ApiId: !Ref Api, Path: {path}, Method: {verb}}}}}"
        for n, (verb, path) in enumerate(route.split(" ") for route in routes)
    )
    api = f"  Api: {{Type: 'AWS::Serverless::HttpApi', Properties: {{{cors}}}}}\n"
    return f"Transform: AWS::Serverless-2016-10-31\nResources:\n{api}{FUNCTION % events}"


def url(cors: str = "") -> str:
    return f"Transform: AWS::Serverless-2016-10-31\nResources:\n{URL % cors}"


@pytest.fixture
def made(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Made:
    """The model of a template with its code."""
    monkeypatch.chdir(tmp_path)

    def make(template: str, code: str = GET_ONLY) -> Model:
        Path("app.py").write_text(code, encoding="utf-8")
        loaded = load(parse(template, str(tmp_path / "template.yaml")))
        assert loaded is not None
        model = build(loaded)
        return with_code(model, Functions(model))

    return make


def asked(model: Model, verb: str, path: str = "/notes", outcome: str = "success", origin: str = PAGE) -> Answer:
    (door,) = model.doors
    headers = [("access-control-request-method", "PUT")] if verb == "OPTIONS" else []
    return respond(model, door, Request(verb, f"https://api.example.com{path}", origin, headers, "omit"), outcome)


def text_at(model: Model, node: Node | None) -> str:
    assert node is not None
    document = model.template.document
    files = [document, *(each.document for each in document.beside.values())]
    (file,) = [each for each in files if each.base <= node.start <= each.base + len(each.text)]
    return file.text[node.start - file.base : node.end - file.base]


# -- the status of a preflight that code answers ----------------------------------------------------------------------

ALL_DOORS: Final = {
    "rest-any": rest("any /notes"),
    "rest-proxy": rest("any /{proxy+}"),
    "rest-options": rest("options /notes", "put /notes"),
    "http-any": http("any /notes"),
    "http-default": http("$default /x").replace("Path: /x, Method: $default", "Path: /$default, Method: any"),
    "http-options": http("options /notes", "put /notes"),
    "url": url(),
}


@pytest.mark.parametrize("name", ALL_DOORS)
def test_code_that_refuses_options(name: str, made: Made) -> None:
    """Whichever door leaves OPTIONS to it; with the place of what it returns."""
    model = made(ALL_DOORS[name])
    answer = asked(model, "OPTIONS")
    assert (answer.status, answer.open, answer.decides) == (405, "", "")
    assert answer.at is not None
    assert Path(answer.at.path).read_text("utf-8")[answer.at.start :].startswith('{"statusCode": 405')
    assert answer.at.line == 4


OPEN: Final = GET_ONLY.replace(
    '.com"}', '.com", "Access-Control-Allow-Methods": "*", "Access-Control-Allow-Headers": "*"}'
)


@pytest.mark.parametrize(
    "code",
    [
        "from lib import check\n\n\n" + OPEN.replace('!= "GET"', '!= "GET" and check(event)'),
        OPEN.replace("405", "int(event['status'])"),
        "import lib\n\n\ndef handler(event, context):\n    return lib.answers[event['httpMethod']](event)\n",
        OPEN.replace("405", "404").replace("    if", "    if event['path'] == '/x': return lib.answer(event)\n    if"),
        OPEN.replace("405", "204").replace(
            "    if", "    if event['path'] == '/x': return {'statusCode': 200}\n    if"
        ),
        GET_ONLY.replace("    if", "    if event['path'] != '/x': return lib.answer(event)\n    if"),
    ],
    ids=[
        *("another condition", "computed status", "table from outside", "the rest from outside"),
        *("another path without headers", "another path that fails"),
    ],
)
def test_a_preflight_that_cannot_be_decided(code: str, made: Made) -> None:
    (visit,) = simulate(made(rest("any /notes"), code), Options(method="PUT", credentials=False)).visits
    assert {route.case("preflight").verdict for route in visit.routes} == {"depends"}


def test_what_several_answers_have_in_common_is_decided(made: Made) -> None:
    """Whichever of them comes, content-type is not allowed."""
    other = "    if event['path'] == '/x':\n        return {'statusCode': 200}\n    if"
    code = GET_ONLY.replace("405", "204").replace("    if", other)
    model = made(rest("any /notes"), code)
    answer = asked(model, "OPTIONS")
    allowed = answer.header("access-control-allow-origin")
    assert (answer.decides, allowed.text if allowed is not None else "") == ("", None)
    (visit,) = simulate(model, Options(method="PUT", credentials=False)).visits
    assert visit.routes[0].case("preflight").verdict == "blocked"


def test_an_http_api_with_a_configuration_adds_its_headers_to_what_code_refuses(made: Made) -> None:
    cors = "CorsConfiguration: {AllowOrigins: ['https://app.example.com'], AllowMethods: ['*'], AllowHeaders: ['*']}"
    answer = asked(made(http("any /notes", cors=cors)), "OPTIONS")
    allowed = answer.header("access-control-allow-origin")
    assert answer.status == 405
    assert allowed is not None
    assert (allowed.text, allowed.node is not None) == (PAGE, True)
    assert asked(made(http("get /notes", cors=cors)), "OPTIONS").status == 204  # API Gateway's own


def test_a_function_url_with_cors_answers_by_itself(made: Made) -> None:
    answer = asked(made(url(", Cors: {AllowOrigins: ['https://app.example.com']}")), "OPTIONS")
    assert (answer.status, answer.at) == (200, None)


def test_an_error_that_is_caught_says_nothing_of_what_goes_well(made: Made) -> None:
    code = (
        "import lib\n\n\ndef handler(event, context):\n    try:\n        lib.log(event)\n"
        "        return {'statusCode': 204}\n    except Exception:\n        return {'statusCode': 500}\n"
    )
    assert asked(made(rest("any /notes"), code), "OPTIONS").status == 204


RAISES: Final = """\
def handler(event, context):
    method = event.get("httpMethod") or event["requestContext"]["http"]["method"]
    if method == "GET":
        return {"statusCode": 200, "body": "[]"}
    raise ValueError(f"unsupported method {method}")
"""


@pytest.mark.parametrize(
    ("name", "status", "kind"),
    [
        ("rest-any", 502, "DEFAULT_5XX"),
        ("rest-options", 502, "DEFAULT_5XX"),
        ("http-any", 500, "INTERNAL_SERVER_ERROR"),
        ("url", 502, "BAD_GATEWAY"),
    ],
)
def test_code_that_crashes_at_options(name: str, status: int, kind: str, made: Made) -> None:
    """The front door answers then; what the page sees is still the code's doing."""
    model = made(ALL_DOORS[name], RAISES)
    answer = asked(model, "OPTIONS")
    assert (answer.status, answer.kind) == (status, kind)
    assert text_at(model, written_at(model, answer.at)).startswith("def handler")


@pytest.mark.parametrize(
    "code",
    [
        "import lib\n\n\n" + RAISES.replace("    raise", "    if lib.refuses(method):\n        raise"),
        RAISES.replace('    raise ValueError(f"unsupported method {method}")', "    return lib.refuse(method)"),
        "from lib import wrap\n\n\n@wrap\n" + RAISES,
        "import missing_module_of_ours as ours\n\n\n" + RAISES.replace("raise ValueError", "return ours.refuse"),
    ],
    ids=["perhaps", "in a library", "inside of a wrapper", "elsewhere"],
)
def test_code_that_may_answer_is_not_said_to_crash(code: str, made: Made) -> None:
    answer = asked(made(ALL_DOORS["rest-any"], code), "OPTIONS")
    assert (answer.kind, answer.status) == ("handler", None)


def test_what_is_raised_and_caught_is_an_answer(made: Made) -> None:
    body = RAISES.replace("    ", "        ").replace("context):\n", "context):\n    try:\n")
    code = body + "    except ValueError:\n        return {'statusCode': 400}\n"
    assert asked(made(ALL_DOORS["rest-any"], code), "OPTIONS").status == 400


# -- the method that is asked -----------------------------------------------------------------------------------------

BY_METHOD: Final = """\
HEADERS = {"Access-Control-Allow-Origin": "https://app.example.com", "Access-Control-Allow-Methods": "GET"}


def handler(event, context):
    method = event["httpMethod"]
    if method == "GET":
        if not event["pathParameters"]:
            return {"statusCode": 404}
        return {"statusCode": 200, "headers": HEADERS}
    if method == "PUT":
        return {"statusCode": 204, "headers": HEADERS}
    if method == "OPTIONS":
        return {"statusCode": 200, "headers": HEADERS}
    return {"statusCode": 405, "headers": HEADERS}
"""


def test_an_error_of_one_method_is_none_of_another(made: Made) -> None:
    model = made(rest("any /notes"), BY_METHOD)
    (door,) = model.doors
    (method,) = door.methods
    assert error_statuses(model, method, "4", "GET") == ("404",)
    assert error_statuses(model, method, "4", "PUT") == ()
    assert error_statuses(model, method, "4", "DELETE") == ("405",)
    assert error_statuses(model, method, "4") == ("404", "405")
    assert client_errors(model, door, method, "PUT") == ("THROTTLED",)
    assert asked(model, "PUT").status == 204
    assert asked(model, "DELETE").status == 405  # nothing goes well
    assert asked(model, "PUT", outcome="404").kind == "handler"


def test_a_route_for_any_method_is_called_with_those_that_code_has_a_branch_for(made: Made) -> None:
    model = made(rest("any /notes"), BY_METHOD)
    (door,) = model.doors
    (method,) = door.methods
    assert methods_served(model, method) == ("GET", "PUT")
    assert Pages(model, door).methods(method) == {"GET", "PUT"}
    (visit,) = simulate(model, Options(credentials=False)).visits
    preflight = visit.routes[0].case("preflight")
    assert (preflight.verdict, preflight.when) == ("blocked", ("PUT",))


def test_a_route_is_told_by_its_key(made: Made) -> None:
    """As in AWS's own tutorial: one function for several routes of an HTTP API."""
    code = (
        "def handler(event, context):\n    match event['routeKey']:\n"
        "        case 'GET /notes':\n            return {'statusCode': 200}\n"
        "        case 'PUT /notes':\n            return {'statusCode': 201}\n"
        "    return {'statusCode': 400}\n"
    )
    model = made(http("get /notes", "put /notes", "put /other"), code)
    assert [asked(model, verb).status for verb in ("GET", "PUT")] == [200, 201]
    assert asked(model, "PUT", "/other").status == 400


# -- places -----------------------------------------------------------------------------------------------------------


def test_a_header_has_its_own_place(made: Made) -> None:
    model = made(rest("any /notes"), BY_METHOD)
    answer = asked(model, "OPTIONS")
    sent = answer.header("access-control-allow-methods")
    assert sent is not None
    assert text_at(model, written_at(model, sent.at)).startswith('{"Access-Control-Allow-Origin"')
    assert text_at(model, written_at(model, answer.at)) == '{"statusCode": 200, "headers": HEADERS}'


def test_code_in_the_template_has_its_place_there(made: Made) -> None:
    code = "\n".join(f"        {line}" for line in GET_ONLY.splitlines())
    template = rest("any /notes").replace("CodeUri: .,", "").replace("app.handler", "index.handler")
    head, events = template.split("    Properties: {Runtime: python3.13, Handler: index.handler, ")
    body = f"    Properties:\n      Runtime: python3.13\n      Handler: index.handler\n      InlineCode: |\n{code}\n"
    model = made(f"{head}{body}      {events.strip().removesuffix('}')}\n")
    answer = asked(model, "OPTIONS")
    assert answer.status == 405
    assert text_at(model, written_at(model, answer.at)).startswith('{"statusCode": 405')


def test_a_blocked_reply_is_placed_in_code(made: Made) -> None:
    model = made(rest("any /notes"))
    (visit,) = simulate(model, Options(method="PUT", credentials=False)).visits
    assert text_at(model, visit.routes[0].case("preflight").reply.node).startswith('{"statusCode": 405')


# -- credentials ------------------------------------------------------------------------------------------------------

CORS: Final = ", Cors: {AllowOrigin: \"'%s'\", AllowMethods: \"'*'\", AllowHeaders: \"'*'\"%s}"
WITH: Final = ", AllowCredentials: true"
ERRORS: Final = (
    ", GatewayResponses: {DEFAULT_4XX: {ResponseParameters: {Headers: {Access-Control-Allow-Origin: \"'https://app.example.com'\","
    " Access-Control-Allow-Credentials: \"'true'\"}}}}"
)  # fmt: skip


def sends(origin: str = '"https://app.example.com"', credentials: str = '"true"') -> str:
    headers = f'"Access-Control-Allow-Origin": {origin}'
    headers += f', "Access-Control-Allow-Credentials": {credentials}' if credentials else ""
    return f'def handler(event, context):\n    return {{"statusCode": 200, "headers": {{{headers}}}}}\n'


@pytest.mark.parametrize(
    ("template", "code", "credentials"),
    [
        (rest("put /notes", cors=CORS % (PAGE, "")), sends(credentials=""), False),
        (rest("put /notes", cors=CORS % (PAGE, "")), sends('"*"'), False),  # copied lines: it cannot have worked
        (rest("put /notes", cors=CORS % (PAGE, "")), sends(credentials='"false"'), False),
        (rest("put /notes", cors=CORS % (PAGE, "")), sends(), True),
        (rest("put /notes", cors=CORS % ("*", "")), sends(credentials="True"), True),
        (rest("put /notes", cors=CORS % (PAGE, WITH)), sends(credentials=""), True),
        (rest("any /notes"), sends(), True),
        (rest("any /notes"), sends('"*"'), True),  # code answers the preflight too: E9443 says what is wrong
        (rest("any /notes", responses=ERRORS), sends(credentials=""), True),
        (http("put /notes", cors="CorsConfiguration: {AllowOrigins: ['https://app.example.com']}"), sends(), False),
    ],
)
def test_whether_pages_send_credentials(template: str, code: str, credentials: bool, made: Made) -> None:
    model = made(template, code)
    (door,) = model.doors
    assert Pages(model, door).credentials(next(m for m in door.methods if not m.is_options)) is credentials


def test_credentials_are_a_matter_of_a_route(made: Made) -> None:
    """One route of two is called with cookies; the gateway responses, which are one for both, have to allow that."""
    template = rest("put /mine", cors=CORS % (PAGE, ""), responses=ERRORS)
    other = FUNCTION.replace("  Fn:", "  Open:").replace("app.handler", "open.handler") % (
        ON_REST % ("E", "/open", "put")
    )
    Path("open.py").write_text(sends('"*"', ""), encoding="utf-8")
    model = made(template + other, sends())
    (door,) = model.doors
    pages = Pages(model, door)
    assert {m.path: pages.credentials(m) for m in door.methods if not m.is_options} == {"/mine": True, "/open": False}


def test_a_preflight_for_anybody_is_called_by_the_pages_that_code_names(made: Made) -> None:
    model = made(rest("put /notes", cors=CORS % ("*", "")), sends('"https://shop.example.org"', ""))
    (door,) = model.doors
    assert Pages(model, door).origins(next(m for m in door.methods if not m.is_options)) == (
        "https://shop.example.org",
    )
