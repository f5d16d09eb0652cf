"""The model and Chromium, side by side: the same exchanges, the same outcomes, the same lines in the console."""

from __future__ import annotations

from collections import Counter

import pytest

from cfncors.browser import Request, Response, Step, evaluate
from cfncors.browser.profiles import PROFILES
from tests.browser import agreement
from tests.browser.drive import Run, run, version
from tests.browser.exchanges import Exchange, generate
from tests.browser.installed import need
from tests.browser.model import predict
from tests.browser.test_vectors import shortfall
from tests.browser.vectors import VECTORS
from tests.conftest import Note

pytestmark = [pytest.mark.slow, pytest.mark.xdist_group("chromium")]

SEED = 1
EXCHANGES = (*generate(SEED, 1000), *(vector.exchange for vector in VECTORS))
CHROMIUM = PROFILES["chromium"]

#: Calls of fetch() that throw; their errors are not caught, so that the console shows them.
THROWING = (
    Request("TRACE", "{api}/x", "{page}", [], "omit"),
    Request("connect", "{api}/x", "{page}", [], "omit"),
    Request("A B", "{api}/x", "{page}", [], "omit"),
    Request("", "{api}/x", "{page}", [], "omit"),
    Request("get", "{api}/x", "{page}", [], "omit", "body"),
    Request("HEAD", "{api}/x", "{page}", [], "omit", ""),
    Request("GET", "http://user:password@localhost/", "{page}", [], "omit"),
    Request("GET", "{api}/x", "{page}", [("a b", "c")], "omit"),
    Request("GET", "{api}/x", "{page}", [("", "c")], "omit"),
    Request("GET", "{api}/x", "{page}", [("a", "b\nc")], "omit"),
    Request("GET", "{api}/x", "{page}", [("a", "Ā")], "omit"),
)


@pytest.fixture(scope="module")
def seen() -> Run:
    """What Chromium did: one run for the whole module."""
    need("chromium")
    return run("chromium", EXCHANGES, [(request.url, _init(request)) for request in THROWING])


def _init(request: Request) -> dict[str, object]:
    """The second argument of fetch()."""
    init: dict[str, object] = {"method": request.method, "headers": request.headers}
    return init if request.body is None else {**init, "body": request.body}


def test_chromium_does_what_the_profile_says(seen: Run, note: Note) -> None:
    wrong = list(agreement.disagreements(EXCHANGES, seen, CHROMIUM))
    allowed = sum(outcome.readable[0] is not None for outcome in seen.outcomes.values())
    note(f"{version('chromium')}: {len(EXCHANGES) - len(wrong)} of {len(EXCHANGES)} exchanges as predicted")
    assert not wrong, "\n".join([f"{len(wrong)} exchanges differ, the first:", *wrong[:3]])
    assert len(EXCHANGES) / 4 < allowed < len(EXCHANGES) * 3 / 4, "both outcomes have to occur"


def test_every_difference_from_the_standard_has_its_name(seen: Run, note: Note) -> None:
    """Each line of the table is needed, and together they account for all that is unlike the standard."""
    assert agreement.unexplained(EXCHANGES, seen, CHROMIUM) == []
    uses = agreement.uses(EXCHANGES, seen, CHROMIUM)
    note("unlike the standard: " + ", ".join(f"{name} {count}" for name, count in uses.items()))
    assert [name for name, count in uses.items() if not count] == [], "seen nowhere"


@pytest.mark.parametrize("part", sorted({vector.wpt for vector in VECTORS}))
def test_chromium_on_the_cases_after_the_web_platform_tests(part: str, seen: Run) -> None:
    for vector in VECTORS:
        if vector.wpt == part:
            found = shortfall(vector, seen.outcomes[vector.exchange.number])
            assert (found is None) == (vector.differs is None), f"{vector.about}: {found}"


def test_the_console_prints_what_the_verdicts_say(seen: Run, note: Note) -> None:
    steps: Counter[Step] = Counter()
    for exchange in EXCHANGES:
        prediction = predict(exchange, seen.origins, CHROMIUM)
        assert (wrong := agreement.console_disagreement(exchange, seen, prediction)) is None, wrong
        steps.update(verdict.step for verdict in prediction.verdicts if verdict.console)
    note("lines of the console: " + ", ".join(f"{step} {count}" for step, count in sorted(steps.items(), key=str)))
    silent = {Step.SAME_ORIGIN, Step.PREFLIGHT_AUTHORIZATION}  # allowed; and a step that Chromium does not take
    assert steps.keys() == set(Step) - silent


def test_the_console_prints_errors_that_a_page_does_not_catch(seen: Run) -> None:
    printed = [line for line in seen.console if line.startswith("Uncaught")]
    said = [evaluate(_at(request, seen), _unreachable, "chromium").console for request in THROWING]
    assert printed == said


def _at(request: Request, seen: Run) -> Request:
    return request._replace(url=request.url.replace("{api}", seen.origins.api), origin=seen.origins.page)


def _unreachable(request: Request) -> Response:
    raise AssertionError(f"{request} was sent")


def test_the_same_seed_makes_the_same_exchanges() -> None:
    exchanges: list[Exchange] = list(generate(SEED, 50))
    assert exchanges == list(generate(SEED, 50))
    assert exchanges != list(generate(SEED + 1, 50))


def test_without_a_browser_tests_skip_but_fail_in_ci(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", "")
    monkeypatch.delenv("CI", raising=False)
    with pytest.raises(pytest.skip.Exception, match="chromium is not installed; `make test` as root installs it"):
        need("chromium")
    monkeypatch.setenv("CI", "true")
    with pytest.raises(pytest.fail.Exception, match="chromium is not installed"):
        need("chromium")
