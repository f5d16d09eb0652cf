"""What ``fix`` says about its work."""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Sequence
from typing import Final

from cfncors.report.file_report import FileReport, Placed
from cfncors.report.fix_result import FixResult
from cfncors.report.terminal import Style, printable, printable_name, wrapped
from cfncors.report.text import counted

#: How many exchanges are listed for a file before the rest is only counted.
MOST_CHANGES: Final = 10
#: The rule about REST APIs whose only CORS is ``'*'`` on their gateway responses.
_ONLY_ERRORS: Final = "W9429"


def done(result: FixResult, dry: bool, style: Style) -> str:
    """One line on what was, or would be, fixed in a file; nothing when that is nothing."""
    if not result.applied:
        return ""
    times = Counter(applied.rule.id for applied in result.applied)
    rules = ", ".join(rule_id if number == 1 else f"{rule_id} ×{number}" for rule_id, number in sorted(times.items()))
    verb = style.cyan("would fix") if dry else style.green("fixed")
    fixes = counted(len(result.applied), "fix", "fixes")
    files = ", ".join(printable_name(each.name) for each in result.files)
    return f"{verb} {files or printable_name(result.name)}: {fixes} ({rules})\n{_changes(result, style)}"


def _changes(result: FixResult, style: Style) -> str:
    """What the fixes change for pages: nobody widens access unseen."""
    shown = result.changes if len(result.changes) <= MOST_CHANGES else result.changes[: MOST_CHANGES - 1]
    lines = [wrapped(line, style.width, "  ", "      ") for line in shown]
    if len(shown) < len(result.changes):
        lines.append(f"  and {len(result.changes) - len(shown)} exchanges more; cfncors simulate shows all")
    return "".join(f"{line}\n" for line in lines)


def left(result: FixResult) -> FileReport:
    """The findings after the fix; where one was refused, with the reason in its place."""
    reasons = {each.placed: each.reason for each in result.held if each.refused}
    return result.report._replace(placed=tuple(_refused(each, reasons.get(each)) for each in result.report.placed))


def _refused(placed: Placed, reason: str | None) -> Placed:
    if reason is None:
        return placed
    return placed._replace(finding=placed.finding._replace(fix=None, no_fix=f"held back: {reason}"))


def held(result: FixResult, style: Style) -> str:
    """The refused fixes of a file, with reasons, for a run that does not print what is left."""
    return "".join(
        wrapped(
            f"held back in {printable_name(each.placed.file or result.name)}: {_name(each.placed)} ({each.reason})",
            style.width,
            "",
            "  ",
        )
        + "\n"
        for each in result.held
        if each.refused
    )


def _name(placed: Placed) -> str:
    return f"{placed.finding.rule.id} {placed.finding.message}"


def summary(results: Sequence[FixResult], dry: bool, files: int) -> str:
    """One sentence: how much was fixed and how much is left."""
    fixed = sum(len(result.applied) for result in results)
    changed = len({os.path.realpath(each.name) for result in results if result.applied for each in result.files})
    findings = sum(len(result.report.placed) for result in results)
    unsafe = sum(1 for result in results for each in result.held if not each.refused)
    if fixed:
        verb = "Would fix" if dry else "Fixed"
        line = f"{verb} {counted(fixed, 'finding')} in {counted(changed, 'file')} ({counted(files, 'file')} checked)"
    else:
        line = f"Nothing {'would be ' if dry else ''}fixed ({counted(files, 'file')} checked)"
    if findings:
        line += f"; {counted(findings, 'finding')} left"
    if unsafe:
        line += f", {counted(unsafe, 'unsafe fix', 'unsafe fixes')} available with --unsafe-fixes"
    return line + "."


def still_blocked(results: Sequence[FixResult]) -> str:
    """The line for REST APIs of which pages can read no more than errors, however much was fixed; else nothing."""
    left = dict.fromkeys(
        (printable_name(result.name), printable(placed.finding.resources[0]))
        for result in results
        for placed in result.report.placed
        if placed.finding.rule.id == _ONLY_ERRORS
    )
    if not left:
        return ""
    commands = ", ".join(
        f"cfncors\u00a0enable\u00a0{name}\u00a0{api}\u00a0--origin\u00a0https://…" for name, api in left
    )
    apis = " and ".join(dict.fromkeys(api for _, api in left))
    return f"Calls from pages to {apis} stay blocked; to open them: {commands}"
