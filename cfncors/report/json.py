"""``--format json``: the contract for programs. Keys may be added to it; none goes away within a version."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from typing import Any, Final

from cfncors.findings import Explained, Fix
from cfncors.report.file_report import FileReport, Placed

VERSION: Final = 1


def render(reports: Sequence[FileReport], files: int) -> str:
    """All findings and errors as one JSON object; ``files`` is how many templates were checked."""
    return json.dumps(
        {
            "version": VERSION,
            "findings": [_finding(report.name, placed) for report in reports for placed in report.placed],
            "files": files,
            "errors": [error for report in reports for error in _errors(report)],
        },
        indent=2,
        ensure_ascii=False,
    )


def _errors(report: FileReport) -> Iterator[dict[str, Any]]:
    if report.error is not None:
        error = report.error
        yield {"file": report.name, "line": error.line, "column": error.column, "message": error.reason}
    for message in report.internal:
        yield {"file": report.name, "line": 1, "column": 1, "message": f"internal error: {message}"}


def _finding(name: str, placed: Placed) -> dict[str, Any]:
    finding = placed.finding
    return {
        "file": placed.file or name,
        "rule": finding.rule.id,
        "name": finding.rule.name,
        "severity": finding.rule.severity,
        "message": finding.message,
        "path": list(placed.path),
        "start": placed.start._asdict(),
        "end": placed.end._asdict(),
        "fix": _fix(finding.fix, placed),
        "no_fix": finding.no_fix,
        "says": None if finding.says is None else finding.says._asdict(),
        "url": finding.rule.url,
        "about": finding.rule.about,
        "exchanges": [_exchange(each) for each in finding.exchanges],
        "deployments": list(finding.deployments),
    }


def _exchange(exchange: Explained) -> dict[str, Any]:
    return {**exchange._asdict(), "deployment": list(exchange.deployment)}


def _fix(fix: Fix | None, placed: Placed) -> dict[str, Any] | None:
    if fix is None:
        return None
    edits = [{**edit._asdict(), **({"file": file} if file is not None else {})} for file, edit in placed.edits]
    return {"title": fix.title, "safety": fix.safety, "edits": edits}
