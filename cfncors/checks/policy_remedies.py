"""Edits of a CORS configuration in lists: HTTP API, function URL, bucket, response headers policy."""

from __future__ import annotations

from collections.abc import Iterable
from collections.abc import Sequence as Items

from cfncors.checks.remedies import Edits, together
from cfncors.errors import CannotEdit
from cfncors.gateway.policy import Item, Policy, Role, Setting
from cfncors.source import Document, Mapping, Node, Scalar, Sequence
from cfncors.source.edit import append, put, remove, replace
from cfncors.source.emit import Data
from cfncors.template import intrinsic
from cfncors.template.intrinsics import ref


def list_items(document: Document, policy: Policy, role: Role, texts: Iterable[str]) -> Edits:
    """Entries added at the end of a list, which is made when it is not there."""
    wanted: list[Data] = list(texts)
    setting = policy.setting(role)
    if setting is None:
        return set_value(document, policy, role, wanted)
    node = setting.node
    if node.foreign:
        raise CannotEdit("the list is not written in this file")
    if isinstance(node, Mapping) and node.tag is None and len(policy.names[role]) > 1:
        found = node.get(policy.names[role][1])
        node = found if found is not None else node
    if isinstance(node, Sequence) and node.tag is None:
        return together(*(append(document, node, text) for text in wanted))
    raise CannotEdit("the list is made by an intrinsic function")


def set_value(document: Document, policy: Policy, role: Role, value: Data) -> Edits:
    """A setting with a value, written anew or in the place of what is there."""
    holder = policy.holder
    if holder is None:
        return _spelled_out(document, policy, role, value)
    setting = policy.setting(role)
    if setting is None:
        return put(document, holder, policy.names[role], value)
    return replace(document, _inner(policy, setting), value)


def _spelled_out(document: Document, policy: Policy, role: Role, value: Data) -> Edits:
    """SAM's ``CorsConfiguration: true``, which allows any origin and nothing else, with a setting more."""
    node = policy.node
    if not isinstance(node, Scalar) or node.value is not True or node.foreign or role == "origins":
        raise CannotEdit("the configuration is not written out in this file")
    return replace(document, node, {policy.name("origins"): ["*"], policy.name(role): value})


def split_item(document: Document, setting: Setting, item: Item, texts: Iterable[str]) -> Edits:
    """Entries in the place of one, without those that the list holds already: the first where it stood, the others at
    the end. A text in the place of a list becomes one."""
    node = _scalar(item)
    listed = next((each for each in _lists(setting.node) if any(node is part for part in each.items)), None)
    if listed is None:
        return replace(document, node, list(texts))
    others = {part.text for part in listed.items if part is not node and isinstance(part, Scalar) and part.tag is None}
    new = [text for text in dict.fromkeys(texts) if text not in others]
    if not new:
        return drop_items(document, setting, [item])
    return together(replace(document, node, new[0]), *(append(document, listed, text) for text in new[1:]))


def rewrite_item(document: Document, item: Item, value: Data) -> Edits:
    """Another value in the place of an entry."""
    return replace(document, _scalar(item), value)


def _scalar(item: Item) -> Scalar:
    node = item.node
    parameter, call = ref(node), intrinsic(node)
    if parameter is not None and not node.foreign:
        raise CannotEdit(f"the value is that of the parameter {parameter}, which may have other uses")
    if call is not None and not node.foreign:
        raise CannotEdit(f"the value is made by {call.name}")
    if node.foreign or not isinstance(node, Scalar):
        raise CannotEdit("the value is not written out here")
    return node


def drop_items(document: Document, setting: Setting, items: Items[Item]) -> Edits:
    """Entries taken out of a list. One that would leave the list empty takes no edit: an empty list says more than
    was meant."""
    for node in _lists(setting.node):
        places = [node.items.index(item.node) for item in items if any(item.node is each for each in node.items)]
        if len(places) != len(items):
            continue
        if len(places) == len(node.items):
            raise CannotEdit("the list would be empty")
        return together(*(remove(document, node, place) for place in places))
    raise CannotEdit("the value is not written out here")


def _lists(node: Node) -> list[Sequence]:
    if isinstance(node, Sequence) and not node.foreign:
        return [node]
    if isinstance(node, Mapping) and not node.foreign:
        return [found for entry in node.entries for found in _lists(entry.value)]
    return []


def _inner(policy: Policy, setting: Setting) -> Node:
    node = setting.node
    path = policy.names[setting.role]
    if len(path) > 1 and isinstance(node, Mapping):
        return node.get(path[1]) or node
    return node
