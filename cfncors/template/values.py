"""What a value may be when the stack is deployed: known, one of several, absent, or unknown. Unknown is a value."""

from __future__ import annotations

import re
from collections.abc import Callable
from enum import Enum, auto
from typing import TYPE_CHECKING, Final, NamedTuple, TypeAlias, Union

from cfncors.source import Mapping, Node, Scalar, Sequence
from cfncors.template.intrinsics import HOLE, Intrinsic, intrinsic, scalar_text

if TYPE_CHECKING:
    from cfncors.template.template import Template

_MAX_CHOICES: Final = 64
_HOLE: Final = re.compile(r"\$\{([^!}][^}]*)\}")
#: What the CDK writes for a parameter that it could not look up yet (AWS CDK, ``aws-ssm/lib/parameter.ts``,
#: "valueFromLookup": ``dummyValue``).
_LOOKED_UP: Final = "dummy-value-for-"
_ESCAPED_HOLE: Final = re.compile(r"\$\{!([^}]*)\}")
#: A value that another service holds (CloudFormation User Guide, "Get values stored in other services using dynamic
#: references"). One that is not closed is text.
_REFERENCE: Final = re.compile(r"\{\{resolve:[^{}]*\}\}")
_READ_LATER: Final = "a dynamic reference is read when the stack is deployed"


class Known(NamedTuple):
    """A text. ``assumes`` names the parameters whose values it was made with; ``typed`` is false for YAML's
    unquoted numbers and booleans, which CloudFormation turns to text. ``when`` says in which of the possible
    deployments it is this one: ``Stage=prod``; it is empty for all of them, and in a world. A value of a mapping has
    its ``node`` there."""

    text: str
    node: Node
    assumes: frozenset[str] = frozenset()
    typed: bool = True
    when: frozenset[str] = frozenset()

    @property
    def chosen(self) -> str:
        """:attr:`when` for messages: ``Stage=prod``."""
        return ", ".join(sorted(self.when))


class Choice(NamedTuple):
    """One of several: ``Fn::If`` or a parameter with ``AllowedValues``."""

    options: tuple[Known | Absent | Unknown, ...]
    node: Node


class Absent(NamedTuple):
    """``AWS::NoValue``: as if not written."""

    node: Node


class UnknownKind(Enum):
    """Why a value is not to be known. Code that tells unknown values apart asks this, never the reason's words."""

    #: a parameter without a default: whoever deploys gives it
    PARAMETER = auto()
    #: a parameter whose value is kept in Systems Manager and read when the stack is deployed
    SSM_PARAMETER = auto()
    #: a pseudo parameter: ``AWS::Region``, ``AWS::AccountId``, …
    PSEUDO_PARAMETER = auto()
    #: a resource's name or attribute, or a name that stands for nothing here
    RESOURCE = auto()
    #: an output of another stack (``Fn::ImportValue``)
    IMPORT = auto()
    #: a text with a dynamic reference: ``{{resolve:ssm:/name}}``
    DYNAMIC_REFERENCE = auto()
    #: a function that only the deployment works out: ``Fn::Base64``, ``Fn::Transform``, …
    FUNCTION = auto()
    #: a variable of the Serverless Framework that is known when the service is packaged
    VARIABLE = auto()
    #: a value that a CDK app looks up, and had not when it wrote the template
    LOOKUP = auto()
    #: a function of a list, an index, a key or a delimiter that is not known
    OPERAND = auto()
    #: a part of the request, which a response template puts into its answer
    REQUEST = auto()
    #: what a response template works out in a way that is not read here
    COMPUTED = auto()
    #: what is written has not the form that its place wants
    FORM = auto()
    #: one of more combinations than are listed
    MANY = auto()


class Unknown(NamedTuple):
    """Not to be known from the template. ``pieces`` are the texts around what is unknown (``None`` is a hole).

    ``kind`` says why in one word for the code, ``reason`` in a few for people. Of a text with several unknown pieces
    both are those of a dynamic reference, which no parameter decides, else of the first one. ``parameter`` is the name
    of the parameter that would decide the value.
    """

    node: Node
    reason: str
    pieces: tuple[str | None, ...] = (None,)
    kind: UnknownKind = UnknownKind.FORM
    parameter: str | None = None


Value: TypeAlias = Union[Known, Choice, Absent, Unknown]


def written(text: str, node: Node, assumes: frozenset[str] = frozenset(), *, typed: bool = True) -> Known | Unknown:
    """The value of a text in the template: itself, but for dynamic references, whose values another service holds."""
    if "{{" in text and _REFERENCE.search(text) is not None:
        return Unknown(node, _READ_LATER, _pieces(_REFERENCE.sub(HOLE, text)), UnknownKind.DYNAMIC_REFERENCE)
    return Known(text, node, assumes, typed)


def _pieces(text: str) -> tuple[str | None, ...]:
    """A text with :data:`HOLE` for what is unknown, as the pieces of :class:`Unknown`."""
    return tuple(None if piece == HOLE else piece for piece in re.split(f"({HOLE})", text) if piece)


def _of_pieces(pieces: tuple[str | None, ...], first: Unknown, node: Node) -> Unknown:
    """A text with holes. A dynamic reference is one hole, whatever is unknown within it."""
    text = "".join(HOLE if piece is None else piece for piece in pieces)
    found = written(text, node)
    return found if isinstance(found, Unknown) else first._replace(node=node, pieces=pieces)


def leaves(value: Value) -> tuple[Known | Absent | Unknown, ...]:
    """The possibilities of a value: one, or a choice's options."""
    return value.options if isinstance(value, Choice) else (value,)


def evaluate(template: Template, node: Node) -> Value:
    """The value of a scalar or an intrinsic at deployment, with parameter defaults.

    A mapping or a list that is no intrinsic is unknown: no header is made of one.
    """
    if node.__class__ is Scalar and node.tag is None:
        if node.is_null:
            return Absent(node)
        if _LOOKED_UP in node.text:
            return Unknown(node, "the CDK app looks it up, and had not when this was written", kind=UnknownKind.LOOKUP)
        if node.foreign and template.service is not None:
            return written(node.text, node, template.service.assumes(node), typed=node.is_text)
        return written(node.text, node, typed=node.is_text)
    found = intrinsic(node)
    if found is None:
        return Unknown(node, "not a text")
    evaluator = _EVALUATORS.get(found.name)
    if evaluator is not None:
        return evaluator(template, found)
    kind = _AT_DEPLOYMENT.get(found.name, UnknownKind.FUNCTION)
    return Unknown(node, f"{found.name} is known at deployment", kind=kind)


def _variable(_: Template, call: Intrinsic) -> Value:
    """A text with variables of the Serverless Framework that are known when it packages the service."""
    parts = call.argument.text.split(HOLE) if isinstance(call.argument, Scalar) else ["", ""]
    pieces = tuple(None if at % 2 else part for at, part in enumerate(parts) if at % 2 or part)
    reason = "a variable that is known when the service is packaged"
    return _of_pieces(pieces, Unknown(call.node, reason, kind=UnknownKind.VARIABLE), call.node)


def _ref(template: Template, call: Intrinsic) -> Value:
    name = scalar_text_of(call.argument)
    if name == "AWS::NoValue":
        return Absent(call.node)
    parameter = template.parameters.get(name or "")
    if parameter is None:
        return Unknown(call.node, f"Ref {name}", kind=_named(name or ""))
    return parameter.value(call.node)


def _if(template: Template, call: Intrinsic) -> Value:
    argument = call.argument
    if not isinstance(argument, Sequence) or len(argument.items) != 3:
        return Unknown(call.node, "Fn::If without three items")
    chosen = template.truth(scalar_text_of(argument.items[0]) or "")
    if chosen is not None:
        return evaluate(template, argument.items[1 if chosen else 2])
    options: list[Known | Absent | Unknown] = []
    for side in argument.items[1:]:
        options.extend(leaves(evaluate(template, side)))
    return Choice(tuple(options), call.node)


def _sub(template: Template, call: Intrinsic) -> Value:
    argument = call.argument
    names: Mapping | None = None
    if isinstance(argument, Sequence) and argument.items:
        second = argument.items[1] if len(argument.items) > 1 else None
        names = second if isinstance(second, Mapping) else None
        argument = argument.items[0]
    if not isinstance(argument, Scalar):
        return Unknown(call.node, "Fn::Sub without a text")
    text = argument.text
    parts: list[Value] = []
    last = 0
    for hole in _HOLE.finditer(text):
        if hole.start() > last:
            parts.append(Known(_unescape(text[last : hole.start()]), argument))
        last = hole.end()
        parts.append(_hole(template, hole[1].strip(), names, call.node))
    if last < len(text) or not parts:
        parts.append(Known(_unescape(text[last:]), argument))
    return _concatenate(parts, call.node)


def holes(text: str) -> list[str]:
    """The names in the ``${…}`` of an ``Fn::Sub``."""
    return [hole.strip() for hole in _HOLE.findall(text)]


def _unescape(text: str) -> str:
    return _ESCAPED_HOLE.sub(r"${\1}", text)


def _hole(template: Template, name: str, names: Mapping | None, node: Node) -> Value:
    given = names.get(name) if names is not None else None
    if given is not None:
        return evaluate(template, given)
    parameter = template.parameters.get(name)
    return parameter.value(node) if parameter is not None else Unknown(node, f"${{{name}}}", kind=_named(name))


def _named(name: str) -> UnknownKind:
    """Why what a name stands for is not known, where it is no parameter of the template."""
    return UnknownKind.PSEUDO_PARAMETER if name.startswith("AWS::") else UnknownKind.RESOURCE


def _concatenate(parts: list[Value], node: Node) -> Value:
    """Every combination of the parts' possibilities, as long as there are few."""
    combined: list[tuple[tuple[str | None, ...], frozenset[str], Unknown | None]] = [((), frozenset(), None)]
    for part in parts:
        extended = []
        for pieces, assumes, first in combined:
            for leaf in leaves(part):
                if isinstance(leaf, Known):
                    extended.append((_joined(pieces, leaf.text), assumes | leaf.assumes, first))
                elif isinstance(leaf, Unknown):
                    extended.append((pieces + leaf.pieces, assumes, leaf if first is None else first))
                else:
                    extended.append((pieces, assumes, first))
        combined = extended
        if len(combined) > _MAX_CHOICES:
            return Unknown(node, "more combinations than can be listed", kind=UnknownKind.MANY)
    options = tuple(_made(pieces, assumes, first, node) for pieces, assumes, first in combined)
    return options[0] if len(options) == 1 else Choice(options, node)


def _joined(pieces: tuple[str | None, ...], text: str) -> tuple[str | None, ...]:
    if pieces and isinstance(pieces[-1], str):
        return (*pieces[:-1], pieces[-1] + text)
    return (*pieces, text)


def _made(
    pieces: tuple[str | None, ...], assumes: frozenset[str], first: Unknown | None, node: Node
) -> Known | Unknown:
    if first is not None and None in pieces:
        return _of_pieces(pieces, first, node)
    return written("".join(piece or "" for piece in pieces), node, assumes)


def _join(template: Template, call: Intrinsic) -> Value:
    argument = call.argument
    if not isinstance(argument, Sequence) or len(argument.items) != 2:
        return Unknown(call.node, "Fn::Join without two items")
    delimiter = argument.items[0]
    if not isinstance(delimiter, Scalar) or delimiter.tag is not None:
        return Unknown(call.node, "Fn::Join with an unknown delimiter", kind=UnknownKind.OPERAND)
    items = texts(template, argument.items[1])
    if items is None:
        return Unknown(call.node, "Fn::Join of an unknown list", kind=UnknownKind.OPERAND)
    parts: list[Value] = []
    for index, item in enumerate(items):
        if index and delimiter.text:
            parts.append(Known(delimiter.text, delimiter))
        parts.append(item)
    return _concatenate(parts or [Known("", call.node)], call.node)


def _select(template: Template, call: Intrinsic) -> Value:
    argument = call.argument
    if isinstance(argument, Sequence) and len(argument.items) == 2:
        index = evaluate(template, argument.items[0])
        items = texts(template, argument.items[1])
        if isinstance(index, Known) and index.text.isdecimal() and items is not None and int(index.text) < len(items):
            return items[int(index.text)]
    return Unknown(call.node, "Fn::Select of an unknown list", kind=UnknownKind.OPERAND)


def _find_in_map(template: Template, call: Intrinsic) -> Value:
    options = found_in_map(template, call)
    if options is None:
        return Unknown(call.node, "Fn::FindInMap with an unknown key", kind=UnknownKind.OPERAND)
    keys = call.argument.items[1:3] if isinstance(call.argument, Sequence) else []
    found = (evaluate(template, key) for key in keys)
    assumes = frozenset[str]().union(*(key.assumes for key in found if isinstance(key, Known)))
    values = [leaf for option in options for leaf in leaves(evaluate(template, option))]
    made = tuple(v._replace(assumes=v.assumes | assumes) if isinstance(v, Known) else v for v in values)
    return made[0] if len(made) == 1 else Choice(made, call.node)


def found_in_map(template: Template, call: Intrinsic) -> list[Node] | None:
    """The values of a mapping that an ``Fn::FindInMap`` may give, as they are written; ``None`` when they are not
    known. Where a key is not there the deployment fails, unless there is a ``DefaultValue`` (CloudFormation User Guide,
    "Fn::FindInMap enhancements" of ``AWS::LanguageExtensions``)."""
    argument = call.argument
    if not isinstance(argument, Sequence) or len(argument.items) < 3:
        return None
    name, *keys = (evaluate(template, item) for item in argument.items[:3])
    here: Node | None = template.mappings.get(name.text) if isinstance(name, Known) else None
    options = _mapped(here, keys)
    more = argument.items[3] if len(argument.items) > 3 else None
    default = more.get("DefaultValue") if isinstance(more, Mapping) else None
    if default is None or not isinstance(name, Known):
        return options
    if all(isinstance(key, Known) for key in keys):
        return [default] if options is None else options
    return None if options is None else [*options, default]


def _mapped(node: Node | None, keys: list[Value]) -> list[Node] | None:
    """What a mapping may give: an unknown key (``AWS::Region``) may be any of its keys."""
    here = [node] if node is not None else []
    for key in keys:
        deeper: list[Node] = []
        for candidate in here:
            if not isinstance(candidate, Mapping):
                return None
            if isinstance(key, Known):
                chosen = candidate.get(key.text)
                deeper.extend([chosen] if chosen is not None else [])
            elif isinstance(key, Unknown):
                deeper.extend(entry.value for entry in candidate.entries)
            else:
                return None
        here = deeper
    return here if 0 < len(here) <= _MAX_CHOICES else None


def texts(template: Template, node: Node | None) -> list[Value] | None:
    """A list of values: written out, split from a text, or a list parameter; ``None`` when it is not known."""
    if isinstance(node, Sequence) and node.tag is None:
        return [template.value(item) for item in node.items]
    found = intrinsic(node)
    if found is None:
        return None
    if found.name == "Ref":
        parameter = template.parameters.get(scalar_text_of(found.argument) or "")
        if parameter is None or not parameter.is_list:
            return None
        whole = parameter.value(found.node)
        return _split(whole, ",", found.node)
    if found.name == "Fn::Split" and isinstance(found.argument, Sequence) and len(found.argument.items) == 2:
        delimiter = scalar_text(found.argument.items[0])
        return _split(evaluate(template, found.argument.items[1]), delimiter, found.node) if delimiter else None
    return None


def _split(whole: Value, delimiter: str, node: Node) -> list[Value] | None:
    if not isinstance(whole, Known):
        return None
    return [
        Known(part.strip() if delimiter == "," else part, node, whole.assumes) for part in whole.text.split(delimiter)
    ]


def scalar_text_of(node: Node) -> str | None:
    """The text of a scalar, tagged (the argument of a short form) or not."""
    return node.text if isinstance(node, Scalar) else None


#: Functions with nothing to evaluate here, whose name says what their value hangs on.
_AT_DEPLOYMENT: Final = {"Fn::GetAtt": UnknownKind.RESOURCE, "Fn::ImportValue": UnknownKind.IMPORT}
_EVALUATORS: Final[dict[str, Callable[[Template, Intrinsic], Value]]] = {
    "Fn::Variable": _variable,
    "Ref": _ref,
    "Fn::If": _if,
    "Fn::Sub": _sub,
    "Fn::Join": _join,
    "Fn::Select": _select,
    "Fn::FindInMap": _find_in_map,
}

__all__ = ["Absent", "Choice", "Known", "Unknown", "UnknownKind", "Value", "evaluate", "leaves", "texts", "written"]
