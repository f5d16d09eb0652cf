"""What each kind of statement does to the state."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from typing import TYPE_CHECKING, Final

from cfncors.handlers import branching, library, members, modules, origin_tests, syntax
from cfncors.handlers.model import ONLY_OPTIONS
from cfncors.handlers.values import (
    NULL,
    UNDEFINED,
    Choice,
    Const,
    Object,
    State,
    Unknown,
    UnknownKind,
    Value,
    choice,
    is_about_origin,
    join,
    join_objects,
    marked,
    options,
)

if TYPE_CHECKING:
    from cfncors.handlers.machine import Machine

#: A list with more items is looped over as an unknown one.
_MAX_TURNS: Final = 12


def _do(machine: Machine, node: syntax.Do) -> None:
    machine.value(node.value)


def _return(machine: Machine, node: syntax.Return) -> None:
    value = UNDEFINED if node.value is None else machine.value(node.value)
    if node.value is None and machine.is_python:
        value = NULL
    if machine.state.denied or machine.state.methods == ONLY_OPTIONS:
        value = choice(_marked(machine, option) for option in options(value))
    frame = machine.frame
    if frame.finals:
        value = Unknown(UnknownKind.NOT_FOLLOWED, "what a finally block may change")
    if frame.listener is not None:
        frame.listener(value, node.place)
    frame.returns.append(value)
    frame.states.append(machine.state)
    machine.here = None


def _marked(machine: Machine, value: Value) -> Value:
    """A response that a helper was given and returns, as a copy: elsewhere it may go to others."""
    found = machine.object(value)
    if found is None or (new := marked(found, machine.state)) == found:
        return value
    return machine.allocate(new)


def _throw(machine: Machine, node: syntax.Throw) -> None:
    if node.value is not None:
        machine.value(node.value)
    machine.here = None


def _if(machine: Machine, node: syntax.If) -> None:
    switches = machine.state.switches
    yes, no = branching.branch(machine, node.test)
    returned = len(machine.frame.returns)
    left, right = _way(machine, yes, node.body), _way(machine, no, node.other)
    machine.here = join(left, right)
    if machine.here is not None and None in (left, right) and len(machine.frame.returns) == returned:
        machine.here.switches = switches  # `if (!process.env.TABLE) throw`: a deployment that works goes on


def _way(machine: Machine, state: State | None, body: tuple[syntax.Statement, ...]) -> State | None:
    """The state behind some statements, begun in another."""
    if state is None:
        return None
    machine.here = state
    machine.run(body)
    return machine.here


def _block(machine: Machine, node: syntax.Block) -> None:
    with machine.inside():
        machine.run(node.body)


def define(machine: Machine, node: syntax.Define) -> None:
    """A function or class declaration."""
    value = machine.value(node.value)
    decorators = getattr(node.value, "decorators", ())
    if isinstance(node.value, syntax.Function):
        for decorator in reversed(decorators):
            value = library.decorate(machine, machine.value(decorator), value, node.value.place)
    machine.assign_name(node.name, value, "function" if machine.is_python else "block")


def _delete(machine: Machine, node: syntax.Delete) -> None:
    if isinstance(node.target, syntax.Member):
        members.set_member(machine, machine.value(node.target.object), machine.value(node.target.key), UNDEFINED)


def _outer(machine: Machine, node: syntax.Outer) -> None:
    machine.outer.update((machine.function_of[machine.scope], name) for name in node.names)


def _jump(machine: Machine, node: syntax.Jump) -> None:
    for each in reversed(machine.frame.jumps):
        if node.kind in each:
            each[node.kind].append(machine.state)
            break
    machine.here = None


@contextmanager
def _jumps(machine: Machine, *kinds: str) -> Iterator[dict[str, list[State]]]:
    places: dict[str, list[State]] = {kind: [] for kind in kinds}
    machine.frame.jumps.append(places)
    try:
        yield places
    finally:
        machine.frame.jumps.pop()


def _loop(machine: Machine, node: syntax.Loop) -> None:
    machine.run(node.first)
    if machine.here is None:
        return
    items = None if node.items is None else machine.value(node.items)
    known = None if items is None else _turns(machine, items)
    with _jumps(machine, "break") as places:
        if known is not None:
            for item in known:
                _turn(machine, node, item)
        else:
            _unknown_turns(machine, node, items)
        machine.run(node.other)
    for state in places["break"]:
        machine.here = join(machine.here, state)


def _turns(machine: Machine, items: Value) -> tuple[Value, ...] | None:
    """The items of a list that is known whole."""
    found = machine.object(items)
    if found is None or found.items is None or found.is_open or len(found.items) > _MAX_TURNS:
        return None
    return found.items


def _turn(machine: Machine, node: syntax.Loop, item: Value | None) -> None:
    """One run of the body."""
    if machine.here is None:
        return
    with _jumps(machine, "continue") as places, machine.inside():
        if node.target is not None and item is not None:
            machine.assign(node.target, item, node.declares or ("function" if machine.is_python else ""))
        machine.run(node.body)
        for state in places["continue"]:
            machine.here = join(machine.here, state)
        if node.step is not None and machine.here is not None:
            machine.value(node.step)


def _unknown_turns(machine: Machine, node: syntax.Loop, items: Value | None) -> None:
    item = Unknown(UnknownKind.PART, "an item of a list", items is not None and is_about_origin(items))
    ends: list[State | None] = []
    before = machine.fork()
    for number in range(2):
        if machine.here is None:
            break
        yes: State | None = machine.state
        if node.test is not None and not (number == 0 and node.at_least_once):
            yes, no = branching.branch(machine, node.test)
            ends.append(no)
        elif node.items is not None:
            ends.append(machine.fork())
        machine.here = yes
        _turn(machine, node, item)
    if machine.here is not None:
        _widen(machine, before)
    if node.test is not None or node.items is not None:
        ends.append(machine.here)
    machine.here = None
    for end in ends:
        machine.here = join(machine.here, end)


def _widen(machine: Machine, before: State) -> None:
    """What turns change may be anything after more of them."""
    for key, value in tuple(machine.state.variables.items()):
        old = before.variables.get(key)
        if old is not None and old is not value and isinstance(value, Const | Choice):
            machine.state.variables[key] = choice(
                (value, Unknown(UnknownKind.CHANGED, "changed in a loop", is_about_origin(value)))
            )
    for address, found in tuple(machine.state.heap.items()):
        old_object = before.heap.get(address)
        if old_object is None or old_object is found:
            continue
        fields = {
            name: value
            if old_object.fields.get(name) == value
            else choice((value, Unknown(UnknownKind.CHANGED, "changed in a loop")))
            for name, value in found.fields.items()
        }
        machine.state.heap[address] = replace(found, fields=fields, is_open=found.is_open or found.items is not None)


def _try(machine: Machine, node: syntax.Try) -> None:
    entry, start = machine.fork(), len(machine.log)
    changing = _changes(node.final)
    machine.frame.finals += changing
    machine.run(node.body)
    machine.run(node.other)
    after = machine.here
    thrown = _as_thrown(machine, entry, start)
    for catch in node.catches:
        machine.here = thrown.copy()
        machine.frame.catching += 1
        with machine.inside():
            if catch.target is not None:
                declares = "function" if machine.is_python else "block"
                machine.assign(catch.target, Unknown(UnknownKind.ERROR, "a caught error"), declares)
            machine.run(catch.body)
        machine.frame.catching -= 1
        after = join(after, machine.here)
    machine.frame.finals -= changing
    if not node.catches:
        machine.here = thrown
        machine.run(node.final)  # then the error goes on
    machine.here = after
    machine.run(node.final)


def _as_thrown(machine: Machine, entry: State, start: int) -> State:
    """What may be where an error is caught: everything that was written may have been."""
    for key, value in machine.log[start:]:
        if isinstance(key, tuple) and not isinstance(value, Object):
            old = entry.variables.get(key)
            entry.variables[key] = value if old is None else choice((old, value))
        elif isinstance(key, int) and isinstance(value, Object):
            old_object = entry.heap.get(key)
            entry.heap[key] = value if old_object is None else join_objects(old_object, value)
    return entry


def _switch(machine: Machine, node: syntax.Switch) -> None:
    subject = machine.value(node.subject)
    falling: State | None = None
    default: tuple[State | None, int] | None = None
    with _jumps(machine, "break") as places:
        for index, case in enumerate(node.cases):
            if case.is_default and index < len(node.cases) - 1:
                default = (None, index)
                if falling is not None:
                    falling = _fall(machine, falling, case, node)
                continue
            taken, machine.here = _case(machine, case, subject)
            falling = _fall(machine, join(taken, falling), case, node)
        if default is not None and machine.here is not None:
            for case in node.cases[default[1] :]:
                machine.run(case.body)
                if not node.falls_through:
                    break
        machine.here = join(machine.here, falling)
    for state in places["break"]:
        machine.here = join(machine.here, state)


def _fall(machine: Machine, state: State | None, case: syntax.Case, node: syntax.Switch) -> State | None:
    """Run a case; what falls through goes to the next one, or behind a ``match``."""
    going = machine.here
    machine.here = state
    if state is not None:
        machine.run(case.body)
    if node.falls_through:
        falling, machine.here = machine.here, going
        return falling
    if machine.here is not None:
        machine.frame.jumps[-1]["break"].append(machine.here)
    machine.here = going
    return None


def _case(machine: Machine, case: syntax.Case, subject: Value) -> tuple[State | None, State | None]:
    """The states in which a case is taken, and in which the next is looked at."""
    if machine.here is None:
        return None, None
    if case.is_default:
        return machine.here, None
    if case.tests is None:
        return machine.here.copy(), machine.here
    taken: State | None = None
    for test in case.tests:
        if machine.here is None:
            break
        place = test.place if hasattr(test, "place") else machine.frame_place()
        outcome = origin_tests.compare(machine, "==", subject, machine.value(test), place)
        yes, machine.here = branching.split(machine, outcome)
        taken = join(taken, yes)
    return taken, machine.here


def _may_change(call: syntax.Call) -> bool:
    """Whether a call may set a field of what it is given, or of what it is called on: ``add_cors(response)``,
    ``headers.update(…)``; most calls in such a block close or log something."""
    called = call.function
    if isinstance(called, syntax.Name):
        return bool(call.arguments) and called.name != "print"
    return isinstance(called, syntax.Member) and getattr(called.key, "value", None) in _CHANGING


def _changes(statements: tuple[syntax.Statement, ...]) -> bool:
    """Whether a block returns, or may set a field of an object."""
    for each in statements:
        if isinstance(each, syntax.Return | syntax.Delete):
            return True
        value = each.value if isinstance(each, syntax.Do) else None
        if isinstance(value, syntax.Assign) and isinstance(value.target, syntax.Member):
            return True
        if isinstance(value, syntax.Call) and _may_change(value):
            return True
        inner = [getattr(each, name, ()) for name in ("body", "other", "final")]
        inner += [catch.body for catch in getattr(each, "catches", ())]
        if any(_changes(block) for block in inner):
            return True
    return False


_CHANGING: Final = ("update", "setdefault", "assign", "pop")
STATEMENTS: Final[dict[type, Callable[..., None]]] = {
    syntax.Do: _do,
    syntax.Return: _return,
    syntax.Throw: _throw,
    syntax.If: _if,
    syntax.Loop: _loop,
    syntax.Try: _try,
    syntax.Switch: _switch,
    syntax.Jump: _jump,
    syntax.Block: _block,
    syntax.Define: define,
    syntax.Delete: _delete,
    syntax.Outer: _outer,
    syntax.Import: modules.run_import,
    syntax.Export: modules.run_export,
}
