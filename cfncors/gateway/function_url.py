"""Lambda function URLs: ``AWS::Lambda::Url`` and SAM's ``FunctionUrlConfig``.

CloudFormation Template Reference, "AWS::Lambda::Url"; ``samtranslator/model/sam_resources.py``,
``_construct_function_url``.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from cfncors.gateway import openapi, parameters
from cfncors.gateway.backends import function_in
from cfncors.gateway.merge import globals_for, merged_entry
from cfncors.gateway.model import (
    NO_AUTHORIZATION,
    UNKNOWN_AUTHORIZATION,
    Authorization,
    FunctionUrl,
    Integration,
    Method,
)
from cfncors.gateway.policy import PROPERTY_NAMES, Policy, policy
from cfncors.source import Mapping, Scalar
from cfncors.source.nodes import Entry
from cfncors.template import Resource, Template

URL: Final = "AWS::Lambda::Url"
SAM_FUNCTION: Final = "AWS::Serverless::Function"
_AUTHORIZATIONS: Final = {"NONE": NO_AUTHORIZATION, "AWS_IAM": openapi.AWS_IAM}


def function_urls(template: Template) -> Iterator[FunctionUrl]:
    """All function URLs."""
    for resource in template.of_type(URL):
        target = resource.get("TargetFunctionArn")
        name = function_in(template, target) or ""
        yield _url(template, resource.logical_id, name, resource.key, resource, resource.properties)
    if template.is_sam:
        for resource in template.of_type(SAM_FUNCTION):
            entry = merged_entry(globals_for(template, resource, "Function"), resource.properties, "FunctionUrlConfig")
            if entry is not None and not parameters.is_empty(entry.value):
                name = resource.logical_id
                own = template.of(resource)
                yield _url(own, f"{name}Url", name, entry.key, resource, parameters.mapping(entry.value))


def _url(
    template: Template, logical_id: str, function: str, key: Scalar, resource: Resource, properties: Mapping | None
) -> FunctionUrl:
    seen = properties is not None and not parameters.is_opaque(properties)
    entry = properties.entry("Cors") if properties is not None else None
    return FunctionUrl(
        logical_id,
        function,
        key,
        resource,
        (_route(template, key, resource, properties if seen else None),),
        tuple(_policies(template, logical_id, resource.logical_id, entry)) if entry is not None else (),
        seen,
        properties,
    )


def _route(template: Template, key: Scalar, resource: Resource, properties: Mapping | None) -> Method:
    """The one route: every method on every path calls the function."""
    integration = Integration("aws_proxy", None, None, (), properties)
    asked = _authorization(template, properties)
    node = properties or resource.node
    name = resource.logical_id
    return Method("/{proxy+}", "ANY", asked, False, integration, {}, key, node, "default", name, properties)


def _authorization(template: Template, properties: Mapping | None) -> Authorization:
    """``AuthType`` has to be written: without it nothing is known."""
    kind = template.known(properties.get("AuthType")) if properties is not None else None
    return _AUTHORIZATIONS.get(kind or "", UNKNOWN_AUTHORIZATION)


def _policies(template: Template, url: str, resource: str, entry: Entry) -> Iterator[Policy]:
    """``Cors``: none when nothing is written in it, one for each side of ``Fn::If``."""
    for node in template.branches(entry.value):
        if not parameters.is_empty(node):
            yield policy(template, "url", url, resource, f"Cors of {url}", entry.key, node, PROPERTY_NAMES)
