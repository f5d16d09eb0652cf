"""Which cache behavior takes a path, and where viewers find the routes of the front door behind it.

Amazon CloudFront Developer Guide, "Distribution settings reference": of the cache behaviors the first whose path
pattern fits takes a request, the default one when none does; an origin's path is put before what is asked for.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from functools import cache
from typing import Final

from cfncors.gateway.bucket import OBJECTS, objects
from cfncors.gateway.model import Behavior, Distribution, Door, Method, RestApi

#: Where a stage stands in the path, when the origin does not put it there.
STAGE: Final = "/{stage}"


def taking(distribution: Distribution, path: str) -> Behavior | None:
    """The behavior that takes a path; ``None`` when that is not known."""
    for behavior in distribution.behaviors:
        if not behavior.pattern:
            return None
        if fits(behavior.pattern, path):
            return behavior
    return None


def fits(pattern: str, path: str) -> bool:
    """Whether a path pattern fits: ``*`` is any number of characters, ``?`` one, a ``/`` in front goes without saying,
    and the case counts (Developer Guide, "Path pattern")."""
    return _compiled(pattern).fullmatch(path.removeprefix("/")) is not None


@cache
def _compiled(pattern: str) -> re.Pattern[str]:
    parts = (".*" if c == "*" else "." if c == "?" else re.escape(c) for c in pattern.removeprefix("/"))
    return re.compile("".join(parts), re.DOTALL)


def routes(door: Door, behavior: Behavior) -> Iterable[Method]:
    """The routes of a front door; of a bucket what its rules and the behavior let pass, at least reading."""
    if door.front_door != "s3":
        return door.methods
    if not door.policies:
        assert door.resource is not None
        return (objects(door.resource, "GET", []),)
    return [method for method in door.methods if behavior.allowed is None or method.verb in behavior.allowed]


def viewer_path(door: Door, behavior: Behavior, path: str) -> str | None:
    """Where viewers find a route; ``None`` when the behavior's pattern keeps them from it."""
    before = _before(door, behavior)
    if before is None or not path.startswith(before):
        return None
    shown = path[len(before) :] or "/"
    if _is_staged(door, behavior):
        shown = STAGE + ("" if shown == "/" else shown)
    if fits(behavior.pattern, shown):
        return shown
    greedy = re.fullmatch(r"(.*/)\{[^/{}]+\+\}", shown)
    pattern = "/" + behavior.pattern.removeprefix("/")
    if greedy is None or not pattern.startswith(greedy[1]):
        return None
    rest = f"{pattern[:-1]}{OBJECTS[1:]}" if pattern.endswith("/*") else pattern.replace("*", "x").replace("?", "x")
    return rest if fits(behavior.pattern, rest) else None


def origin_path(door: Door, behavior: Behavior, path: str) -> str:
    """The path at the front door of what a viewer asks for."""
    if _is_staged(door, behavior):
        path = "/" + path.removeprefix("/").partition("/")[2]
    return (_before(door, behavior) or "") + path


def _is_staged(door: Door, behavior: Behavior) -> bool:
    """Whether viewers write the stage themselves: a REST API's is always in its path."""
    return isinstance(door, RestApi) and not behavior.origin_path


def _before(door: Door, behavior: Behavior) -> str | None:
    """What the origin's path puts before a route, the stage aside."""
    if door.front_door == "s3":
        return ""
    if door.front_door == "url":
        return behavior.origin_path
    rest = behavior.origin_path.removeprefix("/").partition("/")[2]
    return f"/{rest}" if rest else ""
