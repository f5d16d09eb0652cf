"""What is not deployed: front doors of which CloudFormation, SAM or the service behind them refuses a part.

A page gets no answer of theirs at all, whatever the template says of CORS. A refusal that depends on a parameter or a
condition holds in some deployments only; the others are simulated.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import NamedTuple

from cfncors.errors import CfncorsError
from cfncors.facts import Facts
from cfncors.findings import Finding
from cfncors.gateway import Model, build
from cfncors.gateway.model import Distribution, Door, RestApi
from cfncors.lint import refusals
from cfncors.report import place
from cfncors.report.simulation import Refused
from cfncors.verdicts import Options
from cfncors.verdicts.matrix import is_judged
from cfncors.verdicts.settings import Setting, settings


class _Place(NamedTuple):
    """What makes a refusal the same in each deployment."""

    rule: str
    start: int
    end: int


def refused(facts: Facts, name: str, options: Options) -> tuple[Refused, ...]:
    """The front doors of a template that deployment refuses, each with the first refusal in the file."""
    found = sorted(refusals(facts, name, facts.model.settings), key=lambda each: each.node.start)
    if not found:
        return ()
    parts = _parts(facts.model)
    by_door: dict[str, list[Finding]] = {}
    for finding in found:
        for door in dict.fromkeys(door for resource in finding.resources for door in parts.get(resource, ())):
            by_door.setdefault(door, []).append(finding)
    deployments = _Deployments(facts, name, options)
    doors = (door for door in facts.model.doors if door.logical_id in by_door and is_judged(facts.model, door))
    told = (deployments.of(door, by_door[door.logical_id]) for door in doors)
    return tuple(each for each in told if each is not None)


def _parts(model: Model) -> dict[str, dict[str, None]]:
    """The front doors that are not there without a resource, by its logical id: its own, those that it is a method, a
    gateway response or a policy of, and the distributions in front of these."""
    found: dict[str, dict[str, None]] = {}
    for door in model.doors:
        for resource in _made_of(door):
            found.setdefault(resource, {})[door.logical_id] = None
    for distribution in model.distributions:
        behind = {behavior.origin for behavior in distribution.behaviors}
        for doors in found.values():
            if not behind.isdisjoint(doors):
                doors[distribution.logical_id] = None
    return found


def _made_of(door: Door) -> Iterator[str]:
    yield door.logical_id
    for policy in door.policies:
        yield from (policy.owner, policy.resource)
    if not isinstance(door, Distribution):
        yield from (method.resource for method in door.methods)
    if isinstance(door, RestApi):
        yield from (response.resource for response in door.all_gateway_responses)


class _Deployments:
    """The deployments of a template, each checked once."""

    def __init__(self, facts: Facts, name: str, options: Options) -> None:
        self.facts = facts
        self.name = name
        self.options = options
        self._checked: dict[str, frozenset[_Place]] = {}

    def of(self, door: Door, found: Iterable[Finding]) -> Refused | None:
        """In which deployments a front door is refused; ``None`` when in none that is asked about."""
        by_place = {_place(finding): finding for finding in found}
        rules = {finding.rule.id for finding in by_place.values()}
        passing: list[Setting] = []
        failing: list[Setting] = []
        first: Finding | None = None
        for setting in settings(self.facts.model, door, self.options):
            here = self._refusals(setting.model, rules)
            finding = next((each for key, each in by_place.items() if key in here), None)
            first = first or finding
            (passing if finding is None else failing).append(setting)
        return _told(self.facts, door, first, failing, passing) if first is not None else None

    def _refusals(self, model: Model, rules: set[str]) -> frozenset[_Place]:
        """What is refused in one deployment."""
        key = f"{model.template.world} {sorted(rules)}"
        if key not in self._checked:
            there = build(model.template, model.settings)._replace(code=model.code, evidence=model.evidence)
            try:
                found = refusals(Facts(there), self.name, model.settings, rules)
            except CfncorsError:
                found = []
            self._checked[key] = frozenset(map(_place, found))
        return self._checked[key]


def _place(finding: Finding) -> _Place:
    return _Place(finding.rule.id, finding.node.start, finding.node.end)


def _told(facts: Facts, door: Door, finding: Finding, failing: list[Setting], passing: list[Setting]) -> Refused:
    placed = place(facts.template.document, finding)
    file = placed.file or facts.template.document.name
    text = finding.says.text if finding.says is not None else finding.message
    where = file, placed.start.line, placed.start.column
    if not passing:
        return Refused(door.logical_id, finding.rule.id, text, where)
    names = tuple(dict.fromkeys(_setting_apart(each, passing) for each in failing))
    return Refused(door.logical_id, finding.rule.id, text, where, names, tuple(each.when for each in failing))


def _setting_apart(found: Setting, others: list[Setting]) -> str:
    """The values that set a deployment apart from others."""
    when = found.when.items()
    apart = [f"{name}={value}" for name, value in when if all(other.when.get(name) != value for other in others)]
    return " and ".join(apart or [f"{name}={value}" for name, value in when])
