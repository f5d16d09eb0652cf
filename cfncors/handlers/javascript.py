"""JavaScript and TypeScript, read: the tree of their grammar becomes :mod:`cfncors.handlers.syntax`.

Types say nothing about what is returned and are left out.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Final

from cfncors.handlers.javascript_expressions import SILENT, Expressions
from cfncors.handlers.syntax import (
    Assign,
    Block,
    Case,
    Catch,
    Class,
    Define,
    Delete,
    Destructure,
    Do,
    Entry,
    Export,
    Expression,
    If,
    Import,
    Jump,
    Literal,
    Loop,
    Mapping,
    Member,
    Name,
    Opaque,
    Return,
    Statement,
    Switch,
    Target,
    Throw,
    Try,
)
from cfncors.handlers.tree import parse, token

if TYPE_CHECKING:
    from ast_grep_py import SgNode


def read(text: str, language: str, path: str) -> tuple[Statement, ...]:
    """The statements of a file. Raises :class:`~cfncors.handlers.syntax.NotRead`."""
    return _JavaScript(path).body(parse(text, language, path))


class _JavaScript(Expressions):
    def body(self, node: SgNode) -> tuple[Statement, ...]:
        """The statements of a block."""
        return tuple(each for child in self.children(node) for each in self.statement(child))

    def block(self, node: SgNode | None) -> tuple[Statement, ...]:
        """A branch: a block of its own, or one statement."""
        if node is None:
            return ()
        if node.kind() == "statement_block":
            return (Block(self.body(node)),)
        return tuple(self.statement(node))

    # --- statements

    def statement(self, node: SgNode) -> list[Statement]:
        kind = node.kind()
        if kind in SILENT:
            return []
        if kind in _STATEMENTS:
            found: list[Statement] = getattr(self, f"_{kind}")(node)
            return found
        return [Do(self.expression(node))]

    def _expression_statement(self, node: SgNode) -> list[Statement]:
        return [self._effect(child) for child in self.children(node)]

    def _effect(self, node: SgNode) -> Statement:
        if node.kind() == "unary_expression" and token(node, "delete"):
            return Delete(self.expression(self.children(node)[0]))
        return Do(self.expression(node))

    def _lexical_declaration(self, node: SgNode) -> list[Statement]:
        declares = "function" if token(node, "var") else "block"
        found: list[Statement] = []
        for child in self.children(node):
            name, value = child.field("name"), child.field("value")
            if child.kind() == "variable_declarator" and name is not None:
                place = self.place(child)
                given = Literal(None, place, is_undefined=True) if value is None else self.expression(value)
                found.append(Do(Assign(self.target(name), given, place, declares)))
        return found

    _variable_declaration = _lexical_declaration

    def _function_declaration(self, node: SgNode) -> list[Statement]:
        function = self.function(node)
        return [Define(function.name, function, hoisted=True)]

    _generator_function_declaration = _function_declaration

    def _class_declaration(self, node: SgNode) -> list[Statement]:
        made = self._class(node)
        return [Define(made.name, made, hoisted=False)]

    _abstract_class_declaration = _class_declaration

    def _enum_declaration(self, node: SgNode) -> list[Statement]:
        name, body = node.field("name"), node.field("body")
        if name is None or body is None:
            return []
        entries: list[Entry] = []
        following: int | None = 0
        for child in self.children(body):
            value, place = child.field("value"), self.place(child)
            given: Expression = Literal(following, place) if following is not None else Opaque((), place)
            if value is not None:
                given = self.expression(value)
            number = given.value if isinstance(given, Literal) else None
            following = number + 1 if isinstance(number, int) else None
            entries.append(Entry(self._key(child.field("name") or child), given))
        return [Do(Assign(self.name(name), Mapping(tuple(entries), self.place(body)), self.place(node), "block"))]

    def _return_statement(self, node: SgNode) -> list[Statement]:
        values = self.children(node)
        return [Return(self.expression(values[0]) if values else None, self.place(node))]

    def _throw_statement(self, node: SgNode) -> list[Statement]:
        return [Throw(self.expression(self.children(node)[0]))]

    def _if_statement(self, node: SgNode) -> list[Statement]:
        test = self._field(node, "condition")
        other = node.field("alternative")
        inner = self.children(other) if other is not None else []
        return [If(test, self.block(node.field("consequence")), self.block(inner[0] if inner else None))]

    def _while_statement(self, node: SgNode) -> list[Statement]:
        return [Loop(self.block(node.field("body")), test=self._field(node, "condition"))]

    def _do_statement(self, node: SgNode) -> list[Statement]:
        test = self._field(node, "condition")
        return [Loop(self.block(node.field("body")), test=test, at_least_once=True)]

    def _for_statement(self, node: SgNode) -> list[Statement]:
        first, test, step = (node.field(name) for name in ("initializer", "condition", "increment"))
        loop = Loop(
            self.block(node.field("body")),
            first=tuple(self.statement(first)) if first is not None else (),
            test=self.expression(test) if test is not None and test.is_named() else None,
            step=self.expression(step) if step is not None else None,
        )
        return [Block((loop,))]

    def _for_in_statement(self, node: SgNode) -> list[Statement]:
        left = node.field("left")
        declares = "" if node.field("kind") is None else "block"
        items = self._field(node, "right")
        if token(node, "in"):
            items = Opaque((items,), self.place(node))
        target = None if left is None else self.target(left)
        return [Block((Loop(self.block(node.field("body")), target=target, declares=declares, items=items),))]

    def _try_statement(self, node: SgNode) -> list[Statement]:
        handler, final = node.field("handler"), node.field("finalizer")
        catches: tuple[Catch, ...] = ()
        if handler is not None:
            parameter, body = handler.field("parameter"), handler.field("body")
            catches = (Catch(None if parameter is None else self.target(parameter), self.block(body)),)
        after = self.children(final) if final is not None else []
        return [Try(self.block(node.field("body")), catches, (), self.block(after[0] if after else None))]

    def _switch_statement(self, node: SgNode) -> list[Statement]:
        body = node.field("body")
        cases: list[Case] = []
        for child in self.children(body) if body is not None else []:
            value = child.field("value")
            inside = self.children(child)[0 if value is None else 1 :]
            statements = tuple(each for part in inside for each in self.statement(part))
            cases.append(
                Case(
                    (self.expression(value),) if value is not None else None,
                    statements,
                    child.kind() == "switch_default",
                )
            )
        return [Block((Switch(self._field(node, "value"), tuple(cases), falls_through=True),))]

    def _break_statement(self, node: SgNode) -> list[Statement]:
        return [Jump("break")]

    def _continue_statement(self, node: SgNode) -> list[Statement]:
        return [Jump("continue")]

    def _labeled_statement(self, node: SgNode) -> list[Statement]:
        body = node.field("body")
        return self.statement(body) if body is not None else []

    def _statement_block(self, node: SgNode) -> list[Statement]:
        return [Block(self.body(node))]

    def _import_statement(self, node: SgNode) -> list[Statement]:
        source = node.field("source")
        if source is None or token(node, "type"):
            required = [child for child in self.children(node) if child.kind() == "import_require_clause"]
            return self._import_require(required[0]) if required else []
        names: list[tuple[str, str]] = []
        for clause in (child for child in self.children(node) if child.kind() == "import_clause"):
            for child in self.children(clause):
                names.extend(self._imported(child))
        return [Import(self._string(source), tuple(names), self.place(node))]

    def _import_require(self, clause: SgNode) -> list[Statement]:
        """``import name = require("module")`` of TypeScript."""
        source = clause.field("source")
        local = self.children(clause)[:1]
        if source is None or not local:
            return []
        return [Import(self._string(source), (("module.exports", local[0].text()),), self.place(clause))]

    def _imported(self, node: SgNode) -> list[tuple[str, str]]:
        if node.kind() == "identifier":
            return [("default", node.text())]
        if node.kind() == "namespace_import":
            return [("*", child.text()) for child in self.children(node)]
        found = []
        for child in self.children(node):
            name, alias = child.field("name"), child.field("alias")
            if name is not None:
                what = self._string(name) if name.kind() == "string" else name.text()
                found.append((what, (alias or name).text()))
        return found

    def _export_statement(self, node: SgNode) -> list[Statement]:
        if token(node, "type"):
            return []
        place = self.place(node)
        declaration, value, source = (node.field(name) for name in ("declaration", "value", "source"))
        module = self._string(source) if source is not None else None
        if declaration is not None:
            made = self._decorated(node, self.statement(declaration))
            names = [name for statement in made for name in _declared(statement)]
            if token(node, "default"):
                return [*made, *(Export("default", Name(name, place), None, place) for name in names)]
            return [*made, *(Export(name, Name(name, place), None, place) for name in names)]
        if value is not None:
            return [Export("default", self.expression(value), None, place)]
        for child in self.children(node):
            if child.kind() == "export_clause":
                return [self._export_specifier(each, module) for each in self.children(child)]
            if child.kind() == "namespace_export":
                return [Export(self.children(child)[0].text(), None, module, place)]
            if child.kind() != "string":  # export = value;
                target = Member(Name("module", place), Literal("exports", place), place)
                return [Do(Assign(target, self.expression(child), place))]
        return [Export(None, None, module, place)]

    def _decorated(self, node: SgNode, made: list[Statement]) -> list[Statement]:
        """``@decorator export class …``."""
        found = [child for child in self.children(node) if child.kind() == "decorator"]
        inside = tuple(each for child in found for each in self.expressions(self.children(child)))
        if not inside or not made or not isinstance(made[0], Define) or not isinstance(made[0].value, Class):
            return made
        return [replace(made[0], value=replace(made[0].value, decorators=inside)), *made[1:]]

    def _export_specifier(self, node: SgNode, module: str | None) -> Statement:
        name, alias = node.field("name"), node.field("alias")
        here = self.place(node)
        local = name.text() if name is not None else node.text()
        return Export((alias or name or node).text(), Name(local, here), module, here)


def _declared(statement: Statement) -> list[str]:
    """Names that a declaration makes."""
    if isinstance(statement, Define):
        return [statement.name]
    if isinstance(statement, Do) and isinstance(statement.value, Assign):
        return list(_names(statement.value.target))
    return []


def _names(target: Target) -> list[str]:
    if isinstance(target, Name):
        return [target.name]
    if isinstance(target, Destructure):
        return [name for part in target.parts for name in _names(part.target)]
    return []


_STATEMENTS: Final = {
    "expression_statement", "lexical_declaration", "variable_declaration", "function_declaration",
    "generator_function_declaration", "class_declaration", "abstract_class_declaration", "enum_declaration",
    "return_statement", "throw_statement", "if_statement", "while_statement", "do_statement", "for_statement",
    "for_in_statement", "try_statement", "switch_statement", "break_statement", "continue_statement",
    "labeled_statement", "statement_block", "import_statement", "export_statement",
}  # fmt: skip
