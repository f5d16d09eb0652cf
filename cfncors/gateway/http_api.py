"""HTTP APIs: ``AWS::ApiGatewayV2::Api`` with its routes, or an OpenAPI body."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from cfncors.gateway.include import included
from cfncors.gateway.model import HttpApi
from cfncors.gateway.policy import BODY_NAMES, PROPERTY_NAMES, Names, Policy, policy
from cfncors.source import Mapping, Node, Scalar
from cfncors.template import Resource, Template

HTTP_API: Final = "AWS::ApiGatewayV2::Api"
BODY_CORS: Final = "x-amazon-apigateway-cors"


def http_apis(template: Template) -> Iterator[HttpApi]:
    """All HTTP APIs of plain CloudFormation; a WebSocket API has no CORS (Developer Guide, "HTTP APIs: CORS")."""
    for resource in template.of_type(HTTP_API):
        if template.known(resource.get("ProtocolType")) == "HTTP":
            yield _http_api(template, resource)


def _http_api(template: Template, resource: Resource) -> HttpApi:
    api = resource.logical_id
    body = included(template, resource.get("Body"))
    found = list(_policies(template, api, resource.properties, "CorsConfiguration", PROPERTY_NAMES))
    found = found or list(_policies(template, api, body, BODY_CORS, BODY_NAMES))
    return HttpApi(api, "cloudformation", resource.key, resource, (), tuple(found), True, resource.properties, body)


def _policies(template: Template, api: str, holder: Mapping | None, name: str, names: Names) -> Iterator[Policy]:
    entry = holder.entry(name) if holder is not None else None
    if entry is None:
        return
    for node in template.branches(entry.value):
        yield _policy(template, api, entry.key, node, names)


def _policy(template: Template, api: str, key: Scalar, node: Node, names: Names) -> Policy:
    return policy(template, "http", api, api, f"{key.text} of {api}", key, node, names)
