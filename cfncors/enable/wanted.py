"""What a front door has to say, worked out from the wish and from the routes that it serves."""

from __future__ import annotations

from collections.abc import Iterable

from cfncors.checks.preflight_remedies import spelled
from cfncors.enable.asked import MAX_AGE, Asked
from cfncors.facts.allow_lists import BODY_METHODS
from cfncors.gateway.demands import demanded_headers
from cfncors.gateway.model import ANY_METHODS, Method
from cfncors.gateway.policy import FrontDoor, Names, Role
from cfncors.source.emit import Data

Wanted = dict[Role, "list[str] | int | bool"]

#: What stands for every method or header, for requests without credentials.
ANY = "*"
#: Methods that pages use of a route for any; OPTIONS is the browser's own.
CALLED = tuple(verb for verb in ANY_METHODS if verb != "OPTIONS")


def methods(routes: Iterable[Method], wish: Asked) -> list[str]:
    """The methods that pages may use: those that routes serve by name; of a route for any, those asked for
    or all. ``*`` stands for all, with credentials for itself alone (Fetch, "CORS-preflight fetch")."""
    if ANY in wish.methods:
        return sorted(CALLED) if wish.credentials else [ANY]
    verbs = {route.verb for route in routes if route.verb in (*CALLED, "ANY")}
    takes_any = "ANY" in verbs or not verbs
    chosen = set(wish.methods) or (set(CALLED) if takes_any else set())
    return sorted((verbs - {"ANY"}) | chosen)


def with_options(named: list[str]) -> list[str]:
    """The methods as a REST API lists them, beside the preflight's own, which browsers do not ask for."""
    return named if ANY in named else sorted({*named, "OPTIONS"})


def headers(routes: Iterable[Method], wish: Asked) -> list[str]:
    """The request headers that pages may send: what describes a body, what the front door demands, those
    asked for. ``*`` stands for all but ``Authorization`` (same title)."""
    listed = [route for route in routes if not route.is_options]
    verbs = sorted(CALLED) if ANY in wish.methods else methods(listed, wish)
    names = [] if BODY_METHODS.isdisjoint(verbs) else ["content-type"]
    for route in listed:
        asked = verbs if route.verb == "ANY" else [route.verb]
        names += [name for verb in asked for name in demanded_headers(route, verb)]
    given = {name.lower(): name for name in wish.headers}
    if ANY in given:
        names = [name for name in names if name == "authorization"]
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
