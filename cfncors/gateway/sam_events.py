"""Events of SAM's functions and state machines that belong to an API."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final, NamedTuple, TypeVar

from cfncors.gateway import parameters
from cfncors.source import Mapping, Scalar
from cfncors.template import Resource, Template, scalar_text
from cfncors.template.intrinsics import ref

E = TypeVar("E")


class Kind(NamedTuple):
    """A type of event: what may own it, which property names its API, and the API that is meant without one."""

    type: str
    owners: tuple[str, ...]
    link: str
    implicit: str


API: Final = Kind(
    "Api", ("AWS::Serverless::Function", "AWS::Serverless::StateMachine"), "RestApiId", "ServerlessRestApi"
)
HTTP_API: Final = Kind("HttpApi", ("AWS::Serverless::Function",), "ApiId", "ServerlessHttpApi")


def events_by_api(
    template: Template, kind: Kind, read: Callable[[Template, Resource, Scalar, Mapping], E | None]
) -> dict[str, list[E]]:
    """The events of a kind by the API that they belong to; ``read`` makes one of an event's owner, its key and its
    properties (empty where it has none), or nothing."""
    found: dict[str, list[E]] = {}
    for owner in template.of_type(*kind.owners):
        section = parameters.mapping(owner.get("Events"))
        for _, entry in section.items() if section is not None else ():
            event = parameters.mapping(entry.value)
            if event is None or scalar_text(event.get("Type")) != kind.type:
                continue
            properties = parameters.mapping(event.get("Properties")) or Mapping([], event.start, event.end, True)
            api = properties.get(kind.link)
            name = kind.implicit if api is None else ref(api) or scalar_text(api)
            made = read(template, owner, entry.key, properties)
            if made is not None and name is not None:
                found.setdefault(name, []).append(made)
    return found
