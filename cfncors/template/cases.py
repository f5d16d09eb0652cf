"""What an expression may be when nobody says which deployment is meant: its value in each deployment that is possible.

An expression stands under conditions: that of its resource, and a side of every ``Fn::If`` around it. A value that
these exclude is none of its possibilities: in ``!If [HasDomain, !Sub "https://${Domain}", …]`` the text is not made
with a ``Domain`` for which ``HasDomain`` is false.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING, Final, NamedTuple, TypeAlias

from cfncors.source import Node, Scalar, Sequence
from cfncors.source.nodes import children
from cfncors.template.intrinsics import branches, intrinsic, ref, scalar_text
from cfncors.template.values import (
    Absent,
    Choice,
    Known,
    Unknown,
    UnknownKind,
    Value,
    evaluate,
    found_in_map,
    holes,
    leaves,
)
from cfncors.template.worlds import (
    OTHER,
    Domain,
    Names,
    World,
    combined,
    domains_of,
    read,
    truth,
    with_conditions,
    world_of,
)

if TYPE_CHECKING:
    from cfncors.template.template import Template

#: More deployments than this are not tried all; what they would give is unknown then.
_MOST: Final = 256

#: Conditions and how they turn out.
Assumed: TypeAlias = frozenset[tuple[str, bool]]
NOTHING: Final[Assumed] = frozenset()

Leaf: TypeAlias = "Known | Absent | Unknown"


class Place(NamedTuple):
    """A node that stands under conditions. It is kept, so that no other node gets its identity."""

    node: Node
    assumed: Assumed


class Cases(NamedTuple):
    """The possible deployments in which some names differ, each with what tells it from others; ``complete`` is false
    when there are too many to list."""

    templates: tuple[Template, ...]
    facts: tuple[frozenset[str], ...]
    complete: bool


def places(template: Template) -> dict[int, Place]:
    """The conditions that nodes of resources and ``Globals`` stand under, by identity. What an alias repeats stands
    under those that all its places have in common."""
    found: dict[int, Place] = {}
    for resource in template.resources.values():
        condition = scalar_text(resource.node.get("Condition"))
        _collect(found, resource.node, frozenset([(condition, True)]) if condition is not None else NOTHING)
    shared = template.section("Globals")
    if shared is not None:
        _collect(found, shared, NOTHING)
    return found


def _collect(found: dict[int, Place], root: Node, assumed: Assumed) -> None:
    waiting = [(root, assumed)]
    while waiting:
        node, here = waiting.pop()
        before = found.get(id(node))
        if before is not None:
            here &= before.assumed
            if here == before.assumed:
                continue
        found[id(node)] = Place(node, here)
        call = intrinsic(node)
        items = call.argument.items if call is not None and isinstance(call.argument, Sequence) else []
        if call is not None and call.name == "Fn::If" and len(items) == 3:
            name = scalar_text(items[0]) or ""
            waiting += [(items[1], here | {(name, True)}), (items[2], here | {(name, False)})]
        else:
            waiting.extend((child, here) for child in children(node))


def possible(template: Template, node: Node) -> Value:
    """What an expression may be: each possibility once, with what it assumes."""
    assumed = template.assumed(node)
    names = read(template, [node], [name for name, _ in assumed])
    own = read(template, [node], deep=False).parameters
    here = cases(template, names, assumed, own)
    if not here.templates:  # its conditions are never met; it counts as if nothing was said
        here = cases(template, read(template, [node]), NOTHING, own)
    found: dict[tuple[str | tuple[str | None, ...] | None, int], tuple[Leaf, list[frozenset[str]]]] = {}
    for there, told in zip(here.templates, here.facts, strict=True):
        for leaf in leaves(evaluate(there, node)):
            what = leaf.text if isinstance(leaf, Known) else leaf.pieces if isinstance(leaf, Unknown) else None
            found.setdefault((what, id(leaf.node)), (leaf, []))[1].append(told)
    made = [_with_facts(leaf, whens, len(here.templates)) for leaf, whens in found.values()]
    if not here.complete:
        made.append(Unknown(node, "more combinations than can be listed", kind=UnknownKind.MANY))
    made.sort(key=lambda leaf: leaf.node.start)
    return made[0] if len(made) == 1 else Choice(tuple(made), node)


def _facts(templates: list[Template]) -> tuple[frozenset[str], ...]:
    """What tells each deployment from the others: ``Stage=prod``, ``condition InEurope=true``."""
    found: list[dict[str, str]] = []
    values_of: dict[str, set[str]] = {}
    for template in templates:
        world = template.world
        assert world is not None
        values = {name: f"{name}={value}" for name, value in world.parameters.items()}
        values |= {f"condition {n}": f"condition {n}={'true' if v else 'false'}" for n, v in world.conditions.items()}
        found.append(values)
        for name, text in values.items():
            values_of.setdefault(name, set()).add(text)
    missing = {name for name in values_of if any(name not in each for each in found)}
    varying = {name for name, texts in values_of.items() if len(texts) > 1 or name in missing}
    return tuple(frozenset(text for name, text in each.items() if name in varying) for each in found)


def _with_facts(leaf: Leaf, whens: list[frozenset[str]], count: int) -> Leaf:
    if not isinstance(leaf, Known) or len(whens) == count:
        return leaf
    common = frozenset.intersection(*whens)
    return leaf._replace(when=common or whens[0])


def is_feasible(template: Template, assumed: Assumed) -> bool:
    """Whether there may be a deployment in which conditions turn out like that."""
    return not assumed or bool(cases(template, read(template, (), [name for name, _ in assumed]), assumed).templates)


def open_branches(template: Template, node: Node) -> list[Node]:
    """The nodes that ``node`` may stand for, without the sides of an ``Fn::If`` that no deployment takes. A mapping
    whose rows are lists stands for these."""
    call = intrinsic(node)
    if call is not None and call.name == "Fn::FindInMap":
        return rows(template, node)
    found = [leaf for leaf in branches(node) if is_feasible(template, template.assumed(leaf))]
    return [row for leaf in found or branches(node) for row in rows(template, leaf)]


def rows(template: Template, node: Node) -> list[Node]:
    """The lists that an ``Fn::FindInMap`` may give; the node itself, when it gives none."""
    call = intrinsic(node)
    if call is None or call.name != "Fn::FindInMap":
        return [node]
    if template.world is not None:
        every = [template]
    else:
        assumed = template.assumed(node)
        names = read(template, [node], [name for name, _ in assumed])
        every = list(cases(template, names, assumed, read(template, [node], deep=False).parameters).templates)
    found: dict[int, Node] = {}
    for there in every:
        for row in found_in_map(there, call) or ():
            found[id(row)] = row
    lists: list[Node] = [row for row in found.values() if isinstance(row, Sequence) and row.tag is None]
    return lists if lists and len(lists) == len(found) else [node]


def cases(template: Template, names: Names, assumed: Assumed, own: frozenset[str] = frozenset()) -> Cases:
    """The deployments in which ``names`` differ and the conditions turn out as ``assumed``. Each is the template in a
    world. ``own`` are the parameters whose values count; of the others, which conditions alone ask for, there is one
    value for each way in which these turn out."""
    kept = template.cases
    key = (names, assumed, own)
    if key not in kept:
        kept[key] = _cases(template, names, assumed, own)
    return kept[key]


def _cases(template: Template, names: Names, assumed: Assumed, own: frozenset[str]) -> Cases:
    named: list[Domain] = []
    unnamed: list[Domain] = []
    count = 1
    for name, values in domains_of(template, names).items():
        count *= len(values)
        known: Domain = [(name, value) for value in values]
        is_free = values[-1] is not None and values[-1] != OTHER and not template.parameters[name].allowed
        named.append(known)
        unnamed.append([*known, (name, OTHER)] if is_free else known)
    seen: set[frozenset[tuple[str, bool | str | None]]] = set()
    made: list[Template] = []
    for there in _worlds(template, names, assumed, named):
        turned = _turned_out(there, names)
        world = there.world
        assert world is not None
        turned |= frozenset((f"parameter {name}", world.parameters.get(name)) for name in own)
        if turned not in seen:
            seen.add(turned)
            made.append(there)
    if unnamed != named and names.conditions:
        # A value that the template does not name counts where no other makes the conditions turn out like that.
        seen = {_turned_out(there, names) for there in made}
        for there in _worlds(template, names, assumed, unnamed):
            turned = _turned_out(there, names)
            if turned not in seen:
                seen.add(turned)
                made.append(there)
    return Cases(tuple(made), _facts(made), count <= _MOST)


def _worlds(template: Template, names: Names, assumed: Assumed, domains: list[Domain]) -> Iterator[Template]:
    for values in combined(domains, _MOST):
        for world in with_conditions(template, names, world_of(dict(values))):
            there = template.in_world(world)
            if all(truth(there, name) in (value, None) for name, value in assumed):
                yield there


def _turned_out(there: Template, names: Names) -> frozenset[tuple[str, bool | str | None]]:
    return frozenset((name, truth(there, name)) for name in names.conditions)


def needs_cases(template: Template, node: Node) -> bool:
    """Whether an expression has possibilities that hang together: a choice, or a parameter under conditions."""
    waiting = [node]
    many: list[str] = []
    has_conditions = template.section("Conditions") is not None
    while waiting:
        here = waiting.pop()
        call = intrinsic(here)
        if call is not None:
            if call.name in ("Fn::If", "Fn::FindInMap"):
                return True
            for name in _parameters(template, call.name, here):
                if has_conditions and template.assumed(node):
                    return True
                if len(template.parameters[name].allowed) > 1:
                    many.append(name)
        waiting.extend(children(here))
    return len(many) > len(set(many))


def _parameters(template: Template, function: str, node: Node) -> Iterable[str]:
    if function == "Ref":
        name = ref(node)
        return [name] if name in template.parameters else []
    call = intrinsic(node)
    if function != "Fn::Sub" or call is None:
        return []
    text = call.argument
    if isinstance(text, Sequence) and text.items:
        text = text.items[0]
    return [name for name in holes(text.text) if name in template.parameters] if isinstance(text, Scalar) else []


def alternative(template: Template, call: Node, sides: tuple[Node, Node]) -> Node:
    """An ``Fn::If`` that nobody wrote, for values that stand on the two sides of ``call``, one that was written around
    the mappings that hold them. It stands at its place and cannot be edited."""
    found = intrinsic(call)
    assert found is not None
    assert isinstance(found.argument, Sequence)
    made = Sequence([found.argument.items[0], *sides], call.start, call.end, True, "!If")
    made.foreign = True
    assumed = template.assumed(call)
    if assumed:
        template.places[id(made)] = Place(made, assumed)
    return made


__all__ = ["Cases", "Place", "World", "alternative", "cases", "is_feasible", "open_branches", "possible"]
