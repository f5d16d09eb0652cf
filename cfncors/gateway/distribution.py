"""CloudFront: response headers policies, and distributions in front of another front door."""

from __future__ import annotations

from collections.abc import Iterator

from cfncors.gateway.model import AttachedPolicy
from cfncors.gateway.policy import CDN_NAMES, policy
from cfncors.source import Mapping
from cfncors.template import Template


def header_policies(template: Template) -> Iterator[AttachedPolicy]:
    """CORS of the response headers policies of a template."""
    for resource in template.of_type("AWS::CloudFront::ResponseHeadersPolicy"):
        configuration = resource.get("ResponseHeadersPolicyConfig")
        entry = configuration.entry("CorsConfig") if isinstance(configuration, Mapping) else None
        name = resource.logical_id
        for node in template.branches(entry.value) if entry is not None else ():
            assert entry is not None
            found = policy(template, "cdn", name, name, f"CorsConfig of {name}", entry.key, node, CDN_NAMES)
            written = node.get("OriginOverride") if isinstance(node, Mapping) else None
            text = template.known(written)
            yield AttachedPolicy(found, None if text is None else text.lower() == "true")
