"""HTTP APIs: what the model reads from properties, routes and OpenAPI bodies, and what they answer."""

from __future__ import annotations

import json
from collections.abc import Mapping

import pytest

from cfncors.browser import evaluate
from cfncors.browser.exchange import Request, Response
from cfncors.gateway import Model
from cfncors.gateway.answer import Answer
from cfncors.gateway.demands import demanded_headers
from cfncors.gateway.model import ALLOW_CREDENTIALS, ALLOW_HEADERS, ALLOW_METHODS, ALLOW_ORIGIN, HttpApi
from cfncors.gateway.respond import client_errors, respond, server_errors, successes
from cfncors.gateway.routing import route
from tests.gateway.templates import PAGE, asks, model_of, preflight

CORS = {"AllowOrigins": [PAGE], "AllowMethods": ["GET", "PUT"], "AllowHeaders": ["content-type"]}
JWT = {"Type": "AWS::ApiGatewayV2::Authorizer", "Properties": {"AuthorizerType": "JWT"}}


def template(resources: Mapping[str, object], **sections: object) -> Model:
    """The model of a template in JSON."""
    return model_of(json.dumps({"AWSTemplateFormatVersion": "2010-09-09", "Resources": resources, **sections}))


def routes(*keys: str, cors: object = None, auth: Mapping[str, object] | None = None, **more: object) -> Model:
    """An HTTP API with route keys that one function answers; ``auth`` are properties of each route."""
    properties: dict[str, object] = {
        "Name": "api",
        "ProtocolType": "HTTP",
        **({"CorsConfiguration": cors} if cors else {}),
    }
    resources: dict[str, object] = {
        "Api": {"Type": "AWS::ApiGatewayV2::Api", "Properties": properties},
        "Code": {"Type": "AWS::Lambda::Function", "Properties": {"Handler": "index.handler"}},
        "Call": {
            "Type": "AWS::ApiGatewayV2::Integration",
            "Properties": {
                "ApiId": {"Ref": "Api"},
                "IntegrationType": "AWS_PROXY",
                "IntegrationUri": {"Fn::GetAtt": ["Code", "Arn"]},
            },
        },
    }
    for at, key in enumerate(keys):
        target = {"Fn::Join": ["/", ["integrations", {"Ref": "Call"}]]}
        own = {"ApiId": {"Ref": "Api"}, "RouteKey": key, "Target": target, **(auth or {})}
        resources[f"Route{at}"] = {"Type": "AWS::ApiGatewayV2::Route", "Properties": own}
    return template({**resources, **more})


def body(paths: Mapping[str, object], properties: Mapping[str, object] | None = None, **extra: object) -> Model:
    """An HTTP API with an OpenAPI body."""
    written = {"openapi": "3.0.1", "info": {"title": "t", "version": "1"}, "paths": paths, **extra}
    return template({"Api": {"Type": "AWS::ApiGatewayV2::Api", "Properties": {"Body": written, **(properties or {})}}})


def calls(**extra: object) -> dict[str, object]:
    """An operation that a function answers."""
    return {"x-amazon-apigateway-integration": {"type": "aws_proxy", "uri": "f", "httpMethod": "POST"}, **extra}


def only(model: Model) -> HttpApi:
    (api,) = model.http_apis
    return api


def named(api: HttpApi) -> list[tuple[str, str, str, tuple[str, ...]]]:
    """Routes by verb and path with what guards them."""
    return [(m.verb, m.path, *m.authorization) for m in api.methods]


def answer(model: Model, request: Request, outcome: str = "success") -> Answer:
    return respond(model, only(model), request, outcome)


def sent(given: Answer) -> dict[str, str | None]:
    return {header.lower: header.text for header in given.headers}


# -- which APIs -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("properties", "is_http"),
    [
        ({"ProtocolType": "HTTP"}, True),
        ({"ProtocolType": "WEBSOCKET", "RouteSelectionExpression": "$request.body.action"}, False),
        ({"Body": {"openapi": "3.0.1", "paths": {}}}, True),
        ({"BodyS3Location": {"Bucket": "b", "Key": "k"}}, True),
        ({"ProtocolType": {"Ref": "Kind"}}, False),
        ({"ProtocolType": {"Ref": "Kind"}, "CorsConfiguration": {"AllowOrigins": ["*"]}}, True),
        ({"ProtocolType": ["HTTP"]}, False),
        ({}, False),
    ],
)
def test_a_websocket_api_is_left_alone(properties: dict[str, object], is_http: bool) -> None:
    assert bool(template({"Api": {"Type": "AWS::ApiGatewayV2::Api", "Properties": properties}}).http_apis) == is_http


def test_routes_of_an_api_elsewhere_are_read_unless_it_may_be_a_websocket_api() -> None:
    def elsewhere(*keys: str) -> list[HttpApi]:
        resources = {
            f"Route{at}": {
                "Type": "AWS::ApiGatewayV2::Route",
                "Properties": {"ApiId": {"Fn::ImportValue": "shared-api"}, "RouteKey": key},
            }
            for at, key in enumerate(keys)
        }
        return [*template(resources).http_apis]

    (api,) = elsewhere("GET /a", "$default")
    assert (api.dialect, api.complete, api.resource) == ("external", False, None)
    assert [(m.verb, m.path) for m in api.methods] == [("GET", "/a"), ("ANY", "/{proxy+}")]
    assert elsewhere("$default") == []
    assert elsewhere("$connect", "$default") == []
    assert elsewhere("sendmessage") == []


# -- routes and authorizers -------------------------------------------------------------------------------------------


def test_route_keys() -> None:
    api = only(routes("GET /items/{id}", "ANY /all", "$default", "post /lower"))
    assert [(m.verb, m.path, m.origin) for m in api.methods] == [
        ("GET", "/items/{id}", "resource"),
        ("ANY", "/all", "resource"),
        ("ANY", "/{proxy+}", "default"),
        ("POST", "/lower", "resource"),
    ]
    assert {m.integration.kind for m in api.methods if m.integration} == {"aws_proxy"}
    assert api.complete


def test_a_route_key_that_is_not_known_makes_the_api_incomplete() -> None:
    model = routes("GET /a", More={"Type": "AWS::ApiGatewayV2::Route", "Properties": {"ApiId": {"Ref": "Api"}}})
    assert not only(model).complete
    assert [m.path for m in only(model).methods] == ["/a"]


def test_an_api_id_by_attribute_is_the_same_api() -> None:
    own = {"ApiId": {"Fn::GetAtt": ["Api", "ApiId"]}, "RouteKey": "GET /b"}
    model = routes("GET /a", More={"Type": "AWS::ApiGatewayV2::Route", "Properties": own})
    assert [m.path for m in only(model).methods] == ["/a", "/b"]


@pytest.mark.parametrize(
    ("auth", "kind", "headers"),
    [
        ({}, "none", ()),
        ({"AuthorizationType": "NONE"}, "none", ()),
        ({"AuthorizationType": None}, "none", ()),
        ({"AuthorizationType": "AWS_IAM"}, "iam", ("authorization",)),
        ({"AuthorizationType": "JWT", "AuthorizerId": {"Ref": "Jwt"}}, "jwt", ("authorization",)),
        ({"AuthorizationType": "CUSTOM", "AuthorizerId": {"Ref": "Custom"}}, "request", ("x-token", "x-tenant")),
        (
            {"AuthorizationType": "CUSTOM", "AuthorizerId": {"Fn::GetAtt": "Custom.AuthorizerId"}},
            "request",
            ("x-token", "x-tenant"),
        ),
        ({"AuthorizationType": "CUSTOM", "AuthorizerId": "abc123"}, "unknown", ()),
        ({"AuthorizationType": "JWT", "AuthorizerId": "abc123"}, "jwt", ()),
        ({"AuthorizationType": {"Ref": "Auth"}}, "unknown", ()),
        ({"AuthorizationType": ["JWT"]}, "unknown", ()),
    ],
)
def test_who_may_call_a_route(auth: dict[str, object], kind: str, headers: tuple[str, ...]) -> None:
    kinds = {
        "Jwt": ("JWT", ["$request.header.Authorization"]),
        "Custom": ("REQUEST", ["$request.header.X-Token", "$request.querystring.t", "$request.header.x-tenant"]),
    }
    authorizers = {
        name: {
            "Type": "AWS::ApiGatewayV2::Authorizer",
            "Properties": {"ApiId": {"Ref": "Api"}, "AuthorizerType": kind_, "IdentitySource": source},
        }
        for name, (kind_, source) in kinds.items()
    }
    (method,) = only(routes("GET /a", auth=auth, **authorizers)).methods
    assert method.authorization == (kind, headers)


def test_a_target_alone_makes_the_default_route() -> None:
    properties = {"Name": "a", "ProtocolType": "HTTP", "Target": {"Fn::GetAtt": ["Code", "Arn"]}}
    resources = {
        "Api": {"Type": "AWS::ApiGatewayV2::Api", "Properties": properties},
        "Code": {"Type": "AWS::Lambda::Function", "Properties": {}},
    }
    (method,) = only(template(resources)).methods
    assert (method.verb, method.path, method.origin) == ("ANY", "/{proxy+}", "default")
    assert method.integration is not None
    assert method.integration.kind == "aws_proxy"
    given = respond(template(resources), only(template(resources)), asks("/x"))
    assert given.open == "the function Code decides"


def test_managed_overrides_guard_the_route_that_a_target_makes() -> None:
    properties = {"ProtocolType": "HTTP", "Target": "https://backend.example.com", "RouteKey": "GET /pets"}
    changed = {"ApiId": {"Ref": "Api"}, "Route": {"AuthorizationType": "AWS_IAM"}}
    resources = {
        "Api": {"Type": "AWS::ApiGatewayV2::Api", "Properties": properties},
        "Changed": {"Type": "AWS::ApiGatewayV2::ApiGatewayManagedOverrides", "Properties": changed},
    }
    (method,) = only(template(resources)).methods
    assert (method.verb, method.path, method.authorization.kind) == ("GET", "/pets", "iam")
    assert method.integration is not None
    assert method.integration.kind == "http_proxy"


# -- bodies -----------------------------------------------------------------------------------------------------------

SCHEMES = {
    "securitySchemes": {
        "jwt": {
            "type": "oauth2",
            "x-amazon-apigateway-authorizer": {"type": "jwt", "identitySource": "$request.header.Authorization"},
        },
        "custom": {
            "type": "apiKey",
            "name": "Unused",
            "in": "header",
            "x-amazon-apigateway-authorizer": {"type": "request", "identitySource": ["$request.header.X-Token"]},
        },
        "iam": {"type": "apiKey", "x-amazon-apigateway-authtype": "awsSigv4"},
        "key": {"type": "apiKey", "name": "x-api-key", "in": "header"},
    }
}


def test_routes_of_a_body() -> None:
    model = body(
        {
            "/a": {"get": calls(security=[{"jwt": []}]), "post": calls(security=[{"custom": []}])},
            "/b": {
                "x-amazon-apigateway-any-method": calls(security=[{"iam": []}]),
                "get": calls(security=[{"key": []}]),
            },
            "$default": {"x-amazon-apigateway-any-method": calls(isDefaultRoute=True)},
        },
        components=SCHEMES,
    )
    assert named(only(model)) == [
        ("GET", "/a", "jwt", ("authorization",)),
        ("POST", "/a", "request", ("x-token",)),
        ("ANY", "/b", "iam", ("authorization",)),
        ("GET", "/b", "none", ()),
        ("ANY", "/{proxy+}", "none", ()),
    ]
    assert [m.api_key for m in only(model).methods] == [False] * 5
    assert only(model).methods[-1].origin == "default"


def test_the_default_path_may_begin_with_a_slash() -> None:
    (method,) = only(body({"/$default": {"x-amazon-apigateway-any-method": calls()}})).methods
    assert (method.path, method.origin) == ("/{proxy+}", "default")


def test_security_of_the_whole_document_leaves_open_what_is_guarded() -> None:
    model = body(
        {"/a": {"get": calls(), "post": calls(security=[]), "put": calls(security=[{"iam": []}])}},
        components=SCHEMES,
        security=[{"jwt": []}],
    )
    assert [kind for _, _, kind, _ in named(only(model))] == ["unknown", "none", "iam"]


@pytest.mark.parametrize(
    ("properties", "extra", "origins"),
    [
        ({"CorsConfiguration": {"AllowOrigins": ["https://a.example"]}}, {}, ["https://a.example"]),
        ({}, {"x-amazon-apigateway-cors": {"allowOrigins": ["https://b.example"]}}, ["https://b.example"]),
        ({"CorsConfiguration": None}, {"x-amazon-apigateway-cors": {"allowOrigins": ["*"]}}, ["*"]),
        ({}, {"x-amazon-apigateway-cors": None}, None),
        ({"CorsConfiguration": {"Ref": "AWS::NoValue"}}, {}, None),
    ],
)
def test_where_cors_is_configured(
    properties: dict[str, object], extra: dict[str, object], origins: list[str] | None
) -> None:
    api = only(body({}, properties, **extra))
    assert [policy.texts("origins") for policy in api.policies] == ([origins] if origins is not None else [])


def test_a_body_elsewhere_makes_the_api_incomplete() -> None:
    for properties in ({"BodyS3Location": {"Bucket": "b", "Key": "k"}}, {"Body": {"Fn::Transform": {"Name": "Mine"}}}):
        model = template({"Api": {"Type": "AWS::ApiGatewayV2::Api", "Properties": properties}})
        assert not only(model).complete


# -- routing ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("keys", "request_line", "taken"),
    [
        # the examples of the Developer Guide, "Create routes for HTTP APIs"
        (
            "GET /pets/dog/1|GET /pets/dog/{id}|GET /pets/{proxy+}|ANY /{proxy+}|$default",
            "GET /pets/dog/1",
            "GET /pets/dog/1",
        ),
        (
            "GET /pets/dog/1|GET /pets/dog/{id}|GET /pets/{proxy+}|ANY /{proxy+}|$default",
            "GET /pets/dog/2",
            "GET /pets/dog/{id}",
        ),
        (
            "GET /pets/dog/1|GET /pets/dog/{id}|GET /pets/{proxy+}|ANY /{proxy+}|$default",
            "GET /pets/cat/1",
            "GET /pets/{proxy+}",
        ),
        (
            "GET /pets/dog/1|GET /pets/dog/{id}|GET /pets/{proxy+}|ANY /{proxy+}|$default",
            "POST /test/5",
            "ANY /{proxy+}",
        ),
        ("GET /a|$default", "POST /a", "default"),
        ("GET /a|$default", "GET /", "default"),
        ("GET /a|$default", "PURGE /b", "default"),
        ("ANY /{proxy+}|$default", "GET /", "default"),
        ("ANY /pets|OPTIONS /{proxy+}", "OPTIONS /pets", "ANY /pets"),
        ("ANY /web/{proxy+}|OPTIONS /web/{proxy+}", "OPTIONS /web/x", "OPTIONS /web/{proxy+}"),
        ("GET /pets|OPTIONS /{proxy+}", "OPTIONS /pets", "OPTIONS /{proxy+}"),
        # a full match goes before a greedy one, whichever segment comes first
        ("GET /{a}/b|GET /x/{proxy+}", "GET /x/b", "GET /{a}/b"),
        ("GET /a", "OPTIONS /a", None),
    ],
)
def test_routing(keys: str, request_line: str, taken: str | None) -> None:
    verb, path = request_line.split()
    match = route(only(routes(*keys.split("|"))), verb, path)
    found = None if match is None else match.method
    assert (
        None if found is None else "default" if found.origin == "default" else f"{found.verb} {found.path}"
    ) == taken


# -- preflights -------------------------------------------------------------------------------------------------------


def test_a_preflight_without_a_route_is_answered_by_api_gateway() -> None:
    cors = {**CORS, "MaxAge": 600, "AllowCredentials": True, "ExposeHeaders": ["x-total"]}
    given = answer(routes("GET /a", "PUT /a", cors=cors), preflight("/a"))
    assert (given.status, given.kind, given.confidence) == (204, "CORS", "inferred")
    assert sent(given) == {
        ALLOW_ORIGIN: PAGE,
        ALLOW_CREDENTIALS: "true",
        ALLOW_METHODS: "GET,PUT",
        ALLOW_HEADERS: "content-type",
        "access-control-max-age": "600",
    }


def test_what_is_not_configured_is_not_sent() -> None:
    assert sent(answer(routes("PUT /a", cors={"AllowOrigins": ["*"]}), preflight("/a"))) == {ALLOW_ORIGIN: "*"}


def test_without_configuration_nobody_answers_a_preflight() -> None:
    given = answer(routes("GET /a"), preflight("/a"))
    assert (given.status, given.kind, given.headers) == (404, "NOT_FOUND", ())
    assert given.what == "NOT_FOUND: no route takes OPTIONS, and CORS is not configured"


@pytest.mark.parametrize("key", ["ANY /a", "$default", "OPTIONS /a"])
@pytest.mark.parametrize(
    ("auth", "status"),
    [({"AuthorizationType": "AWS_IAM"}, 403), ({"AuthorizationType": "JWT", "AuthorizerId": {"Ref": "Jwt"}}, 401)],
)
def test_a_route_that_takes_options_asks_its_authorizer(key: str, auth: dict[str, object], status: int) -> None:
    """The console then complains of the status, because the CORS headers are there."""
    source = {"AuthorizerType": "JWT", "IdentitySource": ["$request.header.Authorization"]}
    jwt = {"Type": "AWS::ApiGatewayV2::Authorizer", "Properties": source}
    model = routes(key, cors=CORS, auth=auth, Jwt=jwt)
    given = answer(model, preflight("/a"))
    assert (given.status, given.confidence, sent(given)[ALLOW_ORIGIN]) == (status, "inferred", PAGE)

    def server(asked: Request) -> Response:
        return Response(*answer(model, asked).concrete(asked, kind=True))

    verdict = evaluate(asks("/a", "PUT"), server)
    assert not verdict.allowed
    assert "does not have HTTP ok status" in (verdict.console or "")


def test_explicit_routes_with_an_authorizer_leave_the_preflight_to_api_gateway() -> None:
    given = answer(routes("PUT /a", cors=CORS, auth={"AuthorizationType": "AWS_IAM"}), preflight("/a"))
    assert given.status == 204


def test_an_authorized_any_goes_before_an_open_greedy_options() -> None:
    greedy = {"ApiId": {"Ref": "Api"}, "RouteKey": "OPTIONS /{proxy+}"}
    model = routes(
        "ANY /pets",
        cors=CORS,
        auth={"AuthorizationType": "AWS_IAM"},
        Open={"Type": "AWS::ApiGatewayV2::Route", "Properties": greedy},
    )
    assert answer(model, preflight("/pets")).status == 403
    assert answer(model, preflight("/other")).decides != ""


def test_an_open_any_leaves_the_status_to_the_function_and_sets_the_headers() -> None:
    given = answer(routes("ANY /a", cors=CORS), preflight("/a"))
    assert (given.status, given.open, given.decides) == (None, "", "the function Code decides the status")
    assert sent(given)[ALLOW_METHODS] == "GET,PUT"
    assert given.concrete(preflight("/a"), kind=True)[0] == 204
    assert given.concrete(preflight("/a"), kind=False)[0] == 500


def test_an_authorizer_that_reads_no_header_may_let_options_pass() -> None:
    """The preflight has the address of the request, so that a token in the query string comes with it."""
    source = {"AuthorizerType": "JWT", "IdentitySource": ["$request.querystring.token"]}
    jwt = {"Type": "AWS::ApiGatewayV2::Authorizer", "Properties": source}
    auth = {"AuthorizationType": "JWT", "AuthorizerId": {"Ref": "Jwt"}}
    given = answer(routes("ANY /a", cors=CORS, auth=auth, Jwt=jwt), preflight("/a"))
    assert given.decides == "the authorizer decides the status"
    assert answer(routes("ANY /a", auth=auth, Jwt=jwt), preflight("/a")).open == "the authorizer decides"


def test_options_that_is_no_preflight_gets_no_cors_headers() -> None:
    assert answer(routes("ANY /a", cors=CORS), asks("/a", "OPTIONS")).headers == ()


# -- origins ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("origins", "origin", "allowed"),
    [
        ([PAGE], PAGE, PAGE),
        ([PAGE + "/"], PAGE, None),
        ([PAGE.upper()], PAGE, None),
        (["https://other.example", PAGE], PAGE, PAGE),
        (["https://other.example"], PAGE, None),
        (["*"], PAGE, "*"),
        (["*", PAGE], PAGE, PAGE),
        (["*", PAGE], "https://x.example", "*"),
        (["https://*"], PAGE, PAGE),
        (["https://*"], "http://app.example.com", None),
        (["http://*"], "http://localhost:3000", "http://localhost:3000"),
        (["https://*.example.com"], PAGE, None),
        (["'*'"], PAGE, None),
        ("*", PAGE, "*"),
        ([], PAGE, None),
    ],
)
def test_origins(origins: object, origin: str, allowed: str | None) -> None:
    model = routes("GET /a", cors={"AllowOrigins": origins, "ExposeHeaders": ["x-total"]})
    for given in (answer(model, asks("/a", origin=origin)), answer(model, preflight("/a", origin=origin))):
        assert sent(given).get(ALLOW_ORIGIN) == allowed
    exposed = sent(answer(model, asks("/a", origin=origin))).get("access-control-expose-headers")
    assert exposed == (None if allowed is None else "x-total")


def test_a_star_with_credentials_is_a_doubt() -> None:
    model = routes("GET /a", cors={"AllowOrigins": ["*"]})
    assert answer(model, asks("/a")).doubts == ()
    doubts = answer(model, asks("/a")._replace(credentials="include")).doubts
    assert doubts == ("whether API Gateway sends * itself or the page's origin is not documented",)


def test_a_request_without_origin_gets_no_cors_headers() -> None:
    assert answer(routes("GET /a", cors=CORS), asks("/a", origin="")).headers == ()


def test_an_origin_that_is_not_known_stays_unknown() -> None:
    model = template(
        {
            "Api": {
                "Type": "AWS::ApiGatewayV2::Api",
                "Properties": {
                    "ProtocolType": "HTTP",
                    "Target": "https://backend.example.com",
                    "CorsConfiguration": {
                        "AllowOrigins": [{"Ref": "Site"}, "https://known.example"],
                        "AllowHeaders": {"Ref": "Names"},
                        "AllowCredentials": {"Fn::If": ["Yes", True, False]},
                    },
                },
            }
        },
        Parameters={"Site": {"Type": "String"}},
        Conditions={"Yes": {"Fn::Equals": [{"Ref": "AWS::Region"}, "x"]}},
    )
    given = answer(model, asks("/a"))
    assert sent(given) == {ALLOW_ORIGIN: None, ALLOW_CREDENTIALS: None}
    assert [each.parameter for each in given.unknown] == ["Site", None]
    assert "parameter Site has no default" in given.unknown[0].text
    assert sent(answer(model, asks("/a", origin="https://known.example")))[ALLOW_ORIGIN] == "https://known.example"


def test_one_of_several_configurations_is_known_as_far_as_they_agree() -> None:
    one = {"AllowOrigins": [PAGE], "AllowMethods": ["GET"]}
    other = {"AllowOrigins": [PAGE], "AllowMethods": ["PUT"]}
    model = routes("GET /a", cors={"Fn::If": ["Yes", one, other]})
    assert sent(answer(model, preflight("/a"))) == {ALLOW_ORIGIN: PAGE, ALLOW_METHODS: None}


# -- what is not a preflight ------------------------------------------------------------------------------------------


def test_the_integrations_answer_carries_the_configured_headers() -> None:
    given = answer(routes("GET /a", cors=CORS), asks("/a"))
    assert (given.kind, given.open, given.confidence) == ("integration", "", "documented")
    assert given.what == "from the function Code, with the configured headers"


def test_an_integration_of_another_stack_is_named_as_such() -> None:
    model = routes("GET /notes", cors=CORS, auth={"Target": "integrations/abc123"})
    given = answer(model, asks("/notes"))
    assert given.what == "from an integration that is not written in this template, with the configured headers"


def test_without_configuration_code_decides() -> None:
    given = answer(routes("GET /a", "OPTIONS /a"), asks("/a"))
    assert (given.kind, given.open, given.headers) == ("handler", "the function Code decides", ())
    assert answer(routes("GET /a", "OPTIONS /a"), preflight("/a")).open == "the function Code decides"


@pytest.mark.parametrize("status", ["401", "403", "404", "429", "500", "503"])
def test_own_errors_carry_the_configured_headers_as_far_as_is_known(status: str) -> None:
    given = answer(routes("GET /a", cors=CORS), asks("/a"), status)
    assert (given.status, sent(given)[ALLOW_ORIGIN], given.confidence) == (int(status), PAGE, "inferred")
    assert given.doubts == ("that API Gateway's own errors carry the CORS headers is not documented",)
    bare = answer(routes("GET /a"), asks("/a"), status)
    assert (bare.status, bare.headers, bare.confidence) == (int(status), (), "documented")


def test_an_unknown_path_is_not_found() -> None:
    assert answer(routes("GET /a"), asks("/b")).what == "NOT_FOUND: there is no such route"


@pytest.mark.parametrize(
    ("auth", "errors"),
    [
        ({}, ("429",)),
        ({"AuthorizationType": "AWS_IAM"}, ("403", "429")),
        ({"AuthorizationType": "JWT"}, ("401", "403", "429")),
    ],
)
def test_the_errors_that_a_route_can_have(auth: dict[str, object], errors: tuple[str, ...]) -> None:
    model = routes("GET /a", auth=auth)
    (method,) = only(model).methods
    assert client_errors(model, only(model), method) == errors
    assert server_errors(model, only(model), method) == ("500", "503")
    assert successes(model, only(model), method) == ("success",)


def test_what_a_page_has_to_send() -> None:
    (method,) = only(routes("GET /a", auth={"AuthorizationType": "AWS_IAM"})).methods
    assert demanded_headers(method) == ("authorization", "x-amz-date", "x-amz-security-token")


# -- code in the template ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize("named_by", ["arn", "alias", "target", "event"])
def test_inline_code_that_sends_cors_headers_is_found(named_by: str) -> None:
    code = 'exports.handler = async () => ({ headers: { "Access-Control-Allow-Origin": "*" } })'
    resources: dict[str, object] = {
        "Code": {"Type": "AWS::Lambda::Function", "Properties": {"Code": {"ZipFile": code}}},
        "Live": {"Type": "AWS::Lambda::Alias", "Properties": {"FunctionName": {"Ref": "Code"}, "Name": "live"}},
        "Api": {"Type": "AWS::ApiGatewayV2::Api", "Properties": {"ProtocolType": "HTTP"}},
        "Call": {
            "Type": "AWS::ApiGatewayV2::Integration",
            "Properties": {
                "ApiId": {"Ref": "Api"},
                "IntegrationType": "AWS_PROXY",
                "IntegrationUri": {"Ref": "Live"} if named_by == "alias" else {"Fn::GetAtt": "Code.Arn"},
            },
        },
        "Route": {
            "Type": "AWS::ApiGatewayV2::Route",
            "Properties": {
                "ApiId": {"Ref": "Api"},
                "RouteKey": "$default",
                "Target": {"Fn::Sub": "integrations/${Call}"},
            },
        },
    }
    if named_by == "target":
        quick = {"ProtocolType": "HTTP", "Target": {"Fn::Sub": "${Code.Arn}"}}
        resources = {"Code": resources["Code"], "Api": {"Type": "AWS::ApiGatewayV2::Api", "Properties": quick}}
    if named_by == "event":
        events = {"Call": {"Type": "HttpApi"}}
        resources = {
            "Code": {"Type": "AWS::Serverless::Function", "Properties": {"InlineCode": code, "Events": events}}
        }
    found = only(template(resources)).code
    assert found is not None
    assert getattr(found, "text", "") == code
