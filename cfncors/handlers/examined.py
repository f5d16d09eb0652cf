"""Whether code looks at the request's origin in any way, be it followed or not.

An origin that is sent back counts as unchecked only where nothing in the code compares it, looks it up, or gives it to
something that might. What is known of the values in a run is not enough for that: a test may stand in a callback that
is never entered.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import fields, is_dataclass
from typing import Any, Final

from cfncors.handlers.syntax import (
    Assign,
    Binary,
    Call,
    Compare,
    Conditional,
    Define,
    Expression,
    Function,
    Items,
    Literal,
    Logical,
    Member,
    Name,
    Opaque,
    Statement,
)

#: Methods that give the same text in another form, and names of what only writes it down.
_SAME: Final = frozenset(("toString", "trim", "toLowerCase", "lower", "strip", "get", "decode"))
_WRITES: Final = frozenset(("console", "logger", "log", "logging", "print", "String", "str", "json", "JSON", "dict"))


def looks_at_origin(files: Iterable[Iterable[Statement]], texts: Mapping[str, str]) -> bool:
    """Whether the statements of some file examine the origin; ``texts`` are the files by path."""
    nodes = [node for statements in files for statement in statements for node in _walk(statement)]
    reader = _Reader(nodes, texts)
    return any(reader.examines(node) for node in nodes)


def _walk(node: Any) -> Iterator[Any]:
    waiting = [node]
    while waiting:
        here = waiting.pop()
        if isinstance(here, tuple):
            waiting.extend(here)
        elif is_dataclass(here):
            yield here
            waiting.extend(getattr(here, field.name) for field in fields(here))


class _Reader:
    """Knows by which names the origin goes in some files."""

    def __init__(self, nodes: list[Any], texts: Mapping[str, str]) -> None:
        self.texts = texts
        self.functions = {node.name: node for node in nodes if isinstance(node, Function) and node.name}
        for node in nodes:
            if isinstance(node, Define) and isinstance(node.value, Function):
                self.functions[node.name] = node.value
            if isinstance(node, Assign) and isinstance(node.target, Name) and isinstance(node.value, Function):
                self.functions[node.target.name] = node.value
        self.names = {node.name for node in nodes if isinstance(node, Name) and _is_called_origin(node.name)}
        for _ in range(3):  # names of names; more steps than anybody takes
            self.names |= {name for node in nodes for name in self._named(node)}

    def _named(self, node: Any) -> Iterator[str]:
        """Names that hold the origin: of variables, and of the parameters of local functions."""
        if isinstance(node, Assign) and isinstance(node.target, Name) and self.is_origin(node.value):
            yield node.target.name
        if isinstance(node, Call) and isinstance(node.function, Name) and node.function.name in self.functions:
            parameters = self.functions[node.function.name].parameters
            for argument, parameter in zip(node.arguments, parameters, strict=False):
                if self.is_origin(argument.value) and isinstance(parameter.target, Name):
                    yield parameter.target.name

    def is_origin(self, node: Expression) -> bool:
        """Whether an expression is the origin, or that or something else in its absence."""
        if isinstance(node, Name):
            return node.name in self.names
        if isinstance(node, Member):
            return isinstance(node.key, Literal) and str(node.key.value).lower() == "origin"
        if isinstance(node, Logical):
            return self.is_origin(node.left) or self.is_origin(node.right)
        if isinstance(node, Conditional):
            return self.is_origin(node.then) or self.is_origin(node.other)
        if isinstance(node, Call) and isinstance(node.function, Member):
            first = node.arguments[0].value if node.arguments else None
            named = isinstance(first, Literal) and str(first.value).lower() == "origin"
            return named or (_name_of(node.function) in _SAME and self.is_origin(node.function.object))
        return False

    def examines(self, node: Any) -> bool:
        """Whether an expression may find out something about the origin, beyond whether there is one."""
        if isinstance(node, Compare):
            sides = (node.left, node.right)
            return any(map(self.is_origin, sides)) and not any(map(_is_nothing, sides))
        if isinstance(node, Member):
            return self.is_origin(node.key)
        if isinstance(node, Binary):
            return node.operator != "+" and any(map(self.holds_origin, (node.left, node.right)))
        if isinstance(node, Opaque):
            return node.asks is None and (any(map(self.holds_origin, node.parts)) or self._mentions(node))
        return isinstance(node, Call) and self._asks(node)

    def holds_origin(self, node: Expression) -> bool:
        """The origin, or a list or set of it."""
        inner = node.items if isinstance(node, Items) else node.parts if isinstance(node, Opaque) else ()
        return self.is_origin(node) or any(map(self.is_origin, inner))

    def _mentions(self, node: Opaque) -> bool:
        """Whether code that was not taken apart (a comprehension) names it."""
        if node.parts or node.place.path not in self.texts:
            return False
        text = self.texts[node.place.path][node.place.start : node.place.end]
        return not self.names.isdisjoint(re.findall(r"\w+", text))

    def _asks(self, node: Call) -> bool:
        """Whether a call may test the origin: a method of it, or something unknown that is given it."""
        function = node.function
        if isinstance(function, Member) and self.is_origin(function.object) and _name_of(function) not in _SAME:
            return True
        if not any(self.holds_origin(argument.value) for argument in node.arguments):
            return False
        if isinstance(function, Name):
            return function.name not in self.functions and function.name not in _WRITES
        root: Expression = function
        while isinstance(root, Member):
            root = root.object
        return not (isinstance(root, Name) and root.name in _WRITES)


def _is_called_origin(name: str) -> bool:
    """``origin``, ``requestOrigin``; not ``ALLOWED_ORIGIN`` or ``origins``, which are what it is compared with."""
    return name.lower().replace("_", "") in ("origin", "requestorigin", "reqorigin", "originheader", "clientorigin")


def _name_of(node: Member) -> str:
    return str(node.key.value) if isinstance(node.key, Literal) else ""


def _is_nothing(node: Expression) -> bool:
    return isinstance(node, Literal) and node.value in (None, "")
