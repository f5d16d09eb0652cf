"""Lambda function URLs: what the model reads, and what they answer."""

from __future__ import annotations

import json
from collections.abc import Mapping

import pytest

from cfncors.browser import evaluate
from cfncors.browser.exchange import Request, Response
from cfncors.gateway import Model
from cfncors.gateway.answer import Answer
from cfncors.gateway.demands import demanded_headers
from cfncors.gateway.model import ALLOW_CREDENTIALS, ALLOW_HEADERS, ALLOW_METHODS, ALLOW_ORIGIN, FunctionUrl
from cfncors.gateway.respond import client_errors, respond, server_errors, successes
from cfncors.gateway.routing import route
from cfncors.template.worlds import World
from tests.gateway.templates import PAGE, asks, model_of, preflight

CORS = {"AllowOrigins": [PAGE], "AllowMethods": ["GET", "PUT"], "AllowHeaders": ["content-type"]}


def template(resources: Mapping[str, object], **sections: object) -> Model:
    """The model of a template in JSON."""
    return model_of(json.dumps({"AWSTemplateFormatVersion": "2010-09-09", "Resources": resources, **sections}))


def url(cors: object = None, auth: object = "NONE", code: str = "", target: object = None, **more: object) -> Model:
    """A function with a URL; ``code`` is its inline code."""
    properties = {
        "TargetFunctionArn": target or {"Fn::GetAtt": ["Code", "Arn"]},
        "AuthType": auth,
        **({"Cors": cors} if cors is not None else {}),
    }
    written = {"Code": {"ZipFile": code}} if code else {}
    return template(
        {
            "Code": {"Type": "AWS::Lambda::Function", "Properties": written},
            "Url": {"Type": "AWS::Lambda::Url", "Properties": properties},
            **more,
        }
    )


def only(model: Model) -> FunctionUrl:
    (found,) = model.function_urls
    return found


def answer(model: Model, request: Request, outcome: str = "success") -> Answer:
    return respond(model, only(model), request, outcome)


def sent(given: Answer) -> dict[str, str | None]:
    return {header.lower: header.text for header in given.headers}


# -- the model --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "target",
    [
        {"Ref": "Code"},
        {"Fn::GetAtt": "Code.Arn"},
        {"Fn::GetAtt": ["Code", "Arn"]},
        {"Fn::Sub": "${Code.Arn}:live"},
        {"Fn::Join": [":", [{"Fn::GetAtt": ["Code", "Arn"]}, "live"]]},
        {"Ref": "Live"},
        {"Ref": "First"},
    ],
)
def test_the_function_behind_it(target: object) -> None:
    model = url(
        target=target,
        Live={"Type": "AWS::Lambda::Alias", "Properties": {"FunctionName": {"Ref": "Code"}}},
        First={"Type": "AWS::Lambda::Version", "Properties": {"FunctionName": {"Fn::GetAtt": ["Code", "Arn"]}}},
    )
    assert only(model).function == "Code"


@pytest.mark.parametrize("target", ["arn:aws:lambda:eu-west-1:123456789012:function:f", {"Ref": "Elsewhere"}, ["Code"]])
def test_a_function_of_another_stack_is_none_of_this_template(target: object) -> None:
    model = url(target=target)
    assert only(model).function == ""
    assert answer(model, asks("/")).open == "the function decides"


@pytest.mark.parametrize(
    ("auth", "kind"),
    [("NONE", "none"), ("AWS_IAM", "iam"), ({"Ref": "Auth"}, "unknown"), (["NONE"], "unknown"), (None, "unknown")],
)
def test_it_is_one_route_for_every_method_and_path(auth: object, kind: str) -> None:
    found = only(url(auth=auth))
    (method,) = found.methods
    assert (method.verb, method.path, method.origin, method.authorization.kind) == ("ANY", "/{proxy+}", "default", kind)
    for verb, path in (("GET", "/"), ("OPTIONS", "/a/b"), ("PURGE", "/x")):
        match = route(found, verb, path)
        assert match is not None
        assert match.method is method


def test_sams_configuration_comes_from_globals_and_the_function() -> None:
    model = template(
        {
            "Own": {
                "Type": "AWS::Serverless::Function",
                "Properties": {"FunctionUrlConfig": {"AuthType": "AWS_IAM", "Cors": {"AllowOrigins": [PAGE]}}},
            },
            "Shared": {"Type": "AWS::Serverless::Function", "Properties": {}},
            "Without": {"Type": "AWS::Serverless::Function", "IgnoreGlobals": "*", "Properties": {}},
        },
        Globals={
            "Function": {"FunctionUrlConfig": {"AuthType": "NONE", "Cors": {"AllowMethods": ["GET"], "MaxAge": 5}}}
        },
    )
    own, shared = model.function_urls
    assert (own.logical_id, own.function, own.methods[0].authorization.kind) == ("OwnUrl", "Own", "iam")
    assert {role: own.policies[0].texts(role) for role in own.policies[0].settings} == {
        "origins": [PAGE],
        "methods": ["GET"],
        "max-age": ["5"],
    }
    assert (shared.logical_id, shared.methods[0].authorization.kind) == ("SharedUrl", "none")
    assert shared.policies[0].texts("methods") == ["GET"]


@pytest.mark.parametrize("config", [None, {}, False, ""])
def test_a_function_without_configuration_has_no_url(config: object) -> None:
    function = {"Type": "AWS::Serverless::Function", "Properties": {"FunctionUrlConfig": config}}
    assert template({"F": function}).function_urls == ()


def test_a_configuration_that_an_intrinsic_makes_cannot_be_seen() -> None:
    config = {"Fn::If": ["Prod", {"AuthType": "NONE"}, {"Ref": "AWS::NoValue"}]}
    function = {"Type": "AWS::Serverless::Function", "Properties": {"FunctionUrlConfig": config}}
    assert not only(template({"F": function})).complete


# -- answers ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("auth", ["NONE", "AWS_IAM"])
def test_a_preflight_is_answered_without_the_function_and_unsigned(auth: str) -> None:
    given = answer(url({**CORS, "MaxAge": 600, "AllowCredentials": True}, auth), preflight("/"))
    assert (given.status, given.kind, given.confidence) == (200, "CORS", "inferred")
    assert sent(given) == {
        ALLOW_ORIGIN: PAGE,
        ALLOW_CREDENTIALS: "true",
        ALLOW_METHODS: "GET,PUT",
        ALLOW_HEADERS: "content-type",
        "access-control-max-age": "600",
    }


@pytest.mark.parametrize(
    ("origins", "allowed", "confidence"),
    [
        ([PAGE], PAGE, "documented"),
        (["https://other.example"], None, "inferred"),
        (["*"], PAGE, "observed"),
        (["*", PAGE], PAGE, "documented"),
        (["https://*"], None, "inferred"),
        ([PAGE + "/"], None, "inferred"),
    ],
)
def test_origins(origins: list[str], allowed: str | None, confidence: str) -> None:
    """For ``*`` a URL sends the page's own origin."""
    given = answer(url({"AllowOrigins": origins, "ExposeHeaders": ["date", "x-total"]}), asks("/"))
    assert (sent(given).get(ALLOW_ORIGIN), given.confidence, given.open) == (allowed, confidence, "")
    assert sent(given).get("access-control-expose-headers") == ("date,x-total" if allowed else None)


@pytest.mark.parametrize(
    ("more", "asked", "unknown"),
    [
        ({}, "content-type", set()),
        ({}, "authorization", {ALLOW_HEADERS}),
        ({"AllowCredentials": True}, "content-type", {ALLOW_HEADERS, ALLOW_METHODS}),
    ],
)
def test_a_star_is_not_known_where_a_name_would_count_otherwise(
    more: dict[str, object], asked: str, unknown: set[str]
) -> None:
    """Whether it is sent as it is or as what was asked for is not documented; for other pages that is the same."""
    model = url({"AllowOrigins": [PAGE], "AllowMethods": ["*"], "AllowHeaders": ["*"], **more})
    request = asks("/", "OPTIONS", **{"Access-Control-Request-Method": "PUT", "Access-Control-Request-Headers": asked})
    assert {name for name, text in sent(answer(model, request)).items() if text is None} == unknown


def test_any_origin_with_credentials_opens_the_url_to_every_site() -> None:
    model = url({"AllowOrigins": ["*"], "AllowCredentials": True})

    def server(asked: Request) -> Response:
        return Response(*answer(model, asked).concrete(asked, kind=True))

    assert evaluate(asks("/")._replace(credentials="include"), server).allowed


@pytest.mark.parametrize(
    ("code", "header"),
    [
        ('return {"headers": {"Access-Control-Allow-Origin": "*"}}', f"{PAGE}, *"),
        ("headers['access-control-allow-origin'] = 'https://b.example'", f"{PAGE}, https://b.example"),
        ("headers['access-control-allow-origin'] = event.headers.origin", None),
    ],
)
def test_code_that_sends_the_header_too_doubles_it(code: str, header: str | None) -> None:
    model = url(CORS, code=code)
    given = answer(model, asks("/"))
    assert sent(given)[ALLOW_ORIGIN] == header
    assert sent(answer(model, preflight("/")))[ALLOW_ORIGIN] == PAGE
    if header is None:
        assert "the function's code sends it too: a browser refuses two values" in given.unknown[0].text
        return

    def server(asked: Request) -> Response:
        return Response(*given.concrete(asked, kind=True))

    verdict = evaluate(asks("/"), server)
    assert not verdict.allowed
    assert "contains multiple values" in (verdict.console or "")
    assert given.confidence == "observed"


def test_without_cors_the_function_decides() -> None:
    model = url()
    assert answer(model, asks("/")).open == "the function Code decides"
    assert answer(model, preflight("/")).open == "the function Code decides"
    assert only(model).policies == ()


def test_without_cors_a_bare_options_is_not_signed() -> None:
    given = answer(url(auth="AWS_IAM"), preflight("/"))
    assert (given.status, given.kind, given.headers) == (403, "FORBIDDEN", ())
    unknown = answer(url(auth={"Ref": "Auth"}), preflight("/"))
    assert unknown.open == "whether OPTIONS has to be signed is not known, and the function Code decides"


@pytest.mark.parametrize("status", ["403", "429", "502"])
def test_own_errors_carry_the_headers(status: str) -> None:
    given = answer(url(CORS), asks("/"), status)
    assert (given.status, sent(given)[ALLOW_ORIGIN], given.confidence) == (int(status), PAGE, "inferred")
    assert answer(url(), asks("/"), status).headers == ()


def test_the_errors_that_it_can_have() -> None:
    for auth, errors in (("NONE", ("429",)), ("AWS_IAM", ("403", "429"))):
        model = url(auth=auth)
        (method,) = only(model).methods
        assert client_errors(model, only(model), method) == errors
        assert server_errors(model, only(model), method) == ("502",)
        assert successes(model, only(model), method) == ("success",)


def test_a_signed_url_wants_the_headers_of_a_signature() -> None:
    (method,) = only(url(auth="AWS_IAM")).methods
    assert demanded_headers(method) == ("authorization", "x-amz-date", "x-amz-security-token")


def test_a_url_that_is_not_made_is_not_found() -> None:
    properties = {"TargetFunctionArn": {"Ref": "Code"}, "AuthType": "NONE"}
    model = template(
        {"Url": {"Type": "AWS::Lambda::Url", "Condition": "Prod", "Properties": properties}},
        Conditions={"Prod": {"Fn::Equals": [{"Ref": "AWS::Region"}, "x"]}},
    )
    world = model._replace(template=model.template.in_world(World({}, {"Prod": False})))
    assert answer(world, asks("/")).status == 404
