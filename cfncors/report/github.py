"""``--format github``: workflow commands that GitHub turns into annotations.

https://docs.github.com/en/actions/reference/workflows-and-actions/workflow-commands
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Final

from cfncors.findings import Severity
from cfncors.report.file_report import FileReport, Placed

_LEVELS: Final[dict[Severity, str]] = {"error": "error", "warning": "warning", "info": "notice"}


def render(reports: Sequence[FileReport]) -> str:
    """One command per finding or problem, each on its own line."""
    return "".join(f"{line}\n" for report in reports for line in _lines(report))


def _lines(report: FileReport) -> Iterator[str]:
    if report.error is not None:
        error = report.error
        title = "E9490 unreadable-template"
        yield _command(
            "error", {"file": report.name, "line": error.line, "col": error.column, "title": title}, error.reason
        )
    for message in report.internal:
        yield _command("error", {"file": report.name, "line": 1, "title": "internal error"}, message)
    for placed in report.placed:
        yield _finding(report.name, placed)


def _finding(name: str, placed: Placed) -> str:
    finding, start, end = placed.finding, placed.start, placed.end
    properties: dict[str, str | int] = {"file": placed.file or name, "line": start.line, "endLine": end.line}
    if start.line == end.line:
        # GitHub takes columns only for an annotation on one line.
        properties |= {"col": start.column, "endColumn": end.column}
    properties["title"] = f"{finding.rule.id} {finding.rule.name}"
    message = finding.told
    if finding.says is not None:
        message += f"\n{finding.says.who}: {finding.says.text}"
    return _command(_LEVELS[finding.rule.severity], properties, message)


def _command(level: str, properties: dict[str, str | int], message: str) -> str:
    written = ",".join(f"{key}={_escape_property(str(value))}" for key, value in properties.items())
    return f"::{level} {written}::{_escape(message)}"


def _escape(text: str) -> str:
    return text.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")


def _escape_property(text: str) -> str:
    return _escape(text).replace(":", "%3A").replace(",", "%2C")
