"""The responses of code that a page of another origin cannot read."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, NamedTuple

from cfncors.facts.code import Behind, where
from cfncors.gateway.model import ALLOW_ORIGIN, RestApi

if TYPE_CHECKING:
    from cfncors.facts import Facts
    from cfncors.handlers import Place, Response


class Lacking(NamedTuple):
    """Responses without the header that are written at one place, with the functions that return them."""

    place: Place
    found: tuple[tuple[Behind, tuple[Response, ...]], ...]

    @property
    def responses(self) -> tuple[Response, ...]:
        return tuple(response for _, responses in self.found for response in responses)

    @property
    def is_error(self) -> bool:
        """Whether only error paths come to it."""
        return all(response.kind == "error" for response in self.responses)

    @property
    def statuses(self) -> str:
        """The statuses that it is sent with, in words, as far as they are known."""
        found = {status for response in self.responses for status in response.statuses}
        numbers = sorted(status for status in found if isinstance(status, int))
        return " " + "/".join(map(str, numbers)) if numbers and len(numbers) == len(found) else ""


def lacking(facts: Facts) -> Iterator[Lacking]:
    """Every place in code that makes responses which certainly have no Access-Control-Allow-Origin, once, of the
    functions whose headers reach the page."""
    by_place: dict[Place, list[tuple[Behind, tuple[Response, ...]]]] = {}
    for each in facts.passed_on:
        if not _is_called_across_origins(facts, each):
            continue
        here: dict[Place, list[Response]] = {}
        for response in each.fetched:
            if response.sends(ALLOW_ORIGIN) == "never" and not facts.places.is_built(where(response).path):
                here.setdefault(where(response), []).append(response)
        for place, responses in here.items():
            by_place.setdefault(place, []).append((each, tuple(responses)))
    for place, found in by_place.items():
        yield Lacking(place, tuple(found))


def _is_called_across_origins(facts: Facts, each: Behind) -> bool:
    """Whether pages are known to call it: the API says so, or another response of the same code does."""
    return each.sends_origin or (isinstance(each.door, RestApi) and facts.model.called(each.door) is not None)
