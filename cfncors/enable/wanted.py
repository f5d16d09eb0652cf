"""What a front door has to say, worked out from the wish and from the routes that it serves."""

from __future__ import annotations

from collections.abc import Iterable

from cfncors.checks.allow_lists import BODY_METHODS
from cfncors.checks.preflight_remedies import spelled
from cfncors.enable.asked import MAX_AGE, Asked
from cfncors.gateway.demands import demanded_headers
from cfncors.gateway.model import ANY_METHODS, Method
from cfncors.gateway.policy import FrontDoor, Names, Role
from cfncors.source.emit import Data

Wanted = dict[Role, "list[str] | int | bool"]

#: Methods that pages use of a route for any; OPTIONS is the browser's own.
_CALLED = tuple(verb for verb in ANY_METHODS if verb != "OPTIONS")


def methods(routes: Iterable[Method], wish: Asked) -> list[str]:
    """The methods that pages may use: those that routes serve by name; of a route for any, those asked for
    or all."""
    verbs = {route.verb for route in routes if route.verb in (*_CALLED, "ANY")}
    takes_any = "ANY" in verbs or not verbs
    chosen = set(wish.methods) or (set(_CALLED) if takes_any else set())
    return sorted((verbs - {"ANY"}) | chosen)


def headers(routes: Iterable[Method], wish: Asked) -> list[str]:
    """The request headers that pages may send: what describes a body, what the front door demands, those
    asked for."""
    listed = [route for route in routes if not route.is_options]
    takes_body = not {*BODY_METHODS, "*"}.isdisjoint(methods(listed, wish))
    names = ["content-type"] if takes_body else []
    names += [name for route in listed for name in demanded_headers(route)]
    given = {name.lower(): name for name in wish.headers}
    return [*(spelled(name) for name in dict.fromkeys(names) if name not in given), *given.values()]


def in_lists(door: FrontDoor, routes: Iterable[Method], wish: Asked) -> Wanted:
    """The wish for a front door whose configuration holds lists. Empty lists are left out; a bucket decides about
    credentials itself."""
    listed = list(routes)
    named = methods(listed, wish)
    if door == "url":
        named = [name for name in named if name != "OPTIONS"]
    found: Wanted = {
        "origins": list(wish.origins),
        "methods": named,
        "headers": headers(listed, wish),
        "expose": list(wish.expose),
        "max-age": MAX_AGE if wish.max_age is None else wish.max_age,
    }
    if wish.credentials and door != "s3":
        found["credentials"] = True
    return {role: value for role, value in found.items() if value != []}


def written(wanted: Wanted, names: Names) -> dict[str, Data]:
    """The wish under the names of a dialect."""
    made: dict[str, Data] = {}
    for role, value in wanted.items():
        data: Data = list(value) if isinstance(value, list) else value
        for name in reversed(names[role][1:]):
            data = {name: data}
        made[names[role][0]] = data
    return made


def missing(have: Iterable[str], wanted: Iterable[str], credentials: bool, exact: bool = False) -> list[str]:
    """What a list lacks. ``*`` stands for all but ``Authorization``, and only without credentials (Fetch,
    CORS-preflight fetch, steps 7.6 and 7.8). ``exact`` compares letters as they are, as methods are."""
    listed = {name if exact else name.lower() for name in have}
    lacking = [name for name in wanted if (name if exact else name.lower()) not in listed]
    if "*" in listed and not credentials:
        return [name for name in lacking if name.lower() == "authorization"]
    return lacking
