"""``simulate --format json``: the contract for programs. Keys may be added to it; none goes away within a version."""

from __future__ import annotations

import json
from typing import Any, Final

from cfncors.report.simulation import Case, Incomplete, Refused, Reply, Route, Simulation, Visit

VERSION: Final = 1


def render(simulation: Simulation) -> str:
    """One object with origin and routes; for pages of several origins, one such object each under ``simulations``."""
    visits = [_visit(visit) for visit in simulation.visits]
    about_doors = {
        "incomplete": [_incomplete(each) for each in simulation.incomplete],
        "closed": [{"api": each.api, "reason": each.reason, "routes": list(each.routes)} for each in simulation.closed],
        "not_deployed": [_refused(each) for each in simulation.refused],
    }
    if len(visits) == 1:
        content = {"version": VERSION, **visits[0], **about_doors}
    elif not visits:
        content = {"version": VERSION, "origin": None, "credentials": False, "routes": [], **about_doors}
    else:
        content = {"version": VERSION, "simulations": visits, **about_doors}
    return json.dumps(content, indent=2, ensure_ascii=False)


def _visit(visit: Visit) -> dict[str, Any]:
    return {"origin": visit.origin, "credentials": visit.credentials, "routes": [_route(r) for r in visit.routes]}


def _incomplete(incomplete: Incomplete) -> dict[str, Any]:
    return incomplete._asdict()


def _refused(refused: Refused) -> dict[str, Any]:
    file, line, column = refused.place
    return {
        "api": refused.api,
        "rule": refused.rule,
        "reason": refused.text,
        "file": file,
        "line": line,
        "column": column,
        "deployments": list(refused.deployments),
    }


def _route(route: Route) -> dict[str, Any]:
    return {
        "api": route.api,
        "front_door": route.front_door,
        "method": route.method,
        "path": route.path,
        "cases": [_case(case, route.deployed) for case in route.cases],
        "closed": route.closed,
        "deployed": route.deployed,
    }


def _case(case: Case, deployed: bool) -> dict[str, Any]:
    reply = case.reply
    return {
        "case": case.case,
        "status": reply.status,
        "verdict": case.verdict,
        "what": reply.what,
        "reason": case.reason,
        "console": case.console,
        "headers": reply.headers,
        "confidence": reply.confidence,
        "assumes": list(case.assumes),
        "when": list(case.when),
        "sent": case.sent,
        "deployed": deployed,
        "doubts": list(reply.doubts),
        "replies": [_reply(each) for each in case.replies],
    }


def _reply(reply: Reply) -> dict[str, Any]:
    return {
        "kind": reply.kind,
        "status": reply.status,
        "verdict": reply.verdict,
        "what": reply.what,
        "reason": reply.reason,
    }
