"""Values of the wrong type anywhere in an HTTP API or a function URL: the model says less, it never fails."""

from __future__ import annotations

import copy
import json
from collections.abc import Iterator
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from cfncors.errors import UnreadableTemplate
from cfncors.gateway import build
from cfncors.gateway.demands import demanded_headers
from cfncors.gateway.respond import client_errors, respond, server_errors, successes
from cfncors.gateway.summary import summary
from cfncors.source import parse
from cfncors.template import load
from tests.gateway.templates import asks, preflight

CORS = {"AllowOrigins": ["https://a.example"], "AllowMethods": ["GET"], "MaxAge": 5, "AllowCredentials": True}
CODE = "headers['access-control-allow-origin'] = '*'"
PLAIN: dict[str, Any] = {
    "AWSTemplateFormatVersion": "2010-09-09",
    "Conditions": {"Prod": {"Fn::Equals": ["a", "a"]}},
    "Resources": {
        "Api": {
            "Type": "AWS::ApiGatewayV2::Api",
            "Properties": {
                "ProtocolType": "HTTP",
                "CorsConfiguration": CORS,
                "Target": {"Fn::GetAtt": ["Code", "Arn"]},
                "RouteKey": "GET /quick",
            },
        },
        "Changed": {
            "Type": "AWS::ApiGatewayV2::ApiGatewayManagedOverrides",
            "Properties": {
                "ApiId": {"Ref": "Api"},
                "Route": {"AuthorizationType": "JWT", "AuthorizerId": {"Ref": "Auth"}, "Target": "integrations/1"},
            },
        },
        "Route": {
            "Type": "AWS::ApiGatewayV2::Route",
            "Properties": {
                "ApiId": {"Ref": "Api"},
                "RouteKey": "ANY /a",
                "AuthorizationType": "CUSTOM",
                "AuthorizerId": {"Ref": "Auth"},
                "Target": {"Fn::Join": ["/", ["integrations", {"Ref": "Call"}]]},
            },
        },
        "Auth": {
            "Type": "AWS::ApiGatewayV2::Authorizer",
            "Properties": {"AuthorizerType": "REQUEST", "IdentitySource": ["$request.header.X-Token"]},
        },
        "Call": {
            "Type": "AWS::ApiGatewayV2::Integration",
            "Properties": {"IntegrationType": "AWS_PROXY", "IntegrationUri": {"Ref": "Live"}},
        },
        "Live": {"Type": "AWS::Lambda::Alias", "Properties": {"FunctionName": {"Ref": "Code"}}},
        "Code": {"Type": "AWS::Lambda::Function", "Properties": {"Code": {"ZipFile": CODE}}},
        "Url": {
            "Type": "AWS::Lambda::Url",
            "Properties": {"TargetFunctionArn": {"Ref": "Code"}, "AuthType": "AWS_IAM", "Cors": CORS},
        },
        "Written": {
            "Type": "AWS::ApiGatewayV2::Api",
            "Properties": {
                "Body": {
                    "openapi": "3.0.1",
                    "paths": {
                        "/a": {
                            "get": {
                                "security": [{"jwt": []}],
                                "x-amazon-apigateway-integration": {
                                    "type": "aws_proxy",
                                    "uri": {"Fn::Sub": "x/${Code.Arn}"},
                                },
                            }
                        },
                        "$default": {"x-amazon-apigateway-any-method": {}},
                    },
                    "security": [{"jwt": []}],
                    "components": {
                        "securitySchemes": {
                            "jwt": {
                                "type": "oauth2",
                                "x-amazon-apigateway-authorizer": {
                                    "type": "jwt",
                                    "identitySource": ["$request.header.A"],
                                },
                            }
                        }
                    },
                    "x-amazon-apigateway-cors": {"allowOrigins": ["*"], "maxAge": 1},
                }
            },
        },
    },
}
SAM: dict[str, Any] = {
    "Transform": "AWS::Serverless-2016-10-31",
    "Conditions": {"Prod": {"Fn::Equals": ["a", "a"]}},
    "Globals": {
        "HttpApi": {
            "CorsConfiguration": {"AllowOrigins": ["*"], "AllowHeaders": ["x-a"]},
            "Auth": {
                "DefaultAuthorizer": "Jwt",
                "EnableIamAuthorizer": True,
                "Authorizers": {
                    "Jwt": {"JwtConfiguration": {"issuer": "x"}, "IdentitySource": "$request.header.A"},
                    "Custom": {"FunctionArn": "x", "Identity": {"Headers": ["X-Token"]}},
                },
            },
        },
        "Function": {"FunctionUrlConfig": {"AuthType": "NONE", "Cors": {"AllowOrigins": ["*"]}}},
    },
    "Resources": {
        "Api": {
            "Type": "AWS::Serverless::HttpApi",
            "IgnoreGlobals": ["Tags"],
            "Properties": {
                "CorsConfiguration": CORS,
                "Auth": {"DefaultAuthorizer": "Custom"},
                "DefinitionBody": {
                    "openapi": "3.0.1",
                    "paths": {"/z": {"get": {"x-amazon-apigateway-integration": {"type": "http_proxy"}}}},
                    "x-amazon-apigateway-cors": {"allowHeaders": ["q"]},
                },
            },
        },
        "Code": {
            "Type": "AWS::Serverless::Function",
            "Condition": "Prod",
            "Properties": {
                "InlineCode": CODE,
                "FunctionUrlConfig": {"AuthType": "AWS_IAM", "Cors": {"MaxAge": 1}},
                "Events": {
                    "One": {
                        "Type": "HttpApi",
                        "Properties": {
                            "ApiId": {"Ref": "Api"},
                            "Path": "/a",
                            "Method": "get",
                            "Auth": {"Authorizer": "Jwt"},
                        },
                    },
                    "Two": {"Type": "HttpApi"},
                },
            },
        },
    },
}
#: What may stand where something else belongs.
ODD: tuple[Any, ...] = (
    *(None, True, 0, -1, 3.5, "", " ", "*", "$default", "GET /a", "\u00e9\u2603", "x" * 3000),
    *([], [None], [[]], ["*", {}], {}, {"a": None}),
    *({"Ref": "Nothing"}, {"Ref": ["x"]}, {"Ref": None}, {"Ref": "AWS::NoValue"}),
    *(
        {"Fn::If": ["Prod"]},
        {"Fn::If": ["Prod", {}, []]},
        {"Fn::If": "x"},
        {"Fn::If": ["Prod", "x", {"Ref": "AWS::NoValue"}]},
    ),
    *(
        {"Fn::GetAtt": []},
        {"Fn::GetAtt": None},
        {"Fn::Sub": []},
        {"Fn::Sub": None},
        {"Fn::Join": []},
        {"Fn::Split": [","]},
    ),
    *({"Fn::Transform": "x"}, {"Fn::Transform": {"Name": "AWS::Include", "Parameters": {"Location": "nowhere"}}}),
    *({"Fn::ForEach::x": []}, {"Fn::FindInMap": []}),
)


def places(node: Any, path: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    """Every place in a template where something can be put."""
    keys: Any = node if isinstance(node, dict) else range(len(node)) if isinstance(node, list) else ()
    for key in keys:
        yield (*path, key)
        yield from places(node[key], (*path, key))


def changed(template: dict[str, Any], path: tuple[Any, ...], value: Any) -> dict[str, Any]:
    """A copy with another value at one place."""
    made: Any = copy.deepcopy(template)
    here = made
    for key in path[:-1]:
        here = here[key]
    here[path[-1]] = value
    return made  # type: ignore[no-any-return]


@given(st.data())
@settings(max_examples=400, deadline=None)
def test_a_value_of_the_wrong_type_never_fails(data: st.DataObject) -> None:
    base = data.draw(st.sampled_from((PLAIN, SAM)))
    path = data.draw(st.sampled_from(list(places(base))))
    text = json.dumps(changed(base, path, data.draw(st.sampled_from(ODD))))
    try:
        template = load(parse(text, "template.json"))
    except UnreadableTemplate:  # a section or a resource that is no mapping: one line with its place
        return
    if template is None:
        return
    model = build(template)
    summary(model)
    for door in model.doors:
        for method in door.methods:
            demanded_headers(method)
            path_ = method.path if method.path.startswith("/") else "/x"
            for request in (preflight(path_), asks(path_)):
                for outcome in (*successes(model, door, method), *client_errors(model, door, method)):
                    respond(model, door, request, outcome).concrete(request, kind=False)
            assert server_errors(model, door, method)
