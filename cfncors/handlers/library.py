"""What calls do: of functions of the project, of JavaScript's and Python's own, and of methods of known things.

Whatever is not named here is unknown code: it may change the objects that it is given, and call the functions.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Final

from cfncors.handlers import containers, members, origin_tests, requests
from cfncors.handlers.frameworks import PASS_THROUGH, is_known, is_neutral, keeps_chain
from cfncors.handlers.functions import FUNCTIONS, keys
from cfncors.handlers.model import Place
from cfncors.handlers.values import (
    NULL,
    UNDEFINED,
    ClassValue,
    Closure,
    Const,
    Ends,
    Env,
    Event,
    External,
    Given,
    IsMethod,
    Object,
    Recorded,
    Ref,
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
    is_origin,
    join,
    options,
)

if TYPE_CHECKING:
    from cfncors.handlers.machine import Machine

#: Methods and functions that change nothing they are given: logging, converting, measuring.
_HARMLESS: Final = {
    "log", "info", "warn", "warning", "error", "debug", "exception", "critical", "trace", "fatal", "dir", "print",
    "stringify", "dumps", "keys", "values", "entries", "isArray", "len", "str", "int", "float", "bool", "repr",
    "isinstance", "type", "hasattr", "callable", "sorted", "String", "Number", "Boolean",
    "parseInt", "parseFloat", "isNaN", "any", "all", "max", "min", "sum", "encode", "decode", "captureException",
    "append_keys", "appendKeys", "add_metric", "addMetric", "put_annotation", "addContext", "byteLength", "from_",
    "logEvent", "logEventIfEnabled", "format", "join", "inspect", "range", "enumerate", "zip", "reversed", "Error",
    "captureStackTrace",
}  # fmt: skip
#: Methods that look for a text in another.
_LOOKS_IN: Final = {"includes", "indexOf", "startsWith", "startswith", "endsWith", "endswith"}
#: Methods of a text that leave it what it is, as far as a comparison of origins goes.
_SAME_TEXT: Final = {"toLowerCase", "lower", "trim", "strip", "toString", "toUpperCase", "upper", "valueOf", "casefold"}


def call(machine: Machine, function: Value, given: Given, place: Place) -> Value:
    """Call one thing."""
    if isinstance(function, Closure):
        if function.code.is_static and machine.is_python:
            function = replace(function, this=None)
        return machine.call_closure(function, given)
    if isinstance(function, ClassValue):
        return instantiate(machine, function, given, place)
    if isinstance(function, External):
        return call_external(machine, function, given, place)
    if isinstance(function, Sink):
        machine.listeners[function.number](given, place)
        return UNDEFINED
    found = machine.object(function)
    if found is not None and found.maker is not None:
        if found.maker.path in PASS_THROUGH and len(given.values) == 1:
            return given.values[0]
        maker = External((*found.maker.path, "()"))
        return _kept(machine, maker, Given((function, *given.values), given.named, given.more), place)
    if isinstance(function, Undefined) or function == NULL:
        return UNDEFINED  # `callback && callback()`, or an error that is thrown
    return Unknown(UnknownKind.RETURNED, "returned by code that is not followed", machine.escape(given))


def decorate(machine: Machine, decorator: Value, function: Value, place: Place) -> Value:
    """A function behind a decorator."""
    for option in options(decorator):
        path = option.path if isinstance(option, External) else ()
        found = machine.object(option)
        if found is not None and found.maker is not None:
            path = found.maker.path
        if is_neutral(path):
            return function
    return machine.call(decorator, Given((function,)), place)


def instantiate(machine: Machine, made_of: ClassValue, given: Given, place: Place) -> Value:
    """``new Class(…)``."""
    if made_of.code.decorators or members.has_unknown_base(machine, made_of):
        machine.escape(given)
        return Unknown(UnknownKind.NOT_FOLLOWED, f"an instance of {made_of.code.name}")
    reference = machine.allocate(Object({}, place=place, made_of=made_of))
    chain: list[ClassValue] = []
    last: ClassValue | None = made_of
    while last is not None and len(chain) < 8:
        chain.insert(0, last)
        last = members.base_of(machine, last)
    if any(getattr(base, "name", "") in members.ERRORS for base in chain[0].code.bases):
        fields = {name: Unknown(UnknownKind.ERROR, "a field of an error") for name in members.ERROR_FIELDS}
        machine.set_object(reference.address, replace(machine.state.heap[reference.address], fields=dict(fields)))
    for each in chain:
        _set_fields(machine, each, reference)
    construct(machine, made_of, reference, given)
    return reference


def _set_fields(machine: Machine, made_of: ClassValue, reference: Ref) -> None:
    before = machine.scope
    machine.scope = machine.new_scope(made_of.scope, True)
    machine.set_variable(machine.scope, "this", reference)
    for name, value, is_static in made_of.code.fields:
        if not is_static:
            members.set_member(machine, reference, const(name), machine.value(value))
    machine.scope = before


def construct(machine: Machine, made_of: ClassValue, this: Value, given: Given) -> None:
    """Run the constructor of a class, or the one that it inherits."""
    name = "__init__" if machine.is_python else "constructor"
    found = members.method_of(machine, made_of, name, this)
    if isinstance(found, Closure):
        machine.call_closure(found, given)


def call_super(machine: Machine, given: Given) -> Value:
    """``super(…)`` in a constructor (JavaScript), or the object whose methods are the parent's (Python)."""
    this = _this(machine)
    found = machine.object(this)
    made_of = _class_here(machine, found.made_of if found is not None else None)
    base = members.base_of(machine, made_of) if made_of is not None else None
    if base is None:
        return Unknown(UnknownKind.NOT_FOLLOWED, "super")
    if machine.is_python:
        return machine.allocate(Object({}, made_of=base, maker=None, arguments=(this,)))
    construct(machine, base, this, given)
    return UNDEFINED


def _super_method(machine: Machine, name: str, given: Given, place: Place) -> Value:
    """``super.name(…)`` of JavaScript."""
    this = _this(machine)
    found = machine.object(this)
    made_of = _class_here(machine, found.made_of if found is not None else None)
    base = members.base_of(machine, made_of) if made_of is not None else None
    method = members.method_of(machine, base, name, this)
    if method is None:
        return Unknown(
            UnknownKind.RETURNED, "a method of an unknown class", machine.escape(Given((this, *given.values)))
        )
    return machine.call(method, given, place)


def _this(machine: Machine) -> Value:
    name = "self" if machine.is_python else "this"
    scope = machine.find_scope(name, machine.scope)
    return UNDEFINED if scope is None else machine.state.variables[scope, name]


def _class_here(machine: Machine, made_of: ClassValue | None) -> ClassValue | None:
    """The class whose method runs: its parent is ``super``."""
    code = machine.frame.code
    for _ in range(8):
        if made_of is None or any(method is code for method in made_of.code.methods):
            return made_of
        made_of = members.base_of(machine, made_of)
    return None


# --- methods


def call_method(machine: Machine, holder: Value, name: str, given: Given, place: Place) -> Value:
    """``holder.name(…)``; of one of several, in any case."""
    sides = options(holder)
    if len(sides) == 1:
        return _method(machine, holder, name, given, place)
    tested = origin_tests.match_text(machine, holder, name, given.at(0), place)
    if tested is not None:
        return tested
    before, after = machine.fork(), None
    found: list[Value] = []
    for side in sides:
        machine.here = before.copy()
        try:
            missing = isinstance(side, Undefined) or side == NULL  # `a?.b()`
            found.append(UNDEFINED if missing else _method(machine, side, name, given, place))
        except Ends:
            machine.here = None
        after = join(after, machine.here)
    machine.here = after
    if after is None:
        raise Ends
    return choice(found)


def _method(machine: Machine, holder: Value, name: str, given: Given, place: Place) -> Value:
    if holder == External(("super",)):
        return _super_method(machine, name, given, place)
    if name == "run_until_complete":
        return given.at(0)
    if name == "then":
        return _then(machine, holder, given, place)
    if name in ("catch", "finally"):
        return _catch(machine, holder, given, place, name)
    if isinstance(holder, Ref):
        return _of_object(machine, holder, name, given, place)
    if isinstance(holder, Closure):
        return _of_function(machine, holder, name, given, place)
    if isinstance(holder, External):
        return call_external(machine, External((*holder.path, name)), given, place)
    if isinstance(holder, RegexValue):
        ways = {"test": "search", "exec": "search", "search": "search", "match": "match", "fullmatch": "fullmatch"}
        return origin_tests.match_regex(machine, holder, given.at(0), place, ways.get(name, "search"))
    if isinstance(holder, ClassValue):
        return machine.call(members.get_member(machine, holder, const(name), place), given, place)
    if isinstance(holder, Event | Env | Const | Text | Tested | Unknown):
        return _of_text(machine, holder, name, given, place)
    return Unknown(about_origin=machine.escape(given) or is_about_origin(holder))


def _of_text(machine: Machine, holder: Value, name: str, given: Given, place: Place) -> Value:
    tested = origin_tests.match_text(machine, holder, name, given.at(0), place)
    if tested is not None:
        return tested
    if name in _SAME_TEXT and isinstance(holder, Event):
        return holder
    if name in _SAME_TEXT and isinstance(holder, Const) and isinstance(holder.value, str):
        return const(_in_case(holder.value.strip() if name in ("strip", "trim") else holder.value, name))
    if name in ("toString", "strip", "trim") and isinstance(holder, Const | Env):
        return holder
    if name == "get" and isinstance(holder, Event):
        key = given.at(0)
        if isinstance(key, Const):
            found = members.event_part(machine, holder, str(key.value))
            default = given.at(1)
            if isinstance(default, Undefined) and machine.is_python:
                default = NULL
            kept = [option for option in options(found) if not isinstance(option, Undefined)]
            if kept and all(isinstance(option, Const) for option in kept):
                return found if len(kept) == len(options(found)) else choice((*kept, default))
            return default if not kept else found if isinstance(given.at(1), Undefined) else choice((found, default))
        return Unknown(about_origin=is_about_origin(holder))
    if name in ("match", "search") and is_origin(holder):
        return origin_tests.match_regex(machine, given.at(0), holder, place, "search")
    if isinstance(holder, Const) and isinstance(holder.value, str) and name in _LOOKS_IN:
        return _look_in(machine, holder.value, name, given.at(0), place)
    if name == "split" and isinstance(holder, Env | Const):
        return _split(machine, holder, given)
    about = is_about_origin(holder) or any(map(is_about_origin, given.all))
    if name not in _HARMLESS:
        about = machine.escape(given) or about
    return Unknown(UnknownKind.RETURNED, "returned by code that is not followed", about)


def _look_in(machine: Machine, text: str, name: str, wanted: Value, place: Place) -> Value:
    """``"GET,HEAD".includes(method)``, ``method.startsWith("P")``."""
    if name in ("includes", "indexOf") and requests.is_method(wanted):
        outcome = origin_tests.compare(machine, "in", wanted, const(text), place)
        return replace(outcome, is_index=name == "indexOf") if isinstance(outcome, IsMethod) else outcome
    if not isinstance(wanted, Const) or not isinstance(wanted.value, str):
        return Unknown(about_origin=is_about_origin(wanted))
    if name == "indexOf":
        return const(text.find(wanted.value))
    if name == "includes":
        return const(wanted.value in text)
    return const(text.startswith(wanted.value) if name in ("startsWith", "startswith") else text.endswith(wanted.value))


def _in_case(text: str, name: str) -> str:
    if name in ("toUpperCase", "upper"):
        return text.upper()
    return text.lower() if name in ("toLowerCase", "lower", "casefold") else text


def _split(machine: Machine, holder: Value, given: Given) -> Value:
    """A list in one text: ``"https://a.example,https://b.example".split(",")``."""
    mark = given.at(0)
    if isinstance(holder, Const) and isinstance(mark, Const) and isinstance(mark.value, str) and mark.value:
        return machine.allocate(Object({}, tuple(map(const, str(holder.value).split(mark.value)))))
    return machine.allocate(Object({}, (), is_open=True))


def _then(machine: Machine, holder: Value, given: Given, place: Place) -> Value:
    """What a promise becomes; a value that is no promise of an unknown function is what the callback gets."""
    found = machine.object(holder)
    result = (
        holder if found is None or found.maker is None else Unknown(UnknownKind.RETURNED, "the result of a library")
    )
    if isinstance(holder, External):
        result = Unknown(UnknownKind.RETURNED, "the result of a library")
    values: list[Value] = []
    for index, argument in enumerate((result, Unknown(UnknownKind.ERROR, "a caught error"))):
        if index < len(given.values):
            values.append(machine.maybe(given.values[index], Given((argument,)), place))
    return choice(values) if values else holder


def _catch(machine: Machine, holder: Value, given: Given, place: Place, name: str) -> Value:
    if not given.values:
        return holder
    machine.frame.catching += name == "catch"
    found = machine.maybe(given.values[0], Given((Unknown(UnknownKind.ERROR, "a caught error"),)), place)
    machine.frame.catching -= name == "catch"
    return choice((holder, found)) if name == "catch" else holder


def _of_function(machine: Machine, holder: Closure, name: str, given: Given, place: Place) -> Value:
    if name == "bind":
        return holder if len(given.values) <= 1 else Unknown(UnknownKind.NOT_FOLLOWED, "a bound function")
    if name == "call":
        this = given.at(0)
        bound = holder if isinstance(this, Undefined) or this == NULL else replace(holder, this=this)
        return call(machine, bound, Given(given.values[1:], given.named, given.more), place)
    machine.escape(Given((holder, *given.values)))
    return Unknown()


def _of_object(machine: Machine, holder: Ref, name: str, given: Given, place: Place) -> Value:
    found = machine.state.heap[holder.address]
    if found.maker is not None:
        return _of_instance(machine, holder, found, name, given, place)
    method = containers.LIST_METHODS.get(name) if found.items is not None else None
    if method is not None:
        return method(machine, holder, found, name, given, place)
    if name in found.fields or found.made_of is not None:
        value = members.get_member(machine, holder, const(name), place)
        if not isinstance(value, Undefined):
            if found.arguments and isinstance(value, Closure):  # super().__init__(…)
                value = replace(value, this=found.arguments[0])
            return machine.call(value, given, place)
    if machine.is_python and name in containers.DICTIONARY_METHODS:
        return containers.DICTIONARY_METHODS[name](machine, holder, found, given)
    if name == "hasOwnProperty" and not machine.is_python:
        return origin_tests.compare(machine, "in", given.at(0), holder, place)
    if name == "keys" and machine.is_python:
        return keys(machine, holder)
    if name in _HARMLESS or name in ("hasOwnProperty", "toString", "items", "copy"):
        return Unknown()
    return Unknown(
        UnknownKind.RETURNED, "returned by code that is not followed", machine.escape(Given((holder, *given.values)))
    )


def _of_instance(machine: Machine, holder: Ref, found: Object, name: str, given: Given, place: Place) -> Value:
    assert found.maker is not None
    if found.maker.path == ("re", "compile") or found.maker.path[-2:] == ("RegExp", "new"):
        return Unknown(about_origin=any(map(is_about_origin, given.all)))
    if found.maker.path[-2:] in (("Set", "new"), ("Map", "new")) and name == "has":
        listed = found.arguments[0] if found.arguments else UNDEFINED
        return origin_tests.compare(machine, "in", given.at(0), listed, place)
    recorded = Recorded(name, given.values, given.named, place)
    machine.set_object(holder.address, replace(found, calls=(*found.calls, recorded)))
    if keeps_chain(found.maker.path, name):
        return holder
    if name in _HARMLESS:
        return Unknown(about_origin=any(map(is_about_origin, given.all)))
    if not is_known(found.maker.path) and machine.escape(given):
        return Unknown(UnknownKind.RETURNED, "returned by code that is not followed", about_origin=True)
    return machine.make(External((*found.maker.path, name)), Given((holder, *given.values), given.named), place)


# --- what is not of the project

#: What stands for the handler's second argument.
LAMBDA_CONTEXT: Final = "the Lambda context"


def call_external(machine: Machine, function: External, given: Given, place: Place) -> Value:
    """A function of a library or of the language."""
    known = FUNCTIONS.get(function.path)
    if known is not None:
        return known(machine, given, place)
    if function.path in PASS_THROUGH and given.values:
        return given.values[0]
    if function.path[0] == LAMBDA_CONTEXT:
        return _context(machine, function.path[-1], given, place)
    if function.path[-1] in _HARMLESS:
        return Unknown(about_origin=any(map(is_about_origin, given.all)))
    return _kept(machine, function, given, place)


def _kept(machine: Machine, maker: External, given: Given, place: Place) -> Value:
    """What a library returns: an object that remembers how it was made."""
    if not is_known(maker.path) and machine.escape(given):
        return Unknown(UnknownKind.RETURNED, "returned by code that is not followed", about_origin=True)
    return machine.make(maker, given, place)


def _context(machine: Machine, name: str, given: Given, place: Place) -> Value:
    """``context.succeed(response)`` of old Node.js runtimes."""
    if name == "succeed":
        return call(machine, Sink(0), Given((NULL, *given.values)), place)
    if name == "done":
        return call(machine, Sink(0), given, place)
    return Unknown()
