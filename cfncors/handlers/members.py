"""Fields: what ``object.key`` holds, and what happens when it is set."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from cfncors.handlers import requests
from cfncors.handlers.frameworks import is_neutral
from cfncors.handlers.model import Place
from cfncors.handlers.origin_tests import ELSEWHERE, unknown_check
from cfncors.handlers.values import (
    UNDEFINED,
    ClassValue,
    Closure,
    Const,
    Env,
    Event,
    External,
    Given,
    Object,
    Ref,
    Text,
    Undefined,
    Unknown,
    UnknownKind,
    Value,
    choice,
    const,
    is_about_origin,
    is_origin,
    options,
)

if TYPE_CHECKING:
    from cfncors.handlers.machine import Machine

#: Names of statuses in ``http.HTTPStatus``, ``http-status-codes`` and the like (RFC 9110, section 15).
STATUSES: Final = {
    "OK": 200, "CREATED": 201, "ACCEPTED": 202, "NO_CONTENT": 204, "MOVED_PERMANENTLY": 301, "FOUND": 302,
    "SEE_OTHER": 303, "NOT_MODIFIED": 304, "TEMPORARY_REDIRECT": 307, "PERMANENT_REDIRECT": 308, "BAD_REQUEST": 400,
    "UNAUTHORIZED": 401, "FORBIDDEN": 403, "NOT_FOUND": 404, "METHOD_NOT_ALLOWED": 405, "CONFLICT": 409, "GONE": 410,
    "UNSUPPORTED_MEDIA_TYPE": 415, "UNPROCESSABLE_ENTITY": 422, "TOO_MANY_REQUESTS": 429,
    "INTERNAL_SERVER_ERROR": 500, "NOT_IMPLEMENTED": 501, "BAD_GATEWAY": 502, "SERVICE_UNAVAILABLE": 503,
    "GATEWAY_TIMEOUT": 504,
}  # fmt: skip
#: What classes of errors extend (ECMA-262, "Error Objects"; Python, "Built-in Exceptions"), and what it gives them.
ERRORS: Final = ("Error", "TypeError", "RangeError", "Exception", "ValueError", "RuntimeError")
ERROR_FIELDS: Final = ("message", "name", "stack", "cause", "args")
_STATUS_LIBRARIES: Final = {"http", "http-status-codes", "http-status"}


def get_member(machine: Machine, holder: Value, key: Value, place: Place) -> Value:
    """The value of a field."""
    found: list[Value] = []
    if machine.is_python and key == const("__dict__"):
        return Unknown(UnknownKind.PART, "the fields of an object", machine.escape(Given((holder,))))
    for option in options(holder):
        for name in options(key):
            if isinstance(name, Const):
                found.append(_get(machine, option, name.value))
            else:
                found.append(_get_computed(machine, option, name))
    return choice(found)


def _get_computed(machine: Machine, holder: Value, key: Value) -> Value:
    about = is_about_origin(holder) or is_about_origin(key)
    found = machine.object(holder)
    if found is not None and not found.is_open and found.maker is None and found.made_of is None:
        fields = found.fields.items()
        if isinstance(key, Text):
            fields = {name: value for name, value in fields if requests.may_be(key, name)}.items()
            if not fields and found.items is None:
                return UNDEFINED
        inside = [_routed(machine, name, value) for name, value in fields] + list(found.items or ())
        if inside and all(isinstance(value, Const | Closure | Ref | Unknown) for value in inside):
            return choice((*inside, UNDEFINED))
    return Unknown(UnknownKind.PART, "a computed key", about)


def _routed(machine: Machine, name: str, value: Value) -> Value:
    """A field that a computed key may name. What answers ``OPTIONS`` is not followed: that only a preflight comes to it
    would not be seen."""
    is_preflight = machine.asked is None and isinstance(value, Closure) and name.upper().startswith("OPTIONS")
    return Unknown(UnknownKind.NOT_FOLLOWED, "an answer to OPTIONS") if is_preflight else value


def _get(machine: Machine, holder: Value, key: object) -> Value:
    name = str(key)
    if isinstance(holder, Ref):
        return _get_from(machine, holder, machine.state.heap[holder.address], name)
    if isinstance(holder, Event):
        return event_part(machine, holder, name)
    if isinstance(holder, External):
        return _external(holder, name)
    if isinstance(holder, ClassValue):
        return _static(machine, holder, name)
    if isinstance(holder, Undefined):
        return UNDEFINED
    if isinstance(holder, Const) and name == "value" and machine.is_python:
        return holder  # of a member of an enumeration
    return Unknown(about_origin=is_about_origin(holder))


def _get_from(machine: Machine, holder: Ref, found: Object, name: str) -> Value:
    if found.items is not None:
        return _item(found, name)
    if name in found.fields:
        return found.fields[name]
    method = method_of(machine, found.made_of, name, holder)
    if method is not None:
        return method
    if found.maker is not None and found.maker.path[:1] == ("chalice",):
        return holder  # app.api.cors
    if found.maker is not None and is_neutral(found.maker.path):
        return External((*found.maker.path, name))
    return found.get(name)


def _item(found: Object, name: str) -> Value:
    items = found.items or ()
    if found.is_open:
        return choice((*items, Unknown(UnknownKind.PART, "an item of a list")))
    try:
        return items[int(name)]
    except ValueError:
        return const(len(items)) if name == "length" else Unknown()
    except IndexError:
        return UNDEFINED


def method_of(machine: Machine, made_of: ClassValue | None, name: str, this: Value) -> Value | None:
    """A method of a class or of those that it extends; also the class's own fields."""
    seen = 0
    while made_of is not None and seen < 8:
        seen += 1
        for method in made_of.code.methods:
            if method.name == name:
                return decorated(machine, made_of, method, this)
        statics = machine.object(made_of.statics)
        if machine.is_python and statics is not None and name in statics.fields:
            return statics.fields[name]
        made_of = base_of(machine, made_of)
    return None


def decorated(machine: Machine, made_of: ClassValue, method: object, this: Value) -> Value:
    """A method bound to what it is called on; one with decorators of its own is not followed."""
    from cfncors.handlers import syntax

    assert isinstance(method, syntax.Function)
    if any(not _is_harmless(each) for each in method.decorators):
        return Unknown(UnknownKind.NOT_FOLLOWED, "a decorated method")
    return Closure(method, made_of.scope, this)


def _is_harmless(decorator: object) -> bool:
    from cfncors.handlers import syntax

    if isinstance(decorator, syntax.Call):
        decorator = decorator.function
    names = {"classmethod", "staticmethod", "abstractmethod", "override"}
    if isinstance(decorator, syntax.Name):
        return decorator.name in names
    known = {"inject_lambda_context", "capture_lambda_handler", "log_metrics", "capture_method"}
    known |= {"injectLambdaContext", "captureLambdaHandler", "logMetrics", "captureMethod"}
    return isinstance(decorator, syntax.Member) and getattr(decorator.key, "value", None) in known


def base_of(machine: Machine, made_of: ClassValue) -> ClassValue | None:
    """The class that a class extends, when it is one of the project."""
    scope, machine.scope = machine.scope, made_of.scope
    try:
        for base in made_of.code.bases:
            value = machine.value(base)
            if isinstance(value, ClassValue):
                return value
    finally:
        machine.scope = scope
    return None


def has_unknown_base(machine: Machine, made_of: ClassValue) -> bool:
    """Whether a class extends something that is not of the project."""
    last = made_of
    for _ in range(8):
        base = base_of(machine, last)
        if base is None:
            break
        last = base
    return any(getattr(base, "name", "") not in {"object", "Enum", "str", *ERRORS} for base in last.code.bases)


def _static(machine: Machine, holder: ClassValue, name: str) -> Value:
    statics = machine.object(holder.statics)
    if statics is not None and name in statics.fields:
        return statics.fields[name]
    for method in holder.code.methods:
        if method.name == name:
            bound = any(getattr(each, "name", "") == "classmethod" for each in method.decorators)
            this: Value | None = holder if bound or not machine.is_python else None
            if method.is_static or bound:
                return Closure(method, holder.scope, this)
            return Unknown(UnknownKind.NOT_FOLLOWED, "a method without its instance")
    base = base_of(machine, holder)
    return Unknown(UnknownKind.NOT_FOLLOWED, "a field of a class") if base is None else _static(machine, base, name)


def _external(holder: External, name: str) -> Value:
    path = holder.path
    if path in (("process", "env"), ("os", "environ")):
        return Env(name)
    if path[0] in _STATUS_LIBRARIES and name in STATUSES:
        return const(STATUSES[name])
    return holder if name == "default" else External((*path, name))


def event_part(machine: Machine, event: Event, name: str) -> Value:
    """A field of the event. Names of headers are compared without case."""
    if not event.path and name in ELSEWHERE:
        return UNDEFINED
    if event.path[:1] in (("headers",), ("multiValueHeaders",)):
        name = name.lower()
    if is_origin(event):
        return Unknown(about_origin=True)
    known = requests.part(machine, (*event.path, name))
    if known is not None:
        return known
    return seen(machine, Event((*event.path, name)))


def seen(machine: Machine, value: Value) -> Value:
    """The request's origin as it is read here: with what it has passed. Where the deployment decides whether it is read
    at all, what that means is not known."""
    if isinstance(value, Event) and is_origin(value) and machine.here is not None:
        unknown = {unknown_check(machine.frame_place())} if machine.here.switches else frozenset()
        return Event(value.path, value.checks | machine.here.checks | unknown)
    if options(value) != (value,):
        return choice(seen(machine, option) for option in options(value))
    return value


def set_member(machine: Machine, holder: Value, key: Value, value: Value) -> None:
    """Set a field: of one object for certain, of one of several perhaps."""
    holders = options(holder)
    for option in holders:
        if isinstance(option, ClassValue):
            option = option.statics
        found = machine.object(option)
        if found is None or not isinstance(option, Ref):
            continue
        names = options(key)
        certain = len(holders) == 1 and len(names) == 1
        for name in names:
            machine.set_object(option.address, _with(machine.state.heap[option.address], name, value, certain))


def _with(found: Object, key: Value, value: Value, certain: bool) -> Object:
    from dataclasses import replace

    if not isinstance(key, Const) or found.items is not None:
        fields = {name: choice((old, value)) for name, old in found.fields.items()}
        return replace(found, fields=fields, is_open=True)
    name = str(key.value)
    if not certain:
        value = choice((found.get(name), value))
    if isinstance(value, Undefined) and not found.is_open:
        return replace(found, fields={each: old for each, old in found.fields.items() if each != name})
    return found.with_field(name, value)


def rest_of(machine: Machine, value: Value, taken: set[str], is_list: bool) -> Value:
    """What ``...rest`` is bound to."""
    found = machine.object(value)
    if found is None:
        return Unknown(UnknownKind.PART, "the rest of something unknown", is_about_origin(value))
    if is_list:
        return machine.allocate(Object({}, (found.items or ())[len(taken) :], is_open=found.is_open))
    fields = {name: each for name, each in found.fields.items() if name not in taken}
    return machine.allocate(Object(fields, is_open=found.is_open or found.maker is not None))
