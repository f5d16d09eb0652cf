"""The words of a simulation that its text and its page share: a cell, and what is said below the table."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import groupby
from typing import Final, Literal, NamedTuple

from cfncors.report.simulation import (
    CASES,
    KINDS,
    REFUSED,
    Case,
    CaseName,
    Closed,
    Outcome,
    Refused,
    Reply,
    Route,
    Simulation,
    Visit,
)
from cfncors.report.terminal import printable_name

MARKS: Final[dict[Outcome, str]] = {"allowed": "✓", "blocked": "✗", "depends": "?", "not-needed": "–"}
COLUMNS: Final[dict[CaseName, str]] = {
    "preflight": "preflight",
    "success": "success",
    "client-error": "4XX",
    "server-error": "5XX",
}
DOUBT: Final = "~"
#: Readable, whatever status the function or backend sends.
ANY_STATUS: Final = "any"
_HANDLER_DECIDES: Final = "the handler decides"
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
    """What is said below the table about cells that have the same story. ``kind``: what stands in the cells, that code
    decides it, or what is not documented about it."""

    verdict: Outcome
    cases: tuple[CaseName, ...]
    what: str
    lines: tuple[str, ...]
    console: str | None
    routes: tuple[str, ...] = ()
    #: routes where it will show once their preflight passes
    later: tuple[str, ...] = ()
    kind: Literal["story", "handler", "doubt"] = "story"

    @property
    def title(self) -> str:
        """The columns and what stands in them; the mark of a doubt in front."""
        columns = ", ".join(COLUMNS[case] for case in self.cases)
        colon = ":" if len(self.cases) > 1 or self.kind == "handler" else ""
        return f"{self.what} {columns}" if self.kind == "doubt" else f"{columns}{colon} {self.what}"

    @property
    def where(self) -> str:
        """The routes, as a part of a sentence."""
        waiting = tuple(route for route in self.later if route not in self.routes)
        now, later = _listed(self.routes), _listed(waiting)
        if not later:
            return now
        told = f"{later} once {'its' if len(waiting) == 1 else 'their'} preflight passes"
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
    if case.reply.status is None and case.verdict == "allowed":
        return ANY_STATUS
    if case.reply.status is None:
        return case.reply.kind if case.reply.kind in ("handler", REFUSED) else "unknown"
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


def groups(visit: Visit) -> Iterator[tuple[str, list[Route]]]:
    """The routes of each front door, with what stands above them: its logical id and, where not all front doors of
    the table are REST APIs, what it is."""
    told = {route.front_door for route in visit.routes} != {"rest"}
    for (api, front_door), routes in groupby(visit.routes, key=lambda route: (route.api, route.front_door)):
        yield f"{api} · {KINDS[front_door]}" if told else api, list(routes)


def assumed(visit: Visit) -> list[str]:
    """Values that the predictions were made with."""
    return list(dict.fromkeys(each for route in visit.routes for case in route.cases for each in case.assumes))


def notes(visit: Visit) -> list[Note]:
    """The stories of all cells that are not simply readable, the blocked ones first, each with its columns and routes.

    Stories that differ in their console line only, which names the address, are one.
    """
    found: dict[Note, Note] = {}
    apis: dict[str, set[str]] = {}
    for route in visit.routes:
        apis.setdefault(route.name, set()).add(route.api)
    for route in visit.routes:
        name = route.name if len(apis[route.name]) == 1 else f"{route.name} of {route.api}"
        for case in route.cases:
            for story in _notes(visit, case):
                key = story._replace(console=None, cases=())
                found[key] = _on(found.setdefault(key, story), case, name)
    rank = {"blocked": 0, "depends": 1}
    return sorted(found.values(), key=lambda note: (rank.get(note.verdict, 2), CASES.index(note.cases[0])))


def _on(note: Note, case: Case, route: str) -> Note:
    cases = tuple(sorted({*note.cases, case.case}, key=CASES.index))
    if case.sent:
        return note._replace(cases=cases, routes=tuple(dict.fromkeys((*note.routes, route))))
    return note._replace(cases=cases, later=tuple(dict.fromkeys((*note.later, route))))


def _notes(visit: Visit, case: Case) -> Iterator[Note]:
    reply = case.reply
    if reply.verdict in ("blocked", "depends") and not (case.verdict == "blocked" and reply.verdict == "depends"):
        yield _story(visit, case, reply)
    for doubt in reply.doubts:
        yield Note("allowed", (case.case,), DOUBT, (doubt,), None, kind="doubt")


def _story(visit: Visit, case: Case, reply: Reply) -> Note:
    cases = (case.case,)
    if reply.kind == "handler":
        must = f"Access-Control-Allow-Origin: {visit.origin}"
        if visit.credentials:
            must += " and Access-Control-Allow-Credentials: true"
        who = "the function or backend" if case.case != "preflight" else "the function or backend that gets OPTIONS"
        return Note(reply.verdict, cases, _HANDLER_DECIDES, (f"{who} has to send {must}",), None, kind="handler")
    lines = [_sentence(reply.reason)]
    if case.when:
        lines.insert(0, f"For {' and '.join(case.when)}:")
    others = [r for r in case.replies if r is not reply and r.verdict == reply.verdict]
    if others:
        lines.append(f"The same for {', '.join(dict.fromkeys(map(short, others)))}.")
    return Note(reply.verdict, cases, _titled(reply), tuple(lines), reply.console)


def _titled(reply: Reply) -> str:
    status = f"{reply.status}" if reply.status is not None else ""
    return " ".join(word for word in (status, reply.what) if word)


def short(reply: Reply) -> str:
    """A reply's status and type, or who sends it."""
    status = f"{reply.status} " if reply.status is not None else ""
    return f"{status}{reply.kind if reply.kind.isupper() else reply.what}"


def _sentence(text: str) -> str:
    return text[:1].upper() + text[1:] + ("" if text.endswith((".", ":")) else ".")


def not_deployed(refused: Refused) -> str:
    """Which front door is not there, and where to look for the reason."""
    file, line, column = refused.place
    where = f"{file}:{line}:{column}" if file else f"line {line}"
    in_some = f" in {' or '.join(refused.deployments)}" if refused.deployments else ""
    return f"{refused.api} not deployed{in_some}: {refused.rule} at {where}"


def closed(simulation: Simulation) -> Iterator[str]:
    """A line for each front door that is closed, with what opens it; not for one that deployment refuses."""
    gone = {each.api for each in simulation.refused if each.when is None}
    name = printable_name(simulation.name or "TEMPLATE")
    return (_closed(each, name) for each in simulation.closed if each.api not in gone)


def _closed(each: Closed, name: str) -> str:
    if each.routes:
        return f"{_listed(each.routes)} of {each.api}: closed, for {each.reason}."
    opens = f"; to open it: cfncors\u00a0enable\u00a0{name}\u00a0{each.api}\u00a0--origin\u00a0https://…"
    return (
        f"{each.api} is closed: {each.reason}{opens}" if each.front is None else f"{each.api} is closed: {each.reason}."
    )


def summary(simulation: Simulation) -> str:
    """One sentence: how many of the cells are blocked."""
    routes = [route for visit in simulation.shown for route in visit.routes]
    if not routes and simulation.refused:
        return "Nothing is deployed that pages could call."
    if not routes and simulation.closed:
        return "Nothing is blocked: no front door is open to pages of other origins."
    if not routes:
        return "Nothing to simulate: no API, function URL, bucket with CORS rules or distribution with a route."
    blocked = [route for route in routes if any(case.verdict == "blocked" for case in route.cases)]
    number = len(routes)
    what = f"{number} route{'' if number == 1 else 's'}"
    if not blocked:
        return f"Nothing that the template decides is blocked on {what}."
    return f"Blocked on {len(blocked)} of {what}."
