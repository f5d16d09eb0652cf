"""The proof after a fix: every exchange is simulated before and after, and judged as a browser would.

A fix is good when no exchange gets worse, and when fewer exchanges fail in the way that its finding speaks of. What
changes is said in words, so that nobody widens access without seeing it.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from functools import cache
from typing import Final, NamedTuple

from cfncors.errors import CfncorsError
from cfncors.facts import Facts
from cfncors.findings import Finding
from cfncors.gateway import Model
from cfncors.gateway.model import Method, normal_path
from cfncors.report.simulation import CASES, ORDER, CaseName, Reply, Simulation
from cfncors.symptoms import recognised
from cfncors.verdicts import Asked, Page, changes, matrix_of, simulation
from cfncors.verdicts.changes import identity
from cfncors.verdicts.options import asked_by
from cfncors.verdicts.settings import Setting

#: Symptoms of one fault: a preflight that meets an error of API Gateway's fails its CORS check before its status.
_FAMILIES: Final = {"preflight-without-origin": "preflight", "preflight-not-ok": "preflight"}

Fault = tuple[str, str, str]  # logical id of the front door, path, family of symptoms


class Proof(NamedTuple):
    """What a change of a template does to its exchanges. ``objection`` says why it may not be made."""

    changes: tuple[str, ...] = ()
    objection: str | None = None


def prove(before: Facts, after: Facts, made: Sequence[Finding]) -> Proof:
    """Compare two states of a template; ``made`` are the findings that the change is meant to mend.

    Both are simulated for the pages that the later one names, with their credentials. A template that cannot be
    simulated has nothing to prove.
    """
    try:
        one, other = _simulations(before, after)
    except (CfncorsError, RecursionError):
        return Proof()
    said = tuple(changes(one, other))
    worse = next(_worse(one, other), None)
    if worse is not None:
        return Proof(said, f"a browser would no longer pass this: {worse}")
    broken = _broken([(one, other)], made, _written(before.model) | _written(after.model))
    return Proof(said, f"the exchanges that it is meant for would stay blocked: {broken.message}" if broken else None)


def _simulations(before: Facts, after: Facts) -> tuple[Simulation, Simulation]:
    """Both templates, each route called by the same pages: in each deployment those that it is for in the later one."""
    options = asked_by(after.model.settings)
    new = matrix_of(after.model_with_code, options)
    pages: dict[tuple[str, str, str], list[Asked]] = {}
    for each in new.asked:
        pages.setdefault(each.route, []).append(each)

    def askers(setting: Setting, method: Method) -> Iterable[Page]:
        asked = pages.get((setting.door.logical_id, method.verb, normal_path(method.path)), ())
        return dict.fromkeys(each.page for each in asked if _agree(each.when, setting.when))

    return simulation(matrix_of(before.model_with_code, options, askers=askers)), simulation(new)


def _agree(some: dict[str, str], others: dict[str, str]) -> bool:
    """Whether what is chosen in two deployments may be one: a template may name a value that the other does not."""
    return all(others.get(name, value) == value for name, value in some.items())


def _worse(before: Simulation, after: Simulation) -> Iterator[str]:
    """Cases that were open to the page and are blocked afterwards."""
    old = dict(_cases(before))
    for key, reply in _cases(after):
        was = old.get(key)
        if was is not None and reply.verdict == "blocked" and ORDER.index(was.verdict) < ORDER.index("depends"):
            yield f"{key.case} of {key.route} for {key.origin}"


class _Key(NamedTuple):
    origin: str
    api: str
    route: str
    case: CaseName
    kind: str


def _cases(simulation: Simulation) -> Iterator[tuple[_Key, Reply]]:
    for visit in simulation.visits:
        for route in visit.routes:
            for name in CASES:
                for reply in route.case(name).replies:
                    kind = "" if name == "preflight" else identity(reply)  # which has one answer, whatever gives it
                    yield _Key(visit.origin, route.api, route.name, name, kind), reply


def _written(model: Model) -> set[tuple[str, str]]:
    """Each front door with the resources that its CORS is written in: its own, a function, a policy of CloudFront."""
    owners = {(door.logical_id, name) for door in model.doors for p in door.policies for name in (p.owner, p.resource)}
    return owners | {(door.logical_id, door.logical_id) for door in model.doors}


def _broken(
    pairs: Iterable[tuple[Simulation, Simulation]], made: Sequence[Finding], written: set[tuple[str, str]]
) -> Finding | None:
    """A finding whose symptom as many exchanges show as before."""
    old: Counter[Fault] = Counter()
    new: Counter[Fault] = Counter()
    for one, other in pairs:
        old.update(_faults(one))
        new.update(_faults(other))
    for finding in made:
        if finding.says is None or finding.says.who != "browser" or not finding.resources:
            continue
        doors = {door for door, resource in written if resource == finding.resources[0]}
        was, is_ = (_count(faults, finding, doors, finding.says.text) for faults in (old, new))
        if was and is_ >= was:
            return finding
    return None


def _count(faults: Counter[Fault], finding: Finding, doors: set[str], says: str) -> int:
    """How many exchanges fail as a finding says, at the front doors that it speaks of and on its paths."""
    wanted = _family(says)
    return sum(
        number
        for (door, path, family), number in faults.items()
        if door in doors and family == wanted and (not finding.paths or path in finding.paths)
    )


def _faults(simulation: Simulation) -> Iterator[Fault]:
    for key, reply in _cases(simulation):
        if reply.verdict == "blocked" and reply.console is not None:
            yield key.api, normal_path(key.route.partition(" ")[2]), _family(reply.console)


def _family(message: str) -> str:
    """What kind of fault a console line tells of; the URL and origin in front of the reason do not matter."""
    return _family_of(message.rpartition("CORS policy: ")[2])


@cache
def _family_of(reason: str) -> str:
    match = next(recognised(reason), None)
    name = match.symptom.name if match is not None else ""
    return _FAMILIES.get(name, name)
