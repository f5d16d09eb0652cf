"""Which route of a front door takes a request.

In a REST API, routing knows path and method at once and falls through: where ``/test`` has no OPTIONS, that of
``/{proxy+}`` answers ``OPTIONS /test`` (LocalStack's test ``test_proxy_routing_with_hardcoded_resource_sibling``,
recorded against AWS). A literal segment goes before a parameter, a parameter before a greedy one; on one resource the
method's own name goes before ``ANY``. ``/b/`` is ``/b``, and ``/{proxy+}`` is never ``/``.

An HTTP API takes a full match of route and method, then a greedy route, then ``$default`` (Developer Guide, "Create
routes for HTTP APIs"); ``$default``, and the one route of a function URL, take every method on every path.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import NamedTuple

from cfncors.gateway.model import ANY_METHODS, Door, Method, normal_path

_LITERAL, _PARAMETER, _GREEDY = range(3)
Kinds = tuple[int, ...]
Rank = tuple[bool, Kinds, bool]


class Match(NamedTuple):
    """A method with the values of its path's parameters."""

    method: Method
    parameters: dict[str, str]
    #: another resource fits the path better but does not serve the method
    fell_through: bool = False
    #: by a parameter beside a literal segment, which nobody has recorded (a greedy one is)
    doubtful: bool = False


def route(api: Door, verb: str, path: str, made: Callable[[Method], bool] | None = None) -> Match | None:
    """The method that takes ``verb path``; ``None`` when there is none.

    A template's own path finds its own method: ``/items/{id}`` is a path like any other. ``made`` says which methods
    are there, where that is not all.
    """
    greedy_last = api.front_door == "http"
    best: tuple[Rank, Method, dict[str, str]] | None = None
    nearest: Kinds | None = None
    tree = _tree(api)
    for kinds, methods, parameters in _fits(tree, _segments(path)):
        for method in methods:
            if made is not None and not made(method):
                continue
            nearest = kinds if nearest is None else min(nearest, kinds)
            if method.verb != verb and (method.verb != "ANY" or verb not in ANY_METHODS):
                continue
            rank = (greedy_last and _GREEDY in kinds, kinds, method.verb != verb)
            if best is None or rank < best[0]:
                best = (rank, method, parameters)
    if best is None:
        return next((Match(m, {}) for m in tree.default if made is None or made(m)), None)
    (_, kinds, _), method, parameters = best
    fell = kinds != nearest
    return Match(method, parameters, fell, fell and _GREEDY not in kinds)


#: Method and path -> the template, in its world, for which a match was found.
Found = dict[tuple[str, str], tuple[object, Match | None]]


class _Branch:
    """A resource: what is below it, and its methods; of the root also those that take what nothing else does."""

    __slots__ = ("below", "default", "found", "greedy", "methods", "parameters")

    def __init__(self) -> None:
        self.below: dict[str, _Branch] = {}
        self.parameters: dict[str, _Branch] = {}
        self.greedy: dict[str, list[Method]] = {}
        self.methods: list[Method] = []
        self.default: list[Method] = []
        self.found: Found = {}


def kept(door: Door) -> Found:
    """What has been found with a front door, for :func:`cfncors.gateway.reached.reached`."""
    return _tree(door).found


def _tree(api: Door) -> _Branch:
    """The resources of an API, worked out once and kept with it, as its cached properties are."""
    made: _Branch | None = api.__dict__.get("_tree")
    if made is None:
        made = api.__dict__["_tree"] = _Branch()
        for method in api.methods:
            if method.origin == "default":
                made.default.append(method)
            else:
                _plant(made, method)
    return made


def _plant(branch: _Branch, method: Method) -> None:
    for part in _segments(method.path):
        if part.startswith("{") and part.endswith("+}"):
            branch.greedy.setdefault(part, []).append(method)
            return
        kind = branch.parameters if part.startswith("{") and part.endswith("}") else branch.below
        branch = kind.setdefault(part, _Branch())
    branch.methods.append(method)


def _segments(path: str) -> list[str]:
    path = normal_path(path)
    return path.strip("/").split("/") if path != "/" else []


def _fits(
    branch: _Branch, path: list[str], at: int = 0, kinds: Kinds = (), known: dict[str, str] | None = None
) -> Iterator[tuple[Kinds, list[Method], dict[str, str]]]:
    """Every resource that a path fits: how well, segment by segment, its methods, and what its parameters are."""
    parameters = known or {}
    if at == len(path):
        yield kinds, branch.methods, parameters
        return
    part = path[at]
    if part in branch.below:
        yield from _fits(branch.below[part], path, at + 1, (*kinds, _LITERAL), parameters)
    for name, below in branch.parameters.items():
        kind = _LITERAL if name == part else _PARAMETER
        yield from _fits(below, path, at + 1, (*kinds, kind), {**parameters, name[1:-1]: part})
    for name, methods in branch.greedy.items():
        kind = _LITERAL if path[at:] == [name] else _GREEDY
        yield (*kinds, kind), methods, {**parameters, name[1:-2]: "/".join(path[at:])}
