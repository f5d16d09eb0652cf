"""Small templates for tests: a REST API in YAML, and requests as a browser sends them."""

from __future__ import annotations

from pathlib import Path

import yaml

from cfncors.browser import Request
from cfncors.gateway import Model, build
from cfncors.gateway.model import RestApi
from cfncors.source import decode, parse
from cfncors.template import load

PAGE = "https://app.example.com"
HOST = "https://api.example.com"


def model_of(text: str) -> Model:
    """The model of a template."""
    template = load(parse(text, "template.yaml"))
    assert template is not None
    return build(template)


def model_in(path: Path) -> Model | None:
    """The model of a template file; ``None`` when it is none."""
    template = load(parse(decode(path.read_bytes()), path.name))
    return build(template) if template is not None else None


def only(model: Model) -> RestApi:
    """The one API of a model."""
    (api,) = model.rest_apis
    return api


def openapi(paths: dict[str, object], parameters: dict[str, object] | None = None, **properties: object) -> Model:
    """The model of a REST API with an OpenAPI body; ``properties`` beside ``Body``, ``extra`` keys of the body."""
    extra = properties.pop("extra", {})
    assert isinstance(extra, dict)
    body = {"openapi": "3.0.1", "paths": paths, **extra}
    api = {"Type": "AWS::ApiGateway::RestApi", "Properties": {"Body": body, **properties}}
    template: dict[str, object] = {"AWSTemplateFormatVersion": "2010-09-09", "Resources": {"Api": api}}
    if parameters:
        template["Parameters"] = parameters
    return model_of(yaml.safe_dump(template, sort_keys=False))


def proxy(**extra: object) -> dict[str, object]:
    """An operation that a function answers."""
    return {"x-amazon-apigateway-integration": {"type": "aws_proxy", "httpMethod": "POST", "uri": "f"}, **extra}


def mock(
    headers: dict[str, str] | None = None, template: str | None = '{"statusCode": 200}', **more: object
) -> dict[str, object]:
    """An OPTIONS operation that API Gateway answers itself."""
    integration: dict[str, object] = {
        "type": "mock",
        "responses": {
            "default": {
                "statusCode": "200",
                "responseParameters": {f"method.response.header.{n}": v for n, v in (headers or {}).items()},
            }
        },
    }
    if template is not None:
        integration["requestTemplates"] = {"application/json": template}
    integration.update(more)
    declared = {name: {"schema": {"type": "string"}} for name in headers or {}}
    return {"responses": {"200": {"headers": declared}}, "x-amazon-apigateway-integration": integration}


def gateway(**responses: dict[str, object]) -> dict[str, object]:
    """Gateway responses of a body: a type with its headers, and ``statusCode`` among them for its status."""
    section = {}
    for kind, headers in responses.items():
        status = headers.pop("statusCode", None)
        section[kind] = {
            "responseParameters": {f"gatewayresponse.header.{n.replace('_', '-')}": v for n, v in headers.items()},
            **({"statusCode": status} if status else {}),
        }
    return {"x-amazon-apigateway-gateway-responses": section}


def asks(path: str, method: str = "GET", origin: str = PAGE, **headers: str) -> Request:
    """A request to an API."""
    return Request(method, HOST + path, origin, list(headers.items()), "same-origin")


def preflight(path: str, method: str = "PUT", origin: str = PAGE) -> Request:
    """What a browser asks before a request."""
    return asks(path, "OPTIONS", origin, **{"Access-Control-Request-Method": method})
