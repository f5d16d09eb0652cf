"""What a variable may hold while code is followed, and the state in which it holds it.

A value that is not followed is :class:`Unknown`; one of several is a :class:`Choice`. Objects and lists live in the
state's heap, so that what is changed through one name is changed for all.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field, replace
from enum import Enum, auto
from typing import Final, Literal, TypeAlias, TypeVar, Union

from cfncors.handlers import syntax
from cfncors.handlers.model import ANY_METHOD, Methods, Place

#: More possibilities than these are as good as unknown.
_MAX_OPTIONS: Final = 24
#: A disjunction of more tests is as good as an unknown one.
_MAX_WAYS: Final = 8

Scalar: TypeAlias = str | int | float | bool | None
CheckKind = Literal["list", "regex", "suffix", "prefix", "contains", "unknown", "either", "absent"]


@dataclass(frozen=True, slots=True)
class Check:
    """A test that the request's origin has passed; ``texts`` is ``None`` where what it is compared with is unknown.

    ``either``: it has passed all tests of one of the ``ways``. ``absent``: there is none.
    """

    kind: CheckKind
    texts: tuple[str, ...] | None
    place: Place
    ways: tuple[frozenset[Check], ...] = ()


def one_of(ways: Iterable[frozenset[Check]]) -> Check:
    """The test that an origin has passed which has passed those of one way: ``a(origin) || b(origin)``."""
    flat: dict[frozenset[Check], None] = {}
    for way in ways:
        (only, *others) = way
        flat.update(dict.fromkeys(only.ways if only.kind == "either" and not others else (way,)))
    place = min(check.place for way in flat for check in way)
    if len(flat) == 1 and len(way := next(iter(flat))) == 1:
        return next(iter(way))
    is_deep = any(inner.ways for way in flat for check in way for each in check.ways for inner in each)
    if len(flat) > _MAX_WAYS or is_deep:
        return Check("unknown", None, place)
    return Check("either", None, place, tuple(flat))


@dataclass(frozen=True, slots=True)
class Const:
    """A known scalar. ``type`` keeps ``1`` and ``true`` apart, which Python holds to be equal."""

    value: Scalar
    type: str


@dataclass(frozen=True, slots=True)
class Undefined:
    """Not set; JavaScript's ``undefined``, and a key that a dictionary lacks."""


@dataclass(frozen=True, slots=True)
class Text:
    """A text made of known and unknown pieces."""

    parts: tuple[Value, ...]


@dataclass(frozen=True, slots=True)
class Ref:
    """An object or list in the heap."""

    address: int


@dataclass(frozen=True, slots=True)
class Closure:
    """A function with the scope that it was made in. ``this`` is what a method belongs to."""

    code: syntax.Function
    scope: int
    this: Value | None = None


@dataclass(frozen=True, slots=True)
class ClassValue:
    """A class with the scope that it was made in; ``statics`` is the heap object of its own fields."""

    code: syntax.Class
    scope: int
    statics: Ref


@dataclass(frozen=True, slots=True)
class External:
    """Something of a library or of the language, by its dotted name: ``("@middy/core", "default")``."""

    path: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Event:
    """A part of what the function is called with: ``("headers", "origin")``. ``checks`` are what it had passed when
    it was read."""

    path: tuple[str, ...]
    checks: frozenset[Check] = frozenset()


@dataclass(frozen=True, slots=True)
class Env:
    """An environment variable; ``default`` is the text that stands for it where it is not set."""

    name: str
    default: str | None = None


@dataclass(frozen=True, slots=True)
class Tested:
    """The outcome of a test of the request's origin; with ``negated``, its opposite."""

    check: Check
    negated: bool = False


@dataclass(frozen=True, slots=True)
class IsMethod:
    """Whether the request's method is one of some. ``is_index``: the outcome as a place in a list, where -1 says no."""

    methods: Methods
    is_index: bool = False


@dataclass(frozen=True, slots=True)
class Switch:
    """The outcome of a test of an environment variable: which it is, the deployment decides. ``test`` names it."""

    test: str
    negated: bool = False


@dataclass(frozen=True, slots=True)
class Sink:
    """A function whose argument is a result: the handler's ``callback``, a promise's ``resolve``."""

    number: int


@dataclass(frozen=True, slots=True)
class RegexValue:
    """A regular expression. ``whole`` when it must match all (``re.fullmatch``)."""

    pattern: str
    flags: str = ""


@dataclass(frozen=True, slots=True)
class Choice:
    """One of several."""

    options: tuple[Value, ...]


class UnknownKind(Enum):
    """Why a value is not known. Code that has to tell unknown values apart asks this, never the reason's words."""

    #: worked out from what is not known: an operator, a comparison, a method of a text
    COMPUTED = auto()
    #: known once, and perhaps changed since: code that is not followed was given the object, or a loop writes to it
    CHANGED = auto()
    #: a field that nothing is seen to set, of an object that may have others than those that are seen
    FIELD = auto()
    #: a part of an object or a list that is not known whole: an item, a computed key, a spread
    PART = auto()
    #: an argument that the function may be given where its calls are not seen
    ARGUMENT = auto()
    #: an environment variable whose name is computed
    ENVIRONMENT = auto()
    #: what code returns that is not followed: a library's, or that of a class that is not known
    RETURNED = auto()
    #: a module, or a name in one, that was not found or not read
    MODULE = auto()
    #: an error that was thrown, or a field of one
    ERROR = auto()
    #: one of more values than are kept apart
    MANY = auto()
    #: what the reader leaves alone: ``this``, ``super``, generators, recursion, what a finally block may change
    NOT_FOLLOWED = auto()


@dataclass(frozen=True, slots=True)
class Unknown:
    """Not followed. ``kind`` says why in one word for the code, ``reason`` in a few for people: two unknown values are
    the same whatever their reasons say. ``about_origin`` when the request's headers went into it."""

    kind: UnknownKind = UnknownKind.COMPUTED
    reason: str = field(default="computed", compare=False)
    about_origin: bool = False


Value: TypeAlias = Union[
    Const, Undefined, Text, Ref, Closure, ClassValue, External, Event, Env, Tested, IsMethod, Switch, Sink,
    RegexValue, Choice, Unknown,
]  # fmt: skip

UNDEFINED: Final = Undefined()
NULL: Final = Const(None, "NoneType")
#: Where the request's origin stands in an event.
ORIGIN: Final = ("headers", "origin")


def const(value: Scalar) -> Const:
    """A known scalar."""
    return Const(value, type(value).__name__)


def options(value: Value) -> tuple[Value, ...]:
    """The possibilities of a value."""
    return value.options if isinstance(value, Choice) else (value,)


def choice(values: Iterable[Value]) -> Value:
    """One of some values; too many are unknown."""
    flat = tuple(dict.fromkeys(option for value in values for option in options(value)))
    if len(flat) == 1:
        return flat[0]
    if not flat or len(flat) > _MAX_OPTIONS:
        return Unknown(UnknownKind.MANY, "one of many values", any(is_about_origin(value) for value in flat))
    return Choice(flat)


def is_origin(value: Value) -> bool:
    """Whether it is the request's own ``Origin``."""
    return (
        isinstance(value, Event) and len(value.path) > 1 and value.path[:2] in (ORIGIN, ("multiValueHeaders", "origin"))
    )


def is_about_origin(value: Value) -> bool:
    """Whether the request's origin may have gone into it."""
    if isinstance(value, Event):
        return value.path[:1] in ((), ("headers",), ("multiValueHeaders",)) and (
            len(value.path) < 2 or is_origin(value)
        )
    if isinstance(value, Text):
        return any(is_about_origin(part) for part in value.parts)
    if isinstance(value, Choice):
        return any(is_about_origin(option) for option in value.options)
    return (isinstance(value, Unknown) and value.about_origin) or isinstance(value, Tested)


def text_of(value: Value) -> str | None:
    """The text of a header value that is made of it; ``None`` when it is not known."""
    if isinstance(value, Const):
        if isinstance(value.value, bool):
            return "true" if value.value else "false"
        return None if value.value is None else str(value.value)
    if isinstance(value, Text):
        parts = [text_of(part) for part in value.parts]
        return None if None in parts else "".join(part for part in parts if part is not None)
    return None


@dataclass(frozen=True, slots=True)
class Recorded:
    """A method call on something of a library."""

    name: str
    arguments: tuple[Value, ...]
    named: tuple[tuple[str, Value], ...]
    place: Place


@dataclass(frozen=True, slots=True)
class Object:
    """An object in the heap. ``items`` is ``None`` for what is no list. ``is_open``: other fields may be there.

    An instance of something outside of the project has its ``maker`` and the ``calls`` made on it. ``denied`` and
    ``methods``: a response that was made, or returned by a helper, where only such requests come. ``sources`` are the
    places of the literals that fields were spread from, ``spreads`` those of all that are certainly spread into it.
    """

    fields: dict[str, Value]
    items: tuple[Value, ...] | None = None
    is_open: bool = False
    place: Place | None = None
    made_of: ClassValue | None = None
    maker: External | None = None
    arguments: tuple[Value, ...] = ()
    named: tuple[tuple[str, Value], ...] = ()
    calls: tuple[Recorded, ...] = ()
    denied: bool = False
    methods: Methods = ANY_METHOD
    sources: tuple[tuple[str, Place], ...] = ()
    spreads: tuple[Place, ...] = ()

    def get(self, name: str) -> Value:
        """A field."""
        found = self.fields.get(name)
        if found is not None:
            return found
        return Unknown(UnknownKind.FIELD, "a field set elsewhere") if self.is_open or self.maker else UNDEFINED

    def with_field(self, name: str, value: Value) -> Object:
        """The same with a field set."""
        sources = tuple(each for each in self.sources if each[0] != name)
        return replace(self, fields={**self.fields, name: value}, sources=sources)

    def written(self, name: str) -> Place | None:
        """The literal that a field is written in: its own, or one that was spread into it."""
        return dict(self.sources).get(name, self.place)


def join_objects(left: Object, right: Object) -> Object:
    """What an object may be after one of two ways."""
    if left is right:
        return left
    fields = dict(left.fields)
    for name in (*left.fields, *right.fields):
        if left.fields.get(name) is not right.fields.get(name):
            fields[name] = choice((left.get(name), right.get(name)))
    items = left.items
    is_open = left.is_open or right.is_open
    if left.items != right.items:
        one, other = left.items or (), right.items or ()
        items = tuple(dict.fromkeys((*one, *other)))
        is_open = True
    return replace(
        left,
        fields=fields,
        items=items,
        is_open=is_open,
        sources=left.sources
        if left.sources == right.sources
        else tuple({**dict(right.sources), **dict(left.sources)}.items()),
        spreads=tuple(each for each in left.spreads if each in right.spreads),
        methods=left.methods.either(right.methods),
        calls=left.calls if left.calls == right.calls else tuple(dict.fromkeys((*left.calls, *right.calls))),
    )


def marked(found: Object, state: State) -> Object:
    """A response with what is known of the requests that come to it; it stays known when a helper has returned it."""
    if "statusCode" not in found.fields or not (state.denied or state.methods != ANY_METHOD):
        return found
    return replace(found, denied=found.denied or state.denied, methods=found.methods.both(state.methods))


class State:
    """Variables, heap, and what is known of the request, at one point of a run."""

    __slots__ = ("checks", "denied", "heap", "methods", "switches", "variables")

    def __init__(self) -> None:
        self.variables: dict[tuple[int, str], Value] = {}
        self.heap: dict[int, Object] = {}
        self.checks: frozenset[Check] = frozenset()
        #: the methods of the requests that come here
        self.methods = ANY_METHOD
        #: only requests come here that have no Origin, or one that did not pass a test
        self.denied = False
        #: tests of the environment, each with its outcome, by which the way goes
        self.switches: frozenset[tuple[str, bool]] = frozenset()

    def copy(self) -> State:
        """An independent state with the same content."""
        other = State()
        other.variables = dict(self.variables)
        other.heap = dict(self.heap)
        other.checks = self.checks
        other.methods = self.methods
        other.denied = self.denied
        other.switches = self.switches
        return other


def join(left: State | None, right: State | None) -> State | None:
    """What may be after one of two ways; ``None`` is a way that ends."""
    if left is None or right is None or left is right:
        return left if right is None else right
    joined = State()
    joined.variables = _merged(left.variables, right.variables, lambda a, b: choice((a, b)))
    joined.heap = _merged(left.heap, right.heap, join_objects)
    joined.checks = left.checks & right.checks
    if left.checks > joined.checks and right.checks > joined.checks:
        joined.checks |= {one_of((left.checks - joined.checks, right.checks - joined.checks))}
    joined.methods = left.methods.either(right.methods)
    joined.denied = left.denied and right.denied
    joined.switches = left.switches & right.switches
    return joined


_K = TypeVar("_K")
_V = TypeVar("_V")


def _merged(left: dict[_K, _V], right: dict[_K, _V], both: Callable[[_V, _V], _V]) -> dict[_K, _V]:
    merged = dict(right)
    for key, value in left.items():
        other = merged.get(key)
        if other is None:
            merged[key] = value
        elif other is not value:
            merged[key] = both(value, other)
    return merged


def reachable(state: State, value: Value) -> Iterator[int]:
    """Addresses of what can be changed by someone who is given a value."""
    seen: set[int] = set()
    waiting = list(options(value))
    while waiting:
        each = waiting.pop()
        if isinstance(each, Choice):
            waiting.extend(each.options)
        if not isinstance(each, Ref) or each.address in seen:
            continue
        seen.add(each.address)
        yield each.address
        found = state.heap.get(each.address)
        if found is not None:
            waiting.extend(found.fields.values())
            waiting.extend(found.items or ())


class Ends(Exception):
    """The way that is followed ends here: an error is thrown."""


@dataclass(frozen=True, slots=True)
class Given:
    """Arguments of a call. ``more`` when there may be others (a spread of something unknown)."""

    values: tuple[Value, ...] = ()
    named: tuple[tuple[str, Value], ...] = ()
    more: bool = False

    def at(self, index: int, name: str = "") -> Value:
        """An argument by place or by name."""
        if index < len(self.values):
            return self.values[index]
        found = dict(self.named).get(name) if name else None
        return (
            found
            if found is not None
            else Unknown(UnknownKind.ARGUMENT, "an argument given elsewhere")
            if self.more
            else UNDEFINED
        )

    @property
    def all(self) -> tuple[Value, ...]:
        """Every argument."""
        return (*self.values, *(value for _, value in self.named))


__all__ = [
    "NULL",
    "ORIGIN",
    "UNDEFINED",
    "Check",
    "Choice",
    "ClassValue",
    "Closure",
    "Const",
    "Ends",
    "Env",
    "Event",
    "External",
    "Given",
    "IsMethod",
    "Object",
    "Recorded",
    "Ref",
    "RegexValue",
    "Sink",
    "State",
    "Switch",
    "Tested",
    "Text",
    "Undefined",
    "Unknown",
    "UnknownKind",
    "Value",
    "choice",
    "const",
    "is_about_origin",
    "is_origin",
    "join",
    "join_objects",
    "marked",
    "one_of",
    "options",
    "reachable",
    "text_of",
]
