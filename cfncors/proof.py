"""The proof after a fix: every exchange is judged before and after, as a browser would.

A fix is good when no exchange gets worse, and when fewer exchanges fail in the way that its finding explains. What
changes is said in words, so that nobody widens access without seeing it.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import NamedTuple

from cfncors.browser import Fault
from cfncors.checks.unexplained import BLOCKED, BLOCKED_FOR_SOME
from cfncors.errors import CfncorsError, said_of
from cfncors.explained import Faults
from cfncors.facts import Facts
from cfncors.findings import Explained, Finding
from cfncors.gateway.model import Door, Method, normal_path
from cfncors.report.simulation import ORDER, CaseName, Reply
from cfncors.verdicts import Asked, Matrix, Page, changes, matrix_of, simulation
from cfncors.verdicts.changes import identity
from cfncors.verdicts.options import asked_by
from cfncors.verdicts.settings import Setting

_Route = tuple[str, str, str]
#: Faults of ``*``, or of an origin without its credentials, that a fix writes for pages which send them.
_OF_CREDENTIALS = (Fault.WILDCARD_WITH_CREDENTIALS, Fault.NO_ALLOW_CREDENTIALS)


class Proof(NamedTuple):
    """What a change of a template does to its exchanges. ``objection`` says why it may not be made."""

    changes: tuple[str, ...] = ()
    objection: str | None = None


class Compared(NamedTuple):
    """Two states of a template, each route called by the same pages: in each deployment those that it is for in the
    later state."""

    before: Matrix
    after: Matrix

    def were_blocked(self, exchanges: Iterable[Explained]) -> bool:
        """Whether blocked exchanges of the later state were blocked in the earlier one already."""
        blocked = {_key(each, reply, case) for each, case, reply in _replies(self.before) if reply.verdict == "blocked"}
        return all(_explained_key(each) in blocked for each in exchanges)


def compare(before: Facts, after: Facts) -> Compared:
    """Both states, judged for the same pages. Raises :class:`CfncorsError` for a template that cannot be judged."""
    # A door that one of the states leaves closed is not asked there; what opens it is seen in both.
    closed = _not_asked(before) | _not_asked(after)
    new = _with_closed(after, closed)
    pages: dict[_Route, list[Asked]] = {}
    for each in new.asked:
        pages.setdefault(each.route, []).append(each)
    old = before.matrix if not closed else None
    if old is not None and all(_is_asked(each, pages) for each in old.asked) and _covers(old, new):
        return Compared(old, new)

    def askers(setting: Setting, method: Method) -> Iterable[Page]:
        asked = pages.get((setting.door.logical_id, method.verb, normal_path(method.path)), ())
        return dict.fromkeys(each.page for each in asked if _agree(each.when, setting.when))

    model = before.model_with_code
    return Compared(matrix_of(model, asked_by(model.settings), askers=askers), new)


def _not_asked(facts: Facts) -> set[str]:
    return {door.logical_id for door in facts.model.doors if door.logical_id not in facts.model.evidence}


def _with_closed(facts: Facts, closed: set[str]) -> Matrix:
    """The matrix with the verdicts on front doors that are closed."""
    found = facts.matrix.asked if facts.matrix is not None else ()
    known = {each.door for each in found}
    left: list[Door] = [d for d in facts.model.doors if d.logical_id in closed and d.logical_id not in known]
    if not left:
        return Matrix(found)
    more = matrix_of(facts.model_with_code, asked_by(facts.model.settings), left)
    return Matrix((*found, *more.asked))


def _is_asked(each: Asked, pages: dict[_Route, list[Asked]]) -> bool:
    """Whether a page asks a route in the later state, too, in the same deployment."""
    return any(each.page == other.page and _agree(other.when, each.when) for other in pages.get(each.route, ()))


def _covers(old: Matrix, new: Matrix) -> bool:
    """Whether all routes of both states are asked by the same pages."""
    return {(each.route, each.page) for each in old.asked} >= {(each.route, each.page) for each in new.asked}


def _agree(some: dict[str, str], others: dict[str, str]) -> bool:
    """Whether what is chosen in two deployments may be one: a template may name a value that the other does not."""
    return all(others.get(name, value) == value for name, value in some.items())


def prove(before: Facts, after: Facts, made: Sequence[Finding], left: Iterable[Finding] = ()) -> Proof:
    """Compare two states of a template; ``made`` are the findings that the change is meant to fix. Where none of its
    front doors can be judged there is nothing to prove. A proof that fails proves nothing: then there is an objection.

    An exchange that another finding explains, too, has a second cause and may stay blocked: ``left`` are the findings
    that were there before and are still reported.
    """
    try:
        return _proved(before, after, made, left)
    except CfncorsError as error:
        return Proof(objection=f"it cannot be proved: {error}")
    except Exception as error:
        return Proof(objection=f"it cannot be proved: {said_of(error)}")


def _proved(before: Facts, after: Facts, made: Sequence[Finding], left: Iterable[Finding]) -> Proof:
    both = compare(before, after)
    said = tuple(changes(simulation(both.before), simulation(both.after)))
    worse = next(_worse(both), None)
    if worse is not None:
        return Proof(said, worse)
    old, new = Faults(before.model, both.before), Faults(after.model, both.after)
    by_rules = (finding for finding in left if finding.rule not in (BLOCKED, BLOCKED_FOR_SOME))
    known = {_explained_key(exchange) for finding in by_rules for exchange in finding.exchanges}

    def number(faults: Faults, finding: Finding) -> int:
        return sum(_key(each.asked, each.reply, each.case.case) not in known for each in faults.of(finding))

    opened = {_key(e.asked, e.reply, e.case.case) for e in both.before.exchanges() if e.blocked} - _unopened(both.after)
    # A value that is wrong by itself is right after its fix, whatever else stops the same exchanges.
    for finding in (each for each in made if each.rule.about == "exchange"):
        was, now = number(old, finding), number(new, finding)
        meant = {_key(each.asked, each.reply, each.case.case) for each in old.of(finding)} - known
        if (was and now >= was) or (meant and meant.isdisjoint(opened)):
            return Proof(said, f"the exchanges that it is meant for would stay blocked: {finding.message}")
    return Proof(said)


def _unopened(after: Matrix) -> set[_Key]:
    """The replies of the later state that have a header now which the page cannot use, so that they stay blocked."""
    found = (each for each in after.exchanges() if each.blocked and each.reply.assumption != "credentials")
    of_credentials = (each for each in found if each.reply.fault in _OF_CREDENTIALS)
    return {_key(each.asked, each.reply, each.case.case) for each in of_credentials}


class _Key(NamedTuple):
    """What identifies a reply in two states of a template."""

    door: str
    method: str
    path: str
    origin: str
    credentials: bool
    case: CaseName
    kind: str


def _worse(both: Compared) -> Iterator[str]:
    """Replies that were open to a page in a deployment, and afterwards are blocked or no longer certain."""
    old: dict[_Key, list[tuple[Asked, Reply]]] = {}
    for asked, case, reply in _replies(both.before):
        old.setdefault(_key(asked, reply, case), []).append((asked, reply))
    for asked, case, reply in _replies(both.after):
        if reply.verdict not in ("blocked", "depends"):
            continue
        was = [other for there, other in old.get(_key(asked, reply, case), ()) if _agree(there.when, asked.when)]
        if was and all(ORDER.index(other.verdict) < ORDER.index("depends") for other in was):
            what = f"{case} of {asked.verb} {asked.path} for {asked.page.origin}"
            lost = (
                "a browser would no longer pass this" if reply.verdict == "blocked" else "it would be certain no longer"
            )
            yield f"{lost}: {what}"


def _replies(matrix: Matrix) -> Iterator[tuple[Asked, CaseName, Reply]]:
    return ((each.asked, each.case.case, each.reply) for each in matrix.exchanges())


def _key(asked: Asked, reply: Reply, case: CaseName) -> _Key:
    kind = "" if case == "preflight" else identity(reply)  # which has one answer, whatever gives it
    return _Key(asked.door, asked.method, asked.path, *asked.page, case, kind)


def _explained_key(each: Explained) -> _Key:
    kind = "" if each.case == "preflight" else identity(each)
    return _Key(each.api, each.method, each.path, each.origin, each.credentials, each.case, kind)
