"""How code chooses the origin that it allows."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from cfncors.handlers.model import ALLOW_CREDENTIALS, ALLOW_ORIGIN, OriginChoice, OriginKind, Place, Response
from cfncors.handlers.values import (
    Check,
    Const,
    Env,
    Event,
    RegexValue,
    Value,
    is_about_origin,
    is_origin,
    options,
    text_of,
)

if TYPE_CHECKING:
    from cfncors.handlers.machine import Machine

VARY: Final = "vary"
#: More ways than these to pass the tests of an origin are not told apart.
_MAX_WAYS: Final = 16


def choices(machine: Machine, value: Value, place: Place, response: Response) -> tuple[OriginChoice, ...]:
    """Each way in which a response's ``Access-Control-Allow-Origin`` comes about."""
    vary, credentials = varies(response), has_credentials(response)
    found: list[OriginChoice] = []
    flat = _flat(machine, value)
    defaults = {option.default for option in flat if isinstance(option, Env)}
    for option in flat:
        if isinstance(option, Const) and text_of(option) in defaults:
            continue
        default = option.default if isinstance(option, Env) else None
        for kinds in _ways(option, place):
            for each in kinds:
                kind, texts, where = each
                also = tuple((other[0], other[1]) for other in kinds if other is not each)
                found.append(OriginChoice(kind, texts, where, vary, credentials, also, place, default))
    return tuple(dict.fromkeys(found))


def _flat(machine: Machine, value: Value) -> list[Value]:
    found: list[Value] = []
    for option in options(value):
        held = machine.object(option)
        found.extend(held.items if held is not None and held.items else (option,))
    return [option for each in found for option in options(each)]


def _ways(value: Value, place: Place) -> list[list[tuple[OriginKind, tuple[str, ...], Place]]]:
    """The ways in which a value comes about: in each, what is known of it, all of which holds."""
    if isinstance(value, Const):
        text = str(value.value)
        return [[("any" if text == "*" else "literal", (text,), place)]] if text else []
    if isinstance(value, Env):
        return [[("environment", (value.name,), place)]]
    if isinstance(value, Event) and is_origin(value):
        ways = [way for way in _alternatives(value.checks) if all(check.kind != "absent" for check in way)]
        return [[of_check(check) for check in way] or [("reflected", (), place)] for way in ways]
    return [[("unknown", (), place)]]


def _alternatives(checks: frozenset[Check]) -> list[list[Check]]:
    """Tests that have all been passed, without those of which either was: the one, or the other."""
    found: list[list[Check]] = [[]]
    for check in sorted(checks, key=lambda each: each.place):
        ways = [way for each in check.ways for way in _alternatives(each)] if check.kind == "either" else [[check]]
        if len(found) * len(ways) > _MAX_WAYS:
            return [[Check("unknown", None, check.place)]]
        found = [[*one, *other] for one in found for other in ways]
    return found


def of_check(check: Check) -> tuple[OriginKind, tuple[str, ...], Place]:
    """What a test of the origin says of those that pass it."""
    if check.texts is None or check.kind == "either" or check.kind == "absent":
        return "unknown", (), check.place
    return check.kind, check.texts, check.place


def of_option(value: Value, place: Place) -> tuple[OriginKind, tuple[str, ...], Place]:
    """An item of a library's list of origins."""
    if isinstance(value, RegexValue):
        return "regex", (value.pattern,), place
    if isinstance(value, Const) and isinstance(value.value, str):
        return ("any" if value.value == "*" else "literal"), (value.value,), place
    if isinstance(value, Env):
        return "environment", (value.name,), place
    return "unknown", (), place


def varies(response: Response) -> bool | None:
    """Whether it says that it depends on the request's origin."""
    header = response.headers.get(VARY)
    if header is None:
        return None if response.is_open else False
    texts = [text for text in header.values if text is not None]
    if len(texts) < len(header.values):
        return None
    found = [bool({"origin", "*"} & {part.strip().lower() for part in text.split(",")}) for text in texts]
    return all(found) and (header.always or None)


def has_credentials(response: Response) -> bool | None:
    """Whether it allows credentials."""
    header = response.headers.get(ALLOW_CREDENTIALS)
    if header is None:
        return None if response.is_open else False
    if None in header.values:
        return None
    return any(text == "true" for text in header.values)


__all__ = ["ALLOW_ORIGIN", "choices", "has_credentials", "is_about_origin", "of_check", "of_option", "varies"]
