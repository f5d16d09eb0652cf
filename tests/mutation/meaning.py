"""What a template means to a browser: its model as plain data, lists without their order."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from cfncors.gateway import build
from cfncors.gateway.model import RestApi
from cfncors.gateway.references import reached
from cfncors.gateway.summary import summary
from cfncors.source import parse
from cfncors.template import Template, load

_LISTS = ("access-control-allow-methods", "access-control-allow-headers")
_STATUS = re.compile(r"""statusCode["']?\s*:\s*["']?(\d+)""")


def meaning(text: str, name: str) -> dict[str, Any]:
    """The APIs of a template. Equal for two texts that deploy the same answers for a browser."""
    template = load(parse(text, name))
    assert template is not None
    model = build(template)
    found: dict[str, Any] = _plain(summary(model))
    return found | {f"{api.logical_id} deploys": list(_deployed(template, api)) for api in model.rest_apis}


def _deployed(template: Template, api: RestApi) -> Iterator[list[str]]:
    """For each deployment the gateway responses and preflights that are there when it is made."""
    for deployment in api.deployments:
        awaited = reached(template, deployment.logical_id)
        responses = [r.type for r in api.all_gateway_responses if r.where != "resource" or r.resource in awaited]
        preflights = [m.path for m in api.methods if m.is_options and m.resource in awaited]
        yield sorted(responses) + sorted(preflights)


def _plain(value: Any, key: str = "") -> Any:
    if isinstance(value, dict):
        return {name: _plain(inner, name) for name, inner in value.items()}
    if isinstance(value, list):
        return [_plain(inner, key) for inner in value]
    if key in _LISTS and isinstance(value, str):
        return sorted(token.strip().lower() for token in value.strip("'").split(","))
    if key == "application/json" and isinstance(value, str):
        status = _STATUS.search(value)
        return status[1] if status else value
    return value
