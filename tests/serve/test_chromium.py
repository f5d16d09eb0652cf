"""``serve``'s page in real Chromium: for every front door of every fixture, it does what ``simulate`` says.

Each run of the browser is a page with a frame for each of some servers, all over loopback.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from typing import NamedTuple

import pytest

import cfncors.serve.matrix as matrix_
from cfncors.browser import ProfileName, Request, Response, Verdict, evaluate
from cfncors.errors import CfncorsError
from cfncors.gateway.model import normal_path
from cfncors.report.simulation import Case, Route
from cfncors.serve import Choice, Deployment
from cfncors.serve.deployment import Handler, Served, deploy
from cfncors.serve.site import Seen
from cfncors.verdicts import Options, simulate
from tests.browser.drive import started
from tests.browser.installed import need
from tests.conftest import Note
from tests.serve.local import Local, serving
from tests.shared import ROOT

pytestmark = [pytest.mark.slow, pytest.mark.timeout(900), pytest.mark.xdist_group("chromium")]

FIXTURES = ROOT / "fixtures"
WHOLE = (*sorted((FIXTURES / "right").iterdir()), FIXTURES / "demo" / "template.yaml")
#: Faults that browsers see, with and without their fix, and what is no fault; the twins in JSON deploy the same.
FAULTS = tuple(sorted((FIXTURES / "rules").glob("*.yaml")))
#: Frames of one browser: hundreds at once are more than a small machine can take.
BATCH = 40
SECONDS = 400


class Run(NamedTuple):
    """What Chromium did with the page of one server."""

    path: Path
    deployment: Deployment
    seen: tuple[Seen, ...]
    page: str


@pytest.fixture(scope="module")
def runs() -> list[Run]:
    """Every fixture with a front door, with a correct handler; the good ones with none, too."""
    need("chromium")
    chosen: list[tuple[Path, Handler]] = [(path, "correct") for path in (*WHOLE, *FAULTS)]
    chosen += [(path, "none") for path in WHOLE]
    alike: dict[str, list[Chosen]] = {}
    for path, handler in chosen:
        try:
            deployment = deploy(str(path), Choice(handler=handler))
        except CfncorsError:
            continue
        alike.setdefault(on_the_wire(deployment), []).append(Chosen(path, deployment))
    groups = list(alike.values())
    return [run for start in range(0, len(groups), BATCH) for run in batch(groups[start : start + BATCH])]


class Chosen(NamedTuple):
    """A template with a handler to serve."""

    path: Path
    deployment: Deployment


def on_the_wire(deployment: Deployment) -> str:
    """All that a browser can see of a server: what its page asks, and what comes back, header by header. Half of the
    fixtures are another one in that, for what they are about is not in the answers; Chromium is asked once for both."""
    answers: list[object] = []

    def recording(request: Request, server: Callable[[Request], Response], profile: ProfileName) -> Verdict:
        def recorded(asked: Request) -> Response:
            answer = server(asked)
            answers.append((asked, answer.status, list(answer.headers)))
            return answer

        return evaluate(request, recorded, profile)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(matrix_, "evaluate", recording)
        shown = matrix_.matrix(deployment, "http://127.0.0.1:3000", "chromium")
    asked = [
        (api["plays"], row["method"], row["path"], row["credentials"], row["headers"], row["body"], probe["outcome"])
        for api in shown["apis"]
        for row in api["rows"]
        for probe in row["probes"]
    ]
    return repr((deployment.choice.handler, asked, answers))


def batch(groups: list[list[Chosen]]) -> list[Run]:
    """What Chromium does with the pages of some templates at once, the first of each group."""
    with ExitStack() as stack:
        started_ = [
            stack.enter_context(serving(first.path, first.deployment.choice, wait=False)) for first, *_ in groups
        ]
        watch(started_)
        return [
            Run(path, deployment, local.site.seen, f"http://127.0.0.1:{local.server.port}")
            for group, local in zip(groups, started_, strict=True)
            for path, deployment in group
        ]


def watch(locals_: list[Local]) -> None:
    """Open the pages of all servers in Chromium, until each has told what it saw."""
    frames = "".join(f'<iframe src="http://127.0.0.1:{local.server.port}/"></iframe>' for local in locals_)

    class Frames(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(200)
            self.send_header("Content-Type", "text/html")
            self.end_headers()
            self.wfile.write(f"<!doctype html><title>Frames</title>{frames}".encode())

        def log_message(self, *args: object) -> None:
            """Nothing."""

    with HTTPServer(("127.0.0.1", 0), Frames) as host:
        threading.Thread(target=host.serve_forever, daemon=True).start()
        with started("chromium", f"http://127.0.0.1:{host.server_address[1]}/") as log:
            deadline = time.monotonic() + SECONDS
            late = [local for local in locals_ if not local.site.ran.wait(max(0.0, deadline - time.monotonic()))]
            printed = log.read_text(encoding="utf-8", errors="replace")[-2000:] if late else ""
        log.unlink()
        host.shutdown()
    assert not late, f"{len(late)} pages did not finish in {SECONDS} s: {late[0].lines[-3:]}; Chromium: {printed}"


def test_chromium_does_what_serve_predicts(runs: list[Run], note: Note) -> None:
    wrong = [(run.path.name, seen) for run in runs for seen in run.seen if not seen.agrees]
    count = sum(len(run.seen) for run in runs)
    blocked = sum(not seen.readable for run in runs for seen in run.seen)
    note(f"serve's page: {count - len(wrong)} of {count} exchanges as predicted, {blocked} of them blocked")
    assert not wrong
    assert count / 10 < blocked < count * 9 / 10, "both outcomes have to occur"


def test_chromium_does_what_simulate_says(runs: list[Run], note: Note) -> None:
    """By the front door of ``simulate``, for the page's origin and the served values of parameters."""
    cells = [(run.path.name, *cell) for run in runs for cell in compared(run)]
    wrong = [cell for cell in cells if cell[-1] is False]
    open_ones = sum(cell[-1] is None for cell in cells)
    note(
        f"simulate: {len(cells) - len(wrong) - open_ones} of {len(cells)} cells as in Chromium, {open_ones} not decided"
    )
    assert not wrong
    assert open_ones < len(cells) / 20


def compared(run: Run) -> Iterator[tuple[str, str, str, bool | None]]:
    """Each cell of ``simulate``, and whether Chromium agrees; ``None`` where another deployment is worse."""
    world = run.deployment.model.template.world
    assert world is not None
    for served in run.deployment.served:
        options = Options(
            origins=(served.origin or run.page,), parameters=tuple(world.parameters.items()), profile="chromium"
        )
        made = {(served.door.logical_id, m.verb, normal_path(m.path)) for m in served.door.methods}
        for visit in simulate(run.deployment.model, options).visits:
            # A condition that no parameter decides may give another deployment other routes.
            for route in (route for route in visit.routes if (route.api, route.method, route.path) in made):
                for case in route.cases:
                    readable = answers(run, served, route, case.case)
                    told = (
                        None if any("=" in each for each in case.when) else agrees(run, served, route, case, readable)
                    )
                    yield route.name, case.case, case.verdict, told


def answers(run: Run, served: Served, route: Route, case: str) -> list[bool]:
    """Whether the page could read the answers of a cell; ``ANY`` is asked with several methods."""
    own = {method.verb for method in served.door.methods if normal_path(method.path) == route.path}
    found = []
    for seen in run.seen:
        verb, _, path = seen.route.partition(" ")
        taken = verb == route.method or (route.method == "ANY" and verb not in own)
        if (seen.api, path, seen.case) == (route.api, route.path, case) and taken:
            found.append(seen.readable)
    assert found, f"{route.name} was not asked"
    return found


def agrees(run: Run, served: Served, route: Route, case: Case, readable: list[bool]) -> bool | None:
    if case.verdict != "depends":
        return all(readable) == (case.verdict != "blocked")
    if run.deployment.choice.handler == "none":
        return not all(readable)
    method = next(m for m in served.door.methods if (m.verb, normal_path(m.path)) == (route.method, route.path))
    own = served.pages.origins(method)
    return all(readable) if not own or served.origin in own else None
