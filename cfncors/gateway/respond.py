"""What a front door answers to a request, whichever it is: ``respond(model, door, request, outcome)``."""

from __future__ import annotations

from functools import cache
from importlib import import_module
from typing import TYPE_CHECKING, Final, Protocol, TypeVar, cast

from cfncors.gateway.answer import SUCCESS, Answer
from cfncors.gateway.model import Door, Method, Model
from cfncors.gateway.policy import FrontDoor
from cfncors.gateway.refusals import exists
from cfncors.gateway.routing import Match, route

if TYPE_CHECKING:
    from cfncors.browser import Request

#: Front door -> the module that answers for it; each is loaded with its first request.
_ANSWERS: Final[dict[FrontDoor, str]] = {
    "rest": "rest_answers",
    "http": "http_answers",
    "url": "url_answers",
    "s3": "bucket_answers",
    "cdn": "distribution_answers",
}

AnyDoor = TypeVar("AnyDoor", bound=Door)


class _Answers(Protocol):
    """What such a module has."""

    def respond(self, model: Model, door: Door, request: Request, outcome: str) -> Answer: ...
    def successes(self, model: Model, door: Door, method: Method) -> tuple[str, ...]: ...
    def client_errors(self, model: Model, door: Door, method: Method, verb: str | None = None) -> tuple[str, ...]: ...
    def server_errors(self, model: Model, door: Door, method: Method, verb: str | None = None) -> tuple[str, ...]: ...


def respond(model: Model, door: Door, request: Request, outcome: str = SUCCESS) -> Answer:
    """The answer to a request whose path is that of its URL.

    ``outcome`` is :data:`~cfncors.gateway.answer.SUCCESS` or one of those that :func:`successes`,
    :func:`client_errors` and :func:`server_errors` name: a type of gateway response (``UNAUTHORIZED``) or a status.
    An OPTIONS request comes as browsers send it, without token, key or signature.
    """
    return _answers(door).respond(model, door, request, outcome)


def successes(model: Model, door: Door, method: Method) -> tuple[str, ...]:
    """What a route answers when all goes well."""
    return _answers(door).successes(model, door, method)


def client_errors(model: Model, door: Door, method: Method, verb: str | None = None) -> tuple[str, ...]:
    """The 4XX outcomes that a route can really have, those that pages meet most often first. ``verb`` is the method of
    the request, where a route takes any; without it, those of all methods."""
    return _answers(door).client_errors(model, door, method, verb)


def server_errors(model: Model, door: Door, method: Method, verb: str | None = None) -> tuple[str, ...]:
    """The 5XX outcomes that a route can really have; ``verb`` as above."""
    return _answers(door).server_errors(model, door, method, verb)


def find(door: Door, verb: str, path: str) -> Match | None:
    """The route that takes ``verb path``."""
    return route(door, verb, path)


def in_world(model: Model, door: AnyDoor) -> AnyDoor:
    """The front door with the methods that exist in the template's world."""
    if model.template.world is None or all(exists(model, method.resource) for method in door.methods):
        return door
    return cast(AnyDoor, door._replace(methods=tuple(m for m in door.methods if exists(model, m.resource))))


def _answers(door: Door) -> _Answers:
    return _module(_ANSWERS[door.front_door])


@cache
def _module(name: str) -> _Answers:
    return cast(_Answers, import_module(f"cfncors.gateway.{name}"))
