"""What the page shows and runs: every route × case, with the prediction for the origin that the page plays."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, NamedTuple

from cfncors.browser import ProfileName, Request, Response, evaluate
from cfncors.gateway.answer import SUCCESS
from cfncors.gateway.model import Method, normal_path
from cfncors.gateway.respond import client_errors, server_errors, successes
from cfncors.report.simulation import KINDS, Case, Outcome, Reply, never_sent
from cfncors.serve.answers import reply
from cfncors.serve.deployment import Deployment, Served
from cfncors.serve.outcomes import PREFLIGHT
from cfncors.verdicts import Options
from cfncors.verdicts.judge import cases
from cfncors.verdicts.matrix import requests, sends_credentials


class Probe(NamedTuple):
    """One request of the page. ``predicted`` is what ``simulate`` says; ``expected`` is whether the page may read the
    answer that is served, which says more where ``predicted`` depends on a handler."""

    case: str
    outcome: str
    label: str
    what: str
    predicted: Outcome
    expected: bool
    reason: str
    console: str | None
    confidence: str
    sent: bool


def matrix(deployment: Deployment, page: str, profile: ProfileName = "fetch") -> dict[str, Any]:
    """The page's data: what is served, and the rows of the table. ``page`` is the page's own origin, ``profile`` the
    browser that shows it."""
    return {
        "edition": deployment.edition,
        "template": deployment.model.template.document.name,
        "handler": deployment.choice.handler,
        "leftOut": [each._asdict() for each in deployment.left_out],
        "remarks": list(deployment.remarks),
        "assumed": list(deployment.assumed),
        "apis": [_api(deployment, served, page, index, profile) for index, served in enumerate(deployment.served)],
    }


def _api(deployment: Deployment, served: Served, page: str, index: int, profile: ProfileName) -> dict[str, Any]:
    origin = served.origin or page
    return {
        "id": served.door.logical_id,
        "kind": KINDS[served.door.front_door],
        "base": f"/{served.door.logical_id}" if index else "",
        "plays": served.origin,
        "rows": list(_rows(deployment, served, origin, Options(profile=profile))),
    }


def _rows(deployment: Deployment, served: Served, origin: str, options: Options) -> Iterator[dict[str, Any]]:
    for method in served.door.methods:
        if method.is_options:
            continue
        credentials = sends_credentials(served.pages, method, options)
        for request in requests(served.pages, method, (origin, credentials), options):
            yield {
                "method": request.method,
                "any": method.verb == "ANY",
                "path": normal_path(method.path),
                "credentials": credentials,
                "headers": dict(request.headers),
                "body": "{}" if any(name == "content-type" for name, _ in request.headers) else None,
                "probes": [probe._asdict() for probe in _probes(deployment, served, method, request, options)],
            }


def _probes(
    deployment: Deployment, served: Served, method: Method, request: Request, options: Options
) -> Iterator[Probe]:
    model, door = deployment.model, served.door
    found = cases(model, door, method, request, options)
    outcomes = (
        (PREFLIGHT,),
        successes(model, door, method),
        client_errors(model, door, method, request.method),
        server_errors(model, door, method, request.method),
    )
    for case, names in zip(found, outcomes, strict=True):
        for name, answer in zip(names, case.replies, strict=True):
            prefix = "" if name == SUCCESS else f"/~{name}"
            predicted, reason, console = _predicted(found[0], case, answer)
            expected = _readable(deployment, served, request, prefix, options.profile)
            told = (_label(case, answer), answer.what, predicted, expected, reason, console)
            yield Probe(case.case, prefix, *told, answer.confidence, case.sent)


def _predicted(preflight: Case, case: Case, answer: Reply) -> tuple[Outcome, str, str | None]:
    """The verdict on one answer of a case: what stops the preflight stops it too."""
    if case is not preflight and preflight.verdict == "blocked":
        return "blocked", never_sent(preflight), preflight.console
    if case is not preflight and preflight.verdict == "depends" and answer.verdict == "allowed":
        return "depends", f"the preflight decides: {preflight.reason}", None
    return answer.verdict, answer.reason, answer.console


def _label(case: Case, answer: Reply) -> str:
    if case.case == "preflight":
        return str(answer.status or "code") if answer.verdict != "not-needed" else ""
    return str(answer.status or "code")


def _readable(deployment: Deployment, served: Served, request: Request, prefix: str, profile: ProfileName) -> bool:
    """Whether the page may read what is served, in the browser of a profile."""
    host, _, path = request.url.partition("://")[2].partition("/")

    def server(asked: Request) -> Response:
        sent = reply(deployment, asked)
        return Response(sent.status, sent.headers)

    url = f"https://{host}{prefix}/{served.door.logical_id}/{path}"
    return evaluate(request._replace(url=url), server, profile).allowed
