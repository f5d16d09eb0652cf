"""What a fix changes for pages, exchange by exchange, in words."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from cfncors.findings import Explained
from cfncors.gateway.refusals import STATUSES
from cfncors.report.simulation import Case, Outcome, Reply, Route, Simulation, Visit

_WORDS: dict[Outcome, str] = {
    "allowed": "readable",
    "blocked": "blocked",
    "depends": "depends on what answers",
    "not-needed": "not needed",
}
_PREFLIGHT_WORDS: dict[Outcome, str] = {**_WORDS, "allowed": "passes"}


class Exchange(NamedTuple):
    """What identifies one exchange in two simulations."""

    origin: str
    credentials: bool
    api: str
    route: str
    case: str
    #: see :func:`identity`
    kind: str


def changes(before: Simulation, after: Simulation) -> list[str]:
    """The exchanges whose verdict differs, as ``401 on GET /notes: blocked → readable by https://app.example.com``.

    Each answer is judged by itself, whether or not its preflight passes. Exchanges that only one of the simulations
    has are named too; simulate both for the same origins. The order is that of ``after``.
    """
    old, new = dict(_exchanges(before)), dict(_exchanges(after))
    lines: list[str] = []
    apis: dict[str, set[str]] = {}
    for exchange in (*old, *new):
        apis.setdefault(exchange.route, set()).add(exchange.api)
    for exchange in [*new, *(e for e in old if e not in new)]:
        one, other = old.get(exchange), new.get(exchange)
        if one is None or other is None or one.verdict != other.verdict:
            shared = len(apis[exchange.route]) > 1  # a distribution has the routes of what is behind it
            lines.append(
                _line(exchange, f"{exchange.route} of {exchange.api}" if shared else exchange.route, one, other)
            )
    return list(dict.fromkeys(lines))


def _exchanges(simulation: Simulation) -> Iterator[tuple[Exchange, Reply]]:
    for visit in simulation.visits:
        for route in visit.routes:
            for case in route.cases:
                yield from _replies(visit, route, case)


def _replies(visit: Visit, route: Route, case: Case) -> Iterator[tuple[Exchange, Reply]]:
    for number, reply in enumerate(case.replies):
        alone = case.case == "preflight" or len(case.replies) == 1
        kind = str(number) if alone else identity(reply)
        yield Exchange(visit.origin, visit.credentials, route.api, route.name, case.case, kind), reply


def identity(reply: Reply | Explained) -> str:
    """What tells a reply from the others of its case: the type of gateway response, whatever its status is; of other
    answers the status, too."""
    return reply.kind if reply.kind in STATUSES else f"{reply.kind} {reply.status}"


def _line(exchange: Exchange, route: str, before: Reply | None, after: Reply | None) -> str:
    words = _PREFLIGHT_WORDS if exchange.case == "preflight" else _WORDS
    reply = after or before
    assert reply is not None
    status = f"{reply.status} " if reply.status is not None else ""
    what = {"preflight": "preflight of", "success": f"{status}answer to"}.get(exchange.case, f"{status}on")
    old = words[before.verdict] if before is not None else "not there"
    new = words[after.verdict] if after is not None else "not there"
    is_read = after is not None and after.verdict == "allowed" and exchange.case != "preflight"
    who = f" {'by' if is_read else 'for'} {exchange.origin}"
    return f"{what} {route}: {old} → {new}{who}{' with credentials' if exchange.credentials else ''}"
