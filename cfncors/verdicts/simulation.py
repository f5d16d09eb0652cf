"""The matrix as people read it: for pages of each origin a table of routes, each cell the worst of all deployments."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Sequence

from cfncors.errors import UsageError
from cfncors.functions import Functions, with_code, with_evidence
from cfncors.gateway import Model, build
from cfncors.gateway.across import is_called
from cfncors.gateway.model import Door
from cfncors.report.simulation import NOT_DEPLOYED, ORDER, Case, Closed, Refused, Reply, Route, Simulation, Visit
from cfncors.template import Template
from cfncors.verdicts.left_out import left_out
from cfncors.verdicts.matrix import Asked, Matrix, Page, is_judged, matrix_of
from cfncors.verdicts.options import Options, check_parameters
from cfncors.verdicts.settings import behind


def simulate(
    source: Template | Model,
    options: Options | None = None,
    name: str = "",
    functions: Functions | None = None,
    refused: Sequence[Refused] = (),
) -> Simulation:
    """Simulate all front doors of a template. ``functions`` are the model's own, where their code has been looked at;
    ``refused`` are the front doors that deployment refuses.

    Raises :class:`UsageError` when a method or path is asked for that no route has, or a parameter that is none.
    """
    model = source if isinstance(source, Model) else build(source)
    if functions is None:
        functions = Functions(model)
        model = with_evidence(model, functions)
    model = with_code(model, functions)
    chosen = options or Options()
    check_parameters(model.template, chosen.parameters)
    made = matrix_of(model, chosen)
    judged = [door for door in model.doors if is_judged(model, door)]
    if (chosen.method or chosen.path) and judged and not made.asked:
        raise UsageError(_no_route(judged, chosen))
    uncalled = {each.route for each in made.asked if not _is_called(model, each)}
    closed = (
        *closed_doors(model, (door for door in judged if door.logical_id in made.doors)),
        *_closed_routes(model, uncalled),
    )
    visits = tuple(_marked(each, uncalled, refused) for each in simulation(_deployed(made, refused)).visits)
    left = tuple(left_out(model))
    return Simulation(name, visits, left, closed, tuple(refused), chosen.names_exchanges)


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


def closed_doors(model: Model, doors: Iterable[Door]) -> Iterator[Closed]:
    """Those of some front doors that pages of other origins are not known to call."""
    return (_closed(model, door) for door in doors if model.is_closed(door))


def _closed(model: Model, door: Door) -> Closed:
    fronts = (each for each in model.distributions if door in behind(model, each) and not model.is_closed(each))
    front = next(fronts, None) if door.logical_id in model.evidence else None
    return Closed(door.logical_id, front.logical_id if front is not None else None)


def _deployed(made: Matrix, refused: Iterable[Refused]) -> Matrix:
    """The matrix without the deployments that are refused, where there are others."""
    gone = {each.api: each.when for each in refused if each.when is not None}
    return Matrix(tuple(each for each in made.asked if each.when not in gone.get(each.door, ())))


def _is_called(model: Model, asked: Asked) -> bool:
    """Whether pages of other origins are known to call a route."""
    closed = any(door.logical_id == asked.door and model.is_closed(door) for door in model.doors)
    return not closed and is_called(model, asked.door, asked.path)


def _closed_routes(model: Model, uncalled: Iterable[tuple[str, str, str]]) -> Iterator[Closed]:
    """The routes of open distributions that pages of other origins are not known to call."""
    for distribution in model.distributions:
        routes = sorted(f"{verb} {path}" for door, verb, path in uncalled if door == distribution.logical_id)
        if routes and not model.is_closed(distribution):
            yield Closed(distribution.logical_id, routes=tuple(routes))


def _marked(visit: Visit, uncalled: Collection[tuple[str, str, str]], refused: Iterable[Refused]) -> Visit:
    """The same with routes that say whether they are closed, and whether their front door is deployed."""
    why = {each.api: each.text for each in refused if each.when is None}
    routes = (r._replace(closed=(r.api, r.method, r.path) in uncalled) for r in visit.routes)
    return visit._replace(routes=tuple(_refused(r, why[r.api]) if r.api in why else r for r in routes))


def _refused(route: Route, why: str) -> Route:
    """A route of a front door that is not there."""
    reply = Reply(NOT_DEPLOYED, None, "blocked", "not deployed", why, None, {}, "documented")
    cases = (Case(each.case, "blocked", reply, (reply,), why, None, each.assumes) for each in route.cases)
    return route._replace(cases=tuple(cases), deployed=False)


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
