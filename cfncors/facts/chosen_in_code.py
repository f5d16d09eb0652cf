"""How code chooses the origin that it sends, and the origins that it allows: written in it, or in an environment
variable that it sends."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING, NamedTuple

from cfncors.facts.code import Behind
from cfncors.template import Absent, Known, Template, Unknown, leaves

if TYPE_CHECKING:
    from cfncors.facts import Facts
    from cfncors.handlers import OriginChoice, Place
    from cfncors.source import Node


class Chosen(NamedTuple):
    """A way in which the code behind a front door chooses an origin."""

    behind: Behind
    choice: OriginChoice

    @property
    def whom(self) -> str:
        """As whom a page reads that is let in."""
        return " as the signed-in user" if self.choice.credentials else ""


def chosen(facts: Facts) -> Iterable[Chosen]:
    """Every such way, each written place once, of the functions whose headers reach the page."""
    found: dict[tuple[object, ...], Chosen] = {}
    for behind in facts.passed_on:
        for choice in behind.handler.origins:
            if choice.place.path and not facts.places.is_built(choice.place.path):
                found.setdefault((choice.place, choice.kind, choice.texts), Chosen(behind, choice))
    return found.values()


class Allowed(NamedTuple):
    """An origin that code allows. ``sent`` when the text is the header's value, whoever asks; else it is compared with
    the request's origin. ``leaf`` is its place in the template, for the value of an environment variable."""

    chosen: Chosen
    text: str
    node: Node
    what: str
    sent: bool
    leaf: Known | None = None
    #: where code writes it, between its quotes
    written: Place | None = None

    @property
    def resources(self) -> tuple[str, ...]:
        """The front door and the function."""
        behind = self.chosen.behind
        return behind.door.logical_id, behind.function.logical_id

    @property
    def credentialed(self) -> bool:
        """Whether the same response certainly allows credentials."""
        return self.chosen.choice.credentials is True


def allowed(facts: Facts) -> Iterable[Allowed]:
    """Each origin that code allows, once for its place: of several functions that send it, one with credentials."""
    known: dict[tuple[int, int, str], Allowed] = {}
    for each in facts.chosen_in_code:
        for found in _allowed(facts, each):
            key = (found.node.start, found.node.end, found.text)
            if key not in known or (found.credentialed and not known[key].credentialed):
                known[key] = found
    return known.values()


def _allowed(facts: Facts, each: Chosen) -> Iterator[Allowed]:
    function, choice = each.behind.function, each.choice
    if choice.kind == "environment":
        for leaf in variable_values(facts.template, each):
            if isinstance(leaf, Known):
                yield Allowed(each, leaf.text, leaf.node, variable(each), sent=True, leaf=leaf)
        if choice.default is not None and choice.texts[0] not in function.environment:
            yield from _texts(facts, each, (choice.default,))
    elif choice.kind in ("any", "literal", "list"):
        yield from _texts(facts, each, choice.texts)


def _texts(facts: Facts, each: Chosen, texts: tuple[str, ...]) -> Iterator[Allowed]:
    for text in texts:
        written = _written(facts, each, text)
        node = facts.places.node(each.behind.function, each.choice.place if written is None else written)
        yield Allowed(each, text, node, "this code", sent=each.choice.kind != "list", written=written)


def _written(facts: Facts, each: Chosen, text: str) -> Place | None:
    """Where code writes an origin, when the file that is at fault has it once."""
    place = each.choice.place
    if "://" not in text:
        return None
    whole = facts.places.text(each.behind.function, place.path)
    found = list(re.finditer(f"(['\"`])({re.escape(text)})\\1", whole))
    if len(found) != 1:
        return None
    start, end = found[0].span(2)
    return place._replace(start=start, end=end, line=whole.count("\n", 0, start) + 1)


def variable_values(template: Template, each: Chosen) -> tuple[Known | Absent | Unknown, ...]:
    """What the template gives the environment variable that code sends."""
    node = each.behind.function.environment.get(each.choice.texts[0]) if each.choice.kind == "environment" else None
    return () if node is None else leaves(template.value(node))


def variable(each: Chosen) -> str:
    """The environment variable that code sends, for messages."""
    return f"{each.choice.texts[0]} of {each.behind.function.logical_id}, which its code sends,"
