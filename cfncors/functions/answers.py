"""What code answers, as the front doors take it for a simulation."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from cfncors.functions.found import Function, Functions, shown
from cfncors.functions.navigated import to_scripts
from cfncors.gateway.model import ALLOW_ORIGIN, Code, CodeAnswer, CodeHeader, CodePlace, Method, Model

if TYPE_CHECKING:
    from cfncors.handlers import Asked, Handler, Header, OriginChoice, Place, Response
    from cfncors.source import Node


def with_code(model: Model, functions: Functions) -> Model:
    """The model with what the code of its ``functions`` answers, for a simulation."""
    found: dict[str, Code] = {}
    for name, function in functions.all.items():
        handler = functions.handler(function)
        if handler is not None:
            made = _Made(functions, function, _environment(model, function, handler))
            follow = made.follow if handler.asks else None
            found[name] = made.code(handler)._replace(follow=follow, node=made.node)
    return model._replace(code=found) if found else model


def _environment(model: Model, function: Function, handler: Handler) -> str | None:
    """The origin that code takes from its environment, where that is all that it sends and the template says it."""
    names = {each.texts for each in handler.origins if each.kind == "environment"}
    if len(names) != 1 or len({each.kind for each in handler.origins}) != 1:
        return None
    ((name,),) = names
    # An empty text is what `||` and `or` replace, so that what is sent in its place is not known.
    return model.template.known(function.environment.get(name)) or None


class _Made:
    """One function's code, from what was followed to what the front doors take. ``environment`` is the origin that the
    template gives it."""

    def __init__(self, functions: Functions, function: Function, environment: str | None) -> None:
        self.functions = functions
        self.function = function
        self.environment = environment
        self._made: dict[Asked, Code] = {}

    def follow(self, verb: str, route: Method) -> Code:
        """What it answers to requests of a method on a route."""
        from cfncors.handlers import Asked

        key = "$default" if route.origin == "default" else f"{route.verb} {route.path}"
        asked = Asked(verb, route.path, key)
        found = self._made.get(asked)
        if found is None:
            handler = self.functions.answering(self.function, asked)
            assert handler is not None, "its code was followed"
            found = self._made[asked] = self.code(handler)
        return found

    def node(self, place: CodePlace) -> Node:
        """What is written at a place of it, in its own file or in the template."""
        from cfncors.functions.places import Places
        from cfncors.handlers import Place

        places = Places(self.functions)
        if places.is_built(place.path):
            return self.function.place  # the file is written anew with each build
        return places.node(self.function, Place(*place[1:]))

    def code(self, handler: Handler) -> Code:
        """What was followed, as the front doors take it."""
        listed, reflects = _chosen(handler.origins)
        answers = tuple(answer for each in to_scripts(handler.responses) for answer in self._answers(handler, each))
        crash = self._at(handler.crash) if handler.crash is not None else None
        return Code(answers, handler.complete, listed, reflects, handler.named, crash)

    def _answers(self, handler: Handler, response: Response) -> Iterator[CodeAnswer]:
        headers = {name: self._header(header) for name, header in response.headers.items()}
        own = headers.get(ALLOW_ORIGIN)
        if own is not None and None in own.values and self.environment is not None:
            headers[ALLOW_ORIGIN] = own._replace(values=(self.environment,))
        library = handler.framework.place if handler.framework is not None else None
        at = self._at(response.literal or library or response.place)
        answer = CodeAnswer(
            None,
            headers,
            response.is_open,
            response.kind == "error",
            response.methods.has,
            self._where(response.place),
            at,
            response.denied,
            response.caught,
        )
        return (answer._replace(status=status) for status in response.statuses)

    def _where(self, place: Place) -> str:
        """A place for people: the file and line; of code in the template the line there."""
        line, source = place.line, self.function.source
        if source is not None and source.inline and place.path == source.path:
            line = self.functions.template.document.position(self.node(self._at(place)).start).line
        return f"{shown(place.path, self.functions.root)}:{line}"

    def _header(self, header: Header) -> CodeHeader:
        at = self._at(header.place) if header.place is not None and header.place.path else None
        return CodeHeader(header.name, header.values, header.always, at)

    def _at(self, place: Place) -> CodePlace:
        return CodePlace(self.function.logical_id, *place)


def _chosen(origins: tuple[OriginChoice, ...]) -> tuple[tuple[str, ...] | None, bool]:
    """The origins that code picks from, where that is the only way in which it chooses."""
    kinds = {each.kind for each in origins}
    if kinds == {"reflected"}:
        return None, True
    if kinds and kinds <= {"list", "literal"} and "list" in kinds:
        return tuple(dict.fromkeys(text for each in origins for text in each.texts)), False
    return None, False
