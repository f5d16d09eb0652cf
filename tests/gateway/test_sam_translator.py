"""The model of a SAM template equals the model of what aws-sam-translator makes of it."""

from __future__ import annotations

import json
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, event, example, given, settings

from cfncors.gateway import build
from cfncors.gateway.summary import summary
from cfncors.source import decode, parse
from cfncors.template import Template, load
from tests.gateway.sam_http_templates import NO_VALUE, templates
from tests.gateway.translator import TransformRefused, transformed
from tests.shared import corpus, distinct_fixtures, in_parts, needs_shared, of_part, sam_cases, try_all

#: Too few translated templates would mean that the test proves nothing.
LEAST_TRANSLATED = 75


def template(path: Path) -> Template | None:
    return load(parse(decode(path.read_bytes()), str(path)))


def models(text: str, path: Path) -> tuple[dict[str, Any], dict[str, Any]]:
    """Our model of a SAM template, and that of its transform, without APIs that no route or response speaks of."""
    written = load(parse(text, str(path)))
    assert written is not None
    deployed = load(parse(transformed(text, path.parent), "<transformed>"))
    assert deployed is not None
    ours, theirs = summary(build(written)), summary(build(deployed))
    return {k: v for k, v in ours.items() if v.get("routes") or k in theirs}, theirs


@cache
def is_sam(path: Path) -> bool:
    if b"AWS::Serverless-2016-10-31" not in path.read_bytes():
        return False
    try:
        found = template(path)
    except Exception:  # the unreadable fixtures have their own tests
        return False
    return found is not None and found.is_sam


def sources() -> list[Path]:
    return [path for path in (*sam_cases(), *corpus(), *distinct_fixtures()) if is_sam(path)]


@needs_shared
@in_parts
def test_model_equals_the_translators(part: int) -> None:
    try_all(of_part(sources(), part), assert_model_equals)


def assert_model_equals(path: Path) -> None:
    try:
        ours, theirs = models(decode(path.read_bytes()), path)
    except TransformRefused:
        return  # counted below: what does not translate does not deploy
    assert ours == theirs


def http_api(cors: Any, in_body: Any) -> dict[str, Any]:
    """An HTTP API with CORS as a property and in its body."""
    body = {
        "openapi": "3.0.1",
        "info": {"title": "t", "version": "1"},
        "paths": {},
        "x-amazon-apigateway-cors": in_body,
    }
    event = {"Type": "HttpApi", "Properties": {"Path": "/a", "Method": "get", "ApiId": {"Ref": "Api"}}}
    function = {"InlineCode": "x", "Handler": "index.handler", "Runtime": "python3.12", "Events": {"Event0": event}}
    return {
        "Transform": "AWS::Serverless-2016-10-31",
        "Parameters": {"Given": {"Type": "String"}},
        "Conditions": {"Prod": {"Fn::Equals": [{"Ref": "Given"}, "prod"]}},
        "Resources": {
            "Api": {
                "Type": "AWS::Serverless::HttpApi",
                "Properties": {"CorsConfiguration": cors, "DefinitionBody": body},
            },
            "F0": {"Type": "AWS::Serverless::Function", "Properties": function},
        },
    }


#: Values of ``CorsConfiguration`` that SAM takes for an intrinsic function, and what the body may say beside them.
CALLS: tuple[Any, ...] = (
    {"Fn::If": ["Prod", {}, NO_VALUE]},
    {"Fn::If": ["Prod", {"AllowOrigins": ["https://a.example"]}, NO_VALUE]},
    {"Fn::If": ["Prod", {"AllowOrigins": ["https://a.example"]}, {"AllowOrigins": ["https://b.example"]}]},
    NO_VALUE,
)
BODIES: tuple[Any, ...] = (
    *({}, NO_VALUE, {"allowMethods": NO_VALUE}, {"allowMethods": []}, {"allowMethods": ["GET"]}),
    *({"allowOrigins": None}, {"x-other": 1}, {"allowOrigins": ["*"], "allowCredentials": True}),
    *({"Fn::If": ["Prod", {"allowOrigins": ["*"]}, NO_VALUE]}, {"Fn::If": ["Prod", NO_VALUE, NO_VALUE]}),
)


@pytest.mark.parametrize("cors", CALLS, ids=str)
def test_what_a_body_says_beside_an_intrinsic_function(cors: Any) -> None:
    for in_body in BODIES:
        ours, theirs = models(json.dumps(http_api(cors, in_body)), Path("template.json"))
        assert ours == theirs, in_body


@given(templates())
@example(http_api({"Fn::If": ["Prod", {}, NO_VALUE]}, {"allowMethods": NO_VALUE}))
@settings(max_examples=150, suppress_health_check=[HealthCheck.too_slow])
def test_http_apis_and_function_urls_equal_the_translators(made: dict[str, Any]) -> None:
    try:
        ours, theirs = models(json.dumps(made), Path("template.json"))
    except TransformRefused as refused:
        event(f"refused: {str(refused)[:100]}")
        return
    event("translated")
    assert ours == theirs


@needs_shared
def test_most_templates_translate() -> None:
    translated = 0
    for path in (*sam_cases(), *corpus()):
        if is_sam(path):
            try:
                transformed(decode(path.read_bytes()), path.parent)
                translated += 1
            except TransformRefused:
                continue
    assert translated >= LEAST_TRANSLATED
