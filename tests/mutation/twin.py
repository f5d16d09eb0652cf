"""A right template, and what is said about a text at which place."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache, cached_property
from pathlib import Path
from typing import NamedTuple

from cfncors.checks.unexplained import BLOCKED, BLOCKED_FOR_SOME
from cfncors.config import Settings
from cfncors.fix import fix_text
from cfncors.gateway import Model, build
from cfncors.gateway.model import RestApi
from cfncors.lint import check_text
from cfncors.report import FileReport, Placed
from cfncors.source import Document, Mapping, Node, parse
from cfncors.template import load
from cfncors.template.synthesised import maker
from tests.shared import ROOT, corpus

#: Rules about what no other rule explains.
CATCH_ALL = frozenset((BLOCKED.id, BLOCKED_FOR_SOME.id))
RIGHT = ROOT / "fixtures" / "right"


class Spot(NamedTuple):
    """A finding without its words: the rule, the path of its place, and whether the place is a key."""

    rule: str
    path: tuple[str | int, ...]
    is_key: bool


@dataclass(frozen=True, eq=False)
class Twin:
    """A template before a fault is put into it."""

    name: str
    text: str
    is_fixture: bool

    @cached_property
    def document(self) -> Document:
        return parse(self.text, self.name)

    @cached_property
    def model(self) -> Model:
        template = load(self.document)
        assert template is not None
        return build(template)

    @property
    def apis(self) -> Iterator[RestApi]:
        """APIs that can be seen as a whole and that are for other origins."""
        return (api for api in self.model.rest_apis if api.complete and self.model.called(api) is not None)

    @cached_property
    def spots(self) -> Counter[Spot]:
        return spots(check_text(self.text, self.name, Settings()))

    def spot(self, rule: str, node: Node) -> Spot:
        """A finding of ``rule`` at a node of this file."""
        return Spot(rule, tuple(self.document.path(node)), is_key(self.document, node))


def is_key(document: Document, node: Node) -> bool:
    """Whether a node is written as the key of an entry."""
    parent = document.parents.get(id(node))
    if parent is None or not isinstance(parent.container, Mapping):
        return False
    return parent.container.entries[parent.number].key is node


def spots(report: FileReport) -> Counter[Spot]:
    """All findings but advice, which may come and go with the routes it speaks of."""
    assert report.document is not None, report.error
    assert not report.failed, (report.error, report.internal)
    return Counter(_spot(report.document, placed) for placed in report.placed if placed.finding.rule.severity != "info")


def _spot(document: Document, placed: Placed) -> Spot:
    return Spot(placed.finding.rule.id, placed.path, is_key(document, placed.finding.node))


@cache
def right() -> tuple[Twin, ...]:
    """Our own right templates."""
    return tuple(Twin(path.name, path.read_text(encoding="utf-8"), True) for path in sorted(RIGHT.iterdir()))


@cache
def written_by_hand() -> tuple[Path, ...]:
    """The real templates that are CloudFormation from the first line and that no program wrote: what a tool writes is
    not edited, and in a serverless.yml resources stand elsewhere."""
    found = []
    for path in corpus():
        template = load(parse(path.read_bytes().decode(), path.name))
        if template is not None and template.service is None and maker(template) is None:
            found.append(path)
    return tuple(found)


@cache
def mended() -> tuple[Twin, ...]:
    """The real templates, each after all its fixes: few are right as they are, so few would admit a fault."""
    made = (_mended(path.name, path.read_bytes().decode()) for path in written_by_hand())
    return tuple(twin for twin in made if twin is not None)


def _mended(name: str, text: str) -> Twin | None:
    """Mended with an origin, which opens what was closed. Where that leaves what no rule explains, as when the template
    names other origins, it is mended without one: the rule of another fault may explain the same exchanges."""
    for settings in (Settings(origin="https://app.example.com"), Settings()):
        result = fix_text(text, name, settings, unsafe=True)
        rules = {placed.finding.rule.id for placed in result.report.placed}
        if not result.report.failed and not result.report.skipped and rules.isdisjoint(CATCH_ALL):
            return Twin(name, result.after, False)
    return None


@cache
def as_they_are() -> tuple[Twin, ...]:
    """The real templates as their authors wrote them."""
    twins = (Twin(path.name, path.read_bytes().decode(), False) for path in written_by_hand())
    reports = ((twin, check_text(twin.text, twin.name, Settings())) for twin in twins)
    return tuple(twin for twin, report in reports if not report.failed and not report.skipped)
