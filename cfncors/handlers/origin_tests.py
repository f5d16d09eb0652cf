"""Tests of the request's origin and method: what a comparison or a matching method says about them."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from cfncors.handlers import requests
from cfncors.handlers.model import METHODS, Methods, Place
from cfncors.handlers.values import (
    NULL,
    Check,
    CheckKind,
    Choice,
    Const,
    Env,
    Event,
    IsMethod,
    Object,
    RegexValue,
    Switch,
    Tested,
    Text,
    Undefined,
    Unknown,
    Value,
    choice,
    const,
    is_about_origin,
    is_origin,
    options,
)

if TYPE_CHECKING:
    from cfncors.handlers.machine import Machine

#: Fields of the events of other services, by which a function tells them from a request: those of front doors have none
#: of these names (Lambda Developer Guide, "Using Lambda with Amazon SQS"; EventBridge, "Event structure reference";
#: CloudFormation, "Custom resource request objects"; Cognito, "Lambda triggers"; API Gateway, "Input format").
ELSEWHERE: Final = frozenset(
    ("Records", "source", "detail", "detail-type", "RequestType", "ResponseURL", "triggerSource")
)
_MATCHES: Final[dict[str, CheckKind]] = {
    "endsWith": "suffix",
    "endswith": "suffix",
    "startsWith": "prefix",
    "startswith": "prefix",
    "includes": "contains",
    "indexOf": "contains",
    "find": "contains",
}
#: The outcome of asking whether there is an origin: there is none.
ABSENT: Final = Check("absent", None, Place("", 0, 0, 1))
#: A regular expression that means the same in every language, and that cannot take long.
_WORDS: Final = re.compile(r"\^?(?:[A-Za-z]+|\((?:\?:)?[A-Za-z]+(?:\|[A-Za-z]+)*\)|[A-Za-z]+(?:\|[A-Za-z]+)+)\$?")
_OPPOSITE: Final = {"<": ">", ">": "<", "<=": ">=", ">=": "<="}


def unknown_check(place: Place) -> Check:
    """A test that is not followed."""
    return Check("unknown", None, place)


def compare(machine: Machine, operator: str, left: Value, right: Value, place: Place) -> Value:
    """The outcome of a comparison."""
    if operator in ("in", "not in"):
        return _negated(_member_of(machine, left, right, place), operator == "not in")
    if operator in ("==", "!=", "~=", "!~"):
        found = _equal(machine, left, right, operator in ("~=", "!~"), place)
        return _negated(found, operator in ("!=", "!~"))
    tested = _index_found(operator, left, right)
    return tested if tested is not None else _ordered(operator, left, right)


def _negated(value: Value, is_negated: bool) -> Value:
    return negate(value) if is_negated else value


def negate(value: Value) -> Value:
    """The opposite of an outcome."""
    if isinstance(value, Const):
        return const(not value.value)
    if isinstance(value, Tested):
        return Tested(value.check, not value.negated)
    if isinstance(value, IsMethod) and not value.is_index:
        return IsMethod(value.methods.without())
    if isinstance(value, Switch):
        return Switch(value.test, not value.negated)
    if _all_origin(value):
        return Tested(ABSENT)
    if isinstance(value, Choice):
        return choice(map(negate, value.options))
    if isinstance(value, Undefined):
        return const(True)
    return Unknown(about_origin=is_about_origin(value))


def _equal(machine: Machine, left: Value, right: Value, loose: bool, place: Place) -> Value:
    if isinstance(left, Const) and not isinstance(right, Const):
        left, right = right, left
    if isinstance(left, Tested) and isinstance(right, Const):  # index !== -1
        return left if right.value is True else Tested(left.check, not left.negated)
    if isinstance(left, IsMethod) and isinstance(right, Const):
        return _outcome_is(left, right)
    for one, other in ((left, right), (right, left)):
        if isinstance(one, Text) and isinstance(other, Const) and not requests.may_be(one, str(other.value)):
            return const(False)
        if _all_origin(one):
            is_nothing = isinstance(other, Undefined) or other in (NULL, const(""))
            return Tested(ABSENT if is_nothing else Check(*_compared(other), place))
        if requests.is_method(one) and isinstance(other, Const) and isinstance(other.value, str) and other.value:
            return IsMethod(Methods(frozenset((requests.compared(machine, other.value),))))
        if isinstance(other, Const) and (name := environment(one)) is not None:
            return Switch(f"{name} {other.value}")
    if isinstance(left, Const | Undefined) and isinstance(right, Const | Undefined):
        return _equal_scalars(left, right, loose)
    if isinstance(left, Event | Unknown | Choice) and (right == NULL or isinstance(right, Undefined)):
        return Unknown()  # there or not: no check
    return Unknown(about_origin=is_about_origin(left) or is_about_origin(right))


def _outcome_is(outcome: IsMethod, wanted: Const) -> Value:
    """``test === true``, ``index === -1``; of another index it is not said which method is there."""
    if outcome.is_index:
        return IsMethod(outcome.methods.without()) if wanted.value == -1 else Unknown()
    if not isinstance(wanted.value, bool):
        return Unknown()
    return outcome if wanted.value else IsMethod(outcome.methods.without())


def environment(value: Value) -> str | None:
    """The environment variable that a value comes from, or something else in its absence."""
    return next((option.name for option in options(value) if isinstance(option, Env)), None)


def _equal_scalars(left: Const | Undefined, right: Const | Undefined, loose: bool) -> Value:
    """``===``, or (``loose``) JavaScript's ``==``, for which ``"200"`` is ``200`` and ``null`` is ``undefined``."""
    if left == right:
        return const(True)
    if not isinstance(left, Const) or not isinstance(right, Const) or NULL in (left, right):
        return const(loose and all(side == NULL or isinstance(side, Undefined) for side in (left, right)))
    if left.type == right.type:
        return const(False)
    if not loose:
        return const(left.value == right.value and "str" not in (left.type, right.type))
    return const(True) if str(left.value) == str(right.value) else Unknown()


def _all_origin(value: Value) -> bool:
    """Whether it is the origin, or what stands in for a missing one."""
    kept = [
        option for option in options(value) if not isinstance(option, Undefined) and option not in (NULL, const(""))
    ]
    return bool(kept) and all(map(is_origin, kept))


def _compared(value: Value) -> tuple[CheckKind, tuple[str, ...] | None]:
    texts = [str(option.value) for option in options(value) if isinstance(option, Const)]
    return "list", tuple(texts) if len(texts) == len(options(value)) else None


def _ordered(operator: str, left: Value, right: Value) -> Value:
    if isinstance(left, Const) and isinstance(right, Const):
        one, other = left.value, right.value
        if isinstance(one, int | float) and isinstance(other, int | float):
            return const({"<": one < other, "<=": one <= other, ">": one > other, ">=": one >= other}[operator])
    return Unknown(about_origin=is_about_origin(left) or is_about_origin(right))


def _index_found(operator: str, left: Value, right: Value) -> Value | None:
    """``index > -1`` and ``index >= 0`` say that it was found."""
    if isinstance(right, Tested):
        left, right, operator = right, left, _OPPOSITE.get(operator, operator)
    if isinstance(left, Tested) and isinstance(right, Const):
        found = (operator, right.value) in ((">", -1), (">=", 0))
        return Tested(left.check, left.negated is found) if found else Tested(left.check, not left.negated)
    if isinstance(right, IsMethod):
        left, right, operator = right, left, _OPPOSITE.get(operator, operator)
    if isinstance(left, IsMethod) and left.is_index and isinstance(right, Const):
        if (operator, right.value) in ((">", -1), (">=", 0)):
            return IsMethod(left.methods)
        if (operator, right.value) in (("<", 0), ("<=", -1)):
            return IsMethod(left.methods.without())
    return None


def _member_of(machine: Machine, item: Value, holder: Value, place: Place) -> Value:
    if _all_origin(item):
        return Tested(Check(*listed(machine, holder), place))
    if _all_origin(holder) and isinstance(item, Const):
        return Tested(Check("contains", (str(item.value),), place))
    if (name := environment(item)) is not None:
        return Switch(f"{name} in {place.start}")
    if isinstance(item, Const) and isinstance(holder, Event) and not holder.path and item.value in ELSEWHERE:
        return const(False)
    if requests.is_method(item):
        methods = _methods_in(machine, holder)
        return Unknown() if methods is None else IsMethod(methods)
    if isinstance(item, Const) and isinstance(holder, Const) and isinstance(holder.value, str):
        return const(str(item.value) in holder.value)
    found = machine.object(holder)
    if isinstance(item, Text) and found is not None and found.items is None and not found.is_open:
        return Unknown() if any(requests.may_be(item, name) for name in found.fields) else const(False)
    if isinstance(item, Const) and found is not None and found.items is not None:
        return _is_item(item, found)
    if isinstance(item, Const) and found is not None and found.items is None and found.maker is None:
        value = found.get(str(item.value))
        if isinstance(value, Undefined):
            return const(False)
        if not any(isinstance(option, Undefined | Unknown) for option in options(value)):
            return const(True)
    return Unknown(about_origin=is_about_origin(item) or is_about_origin(holder))


def _methods_in(machine: Machine, holder: Value) -> Methods | None:
    """The methods that a list, the keys of a dictionary, or a text has; ``None`` where they are not known."""
    if isinstance(holder, Const) and isinstance(holder.value, str):
        texts: tuple[str, ...] | None = tuple(re.findall(r"[A-Za-z]+", holder.value))
    else:
        texts = listed(machine, holder)[1]
    return None if texts is None else Methods(frozenset(requests.compared(machine, text) for text in texts))


def _is_item(item: Const, found: Object) -> Value:
    """Whether a list certainly has an item, or certainly has not."""
    items = found.items or ()
    if found.is_open:  # each item of it may have been added on some ways only
        return Unknown()
    if item in items:
        return const(True)
    known = all(isinstance(option, Const) for each in items for option in options(each))
    return const(False) if known and not any(item in options(each) for each in items) else Unknown()


def listed(machine: Machine, holder: Value) -> tuple[CheckKind, tuple[str, ...] | None]:
    """The texts of an allow-list, where they are known."""
    texts: list[str] = []
    for option in options(holder):
        found = machine.object(option)
        if found is None or found.is_open:
            return "list", None
        items = found.items
        if items is None:
            texts.extend(found.fields)
            continue
        for item in items:
            for each in options(item):
                if not isinstance(each, Const):
                    return "list", None
                texts.append(str(each.value))
    return "list", tuple(texts)


def match_text(machine: Machine, text: Value, name: str, wanted: Value, place: Place) -> Value | None:
    """``origin.endsWith(…)`` and the like; ``None`` when the text is not the request's origin."""
    kind = _MATCHES.get(name)
    if kind is None or not _all_origin(text):
        return None
    if isinstance(wanted, Const):
        return Tested(Check(kind, (str(wanted.value),), place))
    found = machine.object(wanted)
    if found is not None and found.items is not None:  # Python: a tuple of suffixes
        return Tested(Check(kind, listed(machine, wanted)[1], place))
    return Tested(Check(kind, None, place))


def _match_known(machine: Machine, regex: Value, text: Value, way: str) -> Value:
    """A pattern of words against a text that is known, or against the request's method."""
    if not isinstance(regex, RegexValue) or not _WORDS.fullmatch(regex.pattern) or regex.flags not in ("", "i"):
        return Unknown()
    pattern = re.compile(regex.pattern, re.IGNORECASE if regex.flags else 0)
    passes = {"match": pattern.match, "fullmatch": pattern.fullmatch}.get(way, pattern.search)
    if isinstance(text, Const):
        return const(passes(str(text.value)) is not None)
    return IsMethod(Methods(frozenset(each for each in METHODS if passes(each) is not None)))


def match_regex(machine: Machine, regex: Value, text: Value, place: Place, way: str) -> Value:
    """A regular expression against a text. ``way`` is ``match`` (from the start), ``fullmatch`` or ``search``."""
    if isinstance(text, Const) or requests.is_method(text):
        return _match_known(machine, regex, text, way)
    if not _all_origin(text):
        return Unknown(about_origin=is_about_origin(text))
    patterns: list[str] = []
    for option in options(regex):
        if not isinstance(option, RegexValue):
            return Tested(Check("regex" if isinstance(option, Env) else "unknown", None, place))
        pattern = option.pattern
        if way in ("match", "fullmatch"):
            pattern = f"^(?:{pattern})" if "|" in pattern else "^" + pattern.removeprefix("^")
        if way == "fullmatch":
            pattern = pattern.removesuffix("$") + "$"
        patterns.append(pattern)
    return Tested(Check("regex", tuple(patterns), place))
