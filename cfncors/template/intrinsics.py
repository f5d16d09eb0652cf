"""Intrinsic functions as they are written: short form (a YAML tag) or long form (a mapping of one key).

AWS CloudFormation User Guide, "Intrinsic function reference".
"""

from __future__ import annotations

from typing import Final, NamedTuple

from cfncors.source import Mapping, Node, Scalar, Sequence

#: The tag of a value that a variable of the Serverless Framework stands for, which is known when it packages the
#: service; no file can write it. Its text is what is known, with each hole between two :data:`HOLE`.
UNKNOWN: Final = "${}"
HOLE: Final = "\0"

#: Every short form that CloudFormation, its language extensions and SAM know.
TAGS: Final = {
    "!Ref": "Ref",
    "!Condition": "Condition",
    UNKNOWN: "Fn::Variable",
    **{
        f"!{name}": f"Fn::{name}"
        for name in (
            "And",
            "Base64",
            "Cidr",
            "Contains",
            "EachMemberEquals",
            "EachMemberIn",
            "Equals",
            "FindInMap",
            "GetAtt",
            "GetAZs",
            "GetStackOutput",
            "If",
            "ImportValue",
            "Join",
            "Length",
            "Not",
            "Or",
            "RefAll",
            "Select",
            "Split",
            "Sub",
            "ToJsonString",
            "Transform",
            "ValueOf",
            "ValueOfAll",
        )
    },
}


class Intrinsic(NamedTuple):
    """``name`` is the long form (``Ref``, ``Fn::Sub``); ``argument`` its argument, tag and all for a short form."""

    name: str
    argument: Node
    node: Node


def intrinsic(node: Node | None) -> Intrinsic | None:
    """The intrinsic function that ``node`` calls, or ``None``."""
    if node is None:
        return None
    tag = node.tag
    if tag is not None:
        name = TAGS.get(tag)
        return Intrinsic(name, node, node) if name else None
    if node.__class__ is Mapping and len(node.entries) == 1:
        key, value = node.entries[0]
        if key.text == "Ref" or key.text.startswith("Fn::") or (key.text == "Condition" and isinstance(value, Scalar)):
            return Intrinsic(key.text, value, node)
    return None


def call(node: Node | None, name: str) -> Node | None:
    """The argument when ``node`` calls the function ``name``, else ``None``."""
    found = intrinsic(node)
    return found.argument if found is not None and found.name == name else None


def ref(node: Node | None) -> str | None:
    """The logical id or parameter that a ``Ref`` names, else ``None``. ``!Sub "${Api}"`` says the same."""
    found = intrinsic(node)
    if found is None or not isinstance(found.argument, Scalar):
        return None
    if found.name == "Ref":
        return found.argument.text
    if found.name == "Fn::Sub":
        text = found.argument.text.strip()
        name = text[2:-1]
        if text.startswith("${") and text.endswith("}") and "${" not in name and "." not in name:
            return name
    return None


def scalar_text(node: Node | None) -> str | None:
    """The text of an untagged scalar; ``None`` for null, intrinsics and collections."""
    if node.__class__ is Scalar and node.tag is None and not node.is_null:
        return node.text
    return None


def branches(node: Node | None) -> list[Node]:
    """The nodes that ``node`` may stand for: both sides of an ``Fn::If`` without ``AWS::NoValue``, else itself."""
    found = intrinsic(node)
    if node is None:
        return []
    if found is None:
        return [node]
    if found.name == "Fn::If" and isinstance(found.argument, Sequence) and len(found.argument.items) == 3:
        return [leaf for side in found.argument.items[1:] for leaf in branches(side)]
    if ref(node) == "AWS::NoValue":
        return []
    return [node]


def canonical(node: Node) -> str:
    """An expression as text that is equal for equal expressions, short and long form alike."""
    call = intrinsic(node)
    if call is None:
        return _contents(node)
    argument = call.argument
    if call.name == "Fn::GetAtt" and isinstance(argument, Scalar):  # "Api.Arn" says the same as [Api, Arn]
        return f"{call.name}({','.join(map(repr, argument.text.split('.', 1)))})"
    return f"{call.name}({_contents(argument) if argument is node else canonical(argument)})"


def _contents(node: Node) -> str:
    if isinstance(node, Scalar):
        return repr(node.text)
    if isinstance(node, Sequence):
        return ",".join(canonical(item) for item in node.items)
    return ",".join(f"{key}:{canonical(entry.value)}" for key, entry in node.items())
