"""Functions of JavaScript, Python and their standard libraries whose results are known."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Final

from cfncors.handlers import modules, objects, origin_tests
from cfncors.handlers.model import Place
from cfncors.handlers.values import (
    Const,
    Env,
    Event,
    External,
    Given,
    IsMethod,
    Object,
    RegexValue,
    Sink,
    Tested,
    Text,
    Undefined,
    Unknown,
    UnknownKind,
    Value,
    choice,
    const,
    is_about_origin,
    options,
    text_of,
)

if TYPE_CHECKING:
    from cfncors.handlers.machine import Machine


def _text(machine: Machine, given: Given, place: Place) -> Value:
    value = given.at(0)
    if all(isinstance(option, Const | Env | Event | Text) for option in options(value)):
        return value
    return Unknown(about_origin=is_about_origin(value))


def _as_text(machine: Machine, given: Given, place: Place) -> Value:
    return Text((Unknown(about_origin=any(map(is_about_origin, given.all))),))


def _same(machine: Machine, given: Given, place: Place) -> Value:
    return given.at(0)


def _computed(machine: Machine, given: Given, place: Place) -> Value:
    return Unknown(about_origin=any(map(is_about_origin, given.all)))


def _assign(machine: Machine, given: Given, place: Place) -> Value:
    """``Object.assign(target, …)``."""
    target = given.at(0)
    for value in given.values[1:]:
        objects.update(machine, target, value)
    if given.more:
        machine.escape(Given((target,)))
    return target


def _dict(machine: Machine, given: Given, place: Place) -> Value:
    made = Object({}, place=None, is_open=given.more)
    for value in given.values:
        made = objects.spread(machine, made, value)
    for name, value in given.named:
        made = made.with_field(name, value)
    return machine.allocate(made)


def _deep_copy(machine: Machine, given: Given, place: Place) -> Value:
    """A copy that shares nothing."""
    return choice(objects.copied(machine, option) for option in options(given.at(0)))


def _shallow_copy(machine: Machine, given: Given, place: Place) -> Value:
    found = machine.object(given.at(0))
    return Unknown(UnknownKind.COMPUTED, "a copy") if found is None else machine.allocate(found)


def _require(machine: Machine, given: Given, place: Place) -> Value:
    name = given.at(0)
    if isinstance(name, Const) and isinstance(name.value, str):
        return modules.require(machine, name.value)
    return Unknown(UnknownKind.MODULE, "a computed module name")


def _environment(machine: Machine, given: Given, place: Place) -> Value:
    name, default = given.at(0), given.at(1, "default")
    if not isinstance(name, Const):
        return Unknown(UnknownKind.ENVIRONMENT, "an environment variable")
    found = Env(str(name.value), text_of(default) if isinstance(default, Const) else None)
    return found if isinstance(default, Undefined) else choice((found, default))


def _promise(machine: Machine, given: Given, place: Place) -> Value:
    """``new Promise((resolve, reject) => …)``: what ``resolve`` is given."""
    number = len(machine.listeners) + 1
    values: list[Value] = []
    machine.listeners[number] = lambda inner, where: values.append(inner.at(0))
    rejected = number + 1
    machine.listeners[rejected] = lambda inner, where: None
    machine.maybe(given.at(0), Given((Sink(number), Sink(rejected))), place)
    return choice(values) if values else Unknown(UnknownKind.RETURNED, "a promise")


def _regular_expression(machine: Machine, given: Given, place: Place) -> Value:
    pattern = given.at(0)
    if isinstance(pattern, RegexValue):
        return pattern
    if isinstance(pattern, Const) and isinstance(pattern.value, str):
        return RegexValue(pattern.value)
    return Unknown(UnknownKind.COMPUTED, "a computed pattern")


def _truth(machine: Machine, given: Given, place: Place) -> Value:
    """``bool(…)``, ``Boolean(…)``: of a test what it says."""
    value = given.at(0)
    if all(isinstance(option, Tested | IsMethod) for option in options(value)):
        return value
    return Unknown(about_origin=is_about_origin(value))


def _match(way: str) -> Callable[[Machine, Given, Place], Value]:
    def matched(machine: Machine, given: Given, place: Place) -> Value:
        pattern = given.at(0, "pattern")
        found = pattern if isinstance(pattern, RegexValue) else _regular_expression(machine, Given((pattern,)), place)
        return origin_tests.match_regex(machine, found, given.at(1, "string"), place, way)

    return matched


def _listed(machine: Machine, given: Given, place: Place) -> Value:
    """``list(…)``: the same items, in a list of its own."""
    found = machine.object(given.at(0))
    if found is None or found.items is None:
        return Unknown(UnknownKind.PART, "a list", any(map(is_about_origin, given.all)))
    return machine.allocate(found)


def keys(machine: Machine, holder: Value) -> Value:
    """The names of an object's fields, as a list."""
    found = machine.object(holder)
    if found is None or found.items is not None or found.maker is not None:
        return Unknown(UnknownKind.PART, "keys")
    unsure = any(isinstance(option, Undefined) for value in found.fields.values() for option in options(value))
    return machine.allocate(Object({}, tuple(map(const, found.fields)), is_open=found.is_open or unsure))


def _keys(machine: Machine, given: Given, place: Place) -> Value:
    return keys(machine, given.at(0))


def _has_own(machine: Machine, given: Given, place: Place) -> Value:
    return origin_tests.compare(machine, "in", given.at(1), given.at(0), place)


def _collection(machine: Machine, given: Given, place: Place) -> Value:
    """``new Set([…])``: what it holds is asked for with ``has``."""
    return machine.make(External(("Set", "new")), given, place)


def _date_like(machine: Machine, given: Given, place: Place) -> Value:
    return Unknown()


FUNCTIONS: Final[dict[tuple[str, ...], Callable[[Machine, Given, Place], Value]]] = {
    ("require",): _require,
    ("import",): _require,
    ("Object", "assign"): _assign,
    ("Object", "freeze"): _same,
    ("Object", "keys"): _keys,
    ("Object", "hasOwn"): _has_own,
    ("Object", "seal"): _same,
    ("Object", "setPrototypeOf"): _same,
    ("MappingProxyType",): _same,
    ("types", "MappingProxyType"): _same,
    ("structuredClone",): _deep_copy,
    ("copy", "deepcopy"): _deep_copy,
    ("copy", "copy"): _shallow_copy,
    ("dict",): _dict,
    ("str",): _text,
    ("String",): _text,
    ("int",): _text,
    ("bool",): _truth,
    ("Boolean",): _truth,
    ("Number",): _text,
    ("Promise", "resolve"): _same,
    ("asyncio", "run"): _same,
    ("JSON", "stringify"): _as_text,
    ("json", "dumps"): _as_text,
    ("Promise", "new"): _promise,
    ("Date", "new"): _date_like,
    ("Set", "new"): _collection,
    ("Map", "new"): _collection,
    ("frozenset",): _listed,
    ("set",): _listed,
    ("list",): _listed,
    ("tuple",): _listed,
    ("os", "environ", "get"): _environment,
    ("os", "getenv"): _environment,
    ("environ", "get"): _environment,
    ("re", "compile"): _regular_expression,
    ("RegExp",): _regular_expression,
    ("RegExp", "new"): _regular_expression,
    ("re", "match"): _match("match"),
    ("re", "fullmatch"): _match("fullmatch"),
    ("re", "search"): _match("search"),
}
