"""The code behind a model's front doors, as the rules look at it: which answers of it a page gets, on which routes."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING, Final, NamedTuple, TypeAlias, Union

from cfncors.functions import Function, Functions, speaks_of_cors
from cfncors.gateway.model import ALLOW_ORIGIN, FunctionUrl, HttpApi, Method, Model, RestApi

if TYPE_CHECKING:
    from cfncors.functions.places import Places
    from cfncors.handlers import Handler, Place, Response

Calling: TypeAlias = Union[RestApi, HttpApi, FunctionUrl]

_MOST_ROUTES: Final = 2


class Behind(NamedTuple):
    """A function behind a front door, with the routes that call it (none of them for ``OPTIONS`` alone)."""

    door: Calling
    function: Function
    handler: Handler
    methods: tuple[Method, ...]

    @property
    def answers(self) -> Iterator[Response]:
        """Its responses that a page gets to more than a preflight, if its origin is allowed. One without ``statusCode``
        is none of REST's, and the other front doors make one of their own of it."""
        return (
            response
            for response in self.handler.responses
            if response.preflight is not True and not response.denied and None not in response.statuses
        )

    @property
    def fetched(self) -> Iterator[Response]:
        """The answers that scripts ask for, see :func:`cfncors.functions.navigated.fetched`."""
        from cfncors.functions.navigated import fetched

        return fetched(self.answers)

    @property
    def sends_origin(self) -> bool:
        """Whether some response certainly has the header."""
        return any(ALLOW_ORIGIN in response.headers for response in self.handler.responses)


def behind(model: Model, functions: Functions) -> Iterator[Behind]:
    """Every function whose code is read because it may matter, by front door."""
    doors: tuple[Calling, ...] = (*model.rest_apis, *model.http_apis, *model.function_urls)
    return (each for door in doors for each in _behind(model, functions, door))


def _behind(model: Model, functions: Functions, door: Calling) -> Iterator[Behind]:
    if not door.complete or (isinstance(door, RestApi) and door.private):
        return
    is_called = isinstance(door, RestApi) and model.called(door) is not None
    routes: dict[str, list[Method]] = {}
    for method in door.methods:
        is_proxy = method.integration is not None and method.integration.kind == "aws_proxy"
        function = functions.behind(door, method) if is_proxy and not method.is_options else None
        if function is not None and (is_called or speaks_of_cors(functions, function)):
            routes.setdefault(function.logical_id, []).append(method)
    for name, methods in routes.items():
        function = functions.all[name]
        handler = functions.handler(function)
        if handler is not None:
            yield Behind(door, function, handler, tuple(methods))


def is_left_to_code(door: Calling) -> bool:
    """Whether a front door itself leaves the CORS headers of answers to the code behind it."""
    return isinstance(door, RestApi) or not door.policies


def covered(model: Model) -> set[str]:
    """The front doors, by logical id, to whose answers a distribution adds CORS headers, or may."""
    behaviors = (behavior for distribution in model.distributions for behavior in distribution.behaviors)
    return {
        behavior.origin
        for behavior in behaviors
        if behavior.origin is not None and (behavior.policies or behavior.opaque_policy or behavior.edge)
    }


def names_of(each: Behind) -> Iterator[str]:
    """What calls a function: its routes, ``$default``, the function URL."""
    for method in each.methods:
        if isinstance(each.door, FunctionUrl):
            yield each.door.logical_id
        else:
            yield "$default" if method.origin == "default" else f"{method.verb} {method.path}"


def in_words(names: list[str]) -> str:
    """What calls a function, the first few of many."""
    more = len(names) - _MOST_ROUTES
    if more > 1:
        return f"{', '.join(names[:_MOST_ROUTES])} and {more} other routes"
    return " and ".join([", ".join(names[:-1]), names[-1]]) if len(names) > 1 else names[0]


def places(functions: Functions, followed: Iterable[Behind]) -> Places:
    """The places of the functions' code. Files of the ``followed`` ones that have suppressions in them are read at
    once, so that one that silences nothing is seen."""
    from cfncors.functions.places import Places

    found = Places(functions)
    for each in followed:
        for path in each.handler.files if each.function.source and not each.function.source.inline else ():
            if "cfncors:" in found.text(each.function, path):
                found.file(each.function, path)
    return found


def where(response: Response) -> Place:
    """Where a response is written: its literal, perhaps in a helper, else what returns it."""
    return response.literal or response.place


def sent_at(response: Response) -> Place:
    """Where a response gets its Access-Control-Allow-Origin."""
    header = response.headers.get(ALLOW_ORIGIN)
    return (header.place if header is not None else None) or where(response)
