"""Which method of a REST API takes a request.

Routing knows path and method at once and falls through: where ``/test`` has no OPTIONS, that of ``/{proxy+}`` answers
``OPTIONS /test`` (LocalStack's test ``test_proxy_routing_with_hardcoded_resource_sibling``, recorded against AWS).
A literal segment goes before a parameter, a parameter before a greedy one; on one resource the method's own name goes
before ``ANY``. ``/b/`` is ``/b``, and ``/{proxy+}`` is never ``/``.
"""

from __future__ import annotations

from typing import NamedTuple

from cfncors.gateway.model import ANY_METHODS, Method, RestApi, normal_path

_LITERAL, _PARAMETER, _GREEDY = range(3)


class Match(NamedTuple):
    """A method with the values of its path's parameters."""

    method: Method
    parameters: dict[str, str]
    #: another resource fits the path better but does not serve the method
    fell_through: bool = False
    #: by a parameter beside a literal segment, which nobody has recorded (a greedy one is)
    doubtful: bool = False


def route(api: RestApi, verb: str, path: str) -> Match | None:
    """The method that takes ``verb path``; ``None`` when API Gateway finds none (403 MISSING_AUTHENTICATION_TOKEN).

    A template's own path finds its own method: ``/items/{id}`` is a path like any other.
    """
    segments = _segments(path)
    best: tuple[tuple[tuple[int, ...], bool], Method, dict[str, str]] | None = None
    nearest: tuple[int, ...] | None = None
    for method in api.methods:
        fit = _fit(_segments(method.path), segments)
        if fit is None:
            continue
        kinds, parameters = fit
        nearest = kinds if nearest is None else min(nearest, kinds)
        if method.verb != verb and (method.verb != "ANY" or verb not in ANY_METHODS):
            continue
        rank = (kinds, method.verb != verb)
        if best is None or rank < best[0]:
            best = (rank, method, parameters)
    if best is None:
        return None
    (kinds, _), method, parameters = best
    fell = kinds != nearest
    return Match(method, parameters, fell, fell and _GREEDY not in kinds)


def _segments(path: str) -> list[str]:
    path = normal_path(path)
    return path.strip("/").split("/") if path != "/" else []


def _fit(template: list[str], path: list[str]) -> tuple[tuple[int, ...], dict[str, str]] | None:
    """How well a resource's path fits, segment by segment, and what its parameters are; ``None`` when it does not."""
    kinds: list[int] = []
    parameters: dict[str, str] = {}
    for index, part in enumerate(template):
        if index >= len(path):
            return None
        same = part == path[index]
        if part.startswith("{") and part.endswith("+}"):
            parameters[part[1:-2]] = "/".join(path[index:])
            return (*kinds, _LITERAL if same and index == len(path) - 1 else _GREEDY), parameters
        if part.startswith("{") and part.endswith("}"):
            parameters[part[1:-1]] = path[index]
        elif not same:
            return None
        kinds.append(_LITERAL if same else _PARAMETER)
    return (tuple(kinds), parameters) if len(template) == len(path) else None
