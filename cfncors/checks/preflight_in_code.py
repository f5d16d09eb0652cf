"""Preflights that the function's own code answers: the lists in its answers, as those of a front door are looked at."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, NamedTuple

from cfncors.checks.handler_remedies import added
from cfncors.checks.preflight_remedies import served, used_headers
from cfncors.checks.remedies import Edits
from cfncors.errors import CannotEdit
from cfncors.facts.allow_lists import HEADER, HEADER_NAMES, AllowList, CodeList, ListRole, routes, takes_options
from cfncors.facts.code import Behind, is_passed_on, places, where
from cfncors.functions import Function, Functions, speaks_of_cors
from cfncors.gateway.expressions import tokens
from cfncors.gateway.model import ALLOW_CREDENTIALS, ALLOW_ORIGIN, HttpApi, Method, Model, RestApi

if TYPE_CHECKING:
    from cfncors.handlers import Handler, Place, Response


class _Asked(NamedTuple):
    """The code that answers the preflights of some routes, and the answers that they may get."""

    behind: Behind
    answers: tuple[Response, ...]

    @property
    def place(self) -> Place:
        """Where an answer is made: by a library's options, or by the code itself."""
        framework = self.behind.handler.framework
        return (framework.place if framework is not None else None) or where(self.answers[0])


def lists_in_code(model: Model, role: ListRole) -> Iterator[AllowList]:
    """Every list of allowed methods or headers that code answers preflights with, and its absence."""
    for asked in _asked(model):
        behind, answers = asked
        header = next((each.headers[HEADER[role]] for each in answers if HEADER[role] in each.headers), None)
        written = CodeList(behind, answers, header)
        found = _written(model, role, written)
        place = found[0] if len(found) == 1 else header.place if header is not None else None
        yield AllowList(
            role,
            written,
            places(model).node(behind.function, place or asked.place),
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


def _asked(model: Model) -> tuple[_Asked, ...]:
    """The code that answers preflights; worked out with the first question."""
    kept: dict[str, tuple[_Asked, ...]] = vars(model)
    found = kept.get("_asked")
    if found is None:
        found = kept["_asked"] = tuple(_answering(model))
    return found


def _answering(model: Model) -> Iterator[_Asked]:
    functions = Functions.of(model)
    apis: tuple[RestApi | HttpApi, ...] = (*model.rest_apis, *model.http_apis)
    for api in apis:
        if not api.complete or not is_passed_on(model, api) or (isinstance(api, RestApi) and api.private):
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
                yield _Asked(Behind(api, function, handler, tuple(methods)), answers)


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


# -- the fix -----------------------------------------------------------------------------------------------------------


def list_in_code(model: Model, allow: AllowList, written: CodeList, names: list[str]) -> Edits:
    """Names added to the one text that a header has in code; a header that is not there yet gets all that its routes
    need. Raises :class:`CannotEdit`."""
    from cfncors.handlers import FileEdit

    behind, answers, header = written
    framework = behind.handler.framework
    if header is None and framework is not None:
        raise CannotEdit(f"the options of {framework.name} say what it sends")
    if header is None:
        wanted = served(allow.routes) if allow.role == "methods" else used_headers(allow.routes)
        return added(model, behind, {HEADER_NAMES[allow.role]: ", ".join(wanted)}, answers)
    found = _written(model, allow.role, written)
    if header.text is None:
        raise CannotEdit("the list is not one text in the code")
    if len(found) != 1:
        raise CannotEdit("where the list is written is not certain")
    path, end = found[0].path, found[0].end - 1
    if places(model).is_built(path):
        raise CannotEdit("a build writes this file")
    if places(model).text(behind.function, path)[found[0].start + 1 : end] != header.text:
        raise CannotEdit("its quotes are more than one sign")
    separator = "," if "," in header.text and ", " not in header.text else ", "
    more = separator.join([*([""] if tokens(header.text) else []), *names])
    return places(model).edits(behind.function, [FileEdit(path, end, end, more)])


def _written(model: Model, role: ListRole, written: CodeList) -> tuple[Place, ...]:
    """Where the one text of a header is written."""
    from cfncors.handlers import written_values

    function, header = written.behind.function, written.header
    if header is None or header.text is None or header.place is None or function.source is None:
        return ()
    path = header.place.path
    text = places(model).text(function, path)
    return written_values(function.source, path, text, HEADER[role], header.text)
