"""A front door as each deployment of its template has it: a value for each parameter, a side for each condition."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final, NamedTuple, cast

from cfncors.gateway import Model, build
from cfncors.gateway.model import Distribution, Door, HttpApi, Method, RestApi, normal_path
from cfncors.gateway.refusals import exists
from cfncors.gateway.respond import AnyDoor, in_world
from cfncors.source import Mapping, Node, Scalar, Sequence
from cfncors.template import Template, intrinsic, scalar_text
from cfncors.template.worlds import World, read, worlds
from cfncors.verdicts.options import Options


class Setting(NamedTuple):
    """A front door as one deployment of the template has it. ``when`` says what is chosen in it, by name."""

    model: Model
    door: Door
    when: dict[str, str]


def settings(model: Model, door: Door, options: Options) -> Iterator[Setting]:
    """The front door in each world that the template allows, and in each branch of a conditional body."""
    template = model.template
    parts = [door, *behind(model, door)]
    nodes = [node for part in parts for node in _nodes(template, part)]
    names = read(template, nodes, [name for part in parts for name in _conditions(template, part)])
    shape = read(template, [node for part in parts for node in _shape(part)])
    names = names.union(shape)
    found = worlds(template, names, dict(options.parameters))
    varying = [name for name in sorted(names.parameters) if len({w.parameters.get(name) for w in found}) > 1]
    # Whole mappings may be conditional, and lists hold values of one world: then the model is another one in each.
    rebuilt = names.conditions or shape.parameters or (names.parameters and any(part.policies for part in parts))
    for world in found:
        there = model._replace(template=template.in_world(world))
        here: Door | None = door
        if rebuilt:
            there = build(there.template, model.settings)._replace(code=model.code)
            here = next((each for each in there.doors if each.logical_id == door.logical_id), None)
        if here is None or not is_made(there, here):
            continue
        when = _told(world, varying)
        for branch in _branches(in_world(there, here)):
            yield Setting(there, branch, when)


def is_made(model: Model, door: Door) -> bool:
    """Whether the front door is there in the model's world."""
    return door.resource is None or exists(model, door.resource.logical_id)


def behind(model: Model, door: Door) -> list[Door]:
    """The front doors that a distribution stands in front of."""
    if not isinstance(door, Distribution):
        return []
    names = {behavior.origin for behavior in door.behaviors}
    return [each for each in model.doors if each.logical_id in names]


def _told(world: World, varying: list[str]) -> dict[str, str]:
    values = {name: world.parameters[name] for name in varying if name in world.parameters}
    return {**values, **{f"condition {name}": "true" if value else "false" for name, value in world.conditions.items()}}


def _nodes(template: Template, door: Door) -> Iterator[Node]:
    """What decides how the front door answers, apart from conditions of resources."""
    for method in door.methods:
        for response in method.integration.responses if method.integration is not None else ():
            yield from (header.node for header in response.headers.values())
            if response.holder is not None:
                yield response.holder
    if isinstance(door, RestApi):
        yield from (gateway.node for gateway in door.gateway_responses.values())
    if isinstance(door, Distribution) and door.properties is not None:
        yield door.properties
    yield from written(template, door)


#: Properties of a method, in a resource and in an OpenAPI body, that decide how it answers apart from headers.
_SHAPING: Final = frozenset(
    (
        *("AuthorizationType", "AuthorizerId", "ApiKeyRequired", "MethodResponses", "Integration"),
        *("security", "responses", "x-amazon-apigateway-integration"),
    )
)
#: Parts of an integration that do not: where it leads to, and as whom.
_LEADING: Final = frozenset(("Uri", "uri", "Credentials", "credentials", "RequestParameters", "requestParameters"))


def _shape(door: Door) -> Iterator[Node]:
    """What decides which responses a door's methods have and who may call them. Of the texts in it only those that
    choose count: how a header reads is asked for elsewhere."""
    for method in door.methods:
        for key, entry in method.holder.items() if method.holder is not None else ():
            if key in _SHAPING:
                yield from _choosing(entry.value)
    auth = door.properties.get("Auth") if door.properties is not None else None
    if auth is not None:
        yield from _choosing(auth)


def _choosing(node: Node) -> Iterator[Node]:
    """The expressions in ``node`` that stand for a part of its structure, or for a single property."""
    waiting = [node]
    while waiting:
        here = waiting.pop()
        if intrinsic(here) is not None:
            yield here
        elif isinstance(here, Mapping):
            waiting += [entry.value for key, entry in here.items() if key not in _LEADING]
        elif isinstance(here, Sequence):
            waiting += here.items


def written(template: Template, door: Door) -> Iterator[Node]:
    """The CORS configurations of a front door, with the conditions around them."""
    for policy in door.policies:
        yield policy.node
    for key, name in {id(policy.key): (policy.key, policy.resource) for policy in door.policies}.values():
        resource = template.resources.get(name)
        for properties in (door.properties, resource.properties if resource is not None else None):
            yield from _around(properties, key)


def _around(properties: Mapping | None, key: Scalar) -> Iterator[Node]:
    """The property that a key stands in."""
    for _, entry in properties.items() if properties is not None else ():
        if entry.key.start <= key.start <= entry.value.end:
            yield entry.value


def _conditions(template: Template, door: Door) -> Iterator[str]:
    if isinstance(door, RestApi | HttpApi):
        yield from _of_paths(door.body)
    owners = {door.logical_id, *(m.resource for m in door.methods), *(p.resource for p in door.policies)}
    if isinstance(door, RestApi):
        owners.update(gateway.resource for gateway in door.gateway_responses.values())
    for owner in sorted(owners):
        resource = template.resources.get(owner)
        condition = resource.node.get("Condition") if resource is not None else None
        name = getattr(condition, "text", None)
        if name is not None:
            yield name


def _of_paths(body: Mapping | None) -> Iterator[str]:
    """Conditions that decide whether a body has a path or an operation."""
    paths = body.get("paths") if body is not None else None
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


def _branches(door: AnyDoor) -> list[AnyDoor]:
    """One front door for each branch where ``Fn::If`` gives a path several times; else the front door itself."""
    by_route: dict[tuple[str, str], list[Method]] = {}
    for method in door.methods:
        by_route.setdefault((method.verb, normal_path(method.path)), []).append(method)
    count = max(map(len, by_route.values()), default=1)
    if count == 1:
        return [door]
    return [
        cast(AnyDoor, door._replace(methods=tuple(found[min(index, len(found) - 1)] for found in by_route.values())))
        for index in range(count)
    ]
