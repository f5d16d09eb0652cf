"""``Fn::If`` around parts of a definition: a deployment has one side of it, and nothing is taken for empty."""

from __future__ import annotations

import json

import pytest

from cfncors.gateway import Model, build
from cfncors.gateway.model import Method, RestApi
from cfncors.gateway.preflight import picked
from cfncors.source import parse
from cfncors.template import load
from cfncors.template.worlds import World
from cfncors.verdicts import matrix_of

ORIGIN = "method.response.header.Access-Control-Allow-Origin"
METHODS = "method.response.header.Access-Control-Allow-Methods"
HEADERS = "method.response.header.Access-Control-Allow-Headers"
PROD, DEV = "https://www.example.net", "https://dev.example.net"
STAGES = {"Stage=prod": PROD, "Stage=dev": DEV}
REF = {"Ref": "AWS::NoValue"}


def either(one: object, other: object, condition: str = "IsProd") -> object:
    return {"Fn::If": [condition, one, other]}


def response(origin: str, **more: object) -> dict[str, object]:
    return {"StatusCode": 200, "ResponseParameters": sent(origin), **more}


def sent(origin: str) -> dict[str, object]:
    return {ORIGIN: f"'{origin}'", METHODS: "'PUT'", HEADERS: "'content-type'"}


def model(resources: dict[str, object]) -> Model:
    made = {
        "Parameters": {
            "Stage": {"Type": "String", "AllowedValues": ["dev", "prod"], "Default": "dev"},
            "Auth": {"Type": "String", "AllowedValues": ["NONE", "AWS_IAM"], "Default": "NONE"},
        },
        "Conditions": {
            "IsProd": {"Fn::Equals": [{"Ref": "Stage"}, "prod"]},
            "IsDev": {"Fn::Not": [{"Condition": "IsProd"}]},
        },
        "Resources": {"Api": {"Type": "AWS::ApiGateway::RestApi", "Properties": {"Name": "a"}}, **resources},
    }
    template = load(parse(json.dumps(made), "t.json"))
    assert template is not None
    return build(template)


def plain(options: dict[str, object] | None = None, **integration: object) -> Model:
    """An API with ``PUT /orders`` and an OPTIONS method, some of whose parts are given."""
    api, path = {"Ref": "Api"}, {"Ref": "Orders"}
    root = {"Fn::GetAtt": ["Api", "RootResourceId"]}
    mock = {
        "Type": "MOCK",
        "RequestTemplates": {"application/json": '{"statusCode": 200}'},
        "IntegrationResponses": [response(PROD)],
        **integration,
    }
    declared = {"StatusCode": 200, "ResponseParameters": {ORIGIN: True, METHODS: True, HEADERS: True}}
    method = {"RestApiId": api, "ResourceId": path, "AuthorizationType": "NONE"}
    put = {**method, "HttpMethod": "PUT", "Integration": {"Type": "HTTP_PROXY", "Uri": "https://b.example.net"}}
    asks = {**method, "HttpMethod": "OPTIONS", "Integration": mock, "MethodResponses": [declared], **(options or {})}
    return model(
        {
            "Orders": {
                "Type": "AWS::ApiGateway::Resource",
                "Properties": {"RestApiId": api, "ParentId": root, "PathPart": "orders"},
            },
            "Put": {"Type": "AWS::ApiGateway::Method", "Properties": put},
            "Options": {"Type": "AWS::ApiGateway::Method", "Properties": asks},
        }
    )


def openapi(options: object, **more: object) -> Model:
    """The same as a body."""
    put = {"x-amazon-apigateway-integration": {"type": "http_proxy", "uri": "https://b.example.net"}}
    body = {"openapi": "3.0.1", "paths": {"/orders": {"put": put, "options": options}}, **more}
    return model({"Api": {"Type": "AWS::ApiGateway::RestApi", "Properties": {"Body": body}}})


def operation(responses: object, **more: object) -> dict[str, object]:
    integration = {
        "type": "mock",
        "requestTemplates": {"application/json": '{"statusCode": 200}'},
        "responses": responses,
        **more,
    }
    return {"x-amazon-apigateway-integration": integration}


def answer(origin: str) -> dict[str, object]:
    return {"statusCode": "200", "responseParameters": sent(origin)}


def preflights(made: Model) -> dict[str, str]:
    """What becomes of the preflight of ``PUT /orders`` in each deployment, for the pages that it names."""
    found: dict[str, str] = {}
    for asked in matrix_of(made).asked:
        when = ", ".join(f"{name}={value}" for name, value in asked.when.items())
        found[when] = f"{asked.cases[0].verdict} {asked.page.origin}"
    return found


def options_of(made: Model) -> Method:
    (api,) = made.rest_apis
    (method,) = (each for each in api.methods if each.is_options)
    return method


ITEM = [either(response(PROD), response(DEV))]
LIST = either([response(PROD)], [response(DEV)])
PARAMETERS = [
    {
        "StatusCode": 200,
        "ResponseParameters": either(sent(PROD), sent(DEV)),
    }
]
NESTED = [either(either(response(PROD), response("none"), "IsProd"), either(response("none"), response(DEV), "IsProd"))]
MISSING = [either(response(PROD), REF), either(REF, response(DEV))]


@pytest.mark.parametrize("responses", [ITEM, LIST, PARAMETERS, NESTED, MISSING])
def test_each_deployment_has_its_integration_responses(responses: object) -> None:
    made = plain(IntegrationResponses=responses)
    assert preflights(made) == {when: f"allowed {origin}" for when, origin in STAGES.items()}


@pytest.mark.parametrize(
    "options",
    [
        operation({"default": either(answer(PROD), answer(DEV))}),
        operation(either({"default": answer(PROD)}, {"default": answer(DEV)})),
        either(operation({"default": answer(PROD)}), operation({"default": answer(DEV)})),
        {
            "x-amazon-apigateway-integration": either(
                operation({"default": answer(PROD)})["x-amazon-apigateway-integration"],
                operation({"default": answer(DEV)})["x-amazon-apigateway-integration"],
            )
        },
    ],
)
def test_each_deployment_has_its_operation(options: object) -> None:
    assert preflights(openapi(options)) == {when: f"allowed {origin}" for when, origin in STAGES.items()}


@pytest.mark.parametrize("responses", [ITEM, LIST, NESTED, MISSING])
def test_without_a_deployment_every_side_is_there_with_those_that_go_with_it(responses: object) -> None:
    integration = options_of(plain(IntegrationResponses=responses)).integration
    assert integration is not None
    found = [each.headers["access-control-allow-origin"].value for each in integration.responses]
    assert [getattr(value, "text", None) for value in found] == [f"'{PROD}'", f"'{DEV}'"]
    assert [len(each.responses) for each in integration.each] == [1, 1]
    assert all(picked(each) is not None for each in integration.each)


def test_a_side_that_has_no_response_is_seen_too() -> None:
    integration = options_of(plain(IntegrationResponses=[either(response(PROD), REF)])).integration
    assert integration is not None
    assert [picked(each) is None for each in integration.each] == [False, True]


def test_headers_on_two_sides_are_one_header_with_two_values() -> None:
    (found,) = options_of(plain(IntegrationResponses=PARAMETERS)).integration.responses  # type: ignore[union-attr]
    value = found.headers["access-control-allow-origin"].value
    assert [option.text for option in getattr(value, "options", ())] == [f"'{PROD}'", f"'{DEV}'"]


@pytest.mark.parametrize(
    "integration",
    [
        {"IntegrationResponses": {"Fn::Transform": {"Name": "Macro"}}},
        {"IntegrationResponses": [{"Fn::Transform": {"Name": "Macro"}}]},
    ],
)
def test_responses_that_a_macro_makes_are_not_known(integration: dict[str, object]) -> None:
    found = options_of(plain(None, **integration)).integration
    assert found is not None
    assert found.kind == "unknown"


def test_declared_headers_of_all_sides_count() -> None:
    one, other = ({"StatusCode": 200, "ResponseParameters": {name: True}} for name in (ORIGIN, METHODS))
    found = options_of(plain({"MethodResponses": [either(one, other)]})).responses["200"]
    assert sorted(found.headers) == ["access-control-allow-methods", "access-control-allow-origin"]
    assert found.node is None, "there is no one place to edit"


# -- who may call it --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("options", "kind", "guards"),
    [
        ({"AuthorizationType": either("AWS_IAM", "NONE")}, "unknown", [("iam", "Stage=prod"), ("none", "Stage=dev")]),
        ({"AuthorizationType": either("AWS_IAM", REF)}, "unknown", [("iam", "Stage=prod"), ("none", "")]),
        ({"AuthorizationType": {"Ref": "Auth"}}, "unknown", [("none", ""), ("iam", "")]),
        ({"AuthorizationType": either("NONE", "NONE")}, "none", []),
        ({"AuthorizationType": either("AWS_IAM", "AWS_IAM")}, "iam", []),
        ({"ApiKeyRequired": either(True, False)}, "none", [("key", "Stage=prod")]),
    ],
)
def test_what_guards_a_method_in_some_deployments(
    options: dict[str, object], kind: str, guards: list[tuple[str, str]]
) -> None:
    method = options_of(plain(options))
    assert method.authorization.kind == kind
    found = [(g.authorization.kind if g.authorization is not None else "key", g.value.chosen) for g in method.guards]
    assert found == guards


@pytest.mark.parametrize(
    "made",
    [
        plain({"AuthorizationType": either("AWS_IAM", "NONE")}),
        plain({"ApiKeyRequired": either(True, False)}),
        openapi(
            {**operation({"default": answer(PROD)}), "security": either([{"key": []}], REF)},
            components={"securitySchemes": {"key": {"type": "apiKey", "name": "x-api-key", "in": "header"}}},
        ),
    ],
)
def test_a_deployment_is_guarded_by_itself(made: Model) -> None:
    assert preflights(made) == {"Stage=dev": f"allowed {PROD}", "Stage=prod": f"blocked {PROD}"}


def test_a_parameter_that_is_an_authorization_makes_deployments() -> None:
    found = preflights(plain({"AuthorizationType": {"Ref": "Auth"}}))
    assert found == {"Auth=NONE": f"allowed {PROD}", "Auth=AWS_IAM": f"blocked {PROD}"}


def test_where_an_integration_leads_makes_no_deployments() -> None:
    assert list(preflights(plain(Uri=either("a", "b"), Credentials={"Ref": "Auth"}))) == [""]


def test_in_a_world_one_side_is_all() -> None:
    made = plain({"AuthorizationType": either("AWS_IAM", "NONE")}, IntegrationResponses=ITEM)
    there = build(made.template.in_world(World({"Stage": "prod"}, {})))
    method = options_of(there)
    assert method.authorization.kind == "iam"
    assert not method.guards
    assert method.integration is not None
    assert len(method.integration.responses) == 1
    assert isinstance(there.rest_apis[0], RestApi)


def test_of_two_gateway_responses_each_deployment_has_the_one_that_is_made() -> None:
    made = plain()
    resources = {
        name: {
            "Type": "AWS::ApiGateway::GatewayResponse",
            "Condition": condition,
            "Properties": {
                "RestApiId": {"Ref": "Api"},
                "ResponseType": "DEFAULT_4XX",
                "ResponseParameters": {"gatewayresponse.header.Access-Control-Allow-Origin": f"'{origin}'"},
            },
        }
        for name, condition, origin in (("One", "IsProd", PROD), ("Other", "IsDev", DEV))
    }
    written = json.loads(made.template.document.text)["Resources"]
    made = model({**written, **resources})
    found = {tuple(asked.when.items()): asked.cases[2].replies[0] for asked in matrix_of(made).asked}
    origins = {when: reply.headers["Access-Control-Allow-Origin"] for when, reply in found.items()}
    assert origins == {(("Stage", "prod"),): PROD, (("Stage", "dev"),): DEV}
