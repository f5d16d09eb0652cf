"""Nested stacks whose templates are files beside this one, as ``aws cloudformation package`` and ``sam package`` take
them (AWS CLI Command Reference, "package"), or as the CDK puts them beside it (``NestedStack``)."""

from __future__ import annotations

import os
from collections.abc import Iterator
from typing import Final

from cfncors.template.synthesised import asset
from cfncors.template.template import Template

_PLACES: Final = {"AWS::CloudFormation::Stack": "TemplateURL", "AWS::Serverless::Application": "Location"}


def nested(template: Template) -> Iterator[str]:
    """The files that the nested stacks of a template name, as far as they are there."""
    name = template.document.name
    if name.startswith("<"):
        return
    for resource in template.of_type(*_PLACES):
        property_name = _PLACES[resource.type]
        location = template.known(resource.get(property_name)) or asset(resource, property_name)
        if location is None or "://" in location:
            continue
        path = os.path.normpath(os.path.join(os.path.dirname(name), location))
        if os.path.isfile(path):
            yield path
