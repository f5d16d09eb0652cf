"""What code answers, as the front doors take it for a simulation."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from cfncors.functions.found import Function, Functions, shown
from cfncors.gateway.model import ALLOW_ORIGIN, Code, CodeAnswer, CodeHeader, Model

if TYPE_CHECKING:
    from cfncors.handlers import Handler, OriginChoice, Response


def with_code(model: Model, functions: Functions) -> Model:
    """The model with what the code of its ``functions`` answers, for a simulation."""
    found: dict[str, Code] = {}
    for name, function in functions.all.items():
        handler = functions.handler(function)
        if handler is not None:
            found[name] = _code(handler, functions.root, _environment(model, function, handler))
    return model._replace(code=found) if found else model


def _environment(model: Model, function: Function, handler: Handler) -> str | None:
    """The origin that code takes from its environment, where that is all that it sends and the template says it."""
    names = {each.texts for each in handler.origins if each.kind == "environment"}
    if len(names) != 1 or len({each.kind for each in handler.origins}) != 1:
        return None
    ((name,),) = names
    return model.template.known(function.environment.get(name))


def _code(handler: Handler, root: str, environment: str | None) -> Code:
    listed, reflects = _chosen(handler.origins)
    answers = tuple(answer for each in handler.responses for answer in _answers(each, root, environment))
    return Code(answers, handler.complete, listed, reflects)


def _answers(response: Response, root: str, environment: str | None) -> Iterator[CodeAnswer]:
    headers = {name: CodeHeader(header.name, header.values, header.always) for name, header in response.headers.items()}
    own = headers.get(ALLOW_ORIGIN)
    if own is not None and None in own.values and environment is not None:
        headers[ALLOW_ORIGIN] = own._replace(values=(environment,))
    place = f"{shown(response.place.path, root)}:{response.place.line}"
    for status in response.statuses:
        number = status if isinstance(status, int) else None
        is_error = response.kind == "error"
        yield CodeAnswer(number, headers, response.is_open, is_error, response.preflight, place, response.denied)


def _chosen(origins: tuple[OriginChoice, ...]) -> tuple[tuple[str, ...] | None, bool]:
    """The origins that code picks from, where that is the only way in which it chooses."""
    kinds = {each.kind for each in origins}
    if kinds == {"reflected"}:
        return None, True
    if kinds and kinds <= {"list", "literal"} and "list" in kinds:
        return tuple(dict.fromkeys(text for each in origins for text in each.texts)), False
    return None, False
