"""One route in one deployment: what its front door answers, and what a browser makes of it.

What the template does not decide is judged twice: as the page hopes, and as if nothing came. Blocked even then, it is
blocked; allowed even then, it is allowed; otherwise it depends.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING, Final, NamedTuple

from cfncors.browser import Fault, Request, Response, Server, Step, Verdict
from cfncors.browser.cache import AllPassed, PreflightCache
from cfncors.browser.exchange import Failure
from cfncors.browser.fetch import fetch, judge_response
from cfncors.browser.methods import SAFELISTED
from cfncors.browser.preflight import REDIRECTS, faults
from cfncors.browser.profiles import Profile, profile_named
from cfncors.browser.request import construct
from cfncors.browser.safelist import unsafe_names
from cfncors.gateway.answer import Answer, Undecided
from cfncors.gateway.bucket import takes_forms
from cfncors.gateway.coded_answers import written_at
from cfncors.gateway.demands import demanded_headers
from cfncors.gateway.model import ALLOW_CREDENTIALS, ALLOW_HEADERS, ALLOW_METHODS, ALLOW_ORIGIN, Door, Method, Model
from cfncors.gateway.respond import client_errors, respond, server_errors, successes
from cfncors.report.simulation import ORDER, REFUSED, Case, CaseName, Outcome, Reply, never_sent
from cfncors.template.worlds import read
from cfncors.verdicts.options import Options
from cfncors.verdicts.settings import behind, written

if TYPE_CHECKING:
    from cfncors.source import Node
    from cfncors.template.serverless import Service

_HOST: Final = "https://api.example.com"
_OTHER_HOST: Final = "https://api.example.net"
_BODY_METHODS: Final = frozenset(("POST", "PUT", "PATCH"))
_SHOWN: Final = ("access-control-", "vary")
#: The answer is judged whether or not its preflight passes.
_PASSED: Final = AllPassed()


def page_request(method: Method, verb: str, path: str, page: tuple[str, bool], options: Options) -> Request:
    """What a page of an origin asks a route for: with the headers that it demands, a body as JSON unless it must be a
    form, and what the user adds."""
    origin, credentials = page
    headers = dict.fromkeys(demanded_headers(method, verb), "x")
    if verb in _BODY_METHODS and not takes_forms(method):
        headers["content-type"] = "application/json"
    headers.update({name.lower(): value for name, value in options.headers})
    host = _OTHER_HOST if origin == _HOST else _HOST
    url = f"{host}/{path.lstrip('/')}"  # a path may be written without its slash, or be a reference that has none
    return Request(verb, url, origin, list(headers.items()), "include" if credentials else "same-origin")


def cases(model: Model, door: Door, method: Method, request: Request, options: Options) -> tuple[Case, ...]:
    """The four cases of a route, in the order of :data:`CASES`."""
    profile = profile_named(options.profile)
    judge = _Judge(model, door, method, request, options, profile, construct(request, profile))
    preflight = judge.preflight()
    return (
        preflight,
        judge.answered("success", successes(model, door, method), preflight),
        judge.answered("client-error", client_errors(model, door, method, request.method), preflight),
        judge.answered("server-error", server_errors(model, door, method, request.method), preflight),
    )


class _Judge(NamedTuple):
    model: Model
    door: Door
    method: Method
    request: Request
    options: Options
    profile: Profile
    #: the request as it leaves the page
    made: Request | Failure

    def preflight(self) -> Case:
        """Whether the browser may send the request; the request's own answer is as the page hopes."""
        if isinstance(self.made, Failure):  # a method that no page may use
            return self._refused(self.made)
        if self.made.method in SAFELISTED and not unsafe_names(self.made.headers, self.profile):
            reply = Reply("none", None, "not-needed", "no preflight", _simple(self.request), None, {}, "documented")
            return Case("preflight", "not-needed", reply, (reply,), reply.reason, None)
        heard: list[Answer] = []
        answers: list[Response] = []

        def server(kind: bool) -> Server:
            def answer(asked: Request) -> Response:
                if asked.method != "OPTIONS":
                    return _hoped(asked)
                heard.append(respond(self.model, self.door, asked))
                answers.append(Response(*heard[-1].concrete(asked, kind=kind)))
                return answers[-1]

            return answer

        best = self._evaluated(server(True))
        worst = self._evaluated(server(False)) if any(answer.unknown for answer in heard) else best
        reply = _with_status(self._reply(heard[0], _outcome(best, worst), best), best.step)
        if reply.verdict == "blocked":
            unsafe = unsafe_names(self.made.headers, self.profile)
            all_of_them = faults(self.made, unsafe, answers[0], self.profile)
            reply = reply._replace(also=all_of_them - {best.fault})
        if reply.verdict == "blocked" and self._passes_without_json(server):
            reply = reply._replace(assumption="json")
        return self._case("preflight", (reply,), [heard[0]], None)

    def _refused(self, failure: Failure) -> Case:
        """What the browser says before anything is sent."""
        by_itself = "by the browser itself"
        reply = Reply(REFUSED, None, "blocked", by_itself, failure.reason, failure.console, {}, "documented")
        reply = reply._replace(fault=failure.fault, node=self.method.key)
        return Case("preflight", "blocked", reply, (reply,), reply.reason, reply.console)

    def _passes_without_json(self, server: Callable[[bool], Server]) -> bool:
        """Whether only pages that send JSON are stopped: without that type of body the request is sent."""
        names = [name for name, _ in self.request.headers]
        if "content-type" not in names or any(name.lower() == "content-type" for name, _ in self.options.headers):
            return False
        rest = [(name, value) for name, value in self.request.headers if name != "content-type"]
        plain = self._replace(request=self.request._replace(headers=rest))
        heard: list[str] = []

        def hears(asked: Request) -> Response:
            heard.append(asked.method)
            return server(True)(asked)

        return plain._evaluated(hears, None).allowed or "OPTIONS" not in heard

    def answered(self, name: CaseName, outcomes: Iterable[str], preflight: Case) -> Case:
        """Whether the page may read what comes back; the worst of what may come."""
        answers = [respond(self.model, self.door, self.request, outcome) for outcome in outcomes]
        if not answers:
            reply = Reply(
                "none", None, "not-needed", "no such answer", "nothing answers so here", None, {}, "documented"
            )
            return Case(name, "not-needed", reply, (), reply.reason, None)
        return self._case(name, tuple(map(self._read, answers)), answers, preflight)

    def _read(self, answer: Answer) -> Reply:
        def server(kind: bool) -> Server:
            def answered(asked: Request) -> Response:
                if asked.url != self.request.url:  # where a redirect leads
                    return _hoped(asked)
                return Response(*answer.concrete(asked, kind=kind))

            return answered

        def judged(kind: bool) -> Verdict:
            response = Response(*answer.concrete(self.request, kind=kind))
            if isinstance(self.made, Failure) or response.status in REDIRECTS:
                return self._evaluated(server(kind), _PASSED)
            return judge_response(self.made, response, self.profile)

        best = judged(True)
        worst = judged(False) if answer.unknown else best
        return self._reply(answer, _outcome(best, worst), best)

    def _reply(self, answer: Answer, verdict: Outcome, best: Verdict) -> Reply:
        shown = {sent.name: sent.text for sent in answer.headers if sent.lower.startswith(_SHOWN)}
        is_blocked = verdict == "blocked"
        return Reply(
            answer.kind,
            answer.status,
            verdict,
            answer.story,
            _reason(answer, verdict, best),
            best.console if is_blocked else None,
            shown,
            answer.confidence,
            answer.doubts,
            best.fault if is_blocked else None,
            (self._wrong(answer, best.fault) if is_blocked else None) or answer.node or self.method.key,
        )

    def _wrong(self, answer: Answer, fault: Fault | None) -> Node | None:
        """Where the header is written that is wrong in an answer, else where code makes the answer."""
        sent = answer.header(_IN[fault]) if fault in _IN else None
        found = (sent.node or written_at(self.model, sent.at)) if sent is not None else None
        return found or written_at(self.model, answer.at)

    def _evaluated(self, server: Server, cache: PreflightCache | None = None) -> Verdict:
        return fetch(self.request, server, self.profile, cache)

    def _case(self, name: CaseName, replies: tuple[Reply, ...], answers: list[Answer], preflight: Case | None) -> Case:
        reply = max(replies, key=lambda each: ORDER.index(each.verdict))
        assumes = self._assumed(answers) if self.options.shows_assumed else ()
        if preflight is not None and preflight.verdict == "blocked":
            reason = f"the request is {never_sent(preflight)}"
            return Case(name, "blocked", reply, replies, reason, preflight.console, assumes, sent=False)
        verdict, reason = reply.verdict, reply.reason
        if preflight is not None and preflight.verdict == "depends" and verdict == "allowed":
            verdict, reason = "depends", f"the preflight decides: {preflight.reason}"
        return Case(name, verdict, reply, replies, reason, reply.console, assumes)

    def _assumed(self, answers: Iterable[Answer]) -> tuple[str, ...]:
        """Values that the answers' headers, or the configurations that they come from, were made with and that the
        user did not give."""
        template = self.model.template
        world = template.world
        nodes = [sent.node for answer in answers for sent in answer.headers if sent.node is not None]
        if template.service is not None:
            return self._not_given(template.service, nodes)
        if world is None or not (world.parameters or world.conditions):
            return ()
        for door in (self.door, *behind(self.model, self.door)):
            nodes += written(template, door)
        names = read(template, nodes)
        given = dict(self.options.parameters)
        values = [
            f"{n}={world.parameters[n]}" for n in sorted(names.parameters) if n in world.parameters and n not in given
        ]
        return (
            *values,
            *(f"condition {n}={str(v).lower()}" for n, v in world.conditions.items() if n in names.conditions),
        )

    def _not_given(self, service: Service, nodes: list[Node]) -> tuple[str, ...]:
        """The options, parameters and environment variables of a serverless.yml whose fallbacks the answers take."""
        for policy in self.door.policies:
            nodes += [item.node for setting in policy.settings.values() for item in setting.items]
        names = frozenset[str]().union(*(service.assumes(node) for node in nodes))
        return tuple(f"{name} not given" for name in sorted(names))


def _hoped(asked: Request) -> Response:
    """The answer with which everything passes."""
    return Response(*Answer(None, "", "", open="nobody").concrete(asked, kind=True))


def _outcome(best: Verdict, worst: Verdict) -> Outcome:
    return "allowed" if worst.allowed else "depends" if best.allowed else "blocked"


def _simple(request: Request) -> str:
    return f"browsers send this {request.method} without asking first"


#: Fault -> the header that it is in, where the response has it.
_IN: Final = {
    Fault.OTHER_ORIGIN: ALLOW_ORIGIN,
    Fault.SEVERAL_ORIGINS: ALLOW_ORIGIN,
    Fault.INVALID_ORIGIN: ALLOW_ORIGIN,
    Fault.WILDCARD_WITH_CREDENTIALS: ALLOW_ORIGIN,
    Fault.NO_ALLOW_CREDENTIALS: ALLOW_CREDENTIALS,
    Fault.METHOD_NOT_ALLOWED: ALLOW_METHODS,
    Fault.HEADER_NOT_ALLOWED: ALLOW_HEADERS,
    Fault.AUTHORIZATION_NOT_NAMED: ALLOW_HEADERS,
}


def _with_hint(reason: Undecided) -> str:
    return f"{reason.text}; say --parameter {reason.parameter}=…" if reason.parameter else reason.text


def _with_status(reply: Reply, step: Step) -> Reply:
    """Browsers name the missing header first; a status that fails as well must not come as a surprise later."""
    named = step is Step.PREFLIGHT_STATUS
    if reply.verdict != "blocked" or reply.status is None or 200 <= reply.status <= 299 or named:
        return reply
    return reply._replace(reason=f"{reply.reason} Its status, {reply.status}, fails too: only 200 to 299 will do.")


def _reason(answer: Answer, verdict: Outcome, best: Verdict) -> str:
    if verdict == "depends":
        return "; ".join(map(_with_hint, answer.unknown))
    return best.reason
