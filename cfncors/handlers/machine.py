"""Runs code without running it: every way through a function, with values that may be unknown.

Both sides of a branch are taken and joined behind it, unless its test is known. Calls of functions of the project are
followed; what leaves the project is :class:`~cfncors.handlers.values.Unknown`, or known to
:mod:`cfncors.handlers.library`. An object that is given to unknown code may be changed by it, so it is *open* from
then on. What is found is therefore never more than the code says; where it is less, the reason is kept.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from typing import TYPE_CHECKING, Final

from cfncors.handlers import expressions, library, members, syntax
from cfncors.handlers import statements as statements_of
from cfncors.handlers.model import Asked, Asks, Methods, Place
from cfncors.handlers.modules import Module
from cfncors.handlers.values import (
    NULL,
    UNDEFINED,
    Closure,
    Const,
    Ends,
    Event,
    External,
    Given,
    Object,
    Ref,
    Sink,
    State,
    Undefined,
    Unknown,
    UnknownKind,
    Value,
    choice,
    is_about_origin,
    join,
    options,
    reachable,
)

if TYPE_CHECKING:
    from cfncors.handlers.files import Files

#: Expressions and statements that are run for one handler: some tenths of a second.
_MAX_STEPS: Final = 40_000
_MAX_DEPTH: Final = 14
#: A list with more items is looped over as an unknown one.
_MAX_TURNS: Final = 12


class OutOfBudget(Exception):
    """The code is too long or branches too much to be followed."""


class _Frame:
    """A call that is being followed."""

    def __init__(self, code: syntax.Function | None, listener: Callable[[Value, Place], None] | None) -> None:
        self.code = code
        self.listener = listener
        self.returns: list[Value] = []
        self.states: list[State] = []
        self.jumps: list[dict[str, list[State]]] = []
        self.catching = 0
        #: blocks that will run behind a return and may change what it returns
        self.finals = 0


class Machine:
    """One run. ``state`` is where it stands; ``None`` where the way has ended."""

    def __init__(self, files: Files, asked: Asked | None = None) -> None:
        self.files = files
        #: the request that is followed; without one, any
        self.asked = asked
        self.asks: set[Asks] = set()
        self.named: dict[str, None] = {}
        #: the function that Lambda calls
        self.entered: Place | None = None
        self.here: State | None = State()
        if asked is not None:
            self.here.methods = Methods(frozenset((asked.method,)))
        self.parents: list[int | None] = []
        self.function_of: list[int] = []
        self.modules: dict[str, Module] = {}
        self.module_of: dict[int, Module] = {}
        self.open_modules: set[int] = set()
        self.outer: set[tuple[int, str]] = set()
        self.scope = 0
        self.frames = [_Frame(None, None)]
        self.steps = 0
        self.log: list[tuple[tuple[int, str], Value] | tuple[int, Object]] = []
        self.sinks: dict[int, list[Value]] = {}
        self.listeners: dict[int, Callable[[Given, Place], None]] = {}
        self.deferred: list[Closure] = []
        self.running: set[Closure] = set()
        self.reasons: dict[str, None] = {}

    # --- state

    @property
    def state(self) -> State:
        """The state of a way that goes on."""
        if self.here is None:
            raise Ends
        return self.here

    @property
    def module(self) -> Module:
        """The file whose code runs."""
        scope: int | None = self.scope
        while scope is not None:
            if scope in self.module_of:
                return self.module_of[scope]
            scope = self.parents[scope]
        raise AssertionError("every scope belongs to a file")

    @property
    def is_python(self) -> bool:
        """Whether Python runs; else it is JavaScript or TypeScript."""
        return self.module.language == "python"

    @property
    def frame(self) -> _Frame:
        """The call that is followed."""
        return self.frames[-1]

    def new_frames(self) -> list[_Frame]:
        """The calls that are followed while a file is loaded: none."""
        return [_Frame(None, None)]

    def step(self) -> None:
        """Count one more thing done."""
        self.steps += 1
        if self.steps > _MAX_STEPS:
            raise OutOfBudget

    def fork(self) -> State:
        """An independent copy of the state; a large one takes its time."""
        self.steps += (len(self.state.variables) + len(self.state.heap)) // 64
        return self.state.copy()

    def new_scope(self, parent: int | None, is_function: bool) -> int:
        """A scope for names."""
        self.parents.append(parent)
        number = len(self.parents) - 1
        self.function_of.append(number if is_function or parent is None else self.function_of[parent])
        return number

    def set_variable(self, scope: int, name: str, value: Value) -> None:
        """Make a name of a scope hold a value."""
        self.state.variables[scope, name] = value
        self.log.append(((scope, name), value))

    def set_object(self, address: int, value: Object) -> None:
        """Make an object be another."""
        self.state.heap[address] = value
        self.log.append((address, value))
        self.steps += len(value.fields) // 16  # a large object takes its time wherever ways join

    def allocate(self, value: Object) -> Ref:
        """A new object."""
        address = len(self.log)
        self.log.append((address, value))
        self.state.heap[address] = value
        return Ref(address)

    def object(self, value: Value) -> Object | None:
        """What a reference stands for."""
        return self.state.heap.get(value.address) if isinstance(value, Ref) else None

    def find_scope(self, name: str, start: int | None) -> int | None:
        """The nearest scope that has a name."""
        scope = start
        while scope is not None:
            if (scope, name) in self.state.variables:
                return scope
            scope = self.parents[scope]
        return None

    def give_up(self, reason: str) -> None:
        """Keep why something is not known."""
        self.reasons.setdefault(reason, None)

    # --- statements

    def run(self, statements: tuple[syntax.Statement, ...]) -> None:
        """Run statements as long as the way goes on."""
        for statement in statements:
            if isinstance(statement, syntax.Define) and statement.hoisted:
                statements_of.define(self, statement)
        for statement in statements:
            if self.here is None:
                return
            self.step()
            try:
                statements_of.STATEMENTS[type(statement)](self, statement)
            except Ends:
                self.here = None

    @contextmanager
    def inside(self, is_function: bool = False) -> Iterator[None]:
        """Names declared meanwhile are forgotten after."""
        before = self.scope
        self.scope = self.new_scope(before, is_function)
        try:
            yield
        finally:
            self.scope = before

    def frame_place(self) -> Place:
        """A place to name when nothing better is known."""
        return Place(self.module.path, 0, 0, 1)

    # --- tests

    # --- values

    def value(self, node: syntax.Expression) -> Value:
        """The value of an expression. Raises :class:`Ends` where it throws."""
        self.step()
        return expressions.EXPRESSIONS[type(node)](self, node)

    def assign(self, target: syntax.Target, value: Value, declares: str) -> None:
        """Put a value where a target says."""
        self.step()
        if isinstance(target, syntax.Name):
            self.assign_name(target.name, value, declares)
        elif isinstance(target, syntax.Member):
            members.set_member(self, self.value(target.object), self.value(target.key), value)
        elif isinstance(target, syntax.Destructure):
            self._take_apart(target, value, declares)

    def _take_apart(self, target: syntax.Destructure, value: Value, declares: str) -> None:
        taken: set[str] = set()
        for part in target.parts:
            if part.key is None:
                self.assign(part.target, members.rest_of(self, value, taken, target.is_list), declares)
                continue
            key = self.value(part.key)
            if isinstance(key, Const):
                taken.add(str(key.value))
            found = members.get_member(self, value, key, syntax.Literal(None, target.place).place)
            if part.default is not None:
                found = self.with_default(found, part.default)
            self.assign(part.target, found, declares)

    def with_default(self, value: Value, default: syntax.Expression) -> Value:
        """A value with what stands in for ``undefined``."""
        given = [option for option in options(value) if not isinstance(option, Undefined)]
        if len(given) == len(options(value)) and not any(isinstance(each, Unknown | Event) for each in given):
            return value
        return choice((*given, self.value(default)))

    def assign_name(self, name: str, value: Value, declares: str) -> None:
        """Make a name hold a value, in the scope that its declaration says."""
        scope = self.scope
        if declares == "function":
            scope = self.function_of[self.scope]
            if (scope, name) in self.outer:
                parent = self.parents[scope]
                found = self.find_scope(name, parent)
                scope = self.module.scope if found is None else found
        elif declares == "":
            found = self.find_scope(name, self.scope)
            scope = self.module.scope if found is None else found
        self.set_variable(scope, name, value)

    # --- calls

    def call(self, function: Value, given: Given, place: Place) -> Value:
        """Call whatever it is; one of several is called in any case."""
        found: list[Value] = []
        before, after = self.state, None
        for option in options(function):
            self.here = before.copy() if len(options(function)) > 1 else before
            try:
                found.append(library.call(self, option, given, place))
            except Ends:
                self.here = None
            after = join(after, self.here)
        self.here = after
        if after is None or not found:
            raise Ends
        return choice(found)

    def call_closure(
        self, closure: Closure, given: Given, listener: Callable[[Value, Place], None] | None = None
    ) -> Value:
        """Follow a call of a function of the project; ``listener`` hears what it returns, as it returns it."""
        self.step()
        code = closure.code
        depth = len(self.frames)
        if depth > _MAX_DEPTH or sum(frame.code is code for frame in self.frames) > 1:
            return Unknown(UnknownKind.NOT_FOLLOWED, f"{code.name or 'a function'} calls itself", self.escape(given))
        frame = _Frame(code, listener)
        before = self.scope
        self.scope = self.new_scope(closure.scope, True)
        outside = self.state
        checks, methods, denied, switches = outside.checks, outside.methods, outside.denied, outside.switches
        self.frames.append(frame)
        try:
            if not code.is_arrow and closure.this is not None:
                self.set_variable(self.scope, "this", closure.this)
            self._bind(code, closure, given)
            self.run(code.body)
        finally:
            self.frames.pop()
            self.scope = before
        if self.here is not None:
            frame.returns.append(NULL if self.is_python else UNDEFINED)
            frame.states.append(self.here)
        self.here = None
        for state in frame.states:
            self.here = join(self.here, state)
        if self.here is None:
            raise Ends
        self.here.checks, self.here.methods, self.here.denied = checks, methods, denied
        self.here.switches = switches
        if code.is_generator:
            return Unknown(UnknownKind.NOT_FOLLOWED, "a generator")
        return choice(frame.returns)

    def _bind(self, code: syntax.Function, closure: Closure, given: Given) -> None:
        values = list(given.values)
        is_python = self.is_python
        if is_python and closure.this is not None and not code.is_static:
            values.insert(0, closure.this)
        named = dict(given.named)
        if not is_python:
            self.set_variable(self.scope, "arguments", Unknown(UnknownKind.ARGUMENT, "arguments"))
        for parameter in code.parameters:
            self.assign(parameter.target, self._argument(parameter, values, named, given), "block")

    def _argument(
        self, parameter: syntax.Parameter, values: list[Value], named: dict[str, Value], given: Given
    ) -> Value:
        if parameter.rest == "*":
            rest = self.allocate(Object({}, tuple(values), is_open=given.more))
            values.clear()
            return rest
        if parameter.rest == "**":
            rest = self.allocate(Object(dict(named), is_open=given.more))
            named.clear()
            return rest
        name = parameter.target.name if isinstance(parameter.target, syntax.Name) else ""
        value: Value = UNDEFINED
        if values and not parameter.keyword_only:
            value = values.pop(0)
        elif name in named:
            value = named.pop(name)
        elif given.more:
            value = choice((UNDEFINED, Unknown(UnknownKind.ARGUMENT, "an argument given elsewhere")))
        if parameter.default is None:
            return value
        if self.is_python and value != UNDEFINED and not given.more:
            return value
        return self.with_default(value, parameter.default)

    def escape(self, given: Given) -> bool:
        """Unknown code gets values: what can be changed through them may be, functions may be called.

        Returns whether the request's origin may have gone into what that code returns.
        """
        about = any(map(is_about_origin, given.all))
        for value in given.all:
            for address in tuple(reachable(self.state, value)):
                found = self.state.heap[address]
                about = about or any(map(is_about_origin, (*found.fields.values(), *(found.items or ()))))
                if found.maker is None:
                    self.set_object(address, _opened(found))
            for each in _functions(self, value):
                if isinstance(each, Sink):
                    self.give_up("the callback is given to code that is not followed")
                elif each not in self.running:
                    self.deferred.append(each)
                    about = is_about_origin(self.maybe_call(each, Given(more=True))) or about
        return about

    def maybe_call(self, closure: Closure, given: Given) -> Value:
        """A call that may happen, now or later."""
        before = self.fork()
        self.running.add(closure)
        try:
            value = self.call_closure(closure, given)
        except Ends:
            value = Unknown(UnknownKind.ERROR, "an error")
        self.running.discard(closure)
        self.here = join(before, self.here)
        return value

    def maybe(self, function: Value, given: Given, place: Place) -> Value:
        """What a function returns that may be called, now or later."""
        found = []
        for option in options(function):
            if isinstance(option, Closure):
                found.append(self.maybe_call(option, given))
            else:
                found.append(library.call(self, option, given, place))
        return choice(found)

    def make(self, maker: External, given: Given, place: Place) -> Ref:
        """What a library's function returns: an object that remembers how it was made."""
        made = Object({}, is_open=True, place=place, maker=maker, arguments=given.values, named=given.named)
        return self.allocate(made)

    def finish(self) -> None:
        """Run what was given to unknown code once more: it may be called when the rest is done."""
        for closure in tuple(dict.fromkeys(self.deferred)):
            if self.here is not None:
                self.maybe_call(closure, Given(more=True))


def _opened(found: Object) -> Object:
    fields = {
        name: choice((value, Unknown(UnknownKind.CHANGED, "changed elsewhere"))) for name, value in found.fields.items()
    }
    return replace(found, fields=fields, is_open=True)


def _functions(machine: Machine, value: Value) -> list[Closure | Sink]:
    """Functions that are reached through a value."""
    found: list[Closure | Sink] = [each for each in options(value) if isinstance(each, Closure | Sink)]
    for address in reachable(machine.state, value):
        holder = machine.state.heap[address]
        if holder.maker is None:
            for inner in (*holder.fields.values(), *(holder.items or ())):
                found.extend(each for each in options(inner) if isinstance(each, Closure | Sink))
    return found
