"""Every route × preflight, success, client error, server error, for the pages of each origin."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Final, NamedTuple

from cfncors.errors import UsageError
from cfncors.gateway import Model, build
from cfncors.gateway.model import ANY_METHODS, Method, RestApi, normal_path
from cfncors.gateway.pages import Pages, listed_methods
from cfncors.gateway.refusals import exists
from cfncors.gateway.respond import in_world
from cfncors.gateway.routing import route
from cfncors.report.simulation import ORDER, Case, Incomplete, Reply, Route, Simulation, Visit
from cfncors.simulate.judge import cases, page_request
from cfncors.simulate.options import EXAMPLE, Options, check_parameters
from cfncors.source import Mapping, Node, Sequence
from cfncors.template import Template, intrinsic, scalar_text
from cfncors.template.worlds import World, read, worlds

#: What pages ask of a route for any method.
_ANY_CALLED: Final = ("GET", "POST", "PUT", "PATCH", "DELETE")
_INCOMPLETE: Final = (
    "a part of its definition is not in this template (a file elsewhere, a macro, a loop, another stack), so its "
    "answers are not known"
)
Key = tuple[str, str]  # method and path
Page = tuple[str, bool]  # origin and credentials


class Setting(NamedTuple):
    """An API as one deployment of the template has it. ``when`` says what is chosen in it, by name."""

    model: Model
    api: RestApi
    when: dict[str, str]


class Found(NamedTuple):
    """The cases of a route in one setting, asked with one method."""

    when: dict[str, str]
    verb: str
    cases: tuple[Case, ...]


def simulate(source: Template | Model, options: Options | None = None, name: str = "") -> Simulation:
    """Simulate all REST APIs of a template.

    Raises :class:`UsageError` when a method or path is asked for that no route has, or a parameter that is none.
    """
    model = source if isinstance(source, Model) else build(source)
    chosen = options or Options()
    check_parameters(model.template, chosen.parameters)
    simulated = [api for api in model.rest_apis if api.complete]
    visits: dict[Page, list[Route]] = {}
    named: set[Page] = set()
    for api in simulated:
        for page, rows in _rows(_settings(model, api, chosen), chosen, named).items():
            visits.setdefault(page, []).extend(_route(api, key, found) for key, found in rows.items())
    if (chosen.method or chosen.path) and simulated and not any(visits.values()):
        raise UsageError(_no_route(simulated, chosen))
    incomplete = tuple(Incomplete(api.logical_id, _INCOMPLETE) for api in model.rest_apis if not api.complete)
    made = tuple(Visit(*page, tuple(routes), page not in named) for page, routes in visits.items() if routes)
    return Simulation(name, made, incomplete)


def _no_route(apis: list[RestApi], options: Options) -> str:
    routes = [f"{m.verb} {m.path}" for api in apis for m in api.methods if not m.is_options]
    shown = ", ".join(routes[:5]) + (", …" if len(routes) > 5 else "")
    asked = " ".join(word for word in (options.method, options.path) if word)
    return f"no route for {asked}; there are {shown}" if routes else f"no route for {asked}: the APIs have none"


# -- deployments ------------------------------------------------------------------------------------------------------


def _settings(model: Model, api: RestApi, options: Options) -> Iterator[Setting]:
    """The API in each world that the template allows, and in each branch of a conditional body."""
    template = model.template
    names = read(template, _nodes(api), _conditions(template, api))
    found = worlds(template, names, dict(options.parameters))
    varying = [name for name in sorted(names.parameters) if len({w.parameters.get(name) for w in found}) > 1]
    for world in found:
        there = model._replace(template=template.in_world(world))
        here: RestApi | None = api
        if names.conditions:  # whole mappings may be conditional, so that the model is another one in each world
            there = build(there.template, model.settings)
            here = next((each for each in there.rest_apis if each.logical_id == api.logical_id), None)
        if here is None or (api.resource is not None and not exists(there, api.logical_id)):
            continue
        when = _told(world, varying)
        for branch in _branches(in_world(there, here)):
            yield Setting(there, branch, when)


def _told(world: World, varying: list[str]) -> dict[str, str]:
    values = {name: world.parameters[name] for name in varying if name in world.parameters}
    return {**values, **{f"condition {name}": "true" if value else "false" for name, value in world.conditions.items()}}


def _nodes(api: RestApi) -> Iterator[Node]:
    """What decides how the API answers, apart from conditions of resources."""
    for method in api.methods:
        for response in method.integration.responses if method.integration is not None else ():
            yield from (header.node for header in response.headers.values())
            if response.holder is not None:
                yield response.holder
    for gateway in api.gateway_responses.values():
        yield gateway.node


def _conditions(template: Template, api: RestApi) -> Iterator[str]:
    yield from _of_paths(api)
    owners = {api.logical_id, *(m.resource for m in api.methods), *(g.resource for g in api.gateway_responses.values())}
    for owner in sorted(owners):
        resource = template.resources.get(owner)
        condition = resource.node.get("Condition") if resource is not None else None
        name = getattr(condition, "text", None)
        if name is not None:
            yield name


def _of_paths(api: RestApi) -> Iterator[str]:
    """Conditions that decide whether a body has a path or an operation."""
    paths = api.body.get("paths") if api.body is not None else None
    waiting = [entry.value for entry in paths.entries] if isinstance(paths, Mapping) else []
    for item in list(waiting):
        waiting += [entry.value for entry in item.entries] if isinstance(item, Mapping) else []
    while waiting:
        call = intrinsic(waiting.pop())
        if call is not None and call.name == "Fn::If" and isinstance(call.argument, Sequence):
            name = scalar_text(call.argument.items[0]) if call.argument.items else None
            if name is not None:
                yield name
            waiting.extend(call.argument.items[1:])


def _branches(api: RestApi) -> list[RestApi]:
    """One API for each branch where ``Fn::If`` gives a path several times; else the API itself."""
    by_route: dict[Key, list[Method]] = {}
    for method in api.methods:
        by_route.setdefault((method.verb, normal_path(method.path)), []).append(method)
    count = max(map(len, by_route.values()), default=1)
    if count == 1:
        return [api]
    return [
        api._replace(methods=tuple(found[min(index, len(found) - 1)] for found in by_route.values()))
        for index in range(count)
    ]


# -- pages ------------------------------------------------------------------------------------------------------------


def _rows(settings: Iterable[Setting], options: Options, told: set[Page]) -> dict[Page, dict[Key, list[Found]]]:
    """For the pages of each origin, what they find on each route in each setting. Without ``--origin``, the pages are
    those that the route itself is made for there. ``told`` takes the pages that the user or a template names."""
    rows: dict[Page, dict[Key, list[Found]]] = {}
    met = [(setting, Pages(setting.model, setting.api)) for setting in settings]
    named = {origin for _, who in met for origin in who.named} if options.own else set[str]()
    for setting, who in met:
        strangers = named.difference(who.named)
        for method in setting.api.methods:
            if method.is_options:
                continue
            credentials = who.credentials(method) if options.credentials is None else options.credentials
            origins = options.origins or who.origins(method) or options.configured
            for origin in origins or (EXAMPLE,):
                if origin in strangers:
                    continue
                if origins:
                    told.add((origin, credentials))
                found = list(_found(setting, method, (origin, credentials), options))
                if found:
                    table = rows.setdefault((origin, credentials), {})
                    table.setdefault((method.verb, normal_path(method.path)), []).extend(found)
    return rows


def _found(setting: Setting, method: Method, page: Page, options: Options) -> Iterator[Found]:
    path = options.path or normal_path(method.path)
    for verb in _verbs(setting.model, setting.api, method, options):
        match = route(setting.api, verb, path)
        if match is not None and match.method is method:
            request = page_request(method, verb, path, page, options)
            yield Found(setting.when, verb, cases(setting.model, setting.api, method, request, options))


def _route(api: RestApi, key: Key, candidates: list[Found]) -> Route:
    columns = zip(*(each.cases for each in candidates), strict=True)
    return Route(api.logical_id, "rest", *key, tuple(_worst(candidates, column) for column in columns))


def _verbs(model: Model, api: RestApi, method: Method, options: Options) -> Iterable[str]:
    """The methods to ask a route with; ``ANY`` stands for those that its preflight lists."""
    if options.method is not None:
        takes = method.verb == options.method or (method.verb == "ANY" and options.method in ANY_METHODS)
        return (options.method,) if takes else ()
    if method.verb != "ANY":
        return (method.verb,)
    listed = listed_methods(model, api, method)
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
