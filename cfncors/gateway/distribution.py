"""CloudFront: response headers policies, and distributions in front of another front door."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Final

from cfncors.gateway.model import AttachedPolicy, Distribution, Door
from cfncors.gateway.policy import CDN_NAMES, policy
from cfncors.source import Mapping, Scalar
from cfncors.template import Template

DISTRIBUTION: Final = "AWS::CloudFront::Distribution"


def header_policies(template: Template) -> Iterator[AttachedPolicy]:
    """CORS of the response headers policies of a template."""
    for resource in template.of_type("AWS::CloudFront::ResponseHeadersPolicy"):
        configuration = resource.get("ResponseHeadersPolicyConfig")
        entry = configuration.entry("CorsConfig") if isinstance(configuration, Mapping) else None
        name = resource.logical_id
        for node in template.branches(entry.value) if entry is not None else ():
            assert entry is not None
            if isinstance(node, Scalar) and node.is_null:
                continue
            found = policy(template, "cdn", name, name, f"CorsConfig of {name}", entry.key, node, CDN_NAMES)
            written = node.get("OriginOverride") if isinstance(node, Mapping) else None
            text = template.known(written)
            yield AttachedPolicy(found, None if text is None else text.lower() == "true")


def distributions(
    template: Template, doors: Iterable[Door], policies: Iterable[AttachedPolicy]
) -> Iterator[Distribution]:
    """All distributions, in front of ``doors`` and of buckets without CORS."""
    resources = list(template.of_type(DISTRIBUTION))
    if resources:
        from cfncors.gateway.behaviors import Builder  # few templates have one, and a start is quicker without

        builder = Builder(template, doors, policies)
        yield from map(builder.distribution, resources)
