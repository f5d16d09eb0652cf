"""OpenAPI definitions in files of their own, read, checked and edited where they are.

``Fn::Transform: AWS::Include`` is inlined before anything else looks at the template (CloudFormation User Guide,
"AWS::Include transform"). ``DefinitionUri`` and ``BodyS3Location`` may name a local file, too, which
``aws cloudformation package`` and ``sam package`` upload (AWS CLI Command Reference, "package").
"""

from __future__ import annotations

import os

from cfncors.errors import UnreadableTemplate
from cfncors.source import Document, Mapping, Node, decode, parse_beside
from cfncors.template import Resource, Template, intrinsic, scalar_text
from cfncors.template.synthesised import asset

_LARGEST = 2_000_000


def included(template: Template, node: Node | None) -> Mapping | None:
    """A mapping that is written out or included from a local file; ``None`` when it cannot be seen."""
    found = intrinsic(node)
    if found is None:
        return node if isinstance(node, Mapping) and node.tag is None else None
    if found.name != "Fn::Transform" or not isinstance(found.argument, Mapping):
        return None
    if scalar_text(found.argument.get("Name")) != "AWS::Include":
        return None
    arguments = found.argument.get("Parameters")
    place = arguments.get("Location") if isinstance(arguments, Mapping) else None
    return named(template, place)


def named(template: Template, place: Node | None) -> Mapping | None:
    """The mapping in a local file that ``place`` names; ``None`` when there is no such file or no mapping in it."""
    location = template.known(place)
    contents = _read(template.document, location, place) if place is not None and location else None
    return contents.root if contents is not None and isinstance(contents.root, Mapping) else None


def stored(template: Template, resource: Resource) -> Mapping | None:
    """The mapping in the file that ``BodyS3Location`` names, or that stands for it in a cloud assembly of the CDK."""
    place = resource.get("BodyS3Location")
    found = named(template, place)
    location = asset(resource, "BodyS3Location")
    if found is not None or place is None or location is None:
        return found
    contents = _read(template.document, location, place)
    return contents.root if contents is not None and isinstance(contents.root, Mapping) else None


def _read(document: Document, location: str, place: Node) -> Document | None:
    if "://" in location or document.name.startswith("<"):
        return None
    path = os.path.normpath(os.path.join(os.path.dirname(document.name), location))
    try:
        return parse_beside(document, document.texts.get(path) or _text(path), path, place)
    except (OSError, ValueError, UnreadableTemplate):
        return None


def _text(path: str) -> str:
    if os.path.getsize(path) > _LARGEST:
        raise OSError("larger than any definition that API Gateway takes")
    with open(path, "rb") as file:
        return decode(file.read())
