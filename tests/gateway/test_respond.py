"""What API Gateway answers: routing, its own errors, MOCK and non-proxy integrations, and what stays open."""

from __future__ import annotations

import json

import pytest

from cfncors.gateway import Model
from cfncors.gateway.answer import Answer, Undecided, path_of
from cfncors.gateway.model import ALLOW_ORIGIN, RestApi
from cfncors.gateway.refusals import STATUSES
from cfncors.gateway.respond import client_errors, respond, server_errors
from cfncors.gateway.routing import route
from cfncors.template.worlds import World
from tests.gateway.templates import PAGE, asks, gateway, mock, model_in, model_of, only, openapi, preflight, proxy
from tests.shared import SHARED, needs_shared

ANY = "'*'"


def answer(model: Model, request: object, outcome: str = "success") -> Answer:
    return respond(model, only(model), request, outcome)  # type: ignore[arg-type]


def allowed(given: Answer) -> str | None:
    """The origin that an answer allows, ``None`` when it has no such header."""
    header = given.header(ALLOW_ORIGIN)
    return header.text if header is not None else None


def texts(reasons: tuple[Undecided, ...]) -> list[str]:
    return [each.text for each in reasons]


def routes(*keys: str) -> RestApi:
    """An API with the given ``VERB /path`` routes."""
    paths: dict[str, dict[str, object]] = {}
    for key in keys:
        verb, path = key.split()
        name = "x-amazon-apigateway-any-method" if verb == "ANY" else verb.lower()
        paths.setdefault(path, {})[name] = proxy()
    return only(openapi(dict(paths)))


# -- routing ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("keys", "request_line", "taken"),
    [
        ("GET /a", "GET /a", "GET /a"),
        ("GET /a", "GET /a/", "GET /a"),
        ("GET /a/", "GET /a", "GET /a/"),
        ("GET /a", "POST /a", None),
        ("GET /a", "GET /b", None),
        ("ANY /a OPTIONS /a", "OPTIONS /a", "OPTIONS /a"),
        ("OPTIONS /a ANY /a", "PUT /a", "ANY /a"),
        ("ANY /a", "PURGE /a", None),
        # the recorded cases: POST /test beside OPTIONS /{proxy+}, and ANY /test/any
        ("POST /test OPTIONS /{proxy+}", "OPTIONS /test", "OPTIONS /{proxy+}"),
        ("ANY /test/any OPTIONS /{proxy+}", "OPTIONS /test/any", "ANY /test/any"),
        ("GET / OPTIONS /{proxy+}", "OPTIONS /", None),
        ("GET /a/b OPTIONS /a/{proxy+} OPTIONS /{all+}", "OPTIONS /a/b", "OPTIONS /a/{proxy+}"),
        ("GET /a OPTIONS /a/{proxy+}", "OPTIONS /a", None),
        ("GET /items/{id} GET /items/list", "GET /items/list", "GET /items/list"),
        ("GET /items/{id} GET /items/{proxy+}", "GET /items/7", "GET /items/{id}"),
        ("GET /items/{id} GET /items/{proxy+}", "GET /items/7/x", "GET /items/{proxy+}"),
        ("GET /items/{id} OPTIONS /items/{id}", "OPTIONS /items/{id}", "OPTIONS /items/{id}"),
        ("GET /{proxy+}", "GET /{proxy+}", "GET /{proxy+}"),
    ],
)
def test_routing(keys: str, request_line: str, taken: str | None) -> None:
    words = keys.split()
    api = routes(*(" ".join(words[i : i + 2]) for i in range(0, len(words), 2)))
    verb, path = request_line.split()
    match = route(api, verb, path)
    assert (f"{match.method.verb} {match.method.path}" if match else None) == taken


def test_path_parameters_are_read() -> None:
    found = route(routes("GET /a/{id}/{rest+}"), "GET", "/a/1/x/y")
    assert found is not None
    assert found.parameters == {"id": "1", "rest": "x/y"}


def test_a_parameter_beside_a_literal_segment_is_a_doubt_and_a_greedy_one_is_not() -> None:
    model = openapi({"/a/list": {"post": proxy()}, "/a/{id}": {"options": mock({"Access-Control-Allow-Origin": ANY})}})
    given = answer(model, preflight("/a/list"))
    assert (given.status, given.confidence) == (200, "inferred")
    assert "/a/{id} takes the request" in given.doubts[0]
    model = openapi({"/a": {"post": proxy()}, "/{proxy+}": {"options": mock({"Access-Control-Allow-Origin": ANY})}})
    assert answer(model, preflight("/a")).confidence == "documented"


@pytest.mark.parametrize(
    ("url", "path"), [("https://x/a/b?c=/d", "/a/b"), ("https://x", "/"), ("/a#b", "/a"), ("https://x/", "/")]
)
def test_the_path_of_a_url(url: str, path: str) -> None:
    assert path_of(url) == path


# -- API Gateway's own errors -----------------------------------------------------------------------------------------


@pytest.mark.parametrize("kind", sorted(STATUSES))
def test_without_gateway_responses_no_error_can_be_read(kind: str) -> None:
    given = answer(openapi({"/a": {"get": proxy()}}), asks("/a"), kind)
    assert (given.status, given.headers, given.kind) == (STATUSES[kind], (), kind)


@pytest.mark.parametrize("kind", sorted(STATUSES))
def test_the_default_of_its_class_answers_for_every_type_but_413(kind: str) -> None:
    given: dict[str, dict[str, object]] = {
        "DEFAULT_4XX": {"Access_Control_Allow_Origin": "'four'"},
        "DEFAULT_5XX": {"Access_Control_Allow_Origin": "'five'"},
    }
    found = answer(openapi({"/a": {"get": proxy()}}, extra=gateway(**given)), asks("/a"), kind)
    expected = None if STATUSES[kind] == 413 else "four" if STATUSES[kind] < 500 else "five"
    assert allowed(found) == expected
    assert found.status == STATUSES[kind]


def test_a_type_of_its_own_hides_the_default_and_its_headers() -> None:
    extra = gateway(UNAUTHORIZED={"X_Reason": "'token'"}, DEFAULT_4XX={"Access_Control_Allow_Origin": ANY})
    model = openapi({"/a": {"get": proxy()}}, extra=extra)
    assert allowed(answer(model, asks("/a"), "UNAUTHORIZED")) is None
    assert allowed(answer(model, asks("/a"), "THROTTLED")) == "*"


def test_a_status_on_the_default_changes_all_of_its_class() -> None:
    model = openapi({"/a": {"get": proxy()}}, extra=gateway(DEFAULT_4XX={"statusCode": "400"}))
    assert [answer(model, asks("/a"), kind).status for kind in ("UNAUTHORIZED", "THROTTLED", "DEFAULT_5XX")] == [
        400,
        400,
        502,
    ]


def test_413_is_never_customised() -> None:
    extra = gateway(
        REQUEST_TOO_LARGE={"Access_Control_Allow_Origin": ANY}, DEFAULT_4XX={"Access_Control_Allow_Origin": ANY}
    )
    given = answer(openapi({"/a": {"get": proxy()}}, extra=extra), asks("/a"), "REQUEST_TOO_LARGE")
    assert (given.status, given.headers) == (413, ())


def test_an_unknown_route_is_missing_authentication_token_with_its_headers() -> None:
    extra = gateway(MISSING_AUTHENTICATION_TOKEN={"Access_Control_Allow_Origin": "'https://a.example.com'"})
    model = openapi({"/a": {"get": proxy()}}, extra=extra)
    for request in (asks("/b"), asks("/a", "DELETE"), preflight("/a")):
        given = answer(model, request)
        assert (given.status, given.kind, allowed(given)) == (
            403,
            "MISSING_AUTHENTICATION_TOKEN",
            "https://a.example.com",
        )


def test_a_copied_origin_is_sent_and_doubted() -> None:
    extra = gateway(DEFAULT_4XX={"Access_Control_Allow_Origin": "method.request.header.Origin"})
    given = answer(openapi({"/a": {"get": proxy()}}, extra=extra), asks("/a"), "THROTTLED")
    assert (allowed(given), given.confidence) == (PAGE, "inferred")
    assert "copies the request's Origin" in given.doubts[0]


def test_what_is_copied_from_the_context_is_not_known() -> None:
    extra = gateway(DEFAULT_4XX={"Access_Control_Allow_Origin": "context.authorizer.origin"})
    given = answer(openapi({"/a": {"get": proxy()}}, extra=extra), asks("/a"), "THROTTLED")
    assert texts(given.unknown) == ["Access-Control-Allow-Origin is not known: copied from context.authorizer.origin"]


# -- preflight --------------------------------------------------------------------------------------------------------


def options(**operation: object) -> Model:
    return openapi({"/a": {"put": proxy(), "options": operation}})


@pytest.mark.parametrize("template", ['{"statusCode": 200}', "{statusCode: 200}", "{ 'statusCode' : 200 }"])
def test_a_mock_answers_with_what_it_maps(template: str) -> None:
    given = answer(options(**mock({"Access-Control-Allow-Origin": ANY}, template)), preflight("/a"))
    assert (given.status, given.kind, allowed(given), given.confidence) == (200, "MOCK", "*", "documented")


@pytest.mark.parametrize("template", ["{}", '{"status": 200}', None])
def test_a_mock_without_status_answers_500_with_the_gateway_responses_headers(template: str | None) -> None:
    operation = mock({"Access-Control-Allow-Origin": ANY}, template)
    model = openapi({"/a": {"options": operation}}, extra=gateway(DEFAULT_5XX={"Access_Control_Allow_Origin": "'x'"}))
    given = answer(model, preflight("/a"))
    assert (given.status, given.kind, allowed(given)) == (500, "API_CONFIGURATION_ERROR", "x")
    assert "yields no statusCode" in given.what


def test_a_mock_picks_its_response_by_pattern() -> None:
    responses = {
        "4\\d{2}": {"statusCode": "400"},
        "204": {"statusCode": "204", "responseParameters": {"method.response.header.X": "'y'"}},
    }
    made = answer(options(**mock({}, '{"statusCode": 204}', responses=responses)), preflight("/a"))
    assert (made.status, [sent.text for sent in made.headers]) == (204, ["y"])
    missed = answer(options(**mock({}, '{"statusCode": 201}', responses=responses)), preflight("/a"))
    assert (missed.status, missed.what) == (500, "API_CONFIGURATION_ERROR: no integration response matches 201")
    either = '#if($input.params("x") == "y"){"statusCode": 400}#else{"statusCode": 204}#end'
    computed = answer(options(**mock({}, either, responses=responses)), preflight("/a"))
    assert (computed.status, computed.open) == (None, "the request template's status is not known")


@pytest.mark.parametrize(("handling", "status"), [("CONVERT_TO_BINARY", 500), ("CONVERT_TO_TEXT", 200)])
def test_binary_media_break_a_mock_unless_it_converts(handling: str, status: int) -> None:
    extra = {"x-amazon-apigateway-binary-media-types": ["*/*"]}
    model = openapi(
        {"/a": {"options": mock({"Access-Control-Allow-Origin": ANY}, contentHandling=handling)}}, extra=extra
    )
    given = answer(model, preflight("/a"))
    assert given.status == status
    assert given.confidence == ("observed" if status == 500 else "documented")


SCHEMES = {
    "cognito": {
        "type": "apiKey",
        "name": "Authorization",
        "in": "header",
        "x-amazon-apigateway-authtype": "cognito_user_pools",
        "x-amazon-apigateway-authorizer": {"type": "cognito_user_pools"},
    },
    "iam": {"type": "apiKey", "name": "Authorization", "in": "header", "x-amazon-apigateway-authtype": "awsSigv4"},
    "key": {"type": "apiKey", "name": "x-api-key", "in": "header"},
    "anyone": {
        "type": "apiKey",
        "name": "Unused",
        "in": "header",
        "x-amazon-apigateway-authtype": "custom",
        "x-amazon-apigateway-authorizer": {"type": "request"},
    },
}


@pytest.mark.parametrize(
    ("scheme", "status", "kind"),
    [("cognito", 401, "UNAUTHORIZED"), ("iam", 403, "MISSING_AUTHENTICATION_TOKEN"), ("key", 403, "INVALID_API_KEY")],
)
def test_what_guards_options_turns_the_preflight_away(scheme: str, status: int, kind: str) -> None:
    operation = {**mock({"Access-Control-Allow-Origin": ANY}), "security": [{scheme: []}]}
    extra = {"components": {"securitySchemes": SCHEMES}, **gateway(DEFAULT_4XX={"Access_Control_Allow_Origin": "'x'"})}
    given = answer(openapi({"/a": {"options": operation}}, extra=extra), preflight("/a"))
    assert (given.status, given.kind, allowed(given)) == (status, kind, "x")
    assert "OPTIONS" in given.what


def test_a_request_authorizer_without_identity_sources_may_let_it_pass() -> None:
    operation = {**mock({"Access-Control-Allow-Origin": ANY}), "security": [{"anyone": []}]}
    model = openapi({"/a": {"options": operation}}, extra={"components": {"securitySchemes": SCHEMES}})
    assert "decides" in answer(model, preflight("/a")).open


def test_undeclared_and_unquoted_headers_are_shown_as_meant_with_the_doubt() -> None:
    operation = mock({"Access-Control-Allow-Origin": "*"})
    operation["responses"] = {"200": {}}
    given = answer(openapi({"/a": {"options": operation}}), preflight("/a"))
    assert (allowed(given), given.confidence) == ("*", "inferred")
    assert all("the deployment fails" in doubt for doubt in given.doubts)
    assert len(given.doubts) == 2


def test_code_that_answers_stays_open() -> None:
    model = openapi({"/a": {"x-amazon-apigateway-any-method": proxy()}})
    for request in (preflight("/a"), asks("/a")):
        given = answer(model, request)
        assert (given.status, given.kind, given.headers, texts(given.unknown)) == (
            None,
            "handler",
            (),
            ["the function decides"],
        )


def test_a_non_proxy_integration_sends_what_it_maps_by_status() -> None:
    integration = {
        "type": "aws",
        "responses": {
            "default": {
                "statusCode": "200",
                "responseParameters": {"method.response.header.Access-Control-Allow-Origin": ANY},
            },
            "4..": {"statusCode": "404"},
            "5..": {
                "statusCode": "500",
                "responseParameters": {
                    "method.response.header.Access-Control-Allow-Origin": "integration.response.header.Origin"
                },
            },
        },
    }
    headers: dict[str, object] = {"Access-Control-Allow-Origin": {}}
    declared = {status: {"headers": headers} for status in ("200", "500")}
    model = openapi({"/a": {"get": {"responses": declared, "x-amazon-apigateway-integration": integration}}})
    assert allowed(answer(model, asks("/a"))) == "*"
    assert answer(model, asks("/a"), "404").headers == ()
    assert texts(answer(model, asks("/a"), "500").unknown) == [
        "Access-Control-Allow-Origin is not known: copied from integration.response.header.Origin",
    ]
    (method,) = only(model).methods
    assert "404" in client_errors(model, only(model), method)
    assert "500" in server_errors(model, only(model), method)


def test_a_handlers_errors_are_those_that_the_route_can_have() -> None:
    extra = {"components": {"securitySchemes": SCHEMES}}
    paths = {f"/{name}": {"get": proxy(security=[{name: []}])} for name in ("cognito", "iam", "key")}
    model = openapi({"/open": {"get": proxy()}, **paths}, extra=extra)
    found = {m.path: client_errors(model, only(model), m) for m in only(model).methods}
    assert found["/open"] == ("THROTTLED",)
    assert found["/cognito"] == ("UNAUTHORIZED", "ACCESS_DENIED", "THROTTLED")
    assert found["/iam"][:2] == ("MISSING_AUTHENTICATION_TOKEN", "ACCESS_DENIED")
    assert found["/key"] == ("INVALID_API_KEY", "QUOTA_EXCEEDED", "THROTTLED")


def test_what_else_turns_a_route_away() -> None:
    operation = proxy(**{"x-amazon-apigateway-request-validator": "all"})
    mapped = {"x-amazon-apigateway-integration": {"type": "http", "passthroughBehavior": "never"}}
    model = openapi({"/a": {"post": operation, "put": mapped}}, Policy={"Version": "2012-10-17"})
    found = {m.verb: client_errors(model, only(model), m) for m in only(model).methods}
    assert found["POST"] == ("ACCESS_DENIED", "BAD_REQUEST_PARAMETERS", "BAD_REQUEST_BODY", "THROTTLED")
    assert found["PUT"] == ("ACCESS_DENIED", "UNSUPPORTED_MEDIA_TYPE", "THROTTLED")


def test_a_firewall_of_the_template_is_seen() -> None:
    text = openapi({"/a": {"get": proxy()}}).template.document.text
    wall = """
  Wall:
    Type: AWS::WAFv2::WebACLAssociation
    Properties: {WebACLArn: x, ResourceArn: !Sub "arn:aws:apigateway:eu::/restapis/${Api}/stages/prod"}
"""
    model = model_of(text.rstrip() + wall)
    (method,) = only(model).methods
    assert client_errors(model, only(model), method) == ("WAF_FILTERED", "THROTTLED")


# -- worlds -----------------------------------------------------------------------------------------------------------

STAGES = """
AWSTemplateFormatVersion: "2010-09-09"
Parameters: {Stage: {Type: String, Default: dev}}
Conditions: {IsProd: !Equals [!Ref Stage, prod]}
Resources:
  Api: {Type: AWS::ApiGateway::RestApi, Properties: {Body: {openapi: 3.0.1, paths: {}}}}
  Errors:
    Type: AWS::ApiGateway::GatewayResponse
    Condition: IsProd
    Properties:
      RestApiId: !Ref Api
      ResponseType: DEFAULT_4XX
      ResponseParameters:
        gatewayresponse.header.Access-Control-Allow-Origin: !If [IsProd, "'https://a.example.com'", "'*'"]
"""


@pytest.mark.parametrize(("stage", "origin"), [("prod", "https://a.example.com"), ("dev", None)])
def test_conditions_of_resources_and_values_go_together(stage: str, origin: str | None) -> None:
    model = model_of(STAGES)
    model = model._replace(template=model.template.in_world(World({"Stage": stage}, {})))
    assert allowed(answer(model, asks("/x"))) == origin


# -- frameworks -------------------------------------------------------------------------------------------------------


@needs_shared
@pytest.mark.parametrize(
    ("name", "path", "origins"),
    [
        ("cdk-js", "/items", ["https://a.example.com", "https://b.example.com", "https://a.example.com"]),
        ("sls3-cors-object", "/hello", ["https://a.example.com", "https://b.example.com", "https://a.example.com"]),
        ("osls4-cors-object", "/hello", ["https://a.example.com", "https://b.example.com", "https://a.example.com"]),
        ("sls3-cors-true", "/hello", ["*", "*", "*"]),
        ("osls4-cors-true", "/hello", ["*", "*", "*"]),
    ],
)
def test_the_velocity_of_frameworks_chooses_the_pages_origin(name: str, path: str, origins: list[str]) -> None:
    """As their documentation says: a listed origin is sent back, for another the first one is sent."""
    model = model_in(SHARED / "framework-templates" / f"{name}.json")
    assert model is not None
    api = next(api for api in model.rest_apis if api.answers_options(path) is not None)
    pages = ("https://a.example.com", "https://b.example.com", "https://evil.example.com")
    answers = [respond(model, api, preflight(path, origin=page)) for page in pages]
    assert [allowed(given) for given in answers] == origins
    assert {given.confidence for given in answers} == {"documented"}
    assert {given.status for given in answers} == {204 if name.startswith("cdk") else 200}


def test_the_statuses_are_those_of_the_recorded_list() -> None:
    """Twenty-one types of which two are defaults; DEFAULT_5XX stands for a crash, which has no type."""
    assert len(STATUSES) == 20
    assert json.dumps(sorted({*STATUSES.values()})) == "[400, 401, 403, 404, 413, 415, 429, 500, 502, 504]"
