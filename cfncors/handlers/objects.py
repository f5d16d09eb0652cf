"""Objects put together of others: spreads, merges, copies."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Final

from cfncors.handlers.values import (
    UNDEFINED,
    Choice,
    Const,
    Object,
    Ref,
    Undefined,
    Unknown,
    UnknownKind,
    Value,
    choice,
    join_objects,
    options,
)

if TYPE_CHECKING:
    from cfncors.handlers.machine import Machine

#: More literals than these are not remembered to be in an object.
_MAX_SPREADS: Final = 16


def spread(machine: Machine, made: Object, value: Value) -> Object:
    """An object with the fields of another put over its own."""
    ways = [_spread_one(machine, made, option) for option in options(value)]
    if len(ways) == 1:
        return ways[0]
    names = dict.fromkeys(name for way in ways for name in way.fields)
    fields = {name: choice(way.get(name) for way in ways) for name in names}
    sources = tuple(dict(each for way in ways for each in way.sources).items())
    return replace(made, fields=fields, is_open=any(way.is_open for way in ways), sources=sources)


def _spread_one(machine: Machine, made: Object, value: Value) -> Object:
    if isinstance(value, Const | Undefined):
        return made
    found = machine.object(value)
    if found is None or found.maker is not None or found.items is not None:
        fields = {
            name: choice((old, Unknown(UnknownKind.PART, "a spread of something unknown")))
            for name, old in made.fields.items()
        }
        return replace(made, fields=fields, is_open=True)
    fields = dict(made.fields)
    for name, each in found.fields.items():
        if UNDEFINED in options(each) and name in fields:
            kept = [option for option in options(each) if not isinstance(option, Undefined)]
            fields[name] = choice((fields[name], *kept))
        else:
            fields[name] = each
    sources, spreads = made.sources, made.spreads
    if found.place is not None:
        written = {name: place for name in found.fields if (place := found.written(name)) is not None}
        sources = tuple({**dict(sources), **written}.items())
        spreads = tuple(dict.fromkeys((*spreads, found.place, *found.spreads)))[:_MAX_SPREADS]
    if found.is_open:
        missing = {
            name: choice((old, Unknown(UnknownKind.PART, "a spread")))
            for name, old in made.fields.items()
            if name not in found.fields
        }
        fields.update(missing)
    is_open = made.is_open or found.is_open
    return replace(made, fields=fields, is_open=is_open, sources=sources, spreads=spreads)


def update(machine: Machine, holder: Value, value: Value, named: tuple[tuple[str, Value], ...] = ()) -> Value:
    """Put the fields of one dictionary over those of another, in place."""
    for option in options(holder):
        found = machine.object(option)
        if found is None or not isinstance(option, Ref):
            continue
        changed = spread(machine, found, value)
        for name, each in named:
            changed = changed.with_field(name, each)
        if len(options(holder)) > 1:
            changed = join_objects(found, changed)
        machine.set_object(option.address, changed)
    return holder


def merged(machine: Machine, values: tuple[Value, ...]) -> Value:
    """A new dictionary of several."""
    made = Object({}, place=None)
    for value in values:
        made = spread(machine, made, value)
    return machine.allocate(made)


def copied(machine: Machine, value: Value, depth: int = 0) -> Value:
    """A copy of an object that shares nothing with it."""
    if isinstance(value, Choice):
        return choice(copied(machine, option, depth) for option in value.options)
    found = machine.object(value)
    if found is None or found.maker is not None or depth > 6:
        return value
    fields = {name: copied(machine, each, depth + 1) for name, each in found.fields.items()}
    items = None if found.items is None else tuple(copied(machine, each, depth + 1) for each in found.items)
    return machine.allocate(replace(found, fields=fields, items=items))
