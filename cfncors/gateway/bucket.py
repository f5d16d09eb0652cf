"""S3 buckets and their CORS rules."""

from __future__ import annotations

from collections.abc import Iterator

from cfncors.gateway.model import Bucket
from cfncors.gateway.policy import BUCKET_NAMES, policy
from cfncors.source import Mapping, Sequence
from cfncors.template import Resource, Template


def buckets(template: Template) -> Iterator[Bucket]:
    """All buckets with CORS rules."""
    for resource in template.of_type("AWS::S3::Bucket"):
        found = _bucket(template, resource)
        if found is not None:
            yield found


def _bucket(template: Template, resource: Resource) -> Bucket | None:
    configuration = resource.get("CorsConfiguration")
    entry = configuration.entry("CorsRules") if isinstance(configuration, Mapping) else None
    if entry is None or not isinstance(entry.value, Sequence):
        return None
    name = resource.logical_id
    rules = tuple(
        policy(template, "s3", name, name, f"CorsRules of {name}", entry.key, branch, BUCKET_NAMES)
        for item in entry.value.items
        for branch in template.branches(item)
    )
    return Bucket(name, resource.key, resource, (), rules, True, resource.properties)
