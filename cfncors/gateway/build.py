"""Template to model."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TypeVar

from cfncors.config import Settings
from cfncors.gateway.backends import SENDS_CORS, sending_code
from cfncors.gateway.bucket import buckets
from cfncors.gateway.distribution import distributions, header_policies
from cfncors.gateway.evidence import evidence
from cfncors.gateway.function_url import function_urls
from cfncors.gateway.model import FunctionUrl, HttpApi, Model, RestApi
from cfncors.gateway.policy import Policy
from cfncors.gateway.rest_api import Parts, rest_apis
from cfncors.gateway.sam import sam_apis
from cfncors.template import Template

_Calling = TypeVar("_Calling", RestApi, HttpApi, FunctionUrl)


def build(template: Template, settings: Settings | None = None) -> Model:
    """The front doors of a template."""
    parts = Parts(template)
    apis = [*rest_apis(parts)]
    if template.is_sam:
        apis.extend(sam_apis(parts))
    rest = _with_code(template, apis)
    http = _with_code(template, _http_apis(template))
    urls = _with_code(template, function_urls(template))
    stores = tuple(buckets(template))
    events: tuple[Policy, ...] = ()
    if template.service is not None:
        from cfncors.gateway.serverless import as_written

        rest, http, urls, events = as_written(template, template.service, rest, http, urls)
    policies = tuple(header_policies(template))
    fronts = tuple(distributions(template, (*rest, *http, *urls, *stores), policies))
    model = Model(template, rest, settings or Settings(), http, urls, stores, fronts, policies, events)
    return model._replace(evidence=evidence(model))


def _http_apis(template: Template) -> list[HttpApi]:
    """HTTP APIs. Most templates have none, and a start is quicker without the modules that read them."""
    kinds = {resource.type for resource in template.resources.values()}
    named = "AWS::Serverless::Function" in kinds and "HttpApi" in template.document.text
    is_sam = named or "AWS::Serverless::HttpApi" in kinds
    if not is_sam and not any(kind.startswith("AWS::ApiGatewayV2::") for kind in kinds):
        return []
    from cfncors.gateway.http_api import HttpParts, http_apis

    parts = HttpParts(template)
    found = [*http_apis(parts)]
    if is_sam:
        from cfncors.gateway.sam_http import sam_http_apis

        found.extend(sam_http_apis(parts))
    return found


def _with_code(template: Template, doors: Iterable[_Calling]) -> tuple[_Calling, ...]:
    """The front doors with the inline code behind them that sends a CORS header, if there is any."""
    if SENDS_CORS not in template.document.text.lower():
        return tuple(doors)
    return tuple(door._replace(code=sending_code(template, door)) for door in doors)
