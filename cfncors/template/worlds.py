"""The deployments that a template allows: a value for each parameter, and what the conditions come to.

A template with a ``Stage`` parameter is several APIs in one file. A world is one of them: in it, every ``Fn::If`` has
one side, so that values which depend on the same condition go together.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from collections.abc import Mapping as Dict
from itertools import product
from typing import TYPE_CHECKING, Final, NamedTuple

from cfncors.source import Node, Scalar, Sequence
from cfncors.source.nodes import children
from cfncors.template.intrinsics import Intrinsic, intrinsic, scalar_text
from cfncors.template.values import Known, evaluate, holes, scalar_text_of

if TYPE_CHECKING:
    from cfncors.template.template import Parameter, Template

#: More worlds than this are not tried all; then each parameter and condition varies alone.
_MOST: Final = 64


class World(NamedTuple):
    """Values of parameters, and of conditions that no parameter decides (a comparison with ``AWS::Region``)."""

    parameters: dict[str, str]
    conditions: dict[str, bool]


class Names(NamedTuple):
    """The parameters and conditions that an expression reads, those behind its conditions too."""

    parameters: frozenset[str] = frozenset()
    conditions: frozenset[str] = frozenset()


def truth(template: Template, name: str, depth: int = 0) -> bool | None:
    """What a condition comes to in the template's world; ``None`` when that is not known."""
    world = template.world
    if world is not None and name in world.conditions:
        return world.conditions[name]
    conditions = template.section("Conditions")
    node = conditions.get(name) if conditions is not None else None
    return _truth(template, node, depth) if node is not None and depth < 50 else None


def _truth(template: Template, node: Node, depth: int) -> bool | None:
    call = intrinsic(node)
    if call is None:
        return None
    if call.name == "Condition":
        return truth(template, scalar_text_of(call.argument) or "", depth + 1)
    items = call.argument.items if isinstance(call.argument, Sequence) else []
    if call.name == "Fn::Equals" and len(items) == 2:
        one, other = (evaluate(template, item) for item in items)
        return one.text == other.text if isinstance(one, Known) and isinstance(other, Known) else None
    found = [_truth(template, item, depth + 1) for item in items]
    if call.name == "Fn::Not" and len(found) == 1:
        return None if found[0] is None else not found[0]
    deciding = {"Fn::And": False, "Fn::Or": True}.get(call.name)
    if deciding is None or not found:
        return None
    return deciding if deciding in found else None if None in found else not deciding


def read(template: Template, nodes: Iterable[Node], conditions: Iterable[str] = ()) -> Names:
    """Parameters and conditions that decide what ``nodes`` and ``conditions`` come to."""
    parameters: set[str] = set()
    found: dict[str, None] = {}
    waiting = [*nodes]
    named = list(conditions)
    section = template.section("Conditions")
    while waiting or named:
        while named:
            name = named.pop()
            node = section.get(name) if section is not None and name not in found else None
            if node is not None:
                found[name] = None
                waiting.append(node)
        if waiting:
            node = waiting.pop()
            call = intrinsic(node)
            if call is not None:
                for kind, name in _named(call):
                    if kind == "condition":
                        named.append(name)
                    elif name in template.parameters:
                        parameters.add(name)
            waiting.extend(children(node))
    return Names(frozenset(parameters), frozenset(found))


def _named(call: Intrinsic) -> Iterator[tuple[str, str]]:
    argument = call.argument
    first = argument.items[0] if isinstance(argument, Sequence) and argument.items else argument
    text = scalar_text_of(first)
    if text is None:
        return
    if call.name == "Ref":
        yield "parameter", text
    elif call.name in ("Condition", "Fn::If"):
        yield "condition", text
    elif call.name == "Fn::Sub":
        for name in holes(text):
            yield "parameter", name


def worlds(template: Template, names: Names, given: Dict[str, str]) -> list[World]:
    """The worlds in which ``names`` differ. ``given`` are values that the user told; other parameters take each of
    their ``AllowedValues``, or their default and what a condition compares them with."""
    compared = _compared(template, names)
    domains: list[list[tuple[str, str | None]]] = []
    for name in sorted(names.parameters):
        values = [given[name]] if name in given else _domain(template.parameters[name], compared.get(name, []))
        domains.append([(name, value) for value in values])
    chosen = (World(_kept({**given, **dict(each)}), {}) for each in _combined(domains))
    return [world for made in chosen for world in _with_conditions(template, names, made)]


def _kept(values: Dict[str, str | None]) -> dict[str, str]:
    return {name: value for name, value in values.items() if value is not None}


def _combined(domains: list[list[tuple[str, str | None]]]) -> list[tuple[tuple[str, str | None], ...]]:
    count = 1
    for domain in domains:
        count *= len(domain)
    if count <= _MOST:
        return list(product(*domains))
    base = tuple(domain[0] for domain in domains)
    alone = [(*base[:i], value, *base[i + 1 :]) for i, domain in enumerate(domains) for value in domain[1:]]
    return [base, *alone[: _MOST - 1]]


def _domain(parameter: Parameter, compared: list[str]) -> list[str | None]:
    """The values that a parameter may have here, its default first; ``None`` for one that is not known."""
    node = parameter.node
    default = scalar_text(node.get("Default"))
    if (scalar_text(node.get("Type")) or "").startswith("AWS::SSM::"):
        return [None]
    allowed = node.get("AllowedValues")
    if isinstance(allowed, Sequence) and allowed.items:
        listed: list[str | None] = [item.text for item in allowed.items if isinstance(item, Scalar)]
        first = [default] if default in listed else []
        return list(dict.fromkeys([*first, *listed]))
    empty = node.get("Default")
    if default is None and isinstance(empty, Scalar) and empty.tag is None:
        default = empty.text
    return list(dict.fromkeys([default, *compared] if default is not None else [*compared, None]))


def _compared(template: Template, names: Names) -> dict[str, list[str]]:
    """Texts that conditions compare parameters with."""
    section = template.section("Conditions")
    found: dict[str, list[str]] = {}
    waiting = [node for name in sorted(names.conditions) if section is not None and (node := section.get(name))]
    while waiting:
        node = waiting.pop()
        call = intrinsic(node)
        if call is not None and call.name == "Fn::Equals" and isinstance(call.argument, Sequence):
            items = call.argument.items
            for one, other in zip(items, reversed(items), strict=True):
                named = intrinsic(one)
                text = scalar_text(other)
                if named is not None and named.name == "Ref" and text is not None:
                    found.setdefault(scalar_text_of(named.argument) or "", []).append(text)
        waiting.extend(children(node))
    return found


def _with_conditions(template: Template, names: Names, world: World) -> list[World]:
    """The world once for each way in which conditions that it leaves open may turn out."""
    here = template.in_world(world)
    open_ones = [name for name in sorted(names.conditions) if truth(here, name) is None]
    domains: list[list[tuple[str, bool]]] = [[(name, True), (name, False)] for name in open_ones]
    if len(domains) > 4:
        return [world._replace(conditions=dict.fromkeys(open_ones, value)) for value in (True, False)]
    return [world._replace(conditions=dict(each)) for each in product(*domains)]


__all__ = ["Names", "World", "read", "truth", "worlds"]
