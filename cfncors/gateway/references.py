"""What expressions refer to, and which resources CloudFormation makes before another: ``DependsOn``, ``Ref``,
``Fn::GetAtt``, ``Fn::Sub``."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final

from cfncors.source import Node, Scalar, Sequence
from cfncors.source.nodes import children
from cfncors.template import Resource, Template, intrinsic

_NAMES: Final = re.compile(r"\$\{([A-Za-z0-9]+)(?:\.([A-Za-z0-9.]+))?\}")


def reached(template: Template, logical_id: str) -> set[str]:
    """Logical ids that exist before ``logical_id`` is made, however indirectly."""
    found: set[str] = set()
    waiting = [logical_id]
    while waiting:
        resource = template.resources.get(waiting.pop())
        if resource is None:
            continue
        for name in _direct(resource):
            if name not in found:
                found.add(name)
                waiting.append(name)
    return found


def _direct(resource: Resource) -> Iterator[str]:
    yield from resource.depends_on
    if resource.properties is not None:
        yield from mentioned(resource.properties)


def mentioned(root: Node) -> Iterator[str]:
    """The logical ids (or parameters) that the expressions of a node name."""
    return (name for name, _ in attributes(root))


def attributes(root: Node) -> Iterator[tuple[str, str]]:
    """The same, each with the attribute that is asked of it: empty for ``Ref``."""
    for node in below(root):
        yield from _named(node)


def below(root: Node) -> Iterator[Node]:
    """A node and all that it is made of, each once."""
    stack: list[Node] = [root]
    seen: set[int] = set()
    while stack:
        node = stack.pop()
        if id(node) in seen:
            continue
        seen.add(id(node))
        yield node
        stack.extend(children(node))


def _named(node: Node) -> Iterator[tuple[str, str]]:
    call = intrinsic(node)
    if call is None:
        return
    argument = call.argument
    items = argument.items if isinstance(argument, Sequence) and argument.items else [argument]
    first = items[0]
    if not isinstance(first, Scalar):
        return
    if call.name == "Ref":
        yield first.text, ""
    elif call.name == "Fn::GetAtt":
        name, _, attribute = first.text.partition(".")
        second = items[1] if len(items) > 1 else None
        yield name, second.text if isinstance(second, Scalar) else attribute
    elif call.name == "Fn::Sub":
        yield from _NAMES.findall(first.text)
