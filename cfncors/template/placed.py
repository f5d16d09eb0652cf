"""Nodes that stand for something written elsewhere, or by nobody: they have a place in the file and take no edit."""

from __future__ import annotations

from collections.abc import Callable

from cfncors.source import Mapping, Node, Scalar, Sequence
from cfncors.source.nodes import DOUBLE, Entry


def placed(node: Node, place: Node, tell: Callable[[Scalar, Scalar], None] | None = None) -> Node:
    """A copy of ``node`` that stands where ``place`` stands and cannot be edited. ``tell`` hears of each value and its
    copy."""
    copy: Node
    if isinstance(node, Scalar):
        copy = placed_scalar(node, place)
        if tell is not None:
            tell(node, copy)
        return copy
    if isinstance(node, Sequence):
        copy = Sequence([placed(item, place, tell) for item in node.items], place.start, place.end, node.flow, node.tag)
    else:
        entries = [Entry(placed_scalar(e.key, place), placed(e.value, place, tell)) for _, e in node.items()]
        copy = Mapping(entries, place.start, place.end, node.flow, node.tag)
    copy.foreign = True
    return copy


def placed_scalar(node: Scalar, place: Node) -> Scalar:
    """:func:`placed` for one value."""
    copy = Scalar(node.text, place.start, place.end, node.style, node.tag, node.is_text)
    copy.foreign = True
    return copy


def text_at(text: str, place: Node, tag: str | None = None) -> Scalar:
    """A text that nobody wrote, at the place of what it was made from."""
    node = Scalar(text, place.start, place.end, DOUBLE, tag, True)
    node.foreign = True
    return node
