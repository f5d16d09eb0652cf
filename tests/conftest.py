"""Notes: what a test counted, shown at the end of a run because a bare pass would hide it."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest

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
