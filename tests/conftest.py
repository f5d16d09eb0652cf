"""Notes: what a test counted, shown at the end of a run because a bare pass would hide it; the order of the tests; and
how random ones choose."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest
from hypothesis import settings

# `make test` tries the same examples every time: what it says of a change does not hang on luck, and it needs no
# database of failures. `make explore` looks further, with fresh seeds. A busy machine is no failure: no deadlines.
settings.register_profile("test", derandomize=True, deadline=None, print_blob=True, database=None)
settings.register_profile("explore", deadline=None, print_blob=True, database=None)
settings.load_profile("test")

Note = Callable[[str], None]


@pytest.fixture
def note(record_property: Callable[[str, object], None]) -> Note:
    """Say something in the summary of the run: how much was compared, how much could not be."""
    return lambda text: record_property("note", text)


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    notes = sorted(set(_notes(terminalreporter)))
    if notes:
        terminalreporter.section("notes")
        for line in notes:
            terminalreporter.write_line(line)


def _notes(reporter: pytest.TerminalReporter) -> Iterator[str]:
    for outcome in ("passed", "failed"):
        for report in reporter.getreports(outcome):
            name = report.nodeid.removeprefix("tests/")
            yield from (f"{name}: {text}" for key, text in report.user_properties if key == "note")
