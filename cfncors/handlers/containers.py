"""Methods of lists and dictionaries."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import TYPE_CHECKING, Final

from cfncors.handlers import branching, members, objects, origin_tests
from cfncors.handlers.model import Place
from cfncors.handlers.values import (
    NULL,
    ORIGIN,
    UNDEFINED,
    Check,
    Const,
    Event,
    Given,
    IsMethod,
    Object,
    Ref,
    Tested,
    Undefined,
    Unknown,
    UnknownKind,
    Value,
    choice,
    const,
    is_about_origin,
    one_of,
    options,
)

if TYPE_CHECKING:
    from cfncors.handlers.machine import Machine


def _includes(machine: Machine, holder: Ref, found: Object, name: str, given: Given, place: Place) -> Value:
    return origin_tests.compare(machine, "in", given.at(0), holder, place)


def _index(machine: Machine, holder: Ref, found: Object, name: str, given: Given, place: Place) -> Value:
    """``indexOf``: of a known text its place, -1 where it is not there; of a test how it comes out."""
    wanted = given.at(0)
    outcome = origin_tests.compare(machine, "in", wanted, holder, place)
    if isinstance(outcome, IsMethod):
        return replace(outcome, is_index=True)
    if isinstance(outcome, Const):
        items = found.items or ()
        return const(items.index(wanted)) if wanted in items else Unknown() if outcome.value else const(-1)
    return outcome


def _search(machine: Machine, holder: Ref, found: Object, name: str, given: Given, place: Place) -> Value:
    """``some``, ``find`` …: the test for each item."""
    items = found.items or ()
    if not items and not found.is_open and name in ("some", "find"):
        return const(False) if name == "some" else UNDEFINED
    known = items if not found.is_open and len(items) <= 12 else (Unknown(UnknownKind.PART, "an item of a list"),)
    outcomes = [machine.maybe(given.at(0), Given((item,)), place) for item in known]
    truths = [_truth(machine, outcome) for outcome in outcomes]
    if known is items and any(truth is not None for truth in truths):
        return _searched(machine, items, truths, name)
    tests = [option for outcome in outcomes for option in options(outcome) if isinstance(option, Tested)]
    if name in ("find", "filter", "findLast"):
        about = bool(tests) or any(map(is_about_origin, outcomes))
        if name == "filter":
            return machine.allocate(Object({}, items, is_open=True))
        if outcomes and all(isinstance(each, Tested) and each.check.kind == "list" for each in outcomes):
            return choice((Event(ORIGIN, frozenset((_one_check(tests),))), UNDEFINED))  # what is found is the origin
        return (
            choice((*items, UNDEFINED)) if not found.is_open else Unknown(UnknownKind.PART, "an item of a list", about)
        )
    if tests and len(tests) == len(outcomes):
        return Tested(_one_check(tests), tests[0].negated)
    return Unknown(about_origin=any(map(is_about_origin, outcomes)))


def _truth(machine: Machine, outcome: Value) -> bool | None:
    """Whether a test holds; ``None`` where that is not known."""
    found = {branching.truth(machine, option) for option in options(outcome)}
    return found.pop() if len(found) == 1 else None


def _searched(machine: Machine, items: tuple[Value, ...], truths: list[bool | None], name: str) -> Value:
    """What a search finds in a list that is known whole, where some of its tests are decided."""
    if name == "filter":
        kept = tuple(item for item, truth in zip(items, truths, strict=True) if truth is not False)
        return machine.allocate(Object({}, kept, is_open=None in truths))
    end = truths.index(True) if True in truths else None
    found = [item for item, truth in zip(items[:end], truths, strict=False) if truth is None]
    if name == "find":
        return choice((*found, UNDEFINED if end is None else items[end]))
    if name == "some" and (end is not None or not found):
        return const(end is not None)
    return Unknown()


def _one_check(tests: list[Tested]) -> Check:
    kinds = {test.check.kind for test in tests}
    if len(kinds) > 1 and not any(test.negated for test in tests):
        return one_of(frozenset((test.check,)) for test in tests)
    texts = [text for test in tests for text in test.check.texts or ()]
    known = len(kinds) == 1 and all(test.check.texts is not None for test in tests)
    kind = tests[0].check.kind if len(kinds) == 1 else "unknown"
    return Check(kind, tuple(texts) if known else None, tests[0].check.place)


def _push(machine: Machine, holder: Ref, found: Object, name: str, given: Given, place: Place) -> Value:
    added = given.values
    is_open = found.is_open or given.more
    if name in ("extend", "concat"):
        lists = [machine.object(value) for value in given.values]
        added = tuple(item for each in lists if each is not None for item in each.items or ())
        is_open = is_open or any(each is None or each.items is None or each.is_open for each in lists)
    changed = replace(found, items=(*(found.items or ()), *added), is_open=is_open)
    if name == "concat":
        return machine.allocate(changed)
    machine.set_object(holder.address, changed)
    return UNDEFINED


def _join(machine: Machine, holder: Ref, found: Object, name: str, given: Given, place: Place) -> Value:
    if found.is_open or not all(isinstance(item, Const) for item in found.items or ()):
        return Unknown(about_origin=any(map(is_about_origin, found.items or ())))
    mark = given.at(0)
    texts = [str(item.value) for item in found.items or () if isinstance(item, Const)]
    return const((str(mark.value) if isinstance(mark, Const) else ",").join(texts))


def _map(machine: Machine, holder: Ref, found: Object, name: str, given: Given, place: Place) -> Value:
    for item in found.items or (Unknown(UnknownKind.PART, "an item of a list"),):
        machine.maybe(given.at(0), Given((item,)), place)
    return machine.allocate(Object({}, (), is_open=True))


LIST_METHODS: Final[dict[str, Callable[[Machine, Ref, Object, str, Given, Place], Value]]] = {
    "includes": _includes,
    "indexOf": _index,
    "some": _search,
    "find": _search,
    "filter": _search,
    "findIndex": _search,
    "push": _push,
    "append": _push,
    "extend": _push,
    "concat": _push,
    "join": _join,
    "map": _map,
    "forEach": _map,
}

# --- dictionaries


def _get(machine: Machine, holder: Ref, found: Object, given: Given) -> Value:
    key = given.at(0)
    value = members.get_member(machine, holder, key, machine.frame_place())
    kept = [option for option in options(value) if not isinstance(option, Undefined)]
    if len(kept) == len(options(value)) and not any(isinstance(each, Unknown) for each in kept):
        return value
    default = given.at(1)
    return choice((*kept, NULL if isinstance(default, Undefined) else default))


def _update(machine: Machine, holder: Ref, found: Object, given: Given) -> Value:
    objects.update(machine, holder, given.at(0), given.named)
    return NULL


def _setdefault(machine: Machine, holder: Ref, found: Object, given: Given) -> Value:
    value = _get(machine, holder, found, given)
    members.set_member(machine, holder, given.at(0), value)
    return value


def _copy(machine: Machine, holder: Ref, found: Object, given: Given) -> Value:
    return machine.allocate(found)


def _pop(machine: Machine, holder: Ref, found: Object, given: Given) -> Value:
    value = _get(machine, holder, found, given)
    members.set_member(machine, holder, given.at(0), UNDEFINED)
    return value


DICTIONARY_METHODS: Final[dict[str, Callable[[Machine, Ref, Object, Given], Value]]] = {
    "get": _get,
    "update": _update,
    "setdefault": _setdefault,
    "copy": _copy,
    "pop": _pop,
}
