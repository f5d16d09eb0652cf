"""Lambda function URLs: ``AWS::Lambda::Url`` and SAM's ``FunctionUrlConfig``."""

from __future__ import annotations

from collections.abc import Iterator

from cfncors.gateway.model import FunctionUrl
from cfncors.gateway.policy import PROPERTY_NAMES, policy
from cfncors.source import Mapping, Scalar
from cfncors.template import Resource, Template
from cfncors.template.intrinsics import ref


def function_urls(template: Template) -> Iterator[FunctionUrl]:
    """All function URLs."""
    for resource in template.of_type("AWS::Lambda::Url"):
        function = ref(resource.get("TargetFunctionArn")) or ""
        yield _url(template, resource.logical_id, function, resource.key, resource, resource.properties)
    if template.is_sam:
        for resource in template.of_type("AWS::Serverless::Function"):
            entry = resource.entry("FunctionUrlConfig")
            if entry is not None and isinstance(entry.value, Mapping):
                name = resource.logical_id
                yield _url(template, f"{name}Url", name, entry.key, resource, entry.value)


def _url(
    template: Template, logical_id: str, function: str, key: Scalar, resource: Resource, properties: Mapping | None
) -> FunctionUrl:
    entry = properties.entry("Cors") if properties is not None else None
    branches = template.branches(entry.value) if entry is not None else []
    found = tuple(
        policy(template, "url", logical_id, resource.logical_id, f"Cors of {logical_id}", entry.key, n, PROPERTY_NAMES)
        for n in branches
        if entry is not None
    )
    return FunctionUrl(logical_id, function, key, resource, (), found, True, properties)
