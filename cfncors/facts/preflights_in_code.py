"""Preflights that the function's own code answers: the lists in its answers, as those of a front door are looked at."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, NamedTuple

from cfncors.facts.allow_lists import HEADER, AllowList, CodeList, ListRole, routes, takes_options
from cfncors.facts.code import Behind, where
from cfncors.functions import Function, Functions, speaks_of_cors
from cfncors.gateway.expressions import tokens
from cfncors.gateway.model import ALLOW_CREDENTIALS, ALLOW_ORIGIN, HttpApi, Method, RestApi

if TYPE_CHECKING:
    from cfncors.facts import Facts
    from cfncors.functions.places import Places
    from cfncors.handlers import Handler, Place, Response


class Answering(NamedTuple):
    """The code that answers the preflights of some routes, and the answers that they may get."""

    behind: Behind
    answers: tuple[Response, ...]

    @property
    def place(self) -> Place:
        """Where an answer is made: by a library's options, or by the code itself."""
        framework = self.behind.handler.framework
        return (framework.place if framework is not None else None) or where(self.answers[0])


def lists_in_code(facts: Facts, role: ListRole) -> Iterator[AllowList]:
    """Every list of allowed methods or headers that code answers preflights with, and its absence."""
    for asked in facts.preflights_in_code:
        behind, answers = asked
        header = next((each.headers[HEADER[role]] for each in answers if HEADER[role] in each.headers), None)
        written = CodeList(behind, answers, header)
        found = written_at(facts.places, role, written)
        place = found[0] if len(found) == 1 else header.place if header is not None else None
        yield AllowList(
            role,
            written,
            facts.places.node(behind.function, place or asked.place),
            tuple(value for each in answers for value in _values(each, role)),
            all(_allows_credentials(each) for each in answers),
            routes(behind.methods),
            (behind.door.logical_id, behind.function.logical_id),
        )


def _values(answer: Response, role: ListRole) -> Iterator[tuple[str, ...] | None]:
    header = answer.headers.get(HEADER[role])
    if header is None:
        yield None if answer.is_open else ()
        return
    for text in header.values:
        yield None if text is None else tuple(tokens(text))
    if not header.always:
        yield None if answer.is_open else ()


def _allows_credentials(answer: Response) -> bool:
    header = answer.headers.get(ALLOW_CREDENTIALS)
    return header is not None and header.values == ("true",)


def answering(facts: Facts) -> Iterator[Answering]:
    """The code that answers preflights, where its answers reach the page as it gives them."""
    functions = facts.functions
    apis: tuple[RestApi | HttpApi, ...] = (*facts.model.rest_apis, *facts.model.http_apis)
    for api in apis:
        if not api.complete or not facts.is_passed_on(api) or (isinstance(api, RestApi) and api.private):
            continue
        reached: dict[str, list[Method]] = {}
        for method in api.methods:
            options = None if method.is_options else takes_options(api, method.path)
            function = _open(functions, api, options) if options is not None else None
            if function is not None:
                reached.setdefault(function.logical_id, []).append(method)
        for name, methods in reached.items():
            function = functions.all[name]
            handler = functions.handler(function)
            answers = _answers(handler) if handler is not None and handler.complete else ()
            if handler is not None and answers:
                yield Answering(Behind(api, function, handler, tuple(methods)), answers)


def _open(functions: Functions, api: RestApi | HttpApi, method: Method) -> Function | None:
    """The function behind a route that lets preflights in."""
    is_proxy = method.integration is not None and method.integration.kind == "aws_proxy"
    if not is_proxy or method.authorization.kind != "none" or method.api_key is not False:
        return None
    function = functions.behind(api, method)
    return function if function is not None and speaks_of_cors(functions, function) else None


def _answers(handler: Handler) -> tuple[Response, ...]:
    """What code may answer a preflight with; none when no answer is meant for one: then E9431 and E9462 speak. An error
    is no answer that lets a request through."""
    found = tuple(each for each in handler.responses if each.preflight is not False and each.kind != "error")
    if any(each.preflight for each in found):
        found = tuple(each for each in found if each.preflight)
    return found if found and all(ALLOW_ORIGIN in each.headers for each in found) else ()


def written_at(places: Places, role: ListRole, written: CodeList) -> tuple[Place, ...]:
    """Where the one text of a header is written."""
    from cfncors.handlers import written_values

    function, header = written.behind.function, written.header
    if header is None or header.text is None or header.place is None or function.source is None:
        return ()
    path = header.place.path
    text = places.text(function, path)
    return written_values(function.source, path, text, HEADER[role], header.text)
