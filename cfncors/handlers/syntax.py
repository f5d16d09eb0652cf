"""Code of any language that is read in full, as far as responses need it: what a reader makes of a file.

Each reader (:mod:`cfncors.handlers.javascript`, :mod:`cfncors.handlers.python`) turns the tree of its parser into
these nodes; :mod:`cfncors.handlers.machine` runs them. What a reader does not know becomes :class:`Opaque`.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TypeAlias, Union

from cfncors.handlers.model import Place, TypeTest


@dataclass(frozen=True, slots=True)
class Literal:
    """A text, number, truth value, ``null``/``None``, or (``is_undefined``) JavaScript's ``undefined``."""

    value: str | int | float | bool | None
    place: Place
    is_undefined: bool = False


@dataclass(frozen=True, slots=True)
class Template:
    """A text with holes: a template string, an f-string."""

    parts: tuple[str | Expression, ...]
    place: Place


@dataclass(frozen=True, slots=True)
class Regex:
    """A regular expression as written between its slashes."""

    pattern: str
    flags: str
    place: Place


@dataclass(frozen=True, slots=True)
class Entry:
    """``key: value`` of a mapping; ``key`` is ``None`` where another mapping is spread."""

    key: Expression | None
    value: Expression


@dataclass(frozen=True, slots=True)
class Mapping:
    """An object or dictionary literal."""

    entries: tuple[Entry, ...]
    place: Place


@dataclass(frozen=True, slots=True)
class Items:
    """A list, array or tuple."""

    items: tuple[Expression, ...]
    place: Place


@dataclass(frozen=True, slots=True)
class Spread:
    """``...value`` or ``*value`` among the items of a list."""

    value: Expression


@dataclass(frozen=True, slots=True)
class Name:
    """A variable."""

    name: str
    place: Place


@dataclass(frozen=True, slots=True)
class Member:
    """``object.key`` or ``object[key]``."""

    object: Expression
    key: Expression
    place: Place


@dataclass(frozen=True, slots=True)
class Argument:
    """An argument of a call: by place, by ``name``, or ``spread`` (``*args``, ``**kwargs`` with ``name="**"``)."""

    value: Expression
    name: str | None = None
    spread: bool = False


@dataclass(frozen=True, slots=True)
class Call:
    """A call, or with ``new`` the making of an instance."""

    function: Expression
    arguments: tuple[Argument, ...]
    place: Place
    new: bool = False


@dataclass(frozen=True, slots=True)
class Parameter:
    """A parameter of a function. ``rest`` is ``*`` or ``**`` where it takes all that is left."""

    target: Target
    default: Expression | None = None
    rest: str = ""
    keyword_only: bool = False


@dataclass(frozen=True, slots=True, eq=False)  # one of its kind: what is written twice is two
class Function:
    """A function. ``is_arrow``: it has no ``this`` of its own. ``is_generator``: what it returns is not its value."""

    name: str
    parameters: tuple[Parameter, ...]
    body: tuple[Statement, ...]
    place: Place
    is_arrow: bool = False
    is_generator: bool = False
    decorators: tuple[Expression, ...] = ()
    #: what is called on it without an instance
    is_static: bool = False


@dataclass(frozen=True, slots=True, eq=False)  # one of its kind: what is written twice is two
class Class:
    """A class: its methods, and fields that each instance (or, with ``static``, the class itself) gets."""

    name: str
    bases: tuple[Expression, ...]
    methods: tuple[Function, ...]
    fields: tuple[tuple[str, Expression, bool], ...]
    place: Place
    decorators: tuple[Expression, ...] = ()


@dataclass(frozen=True, slots=True)
class Conditional:
    """``test ? then : other``."""

    test: Expression
    then: Expression
    other: Expression


@dataclass(frozen=True, slots=True)
class Logical:
    """``and``, ``or``, ``??`` (``"nullish"``): the value of one of its sides."""

    operator: str
    left: Expression
    right: Expression


@dataclass(frozen=True, slots=True)
class Not:
    """The opposite truth value."""

    value: Expression


@dataclass(frozen=True, slots=True)
class Compare:
    """``==`` (``===``, ``is``), ``!=``, their loose forms of JavaScript (``~=``, ``!~``), ``<``, ``<=``, ``>``, ``>=``,
    ``in``, ``not in``."""

    operator: str
    left: Expression
    right: Expression
    place: Place


@dataclass(frozen=True, slots=True)
class Binary:
    """``+`` and ``|`` (the union of dictionaries); others are :class:`Opaque`."""

    operator: str
    left: Expression
    right: Expression
    place: Place


@dataclass(frozen=True, slots=True)
class Assign:
    """An assignment, also as an expression. ``declares`` is ``block``, ``function`` or ``""``; ``operator`` that of
    ``+=``, ``||=`` …"""

    target: Target
    value: Expression
    place: Place
    declares: str = ""
    operator: str = ""


@dataclass(frozen=True, slots=True)
class Many:
    """Several expressions in a row; the value is the last one's."""

    items: tuple[Expression, ...]


@dataclass(frozen=True, slots=True)
class Opaque:
    """Something whose value is not followed; what it is made of is still run. ``asks`` is the operator of a question
    about a value's type, ``reason`` says for people why it is not followed."""

    parts: tuple[Expression, ...]
    place: Place
    reason: str = "computed"
    asks: TypeTest | None = None


@dataclass(frozen=True, slots=True)
class Part:
    """One piece of a destructuring: the key taken (``None`` for the rest), where it goes, its default."""

    key: Expression | None
    target: Target
    default: Expression | None = None


@dataclass(frozen=True, slots=True)
class Destructure:
    """``{ a, b: c = 1, ...rest }``, ``[a, b]`` and ``a, b`` as a target; the keys of a list are numbers."""

    parts: tuple[Part, ...]
    is_list: bool
    place: Place


Expression: TypeAlias = Union[
    Literal, Template, Regex, Mapping, Items, Spread, Name, Member, Call, Function, Class, Conditional, Logical,
    Not, Compare, Binary, Assign, Many, Opaque,
]  # fmt: skip
Target: TypeAlias = Union[Name, Member, Destructure, Opaque]


@dataclass(frozen=True, slots=True)
class Do:
    """An expression for what it does."""

    value: Expression


@dataclass(frozen=True, slots=True)
class Return:
    """``return``; ``place`` is the whole statement."""

    value: Expression | None
    place: Place


@dataclass(frozen=True, slots=True)
class Throw:
    """``throw`` or ``raise``."""

    value: Expression | None


@dataclass(frozen=True, slots=True)
class If:
    """A branch."""

    test: Expression
    body: tuple[Statement, ...]
    other: tuple[Statement, ...]


@dataclass(frozen=True, slots=True)
class Loop:
    """Any loop. ``target`` takes the items of ``items``; ``test`` may end it; ``first`` runs once, before;
    ``step`` after each turn; ``at_least_once`` for ``do … while``."""

    body: tuple[Statement, ...]
    target: Target | None = None
    declares: str = ""
    items: Expression | None = None
    test: Expression | None = None
    first: tuple[Statement, ...] = ()
    step: Expression | None = None
    other: tuple[Statement, ...] = ()
    at_least_once: bool = False


@dataclass(frozen=True, slots=True)
class Catch:
    """What handles an error."""

    target: Target | None
    body: tuple[Statement, ...]


@dataclass(frozen=True, slots=True)
class Try:
    """A block with its handlers."""

    body: tuple[Statement, ...]
    catches: tuple[Catch, ...]
    other: tuple[Statement, ...]
    final: tuple[Statement, ...]


@dataclass(frozen=True, slots=True)
class Case:
    """A case of a switch. ``tests`` are values to be equal to; ``None`` for the default or an unfollowed pattern."""

    tests: tuple[Expression, ...] | None
    body: tuple[Statement, ...]
    is_default: bool = False


@dataclass(frozen=True, slots=True)
class Switch:
    """``switch`` (``falls_through``) or ``match``."""

    subject: Expression
    cases: tuple[Case, ...]
    falls_through: bool


@dataclass(frozen=True, slots=True)
class Jump:
    """``break`` or ``continue``."""

    kind: str


@dataclass(frozen=True, slots=True)
class Block:
    """Statements with names of their own."""

    body: tuple[Statement, ...]


@dataclass(frozen=True, slots=True)
class Define:
    """A function or class declaration: its name is known in the whole block."""

    name: str
    value: Expression
    #: functions are there before the block begins (JavaScript)
    hoisted: bool


@dataclass(frozen=True, slots=True)
class Import:
    """Names taken from another module. ``names`` are (what, local name); what is ``*`` for the module itself,
    ``default``, or a name. ``level`` counts the dots of a Python import; ``everything`` is ``import *``."""

    module: str
    names: tuple[tuple[str, str], ...]
    place: Place
    level: int = 0
    everything: bool = False


@dataclass(frozen=True, slots=True)
class Export:
    """A name that other modules see; ``None`` re-exports everything of ``source``."""

    name: str | None
    value: Expression | None
    source: str | None
    place: Place


@dataclass(frozen=True, slots=True)
class Delete:
    """``delete a.b``, ``del a["b"]``."""

    target: Expression


@dataclass(frozen=True, slots=True)
class Outer:
    """``global`` and ``nonlocal``: names that are not the function's own."""

    names: tuple[str, ...]


Statement: TypeAlias = Union[
    Do, Return, Throw, If, Loop, Try, Switch, Jump, Block, Define, Import, Export, Delete, Outer,
]  # fmt: skip


class NotRead(Exception):
    """The reader cannot read a file; the message is one line with the reason."""
