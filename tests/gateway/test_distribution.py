"""CloudFront: which behavior takes a path, what reaches the origin, what is kept, and the policy on top."""

from __future__ import annotations

import copy
import random
from collections.abc import Mapping
from typing import Any

import pytest
import yaml

from cfncors.facts import Facts
from cfncors.gateway import Model
from cfncors.gateway.answer import Answer, Loss
from cfncors.gateway.cdn_paths import fits, taking
from cfncors.gateway.distribution_answers import covers
from cfncors.gateway.model import ALLOW_HEADERS, ALLOW_METHODS, ALLOW_ORIGIN, Behavior, Distribution
from cfncors.gateway.respond import client_errors, respond, server_errors, successes
from tests.gateway.templates import PAGE, asks, model_in, model_of, preflight
from tests.shared import corpus, needs_shared

READ = ["GET", "HEAD", "OPTIONS"]
OPTIMIZED = "658327ea-f89d-4fab-a63d-7e88639e58f6"
DISABLED = "4135ea2d-6df8-44a3-9df3-4b5a84be39ad"
CORS_S3 = "88a5eaf4-2fd4-4709-b370-b4c650ea3fcf"
ALL_VIEWER = "b689b0a8-53d0-40ab-baf2-68738e2966ac"
SIMPLE_CORS = "60669652-455b-4ae9-85a4-c4c02393f86c"
WITH_PREFLIGHT = "5cc3b908-e619-4b99-88e5-2cf7f45965bd"

STORE: dict[str, Any] = {
    "Type": "AWS::S3::Bucket",
    "Properties": {"CorsConfiguration": {"CorsRules": [{"AllowedOrigins": [PAGE], "AllowedMethods": ["GET"]}]}},
}
PLAIN = {"Type": "AWS::S3::Bucket"}
DOMAIN = {"Fn::GetAtt": ["Store", "RegionalDomainName"]}


def headers_policy(**cors: object) -> dict[str, Any]:
    given: dict[str, object] = {
        "AccessControlAllowOrigins": {"Items": [PAGE]},
        "AccessControlAllowMethods": {"Items": ["GET", "PUT"]},
        "AccessControlAllowHeaders": {"Items": ["X-Key"]},
        "AccessControlAllowCredentials": False,
        "OriginOverride": True,
    }
    config = {"Name": "cors", "CorsConfig": {**given, **cors}}
    return {"Type": "AWS::CloudFront::ResponseHeadersPolicy", "Properties": {"ResponseHeadersPolicyConfig": config}}


def model(
    behavior: Mapping[str, object] | None = None,
    *,
    store: Mapping[str, Any] = STORE,
    origin: Mapping[str, object] | None = None,
    others: Mapping[str, object] | None = None,
    **config: object,
) -> Model:
    """A distribution in front of a bucket; ``behavior`` is its default one, ``config`` beside it."""
    default = {"TargetOriginId": "store", "AllowedMethods": READ, "CachePolicyId": DISABLED} | dict(behavior or {})
    written = {"Enabled": True, "Origins": [{"Id": "store", "DomainName": DOMAIN} | dict(origin or {})]}
    written |= {"DefaultCacheBehavior": default, **config}
    cdn = {"Type": "AWS::CloudFront::Distribution", "Properties": {"DistributionConfig": written}}
    resources = {"Store": store, "Cdn": cdn, **(others or {})}
    return model_of(yaml.safe_dump({"AWSTemplateFormatVersion": "2010-09-09", "Resources": resources}, sort_keys=False))


def only(model: Model) -> Distribution:
    (distribution,) = model.distributions
    return distribution


def default(model: Model) -> Behavior:
    return only(model).behaviors[-1]


def get(model: Model, path: str = "/a.jpg", origin: str = PAGE) -> Answer:
    return respond(model, only(model), asks(path, "GET", origin))


def asked_first(model: Model, path: str = "/a.jpg", method: str = "GET") -> Answer:
    return respond(model, only(model), preflight(path, method))


def allowed(given: Answer) -> str | None:
    sent = given.header(ALLOW_ORIGIN)
    return sent.text if sent is not None else None


# -- which behavior ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("pattern", "path", "matches"),
    [
        ("*", "/", True),
        ("*", "/a/b", True),
        ("/images/*", "/images/a.jpg", True),
        ("images/*", "/images/a.jpg", True),
        ("images/*", "/images/", True),
        ("images/*", "/images", False),
        ("images/*", "/Images/a.jpg", False),
        ("*.jpg", "/a/b.jpg", True),
        ("*.jpg", "/a/bjpg", False),
        ("/a?.gif", "/a1.gif", True),
        ("/a?.gif", "/a.gif", False),
        ("/a[b", "/a[b", True),
    ],
)
def test_path_patterns(pattern: str, path: str, matches: bool) -> None:
    assert fits(pattern, path) is matches


def test_the_first_pattern_that_fits_takes_the_path() -> None:
    there = model(
        CacheBehaviors=[
            {"PathPattern": "*.jpg", "TargetOriginId": "store", "CachePolicyId": DISABLED},
            {"PathPattern": "images/*", "TargetOriginId": "store", "CachePolicyId": DISABLED},
        ]
    )
    taken = [taking(only(there), path) for path in ("/images/a.jpg", "/images/a.png", "/a.png")]
    assert [behavior.pattern if behavior else None for behavior in taken] == ["*.jpg", "images/*", "*"]
    assert [method.path for method in only(there).methods] == ["/x.jpg", "/images/{key+}", "/{key+}"]


def test_a_pattern_that_is_not_known_leaves_what_follows_open() -> None:
    there = model(CacheBehaviors=[{"PathPattern": {"Ref": "Pattern"}, "TargetOriginId": "store"}])
    assert get(there).open


# -- what is behind ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("domain", "behind"),
    [
        ({"Fn::GetAtt": ["Store", "RegionalDomainName"]}, "Store"),
        ({"Fn::GetAtt": "Store.DomainName"}, "Store"),
        ({"Fn::Sub": "${Store}.s3.amazonaws.com"}, "Store"),
        ({"Fn::Sub": "${Store.RegionalDomainName}"}, "Store"),
        ({"Fn::Join": ["", [{"Ref": "Store"}, ".s3.amazonaws.com"]]}, "Store"),
        ({"Fn::Sub": "${Api}.execute-api.${AWS::Region}.amazonaws.com"}, "Api"),
        ({"Fn::Select": [2, {"Fn::Split": ["/", {"Fn::GetAtt": ["Http", "ApiEndpoint"]}]}]}, "Http"),
        ({"Fn::Select": [2, {"Fn::Split": ["/", {"Fn::GetAtt": ["Url", "FunctionUrl"]}]}]}, "Url"),
        # a website endpoint is another one, and so is what is elsewhere
        ({"Fn::Select": [2, {"Fn::Split": ["/", {"Fn::GetAtt": ["Store", "WebsiteURL"]}]}]}, None),
        ({"Fn::Sub": "${Store}.s3-website-${AWS::Region}.amazonaws.com"}, None),
        ({"Fn::Join": [".", [{"Ref": "Store"}, {"Ref": "Api"}]]}, None),
        ("store.s3.amazonaws.com", None),
        ({"Ref": "Elsewhere"}, None),
        (None, None),
        ([1], None),
    ],
)
def test_domain_names_of_front_doors(domain: object, behind: str | None) -> None:
    others = {
        "Api": {"Type": "AWS::ApiGateway::RestApi", "Properties": {"Name": "a"}},
        "Http": {"Type": "AWS::ApiGatewayV2::Api", "Properties": {"Name": "h", "ProtocolType": "HTTP"}},
        "Url": {"Type": "AWS::Lambda::Url", "Properties": {"TargetFunctionArn": "f", "AuthType": "NONE"}},
    }
    assert default(model(origin={"DomainName": domain}, others=others)).origin == behind


def test_origins_named_by_expressions() -> None:
    name = {"Fn::Sub": "${AWS::StackName}-store"}
    there = model({"TargetOriginId": copy.deepcopy(name)}, origin={"Id": name})
    assert default(there).origin == "Store"
    assert default(model({"TargetOriginId": "another"})).origin is None


@pytest.mark.parametrize(
    ("name", "domain", "behind"),
    [
        ({"Ref": "Name"}, {"Fn::Sub": "${Name}.s3.amazonaws.com"}, "Store"),
        (
            {"Ref": "Name"},
            {"Fn::Join": ["", [{"Ref": "Name"}, ".s3.", {"Ref": "AWS::Region"}, ".amazonaws.com"]]},
            "Store",
        ),
        (
            {"Fn::Sub": "${AWS::StackName}-a"},
            {"Fn::Sub": "${AWS::StackName}-a.s3.${AWS::Region}.amazonaws.com"},
            "Store",
        ),
        ("shop-assets", "shop-assets.s3.eu-west-1.amazonaws.com", "Store"),
        ("shop", "shop-assets.s3.amazonaws.com", None),
        ({"Ref": "Name"}, {"Fn::Sub": "${Name}.s3-website-eu-west-1.amazonaws.com"}, None),
        ({"Fn::ImportValue": "n"}, {"Fn::Sub": "${Name}.s3.amazonaws.com"}, None),
    ],
)
def test_a_bucket_and_a_domain_name_may_share_a_name(name: object, domain: object, behind: str | None) -> None:
    store = copy.deepcopy(STORE)
    store["Properties"]["BucketName"] = name
    assert default(model(store=store, origin={"DomainName": domain})).origin == behind


def _group(**others: object) -> dict[str, object]:
    codes = {"Quantity": 1, "Items": [503]}
    members = {"Quantity": 2, "Items": [{"OriginId": "store"}, {"OriginId": "elsewhere"}]}
    return {"Items": [{"Id": "group", "FailoverCriteria": {"StatusCodes": codes}, "Members": members, **others}]}


def test_the_first_origin_of_a_group_answers_as_long_as_it_can() -> None:
    there = model({"TargetOriginId": "group", "OriginRequestPolicyId": CORS_S3}, OriginGroups=_group())
    assert allowed(get(there)) == PAGE
    assert [method.path for method in only(there).methods] == ["/{key+}"]
    assert respond(there, only(there), asks("/a"), "403").status == 403
    assert "second origin" in respond(there, only(there), asks("/a"), "503").open
    # Only GET, HEAD and OPTIONS go on.
    assert respond(there, only(there), asks("/a", "DELETE"), "503").status == 403
    unknown = model({"TargetOriginId": "group"}, OriginGroups=_group(FailoverCriteria={"Ref": "Criteria"}))
    assert "not a front door of this template" in get(unknown).open


def test_headers_that_cloudfront_sets_itself() -> None:
    """They come with each request, in the place of the page's own."""
    told = {"OriginCustomHeaders": [{"HeaderName": "ORIGIN", "HeaderValue": PAGE}]}
    assert allowed(get(model(origin=told), origin="https://b.example")) == PAGE
    kept = get(model({"CachePolicyId": OPTIMIZED}, origin=told), origin="https://b.example")
    assert (allowed(kept), kept.unknown) == (PAGE, ()), "each copy is the same"
    hidden = {"OriginCustomHeaders": [{"HeaderName": "Origin", "HeaderValue": {"Ref": "Elsewhere"}}]}
    assert "sets Origin" in get(model(origin=hidden)).open


SIGNED = """
AWSTemplateFormatVersion: "2010-09-09"
Resources:
  Function:
    Type: AWS::Lambda::Function
    Properties: {Code: {ZipFile: x}, Handler: index.handler, Runtime: python3.12, Role: r}
  Url:
    Type: AWS::Lambda::Url
    Properties: {TargetFunctionArn: !Ref Function, AuthType: AWS_IAM}
  Access:
    Type: AWS::CloudFront::OriginAccessControl
    Properties:
      OriginAccessControlConfig: {Name: a, OriginAccessControlOriginType: lambda, SigningBehavior: BEHAVIOR}
  Cdn:
    Type: AWS::CloudFront::Distribution
    Properties:
      DistributionConfig:
        Origins:
          - Id: url
            DomainName: !Select [2, !Split ["/", !GetAtt Url.FunctionUrl]]
            OriginAccessControlId: !GetAtt Access.Id
        DefaultCacheBehavior:
          TargetOriginId: url
          AllowedMethods: [GET, HEAD, OPTIONS, PUT, PATCH, POST, DELETE]
          CachePolicyId: 4135ea2d-6df8-44a3-9df3-4b5a84be39ad
          OriginRequestPolicyId: b689b0a8-53d0-40ab-baf2-68738e2966ac
"""


def test_cloudfront_signs_for_a_page_that_does_not() -> None:
    there = model_of(SIGNED.replace("BEHAVIOR", "always"))
    (method,) = only(there).methods
    assert method.authorization.kind == "none"
    assert asked_first(there, "/search", "POST").open == "the function Function decides"
    assert "403" not in client_errors(there, only(there), method)
    never = model_of(SIGNED.replace("BEHAVIOR", "never"))
    assert asked_first(never, "/search", "POST").status == 403
    assert "403" in client_errors(never, only(never), only(never).methods[0])


GUARDED = """
AWSTemplateFormatVersion: "2010-09-09"
Transform: AWS::Serverless-2016-10-31
Resources:
  Api:
    Type: AWS::Serverless::HttpApi
    Properties:
      CorsConfiguration:
        AllowOrigins: [https://app.example.com]
        AllowMethods: [GET, POST]
        AllowHeaders: [authorization]
      Auth:
        DefaultAuthorizer: Users
        Authorizers:
          Users:
            IdentitySource: $request.header.Authorization
            JwtConfiguration: {issuer: https://id.example.com, audience: [app]}
  Items:
    Type: AWS::Serverless::Function
    Properties:
      InlineCode: x
      Handler: index.handler
      Runtime: python3.12
      Events:
        List: {Type: HttpApi, Properties: {ApiId: !Ref Api, Path: /items, Method: GET}}
        Add: {Type: HttpApi, Properties: {ApiId: !Ref Api, Path: /items, Method: POST}}
  Keyed:
    Type: AWS::CloudFront::CachePolicy
    Properties:
      CachePolicyConfig:
        Name: keyed
        MaxTTL: 0
        ParametersInCacheKeyAndForwardedToOrigin:
          HeadersConfig: {HeaderBehavior: whitelist, Headers: [Authorization, Origin]}
  Cdn:
    Type: AWS::CloudFront::Distribution
    Properties:
      DistributionConfig:
        Origins:
          - {Id: api, DomainName: !Sub "${Api}.execute-api.${AWS::Region}.amazonaws.com"}
        DefaultCacheBehavior:
          TargetOriginId: api
          AllowedMethods: [GET, HEAD, OPTIONS, PUT, PATCH, POST, DELETE]
          CachePolicyId: POLICY
          REQUEST
"""


@pytest.mark.parametrize(
    ("policy", "request_policy", "outcomes"),
    [
        # It is taken out of GET and HEAD; of other methods no document says so.
        (DISABLED, f"OriginRequestPolicyId: {CORS_S3}", {"GET": "401", "POST": "success"}),
        (DISABLED, f"OriginRequestPolicyId: {ALL_VIEWER}", {"GET": "success", "POST": "success"}),
        ("!Ref Keyed", "", {"GET": "success", "POST": "success"}),
        ("one of the account", "", {"GET": "success", "POST": "success"}),
    ],
)
def test_cloudfront_takes_authorization_away(policy: str, request_policy: str, outcomes: dict[str, str]) -> None:
    there = model_of(GUARDED.replace("POLICY", policy).replace("REQUEST", request_policy))
    assert {m.verb: successes(there, only(there), m)[0] for m in only(there).methods} == outcomes
    if outcomes["GET"] == "401":
        request = asks("/items")._replace(headers=[("authorization", "x")])
        given = respond(there, only(there), request, "401")
        assert given.losses == (Loss("Authorization", "Api", "*"),)
        assert given.story == "UNAUTHORIZED: no valid token; the cache behavior does not forward Authorization"
        assert allowed(given) == PAGE


REST = """
AWSTemplateFormatVersion: "2010-09-09"
Resources:
  Api:
    Type: AWS::ApiGateway::RestApi
    Properties:
      Body:
        openapi: 3.0.1
        paths:
          /items/{id}:
            get:
              responses: {"200": {headers: {Access-Control-Allow-Origin: {schema: {type: string}}}}}
              x-amazon-apigateway-integration:
                type: mock
                requestTemplates: {application/json: '{"statusCode": 200}'}
                responses:
                  default:
                    statusCode: "200"
                    responseParameters: {method.response.header.Access-Control-Allow-Origin: "'https://app.example.com'"}
  Cdn:
    Type: AWS::CloudFront::Distribution
    Properties:
      DistributionConfig:
        Origins:
          - Id: api
            DomainName: !Sub "${Api}.execute-api.eu-west-1.amazonaws.com"
            OriginPath: PATH
        DefaultCacheBehavior: {TargetOriginId: api, CachePolicyId: 4135ea2d-6df8-44a3-9df3-4b5a84be39ad}
"""


@pytest.mark.parametrize(
    ("written", "route", "asked"),
    [
        ("/prod", "/items/{id}", "/items/7"),
        ("!Sub /${AWS::StackName}", "/items/{id}", "/items/7"),
        ('""', "/{stage}/items/{id}", "/prod/items/7"),
        ("/prod/items", "/{id}", "/7"),
        ("/prod/other", None, "/7"),
    ],
)
def test_the_stage_of_a_rest_api_is_part_of_the_path(written: str, route: str | None, asked: str) -> None:
    there = model_of(REST.replace("PATH", written))
    assert [method.path for method in only(there).methods] == ([route] if route else [])
    given = get(there, asked)
    assert (given.status, allowed(given)) == ((200, PAGE) if route else (403, None))


def test_routes_go_on_being_those_of_the_front_door_behind() -> None:
    there = model_of(REST.replace("PATH", "/prod"))
    (method,) = only(there).methods
    (api,) = there.rest_apis
    assert method.resource == api.methods[0].resource
    assert successes(there, only(there), method) == successes(there, api, api.methods[0])
    assert client_errors(there, only(there), method) == client_errors(there, api, api.methods[0])
    assert server_errors(there, only(there), method) == server_errors(there, api, api.methods[0])


# -- what passes ------------------------------------------------------------------------------------------------------


def test_a_method_that_is_not_allowed_is_refused_by_cloudfront() -> None:
    there = model({"AllowedMethods": ["GET", "HEAD"], "ResponseHeadersPolicyId": SIMPLE_CORS})
    given = asked_first(there)
    assert (given.status, given.headers, given.confidence) == (403, (), "inferred")
    assert given.what == "from CloudFront: the cache behavior does not allow OPTIONS"
    assert default(model({"AllowedMethods": None})).allowed == frozenset(("GET", "HEAD"))


def test_methods_that_are_not_known_leave_it_open() -> None:
    there = model({"AllowedMethods": {"Ref": "Methods"}})
    assert default(there).allowed is None
    assert get(there).open


@pytest.mark.parametrize(
    ("behavior", "forwarded", "keyed", "everything", "caches"),
    [
        ({"CachePolicyId": OPTIMIZED}, [], [], False, True),
        ({"CachePolicyId": DISABLED, "OriginRequestPolicyId": ALL_VIEWER}, ["origin"], [], True, False),
        ({"CachePolicyId": OPTIMIZED, "OriginRequestPolicyId": CORS_S3}, ["origin"], [], False, True),
        ({"CachePolicyId": "08627262-05a9-4f76-9ded-b50ca2e3a84f"}, ["origin"], ["origin"], False, True),
        ({"OriginRequestPolicyId": "775133bc-15f2-49f9-abea-afb2e0bf67d2"}, ["origin"], [], False, False),
        ({"OriginRequestPolicyId": "bf0718e1-ba1e-49d1-88b1-f726733018ae"}, [], [], False, False),
        ({"CachePolicyId": "one of the account"}, None, None, False, True),
        ({"CachePolicyId": {"Ref": "Parameter"}}, None, None, False, True),
        ({"CachePolicyId": OPTIMIZED, "OriginRequestPolicyId": "one of the account"}, None, [], False, True),
        ({"CachePolicyId": None}, None, None, False, True),
    ],
)
def test_what_policies_forward_and_keep(
    behavior: dict[str, object], forwarded: list[str] | None, keyed: list[str] | None, everything: bool, caches: bool
) -> None:
    found = default(model(behavior))
    origin = frozenset(("origin",))
    assert (None if found.forwarded is None else sorted(found.forwarded & origin)) == forwarded
    assert (None if found.keyed is None else sorted(found.keyed)) == keyed
    assert (found.forwards_all, found.caches) == (everything, caches)


def _legacy(**values: object) -> dict[str, object]:
    ttl: dict[str, object] = {name: values.pop(name) for name in ("MinTTL", "DefaultTTL", "MaxTTL") if name in values}
    return {"CachePolicyId": None, "ForwardedValues": {"QueryString": False, **values}, **ttl}


@pytest.mark.parametrize(
    ("behavior", "keyed", "caches"),
    [
        (_legacy(), [], True),
        (_legacy(Headers=["Origin"]), ["origin"], True),
        (_legacy(Headers=["*"]), ["*"], False),
        (_legacy(Headers=["Origin"], MaxTTL=0), ["origin"], False),
        (_legacy(MinTTL=0, DefaultTTL=0, MaxTTL=60), [], False),
        (_legacy(MinTTL=1, DefaultTTL=0), [], True),
        (_legacy(Headers={"Ref": "Headers"}), None, True),
    ],
)
def test_legacy_settings(behavior: dict[str, object], keyed: list[str] | None, caches: bool) -> None:
    there = model(behavior)
    written = yaml.safe_load(there.template.document.text)
    del written["Resources"]["Cdn"]["Properties"]["DistributionConfig"]["DefaultCacheBehavior"]["CachePolicyId"]
    found = default(model_of(yaml.safe_dump(written)))
    assert (None if found.keyed is None else sorted(found.keyed)) == keyed
    assert found.caches is caches


@pytest.mark.parametrize(
    ("config", "forwarded", "everything"),
    [
        ({"HeaderBehavior": "none"}, [], False),
        ({"HeaderBehavior": "whitelist", "Headers": ["Origin", "X-A"]}, ["origin", "x-a"], False),
        ({"HeaderBehavior": "allViewer"}, None, True),
        ({"HeaderBehavior": "allExcept", "Headers": ["Host"]}, None, True),
        ({"HeaderBehavior": "allExcept", "Headers": ["origin"]}, None, False),
        ({"HeaderBehavior": "allExcept", "Headers": ["Authorization"]}, None, False),
    ],
)
def test_policies_of_the_template(config: dict[str, object], forwarded: list[str] | None, everything: bool) -> None:
    policy = {
        "Type": "AWS::CloudFront::OriginRequestPolicy",
        "Properties": {"OriginRequestPolicyConfig": {"Name": "p", "HeadersConfig": config}},
    }
    found = default(model({"OriginRequestPolicyId": {"Ref": "Policy"}}, others={"Policy": policy}))
    assert found.forwards_all is everything
    assert found.forwarded is not None
    assert ("origin" in found.forwarded) == (forwarded != [] and config.get("Headers") != ["origin"])
    if forwarded is not None:
        assert sorted(found.forwarded) == forwarded


def test_s3_sees_no_origin_that_is_not_forwarded() -> None:
    assert (asked_first(model()).status, allowed(get(model()))) == (400, None)
    there = model({"OriginRequestPolicyId": CORS_S3})
    assert (asked_first(there).status, allowed(asked_first(there)), allowed(get(there))) == (200, PAGE, PAGE)


def test_what_is_not_forwarded_is_named() -> None:
    assert asked_first(model()).story == (
        "from S3: Origin request header needed; the cache behavior does not forward Origin and "
        "Access-Control-Request-Method"
    )
    assert get(model()).losses == (Loss("Origin", "Store", "*"),)
    assert get(model()).story == "from S3; the cache behavior does not forward Origin"
    assert get(model(store=PLAIN)).losses == (), "the bucket has no CORS to begin with"


def test_code_at_the_edge_leaves_all_open() -> None:
    there = model({"LambdaFunctionAssociations": [{"EventType": "viewer-response", "LambdaFunctionARN": "f"}]})
    assert "at the edge" in get(there).open
    assert "at the edge" in asked_first(there).open
    assert not default(model({"LambdaFunctionAssociations": [], "FunctionAssociations": {"Ref": "AWS::NoValue"}})).edge


def test_a_custom_page_takes_the_place_of_an_error() -> None:
    pages = [{"ErrorCode": 403, "ResponseCode": 200, "ResponsePagePath": "/index.html"}, {"ErrorCode": 404}]
    there = model(CustomErrorResponses=pages)
    assert only(there).error_pages == {403}
    assert "takes the place of 403" in respond(there, only(there), asks("/a"), "403").open
    assert respond(there, only(there), asks("/a"), "404").status == 404


# -- what is kept -----------------------------------------------------------------------------------------------------


def test_a_copy_that_all_origins_share_is_for_whoever_asked_first() -> None:
    there = model({"CachePolicyId": OPTIMIZED, "OriginRequestPolicyId": CORS_S3})
    sent = get(there).header(ALLOW_ORIGIN)
    assert sent is not None
    assert (sent.text, sent.shared) == (None, True)
    assert allowed(asked_first(there)) == PAGE, "OPTIONS is not kept unless CachedMethods says so"
    kept = model({"CachePolicyId": OPTIMIZED, "OriginRequestPolicyId": CORS_S3, "CachedMethods": READ})
    assert asked_first(kept).is_shared


def test_what_is_the_same_for_all_is_kept_without_doubt() -> None:
    anybody = copy.deepcopy(STORE)
    anybody["Properties"]["CorsConfiguration"]["CorsRules"][0]["AllowedOrigins"] = ["*"]
    behavior = {"CachePolicyId": OPTIMIZED, "OriginRequestPolicyId": CORS_S3}
    assert allowed(get(model(behavior, store=anybody))) is None, "S3 sends nothing to a request without Origin"
    assert allowed(get(model(behavior | {"ResponseHeadersPolicyId": SIMPLE_CORS}, store=anybody))) == "*"


# -- the response headers policy --------------------------------------------------------------------------------------


def test_a_policy_replaces_or_fills() -> None:
    forwarding = {"OriginRequestPolicyId": CORS_S3, "ResponseHeadersPolicyId": {"Ref": "Headers"}}
    anybody = headers_policy(AccessControlAllowOrigins={"Items": ["*"]})
    assert allowed(get(model(forwarding, others={"Headers": anybody}))) == "*"
    anybody["Properties"]["ResponseHeadersPolicyConfig"]["CorsConfig"]["OriginOverride"] = False
    assert allowed(get(model(forwarding, others={"Headers": anybody}))) == PAGE
    assert allowed(get(model(forwarding, store=PLAIN, others={"Headers": anybody}))) == "*"


def test_preflight_headers_come_with_preflights_only() -> None:
    there = model({"ResponseHeadersPolicyId": {"Ref": "Headers"}}, others={"Headers": headers_policy()})
    first, then = asked_first(there), get(there)
    assert first.status == 400, "the policy adds headers, the bucket answers"
    assert [first.header(name).text for name in (ALLOW_METHODS, ALLOW_HEADERS)] == ["GET, PUT", "X-Key"]  # type: ignore[union-attr]
    assert then.header(ALLOW_METHODS) is None
    assert allowed(then) == PAGE


def test_an_origin_that_the_policy_does_not_name_gets_nothing() -> None:
    there = model({"ResponseHeadersPolicyId": {"Ref": "Headers"}}, others={"Headers": headers_policy()})
    assert allowed(get(there, origin="https://b.example")) is None


def test_all_stands_for_every_method() -> None:
    policy = headers_policy(AccessControlAllowMethods={"Items": ["ALL"]})
    sent = asked_first(model({"ResponseHeadersPolicyId": {"Ref": "P"}}, others={"P": policy})).header(ALLOW_METHODS)
    assert sent is not None
    assert sent.text == "DELETE, GET, HEAD, OPTIONS, PATCH, POST, PUT"


def test_managed_policies() -> None:
    there = model({"ResponseHeadersPolicyId": WITH_PREFLIGHT, "OriginRequestPolicyId": CORS_S3}, store=PLAIN)
    assert [policy.what for policy in only(there).policies] == ["the managed policy CORS-With-Preflight"]
    assert allowed(get(there)) == "*"
    sent = {each.name: each.text for each in asked_first(there).headers}
    assert sent == {
        "Access-Control-Allow-Origin": "*",
        "Access-Control-Allow-Methods": "DELETE, GET, HEAD, OPTIONS, PATCH, POST, PUT",
        "Access-Control-Expose-Headers": "*",
    }, "all three, and no Allow-Headers"
    assert [each.name for each in get(there).headers] == ["Access-Control-Allow-Origin"], "others: this one alone"
    assert there.policies == (), "nobody can change it here"


def test_a_policy_that_cannot_be_seen_leaves_the_headers_open() -> None:
    there = model({"ResponseHeadersPolicyId": {"Ref": "Parameter"}})
    assert default(there).opaque_policy
    assert any("cannot be read here" in reason.text for reason in get(there).unknown)


@pytest.mark.parametrize("section", ["CustomHeadersConfig", "RemoveHeadersConfig"])
def test_a_policy_may_set_or_remove_cors_headers_by_name(section: str) -> None:
    def with_header(name: str) -> Model:
        config = {"Name": "p", section: {"Items": [{"Header": name, "Value": "*", "Override": True}]}}
        policy = {
            "Type": "AWS::CloudFront::ResponseHeadersPolicy",
            "Properties": {"ResponseHeadersPolicyConfig": config},
        }
        return model({"ResponseHeadersPolicyId": {"Ref": "Headers"}}, others={"Headers": policy})

    assert default(with_header("Access-Control-Allow-Origin")).opaque_policy
    assert not default(with_header("Cache-Control")).opaque_policy


@pytest.mark.parametrize(
    ("pattern", "origin", "matches"),
    [
        ("*.example.org", "https://a.example.org", True),
        ("*.example.org", "http://a.b.example.org", True),
        ("*.example.org", "https://example.org", False),
        ("*.example.org", "https://a.example.orgs", False),
        ("https://*.example.org", "https://a.example.org", True),
        ("https://*.example.org", "http://a.example.org", False),
        ("a.example.org", "https://a.example.org", True),
        ("https://a.example.org", "https://a-example.org", False),
    ],
)
def test_origins_of_policies(pattern: str, origin: str, matches: bool) -> None:
    assert covers(pattern, origin) is matches


# -- odd input --------------------------------------------------------------------------------------------------------

ODD: tuple[object, ...] = (
    None,
    True,
    7,
    "x",
    [],
    {},
    [[]],
    [None],
    {"Ref": "X"},
    {"Fn::If": ["A"]},
    {"Fn::GetAtt": [1]},
)


def _places(node: Any, path: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    parts = list(node.items()) if isinstance(node, dict) else list(enumerate(node)) if isinstance(node, list) else []
    return (
        [path, *(place for key, value in parts for place in _places(value, (*path, key)))]
        if path
        else [place for key, value in parts for place in _places(value, (key,))]
    )


def test_odd_types_anywhere_are_survived() -> None:
    """Every value of a distribution with all kinds of settings, replaced by every odd one."""
    behaviors = [
        {"PathPattern": "a/*", "TargetOriginId": "store", **_legacy(Headers=["Origin"], MinTTL=0)},
        {"PathPattern": "b/*", "TargetOriginId": "store", "CachePolicyId": OPTIMIZED, "CachedMethods": READ},
        {"PathPattern": "c/*", "TargetOriginId": "group", "CachePolicyId": OPTIMIZED, "FunctionAssociations": []},
    ]
    there = model(
        {"ResponseHeadersPolicyId": {"Ref": "Headers"}, "OriginRequestPolicyId": CORS_S3},
        origin={
            "OriginPath": "/x",
            "OriginAccessControlId": {"Ref": "Access"},
            "OriginCustomHeaders": [{"HeaderName": "Origin", "HeaderValue": PAGE}],
        },
        others={
            "Headers": headers_policy(AccessControlExposeHeaders={"Items": ["ETag"]}, AccessControlMaxAgeSec=5),
            "Access": {
                "Type": "AWS::CloudFront::OriginAccessControl",
                "Properties": {"OriginAccessControlConfig": {"SigningBehavior": "always"}},
            },
        },
        OriginGroups=_group(),
        CacheBehaviors=behaviors,
        CustomErrorResponses=[{"ErrorCode": 404, "ResponsePagePath": "/x"}],
    )
    written = yaml.safe_load(there.template.document.text)
    places = [p for p in _places(written["Resources"]) if "Properties" in p and p[-1] != "Properties"]
    drawn = random.Random(7)
    for place in places:
        for odd in drawn.sample(ODD, 3):
            changed = copy.deepcopy(written)
            here = changed["Resources"]
            for key in place[:-1]:
                here = here[key]
            here[place[-1]] = odd
            _ask_everything(model_of(yaml.safe_dump(changed)))


def _ask_everything(there: Model) -> None:
    from cfncors.checks.cdn_forwarding import cdn_cors_cached
    from cfncors.checks.storage_cdn import cdn_options_refused

    for distribution in there.distributions:
        for path in ("/a/x", "/b/x", "/c/x", "/x"):
            for request in (asks(path), preflight(path)):
                respond(there, distribution, request)
        for method in distribution.methods:
            client_errors(there, distribution, method)
    facts = Facts(there)
    for check in (cdn_cors_cached, cdn_options_refused):
        assert all(finding.resources == ("Cdn",) for finding in check(facts))


@needs_shared
def test_real_distributions_answer() -> None:
    found = 0
    for path in corpus():
        if b"AWS::CloudFront::Distribution" not in path.read_bytes():
            continue
        there = model_in(path)
        assert there is not None
        for distribution in there.distributions:
            found += 1
            assert distribution.complete
            for method in distribution.methods:
                assert respond(there, distribution, asks(method.path, method.verb)).status in (200, 403)
    assert found == 3
