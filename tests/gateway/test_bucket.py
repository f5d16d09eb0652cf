"""S3 buckets: the rules of a template, and what S3 answers by them (LocalStack's ``test_s3_cors`` recorded it)."""

from __future__ import annotations

from typing import Any

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from cfncors.gateway import Model
from cfncors.gateway.answer import Answer
from cfncors.gateway.model import ALLOW_ORIGIN, Bucket
from cfncors.gateway.respond import client_errors, respond, server_errors
from tests.gateway.templates import asks, model_of

ORIGIN = "https://localhost:4200"
VARY = "Origin, Access-Control-Request-Headers, Access-Control-Request-Method"


def model(*rules: object, **more: object) -> Model:
    """The model of a template with one bucket; ``more`` in the place of its properties."""
    properties = more or {"CorsConfiguration": {"CorsRules": list(rules)}}
    resources = {"Store": {"Type": "AWS::S3::Bucket", "Properties": properties}}
    template = {"AWSTemplateFormatVersion": "2010-09-09", "Resources": resources}
    return model_of(yaml.safe_dump(template, sort_keys=False))


def allowing(*origins: str, methods: tuple[str, ...] = ("GET", "PUT"), **more: object) -> dict[str, object]:
    return {"AllowedOrigins": list(origins), "AllowedMethods": list(methods), "AllowedHeaders": ["*"], **more}


def only(model: Model) -> Bucket:
    (bucket,) = model.buckets
    return bucket


def answer(model: Model, method: str, origin: str, outcome: str = "success", **headers: str) -> Answer:
    request = asks("/photo.jpg", method, origin, **{name.replace("_", "-"): text for name, text in headers.items()})
    return respond(model, only(model), request, outcome)


def cors(given: Answer) -> dict[str, str | None]:
    return {sent.name: sent.text for sent in given.headers if sent.is_cors or sent.lower == "vary"}


def preflight(model: Model, method: str, origin: str = ORIGIN, headers: str = "") -> Answer:
    asked = {"Access_Control_Request_Method": method}
    return answer(
        model, "OPTIONS", origin, **(asked | ({"Access_Control_Request_Headers": headers} if headers else {}))
    )


# -- what was recorded ------------------------------------------------------------------------------------------------


def test_without_origin_a_preflight_is_a_bad_request_and_a_get_is_plain() -> None:
    there = model(allowing(ORIGIN))
    assert preflight(there, "PUT", "").status == 400
    assert (answer(there, "GET", "").status, cors(answer(there, "GET", ""))) == (200, {})


def test_the_right_origin_is_echoed_with_credentials() -> None:
    there = model(allowing(ORIGIN, MaxAge=3000))
    wanted = {
        "Access-Control-Allow-Origin": ORIGIN,
        "Access-Control-Allow-Credentials": "true",
        "Access-Control-Allow-Methods": "GET, PUT",
        "Access-Control-Max-Age": "3000",
        "Vary": VARY,
    }
    for sent in (preflight(there, "PUT"), answer(there, "GET", ORIGIN)):
        assert (sent.status, cors(sent), sent.confidence) == (200, wanted, "observed")


def test_any_origin_is_a_star_without_credentials() -> None:
    there = model(allowing("*", MaxAge=3000))
    for sent in (preflight(there, "PUT", "http://random:1234"), answer(there, "GET", "http://random:1234")):
        assert cors(sent) == {
            "Access-Control-Allow-Origin": "*",
            "Access-Control-Allow-Methods": "GET, PUT",
            "Access-Control-Max-Age": "3000",
            "Vary": VARY,
        }


def test_another_origin_is_refused_before_and_only_left_without_headers_after() -> None:
    there = model(allowing(ORIGIN))
    assert preflight(there, "PUT", "http://localhost:4200").status == 403
    given = answer(there, "GET", "http://localhost:4200")
    assert (given.status, cors(given), given.open) == (200, {}, "")


def test_a_bucket_without_rules_refuses_preflights() -> None:
    given = respond(*_bare(), asks("/a", "OPTIONS", ORIGIN))
    assert (given.status, given.what) == (403, "from S3: CORS is not enabled for this bucket")
    assert cors(respond(*_bare(), asks("/a", "GET", ORIGIN))) == {}


def _bare() -> tuple[Model, Bucket]:
    from cfncors.gateway.bucket import bucket

    there = model(BucketName="store")
    assert there.buckets == ()
    return there, bucket(there.template, there.template.resources["Store"])


@pytest.mark.parametrize(
    ("pattern", "origin", "matches"),
    [
        (ORIGIN, ORIGIN, True),
        (ORIGIN, "https://localhost:42000", False),
        ("http://*.localhost:1234", "http://a.localhost:1234", True),
        ("http://*.localhost:1234", "http://a.b.localhost:1234", True),
        ("http://*.localhost:1234", "http://.localhost:1234", False),  # at least one character
        ("http://*.localhost:1234", "http://a.localhost:12345", False),
        ("http://*.localhost:1234", "http://a.localhostx1234", False),
        ("https://*", ORIGIN, True),
        ("http*", ORIGIN, True),
        ("http*", "http", False),
        ("", ORIGIN, False),
        ("*", "null", True),
    ],
)
def test_origins_match_whole(pattern: str, origin: str, matches: bool) -> None:
    assert (preflight(model(allowing(pattern)), "PUT", origin).status == 200) is matches
    sent = cors(answer(model(allowing(pattern)), "GET", origin)).get("Access-Control-Allow-Origin")
    assert sent == ((pattern if pattern == "*" else origin) if matches else None)


@pytest.mark.parametrize(
    ("headers", "asked", "sent"),
    [
        (["*"], "x-amz-request-payer", "x-amz-request-payer"),
        (["*"], "X-Amz-Request-Payer,X-Amz-Acl", "x-amz-request-payer, x-amz-acl"),
        (["x-AMZ-acl"], "X-Amz-Acl", "x-amz-acl"),
        (["x-amz-acl", "content-type"], "content-type, x-amz-acl", "content-type, x-amz-acl"),
        (["x-amz-*"], "x-amz-acl", "x-amz-acl"),
        (["x-amz-acl"], "x-amz-request-payer", None),
        (["x-amz-acl"], "x-amz-acl,content-type", None),
        (["x-amz-*"], "content-type", None),
        ([], "content-type", None),
        (None, "content-type", None),
    ],
)
def test_every_requested_header_has_to_match(headers: list[str] | None, asked: str, sent: str | None) -> None:
    there = model({"AllowedOrigins": [ORIGIN], "AllowedMethods": ["GET"], "AllowedHeaders": headers})
    given = preflight(there, "GET", headers=asked)
    assert given.status == (403 if sent is None else 200)
    assert cors(given).get("Access-Control-Allow-Headers") == sent
    # headers are asked for in preflights only: on the request itself they do not count
    assert answer(there, "GET", ORIGIN, x_amz_request_payer="requester").header(ALLOW_ORIGIN) is not None


def test_the_requested_method_counts_even_on_a_get() -> None:
    there = model(allowing(ORIGIN, methods=("GET",)))
    assert preflight(there, "GET").status == 200
    assert preflight(there, "PUT").status == 403
    assert cors(answer(there, "GET", ORIGIN, Access_Control_Request_Method="PUT")) == {}
    assert cors(answer(there, "PUT", ORIGIN)) == {}
    assert cors(answer(there, "GET", ORIGIN, Access_Control_Request_Headers="x-amz-acl")) != {}


def test_the_first_rule_that_matches_answers() -> None:
    there = model(
        allowing("https://a.example", methods=("PUT",), MaxAge=1),
        allowing("*", methods=("GET",), MaxAge=2),
        allowing("https://a.example", methods=("GET",), MaxAge=3),
    )
    assert cors(answer(there, "PUT", "https://a.example"))["Access-Control-Max-Age"] == "1"
    assert cors(answer(there, "GET", "https://a.example"))["Access-Control-Max-Age"] == "2"
    assert cors(answer(there, "PUT", "https://b.example")) == {}


def test_what_is_exposed_is_listed() -> None:
    there = model(allowing("*", ExposedHeaders=["x-amz-id-2", "ETag"]))
    assert cors(answer(there, "GET", ORIGIN))["Access-Control-Expose-Headers"] == "x-amz-id-2, ETag"


def test_errors_carry_the_headers_as_far_as_is_known() -> None:
    there = model(allowing(ORIGIN))
    (method, _) = only(there).methods
    assert client_errors(there, only(there), method) == ("403", "404")
    assert server_errors(there, only(there), method) == ("503",)
    given = answer(there, "GET", ORIGIN, "404")
    assert (given.status, given.confidence) == (404, "inferred")
    assert "not documented" in given.doubts[0]
    assert answer(there, "GET", "https://b.example", "403").confidence == "observed"


# -- what a template says ---------------------------------------------------------------------------------------------


def test_methods_are_those_of_the_rules() -> None:
    bucket = only(model(allowing("*", methods=("GET", "PUT")), allowing("*", methods=("PUT", "OPTIONS"))))
    assert [(m.verb, m.path, m.origin) for m in bucket.methods] == [
        ("GET", "/{key+}", "made"),
        ("PUT", "/{key+}", "made"),
    ]


def test_what_is_not_known_is_not_guessed() -> None:
    text = """
AWSTemplateFormatVersion: "2010-09-09"
Parameters:
  Page: {Type: String}
Resources:
  Store:
    Type: AWS::S3::Bucket
    Properties:
      CorsConfiguration:
        CorsRules:
          - {AllowedOrigins: [!Ref Page], AllowedMethods: [GET]}
          - {AllowedOrigins: [https://a.example], AllowedMethods: [GET, PUT]}
"""
    there = model_of(text)
    assert "is not known" in answer(there, "GET", "https://a.example").open
    assert cors(answer(there, "PUT", "https://a.example"))["Access-Control-Allow-Methods"] == "GET, PUT"


def test_both_sides_of_a_condition_are_rules() -> None:
    text = """
AWSTemplateFormatVersion: "2010-09-09"
Conditions:
  Prod: !Equals [!Ref AWS::Region, eu-west-1]
Resources:
  Store:
    Type: AWS::S3::Bucket
    Properties:
      CorsConfiguration:
        CorsRules:
          Fn::If:
            - Prod
            - - {AllowedOrigins: [https://a.example], AllowedMethods: [GET]}
            - - {AllowedOrigins: ["*"], AllowedMethods: [GET]}
"""
    assert [policy.texts("origins") for policy in only(model_of(text)).policies] == [["https://a.example"], ["*"]]


@pytest.mark.parametrize("odd", [True, 7, "x", [], {}, [[]], [None], {"Ref": "X"}, {"Fn::If": ["A"]}, [{"Ref": "X"}]])
@pytest.mark.parametrize(
    "place", ["CorsConfiguration", "CorsRules", "rule", "AllowedOrigins", "AllowedMethods", "MaxAge"]
)
def test_odd_types_are_survived(place: str, odd: object) -> None:
    rule: dict[str, object] = allowing(ORIGIN)
    value: Any = {"CorsRules": odd if place == "CorsRules" else [odd if place == "rule" else rule]}
    if place in rule or place == "MaxAge":
        rule[place] = odd
    there = model(CorsConfiguration=odd if place == "CorsConfiguration" else value)
    for bucket in there.buckets:
        for method in ("OPTIONS", "GET"):
            respond(there, bucket, asks("/a", method, ORIGIN, **{"Access-Control-Request-Method": "GET"}))


_RULES = st.fixed_dictionaries(
    {
        "AllowedOrigins": st.lists(st.sampled_from(["*", ORIGIN, "https://*", "https://*.x", "http*"]), min_size=1),
        "AllowedMethods": st.lists(st.sampled_from(["GET", "PUT", "HEAD"]), min_size=1),
        "AllowedHeaders": st.lists(st.sampled_from(["*", "x-a", "content-*"])),
    }
)


@given(st.lists(_RULES, min_size=1, max_size=3), st.sampled_from([ORIGIN, "https://a.x", "null"]))
def test_a_preflight_that_passes_promises_what_the_request_gets(rules: list[dict[str, object]], origin: str) -> None:
    """A rule that matches with headers matches without them too, so that what a preflight allows is then sent. An
    origin that is echoed comes with credentials, ``*`` without."""
    there = model(*rules)
    if preflight(there, "PUT", origin, "x-a").status == 200:
        sent = cors(answer(there, "PUT", origin))
        assert sent["Access-Control-Allow-Origin"] in ("*", origin)
        assert ("Access-Control-Allow-Credentials" in sent) == (sent["Access-Control-Allow-Origin"] != "*")
