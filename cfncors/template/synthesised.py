"""Templates that a program wrote: AWS CDK, SST and others. What stands in them is mended in the program, not in the
file."""

from __future__ import annotations

import os
import re
from typing import Final, Literal

from cfncors.source import Mapping, Scalar
from cfncors.template.intrinsics import scalar_text
from cfncors.template.template import Resource, Template

Maker = Literal["CDK", "SST", "sam build", "sam package", "Serverless Framework", "Chalice", "Architect", "Amplify"]

#: Where the CDK notes which construct a resource comes from (AWS CDK Developer Guide, "Constructs": paths).
PATH: Final = "aws:cdk:path"
#: Where it notes the file or folder of an asset, and the property that this stands for (AWS CDK,
#: ``aws-cdk-lib/cx-api``, "assets": "metadata … used by tools such as SAM CLI").
_ASSET: Final = "aws:asset:path"
_ASSET_PROPERTY: Final = "aws:asset:property"
_BUNDLED: Final = "aws:asset:is-bundled"
#: Folders of which a tool writes every file (AWS CDK Developer Guide, "Cloud assemblies"; SST 2, "cdk.outdir"; AWS SAM
#: Developer Guide, "sam build"; Serverless Framework, "package").
_FOLDERS: Final[dict[str, Maker]] = {
    "cdk.out": "CDK",
    ".sst": "SST",
    ".aws-sam": "sam build",
    ".serverless": "Serverless Framework",
}
#: How Architect describes its templates (``architect/package``, ``src/index.js``).
_ARCHITECT: Final = "Exported by architect/package@"
#: What Amplify writes into the description of every template, and the folder of those that it writes anew each time
#: (Amplify Gen 1, "Override Amplify-generated backend resources"); the others are edited by hand.
_AMPLIFY: Final = '"createdBy":"Amplify"'
_AMPLIFY_FOLDER: Final = "build"
#: The tag of the functions that Chalice deploys (Chalice, ``chalice/package.py`` and ``chalice/deploy/planner.py``).
_CHALICE: Final = "aws-chalice"
#: What ``aws cloudformation package`` and ``sam package`` write in the place of a function's folder: the MD5 of its
#: archive (AWS CLI, ``awscli/customizations/s3uploader.py``, "upload_with_dedup"), with the bucket or beside it.
_PACKAGED: Final = re.compile(r"(?:\S+/)?[0-9a-f]{32}")


def maker(template: Template) -> Maker | None:
    """The tool whose output a template is, by what it leaves behind: SST its metadata among the outputs, the CDK its
    bootstrap rule, its analytics resource, or construct paths; others a description or a tag; else by the folder that
    the tool keeps for its output."""
    if template.service is not None or "AWS::" not in template.document.text:
        return None
    return _by_marks(template) or made_in(template.document.name)


def made_in(path: str) -> Maker | None:
    """The tool that writes every file of a folder in which a file lies."""
    if path.startswith("<"):
        return None
    parts = os.path.dirname(os.path.abspath(path)).split(os.sep)
    return next((_FOLDERS[part] for part in reversed(parts) if part in _FOLDERS), None)


def outside(folder: str) -> str:
    """The folder around what a tool keeps for its output, for one in there; else itself."""
    parts = folder.split(os.sep)
    first = next((index for index, part in enumerate(parts) if part in _FOLDERS), len(parts))
    return os.sep.join(parts[:first]) or os.sep


def _by_marks(template: Template) -> Maker | None:
    outputs = template.section("Outputs")
    if outputs is not None and "SSTMetadata" in outputs:
        return "SST"
    rules = template.root.get("Rules")
    if isinstance(rules, Mapping) and "CheckBootstrapVersion" in rules:
        return "CDK"
    if any(resource.type == "AWS::CDK::Metadata" for resource in template.resources.values()):
        return "CDK"
    if any(construct(template, name) for name in template.resources):
        return "CDK"
    description = template.root.get("Description")
    if isinstance(description, Scalar):
        if description.text.startswith(_ARCHITECT):
            return "Architect"
        folder = os.path.basename(os.path.dirname(os.path.abspath(template.document.name)))
        if _AMPLIFY in description.text and folder == _AMPLIFY_FOLDER:
            return "Amplify"
    functions = template.of_type("AWS::Serverless::Function", "AWS::Lambda::Function")
    return next((tool for tool in map(_by_function, functions) if tool is not None), None)


def _by_function(function: Resource) -> Maker | None:
    tags, code = function.get("Tags"), function.get("Code")
    if isinstance(tags, Mapping) and _CHALICE in tags:
        return "Chalice"
    archive = scalar_text(code.get("S3Key") if isinstance(code, Mapping) else function.get("CodeUri"))
    return "sam package" if archive is not None and _PACKAGED.fullmatch(archive) else None


def construct(template: Template, logical_id: str) -> str | None:
    """The path of the construct that a resource comes from (``Stack/Api/Default/OPTIONS``)."""
    resource = template.resources.get(logical_id)
    path = _metadata(resource, PATH) if resource is not None else None
    return None if path is None else path.removesuffix("/Resource")


def asset(resource: Resource, name: str) -> str | None:
    """The file or folder that stands for a property of a resource in the cloud assembly, as the template names it."""
    return _metadata(resource, _ASSET) if _metadata(resource, _ASSET_PROPERTY) == name else None


def is_bundled(resource: Resource) -> bool:
    """Whether the app made the asset of a resource, and did not copy it as it was."""
    return _metadata(resource, _BUNDLED) == "true"


def _metadata(resource: Resource, key: str) -> str | None:
    metadata = resource.node.get("Metadata")
    return scalar_text(metadata.get(key)) if isinstance(metadata, Mapping) else None
