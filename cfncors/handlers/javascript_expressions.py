"""JavaScript and TypeScript, read: expressions, functions and classes."""

from __future__ import annotations

from abc import abstractmethod
from dataclasses import replace
from typing import TYPE_CHECKING, Final

from cfncors.handlers.syntax import (
    Assign,
    Binary,
    Call,
    Class,
    Compare,
    Conditional,
    Destructure,
    Do,
    Entry,
    Expression,
    Function,
    Items,
    Literal,
    Logical,
    Many,
    Mapping,
    Member,
    Name,
    Not,
    Opaque,
    Parameter,
    Part,
    Regex,
    Return,
    Spread,
    Statement,
    Target,
    Template,
)
from cfncors.handlers.tree import Reader, token

if TYPE_CHECKING:
    from ast_grep_py import SgNode

_ESCAPES: Final = {"n": "\n", "t": "\t", "r": "\r", "b": "\b", "f": "\f", "v": "\v", "0": "\0"}
_COMPARISONS: Final = {
    "===": "==", "==": "~=", "!==": "!=", "!=": "!~", "<": "<", "<=": "<=", ">": ">", ">=": ">=", "in": "in",
}  # fmt: skip
_LOGICAL: Final = {"&&": "and", "||": "or", "??": "nullish", "&&=": "and", "||=": "or", "??=": "nullish"}
#: What has no effect when the program runs.
SILENT: Final = {
    "comment", "empty_statement", "interface_declaration", "type_alias_declaration", "ambient_declaration",
    "import_alias", "debugger_statement", "hash_bang_line", "function_signature",
}  # fmt: skip
_WRAPPERS: Final = {
    "parenthesized_expression", "as_expression", "satisfies_expression", "non_null_expression", "await_expression",
}  # fmt: skip
_FUNCTIONS: Final = {
    "function_expression", "function", "arrow_function", "generator_function", "function_declaration",
    "generator_function_declaration", "method_definition",
}  # fmt: skip


def unescaped(text: str) -> str:
    """What an escape sequence in a text stands for."""
    code = text[1:]
    if code[:1] in ("u", "x"):
        digits = code[1:].strip("{}")
        try:
            return chr(int(digits, 16))
        except (ValueError, OverflowError):
            return text
    return _ESCAPES.get(code, code.strip("\r\n"))


class Expressions(Reader):
    """Reads expressions; statements are read by what extends it."""

    @abstractmethod
    def body(self, node: SgNode) -> tuple[Statement, ...]:
        """The statements of a block."""

    def expression(self, node: SgNode) -> Expression:
        kind = node.kind()
        if kind in _WRAPPERS:
            inner = self.children(node)
            return self.expression(inner[0]) if inner else self.opaque(node)
        if kind in _FUNCTIONS:
            return self.function(node)
        if kind == "string":
            return Literal(self._string(node), self.place(node))
        if kind in _EXPRESSIONS:
            found: Expression = getattr(self, f"_{kind}")(node)
            return found
        return self.opaque(node) if kind not in SILENT else Opaque((), self.place(node))

    def _field(self, node: SgNode, name: str) -> Expression:
        found = node.field(name)
        return Opaque((), self.place(node)) if found is None else self.expression(found)

    def _identifier(self, node: SgNode) -> Expression:
        return self.name(node)

    _this = _super = _shorthand_property_identifier = _identifier

    def _undefined(self, node: SgNode) -> Expression:
        return Literal(None, self.place(node), is_undefined=True)

    def _null(self, node: SgNode) -> Expression:
        return Literal(None, self.place(node))

    def _true(self, node: SgNode) -> Expression:
        return Literal(True, self.place(node))

    def _false(self, node: SgNode) -> Expression:
        return Literal(False, self.place(node))

    def _number(self, node: SgNode) -> Expression:
        text = node.text().replace("_", "").rstrip("n")
        try:
            return Literal(int(text, 0), self.place(node))
        except ValueError:
            pass
        try:
            number = float(text)
            return Literal(int(number) if number.is_integer() else number, self.place(node))
        except (ValueError, OverflowError):
            return Opaque((), self.place(node))

    def _string(self, node: SgNode) -> str:
        return "".join(
            unescaped(child.text()) if child.kind() == "escape_sequence" else child.text()
            for child in self.children(node)
        )

    def _template_string(self, node: SgNode) -> Expression:
        parts: list[str | Expression] = []
        for child in self.children(node):
            if child.kind() == "template_substitution":
                parts.extend(self.expression(inner) for inner in self.children(child)[:1])
            else:
                parts.append(unescaped(child.text()) if child.kind() == "escape_sequence" else child.text())
        if all(isinstance(part, str) for part in parts):
            return Literal("".join(part for part in parts if isinstance(part, str)), self.place(node))
        return Template(tuple(parts), self.place(node))

    def _regex(self, node: SgNode) -> Expression:
        pattern, flags = node.field("pattern"), node.field("flags")
        return Regex(pattern.text() if pattern else "", flags.text() if flags else "", self.place(node))

    def _object(self, node: SgNode) -> Expression:
        return Mapping(tuple(self._entry(child) for child in self.children(node)), self.place(node))

    def _entry(self, node: SgNode) -> Entry:
        kind = node.kind()
        if kind == "spread_element":
            return Entry(None, self.expression(self.children(node)[0]))
        if kind == "pair":
            key, value = node.field("key"), node.field("value")
            if key is not None and value is not None:
                return Entry(self._key(key), self.expression(value))
        if kind == "shorthand_property_identifier":
            return Entry(Literal(node.text(), self.place(node)), self.name(node))
        if kind == "method_definition":
            key = node.field("name")
            accessor = token(node, "get", "set")
            if key is not None:
                return Entry(self._key(key), self.opaque(key, "a getter") if accessor else self.function(node))
        return Entry(None, Opaque((), self.place(node)))

    def _key(self, node: SgNode) -> Expression:
        kind = node.kind()
        if kind == "computed_property_name":
            return self.expression(self.children(node)[0])
        if kind in ("string", "number"):
            value = self.expression(node)
            if isinstance(value, Literal) and isinstance(value.value, int):
                return Literal(str(value.value), value.place)
            return value
        return Literal(node.text(), self.place(node))

    def _array(self, node: SgNode) -> Expression:
        return Items(self.expressions(self.children(node)), self.place(node))

    def _spread_element(self, node: SgNode) -> Expression:
        return Spread(self.expression(self.children(node)[0]))

    def _member_expression(self, node: SgNode) -> Expression:
        name = node.field("property")
        key = Opaque((), self.place(node)) if name is None else Literal(name.text(), self.place(name))
        return Member(self._field(node, "object"), key, self.place(node))

    def _subscript_expression(self, node: SgNode) -> Expression:
        return Member(self._field(node, "object"), self._field(node, "index"), self.place(node))

    def _call_expression(self, node: SgNode) -> Expression:
        arguments = node.field("arguments")
        function = node.field("function")
        if arguments is None or function is None or arguments.kind() == "template_string":
            return self.opaque(node)
        called: Expression = (
            Name("import", self.place(node)) if function.kind() == "import" else self.expression(function)
        )
        given = tuple(self.argument(self.expression(child)) for child in self.children(arguments))
        return Call(called, given, self.place(node))

    def _new_expression(self, node: SgNode) -> Expression:
        arguments = node.field("arguments")
        children = self.children(arguments) if arguments is not None else []
        given = tuple(self.argument(self.expression(child)) for child in children)
        return Call(self._field(node, "constructor"), given, self.place(node), new=True)

    def _assignment_expression(self, node: SgNode) -> Expression:
        left = node.field("left")
        target: Target = Opaque((), self.place(node)) if left is None else self.target(left)
        return Assign(target, self._field(node, "right"), self.place(node))

    def _augmented_assignment_expression(self, node: SgNode) -> Expression:
        left, operator = node.field("left"), node.field("operator")
        target: Target = Opaque((), self.place(node)) if left is None else self.target(left)
        sign = operator.text() if operator is not None else "?="
        return Assign(target, self._field(node, "right"), self.place(node), operator=_LOGICAL.get(sign, sign[:-1]))

    def _update_expression(self, node: SgNode) -> Expression:
        argument = node.field("argument")
        if argument is None:
            return self.opaque(node)
        return Assign(self.target(argument), Opaque((), self.place(node)), self.place(node))

    def _binary_expression(self, node: SgNode) -> Expression:
        operator = node.field("operator")
        sign = operator.text() if operator is not None else ""
        left, right = self._field(node, "left"), self._field(node, "right")
        if sign in _LOGICAL:
            return Logical(_LOGICAL[sign], left, right)
        if sign in _COMPARISONS:
            return Compare(_COMPARISONS[sign], left, right, self.place(node))
        if sign == "+":
            return Binary("+", left, right, self.place(node))
        return Opaque((left, right), self.place(node), asks="instanceof" if sign == "instanceof" else None)

    def _unary_expression(self, node: SgNode) -> Expression:
        value = self._field(node, "argument")
        if token(node, "!"):
            return Not(value)
        if token(node, "void"):
            return Many((value, Literal(None, self.place(node), is_undefined=True)))
        if token(node, "-") and isinstance(value, Literal) and isinstance(value.value, int | float):
            return Literal(-value.value, self.place(node))
        return Opaque((value,), self.place(node), asks="typeof" if token(node, "typeof") else None)

    def _ternary_expression(self, node: SgNode) -> Expression:
        return Conditional(
            self._field(node, "condition"), self._field(node, "consequence"), self._field(node, "alternative")
        )

    def _sequence_expression(self, node: SgNode) -> Expression:
        return Many(self.expressions(self.children(node)))

    def _type_assertion(self, node: SgNode) -> Expression:
        return self.expression(self.children(node)[-1])

    def _instantiation_expression(self, node: SgNode) -> Expression:
        return self.expression(self.children(node)[0])

    # --- functions, classes, targets

    def function(self, node: SgNode) -> Function:
        """A function of any form."""
        name, body = node.field("name"), node.field("body")
        single, many = node.field("parameter"), node.field("parameters")
        parameters = [single] if single is not None else self.children(many) if many is not None else []
        if body is None:
            inside: tuple[Statement, ...] = ()
        elif body.kind() == "statement_block":
            inside = self.body(body)
        else:
            inside = (Return(self.expression(body), self.place(body)),)
        return Function(
            name.text() if name is not None else "",
            tuple(self._parameter(each) for each in parameters if each.kind() != "this"),
            inside,
            self.place(node),
            is_arrow=node.kind() == "arrow_function",
            is_generator=token(node, "*") or node.kind().startswith("generator"),
            is_static=token(node, "static"),
        )

    def _parameter(self, node: SgNode) -> Parameter:
        kind = node.kind()
        if kind in ("required_parameter", "optional_parameter"):
            pattern, value = node.field("pattern"), node.field("value")
            if pattern is None:
                return Parameter(Opaque((), self.place(node)))
            inner = self._parameter(pattern)
            return inner if value is None else Parameter(inner.target, self.expression(value))
        if kind == "assignment_pattern":
            left = node.field("left")
            target: Target = Opaque((), self.place(node)) if left is None else self.target(left)
            return Parameter(target, self._field(node, "right"))
        if kind == "rest_pattern":
            return Parameter(self.target(self.children(node)[0]), rest="*")
        return Parameter(self.target(node))

    def target(self, node: SgNode) -> Target:
        """What is assigned to."""
        kind = node.kind()
        if kind in ("identifier", "shorthand_property_identifier_pattern"):
            return self.name(node)
        if kind in ("member_expression", "subscript_expression"):
            found = self.expression(node)
            return found if isinstance(found, Member) else Opaque((), self.place(node))
        if kind == "object_pattern":
            return Destructure(tuple(map(self._part, self.children(node))), False, self.place(node))
        if kind == "array_pattern":
            parts = []
            gaps = ",," in "".join(node.text().split())  # then the numbers are not the places
            for number, child in enumerate(self.children(node)):
                part = self._part(child)
                is_rest = child.kind() == "rest_pattern"
                parts.append(part if is_rest else Part(self._index(child, number, gaps), part.target, part.default))
            return Destructure(tuple(parts), True, self.place(node))
        if kind in _WRAPPERS:
            return self.target(self.children(node)[0])
        return Opaque((), self.place(node))

    def _index(self, node: SgNode, number: int, gaps: bool) -> Expression:
        return Opaque((), self.place(node)) if gaps else Literal(number, self.place(node))

    def _part(self, node: SgNode) -> Part:
        kind = node.kind()
        if kind == "pair_pattern":
            key, value = node.field("key"), node.field("value")
            if key is not None and value is not None:
                inner = self._part(value)
                return Part(self._key(key), inner.target, inner.default)
        if kind in ("assignment_pattern", "object_assignment_pattern"):
            left = node.field("left")
            if left is not None:
                inner = self._part(left)
                return Part(inner.key, inner.target, self._field(node, "right"))
        if kind == "rest_pattern":
            return Part(None, self.target(self.children(node)[0]))
        return Part(Literal(node.text(), self.place(node)), self.target(node))

    def _class(self, node: SgNode) -> Class:
        name, body = node.field("name"), node.field("body")
        bases: list[Expression] = []
        for child in self.children(node):
            if child.kind() == "class_heritage":
                for inner in self.children(child):
                    value = inner.field("value") if inner.kind() == "extends_clause" else inner
                    if value is not None and inner.kind() != "implements_clause":
                        bases.append(self.expression(value))
        methods: list[Function] = []
        fields: list[tuple[str, Expression, bool]] = []
        decorators: list[Expression] = []
        for child in self.children(body) if body is not None else []:
            if child.kind() == "decorator":
                decorators.extend(self.expressions(self.children(child)))
                continue
            self._class_member(child, tuple(decorators), methods, fields)
            decorators.clear()
        above = [child for child in self.children(node) if child.kind() == "decorator"]
        return Class(
            name.text() if name is not None else "",
            tuple(bases),
            tuple(methods),
            tuple(fields),
            self.place(node),
            tuple(each for child in above for each in self.expressions(self.children(child))),
        )

    def _class_member(
        self,
        node: SgNode,
        decorators: tuple[Expression, ...],
        methods: list[Function],
        fields: list[tuple[str, Expression, bool]],
    ) -> None:
        kind = node.kind()
        if kind == "method_definition" and not token(node, "get", "set"):
            function = replace(self.function(node), decorators=decorators)
            if function.name == "constructor":
                function = replace(function, body=(*self._parameter_properties(node), *function.body))
            methods.append(function)
        elif kind in ("field_definition", "public_field_definition"):
            name, value = node.field("property") or node.field("name"), node.field("value")
            if name is not None:
                given = Literal(None, self.place(node), is_undefined=True) if value is None else self.expression(value)
                fields.append((name.text(), given, token(node, "static")))
        elif kind == "method_definition":
            name = node.field("name")
            fields.append((name.text() if name is not None else "", Opaque((), self.place(node), "a getter"), False))

    def _parameter_properties(self, node: SgNode) -> list[Statement]:
        """``constructor(private readonly headers = {})`` of TypeScript sets the field of that name."""
        found: list[Statement] = []
        parameters = node.field("parameters")
        for each in self.children(parameters) if parameters is not None else []:
            pattern, place = each.field("pattern"), self.place(each)
            marked = any(child.kind() == "accessibility_modifier" for child in each.children())
            if pattern is not None and (marked or token(each, "readonly")):
                field = Member(Name("this", place), Literal(pattern.text(), place), place)
                found.append(Do(Assign(field, Name(pattern.text(), place), place)))
        return found


_EXPRESSIONS: Final = {
    "identifier", "this", "super", "shorthand_property_identifier", "undefined", "null", "true", "false", "number",
    "template_string", "regex", "object", "array", "spread_element", "member_expression", "subscript_expression",
    "call_expression", "new_expression", "assignment_expression", "augmented_assignment_expression",
    "update_expression", "binary_expression", "unary_expression", "ternary_expression", "sequence_expression",
    "type_assertion", "instantiation_expression", "class",
}  # fmt: skip
