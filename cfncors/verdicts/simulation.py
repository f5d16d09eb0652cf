"""The matrix as people read it: for pages of each origin a table of routes, each cell the worst of all deployments."""

from __future__ import annotations

from collections.abc import Iterable

from cfncors.errors import UsageError
from cfncors.functions import Functions, with_code
from cfncors.gateway import Model, build
from cfncors.gateway.model import Door
from cfncors.report.simulation import ORDER, Case, Reply, Route, Simulation, Visit
from cfncors.template import Template
from cfncors.verdicts.left_out import left_out
from cfncors.verdicts.matrix import Asked, Matrix, Page, is_judged, matrix_of
from cfncors.verdicts.options import Options, check_parameters


def simulate(
    source: Template | Model, options: Options | None = None, name: str = "", functions: Functions | None = None
) -> Simulation:
    """Simulate all front doors of a template. ``functions`` are the model's own, where their code has been looked at.

    Raises :class:`UsageError` when a method or path is asked for that no route has, or a parameter that is none.
    """
    model = source if isinstance(source, Model) else build(source)
    model = with_code(model, functions or Functions(model))
    chosen = options or Options()
    check_parameters(model.template, chosen.parameters)
    made = matrix_of(model, chosen)
    judged = [door for door in model.doors if is_judged(model, door)]
    if (chosen.method or chosen.path) and judged and not made.asked:
        raise UsageError(_no_route(judged, chosen))
    return simulation(made, name)._replace(incomplete=tuple(left_out(model)))


def simulation(made: Matrix, name: str = "") -> Simulation:
    """The table of a matrix."""
    rows: dict[Page, dict[tuple[str, str, str], list[Asked]]] = {}
    named: set[Page] = set()
    for each in made.asked:
        rows.setdefault(each.page, {}).setdefault(each.route, []).append(each)
        if not each.example:
            named.add(each.page)
    visits = (Visit(*page, tuple(map(_route, routes.values())), page not in named) for page, routes in rows.items())
    return Simulation(name, tuple(visits))


def _no_route(doors: list[Door], options: Options) -> str:
    routes = [f"{m.verb} {m.path}" for door in doors for m in door.methods if not m.is_options]
    shown = ", ".join(routes[:5]) + (", …" if len(routes) > 5 else "")
    asked = " ".join(word for word in (options.method, options.path) if word)
    return f"no route for {asked}; there are {shown}" if routes else f"no route for {asked}: the template has none"


def _route(candidates: list[Asked]) -> Route:
    first = candidates[0]
    columns = zip(*(each.cases for each in candidates), strict=True)
    worst = tuple(_worst(candidates, column) for column in columns)
    return Route(first.door, first.front_door, first.verb, first.path, worst)


def _worst(candidates: list[Asked], column: Iterable[Case]) -> Case:
    """The worst possibility, and what makes it worse than others; of each reply, too, the worst."""
    possible = list(zip(candidates, column, strict=True))
    found, case = max(possible, key=lambda each: ORDER.index(each[1].verdict))
    case = case._replace(replies=_worst_replies(case for _, case in possible))
    better = [other for other, its in possible if its.verdict != case.verdict]
    if not better:
        return case
    when = [f"{name}={found.when[name]}" for name in telling(found, better)]
    if all(other.method != found.method for other in better):
        when.insert(0, found.method)
    return case._replace(when=tuple(when))


def telling(found: Asked, others: Iterable[Asked]) -> list[str]:
    """The names of the values that set a deployment apart from others."""
    others = list(others)
    differing = [name for name, value in found.when.items() if any(o.when.get(name) != value for o in others)]
    return [name for name in differing if all(o.when.get(name) != found.when[name] for o in others)] or differing


def _worst_replies(possible: Iterable[Case]) -> tuple[Reply, ...]:
    worst: dict[tuple[str, int | None], Reply] = {}
    for reply in (reply for case in possible for reply in case.replies):
        key = (reply.kind, reply.status)
        known = worst.get(key)
        if known is None or ORDER.index(reply.verdict) > ORDER.index(known.verdict):
            worst[key] = reply
    return tuple(worst.values())
