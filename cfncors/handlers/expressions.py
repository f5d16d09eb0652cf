"""The value of each kind of expression."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import TYPE_CHECKING, Final

from cfncors.handlers import branching, library, members, objects, origin_tests, syntax
from cfncors.handlers.values import (
    UNDEFINED,
    ClassValue,
    Closure,
    Const,
    External,
    Given,
    Object,
    Ref,
    RegexValue,
    Text,
    Undefined,
    Unknown,
    UnknownKind,
    Value,
    choice,
    const,
    is_about_origin,
    marked,
    options,
    text_of,
)

if TYPE_CHECKING:
    from cfncors.handlers.machine import Machine
    from cfncors.handlers.model import TypeTest


def _literal(machine: Machine, node: syntax.Literal) -> Value:
    return UNDEFINED if node.is_undefined else const(node.value)


def _template(machine: Machine, node: syntax.Template) -> Value:
    parts = [const(part) if isinstance(part, str) else machine.value(part) for part in node.parts]
    return joined_text(parts)


def joined_text(parts: list[Value]) -> Value:
    """Texts put together."""
    flat: list[Value] = []
    for part in parts:
        flat.extend(part.parts if isinstance(part, Text) else (part,))
    if len(flat) == 1 and not isinstance(flat[0], Const):
        return flat[0]  # `${origin}`
    texts = [text_of(part) for part in flat]
    if None not in texts:
        return const("".join(text for text in texts if text is not None))
    return Text(tuple(flat))


def _regex(machine: Machine, node: syntax.Regex) -> Value:
    return RegexValue(node.pattern, node.flags)


def _mapping(machine: Machine, node: syntax.Mapping) -> Value:
    made = Object({}, place=node.place)
    for entry in node.entries:
        if entry.key is None:
            made = objects.spread(machine, made, machine.value(entry.value))
            continue
        key = machine.value(entry.key)
        value = machine.value(entry.value)
        if isinstance(value, Undefined) and isinstance(key, Const):
            made = replace(made, fields={**made.fields, str(key.value): UNDEFINED})
        else:
            made = _put(made, key, value)
    made = marked(made, machine.state)
    reference = machine.allocate(made)
    _bind_methods(machine, reference, made)
    return reference


def _put(made: Object, key: Value, value: Value) -> Object:
    names = options(key)
    if all(isinstance(name, Const) for name in names):
        for name in names:
            assert isinstance(name, Const)
            new = value if len(names) == 1 else choice((made.get(str(name.value)), value))
            made = made.with_field(str(name.value), new)
        return made
    return replace(made, fields={each: choice((old, value)) for each, old in made.fields.items()}, is_open=True)


def _bind_methods(machine: Machine, reference: Ref, made: Object) -> None:
    """``this`` in a method of an object literal is the object."""
    bound = {
        name: replace(value, this=reference)
        for name, value in made.fields.items()
        if isinstance(value, Closure) and value.this is None and not value.code.is_arrow and not machine.is_python
    }
    if bound:
        machine.set_object(reference.address, replace(made, fields={**made.fields, **bound}))


def _items(machine: Machine, node: syntax.Items) -> Value:
    items: list[Value] = []
    is_open = False
    for each in node.items:
        if isinstance(each, syntax.Spread):
            found = machine.object(machine.value(each.value))
            is_open = is_open or found is None or found.items is None or found.is_open
            items.extend((found.items or ()) if found is not None else ())
        else:
            items.append(machine.value(each))
    return machine.allocate(Object({}, tuple(items), is_open=is_open, place=node.place))


def _spread(machine: Machine, node: syntax.Spread) -> Value:
    machine.value(node.value)
    return Unknown(UnknownKind.PART, "a spread")


def _name(machine: Machine, node: syntax.Name) -> Value:
    scope = machine.find_scope(node.name, machine.scope)
    if scope is not None:
        return members.seen(machine, machine.state.variables[scope, node.name])
    if node.name == "this":
        return Unknown(UnknownKind.NOT_FOLLOWED, "this")
    if machine.module.scope in machine.open_modules:
        return Unknown(UnknownKind.MODULE, f"{node.name} comes from import *")
    return External((node.name,))


def _member(machine: Machine, node: syntax.Member) -> Value:
    holder = machine.value(node.object)
    return members.get_member(machine, holder, machine.value(node.key), node.place)


def _call(machine: Machine, node: syntax.Call) -> Value:
    if isinstance(node.function, syntax.Name) and node.function.name == "super":
        return library.call_super(machine, _arguments(machine, node))
    if isinstance(node.function, syntax.Member) and not node.new:
        holder = machine.value(node.function.object)
        key = machine.value(node.function.key)
        given = _arguments(machine, node)
        if isinstance(key, Const):
            return library.call_method(machine, holder, str(key.value), given, node.place)
        return machine.call(members.get_member(machine, holder, key, node.place), given, node.place)
    function = machine.value(node.function)
    given = _arguments(machine, node)
    if node.new and isinstance(function, ClassValue):
        return library.instantiate(machine, function, given, node.place)
    if node.new and isinstance(function, External):
        return library.call_external(machine, External((*function.path, "new")), given, node.place)
    if node.new:
        machine.escape(given)
        return Unknown(UnknownKind.RETURNED, "an instance of something unknown")
    return machine.call(function, given, node.place)


def _arguments(machine: Machine, node: syntax.Call) -> Given:
    values: list[Value] = []
    named: list[tuple[str, Value]] = []
    more = False
    for argument in node.arguments:
        value = machine.value(argument.value)
        if argument.spread:
            more = _spread_argument(machine, value, argument.name, values, named) or more
        elif argument.name is not None:
            named.append((argument.name, value))
        elif more:
            values.append(Unknown(UnknownKind.ARGUMENT, "behind a spread"))
        else:
            values.append(value)
    return Given(tuple(values), tuple(named), more)


def _spread_argument(
    machine: Machine, value: Value, name: str | None, values: list[Value], named: list[tuple[str, Value]]
) -> bool:
    """Take a spread argument apart; whether there may be more in it."""
    found = machine.object(value)
    if found is None or found.maker is not None:
        return True
    if name == "**":
        named.extend(found.fields.items())
        return found.is_open
    if found.items is None or found.is_open:
        return True
    values.extend(found.items)
    return False


def _function(machine: Machine, node: syntax.Function) -> Value:
    return Closure(node, machine.scope)


def _class(machine: Machine, node: syntax.Class) -> Value:
    fields = {name: machine.value(value) for name, value, is_static in node.fields if is_static}
    return ClassValue(node, machine.scope, machine.allocate(Object(fields, place=node.place)))


def _conditional(machine: Machine, node: syntax.Conditional) -> Value:
    return branching.conditional(machine, node)


def _logical(machine: Machine, node: syntax.Logical) -> Value:
    return branching.logical(machine, node)


def _not(machine: Machine, node: syntax.Not) -> Value:
    value = machine.value(node.value)
    truth = branching.truth(machine, value) if options(value) == (value,) else None
    if truth is not None:
        return const(not truth)
    return origin_tests.negate(value)


def _compare(machine: Machine, node: syntax.Compare) -> Value:
    left, right = machine.value(node.left), machine.value(node.right)
    return origin_tests.compare(machine, node.operator, left, right, node.place)


def _binary(machine: Machine, node: syntax.Binary) -> Value:
    left, right = machine.value(node.left), machine.value(node.right)
    if node.operator == "|":
        return objects.merged(machine, (left, right))
    one, other = machine.object(left), machine.object(right)
    if one is not None and other is not None and one.items is not None and other.items is not None:
        return machine.allocate(Object({}, one.items + other.items, is_open=one.is_open or other.is_open))
    numbers = (left, right)
    if all(isinstance(each, Const) and each.type in ("int", "float") for each in numbers):
        return Unknown()
    if any(isinstance(each, Const | Text) for each in numbers):
        return joined_text([left, right])
    return Unknown(about_origin=is_about_origin(left) or is_about_origin(right))


def _assign(machine: Machine, node: syntax.Assign) -> Value:
    value = _augmented(machine, node) if node.operator else machine.value(node.value)
    machine.assign(node.target, value, node.declares)
    return value


def _augmented(machine: Machine, node: syntax.Assign) -> Value:
    target = node.target
    if isinstance(target, syntax.Destructure):
        return Unknown()
    if node.operator in ("and", "or", "nullish"):
        return branching.logical(machine, syntax.Logical(node.operator, target, node.value))
    if node.operator == "|":
        return objects.update(machine, machine.value(target), machine.value(node.value))
    if node.operator == "+":
        return _binary(machine, syntax.Binary("+", target, node.value, node.place))
    machine.value(node.value)
    return Unknown()


def _many(machine: Machine, node: syntax.Many) -> Value:
    value: Value = UNDEFINED
    for item in node.items:
        value = machine.value(item)
    return value


def _type(asked: TypeTest, values: list[Value]) -> Value:
    """``typeof value`` and ``value instanceof Class`` of what is written out; of an origin only that it is there."""
    value = values[0]
    if asked == "typeof" and isinstance(value, Const) and isinstance(value.value, str):
        return const("string")
    if asked == "typeof" and isinstance(value, RegexValue):
        return const("object")
    if asked == "instanceof" and isinstance(value, RegexValue | Const):
        return (
            const(isinstance(value, RegexValue))
            if values[1:] == [External(("RegExp",))]
            else Unknown(UnknownKind.COMPUTED, "a type")
        )
    return Unknown(UnknownKind.COMPUTED, "a type")


def _opaque(machine: Machine, node: syntax.Opaque) -> Value:
    values = [machine.value(part) for part in node.parts]
    if node.asks is not None:
        return _type(node.asks, values)
    machine.escape(Given(tuple(values)))
    return Unknown(reason=node.reason, about_origin=any(map(is_about_origin, values)))


EXPRESSIONS: Final[dict[type, Callable[..., Value]]] = {
    syntax.Literal: _literal,
    syntax.Template: _template,
    syntax.Regex: _regex,
    syntax.Mapping: _mapping,
    syntax.Items: _items,
    syntax.Spread: _spread,
    syntax.Name: _name,
    syntax.Member: _member,
    syntax.Call: _call,
    syntax.Function: _function,
    syntax.Class: _class,
    syntax.Conditional: _conditional,
    syntax.Logical: _logical,
    syntax.Not: _not,
    syntax.Compare: _compare,
    syntax.Binary: _binary,
    syntax.Assign: _assign,
    syntax.Many: _many,
    syntax.Opaque: _opaque,
}
