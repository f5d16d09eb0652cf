"""Templates that a program wrote: AWS CDK and SST. What stands in them is mended in the program, not in the file."""

from __future__ import annotations

from typing import Final, Literal

from cfncors.source import Mapping
from cfncors.template.intrinsics import scalar_text
from cfncors.template.template import Template

Maker = Literal["CDK", "SST"]

#: Where the CDK notes which construct a resource comes from (AWS CDK Developer Guide, "Constructs": paths).
PATH: Final = "aws:cdk:path"


def maker(template: Template) -> Maker | None:
    """The tool whose output a template is, by what it leaves behind: SST its metadata among the outputs, the CDK its
    bootstrap rule, its analytics resource, or construct paths."""
    if "AWS::" not in template.document.text:
        return None
    outputs = template.section("Outputs")
    if outputs is not None and "SSTMetadata" in outputs:
        return "SST"
    rules = template.root.get("Rules")
    if isinstance(rules, Mapping) and "CheckBootstrapVersion" in rules:
        return "CDK"
    if any(resource.type == "AWS::CDK::Metadata" for resource in template.resources.values()):
        return "CDK"
    return "CDK" if any(construct(template, name) for name in template.resources) else None


def construct(template: Template, logical_id: str) -> str | None:
    """The path of the construct that a resource comes from (``Stack/Api/Default/OPTIONS``)."""
    resource = template.resources.get(logical_id)
    metadata = resource.node.get("Metadata") if resource is not None else None
    path = scalar_text(metadata.get(PATH)) if isinstance(metadata, Mapping) else None
    return None if path is None else path.removesuffix("/Resource")
