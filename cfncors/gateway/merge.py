"""SAM's ``Globals``: objects merge key by key, lists are joined, anything else is the resource's own.

SAM specification, "Globals section"; ``samtranslator/plugins/globals/globals.py``.
"""

from __future__ import annotations

from cfncors.source import Mapping, Node, Sequence
from cfncors.source.nodes import Entry
from cfncors.template import Resource, Template, intrinsic, scalar_text


def globals_for(template: Template, resource: Resource | None, name: str = "Api") -> Mapping | None:
    """The section ``name`` of ``Globals`` as far as a resource takes it (``IgnoreGlobals``); an implicit API
    (``None``) takes it all."""
    section = template.section("Globals")
    shared = section.get(name) if section is not None else None
    if not isinstance(shared, Mapping) or not len(shared):
        return None
    ignored = resource.node.get("IgnoreGlobals") if resource is not None else None
    if ignored is None:
        return shared
    if scalar_text(ignored) == "*":
        return None
    names = {scalar_text(item) for item in ignored.items} if isinstance(ignored, Sequence) else set()
    entries = [entry for key, entry in shared.items() if key not in names]
    return Mapping(entries, shared.start, shared.end, shared.flow, shared.tag)


def merged(shared: Mapping | None, own: Mapping | None) -> Mapping | None:
    """``own`` on top of ``shared``."""
    if shared is None or own is None:
        return own if shared is None else shared
    result = _merge(shared, own)
    assert isinstance(result, Mapping)
    return result


def merged_entry(shared: Mapping | None, own: Mapping | None, name: str) -> Entry | None:
    """One property of ``own`` on top of that of ``shared``; the key is where it is written, the resource first."""
    here = own.entry(name) if own is not None else None
    there = shared.entry(name) if shared is not None else None
    if here is None or there is None:
        return here or there
    return Entry(here.key, _merge(there.value, here.value))


def _merge(shared: Node, own: Node) -> Node:
    if intrinsic(shared) is not None or intrinsic(own) is not None:
        return own
    if isinstance(shared, Mapping) and isinstance(own, Mapping):
        entries = dict(shared.items())
        for key, entry in own.items():
            before = entries.get(key)
            value = _merge(before.value, entry.value) if before is not None else entry.value
            entries[key] = Entry(entry.key, value)
        return Mapping(list(entries.values()), own.start, own.end, own.flow, own.tag)
    if isinstance(shared, Sequence) and isinstance(own, Sequence):
        return Sequence([*shared.items, *own.items], own.start, own.end, own.flow, own.tag)
    return own
