"""The words of a simulation that its text and its page share: a cell, and what is said below the table."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final, NamedTuple

from cfncors.report.simulation import CASES, Case, CaseName, Outcome, Reply, Simulation, Visit

MARKS: Final[dict[Outcome, str]] = {"allowed": "✓", "blocked": "✗", "depends": "?", "not-needed": "–"}
COLUMNS: Final[dict[CaseName, str]] = {
    "preflight": "preflight",
    "success": "success",
    "client-error": "4XX",
    "server-error": "5XX",
}
DOUBT: Final = "~"
_MANY: Final = 12
#: Mark -> what it says; every mark stands beside a word in its cell, too.
LEGEND: Final = (
    (MARKS["allowed"], "passes, readable"),
    (MARKS["blocked"], "blocked"),
    (MARKS["depends"], "depends"),
    (MARKS["not-needed"], "not needed"),
    (DOUBT, "inferred"),
)


class Note(NamedTuple):
    """What is said below the table about cells that have the same story."""

    verdict: Outcome
    case: CaseName
    title: str
    lines: tuple[str, ...]
    console: str | None
    routes: tuple[str, ...] = ()
    #: routes where it will show once their preflight passes
    later: tuple[str, ...] = ()

    @property
    def where(self) -> str:
        """The routes, as a part of a sentence."""
        now, later = _listed(self.routes), _listed(self.later)
        if not later:
            return now
        told = f"{later} once {'its' if len(self.later) == 1 else 'their'} preflight passes"
        return f"{now}, and on {told}" if now else told


def _listed(routes: tuple[str, ...]) -> str:
    """Route names, of very many the first ones: the table shows all."""
    if len(routes) <= _MANY:
        return ", ".join(routes)
    return f"{', '.join(routes[: _MANY - 2])} and {len(routes) - _MANY + 2} more"


def word(case: Case) -> str:
    """What stands beside the mark: the status, or who decides."""
    if not case.sent:
        return "not sent"
    if case.verdict == "not-needed":
        return "none"
    if case.reply.status is None:
        return "handler" if case.reply.kind == "handler" else "unknown"
    return str(case.reply.status)


def verdict_word(case: Case) -> str:
    """The verdict for people; a preflight passes, an answer is readable."""
    if case.verdict == "allowed":
        return "passes" if case.case == "preflight" else "readable"
    return "not needed" if case.verdict == "not-needed" else case.verdict


def doubtful(case: Case) -> bool:
    """Whether the cell's prediction is inferred."""
    return case.sent and case.reply.confidence == "inferred"


def visitors(visit: Visit) -> str:
    """Who asks."""
    with_or_without = "with" if visit.credentials else "without"
    return f"pages of {visit.origin}, {with_or_without} credentials{' (an example)' if visit.example else ''}"


def assumed(visit: Visit) -> list[str]:
    """Values that the predictions were made with."""
    return list(dict.fromkeys(each for route in visit.routes for case in route.cases for each in case.assumes))


def notes(visit: Visit) -> list[Note]:
    """The stories of all cells that are not simply readable, the blocked ones first, each with its routes.

    Stories that differ in their console line only, which names the address, are one.
    """
    found: dict[Note, Note] = {}
    for route in visit.routes:
        for case in route.cases:
            for story in _notes(visit, case):
                note = found.setdefault(story._replace(console=None), story)
                found[story._replace(console=None)] = _on(note, route.name, case.sent)
    rank = {"blocked": 0, "depends": 1}
    return sorted(found.values(), key=lambda note: (rank.get(note.verdict, 2), CASES.index(note.case)))


def _on(note: Note, route: str, sent: bool) -> Note:
    if sent:
        return note._replace(routes=tuple(dict.fromkeys((*note.routes, route))))
    return note._replace(later=tuple(dict.fromkeys((*note.later, route))))


def _notes(visit: Visit, case: Case) -> Iterator[Note]:
    reply = case.reply
    if reply.verdict in ("blocked", "depends") and not (case.verdict == "blocked" and reply.verdict == "depends"):
        yield _story(visit, case, reply)
    for doubt in reply.doubts:
        yield Note("allowed", case.case, f"{DOUBT} {COLUMNS[case.case]}", (doubt,), None)


def _story(visit: Visit, case: Case, reply: Reply) -> Note:
    column = COLUMNS[case.case]
    if reply.kind == "handler":
        must = f"Access-Control-Allow-Origin: {visit.origin}"
        if visit.credentials:
            must += " and Access-Control-Allow-Credentials: true"
        who = "the function or backend" if case.case != "preflight" else "the function or backend that gets OPTIONS"
        return Note(reply.verdict, case.case, f"{column}: the handler decides", (f"{who} has to send {must}",), None)
    lines = [_sentence(reply.reason)]
    if case.when:
        lines.insert(0, f"For {' and '.join(case.when)}:")
    others = [r for r in case.replies if r is not reply and r.verdict == reply.verdict]
    if others:
        lines.append(f"The same for {', '.join(dict.fromkeys(map(short, others)))}.")
    return Note(reply.verdict, case.case, f"{column} {_titled(reply)}", tuple(lines), reply.console)


def _titled(reply: Reply) -> str:
    status = f"{reply.status}" if reply.status is not None else ""
    return " ".join(word for word in (status, reply.what) if word)


def short(reply: Reply) -> str:
    """A reply's status and type."""
    status = f"{reply.status} " if reply.status is not None else ""
    return f"{status}{reply.kind}" if reply.kind.isupper() else reply.what


def _sentence(text: str) -> str:
    return text[:1].upper() + text[1:] + ("" if text.endswith((".", ":")) else ".")


def summary(simulation: Simulation) -> str:
    """One sentence: how many of the cells are blocked."""
    routes = [route for visit in simulation.visits for route in visit.routes]
    if not routes:
        return "No route of a REST API to simulate."
    blocked = [route for route in routes if any(case.verdict == "blocked" for case in route.cases)]
    number = len(routes)
    what = f"{number} route{'' if number == 1 else 's'}"
    if not blocked:
        return f"Nothing that the template decides is blocked on {what}."
    return f"Blocked on {len(blocked)} of {what}."
