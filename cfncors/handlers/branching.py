"""Tests and choices: which ways a program may go, and what is known on each."""

from __future__ import annotations

from functools import reduce
from typing import TYPE_CHECKING

from cfncors.handlers import origin_tests, syntax
from cfncors.handlers.model import Methods
from cfncors.handlers.values import (
    NULL,
    UNDEFINED,
    ClassValue,
    Closure,
    Const,
    Ends,
    Env,
    Event,
    IsMethod,
    Ref,
    Sink,
    State,
    Switch,
    Tested,
    Undefined,
    Unknown,
    Value,
    choice,
    const,
    is_origin,
    join,
    one_of,
    options,
    text_of,
)

if TYPE_CHECKING:
    from cfncors.handlers.machine import Machine


def branch(machine: Machine, test: syntax.Expression) -> tuple[State | None, State | None]:
    """The states in which a test holds, and in which it does not."""
    machine.step()
    if isinstance(test, syntax.Not):
        yes, no = branch(machine, test.value)
        return no, yes
    if isinstance(test, syntax.Logical) and test.operator in ("and", "or"):
        return _branch_logical(machine, test)
    try:
        value = machine.value(test)
    except Ends:
        return None, None
    yes, no = split(machine, value)
    return _narrow(machine, test, yes, True), _narrow(machine, test, no, False)


def _branch_logical(machine: Machine, test: syntax.Logical) -> tuple[State | None, State | None]:
    yes, no = branch(machine, test.left)
    going = yes if test.operator == "and" else no
    if going is None:
        return yes, no
    machine.here = going
    right_yes, right_no = branch(machine, test.right)
    if test.operator == "and":
        return right_yes, join(no, right_no)
    return join(yes, right_yes), right_no


def split(machine: Machine, value: Value) -> tuple[State | None, State | None]:
    """The states in which a value is true, and in which it is not."""
    truths = {truth(machine, option) for option in options(value)}
    yes = None if truths == {False} else machine.fork()
    no = None if truths == {True} else machine.fork()
    if yes is not None:
        _learn(machine, yes, value, True)
    if no is not None:
        _learn(machine, no, value, False)
    return _possible(yes), _possible(no)


def _possible(state: State | None) -> State | None:
    """A state to which a request of some method comes."""
    return None if state is None or state.methods.is_empty else state


def _learn(machine: Machine, state: State, value: Value, holds: bool) -> None:
    """What is known of the request where a test came out so."""
    possible = [option for option in options(value) if truth(machine, option) is not (not holds)]
    has_origin = any(map(is_origin, options(value)))
    learned = [
        {option.check} if isinstance(option, Tested) and option.negated is not holds else set() for option in possible
    ]
    for index, option in enumerate(possible):
        if isinstance(option, Unknown) and option.about_origin:
            learned[index] = {origin_tests.unknown_check(machine.frame_place())}
        elif has_origin and not holds and not isinstance(option, Tested):
            learned[index] = {origin_tests.ABSENT}
    if learned and all(learned):
        state.checks |= {one_of(map(frozenset, learned))} if len(learned) > 1 else learned[0]
    if not state.denied:
        state.denied = _denies(machine, possible, holds) and any(_is_of_origin(option) for option in options(value))
    switches = ((each.test, each.negated is not holds) for each in options(value) if isinstance(each, Switch))
    variable = origin_tests.environment(value)
    state.switches |= frozenset(switches) if variable is None else {(variable, holds)}
    if possible and all(isinstance(option, IsMethod) and not option.is_index for option in possible):
        found = [option.methods for option in possible if isinstance(option, IsMethod)]
        of_some = reduce(Methods.either, found if holds else [each.without() for each in found])
        state.methods = state.methods.both(of_some)


def _denies(machine: Machine, possible: list[Value], holds: bool) -> bool:
    """Whether each value with which a test comes out so is that of a missing origin, or of a test that it failed."""
    return bool(possible) and all(
        (option.negated is holds) is not (option.check.kind == "absent")
        if isinstance(option, Tested)
        else not holds and (is_origin(option) or truth(machine, option) is False)
        for option in possible
    )


def _is_of_origin(value: Value) -> bool:
    return isinstance(value, Tested) or is_origin(value)


def _narrow(machine: Machine, test: syntax.Expression, state: State | None, holds: bool) -> State | None:
    """A variable that was tested holds only what can have passed."""
    name, wanted = test, holds
    nothing: Value | None = None
    loose = False
    if isinstance(test, syntax.Compare) and test.operator in ("==", "!=", "~=", "!~"):
        if not (isinstance(test.right, syntax.Literal) and test.right.value is None):
            return state
        nothing = UNDEFINED if test.right.is_undefined else NULL
        name, wanted = test.left, holds is (test.operator in ("!=", "!~"))
        loose = test.operator in ("~=", "!~")
    if state is None or not isinstance(name, syntax.Name):
        return state
    machine.here, before = state, machine.here
    scope = machine.find_scope(name.name, machine.scope)
    if scope is not None:
        old = state.variables[scope, name.name]
        kept = [option for option in options(old) if _may_be(machine, option, wanted, nothing, loose)]
        if kept and len(kept) < len(options(old)):
            state.variables[scope, name.name] = choice(kept)
        if not wanted and any(map(is_origin, options(old))) and all(map(_may_be_no_origin, kept)):
            state.denied = True
    machine.here = before
    return state


def _may_be_no_origin(value: Value) -> bool:
    return is_origin(value) or isinstance(value, Undefined) or value in (NULL, const(""))


def _may_be(machine: Machine, value: Value, wanted: bool, nothing: Value | None, loose: bool) -> bool:
    """Whether a value is left: one that is true or false, or (with ``nothing``) that is not or is ``null``."""
    if nothing is None:
        return truth(machine, value) is not (not wanted)
    if value == nothing or (loose and (isinstance(value, Undefined) or value == NULL)):
        return not wanted
    return wanted or isinstance(value, Unknown | Event)


def truth(machine: Machine, value: Value) -> bool | None:
    """Whether a value counts as true; ``None`` when that is not known."""
    if isinstance(value, Const):
        return bool(value.value)
    if isinstance(value, Undefined):
        return False
    if isinstance(value, Ref):
        found = machine.object(value)
        if found is None or (found.maker is not None and found.maker.path[-1] != "new"):
            return None
        if not machine.is_python or found.maker or found.made_of:
            return True
        certain = (
            found.items
            if found.items is not None
            else [each for each in found.fields.values() if UNDEFINED not in options(each)]
        )
        return True if certain else None if found.is_open or found.fields else False
    if isinstance(value, Closure | ClassValue | Sink):
        return True
    return None


def conditional(machine: Machine, node: syntax.Conditional) -> Value:
    """``test ? then : other``."""
    yes, no = branch(machine, node.test)
    return either(machine, (yes, node.then), (no, node.other))


def either(machine: Machine, *ways: tuple[State | None, syntax.Expression]) -> Value:
    """One of some expressions, each in its own state."""
    found: list[Value] = []
    after: State | None = None
    for state, node in ways:
        if state is None:
            continue
        machine.here = state
        try:
            found.append(machine.value(node))
        except Ends:
            machine.here = None
        after = join(after, machine.here)
    machine.here = after
    if not found or after is None:
        raise Ends
    return choice(found)


def logical(machine: Machine, node: syntax.Logical) -> Value:
    """The value of ``and``, ``or``, ``??``."""
    left = machine.value(node.left)
    sides = options(left)
    kept: list[Value]
    yes: State | None
    no: State | None
    if node.operator == "nullish":
        kept = [each for each in sides if not (isinstance(each, Undefined) or each == NULL)]
        needs = len(kept) < len(sides) or any(isinstance(each, Unknown | Event | Env) for each in kept)
        yes = no = machine.state
    else:
        wanted = node.operator == "or"
        kept = [each for each in sides if truth(machine, each) is not (not wanted)]
        needs = any(truth(machine, each) is not wanted for each in sides)
        if not wanted:
            kept = [_falsy(machine, each) for each in kept]
        yes, no = split(machine, left)
        yes, no = _narrow(machine, node.left, yes, True), _narrow(machine, node.left, no, False)
        if not wanted:
            yes, no = no, yes
    if not needs or no is None:
        return choice(kept) if kept else left
    machine.here = no.copy()
    try:
        right: Value | None = machine.value(node.right)
    except Ends:
        right = None
    machine.here = join(machine.here if right is not None else None, yes if kept else None)
    if right is None and not kept:
        raise Ends
    if node.operator != "and" and isinstance(right, Const):
        kept = [_with_default(each, right) for each in kept]
    return choice(kept if right is None else [*kept, right])


def _with_default(value: Value, right: Const) -> Value:
    """``process.env.ORIGIN || '*'``: what stands for a variable that is not set."""
    is_first = isinstance(value, Env) and value.default is None
    return Env(value.name, text_of(right)) if is_first and isinstance(value, Env) else value


def _falsy(machine: Machine, value: Value) -> Value:
    """What is left of a value that is known to be false."""
    return UNDEFINED if isinstance(value, Event | Unknown) else value
