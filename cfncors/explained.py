"""Findings and faults: which blocked exchanges each finding explains, and what no finding explains.

A rule about exchanges promises one. Here its findings meet the matrix of verdicts: each takes the exchanges that it
explains, with the console line of one of them, and is dropped where none of those that it is about is blocked in any
deployment. A fault that is left is a finding itself, placed where the answer comes from.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import TYPE_CHECKING, Final, NamedTuple

from cfncors.browser.faults import Fault
from cfncors.checks.unexplained import BLOCKED, BLOCKED_FOR_SOME
from cfncors.findings import Answerer, Explained, Explains, Finding, Says
from cfncors.gateway.model import Distribution, RestApi, normal_path

if TYPE_CHECKING:
    from cfncors.facts import Facts
    from cfncors.gateway import Model
    from cfncors.report.simulation import Assumption
    from cfncors.source import Node
    from cfncors.verdicts import Asked, Exchange, Matrix

#: What makes an answer -> who gives it; every other kind is an error of the front door's own.
_ANSWERERS: Final[dict[str, Answerer]] = {
    "MOCK": "integration",
    "integration": "integration",
    "code": "code",
    "handler": "code",
    "CORS": "configuration",
    "CloudFront": "edge",
    "S3": "bucket",
}
_ASSUMED: Final[dict[Assumption, str]] = {
    "json": "of pages that send JSON",
    "method": "of pages that use {}",
    "credentials": "of pages that send credentials, which the code allows",
}
_MOST_ROUTES: Final = 3


def answerer(exchange: Exchange) -> Answerer:
    """Who gives the answer of an exchange."""
    return _ANSWERERS.get(exchange.reply.kind, "door")


def explain(facts: Facts, findings: Iterable[Finding]) -> list[Finding]:
    """Findings with the blocked exchanges that each explains, without those that promise one where there is none, and
    with one for each cause that none of them explains."""
    matrix = facts.matrix
    if matrix is None:
        return list(map(_unquoted, findings))
    faults = Faults(facts.model, matrix, facts.blocked)
    kept = [each for finding in findings if (each := faults.explained_by(finding)) is not None]
    return [*kept, *faults.unexplained()]


def _unquoted(finding: Finding) -> Finding:
    """A finding about what was not judged quotes no browser."""
    return finding if finding.says is None or finding.says.who == "deployment" else finding._replace(says=None)


class Faults:
    """The blocked exchanges of a matrix, or those that are given, as findings take them."""

    def __init__(self, model: Model, matrix: Matrix, blocked: Iterable[Exchange] | None = None) -> None:
        self.model = model
        self.matrix = matrix
        self.by_door: dict[str, list[Exchange]] = {}
        for exchange in filter(lambda each: each.blocked, matrix.exchanges()) if blocked is None else blocked:
            self.by_door.setdefault(exchange.asked.door, []).append(exchange)
        self.taken: set[int] = set()
        self._doors = _doors_of(model)

    def explained_by(self, finding: Finding) -> Finding | None:
        """The finding with its exchanges; ``None`` when it promises one and there is none."""
        rule = finding.rule
        if not finding.explained:
            return _unquoted(finding)
        found = self.of(finding)
        self.taken.update(map(id, (exchange.reply for exchange in found)))
        deployment = finding.says is not None and finding.says.who == "deployment"
        if found:
            says = finding.says if deployment else _said(found)
            exchanges = tuple(dict.fromkeys(map(_as_explained, found)))
            return finding._replace(says=says, exchanges=exchanges, deployments=self._deployments(found))
        if deployment:
            return finding
        masked = self.masked(finding)
        if masked:  # it shows once another fault of the same answer is gone, and quotes nothing until then
            return _unquoted(finding)._replace(exchanges=tuple(dict.fromkeys(map(_as_explained, masked))))
        promised = rule.about == "exchange" and finding.says is not None
        if promised and self._is_judged(finding):
            return None
        return _unquoted(finding)

    def of(self, finding: Finding) -> list[Exchange]:
        """The blocked exchanges that a finding explains."""
        return [
            exchange
            for name in self.doors(finding)
            for exchange in self.by_door.get(name, ())
            if self._is_about(finding, name, exchange.asked.path) and _explains(finding, exchange)
        ]

    def masked(self, finding: Finding) -> list[Exchange]:
        """The blocked preflights that a finding would explain, were they not blocked for another reason first."""
        return [
            exchange
            for name in self.doors(finding)
            for exchange in self.by_door.get(name, ())
            if exchange.reply.also and self._is_about(finding, name, exchange.asked.path)
            if any(not each.faults.isdisjoint(exchange.reply.also) for each in finding.explained)
            if any(not each.cases or "preflight" in each.cases for each in finding.explained)
        ]

    def doors(self, finding: Finding) -> list[str]:
        """The front doors whose exchanges a finding is about: its own, those that take a policy or a function of it,
        and the distributions in front of these."""
        names = finding.resources[:1] + tuple(name for name in finding.resources[1:] if name in self.by_door)
        return list(dict.fromkeys(door for name in names for door in self._doors.get(name, ())))

    def _is_about(self, finding: Finding, door: str, path: str) -> bool:
        """Whether a finding is about a path; those of a distribution have other names."""
        return not finding.paths or path in finding.paths or door not in finding.resources

    def _is_judged(self, finding: Finding) -> bool:
        """Whether all exchanges that a finding could explain have been judged, and none is open to doubt."""
        doors = self.doors(finding)
        judged = [each for each in self.matrix.asked if each.door in doors]
        if not judged:
            return False
        asked = [each for each in judged if self._is_about(finding, each.door, each.path)]
        cases = frozenset(case for each in finding.explained for case in each.cases)
        return not any(
            reply.verdict == "depends"
            for each in asked
            for case in each.cases
            if not cases or case.case in cases
            for reply in case.replies
        )

    def _deployments(self, found: list[Exchange]) -> tuple[str, ...]:
        """The deployments that exchanges are blocked in, where they are not in all."""
        from cfncors.verdicts.simulation import telling

        blocked: dict[tuple[str, str, str], list[Asked]] = {}
        for each in found:
            blocked.setdefault(each.asked.route, []).append(each.asked)
        names: dict[str, None] = {}
        for route, here in blocked.items():
            # Pages may be others in each deployment: what counts is whether one of it meets the fault.
            others = [a for a in self.matrix.asked if a.route == route and a.when not in [each.when for each in here]]
            if not others:
                return ()
            for asked in here:
                values = [f"{name}={asked.when[name]}" for name in telling(asked, others)]
                if not values:
                    return ()
                names.setdefault(" and ".join(values))
        return tuple(names)

    def unexplained(self) -> Iterator[Finding]:
        """A finding for each cause that no finding explains."""
        causes: dict[_Cause, list[Exchange]] = {}
        for exchanges in self.by_door.values():
            for exchange in exchanges:
                if id(exchange.reply) not in self.taken:
                    causes.setdefault(_cause(exchange), []).append(exchange)
        return map(self._finding, causes.values())

    def _finding(self, exchanges: list[Exchange]) -> Finding:
        first = exchanges[0]
        node = first.reply.node
        assert node is not None  # the judge gives one to every reply
        rule = BLOCKED_FOR_SOME if all(map(_is_weak, exchanges)) else BLOCKED
        found = tuple(dict.fromkeys(map(_as_explained, exchanges)))
        paths = tuple(dict.fromkeys(each.asked.path for each in exchanges))
        return Finding(
            rule,
            _message(exchanges),
            node,
            no_fix="`cfncors simulate` shows the exchange in full",
            says=_said(exchanges),
            resources=(first.asked.door,),
            paths=paths,
            exchanges=found,
            deployments=self._deployments(exchanges),
        )


class _Cause(NamedTuple):
    """What makes exchanges one fault: the same is wrong at one place."""

    door: str
    place: tuple[int, int]
    preflight: bool
    fault: str
    assumption: Assumption | None


def _cause(exchange: Exchange) -> _Cause:
    reply = exchange.reply
    place = _place(reply.node)
    fault = reply.fault.name if reply.fault is not None else ""
    preflight = exchange.case.case == "preflight"
    return _Cause(exchange.asked.door, place, preflight, fault, reply.assumption)


def _place(node: Node | None) -> tuple[int, int]:
    return (node.start, node.end) if node is not None else (0, 0)


def _is_weak(exchange: Exchange) -> bool:
    """Whether a fault rests on something about the page, or on what AWS does not document. What code answers follows
    from the code, and what a configuration makes from its lists."""
    reply = exchange.reply
    sure = answerer(exchange) in ("code", "configuration")
    return reply.assumption is not None or (reply.confidence == "inferred" and not sure)


def _explains(finding: Finding, exchange: Exchange) -> bool:
    return any(_fits(each, exchange) for each in finding.explained)


def _fits(explains: Explains, exchange: Exchange) -> bool:
    return (
        (not explains.cases or exchange.case.case in explains.cases)
        and (not explains.faults or exchange.reply.fault in explains.faults)
        and (not explains.answerers or answerer(exchange) in explains.answerers)
    )


def _said(exchanges: Sequence[Exchange]) -> Says | None:
    """What the browser prints for one of them."""
    texts = (each.reply.console for each in exchanges)
    text = next((text for text in texts if text is not None), None)
    return Says("browser", text) if text is not None else None


def _as_explained(exchange: Exchange) -> Explained:
    asked, reply = exchange.asked, exchange.reply
    return Explained(
        asked.door,
        asked.method,
        asked.path,
        exchange.case.case,
        reply.status,
        reply.kind,
        asked.page.origin,
        asked.page.credentials,
        tuple(f"{name}={value}" for name, value in asked.when.items()),
    )


def _doors_of(model: Model) -> dict[str, list[str]]:
    """The front doors that a resource has to do with, by logical id: itself, the policies that are written in it, its
    gateway responses, the distributions in front of it."""
    found: dict[str, dict[str, None]] = {}
    for door in model.doors:
        found.setdefault(door.logical_id, {})[door.logical_id] = None
        for policy in door.policies:
            for name in (policy.owner, policy.resource):
                found.setdefault(name, {})[door.logical_id] = None
        for response in door.all_gateway_responses if isinstance(door, RestApi) else ():
            found.setdefault(response.resource, {})[door.logical_id] = None
    for door in model.doors:
        if isinstance(door, Distribution):
            for behavior in door.behaviors:
                for doors in found.values():
                    if behavior.origin in doors:
                        doors[door.logical_id] = None
    return {name: list(doors) for name, doors in found.items()}


# -- words -------------------------------------------------------------------------------------------------------------


def _message(exchanges: list[Exchange]) -> str:
    """What is blocked, for whom and why."""
    first = exchanges[0]
    reason = first.reply.reason
    reason = f"{reason[:1].lower()}{reason[1:]}" if reason.startswith("The ") else reason
    reason = reason.removesuffix(".")
    routes = _routes(exchanges)
    is_said = first.reply.fault is Fault.STATUS_NOT_OK or first.reply.status is None
    where = "" if is_said else f" (status {_statuses(exchanges)})"
    assumed = _ASSUMED.get(first.reply.assumption, "").format(first.asked.method) if first.reply.assumption else ""
    who = f" {assumed}" if assumed else ""
    if first.case.case == "preflight":
        return f"calls{who} to {routes} of {first.asked.door} are blocked: {reason}{where}"
    return f"pages cannot read answers of {routes} of {first.asked.door}: {reason}{where}"


def _routes(exchanges: list[Exchange]) -> str:
    names = list(dict.fromkeys(f"{each.asked.verb} {normal_path(each.asked.path)}" for each in exchanges))
    if len(names) > _MOST_ROUTES:
        return f"{', '.join(names[: _MOST_ROUTES - 1])} and {len(names) - _MOST_ROUTES + 1} other routes"
    return " and ".join([", ".join(names[:-1]), names[-1]]) if len(names) > 1 else names[0]


def _statuses(exchanges: list[Exchange]) -> str:
    """The statuses, and what gives them."""
    found = dict.fromkeys((each.reply.status, each.reply.kind) for each in exchanges)
    shown = [f"{status} {kind}" if kind.isupper() else f"{status}" for status, kind in found if status is not None]
    return ", ".join(dict.fromkeys(shown[:4])) + (", …" if len(shown) > 4 else "")


__all__ = ["Faults", "answerer", "explain"]
