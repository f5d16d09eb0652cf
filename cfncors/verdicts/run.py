"""Every route of every front door × preflight, success, client error, server error, for the pages of each origin."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Final, NamedTuple

from cfncors.errors import UsageError
from cfncors.facts import Facts
from cfncors.gateway import Model, build
from cfncors.gateway.model import ANY_METHODS, Door, Method, normal_path
from cfncors.gateway.pages import EXAMPLE, Pages
from cfncors.gateway.routing import route
from cfncors.report.simulation import ORDER, Case, Reply, Route, Simulation, Visit
from cfncors.template import Template
from cfncors.verdicts.judge import cases, page_request
from cfncors.verdicts.left_out import left_out
from cfncors.verdicts.options import Options, check_parameters
from cfncors.verdicts.settings import Setting, settings

#: What pages ask of a route for any method.
_ANY_CALLED: Final = ("GET", "POST", "PUT", "PATCH", "DELETE")
Key = tuple[str, str]  # method and path
Page = tuple[str, bool]  # origin and credentials


class Found(NamedTuple):
    """The cases of a route in one setting, asked with one method."""

    when: dict[str, str]
    verb: str
    cases: tuple[Case, ...]


def simulate(source: Template | Model | Facts, options: Options | None = None, name: str = "") -> Simulation:
    """Simulate all front doors of a template.

    Raises :class:`UsageError` when a method or path is asked for that no route has, or a parameter that is none.
    """
    model = _with_code(source)
    chosen = options or Options()
    check_parameters(model.template, chosen.parameters)
    simulated = [door for door in model.doors if door.complete and door.logical_id not in model.signed_for]
    visits: dict[Page, list[Route]] = {}
    named: set[Page] = set()
    for door in simulated:
        for page, rows in _rows(settings(model, door, chosen), chosen, named).items():
            visits.setdefault(page, []).extend(_route(door, key, found) for key, found in rows.items())
    if (chosen.method or chosen.path) and simulated and not any(visits.values()):
        raise UsageError(_no_route(simulated, chosen))
    made = tuple(Visit(*page, tuple(routes), page not in named) for page, routes in visits.items() if routes)
    return Simulation(name, made, tuple(left_out(model)))


def _with_code(source: Template | Model | Facts) -> Model:
    """The model with what code answers; of facts, which are simulated for many pages, worked out once."""
    if isinstance(source, Facts):
        return source.model_with_code
    return Facts(source if isinstance(source, Model) else build(source)).model_with_code


def _no_route(doors: list[Door], options: Options) -> str:
    routes = [f"{m.verb} {m.path}" for door in doors for m in door.methods if not m.is_options]
    shown = ", ".join(routes[:5]) + (", …" if len(routes) > 5 else "")
    asked = " ".join(word for word in (options.method, options.path) if word)
    return f"no route for {asked}; there are {shown}" if routes else f"no route for {asked}: the template has none"


# -- pages ------------------------------------------------------------------------------------------------------------


def _rows(settings: Iterable[Setting], options: Options, told: set[Page]) -> dict[Page, dict[Key, list[Found]]]:
    """For the pages of each origin, what they find on each route in each setting. Without ``--origin``, the pages are
    those that the route itself is made for there. ``told`` takes the pages that the user or a template names."""
    rows: dict[Page, dict[Key, list[Found]]] = {}
    met = [(setting, Pages(setting.model, setting.door)) for setting in settings]
    named = {origin for _, who in met for origin in who.named} if options.own else set[str]()
    for setting, who in met:
        strangers = named.difference(who.named)
        for method in setting.door.methods:
            if method.is_options:
                continue
            credentials = who.credentials(method) if options.credentials is None else options.credentials
            origins = options.origins or who.origins(method) or options.configured
            for origin in origins or (EXAMPLE,):
                if origin in strangers:
                    continue
                if origins and (origin in options.origins or origin not in who.examples):
                    told.add((origin, credentials))
                found = list(_found(setting, who, method, (origin, credentials), options))
                if found:
                    table = rows.setdefault((origin, credentials), {})
                    table.setdefault((method.verb, normal_path(method.path)), []).extend(found)
    return rows


def _found(setting: Setting, who: Pages, method: Method, page: Page, options: Options) -> Iterator[Found]:
    model, door = setting.model, setting.door
    path = options.path or normal_path(method.path)
    for verb in _verbs(who, method, options):
        match = route(door, verb, path)
        if match is not None and match.method is method:
            request = page_request(method, verb, path, page, options)
            yield Found(setting.when, verb, cases(model, door, method, request, options))


def _route(door: Door, key: Key, candidates: list[Found]) -> Route:
    columns = zip(*(each.cases for each in candidates), strict=True)
    return Route(door.logical_id, door.front_door, *key, tuple(_worst(candidates, column) for column in columns))


def _verbs(who: Pages, method: Method, options: Options) -> Iterable[str]:
    """The methods to ask a route with; ``ANY`` stands for those that its preflight lists."""
    if options.method is not None:
        takes = method.verb == options.method or (method.verb == "ANY" and options.method in ANY_METHODS)
        return (options.method,) if takes else ()
    if method.verb != "ANY":
        return (method.verb,)
    listed = who.methods(method)
    return [verb for verb in _ANY_CALLED if verb in listed] or _ANY_CALLED


def _worst(candidates: list[Found], column: Iterable[Case]) -> Case:
    """The worst possibility, and what makes it worse than others; of each reply, too, the worst."""
    possible = list(zip(candidates, column, strict=True))
    found, case = max(possible, key=lambda each: ORDER.index(each[1].verdict))
    case = case._replace(replies=_worst_replies(case for _, case in possible))
    better = [other for other, its in possible if its.verdict != case.verdict]
    if not better:
        return case
    differing = {name: value for name, value in found.when.items() if any(b.when.get(name) != value for b in better)}
    telling = [name for name, value in differing.items() if all(b.when.get(name) != value for b in better)]
    when = [f"{name}={differing[name]}" for name in telling or differing]
    if all(other.verb != found.verb for other in better):
        when.insert(0, found.verb)
    return case._replace(when=tuple(when))


def _worst_replies(possible: Iterable[Case]) -> tuple[Reply, ...]:
    worst: dict[tuple[str, int | None], Reply] = {}
    for reply in (reply for case in possible for reply in case.replies):
        key = (reply.kind, reply.status)
        known = worst.get(key)
        if known is None or ORDER.index(reply.verdict) > ORDER.index(known.verdict):
            worst[key] = reply
    return tuple(worst.values())
