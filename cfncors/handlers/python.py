"""Python, read: the tree of its grammar becomes :mod:`cfncors.handlers.syntax`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from cfncors.handlers.syntax import (
    Argument,
    Assign,
    Binary,
    Call,
    Case,
    Catch,
    Class,
    Compare,
    Conditional,
    Define,
    Delete,
    Destructure,
    Do,
    Entry,
    Expression,
    Function,
    If,
    Import,
    Items,
    Jump,
    Literal,
    Logical,
    Loop,
    Mapping,
    Member,
    Name,
    Not,
    Opaque,
    Outer,
    Parameter,
    Part,
    Return,
    Spread,
    Statement,
    Switch,
    Target,
    Template,
    Throw,
    Try,
)
from cfncors.handlers.tree import Reader, parse, token

if TYPE_CHECKING:
    from ast_grep_py import SgNode

_ESCAPES: Final = {"n": "\n", "t": "\t", "r": "\r", "\\": "\\", "'": "'", '"': '"', "0": "\0", "a": "\a"}
_COMPARISONS: Final = {
    "==": "==", "!=": "!=", "<": "<", "<=": "<=", ">": ">", ">=": ">=", "in": "in", "not in": "not in", "is": "==",
    "is not": "!=",
}  # fmt: skip
_SILENT: Final = {
    "comment", "pass_statement", "future_import_statement",
    "type_alias_statement",
}  # fmt: skip


def read(text: str, language: str, path: str) -> tuple[Statement, ...]:
    """The statements of a file. Raises :class:`~cfncors.handlers.syntax.NotRead`."""
    return _Python(path).body(parse(text, language, path))


class _Python(Reader):
    def body(self, node: SgNode | None) -> tuple[Statement, ...]:
        """The statements of a block."""
        if node is None:
            return ()
        return tuple(each for child in self.children(node) for each in self.statement(child))

    # --- statements

    def statement(self, node: SgNode) -> list[Statement]:
        kind = node.kind()
        if kind in _SILENT:
            return []
        if kind in _STATEMENTS:
            found: list[Statement] = getattr(self, f"_{kind}")(node)
            return found
        return [Do(self.expression(node))]

    def _expression_statement(self, node: SgNode) -> list[Statement]:
        return [Do(self.expression(child)) for child in self.children(node)]

    def _return_statement(self, node: SgNode) -> list[Statement]:
        values = self.children(node)
        return [Return(self.expression(values[0]) if values else None, self.place(node))]

    def _raise_statement(self, node: SgNode) -> list[Statement]:
        values = self.children(node)
        return [Throw(self.expression(values[0]) if values else None)]

    def _if_statement(self, node: SgNode) -> list[Statement]:
        other: tuple[Statement, ...] = ()
        for branch in reversed(node.field_children("alternative")):
            if branch.kind() == "else_clause":
                other = self.body(branch.field("body"))
            else:
                other = (If(self._field(branch, "condition"), self.body(branch.field("consequence")), other),)
        return [If(self._field(node, "condition"), self.body(node.field("consequence")), other)]

    def _while_statement(self, node: SgNode) -> list[Statement]:
        return [Loop(self.body(node.field("body")), test=self._field(node, "condition"), other=self._else(node))]

    def _else(self, node: SgNode) -> tuple[Statement, ...]:
        branch = node.field("alternative")
        return () if branch is None else self.body(branch.field("body"))

    def _for_statement(self, node: SgNode) -> list[Statement]:
        left = node.field("left")
        target = None if left is None else self.target(left)
        return [
            Loop(self.body(node.field("body")), target=target, items=self._field(node, "right"), other=self._else(node))
        ]

    def _try_statement(self, node: SgNode) -> list[Statement]:
        catches: list[Catch] = []
        other: tuple[Statement, ...] = ()
        final: tuple[Statement, ...] = ()
        for child in self.children(node):
            if child.kind() in ("except_clause", "except_group_clause"):
                catches.append(self._except(child))
            elif child.kind() == "else_clause":
                other = self.body(child.field("body"))
            elif child.kind() == "finally_clause":
                final = self.body(self.children(child)[-1])
        return [Try(self.body(node.field("body")), tuple(catches), other, final)]

    def _except(self, node: SgNode) -> Catch:
        parts = self.children(node)
        named = node.find(kind="as_pattern_target") if len(parts) > 1 else None
        target = None
        if named is not None and named.range().end.index <= parts[-1].range().start.index:
            names = self.children(named)
            target = self.target(names[0]) if names else None
        return Catch(target, self.body(parts[-1]) if parts and parts[-1].kind() == "block" else ())

    def _with_statement(self, node: SgNode) -> list[Statement]:
        found: list[Statement] = []
        for item in node.find_all(kind="with_item"):
            if item.range().end.index > self._body_start(node):
                continue
            value = next(iter(self.children(item)), None)
            if value is not None and value.kind() == "as_pattern":
                parts = self.children(value)
                inner = self.children(parts[-1])
                target: Target = self.target(inner[0]) if inner else Opaque((), self.place(value))
                made = Opaque((self.expression(parts[0]),), self.place(value))
                found.append(Do(Assign(target, made, self.place(value), "function")))
            elif value is not None:
                found.append(Do(self.expression(value)))
        return [*found, *self.body(node.field("body"))]

    def _body_start(self, node: SgNode) -> int:
        body = node.field("body")
        return node.range().end.index if body is None else body.range().start.index

    def _function_definition(self, node: SgNode) -> list[Statement]:
        function = self.function(node, ())
        return [Define(function.name, function, hoisted=False)]

    def _class_definition(self, node: SgNode) -> list[Statement]:
        made = self._class(node, ())
        return [Define(made.name, made, hoisted=False)]

    def _decorated_definition(self, node: SgNode) -> list[Statement]:
        decorators = tuple(
            self.expression(self.children(child)[0]) for child in self.children(node) if child.kind() == "decorator"
        )
        inner = node.field("definition")
        if inner is None:
            return []
        made: Function | Class
        made = (
            self._class(inner, decorators) if inner.kind() == "class_definition" else self.function(inner, decorators)
        )
        return [Define(made.name, made, hoisted=False)]

    def _import_statement(self, node: SgNode) -> list[Statement]:
        found: list[Statement] = []
        for child in node.field_children("name"):
            name, alias = child.field("name") or child, child.field("alias")
            dotted = name.text()
            if alias is not None:
                found.append(Import(dotted, (("*", alias.text()),), self.place(node)))
            else:
                found.append(Import(dotted, (("", dotted),), self.place(node)))
        return found

    def _import_from_statement(self, node: SgNode) -> list[Statement]:
        module = node.field("module_name")
        dotted = module.text() if module is not None else ""
        names = []
        for child in node.field_children("name"):
            name, alias = child.field("name") or child, child.field("alias")
            names.append((name.text(), (alias or name).text()))
        everything = any(child.kind() == "wildcard_import" for child in self.children(node))
        level = len(dotted) - len(dotted.lstrip("."))
        return [Import(dotted[level:], tuple(names), self.place(node), level, everything)]

    def _break_statement(self, node: SgNode) -> list[Statement]:
        return [Jump("break")]

    def _continue_statement(self, node: SgNode) -> list[Statement]:
        return [Jump("continue")]

    def _delete_statement(self, node: SgNode) -> list[Statement]:
        parts = self.children(node)
        inner = self.children(parts[0]) if parts and parts[0].kind() == "expression_list" else parts
        return [Delete(self.expression(each)) for each in inner]

    def _global_statement(self, node: SgNode) -> list[Statement]:
        return [Outer(tuple(child.text() for child in self.children(node)))]

    _nonlocal_statement = _global_statement

    def _match_statement(self, node: SgNode) -> list[Statement]:
        cases = []
        body = node.field("body")
        for child in self.children(body) if body is not None else []:
            patterns = [part for part in self.children(child) if part.kind() == "case_pattern"]
            cases.append(self._case(child, patterns))
        return [Switch(self._field(node, "subject"), tuple(cases), falls_through=False)]

    def _case(self, node: SgNode, patterns: list[SgNode]) -> Case:
        body = self.body(node.field("consequence"))
        guard = node.field("guard")
        if guard is None and len(patterns) == 1:
            if patterns[0].text() == "_":
                return Case(None, body, is_default=True)
            inner = self.children(patterns[0])
            union = inner[0] if inner and inner[0].kind() == "union_pattern" else patterns[0]
            values = self.children(union)
            if values and all(value.kind() in _LITERALS for value in values):
                return Case(self.expressions(values), body)
        return Case(None, body)

    # --- expressions

    def expression(self, node: SgNode) -> Expression:
        kind = node.kind()
        if kind in ("parenthesized_expression", "await", "type"):
            inner = self.children(node)
            return self.expression(inner[0]) if inner else self.opaque(node)
        if kind in ("integer", "float"):
            return self._number(node)
        if kind in _CONSTANTS:
            return Literal(_CONSTANTS[kind], self.place(node))
        if kind in ("list", "tuple", "set", "expression_list"):
            return Items(self.expressions(self.children(node)), self.place(node))
        if kind in _EXPRESSIONS:
            found: Expression = getattr(self, f"_{kind}")(node)
            return found
        return self.opaque(node)

    def _field(self, node: SgNode, name: str) -> Expression:
        found = node.field(name)
        return Opaque((), self.place(node)) if found is None else self.expression(found)

    def _identifier(self, node: SgNode) -> Expression:
        return self.name(node)

    def _number(self, node: SgNode) -> Expression:
        text = node.text().replace("_", "")
        try:
            return Literal(int(text, 0) if node.kind() == "integer" else float(text), self.place(node))
        except ValueError:
            return Opaque((), self.place(node))

    def _string(self, node: SgNode) -> Expression:
        parts: list[str | Expression] = []
        head = node.text()[:3].lower()
        prefix = head[: min((head.find(mark) for mark in "\"'" if mark in head), default=0)]
        for child in self.children(node):
            if child.kind() == "string_content":
                parts.append(child.text() if "r" in prefix else _unescaped(child.text()))
            elif child.kind() == "interpolation":
                inner = self.children(child)
                value = self.expression(inner[0]) if inner else Opaque((), self.place(child))
                parts.append(value if len(inner) == 1 else Opaque((value,), self.place(child)))
        if all(isinstance(part, str) for part in parts):
            return Literal("".join(part for part in parts if isinstance(part, str)), self.place(node))
        return Template(tuple(parts), self.place(node))

    def _concatenated_string(self, node: SgNode) -> Expression:
        parts = self.expressions(self.children(node))
        if all(isinstance(part, Literal) for part in parts):
            return Literal("".join(str(part.value) for part in parts if isinstance(part, Literal)), self.place(node))
        return Template(parts, self.place(node))

    def _dictionary(self, node: SgNode) -> Expression:
        entries = []
        for child in self.children(node):
            if child.kind() == "pair":
                entries.append(Entry(self._field(child, "key"), self._field(child, "value")))
            elif child.kind() == "dictionary_splat":
                entries.append(Entry(None, self.expression(self.children(child)[0])))
            else:
                entries.append(Entry(None, Opaque((), self.place(child))))
        return Mapping(tuple(entries), self.place(node))

    def _list_splat(self, node: SgNode) -> Expression:
        return Spread(self.expression(self.children(node)[0]))

    def _attribute(self, node: SgNode) -> Expression:
        name = node.field("attribute")
        key: Expression = Opaque((), self.place(node))
        if name is not None:
            key = Literal(name.text(), self.place(name))
        return Member(self._field(node, "object"), key, self.place(node))

    def _subscript(self, node: SgNode) -> Expression:
        keys = node.field_children("subscript")
        key = self.expression(keys[0]) if len(keys) == 1 and keys[0].kind() != "slice" else Opaque((), self.place(node))
        return Member(self._field(node, "value"), key, self.place(node))

    def _call(self, node: SgNode) -> Expression:
        arguments = node.field("arguments")
        if arguments is None or arguments.kind() != "argument_list":
            return self.opaque(node)
        given = tuple(self._argument(child) for child in self.children(arguments))
        return Call(self._field(node, "function"), given, self.place(node))

    def _argument(self, node: SgNode) -> Argument:
        kind = node.kind()
        if kind == "keyword_argument":
            name = node.field("name")
            return Argument(self._field(node, "value"), name.text() if name is not None else None)
        if kind == "dictionary_splat":
            return Argument(self.expression(self.children(node)[0]), "**", spread=True)
        return self.argument(self.expression(node))

    def _assignment(self, node: SgNode) -> Expression:
        left, right = node.field("left"), node.field("right")
        if left is None or right is None:  # a declaration of a type only
            return Opaque((), self.place(node))
        return Assign(self.target(left), self.expression(right), self.place(node), "function")

    def _augmented_assignment(self, node: SgNode) -> Expression:
        left, operator = node.field("left"), node.field("operator")
        target: Target = Opaque((), self.place(node)) if left is None else self.target(left)
        sign = operator.text() if operator is not None else "?="
        return Assign(target, self._field(node, "right"), self.place(node), "function", sign[:-1])

    def _named_expression(self, node: SgNode) -> Expression:
        name = node.field("name")
        target: Target = Opaque((), self.place(node)) if name is None else self.target(name)
        return Assign(target, self._field(node, "value"), self.place(node), "function")

    def _boolean_operator(self, node: SgNode) -> Expression:
        operator = "and" if token(node, "and") else "or"
        return Logical(operator, self._field(node, "left"), self._field(node, "right"))

    def _not_operator(self, node: SgNode) -> Expression:
        return Not(self._field(node, "argument"))

    def _comparison_operator(self, node: SgNode) -> Expression:
        sides = self.children(node)
        signs = [
            child.text() for child in node.children() if not child.is_named() or child.kind() in ("is not", "not in")
        ]
        if len(sides) != 2 or len(signs) != 1 or signs[0] not in _COMPARISONS:
            return self.opaque(node)
        left, right = self.expressions(sides)
        return Compare(_COMPARISONS[signs[0]], left, right, self.place(node))

    def _binary_operator(self, node: SgNode) -> Expression:
        operator = node.field("operator")
        sign = operator.text() if operator is not None else ""
        left, right = self._field(node, "left"), self._field(node, "right")
        if sign in ("+", "|"):
            return Binary(sign, left, right, self.place(node))
        return Opaque((left, right), self.place(node))

    def _unary_operator(self, node: SgNode) -> Expression:
        value = self._field(node, "argument")
        if token(node, "-") and isinstance(value, Literal) and isinstance(value.value, int | float):
            return Literal(-value.value, self.place(node))
        return Opaque((value,), self.place(node))

    def _conditional_expression(self, node: SgNode) -> Expression:
        then, test, other = self.expressions(self.children(node)[:3])
        return Conditional(test, then, other)

    def _lambda(self, node: SgNode) -> Expression:
        body = node.field("body")
        inside = () if body is None else (Return(self.expression(body), self.place(body)),)
        return Function("", self._parameters(node.field("parameters")), inside, self.place(node), is_arrow=True)

    def _comprehension(self, node: SgNode) -> Expression:
        return Opaque((), self.place(node), "a comprehension")

    _list_comprehension = _dictionary_comprehension = _set_comprehension = _generator_expression = _comprehension

    # --- functions, classes, targets

    def function(self, node: SgNode, decorators: tuple[Expression, ...]) -> Function:
        """A function definition."""
        name, body = node.field("name"), node.field("body")
        marks = {each.name for each in decorators if isinstance(each, Name)}
        return Function(
            name.text() if name is not None else "",
            self._parameters(node.field("parameters")),
            self.body(body),
            self.place(node),
            is_generator=body is not None and _yields(body),
            decorators=tuple(
                each for each in decorators if not (isinstance(each, Name) and each.name == "staticmethod")
            ),
            is_static="staticmethod" in marks,
        )

    def _parameters(self, node: SgNode | None) -> tuple[Parameter, ...]:
        found: list[Parameter] = []
        keyword_only = False
        for child in self.children(node) if node is not None else []:
            kind = child.kind()
            if kind == "keyword_separator":
                keyword_only = True
            elif kind != "positional_separator":
                parameter = self._parameter(child, keyword_only)
                keyword_only = keyword_only or parameter.rest == "*"
                found.append(parameter)
        return tuple(found)

    def _parameter(self, node: SgNode, keyword_only: bool) -> Parameter:
        kind = node.kind()
        if kind in ("list_splat_pattern", "dictionary_splat_pattern"):
            return Parameter(self.target(self.children(node)[0]), rest="*" if kind.startswith("list") else "**")
        if kind == "typed_parameter":
            return self._parameter(self.children(node)[0], keyword_only)
        if kind in ("default_parameter", "typed_default_parameter"):
            name = node.field("name")
            target: Target = Opaque((), self.place(node)) if name is None else self.target(name)
            return Parameter(target, self._field(node, "value"), keyword_only=keyword_only)
        return Parameter(self.target(node), keyword_only=keyword_only)

    def target(self, node: SgNode) -> Target:
        """What is assigned to."""
        kind = node.kind()
        if kind == "identifier":
            return self.name(node)
        if kind in ("attribute", "subscript"):
            found = self.expression(node)
            return found if isinstance(found, Member) else Opaque((), self.place(node))
        if kind in ("pattern_list", "tuple_pattern", "list_pattern"):
            parts = []
            for number, child in enumerate(self.children(node)):
                is_rest = child.kind() == "list_splat_pattern"
                inner = self.children(child)[0] if is_rest else child
                parts.append(Part(None if is_rest else Literal(number, self.place(child)), self.target(inner)))
            return Destructure(tuple(parts), True, self.place(node))
        return Opaque((), self.place(node))

    def _class(self, node: SgNode, decorators: tuple[Expression, ...]) -> Class:
        name, body, above = (node.field(each) for each in ("name", "body", "superclasses"))
        methods: list[Function] = []
        fields: list[tuple[str, Expression, bool]] = []
        for statement in self.body(body):
            if isinstance(statement, Define) and isinstance(statement.value, Function):
                methods.append(statement.value)
            elif isinstance(statement, Do) and isinstance(statement.value, Assign):
                target = statement.value.target
                if isinstance(target, Name):
                    fields.append((target.name, statement.value.value, True))
        bases = [child for child in self.children(above) if child.kind() != "keyword_argument"] if above else []
        return Class(
            name.text() if name is not None else "",
            self.expressions(bases),
            tuple(methods),
            tuple(fields),
            self.place(node),
            decorators,
        )


def _yields(body: SgNode) -> bool:
    """Whether a function is a generator; those that it only defines are not looked into."""
    waiting = [body]
    while waiting:
        for child in waiting.pop().children():
            if child.kind() == "yield":
                return True
            if child.kind() not in ("function_definition", "lambda", "class_definition"):
                waiting.append(child)
    return False


def _unescaped(text: str) -> str:
    if "\\" not in text:
        return text
    found: list[str] = []
    escaped = False
    for sign in text:
        if escaped:
            found.append(_ESCAPES.get(sign, "\\" + sign) if sign != "\n" else "")
        elif sign != "\\":
            found.append(sign)
        escaped = sign == "\\" and not escaped
    return "".join(found)


_LITERALS: Final = {"string", "integer", "true", "false", "none"}
_CONSTANTS: Final = {"true": True, "false": False, "none": None}
_STATEMENTS: Final = {
    "expression_statement", "return_statement", "raise_statement", "if_statement", "while_statement",
    "for_statement", "try_statement", "with_statement", "function_definition", "class_definition",
    "decorated_definition", "import_statement", "import_from_statement", "break_statement", "continue_statement",
    "delete_statement", "match_statement", "global_statement", "nonlocal_statement",
}  # fmt: skip
_EXPRESSIONS: Final = {
    "identifier", "string", "concatenated_string", "dictionary", "list_splat", "attribute", "subscript", "call",
    "assignment", "augmented_assignment", "named_expression", "boolean_operator", "not_operator",
    "comparison_operator", "binary_operator", "unary_operator", "conditional_expression", "lambda",
    "list_comprehension", "dictionary_comprehension", "set_comprehension", "generator_expression",
}  # fmt: skip
