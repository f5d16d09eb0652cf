"""A model as plain data without places: two templates that deploy the same APIs have equal summaries."""

from __future__ import annotations

from typing import Any

from cfncors.gateway.model import FunctionUrl, Headers, HttpApi, Integration, Method, Model, RestApi, normal_path
from cfncors.gateway.policy import Policy
from cfncors.source import Node, Scalar
from cfncors.template import Absent, Choice, Known, Value
from cfncors.template.intrinsics import canonical


def summary(model: Model) -> dict[str, Any]:
    """All that decides how REST APIs, HTTP APIs and function URLs answer a browser, by logical id."""
    found = {api.logical_id: _api(api) for api in model.rest_apis}
    listed: tuple[HttpApi | FunctionUrl, ...] = (*model.http_apis, *model.function_urls)
    return found | {door.logical_id: _listed(door) for door in listed}


def _api(api: RestApi) -> dict[str, Any]:
    if not api.complete:
        return {"complete": False}
    return {
        "complete": True,
        "private": api.private,
        "binary": sorted({text for text, _ in api.binary}),
        "routes": sorted((_route(m) for m in api.methods), key=repr),
        "gateway responses": {
            kind: {
                "status": _status(response.status.value) if response.status is not None else None,
                "headers": _headers(response.headers),
            }
            for kind, response in sorted(api.gateway_responses.items())
        },
    }


def _listed(door: HttpApi | FunctionUrl) -> dict[str, Any]:
    """A front door whose CORS is written in lists."""
    if not door.complete:
        return {"complete": False}
    return {
        "complete": True,
        "function": door.function if isinstance(door, FunctionUrl) else None,
        "routes": sorted((_route(m) | {"default": m.origin == "default"} for m in door.methods), key=repr),
        "cors": [_policy(policy) for policy in door.policies],
    }


def _policy(policy: Policy) -> dict[str, Any]:
    """What a configuration sends; credentials that are not allowed are not written."""
    sides: dict[str, Any] = {
        role: [None if side is None else [_value(item.value) for item in side] for side in setting.sides]
        for role, setting in sorted(policy.settings.items())
        if role != "credentials"
    }
    return sides | {"credentials": policy.credentials, "complete": policy.complete}


def _status(node: Node) -> str | None:
    if isinstance(node, Scalar):
        return None if node.is_null else node.text
    return "?"


def _route(method: Method) -> dict[str, Any]:
    return {
        "path": normal_path(method.path),
        "verb": method.verb,
        "authorization": method.authorization.kind,
        "headers": sorted(method.authorization.headers),
        "key": method.api_key,
        "integration": _integration(method.integration) if method.integration is not None else None,
    }


def _integration(integration: Integration) -> dict[str, Any]:
    if integration.is_proxy or integration.kind == "unknown":
        return {"kind": integration.kind}
    result: dict[str, Any] = {
        "kind": integration.kind,
        "responses": sorted(
            (
                {
                    "status": r.status,
                    "default": r.pattern is None,
                    "headers": _headers(r.headers),
                    "overrides": sorted(r.overrides),
                }
                for r in integration.responses
            ),
            key=repr,
        ),
    }
    if integration.kind == "mock":
        templates = integration.templates
        result["templates"] = None if templates is None else {k: _value(v) for k, v in sorted(templates.items())}
        result["content handling"] = integration.content_handling
    return result


def _headers(headers: Headers) -> dict[str, Any]:
    return {name: _value(header.value) for name, header in sorted(headers.items())}


def _value(value: Value) -> Any:
    if isinstance(value, Known):
        return " ".join(value.text.split())
    if isinstance(value, Choice):
        return sorted((_value(option) for option in value.options), key=repr)
    if isinstance(value, Absent):
        return None
    return {"unknown": canonical(value.node)}
