"""``simulate --format text``: a table of routes and cases, and below it why."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from cfncors.report.simulation import Case, Outcome, Refused, Route, Simulation, Visit
from cfncors.report.simulation_words import (
    COLUMNS,
    DOUBT,
    LEGEND,
    MARKS,
    Note,
    assumed,
    closed,
    doubtful,
    groups,
    not_deployed,
    notes,
    summary,
    visitors,
    word,
)
from cfncors.report.terminal import Style, columns, printable, wrapped

#: Wide enough for "✗ not sent" and a doubt.
_CELL: Final = 12
_NARROW_CELL: Final = 10
_INDENT: Final = "  "


def render(simulation: Simulation, style: Style) -> str:
    """Everything: what is not deployed, a table for each origin, reasons, what was assumed, what is closed, what could
    not be simulated."""
    parts = [_refused(each, style) for each in simulation.refused]
    parts += [_visit(visit, style) for visit in simulation.shown]
    tail = [wrapped(line, style.width, "", _INDENT) for line in closed(simulation)]
    tail += [
        wrapped(f"{each.api} is not simulated: {each.reason}.", style.width, "", _INDENT)
        for each in simulation.incomplete
    ]
    tail.append(wrapped(summary(simulation), style.width, "", _INDENT))
    return "\n".join([*parts, *tail]) + "\n"


def _refused(refused: Refused, style: Style) -> str:
    title = wrapped(f"{MARKS['blocked']} {not_deployed(refused)}", style.width, "", _INDENT)
    text = wrapped(refused.text, style.width, f"{_INDENT}deployment: ", _INDENT * 2)
    return f"{_paint('blocked', title, style)}\n{text.replace('deployment:', style.bold('deployment:'), 1)}\n"


def _visit(visit: Visit, style: Style) -> str:
    heading = style.bold(wrapped(_capital(visitors(visit)), style.width, "", ""))
    lines = [heading, ""]
    doors = list(groups(visit))
    names = [*(route.name for route in visit.routes), *(label for label, _ in doors)]
    room = min(max(map(_width, names), default=0) + 1, style.width - _cell(style) * len(COLUMNS))
    for label, routes in doors:
        lines.append(_header(label, room, style))
        for route in routes:
            lines.extend(_row(route, room, style))
        lines.append("")
    lines.append(style.dim(wrapped(" · ".join(f"{mark}\u00a0{text}" for mark, text in LEGEND), style.width, "", "")))
    lines.append("")
    for note in notes(visit):
        lines.extend(_note(note, style))
    values = assumed(visit)
    if values:
        lines.append(wrapped(f"Assumed: {', '.join(values)}; --parameter says otherwise.", style.width, "", _INDENT))
        lines.append("")
    return "\n".join(lines)


def _capital(text: str) -> str:
    return text[:1].upper() + text[1:]


def _cell(style: Style) -> int:
    return _CELL if style.width >= 64 else _NARROW_CELL


def _width(text: str) -> int:
    return sum(map(columns, printable(text)))


def _padded(text: str, width: int) -> str:
    return text + " " * (width - _width(text))


def _header(label: str, room: int, style: Style) -> str:
    names = "".join(_padded(name, _cell(style)) for name in COLUMNS.values()).rstrip()
    if _width(label) >= room:
        return f"{style.bold(printable(label))}\n{' ' * max(room, 0)}{style.bold(names)}"
    return style.bold(f"{_padded(printable(label), room)}{names}")


def _row(route: Route, room: int, style: Style) -> Iterator[str]:
    name = printable(route.name)
    if _width(name) >= room:  # a long path has its own line: cut, it would be another path
        yield name
        name = ""
    cells = "".join(_painted(case, style) for case in route.cases)
    yield f"{_padded(name, room)}{cells}".rstrip()


def _painted(case: Case, style: Style) -> str:
    text = f"{MARKS[case.verdict]} {word(case)}{f' {DOUBT}' if doubtful(case) else ''}"
    return _paint(case.verdict, text, style) + " " * max(1, _cell(style) - _width(text))


def _paint(verdict: Outcome, text: str, style: Style) -> str:
    paint = {"allowed": style.green, "blocked": style.red, "depends": style.yellow, "not-needed": style.dim}
    return paint[verdict](text)


def _note(note: Note, style: Style) -> Iterator[str]:
    mark = MARKS[note.verdict] if note.kind != "doubt" else ""
    title = f"{mark} {note.title}".strip()
    yield _paint(note.verdict if mark else "not-needed", wrapped(title, style.width, "", _INDENT), style)
    yield wrapped(f"on {note.where}", style.width, _INDENT, _INDENT * 2)
    for line in note.lines:
        yield wrapped(line, style.width, _INDENT, _INDENT)
    if note.console is not None:
        text = wrapped(note.console, style.width, f"{_INDENT}browser: ", _INDENT * 2)
        yield text.replace("browser:", style.bold("browser:"), 1)
    yield ""
