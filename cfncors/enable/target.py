"""The front door that a logical id names, or why there is none."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final

from cfncors.errors import UsageError
from cfncors.gateway.bucket import BUCKET, bucket
from cfncors.gateway.model import Door, HttpApi, Method, Model, RestApi
from cfncors.gateway.policy import FrontDoor
from cfncors.gateway.rest_api import api_name
from cfncors.source import Node, Scalar
from cfncors.source.nodes import children
from cfncors.template import Resource

_FUNCTIONS: Final = ("AWS::Lambda::Function", "AWS::Serverless::Function")
#: Types that a page may meet, and why none takes a CORS configuration.
_CANNOT: Final = {
    "AWS::Serverless::WebSocketApi": "a WebSocket API; browsers make no CORS check for WebSockets: compare the Origin "
    "header in the function behind $connect",
    "AWS::AppSync::GraphQLApi": "an AppSync API, which always sends Access-Control-Allow-Origin: * and has no setting "
    "for it; put a CloudFront distribution in front to restrict it",
    "AWS::Serverless::GraphQLApi": "an AppSync API, which always sends Access-Control-Allow-Origin: * and has no "
    "setting for it; put a CloudFront distribution in front to restrict it",
    "AWS::ElasticLoadBalancingV2::LoadBalancer": "a load balancer, which has no CORS of its own: what stands behind it "
    "has to answer OPTIONS and send the headers",
    "AWS::ElasticLoadBalancingV2::Listener": "a listener of a load balancer, which has no CORS of its own: what stands "
    "behind it has to answer OPTIONS and send the headers",
    "AWS::Cognito::UserPool": "a user pool, whose endpoints AWS itself opens to pages",
}
#: Serverless Framework documentation: "API Gateway", "HTTP API", "Lambda Function URL".
_IN_SERVICE: Final[dict[FrontDoor, str]] = {
    "rest": "cors of its http events, and gateway responses under resources",
    "http": "provider.httpApi.cors",
    "url": "url.cors of the function",
}
_NEAREST: Final = 3
_SHOWN: Final = 8


def target(model: Model, logical_id: str) -> Door:
    """The front door of a logical id. Raises :class:`UsageError` saying what to name instead."""
    for door in model.doors:
        if door.logical_id == logical_id:
            return _whole(model, door)
    for url in model.function_urls:
        if url.resource is not None and url.resource.logical_id == logical_id:
            return _whole(model, url)
    resource = model.template.resources.get(logical_id)
    if resource is None:
        raise UsageError(_unknown(model, logical_id))
    if resource.type == BUCKET:
        return _whole(model, bucket(model.template, resource))
    raise UsageError(f"{logical_id} is {_why_not(model, resource)}")


def names_of(door: Door) -> frozenset[str]:
    """The logical ids under which rules speak of a front door."""
    written = (name for policy in door.policies for name in (policy.owner, policy.resource))
    return frozenset((door.logical_id, *written))


def front_doors(model: Model) -> list[str]:
    """The logical ids that can be named."""
    found = [door.logical_id for door in model.doors if getattr(door, "dialect", "") != "external"]
    return list(dict.fromkeys([*found, *(r.logical_id for r in model.template.of_type(BUCKET))]))


def _whole(model: Model, door: Door) -> Door:
    """The front door, if it is written in this template as a whole."""
    owner = door.resource.logical_id if door.resource is not None else door.logical_id
    if model.template.service is not None and owner not in (model.template.section("Resources") or ()):
        where = _IN_SERVICE.get(door.front_door, "its place in the service")
        raise UsageError(f"{door.logical_id} is packaged by the Serverless Framework: set {where} instead")
    if getattr(door, "dialect", "") == "external":
        raise UsageError(f"{door.logical_id} is defined in another stack; run this on its template")
    if not door.complete:
        raise UsageError(
            f"a part of {door.logical_id} is not in this template (a file elsewhere, a macro, a loop, another stack), "
            "so what it needs is not known; write it out here, or add the CORS where it is written"
        )
    _has_its_document_here(model, door)
    return door


def _has_its_document_here(model: Model, door: Door) -> None:
    """SAM takes an OpenAPI document in a file of its own as it is: ``Cors`` and ``CorsConfiguration`` beside one are
    refused (samtranslator, ``api_generator.py`` and ``http_api_generator.py``, ``_add_cors``)."""
    if not isinstance(door, RestApi | HttpApi) or door.body is None or not door.dialect.startswith("sam"):
        return
    file = model.template.document.name_of(door.body.start)
    if file is not None:
        raise UsageError(
            f"{door.logical_id} takes its OpenAPI document from {file}, to which SAM adds no CORS; write it there, or "
            "put the document under DefinitionBody"
        )


def _unknown(model: Model, logical_id: str) -> str:
    from difflib import get_close_matches

    doors = front_doors(model)
    near = get_close_matches(logical_id, [*doors, *model.template.resources], _NEAREST)
    if near:
        return f"the template has no resource {logical_id}; did you mean {' or '.join(dict.fromkeys(near))}?"
    shown = ", ".join(doors[:_SHOWN]) + (", …" if len(doors) > _SHOWN else "")
    has = f"its front doors are {shown}" if doors else "and no front door that a browser calls"
    return f"the template has no resource {logical_id}; {has}"


def _why_not(model: Model, resource: Resource) -> str:
    kind = resource.type
    if kind in _CANNOT:
        return _CANNOT[kind]
    if kind == "AWS::ApiGatewayV2::Api":
        if model.template.known(resource.get("ProtocolType")) == "WEBSOCKET":
            return _CANNOT["AWS::Serverless::WebSocketApi"]
        return "an API of API Gateway whose ProtocolType is not known; only HTTP APIs have CORS"
    if kind in _FUNCTIONS:
        return _function(model, resource)
    owner = resource.get("RestApiId") or resource.get("ApiId")
    if owner is not None and kind.startswith("AWS::ApiGateway"):
        name = api_name(owner).strip("<>")
        if name not in model.template.resources and name not in front_doors(model):
            return "a part of an API that another stack defines; run this on its template"
        return f"a part of {name}; name that"
    if kind == "AWS::CloudFront::ResponseHeadersPolicy":
        return "a response headers policy; name the distribution that it is attached to"
    doors = ", ".join(front_doors(model)[:_SHOWN]) or "none"
    return f"of the type {kind}, which no browser calls; front doors of this template: {doors}"


def _function(model: Model, resource: Resource) -> str:
    callers = [door.logical_id for door in model.doors if any(_calls(m, resource.logical_id) for m in door.methods)]
    if callers:
        return f"a function without a URL of its own; name what calls it: {', '.join(dict.fromkeys(callers))}"
    return (
        "a function without a URL, and no API here calls it; give it a FunctionUrlConfig or an AWS::Lambda::Url first"
    )


def _calls(method: Method, function: str) -> bool:
    if method.resource == function:
        return True
    word = re.compile(rf"(?<![A-Za-z0-9]){re.escape(function)}(?![A-Za-z0-9])")
    node = method.integration.node if method.integration is not None else None
    return node is not None and any(word.search(text) for text in _texts(node))


def _texts(node: Node) -> Iterator[str]:
    waiting = [node]
    while waiting:
        part = waiting.pop()
        if isinstance(part, Scalar):
            yield part.text
        waiting.extend(children(part))
