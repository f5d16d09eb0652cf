"""What a front door passes on when a function's own code answers, as far as that code is understood.

Of several responses that the code may return, the one counts that a page could read least.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Final

from cfncors.gateway.answer import CODE, Answer, Sent, request_headers
from cfncors.gateway.backends import function_behind
from cfncors.gateway.model import ALLOW_ORIGIN, Code, CodeAnswer, CodeHeader, Method, Model

if TYPE_CHECKING:
    from cfncors.browser import Request


#: How the outcome is named in which code returns an error of its own, where a bare status is the front door's.
_OWN: Final = "CODE_"
#: What an answer may have in headers that are not known.
_ALLOWING: Final = (
    "Access-Control-Allow-Origin", "Access-Control-Allow-Credentials", "Access-Control-Allow-Methods",
    "Access-Control-Allow-Headers",
)  # fmt: skip


def code_of(model: Model, method: Method) -> Code | None:
    """What is known of the code behind a route."""
    name = function_behind(model.template, method) if model.code else None
    return model.code.get(name) if name is not None else None


def coded(model: Model, method: Method, request: Request, status: str | None = None) -> Answer | None:
    """The answer of the function's code: when all goes well, or with the ``status`` of an error of its own. ``None``
    when that is not known."""
    code = code_of(model, method)
    if code is None:
        return None
    denied = _is_denied(code, request)
    possible = [
        each
        for each in code.answers
        if (denied or not each.denied) and _comes(each, request.method == "OPTIONS", status)
    ]
    if not possible or (not code.complete and all(_readable(each) for each in possible)):
        return None
    return _answer(code, min(possible, key=_rank), request)


def error_statuses(model: Model, method: Method, first: str) -> tuple[str, ...]:
    """The statuses of a class (``"4"``, ``"5"``) that the code behind a route returns as errors."""
    code = code_of(model, method)
    answers = code.answers if code is not None else ()
    found = (each.status for each in answers if each.is_error and not each.denied)
    return tuple(dict.fromkeys(str(status) for status in found if status is not None and str(status)[0] == first))


def own_errors(model: Model, method: Method, first: str) -> tuple[str, ...]:
    """The same as outcomes of a front door whose own errors are named by their status."""
    return tuple(f"{_OWN}{status}" for status in error_statuses(model, method, first))


def own_status(outcome: str) -> str | None:
    """The status in the name of such an outcome."""
    return outcome.removeprefix(_OWN) if outcome.startswith(_OWN) else None


def _is_denied(code: Code, request: Request) -> bool:
    """Whether code is known not to allow the origin that asks."""
    return code.origins is not None and request_headers(request)["origin"] not in code.origins


def _comes(answer: CodeAnswer, is_options: bool, status: str | None) -> bool:
    if answer.preflight is (not is_options):
        return False
    return not answer.is_error if status is None else answer.is_error and str(answer.status) == status


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
    # The code's own status counts; one that it computes can be anything, and where it writes none the page gets 200.
    status = answer.status if answer.status is not None else 200
    what = f"from the code, {answer.place}"
    return Answer(status, CODE, what, headers, "inferred")


def _headers(code: Code, answer: CodeAnswer, request: Request) -> Iterator[Sent]:
    for header in answer.headers.values():
        sent = _sent(code, answer, header, request)
        if sent is not None:
            yield sent
    for name in _ALLOWING if answer.is_open else ():
        if name.lower() not in answer.headers:
            yield Sent(name, None, f"the code at {answer.place} may send more headers")


def _sent(code: Code, answer: CodeAnswer, header: CodeHeader, request: Request) -> Sent | None:
    text = header.values[0] if len(header.values) == 1 else None
    origin = request_headers(request)["origin"]
    if header.name.lower() == ALLOW_ORIGIN:
        is_chosen = text is None or not header.always
        if is_chosen and (code.reflects or origin in (code.origins or ())):
            return Sent(header.name, origin, copied=True)
        if is_chosen and code.origins is not None and header.always and origin not in code.origins:
            return Sent(header.name, None, f"the code at {answer.place} lists {', '.join(code.origins)}")
    if text is None:
        return Sent(header.name, None, f"the code at {answer.place} computes it")
    if not header.always:
        return Sent(header.name, None, f"the code at {answer.place} sends it on some paths only")
    return Sent(header.name, text)
