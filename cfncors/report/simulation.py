"""What a simulation gave: for pages of an origin, each route, each case, what a browser does."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, Literal, NamedTuple

from cfncors.findings import CaseName as CaseName

if TYPE_CHECKING:
    from cfncors.browser import Fault
    from cfncors.source import Node

FrontDoor = Literal["rest", "http", "url", "s3", "cdn"]
Outcome = Literal["allowed", "blocked", "depends", "not-needed"]
#: What a blocked exchange takes for granted about the page: that the body it sends is JSON, that it uses this method of
#: a route which takes any, or that it sends credentials, which the route's code allows and its preflight does not.
Assumption = Literal["json", "method", "credentials"]
CASES: Final[tuple[CaseName, ...]] = ("preflight", "success", "client-error", "server-error")
#: Better ones first; a case is as bad as its worst possibility.
ORDER: Final[tuple[Outcome, ...]] = ("not-needed", "allowed", "depends", "blocked")

#: The kind of what the browser says before anything is sent.
REFUSED: Final = "refused"
#: The kind of what a page gets from a front door that deployment refuses.
NOT_DEPLOYED: Final = "not deployed"
#: Front door -> what people call it.
KINDS: Final[dict[FrontDoor, str]] = {
    "rest": "REST API",
    "http": "HTTP API",
    "url": "function URL",
    "s3": "bucket",
    "cdn": "distribution",
}


def never_sent(preflight: Case) -> str:
    """Why a request is not sent whose preflight is blocked, as the end of a sentence."""
    refused = preflight.reply.kind == REFUSED
    return f"never sent: {'the browser refuses it' if refused else 'its preflight is blocked'}"


class Reply(NamedTuple):
    """One answer that a case may have, judged by itself: whether the page may read it, if it comes.

    ``kind`` is a type of gateway response, ``MOCK``, ``integration`` or ``handler``; ``status`` is ``None`` when the
    template does not decide it; ``what`` says it for people. ``console`` is the line that a browser prints.
    """

    kind: str
    status: int | None
    verdict: Outcome
    what: str
    reason: str
    console: str | None
    headers: dict[str, str | None]
    confidence: str
    doubts: tuple[str, ...] = ()
    #: why it is blocked, as a value
    fault: Fault | None = None
    #: what is written that the answer, or the header that is wrong in it, comes from
    node: Node | None = None
    #: what about pages it rests on, where other pages get through
    assumption: Assumption | None = None
    #: what else would block a preflight, were the fault put right
    also: frozenset[Fault] = frozenset()


class Case(NamedTuple):
    """A column: the worst of its replies. ``sent`` is false when the preflight is blocked, so that the request never
    leaves the browser. ``assumes`` are values of parameters that the template did not fix, as ``Stage=prod``;
    ``when`` names those of them without which the verdict would be better."""

    case: CaseName
    verdict: Outcome
    reply: Reply
    replies: tuple[Reply, ...]
    reason: str
    console: str | None
    assumes: tuple[str, ...] = ()
    when: tuple[str, ...] = ()
    sent: bool = True


class Route(NamedTuple):
    """A row of the table. ``api`` is the logical id of the front door. ``closed`` says that pages of other origins are
    not known to call it, ``deployed`` is false where its deployment is refused."""

    api: str
    front_door: FrontDoor
    method: str
    path: str
    cases: tuple[Case, ...]
    closed: bool = False
    deployed: bool = True

    @property
    def name(self) -> str:
        return f"{self.method} {self.path}"

    def case(self, name: CaseName) -> Case:
        """The case of a name."""
        return next(case for case in self.cases if case.case == name)


class Visit(NamedTuple):
    """Pages of one origin, and what becomes of their requests. ``example`` says that the origin is made up: the front
    door names none, or a pattern."""

    origin: str
    credentials: bool
    routes: tuple[Route, ...]
    example: bool = False


class Incomplete(NamedTuple):
    """A front door that is not simulated, and why."""

    api: str
    reason: str


class Closed(NamedTuple):
    """A front door that pages of other origins are not known to call: that they cannot is no fault. ``front`` is the
    distribution that they call in its place, if there is one; ``routes`` are those that are closed, where others are
    not."""

    api: str
    front: str | None = None
    routes: tuple[str, ...] = ()

    @property
    def reason(self) -> str:
        """Why it is taken for closed, as a part of a sentence."""
        if self.front is not None:
            return f"pages of other origins call {self.front} in front of it"
        return "nothing in the template or its code says that pages of other origins call it"


class Refused(NamedTuple):
    """A front door that deployment refuses. ``text`` is what the service says, ``place`` the file with line and column;
    ``deployments`` are those that are refused, as ``Stage=prod``, where others are not."""

    api: str
    rule: str
    text: str
    place: tuple[str, int, int]
    deployments: tuple[str, ...] = ()
    #: the values that are chosen in the refused deployments, by name; ``None`` when all are refused
    when: tuple[dict[str, str], ...] | None = None


class Simulation(NamedTuple):
    """All that was simulated of one template. ``asked`` says that the user named pages or routes: then closed front
    doors count as others do."""

    name: str
    visits: tuple[Visit, ...]
    incomplete: tuple[Incomplete, ...] = ()
    closed: tuple[Closed, ...] = ()
    refused: tuple[Refused, ...] = ()
    asked: bool = False

    @property
    def shown(self) -> tuple[Visit, ...]:
        """The routes that pages call and that are deployed, by those who call them."""
        visits = (v._replace(routes=tuple(filter(self._is_shown, v.routes))) for v in self.visits)
        return tuple(visit for visit in visits if visit.routes)

    def _is_shown(self, route: Route) -> bool:
        return route.deployed and (self.asked or not route.closed)

    @property
    def blocked(self) -> bool:
        """Whether anything that the template decides is blocked, for any origin: not what is closed, but what is not
        deployed."""
        cases = (case for visit in self.shown for route in visit.routes for case in route.cases)
        return bool(self.refused) or any(case.verdict == "blocked" for case in cases)
