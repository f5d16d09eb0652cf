"""The deployments that a template allows: a value for each parameter, and what the conditions come to.

A template with a ``Stage`` parameter is several APIs in one file. A world is one of them: in it, every ``Fn::If`` has
one side, so that values which depend on the same condition go together.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from collections.abc import Mapping as Dict
from itertools import product
from typing import TYPE_CHECKING, Final, NamedTuple, TypeAlias

from cfncors.source import Mapping, Node, Scalar, Sequence
from cfncors.source.nodes import children
from cfncors.template.intrinsics import Intrinsic, canonical, intrinsic, ref, scalar_text
from cfncors.template.values import Known, evaluate, holes, scalar_text_of

if TYPE_CHECKING:
    from cfncors.template.template import Parameter, Template

#: More worlds than this are not tried all; then each parameter and condition varies alone.
_MOST: Final = 64
#: Conditions that no parameter decides are chosen in at most as many ways.
_MOST_OPEN: Final = 16
#: Stands for a value of a parameter that the template does not name; no parameter has it.
OTHER: Final = "\0other"

Domain: TypeAlias = "list[tuple[str, str | None]]"


class World(NamedTuple):
    """One deployment: values of parameters, and of conditions that no parameter decides (a comparison with
    ``AWS::Region``).

    ``others`` are parameters with a value that the template does not name: neither their default nor one of the texts
    that conditions compare them with. ``name`` is what the project calls the deployment, where it gives it a name: an
    environment of samconfig.toml, a parameter file, a stage of the Serverless Framework. Whoever reads those makes
    worlds with it; the worlds that this module makes of a template alone have none.
    """

    parameters: dict[str, str]
    conditions: dict[str, bool]
    others: frozenset[str] = frozenset()
    name: str = ""


class Names(NamedTuple):
    """The parameters and conditions that an expression reads, those behind its conditions too. ``keys`` are the rows
    of mappings that a parameter chooses from, each with the parameter."""

    parameters: frozenset[str] = frozenset()
    conditions: frozenset[str] = frozenset()
    keys: frozenset[tuple[str, str]] = frozenset()

    def union(self, other: Names) -> Names:
        """What two expressions read."""
        return Names(self.parameters | other.parameters, self.conditions | other.conditions, self.keys | other.keys)


class Equality(NamedTuple):
    """A condition that compares an expression with a text: equal to it, or (``positive`` is false) not equal."""

    expression: str
    text: str
    positive: bool


def truth(template: Template, name: str) -> bool | None:
    """What a condition comes to in the template's world; ``None`` when that is not known. Each is worked out once."""
    world = template.world
    if world is not None and name in world.conditions:
        return world.conditions[name]
    known = template.truths
    if name not in known:
        for each, node in _in_order(template, [name]):
            if each not in known:
                decided = world.conditions.get(each) if world is not None else None
                known[each] = _truth(template, node) if decided is None else decided
        known.setdefault(name, None)
    return known[name]


def _in_order(template: Template, names: Iterable[str]) -> Iterator[tuple[str, Node]]:
    """Conditions and those that they name, each behind those that it names."""
    section = template.section("Conditions")
    done: set[str] = set()
    waiting = [(name, False) for name in reversed(list(names))]
    while waiting:
        name, is_ready = waiting.pop()
        node = section.get(name) if section is not None else None
        if node is not None and is_ready:
            yield name, node
        elif node is not None and name not in done:
            done.add(name)
            waiting.append((name, True))
            waiting += [(each, False) for each in reversed(named_conditions(node)) if each not in done]


def named_conditions(node: Node) -> list[str]:
    """The conditions that a condition's expression names."""
    found: dict[str, None] = {}
    waiting = [node]
    while waiting:
        here = waiting.pop()
        call = intrinsic(here)
        if call is not None and call.name == "Condition":
            found[scalar_text_of(call.argument) or ""] = None
        else:
            waiting.extend(reversed(children(here)))
    return list(found)


def _truth(template: Template, node: Node) -> bool | None:
    """What an expression comes to; the conditions that it names have been worked out."""
    call = intrinsic(node)
    if call is None:
        return None
    if call.name == "Condition":
        return template.truths.get(scalar_text_of(call.argument) or "")
    items = call.argument.items if isinstance(call.argument, Sequence) else []
    if call.name == "Fn::Equals" and len(items) == 2:
        return _are_equal(template, node, items)
    if call.name == "Fn::Not" and len(items) == 1:
        found = _truth(template, items[0])
        return None if found is None else not found
    deciding = {"Fn::And": False, "Fn::Or": True}.get(call.name)
    if deciding is None or not items:
        return None
    is_open = False
    for item in items:
        found = _truth(template, item)
        if found is deciding:
            return deciding
        is_open = is_open or found is None
    return None if is_open else not deciding


def _are_equal(template: Template, node: Node, items: list[Node]) -> bool | None:
    one, other = (evaluate(template, item) for item in items)
    if isinstance(one, Known) and isinstance(other, Known):
        return one.text == other.text
    world = template.world
    asked = equality(node)
    if world is None or asked is None:
        return None
    # A value that the template does not name is none of the texts that it compares the parameter with.
    for item in items:
        if ref(item) in world.others:
            return False
    for name, value in world.conditions.items():
        known = template.equalities.get(name)
        if known is not None and known.expression == asked.expression:
            if known.positive is value:
                return known.text == asked.text
            if known.text == asked.text:
                return False
    return None


def equality(node: Node, positive: bool = True) -> Equality | None:
    """What a condition's expression compares, when it does just that: ``!Equals [x, text]``, or ``!Not`` around it."""
    call = intrinsic(node)
    items = call.argument.items if call is not None and isinstance(call.argument, Sequence) else []
    if call is not None and call.name == "Fn::Not" and len(items) == 1:
        return equality(items[0], not positive)
    if call is None or call.name != "Fn::Equals" or len(items) != 2:
        return None
    for one, other in (items, items[::-1]):
        text = scalar_text(other)
        if text is not None and intrinsic(one) is not None:
            return Equality(canonical(one), text, positive)
    return None


def read(template: Template, nodes: Iterable[Node], conditions: Iterable[str] = (), *, deep: bool = True) -> Names:
    """Parameters and conditions that decide what ``nodes`` and ``conditions`` come to; unless ``deep``, only the
    parameters that are named there, not those behind conditions."""
    parameters: set[str] = set()
    keys: set[tuple[str, str]] = set()
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
                        named += [name] if deep else []
                    elif name in template.parameters:
                        parameters.add(name)
                if call.name == "Fn::FindInMap":
                    keys.update(_rows(template, call))
            waiting.extend(children(node))
    return Names(frozenset(parameters), frozenset(found), frozenset(keys))


def _rows(template: Template, call: Intrinsic) -> Iterator[tuple[str, str]]:
    """The rows of a mapping that a parameter chooses from, where one does."""
    items = call.argument.items if isinstance(call.argument, Sequence) else []
    name = scalar_text(items[0]) if len(items) >= 3 else None
    here = template.mappings.get(name or "")
    first = [here] if here is not None else []
    second = [entry.value for entry in here.entries] if isinstance(here, Mapping) else []
    for key, tables in zip(items[1:3], (first, second), strict=False):
        parameter = ref(key)
        if parameter in template.parameters:
            for table in tables:
                for entry in table.entries if isinstance(table, Mapping) else ():
                    yield parameter or "", entry.key.text


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
    their ``AllowedValues``, or their default, what a condition compares them with and the rows that they choose from
    a mapping."""
    domains: list[Domain] = []
    for name, values in domains_of(template, names).items():
        domains.append([(name, value) for value in ([given[name]] if name in given else values)])
    made = (world_of({**given, **dict(each)}) for each in combined(domains, _MOST))
    return [world for each in made for world in with_conditions(template, names, each)]


def domains_of(template: Template, names: Names) -> dict[str, list[str | None]]:
    """The values that each parameter may have, its default first; ``None`` for one that is not known, :data:`OTHER`
    for one that the template does not name."""
    compared = _compared(template, names)
    for name, key in sorted(names.keys):
        compared.setdefault(name, []).append(key)
    return {name: _domain(template.parameters[name], compared.get(name, [])) for name in sorted(names.parameters)}


def world_of(values: Dict[str, str | None]) -> World:
    """The world with these values of parameters."""
    told = {name: value for name, value in values.items() if value is not None and value != OTHER}
    return World(told, {}, frozenset(name for name, value in values.items() if value == OTHER))


def combined(domains: list[Domain], most: int) -> list[tuple[tuple[str, str | None], ...]]:
    """Every combination, first values first; when there are more than ``most``, each parameter varies alone."""
    count = 1
    for domain in domains:
        count *= len(domain)
    if count <= most:
        return list(product(*domains))
    base = tuple(domain[0] for domain in domains)
    alone = [(*base[:i], value, *base[i + 1 :]) for i, domain in enumerate(domains) for value in domain[1:]]
    return [base, *alone[: most - 1]]


def _domain(parameter: Parameter, compared: list[str]) -> list[str | None]:
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
    if default is not None:
        return list(dict.fromkeys([default, *compared]))
    return [*dict.fromkeys(compared), OTHER] if compared else [None]


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


def with_conditions(template: Template, names: Names, world: World) -> list[World]:
    """The world once for each way in which conditions that it leaves open may turn out. Those that others build on are
    chosen, so that no condition contradicts another one."""
    order = [name for name, _ in _in_order(template, sorted(names.conditions))]
    found: list[World] = []
    waiting = [world]
    while waiting:
        here = waiting.pop()
        is_open = _first_open(template, order, here)
        if is_open is None:
            found.append(here)
        else:
            waiting += [_decided(here, is_open, value) for value in (False, True)]
        if len(found) + len(waiting) > _MOST_OPEN:
            return [_all_alike(template, order, world, value) for value in (True, False)]
    return found


def _first_open(template: Template, order: list[str], world: World) -> str | None:
    here = template.in_world(world)
    return next((name for name in order if truth(here, name) is None), None)


def _decided(world: World, name: str, value: bool) -> World:
    return world._replace(conditions={**world.conditions, name: value})


def _all_alike(template: Template, order: list[str], world: World, value: bool) -> World:
    """The world in which every open condition turns out as ``value``, as far as the others allow it."""
    while (name := _first_open(template, order, world)) is not None:
        world = _decided(world, name, value)
    return world


__all__ = ["Names", "World", "read", "truth", "worlds"]
