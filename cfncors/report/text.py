"""The report for people: place, rule, message, the source line with the place underlined, and what to do."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from typing import Final

from cfncors.findings import Finding, Severity
from cfncors.report.file_report import FileReport, Placed
from cfncors.report.terminal import Style, columns, printable, printable_name, wrapped

#: Commands stand on one line, so that they can be copied.
COMMAND: Final = "cfncors\u00a0fix"
COMMAND_UNSAFE: Final = "cfncors\u00a0fix\u00a0--unsafe-fixes"

_NOUNS: Final[dict[Severity, str]] = {"error": "error", "warning": "warning", "info": "note"}
#: How much of a long line is shown before the place, so that one sees where it belongs.
_LEAD: Final = 20


def render(reports: Sequence[FileReport], style: Style) -> str:
    """All problems and findings, an empty line after each finding."""
    return "".join(_file(report, style) for report in reports)


def concise(reports: Sequence[FileReport], style: Style) -> str:
    """One line per problem or finding."""
    lines: list[str] = []
    for report in reports:
        lines += _problems(report, style)
        for placed in report.placed:
            message = _one_line(placed.finding.told)
            lines.append(f"{_place(report.name, placed)} {_id(placed.finding, style)} {message}\n")
    return "".join(lines)


def summary(reports: Sequence[FileReport], files: int) -> str:
    """One sentence: how much was found, and how much of it can be fixed."""
    findings = [finding for report in reports for finding in report.findings]
    unread = sum(1 for report in reports if report.error is not None)
    checked = f"{counted(files, 'file')} checked" + (f", {unread} not readable" if unread else "")
    if not findings:
        return f"No findings ({checked})."
    severities = Counter(finding.rule.severity for finding in findings)
    amounts = ", ".join(counted(severities[level], noun) for level, noun in _NOUNS.items() if severities[level])
    with_findings = sum(1 for report in reports if report.placed)
    line = f"Found {amounts} in {counted(with_findings, 'file')} ({checked})"
    return f"{line}{_fixable(findings)}."


def counted(number: int, noun: str, plural: str | None = None) -> str:
    """``1 file``, ``2 files``."""
    return f"{number} {noun if number == 1 else plural or f'{noun}s'}"


def _fixable(findings: list[Finding]) -> str:
    safeties = Counter(finding.fix.safety for finding in findings if finding.fix is not None)
    safe, unsafe = safeties["safe"], safeties["unsafe"]
    if safe and unsafe:
        return f"; {safe} fixable with `{COMMAND}`, {unsafe} more with --unsafe-fixes"
    if safe:
        return f"; {safe} fixable with `{COMMAND}`"
    return f"; {unsafe} fixable with `{COMMAND_UNSAFE}`" if unsafe else ""


def _file(report: FileReport, style: Style) -> str:
    findings = "".join(_finding(report.name, placed, style) + "\n" for placed in report.placed)
    return "".join(_problems(report, style)) + findings


def _problems(report: FileReport, style: Style) -> Iterator[str]:
    name = printable_name(report.name)
    if report.error is not None:
        error = report.error
        yield f"{name}:{error.line}:{error.column}: {style.red('E9490')} {_one_line(error.reason)}\n"
    for message in report.internal:
        yield f"{name}: {style.red('internal error')} in {_one_line(message)}\n"


def _one_line(text: str) -> str:
    return " ".join(printable(text).split())


def _finding(name: str, placed: Placed, style: Style) -> str:
    finding = placed.finding
    lines = [
        f"{style.bold(_place(name, placed))} {_id(finding, style)} {finding.rule.name}",
        wrapped(finding.told, style.width, "  ", "  "),
        *_excerpt(placed, style),
    ]
    indent = " " * (len(str(placed.start.line)) + 1)
    for label, text in _notes(finding):
        note = wrapped(text, style.width, f"{indent}= {label}: ", f"{indent}    ")
        lines.append(note.replace(f"= {label}:", f"{style.dim('=')} {style.bold(label)}:", 1))
    return "\n".join(lines) + "\n"


def _notes(finding: Finding) -> Iterator[tuple[str, str]]:
    if finding.says is not None:
        yield finding.says.who, finding.says.text
    if finding.fix is not None:
        how = COMMAND if finding.fix.safety == "safe" else f"unsafe; {COMMAND_UNSAFE}"
        yield "fix", f"{finding.fix.title} ({how})"
    elif finding.no_fix is not None:
        yield "no fix", finding.no_fix


def _place(name: str, placed: Placed) -> str:
    return f"{printable_name(placed.file or name)}:{placed.start.line}:{placed.start.column}:"


def _id(finding: Finding, style: Style) -> str:
    return _paint(finding.rule.severity, style)(finding.rule.id)


def _paint(severity: Severity, style: Style) -> Callable[[str], str]:
    return {"error": style.red, "warning": style.yellow, "info": style.cyan}[severity]


def _excerpt(placed: Placed, style: Style) -> list[str]:
    """The source line in a frame, its first place underlined; of a place over several lines, the first line."""
    number = str(placed.start.line)
    first = placed.start.column - 1
    last = placed.end.column - 1 if placed.end.line == placed.start.line else len(placed.source.rstrip())
    shown, first, last = _window(printable(placed.source), first, last, style.width - len(number) - 3)
    lead = "".join(char if char == "\t" else " " * columns(char) for char in shown[:first])
    marks = "^" * max(1, sum(columns(char) for char in shown[first:last]))
    empty = " " * len(number)
    bar = style.dim("│")
    return [
        f"{empty} {bar}",
        f"{style.dim(number)} {bar} {shown}".rstrip(),
        f"{empty} {bar} {lead}{_paint(placed.finding.rule.severity, style)(marks)}",
    ]


def _window(line: str, first: int, last: int, width: int) -> tuple[str, int, int]:
    """The part of a long line (JSON without line breaks) around a place, and the place in that part."""
    if sum(map(columns, line[: width + 1])) <= width and len(line) <= width:
        return line, first, last
    start = 0 if last <= width - 1 else max(0, first - _LEAD)
    before = "…" if start else ""
    shown, used, end = before, len(before), start
    while end < len(line) and used + columns(line[end]) < width:
        used += columns(line[end])
        end += 1
    shown += line[start:end] + ("…" if end < len(line) else "")
    shift = len(before) - start
    return shown, first + shift, min(last, end) + shift
