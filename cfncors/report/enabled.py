"""What ``enable`` gave: the change, the proof, what is left; and the words for it."""

from __future__ import annotations

from collections import Counter
from typing import Final, NamedTuple

from cfncors.report.file_report import FileReport
from cfncors.report.simulation import CASES, CaseName, Outcome, Route
from cfncors.report.simulation_words import DOUBT
from cfncors.report.terminal import Style, printable, printable_name, wrapped
from cfncors.report.text import counted

_COLUMNS: Final[dict[CaseName, str]] = {
    "preflight": "preflights",
    "success": "answers",
    "client-error": "its own 4XX",
    "server-error": "its own 5XX",
}
_WORDS: Final[dict[Outcome, str]] = {
    "allowed": "readable",
    "blocked": "blocked",
    "depends": "left to code",
    "not-needed": "not needed",
}
_INDENT: Final = "  "


class Step(NamedTuple):
    """One change in words; ``replaces`` when something else was written there."""

    what: str
    replaces: bool


class Duty(NamedTuple):
    """What is left to code: the headers that the functions behind some routes have to return."""

    routes: tuple[str, ...]
    headers: tuple[tuple[str, str], ...]


class Enabled(NamedTuple):
    """The text before and after, what was changed, and what a browser makes of it for one page."""

    name: str
    before: str
    after: str
    logical_id: str
    #: whose pages may call, in words
    pages: str
    steps: tuple[Step, ...]
    #: the findings above info that are left on the front door
    left: FileReport
    #: its routes as the simulation judges them; none where it has none
    routes: tuple[Route, ...] = ()
    duties: tuple[Duty, ...] = ()
    #: the program that wrote the template, whose next run undoes the change
    maker: str | None = None

    @property
    def changed(self) -> bool:
        """Whether there is something to write."""
        return self.before != self.after

    @property
    def blocked(self) -> tuple[Route, ...]:
        """The routes where something that the template decides is blocked."""
        return tuple(route for route in self.routes if any(case.verdict == "blocked" for case in route.cases))

    @property
    def done(self) -> bool:
        """Whether nothing is left that the template decides."""
        return not self.left.placed and not self.left.failed and not self.blocked


def render(result: Enabled, dry: bool, style: Style) -> str:
    """What was added, how that was proved, and what is left to do."""
    lines = [_heading(result, dry, style)]
    for step in result.steps:
        mark = style.yellow("!") if step.replaces else style.green("+")
        lines.append(f"{_INDENT}{mark} {wrapped(step.what, style.width - 4, '', _INDENT * 2)}")
    lines += _proof(result, style)
    for duty in result.duties:
        lines += _duty(duty, style)
    if result.maker is not None:
        text = f"note: {result.maker} wrote this template, and its next run undoes the change: say the same there"
        lines.append(wrapped(text, style.width, "", _INDENT))
    return "".join(f"{line}\n" for line in lines)


def _heading(result: Enabled, dry: bool, style: Style) -> str:
    where = f"{printable(result.logical_id)} in {printable_name(result.name)}"
    if not result.changed:
        return wrapped(f"{where} says all of it already, for {result.pages}", style.width, "", _INDENT)
    verb = "would enable" if dry else "enabled"
    paint = style.cyan if dry else style.green
    text = wrapped(f"{verb} CORS on {where} for {result.pages}", style.width, "", _INDENT)
    return text.replace(verb, paint(verb), 1)


def _proof(result: Enabled, style: Style) -> list[str]:
    lines = []
    if result.routes:
        shown = "; ".join(f"{_COLUMNS[name]} {_verdicts(result, name)}" for name in CASES)
        shown += f" ({DOUBT} inferred)" if any(_is_inferred(result, name) for name in CASES) else ""
        lines.append(wrapped(f"simulated {counted(len(result.routes), 'route')}: {shown}", style.width, "", _INDENT))
    for route in result.blocked:
        case = next(case for case in route.cases if case.verdict == "blocked")
        text = f"{route.name}: {_COLUMNS[case.case]} blocked: {case.reason}"
        lines.append(wrapped(text, style.width, f"{_INDENT}✗ ", _INDENT * 2))
    if not result.left.placed:
        lines.append(f"checked: nothing is left on {printable(result.logical_id)}")
    return lines


def _verdicts(result: Enabled, name: CaseName) -> str:
    cases = [route.case(name) for route in result.routes]
    found = Counter(case.verdict for case in cases)
    words: dict[Outcome, str] = {**_WORDS, "allowed": "pass"} if name == "preflight" else _WORDS
    shown = ", ".join(f"{words[verdict]} ({number})" for verdict, number in found.most_common())
    return f"{shown} {DOUBT}" if _is_inferred(result, name) else shown


def _is_inferred(result: Enabled, name: CaseName) -> bool:
    cases = (route.case(name) for route in result.routes)
    return any(case.verdict == "allowed" and case.reply.confidence == "inferred" for case in cases)


def _duty(duty: Duty, style: Style) -> list[str]:
    routes = ", ".join(duty.routes)
    text = f"left to the code behind {routes}: return, on errors too,"
    return [wrapped(text, style.width, "", _INDENT), *(f"{_INDENT}{name}: {value}" for name, value in duty.headers)]
