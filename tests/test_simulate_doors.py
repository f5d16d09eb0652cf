"""Simulations of HTTP APIs, function URLs, buckets and distributions: cells, pages, deployments, words."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cfncors.cli import main
from cfncors.errors import UsageError
from cfncors.facts import Facts
from cfncors.gateway.pages import Pages, fitting
from cfncors.proof import prove
from cfncors.report import simulation_html, simulation_json, simulation_text
from cfncors.report.simulation import KINDS, Outcome, Simulation
from cfncors.report.terminal import Style, columns
from cfncors.verdicts import options, simulate
from tests.gateway.templates import model_of
from tests.shared import ROOT

SHOP = ROOT / "fixtures" / "simulate" / "shop.yaml"
TEXT = SHOP.read_text(encoding="utf-8")
PAGE = "https://shop.example.com"
EXAMPLE = "https://app.example.com"


def cells(simulation: Simulation, api: str, route: str, origin: str | None = None) -> list[Outcome]:
    """The verdicts of a route of a front door, in the order of the columns."""
    visits = [visit for visit in simulation.visits if origin in (None, visit.origin)]
    found = [each for visit in visits for each in visit.routes if (each.api, each.name) == (api, route)]
    assert len(found) == 1, [(visit.origin, each.api, each.name) for visit in visits for each in visit.routes]
    return [case.verdict for case in found[0].cases]


def bucket(rules: str, resources: str = "", head: str = "") -> str:
    """A template with a bucket."""
    properties = f"{{CorsConfiguration: {{CorsRules: {rules}}}}}"
    return f"{head}\nResources:\n  B: {{Type: AWS::S3::Bucket, Properties: {properties}}}\n{resources}"


def http_api(cors: str, head: str = "", route: str = "PUT /a") -> str:
    """A template with an HTTP API of one route."""
    return f"""{head}
Resources:
  H: {{Type: AWS::ApiGatewayV2::Api, Properties: {{Name: h, ProtocolType: HTTP, CorsConfiguration: {cors}}}}}
  R:
    Type: AWS::ApiGatewayV2::Route
    Properties: {{ApiId: !Ref H, RouteKey: {route}, Target: !Sub "integrations/${{I}}"}}
  I:
    Type: AWS::ApiGatewayV2::Integration
    Properties: {{ApiId: !Ref H, IntegrationType: AWS_PROXY, IntegrationUri: f}}
"""


def cors(origin: str) -> str:
    """The configuration of an HTTP API for one page."""
    return f"{{AllowOrigins: ['{origin}'], AllowMethods: [PUT], AllowHeaders: [content-type]}}"


def rule(origins: str) -> str:
    """A rule of a bucket for uploads."""
    return f"{{AllowedOrigins: {origins}, AllowedMethods: [PUT], AllowedHeaders: ['*']}}"


# -- cells ------------------------------------------------------------------------------------------------------------


def test_every_front_door_of_a_template_has_its_routes() -> None:
    found = simulate(model_of(TEXT))
    doors = {route.api: route.front_door for visit in found.visits for route in visit.routes}
    assert doors == {"Orders": "http", "ReportsUrl": "url", "Uploads": "s3", "Site": "cdn"}
    assert cells(found, "Orders", "PUT /orders/{id}") == ["allowed"] * 4
    assert cells(found, "ReportsUrl", "ANY /{proxy+}") == ["not-needed", "allowed", "allowed", "allowed"]
    assert cells(found, "Uploads", "PUT /{key+}") == ["allowed"] * 4
    assert cells(found, "Site", "PUT /{key+}") == ["allowed"] * 4
    assert cells(found, "Site", "PUT /orders/{id}") == ["blocked"] * 4


def test_a_distribution_asks_what_is_behind_it() -> None:
    """Its behavior lets the preflight pass: then the HTTP API answers it, here for another page."""
    text = TEXT.replace(
        "AllowedMethods: [GET, HEAD]\n", "AllowedMethods: [GET, HEAD, OPTIONS, PUT, POST, PATCH, DELETE]\n"
    )
    assert cells(simulate(model_of(text)), "Site", "PUT /orders/{id}") == ["allowed"] * 4
    stranger = simulate(model_of(text), options(["https://other.example.net"]))
    assert cells(stranger, "Site", "PUT /orders/{id}") == ["blocked"] * 4
    assert "from API Gateway" in stranger.visits[0].routes[-2].cases[0].reply.what


def test_a_bucket_has_nothing_to_say_about_credentials() -> None:
    """A page without cookies may read a rule for everybody, beside one for a named page."""
    rules = "[{AllowedOrigins: ['https://a.example.com', '*'], AllowedMethods: [GET]}]"
    found = simulate(model_of(bucket(rules)))
    assert [(visit.origin, visit.credentials) for visit in found.visits] == [("https://a.example.com", False)]
    assert cells(found, "B", "GET /{key+}")[1] == "allowed"
    asked = simulate(model_of(bucket(rules)), options(credentials=True))
    assert cells(asked, "B", "GET /{key+}")[1] == "blocked"


def test_without_cors_the_function_decides_and_the_services_errors_cannot_be_read() -> None:
    text = http_api("!Ref AWS::NoValue", route="GET /a")
    assert cells(simulate(model_of(text)), "H", "GET /a") == ["not-needed", "depends", "blocked", "blocked"]


def test_credentials_are_sent_where_the_configuration_allows_them() -> None:
    said = "{AllowOrigins: ['*'], AllowMethods: [PUT], AllowHeaders: [content-type], AllowCredentials: true}"
    found = simulate(model_of(http_api(said)))
    assert [(visit.origin, visit.credentials) for visit in found.visits] == [(EXAMPLE, True)]
    assert cells(found, "H", "PUT /a")[0] == "blocked"


# -- pages ------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("pattern", "origins"),
    [
        ("*", []),
        ("https://*", [EXAMPLE]),
        ("http://*", ["http://app.example.com"]),
        ("https://*.example.com", [EXAMPLE]),
        ("*.example.org", ["https://app.example.org"]),
        ("https://dev-*.example.com", ["https://dev-app.example.com"]),
        ("http://localhost:*", ["http://localhost:3000"]),
        ("*://www.example.com", ["https://www.example.com"]),
        ("https://*example.com:8443", ["https://appexample.com:8443"]),
        ("https://**", []),
    ],
)
def test_a_pattern_is_called_by_a_page_that_fits_it(pattern: str, origins: list[str]) -> None:
    assert list(fitting(pattern)) == origins


def test_pages_that_fit_a_pattern_are_examples_and_those_that_are_named_are_not() -> None:
    rules = "[{AllowedOrigins: ['https://*.example.com', 'https://shop.example.net'], AllowedMethods: [GET]}]"
    found = simulate(model_of(bucket(rules)))
    assert {visit.origin: visit.example for visit in found.visits} == {EXAMPLE: True, "https://shop.example.net": False}
    told = simulate(model_of(bucket(rules)), options([EXAMPLE]))
    assert [visit.example for visit in told.visits] == [False]


def test_each_rule_of_a_bucket_is_met_by_its_own_pages() -> None:
    """The page that may write is not asked to be the page that reads."""
    rules = (
        "[{AllowedOrigins: ['https://admin.example.com'], AllowedMethods: [PUT], AllowedHeaders: ['*']},"
        " {AllowedOrigins: ['https://www.example.com'], AllowedMethods: [GET]}]"
    )
    found = simulate(model_of(bucket(rules)))
    rows = {(visit.origin, route.name) for visit in found.visits for route in visit.routes}
    assert rows == {("https://admin.example.com", "PUT /{key+}"), ("https://www.example.com", "GET /{key+}")}
    assert not found.blocked


def test_the_pages_of_a_distribution_are_those_of_its_policy_or_of_what_is_behind_it() -> None:
    def pages(override: str) -> tuple[str, ...]:
        policy = f"""
  Headers:
    Type: AWS::CloudFront::ResponseHeadersPolicy
    Properties:
      ResponseHeadersPolicyConfig:
        Name: h
        CorsConfig:
          AccessControlAllowOrigins: {{Items: [https://cdn.example.com]}}
          AccessControlAllowMethods: {{Items: [GET, PUT]}}
          AccessControlAllowHeaders: {{Items: [content-type]}}
          AccessControlAllowCredentials: true
          OriginOverride: {override}
"""
        attached = "          ResponseHeadersPolicyId: !Ref Headers\n        CacheBehaviors:"
        model = model_of(TEXT.replace("        CacheBehaviors:", attached) + policy)
        site = next(door for door in model.doors if door.logical_id == "Site")
        method = next(method for method in site.methods if method.path == "/{key+}")
        who = Pages(model, site)
        assert who.credentials(method), "the policy allows them, whoever's headers win"
        return who.origins(method)

    assert pages("true") == ("https://cdn.example.com",)
    assert pages("false") == (EXAMPLE,)


# -- deployments ------------------------------------------------------------------------------------------------------

STAGES = """
Parameters: {Stage: {Type: String, AllowedValues: [dev, prod], Default: dev}}
Conditions: {IsProd: !Equals [!Ref Stage, prod]}"""


PROD, DEV = "https://prod.example.com", "https://dev.example.com"


@pytest.mark.parametrize(
    "text",
    [
        http_api(cors("X").replace("'X'", "!Sub 'https://${Stage}.example.com'"), STAGES),
        http_api(f"!If [IsProd, {cors(PROD)}, {cors(DEV)}]", STAGES),
        bucket(f"[{rule(f'!If [IsProd, [{PROD!r}], [{DEV!r}]]')}]", head=STAGES),
        bucket(f"!If [IsProd, [{rule(f'[{PROD!r}]')}], [{rule(f'[{DEV!r}]')}]]", head=STAGES),
    ],
    ids=["http-sub", "http-if", "s3-values", "s3-rules"],
)
def test_each_deployment_is_met_by_its_own_pages(text: str) -> None:
    found = simulate(model_of(text))
    assert {visit.origin for visit in found.visits} == {DEV, PROD}
    assert not found.blocked
    assumed = {visit.origin: set(visit.routes[0].cases[0].assumes) for visit in found.visits}
    assert assumed[PROD] == {"Stage=prod"}
    other = simulate(model_of(text), options([PROD]))
    case = other.visits[0].routes[0].cases[0]
    assert case.verdict == "blocked"
    assert "Stage=dev" in case.when
    assert not simulate(model_of(text), options([PROD], parameters=["Stage=prod"])).blocked


def test_a_front_door_of_one_deployment_is_simulated_there() -> None:
    text = bucket("[{AllowedOrigins: ['*'], AllowedMethods: [GET]}]", head=STAGES)
    conditional = text.replace("{Type: AWS::S3::Bucket,", "{Type: AWS::S3::Bucket, Condition: IsProd,")
    assert simulate(model_of(conditional)).visits
    assert simulate(model_of(conditional), options(parameters=["Stage=dev"])).visits == ()


# -- what is left out -------------------------------------------------------------------------------------------------


def test_a_websocket_api_is_named_and_left_out() -> None:
    found = simulate(
        model_of("Resources: {Chat: {Type: AWS::ApiGatewayV2::Api, Properties: {Name: c, ProtocolType: WEBSOCKET}}}")
    )
    assert [tuple(each) for each in found.incomplete] == [
        ("Chat", "it is a WebSocket API, which browsers open without CORS")
    ]
    assert "Chat is not simulated: it is a WebSocket API" in simulation_text.render(found, Style())


def test_a_bucket_whose_rules_cannot_be_seen_is_named_and_left_out() -> None:
    found = simulate(model_of(bucket("{Fn::Transform: {Name: Rules}}")))
    assert ([each.api for each in found.incomplete], found.visits) == (["B"], ())


SIGNED = """
Resources:
  Url:
    Type: AWS::Lambda::Url
    Properties:
      TargetFunctionArn: arn:aws:lambda:eu-west-1:123456789012:function:search
      AuthType: AWS_IAM
      Cors: {AllowOrigins: [https://app.example.com], AllowMethods: [GET, POST], AllowHeaders: [content-type]}
  Cdn:
    Type: AWS::CloudFront::Distribution
    Properties:
      DistributionConfig:
        Origins:
          - Id: url
            DomainName: !Select [2, !Split ["/", !GetAtt Url.FunctionUrl]]
            OriginAccessControlId: E2QWRUHAPOMQZL
        DefaultCacheBehavior:
          TargetOriginId: url
          AllowedMethods: [GET, HEAD, OPTIONS, PUT, PATCH, POST, DELETE]
          CachePolicyId: 4135ea2d-6df8-44a3-9df3-4b5a84be39ad
          OriginRequestPolicyId: b689b0a8-53d0-40ab-baf2-68738e2966ac
"""


def test_a_function_url_that_cloudfront_signs_for_is_called_through_it() -> None:
    """Its pages send no signature, so that their preflights name none, but the hash of what they send."""
    (posting,) = simulate(model_of(SIGNED)).visits
    assert "does not allow x-amz-content-sha256" in posting.routes[0].case("preflight").reason
    found = simulate(model_of(SIGNED.replace("[content-type]", "[content-type, x-amz-content-sha256]")))
    assert [(each.api, each.reason) for each in found.incomplete] == [
        ("Url", "only CloudFront calls it, which signs; pages call the distribution in front of it")
    ]
    (visit,) = found.visits
    assert [(route.api, route.case("preflight").verdict) for route in visit.routes] == [("Cdn", "allowed")]
    unsigned = simulate(model_of(SIGNED.replace("OriginAccessControlId: E2QWRUHAPOMQZL", "OriginAccessControlId: ''")))
    assert unsigned.incomplete == ()
    assert {route.case("preflight").verdict for visit in unsigned.visits for route in visit.routes} == {"blocked"}


def test_a_path_is_looked_for_at_every_front_door() -> None:
    """A function URL takes any path, a bucket has any key, and so has a distribution in front of it."""
    found = simulate(model_of(TEXT), options(path="/orders/7"))
    assert {(route.api, route.name) for visit in found.visits for route in visit.routes} == {
        ("Orders", "PUT /orders/{id}"),
        ("ReportsUrl", "ANY /{proxy+}"),
        ("Uploads", "PUT /{key+}"),
        ("Site", "PUT /orders/{id}"),
    }


def test_a_path_that_no_front_door_has_names_those_that_are_there() -> None:
    with pytest.raises(UsageError, match="no route for /b; there are PUT /a"):
        simulate(model_of(http_api("{AllowOrigins: ['*']}")), options(path="/b"))


# -- words ------------------------------------------------------------------------------------------------------------


def test_the_text_says_what_each_front_door_is_and_fits(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["simulate", str(SHOP)]) == 0
    out = " ".join(capsys.readouterr().out.split())
    assert "PUT /orders/{id} of Site: closed, for nothing in the template or its code says" in out, (
        "its own pages call it"
    )
    assert "Pages of https://app.example.com, without credentials (an example)" in out
    assert main(["simulate", str(SHOP), "--origin", "https://shop.example.com"]) == 1
    out = capsys.readouterr().out
    assert max(sum(map(columns, line)) for line in out.splitlines()) <= 80
    assert "Orders · HTTP API   preflight   success     4XX         5XX\n" in out
    assert "PUT /orders/{id}    ✓ 204 ~     ✓ any       ✓ 429 ~     ✓ 500 ~\n" in out
    assert "ReportsUrl · function URL preflight" in out
    assert "Uploads · bucket" in out
    assert (
        "✗ preflight 403 from CloudFront: the cache behavior does not allow OPTIONS\n  on PUT /orders/{id} of Site\n"
        in out
    )


def test_a_doubt_about_several_columns_is_said_once(capsys: pytest.CaptureFixture[str]) -> None:
    main(["simulate", str(SHOP), "--origin", EXAMPLE])
    out = capsys.readouterr().out
    assert "~ 4XX, 5XX\n  on PUT /{key+} of Uploads, PUT /{key+} of Site\n" in out
    assert out.count("whether S3 sends CORS headers with an error is not documented") == 1


def test_json_and_html_name_the_front_doors() -> None:
    found = simulate(model_of(TEXT), options([PAGE], credentials=False))
    data: dict[str, Any] = json.loads(simulation_json.render(found))
    assert {route["front_door"] for route in data["routes"]} == {"http", "url", "s3", "cdn"}
    page = simulation_html.render(found)
    assert all(f" · {KINDS[name]}</th>" in page for name in ("http", "url", "s3", "cdn"))
    assert "<span>any</span><small>readable</small>" in page


# -- the proof of a fix -----------------------------------------------------------------------------------------------


def test_what_opens_at_every_front_door_is_said() -> None:
    """The HTTP API itself, and the distribution in front of it."""
    opened = TEXT.replace(
        "AllowedMethods: [GET, HEAD]\n", "AllowedMethods: [GET, HEAD, OPTIONS, PUT, POST, PATCH, DELETE]\n"
    )
    closed = opened.replace("AllowMethods: [GET, PUT]", "AllowMethods: [GET]")
    proof = prove(Facts(model_of(closed)), Facts(model_of(opened)), ())
    for door in ("Orders", "Site"):
        assert f"preflight of PUT /orders/{{id}} of {door}: blocked → passes for {PAGE}" in proof.changes
    assert proof.objection is None
    back = prove(Facts(model_of(opened)), Facts(model_of(closed)), ())
    assert back.objection == f"a browser would no longer pass this: preflight of PUT /orders/{{id}} for {PAGE}"


def test_what_closes_at_a_bucket_is_an_objection() -> None:
    one = bucket("[{AllowedOrigins: ['https://a.example.com'], AllowedMethods: [PUT], AllowedHeaders: ['*']}]")
    other = one.replace("AllowedHeaders: ['*']", "AllowedHeaders: [x-other]")
    assert prove(Facts(model_of(one)), Facts(model_of(other)), ()).objection == (
        "a browser would no longer pass this: preflight of PUT /{key+} for https://a.example.com"
    )


# -- odd input --------------------------------------------------------------------------------------------------------

ODD = st.sampled_from(
    ("null", "true", "7", "text", "''", "[]", "{}", "[[]]", "[{}]", "[null]", "[7, true]", "{A: {B: [c]}}", "!Ref X",
     "!Sub '${X}'", "!If [C, [a], b]", "!If [C]", "!GetAtt [A, B]", "{Fn::Transform: {Name: T}}", "['*', 'https://*']")
)  # fmt: skip


@given(ODD, st.integers(0, 60))
@settings(max_examples=120, deadline=None)
def test_values_of_the_wrong_type_never_stop_a_simulation(value: str, number: int) -> None:
    """Each value of the template in turn is something else."""
    lines = TEXT.splitlines()
    keyed = [index for index, line in enumerate(lines) if ": " in line and not line.lstrip().startswith("#")]
    at = keyed[number % len(keyed)]
    lines[at] = f"{lines[at].partition(': ')[0]}: {value}"
    text = "\n".join(lines) + "\n"
    try:
        model = model_of(text)
    except (AssertionError, ValueError):
        return  # no template any more
    found = simulate(model)
    simulation_text.render(found, Style())
    simulation_html.render(found)
