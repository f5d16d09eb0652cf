"""``serve`` for HTTP APIs, function URLs, buckets and distributions, over HTTP."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from cfncors.errors import UsageError
from cfncors.serve import Choice, Watched, greeting
from cfncors.serve.deployment import deploy
from cfncors.serve.matrix import matrix
from tests.serve.local import Answer, Local, serving
from tests.shared import ROOT

SHOP = ROOT / "fixtures" / "simulate" / "shop.yaml"
PAGE = "https://shop.example.com"
#: What S3 says the answers depend on, on every answer that has CORS headers.
VARY = "Origin, Access-Control-Request-Headers, Access-Control-Request-Method"


@pytest.fixture(scope="module")
def shop() -> Iterator[Local]:
    with serving(SHOP) as local:
        yield local


@pytest.fixture(scope="module")
def buckets(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Local]:
    """Buckets as S3's CORS was recorded against AWS with."""
    path = tmp_path_factory.mktemp("buckets") / "template.yaml"
    path.write_text(
        """\
Resources:
  Named:
    Type: AWS::S3::Bucket
    Properties:
      CorsConfiguration:
        CorsRules:
          - AllowedOrigins: [https://one.example.com, "http://*.example.net"]
            AllowedMethods: [GET, PUT]
            AllowedHeaders: [Content-Type, x-amz-*]
            ExposedHeaders: [ETag, x-amz-request-id]
            MaxAge: 3000
          - AllowedOrigins: [https://two.example.com]
            AllowedMethods: [DELETE]
  Any:
    Type: AWS::S3::Bucket
    Properties:
      CorsConfiguration:
        CorsRules:
          - {AllowedOrigins: ["*"], AllowedMethods: [GET], AllowedHeaders: ["*"]}
""",
        encoding="utf-8",
    )
    with serving(path) as local:
        yield local


def cors(answer: Answer) -> tuple[int, dict[str, str]]:
    return answer.status, answer.cors


# -- buckets ----------------------------------------------------------------------------------------------------------


def test_a_preflight_of_a_bucket_is_answered_by_the_first_rule_that_fits(buckets: Local) -> None:
    answer = buckets.preflight("/Named/photos/cat.jpg", "PUT", "Content-Type,X-Amz-Date", "https://one.example.com")
    assert cors(answer) == (
        200,
        {
            "allow-origin": "https://one.example.com",
            "allow-credentials": "true",
            "allow-methods": "GET, PUT",
            "allow-headers": "content-type, x-amz-date",
            "expose-headers": "ETag, x-amz-request-id",
            "max-age": "3000",
        },
    )
    assert dict(answer.headers)["vary"] == VARY


@pytest.mark.parametrize(
    ("origin", "method", "asked", "status"),
    [
        ("https://one.example.com", "GET", "", 200),
        ("https://one.example.com", "PUT", "content-type", 200),
        ("https://one.example.com", "PUT", "CONTENT-TYPE, x-amz-acl", 200),
        ("https://one.example.com", "PUT", "x-other", 403),
        ("https://one.example.com", "DELETE", "", 403),
        ("https://two.example.com", "DELETE", "", 200),
        ("https://two.example.com", "DELETE", "x-any", 403),
        ("https://two.example.com", "GET", "", 403),
        ("http://a.b.example.net", "GET", "", 200),
        ("http://.example.net", "GET", "", 403),
        ("http://a.example.net.evil.example", "GET", "", 403),
        ("https://a.example.net", "GET", "", 403),
        ("https://ONE.example.com", "GET", "", 403),
        ("https://one.example.com:8443", "GET", "", 403),
    ],
)
def test_what_matches_a_rule(buckets: Local, origin: str, method: str, asked: str, status: int) -> None:
    answer = buckets.preflight("/Named/key", method, asked, origin)
    assert answer.status == status
    assert answer.cors.get("allow-origin") == (origin if status == 200 else None)


def test_any_origin_gets_a_star_without_credentials(buckets: Local) -> None:
    answer = buckets.preflight("/Any/key", "GET", "x-one, X-Two", "https://anyone.example")
    assert cors(answer) == (200, {"allow-origin": "*", "allow-methods": "GET", "allow-headers": "x-one, x-two"})


def test_a_preflight_without_origin_is_a_bad_request(buckets: Local) -> None:
    answer = buckets.ask("OPTIONS", "/Named/key", {"Access-Control-Request-Method": "GET"})
    assert cors(answer) == (400, {})


def test_s3_never_blocks_a_request_it_leaves_the_headers_out(buckets: Local) -> None:
    allowed = buckets.ask("GET", "/Named/key", {"Origin": "https://one.example.com", "X-Other": "1"})
    assert (allowed.status, allowed.cors["allow-origin"]) == (200, "https://one.example.com")
    assert cors(buckets.ask("GET", "/Named/key", {"Origin": "https://evil.example"})) == (200, {})
    without = buckets.ask("GET", "/Named/key")
    assert cors(without) == (200, {})
    assert "vary" not in dict(without.headers)


def test_the_method_that_a_request_names_counts_even_on_a_get(buckets: Local) -> None:
    headers = {"Origin": "https://one.example.com", "Access-Control-Request-Method": "DELETE"}
    assert cors(buckets.ask("GET", "/Named/key", headers)) == (200, {})


def test_an_error_of_s3_is_forced_by_its_status(buckets: Local) -> None:
    answer = buckets.ask("GET", "/~403/Named/key", {"Origin": "https://one.example.com"})
    assert (answer.status, answer.cors["allow-origin"]) == (403, "https://one.example.com")
    assert answer.json["cfncors"]["confidence"] == "inferred"
    assert answer.json["cfncors"]["doubts"] == ["whether S3 sends CORS headers with an error is not documented"]


# -- HTTP APIs and function URLs --------------------------------------------------------------------------------------


def test_an_http_api_answers_preflights_itself(shop: Local) -> None:
    allowed = shop.preflight("/Orders/orders/7", "PUT", "content-type", PAGE)
    assert 200 <= allowed.status <= 299
    assert allowed.cors == {"allow-origin": PAGE, "allow-methods": "GET,PUT", "allow-headers": "content-type"}
    assert shop.preflight("/Orders/orders/7", "PUT", "content-type", "https://evil.example").cors == {}


def test_a_function_behind_an_http_api_gives_the_status_and_not_the_headers(shop: Local) -> None:
    answer = shop.ask("PUT", "/Orders/orders/7", {"Origin": PAGE}, "{}")
    assert cors(answer) == (200, {"allow-origin": PAGE})
    assert "x-cfncors-assumed" not in dict(answer.headers)
    assert cors(shop.ask("PUT", "/~418/Orders/orders/7", {"Origin": PAGE}, "{}")) == (418, {"allow-origin": PAGE})
    assert shop.ask("GET", "/Orders/nothing", {"Origin": PAGE}).status == 404


def test_a_function_url_takes_every_path(shop: Local) -> None:
    for path in ("/ReportsUrl", "/ReportsUrl/", "/ReportsUrl/2024/may"):
        answer = shop.ask("GET", path, {"Origin": PAGE})
        assert cors(answer) == (200, {"allow-origin": PAGE, "allow-credentials": "true"}), path
    assert shop.ask("GET", "/~502/ReportsUrl/", {"Origin": PAGE}).status == 502


GUARDED = """\
Transform: AWS::Serverless-2016-10-31
Resources:
  H:
    Type: AWS::Serverless::HttpApi
    Properties:
      CorsConfiguration: {AllowOrigins: [https://shop.example.com], AllowMethods: [GET], AllowHeaders: [authorization]}
      Auth:
        DefaultAuthorizer: Users
        Authorizers:
          Users:
            IdentitySource: $request.header.Authorization
            JwtConfiguration: {issuer: "https://issuer.example.com", audience: [shop]}
  F:
    Type: AWS::Serverless::Function
    Properties:
      Handler: f.handler
      Runtime: python3.13
      CodeUri: src/
      FunctionUrlConfig: {AuthType: AWS_IAM}
      Events:
        List: {Type: HttpApi, Properties: {ApiId: !Ref H, Path: /orders, Method: get}}
"""


def test_what_a_front_door_demands_is_demanded(tmp_path: Path) -> None:
    path = tmp_path / "template.yaml"
    path.write_text(GUARDED, encoding="utf-8")
    with serving(path) as local:
        assert local.ask("GET", "/H/orders", {"Origin": PAGE}).status == 401
        assert local.ask("GET", "/H/orders", {"Origin": PAGE, "Authorization": "x"}).status == 200
        assert local.ask("GET", "/FUrl/", {"Origin": PAGE}).status == 403
        assert local.ask("GET", "/FUrl/", {"Origin": PAGE, "Authorization": "x"}).status == 200
        assert local.preflight("/H/orders", "GET", "authorization", PAGE).status == 204


def test_an_outcome_that_a_front_door_does_not_have_is_told(shop: Local) -> None:
    answer = shop.ask("PUT", "/~TEAPOT/Orders/orders/7", {"Origin": PAGE})
    assert answer.status == 400
    assert answer.json["message"] == "no outcome is named 'TEAPOT'; write a status from 200 to 599"


def test_the_name_of_an_outcome_is_looked_for_at_the_route_that_a_preflight_asks_for(shop: Local) -> None:
    headers = {"Origin": PAGE, "Access-Control-Request-Method": "PUT"}
    assert shop.ask("OPTIONS", "/~429/Orders/orders/7", headers).status == 204
    assert shop.ask("OPTIONS", "/~TEAPOT/Orders/orders/7", headers).status == 400


def test_a_body_that_is_too_large_is_not_read(shop: Local) -> None:
    import http.client

    connection = http.client.HTTPConnection("127.0.0.1", shop.server.port, timeout=10)
    connection.putrequest("PUT", "/Orders/orders/7")
    connection.putheader("Content-Length", str(10 * 1024 * 1024 + 1))
    connection.endheaders()
    response = connection.getresponse()
    assert (response.status, response.getheader("connection")) == (413, "close")
    assert b"reads no more than 10 MB" in response.read()
    connection.close()


# -- distributions ----------------------------------------------------------------------------------------------------


def test_a_distribution_asks_the_bucket_behind_it(shop: Local) -> None:
    """What reaches the bucket decides: Origin and the request's questions are forwarded."""
    answer = shop.preflight("/Site/photos/cat.jpg", "PUT", "content-type", "https://a.example.com")
    assert answer.status == 200
    assert answer.cors["allow-origin"] == "https://a.example.com"
    assert shop.preflight("/Site/photos/cat.jpg", "PUT", "content-type", "https://a.example.net").status == 403


def test_a_behavior_that_lets_no_options_pass_refuses_the_preflight(shop: Local) -> None:
    answer = shop.preflight("/Site/orders/7", "PUT", "content-type", PAGE)
    assert cors(answer) == (403, {})
    assert answer.json["cfncors"]["what"] == "from CloudFront: the cache behavior does not allow OPTIONS"
    assert answer.json["cfncors"]["confidence"] == "inferred"


CDN = """\
Transform: AWS::Serverless-2016-10-31
Resources:
  Api:
    Type: AWS::Serverless::Api
    Properties:
      StageName: prod
      Cors:
        AllowOrigin: "'https://www.example.com'"
        AllowHeaders: "'content-type'"
  Notes:
    Type: AWS::Serverless::Function
    Properties:
      Handler: f.handler
      Runtime: python3.13
      CodeUri: src/
      Events:
        Save: {Type: Api, Properties: {RestApiId: !Ref Api, Path: /notes, Method: put}}
  Headers:
    Type: AWS::CloudFront::ResponseHeadersPolicy
    Properties:
      ResponseHeadersPolicyConfig:
        Name: cors
        CorsConfig:
          AccessControlAllowOrigins: {Items: [https://cdn.example.com]}
          AccessControlAllowMethods: {Items: [PUT]}
          AccessControlAllowHeaders: {Items: [content-type]}
          AccessControlAllowCredentials: false
          OriginOverride: true
  Cdn:
    Type: AWS::CloudFront::Distribution
    Properties:
      DistributionConfig:
        Enabled: true
        Origins:
          - Id: api
            DomainName: !Sub "${Api}.execute-api.${AWS::Region}.amazonaws.com"
            OriginPath: /prod
            CustomOriginConfig: {OriginProtocolPolicy: https-only}
        DefaultCacheBehavior:
          TargetOriginId: api
          ViewerProtocolPolicy: https-only
          AllowedMethods: [GET, HEAD, OPTIONS, PUT, POST, PATCH, DELETE]
          CachePolicyId: 4135ea2d-6df8-44a3-9df3-4b5a84be39ad
          OriginRequestPolicyId: b689b0a8-53d0-40ab-baf2-68738e2966ac
          ResponseHeadersPolicyId: !Ref Headers
"""


def test_a_response_headers_policy_comes_last_and_answers_no_preflight_itself(tmp_path: Path) -> None:
    """In front of a REST API: the MOCK answers, the policy's headers replace its own."""
    path = tmp_path / "template.yaml"
    path.write_text(CDN, encoding="utf-8")
    with serving(path) as local:
        preflight = local.preflight("/Cdn/notes", "PUT", "content-type", "https://cdn.example.com")
        assert (preflight.status, preflight.cors["allow-origin"]) == (200, "https://cdn.example.com")
        refused = local.ask("PUT", "/~THROTTLED/Cdn/notes", {"Origin": "https://cdn.example.com"}, "{}")
        assert cors(refused) == (429, {"allow-origin": "https://cdn.example.com"})
        assert cors(local.ask("PUT", "/~THROTTLED/Api/notes", {"Origin": "https://www.example.com"}, "{}")) == (429, {})
        assert local.preflight("/Cdn/nothing", "PUT", "", "https://cdn.example.com").status == 403
    found = deploy(str(path), Choice())
    assert {served.door.logical_id: served.origin for served in found.served} == {
        "Api": "https://www.example.com",
        "Cdn": "https://cdn.example.com",
    }


# -- what is served ---------------------------------------------------------------------------------------------------


def test_the_first_lines_say_what_is_served_and_what_is_not(tmp_path: Path) -> None:
    path = tmp_path / "shop.yaml"
    chat = "\n  Chat: {Type: AWS::ApiGatewayV2::Api, Properties: {Name: chat, ProtocolType: WEBSOCKET}}\n"
    path.write_text(SHOP.read_text(encoding="utf-8") + chat, encoding="utf-8")
    lines = greeting(deploy(str(path), Choice()), "http://127.0.0.1:3000").splitlines()
    assert lines == [
        f"{path}: Orders on http://127.0.0.1:3000",
        f"{path}: ReportsUrl on http://127.0.0.1:3000/ReportsUrl",
        f"{path}: Uploads on http://127.0.0.1:3000/Uploads",
        f"{path}: Site on http://127.0.0.1:3000/Site",
        f"{path}: Chat is left out: it is a WebSocket API, which browsers open without CORS",
        "Open http://127.0.0.1:3000/ to see what your browser makes of it; Ctrl-C ends.",
    ]


def test_the_first_lines_say_what_is_closed_and_what_would_not_be_deployed(tmp_path: Path) -> None:
    path = tmp_path / "t.yaml"
    path.write_text(
        "Transform: AWS::Serverless-2016-10-31\n"
        "Resources:\n"
        "  Quiet: {Type: AWS::Serverless::Api, Properties: {StageName: x}}\n"
        "  Bare:\n"
        "    Type: AWS::Serverless::Api\n"
        "    Properties: {StageName: x, Cors: {AllowOrigin: \"'*'\", MaxAge: 600}}\n"
        "  F:\n"
        "    Type: AWS::Serverless::Function\n"
        "    Properties:\n"
        "      Events:\n"
        "        A: {Type: Api, Properties: {Path: /a, Method: get, RestApiId: !Ref Quiet}}\n"
        "        B: {Type: Api, Properties: {Path: /b, Method: get, RestApiId: !Ref Bare}}\n",
        encoding="utf-8",
    )
    lines = greeting(deploy(str(path), Choice()), "http://127.0.0.1:3000").splitlines()
    why = "Invalid mapping expression specified: Validation Result: warnings : [], errors : "
    assert f"{path}: Bare not deployed: E9411 at {path}:6:67: {why}[Invalid mapping expression specified: 600]" in lines
    closed = "Quiet is closed: nothing in the template or its code says that pages of other origins call it"
    assert f"{path}: {closed}" in lines


def test_one_front_door_is_served_alone() -> None:
    with serving(SHOP, Choice(api="Uploads")) as local:
        assert local.preflight("/photos/cat.jpg", "PUT", "content-type", "https://a.example.com").status == 200
    with pytest.raises(
        UsageError, match="the template has no such front door; it has Orders, ReportsUrl, Uploads, Site"
    ):
        Watched(str(SHOP), Choice(api="Reports"))


def test_a_websocket_api_cannot_be_served(tmp_path: Path) -> None:
    path = tmp_path / "template.yaml"
    path.write_text(
        "Resources: {Chat: {Type: AWS::ApiGatewayV2::Api, Properties: {ProtocolType: WEBSOCKET}}}\n", "utf-8"
    )
    with pytest.raises(UsageError, match=r"nothing to serve: .*; Chat is left out: it is a WebSocket API"):
        Watched(str(path), Choice())
    with pytest.raises(UsageError, match="--api Chat cannot be served: it is a WebSocket API"):
        Watched(str(path), Choice(api="Chat"))


def test_a_conditional_configuration_is_that_of_the_deployment(tmp_path: Path) -> None:
    path = tmp_path / "template.yaml"
    path.write_text(
        """\
Parameters: {Stage: {Type: String, Default: dev}}
Conditions: {IsProd: !Equals [!Ref Stage, prod]}
Resources:
  B:
    Type: AWS::S3::Bucket
    Properties:
      CorsConfiguration:
        CorsRules:
          - AllowedOrigins: !If [IsProd, [https://www.example.com], [http://localhost:3000]]
            AllowedMethods: [GET]
""",
        encoding="utf-8",
    )
    for stage, origin in (("dev", "http://localhost:3000"), ("prod", "https://www.example.com")):
        with serving(path, Choice(parameters=(("Stage", stage),))) as local:
            assert local.ask("GET", "/key", {"Origin": origin}).cors["allow-origin"] == origin
            assert local.ask("GET", "/key", {"Origin": "https://other.example.com"}).cors == {}


def test_the_page_names_each_front_door_and_plays_a_page_that_may_call_it() -> None:
    data = matrix(deploy(str(SHOP), Choice()), "http://127.0.0.1:3000")
    assert [(api["id"], api["kind"], api["plays"], len(api["rows"])) for api in data["apis"]] == [
        ("Orders", "HTTP API", PAGE, 1),
        ("ReportsUrl", "function URL", PAGE, 1),
        ("Uploads", "bucket", "https://app.example.com", 1),
        ("Site", "distribution", PAGE, 2),
    ]
