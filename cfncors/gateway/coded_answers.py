"""What a front door passes on when a function's own code answers, as far as that code is understood.

Of several responses that the code may return, the one counts that a page could read least.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Final

from cfncors.gateway.answer import CODE, Answer, Sent, request_headers
from cfncors.gateway.backends import function_behind
from cfncors.gateway.model import ALLOW_ORIGIN, ANY_METHODS, Code, CodeAnswer, CodeHeader, CodePlace, Method, Model

if TYPE_CHECKING:
    from cfncors.browser import Request
    from cfncors.source import Node


#: How the outcome is named in which code returns an error of its own, where a bare status is the front door's.
_OWN: Final = "CODE_"
#: What an answer may have in headers that are not known.
_ALLOWING: Final = (
    "Access-Control-Allow-Origin", "Access-Control-Allow-Credentials", "Access-Control-Allow-Methods",
    "Access-Control-Allow-Headers",
)  # fmt: skip


def code_of(model: Model, method: Method, verb: str | None = None) -> Code | None:
    """What is known of the code behind a route: of its answers to requests of the route's own method, or of the
    ``verb``. A route for any method without ``verb``: of its answers to all."""
    name = function_behind(model.template, method) if model.code else None
    code = model.code.get(name) if name is not None else None
    asked = verb or method.verb
    return code if code is None or asked == "ANY" else code.to(asked, method)


def coded(model: Model, method: Method, request: Request, status: str | None = None) -> Answer | None:
    """The answer of the function's code: when all goes well, or with the ``status`` of an error of its own. ``None``
    when that is not known.

    Code for which nothing goes well, because all that it answers to such a request are errors, answers one of them
    then: 405 to each OPTIONS, where it takes GET only. A preflight has one answer on each route; of code that
    answers it in several ways, by what is not decided here, what they have in common is known.
    """
    code = code_of(model, method, request.method)
    if code is None:
        return None
    denied = _is_denied(code, request)
    coming = [each for each in code.answers if (denied or not each.denied) and each.comes(request.method)]
    possible = _with_status(coming, status) if status is not None else _going_well(coming, request)
    if not possible and status is None and code.complete:
        possible = coming
    if not possible or (not code.complete and all(_readable(each) for each in possible)):
        return None
    if request.method != "OPTIONS":
        return _answer(code, min(possible, key=_rank), request)
    failing = [each for each in coming if each not in possible and not each.caught]
    return _one_of(code, possible, failing, request) if code.complete else None


def crash_of(model: Model, method: Method, request: Request) -> CodePlace | None:
    """The code that ends with an error whatever it is asked by such a request: then the front door answers as it does
    when a function crashes."""
    code = code_of(model, method, request.method)
    return code.crash if code is not None else None


def _one_of(code: Code, possible: list[CodeAnswer], failing: list[CodeAnswer], request: Request) -> Answer:
    """What is common to the answers that a preflight may get: a header that only some of them send, or send otherwise,
    is not known."""
    answers = [_answer(code, each, request) for each in sorted(possible, key=_rank)]
    first, names = answers[0], dict.fromkeys(sent.lower for answer in answers for sent in answer.headers)
    headers = tuple(_common(name, answers) for name in names)
    unsure = next((answer.decides for answer in answers if answer.decides), "")
    for each in failing[:1]:
        unsure = unsure or f"the code at {each.place} may answer with {each.status}"
    return first._replace(headers=headers, status=None if unsure else first.status, decides=unsure)


def _common(name: str, answers: list[Answer]) -> Sent:
    found = [answer.header(name) for answer in answers]
    sent = next(each for each in found if each is not None)
    if all(each is not None and each.text == sent.text for each in found):
        return sent
    return sent._replace(text=None, why="the code answers OPTIONS in several ways", copied=False)


def _with_status(answers: list[CodeAnswer], status: str) -> list[CodeAnswer]:
    return [each for each in answers if each.is_error and str(each.status) == status]


def _going_well(answers: list[CodeAnswer], request: Request) -> list[CodeAnswer]:
    """Those that are no errors; of a preflight those that may let the request through (Fetch, "ok status")."""
    good = [each for each in answers if not each.is_error]
    if request.method != "OPTIONS":
        return good
    return [each for each in good if not isinstance(each.status, int) or 200 <= each.status <= 299]


def written_at(model: Model, place: CodePlace | None) -> Node | None:
    """What stands at a place of code, in its file or in the template: where a finding about it goes."""
    code = model.code.get(place.function) if place is not None else None
    return code.node(place) if code is not None and code.node is not None and place is not None else None


def error_statuses(model: Model, method: Method, first: str, verb: str | None = None) -> tuple[str, ...]:
    """The statuses of a class (``"4"``, ``"5"``) that the code behind a route returns as errors to requests of its
    method, or of the ``verb``."""
    code = code_of(model, method, verb)
    asked = verb or method.verb
    answers = code.answers if code is not None else ()
    coming = (each for each in answers if asked == "ANY" or each.comes(asked))
    found = (each.status for each in coming if each.is_error and not each.denied)
    return tuple(dict.fromkeys(str(status) for status in found if isinstance(status, int) and str(status)[0] == first))


def own_errors(model: Model, method: Method, first: str, verb: str | None = None) -> tuple[str, ...]:
    """The same as outcomes of a front door whose own errors are named by their status."""
    return tuple(f"{_OWN}{status}" for status in error_statuses(model, method, first, verb))


def methods_served(model: Model, method: Method) -> tuple[str, ...]:
    """The methods that the code behind a route names and answers with something that is no error. OPTIONS is none."""
    code = code_of(model, method, "ANY")
    named = code.named if code is not None else ()
    return tuple(verb for verb in named if verb in ANY_METHODS and verb != "OPTIONS" and _serves(model, method, verb))


def _serves(model: Model, method: Method, verb: str) -> bool:
    code = code_of(model, method, verb)
    return code is not None and any(not each.is_error and each.comes(verb) for each in code.answers)


def own_status(outcome: str) -> str | None:
    """The status in the name of such an outcome."""
    return outcome.removeprefix(_OWN) if outcome.startswith(_OWN) else None


def _is_denied(code: Code, request: Request) -> bool:
    """Whether code is known not to allow the origin that asks."""
    return code.origins is not None and request_headers(request)["origin"] not in code.origins


def _rank(answer: CodeAnswer) -> int:
    """How little a page could read of an answer: nothing for certain, perhaps nothing, all."""
    header = answer.headers.get(ALLOW_ORIGIN)
    if header is None:
        return 1 if answer.is_open else 0
    return 2 if header.always else 1


def _readable(answer: CodeAnswer) -> bool:
    return _rank(answer) == 2


def _answer(code: Code, answer: CodeAnswer, request: Request) -> Answer:
    headers = tuple(_headers(code, answer, request))
    what = f"from the code, {answer.place}"
    if answer.status == "unknown" and request.method == "OPTIONS":
        who = f"the status is not known that the code at {answer.place} sends"
        return Answer(None, CODE, what, headers, "inferred", decides=who, at=answer.at)
    # The code's own status counts. One that it computes can be anything, which matters to a preflight alone; where it
    # writes none the page gets 200.
    status = answer.status if isinstance(answer.status, int) else 200
    return Answer(status, CODE, what, headers, "inferred", at=answer.at)


def _headers(code: Code, answer: CodeAnswer, request: Request) -> Iterator[Sent]:
    for header in answer.headers.values():
        sent = _sent(code, answer, header, request)
        if sent is not None:
            yield sent
    for name in _ALLOWING if answer.is_open else ():
        if name.lower() not in answer.headers:
            yield Sent(name, None, f"the code at {answer.place} may send more headers", at=answer.at)


def _sent(code: Code, answer: CodeAnswer, header: CodeHeader, request: Request) -> Sent | None:
    text = header.values[0] if len(header.values) == 1 else None
    origin = request_headers(request)["origin"]
    if header.name.lower() == ALLOW_ORIGIN:
        is_chosen = text is None or not header.always
        if is_chosen and (code.reflects or origin in (code.origins or ())):
            return Sent(header.name, origin, copied=True, at=header.at)
        if is_chosen and code.origins is not None and header.always and origin not in code.origins:
            return Sent(header.name, None, f"the code at {answer.place} lists {', '.join(code.origins)}", at=header.at)
    if text is None:
        return Sent(header.name, None, f"the code at {answer.place} computes it", at=header.at)
    if not header.always:
        return Sent(header.name, None, f"the code at {answer.place} sends it on some paths only", at=header.at)
    return Sent(header.name, text, at=header.at)
