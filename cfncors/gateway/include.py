"""``Fn::Transform: AWS::Include`` of a local file: its contents as part of the template, at the place of the include.

CloudFormation inlines the file before anything else looks at the template (CloudFormation User Guide,
"AWS::Include transform"); ``aws cloudformation package`` uploads a local one.
"""

from __future__ import annotations

import os

from cfncors.errors import UnreadableTemplate
from cfncors.source import Mapping, Node, Scalar, Sequence, decode, parse
from cfncors.source.nodes import Entry
from cfncors.template import Template, intrinsic, scalar_text

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
    location = template.known(arguments.get("Location")) if isinstance(arguments, Mapping) else None
    contents = _read(template, location)
    return _placed(contents, found.node) if isinstance(contents, Mapping) else None  # type: ignore[return-value]


def _read(template: Template, location: str | None) -> Node | None:
    name = template.document.name
    if location is None or "://" in location or name.startswith("<"):
        return None
    path = os.path.join(os.path.dirname(name), location)
    try:
        if os.path.getsize(path) > _LARGEST:
            return None
        with open(path, "rb") as file:
            return parse(decode(file.read()), path).root
    except (OSError, ValueError, UnreadableTemplate):
        return None


def _placed(node: Node, place: Node) -> Node:
    """A copy of ``node`` that stands where the include stands and cannot be edited."""
    copy: Node
    if isinstance(node, Scalar):
        copy = Scalar(node.text, place.start, place.end, node.style, node.tag, node.is_text)
    elif isinstance(node, Sequence):
        copy = Sequence([_placed(item, place) for item in node.items], place.start, place.end, node.flow, node.tag)
    else:
        entries = [Entry(_placed(e.key, place), _placed(e.value, place)) for _, e in node.items()]  # type: ignore[arg-type]
        copy = Mapping(entries, place.start, place.end, node.flow, node.tag)
    copy.foreign = True
    return copy
