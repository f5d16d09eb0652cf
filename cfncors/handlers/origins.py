"""How code chooses the origin that it allows."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from cfncors.handlers.model import ALLOW_CREDENTIALS, ALLOW_ORIGIN, OriginChoice, OriginKind, Place, Response
from cfncors.handlers.values import Check, Const, Env, RegexValue, Value, is_about_origin, is_origin, options

if TYPE_CHECKING:
    from cfncors.handlers.machine import Machine

VARY: Final = "vary"


def choices(machine: Machine, value: Value, place: Place, response: Response) -> tuple[OriginChoice, ...]:
    """Each way in which a response's ``Access-Control-Allow-Origin`` comes about."""
    vary, credentials = varies(response), has_credentials(response)
    found: list[OriginChoice] = []
    for option in _flat(machine, value):
        kinds = _kinds(option, place)
        for each in kinds:
            kind, texts, where = each
            also = tuple((other[0], other[1]) for other in kinds if other is not each)
            found.append(OriginChoice(kind, texts, where, vary, credentials, also))
    return tuple(dict.fromkeys(found))


def _flat(machine: Machine, value: Value) -> list[Value]:
    found: list[Value] = []
    for option in options(value):
        held = machine.object(option)
        found.extend(held.items if held is not None and held.items else (option,))
    return [option for each in found for option in options(each)]


def _kinds(value: Value, place: Place) -> list[tuple[OriginKind, tuple[str, ...], Place]]:
    if isinstance(value, Const):
        text = str(value.value)
        return [("any" if text == "*" else "literal", (text,), place)] if text else []
    if isinstance(value, Env):
        return [("environment", (value.name,), place)]
    if is_origin(value):
        checks: frozenset[Check] = getattr(value, "checks", frozenset())
        return [of_check(check) for check in sorted(checks, key=lambda each: each.place)] or [("reflected", (), place)]
    return [("unknown", (), place)]


def of_check(check: Check) -> tuple[OriginKind, tuple[str, ...], Place]:
    """What a test of the origin says of those that pass it."""
    if check.texts is None:
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
