"""What routes demand of the lists in their preflight's answer: Allow-Methods and Allow-Headers."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from typing import Final, NamedTuple

from cfncors.gateway.expressions import static_texts, tokens
from cfncors.gateway.model import (
    ALLOW_CREDENTIALS,
    ALLOW_METHODS,
    Header,
    IntegrationResponse,
    Method,
    Model,
    RestApi,
)
from cfncors.gateway.preflight import Preflight, preflights

BODY_METHODS: Final = frozenset(("POST", "PUT", "PATCH"))


def with_evidence(model: Model) -> Iterator[RestApi]:
    """The APIs that pages of other origins are known to call, and whose definition is seen."""
    return (api for api in model.rest_apis if api.complete and api.evidence is not None)


class Demand(NamedTuple):
    """Names that one header of one preflight lacks, from all the routes that it answers for."""

    api: RestApi
    preflight: Preflight
    response: IntegrationResponse
    header: Header | None
    names: dict[str, str]  # name -> the first route that demands it


def demands(model: Model, header: str, wanted: Callable[[Method], Iterable[str]]) -> Iterator[Demand]:
    """What routes demand of a header that their preflight does not list; one demand for one written value."""
    found: dict[int, Demand] = {}
    for api in with_evidence(model):
        for preflight in preflights(api):
            response = preflight.response
            if response is None or header in response.overrides:
                continue
            given = response.headers.get(header)
            asked = {
                n: f"{m.verb} {m.path}" for m in api.on_path(preflight.path) if not m.is_options for n in wanted(m)
            }
            missing = [name for name in asked if is_missing(given, name, credentialed(response))]
            if not missing:
                continue
            place = given.node if given is not None else preflight.method.key
            demand = found.setdefault(id(place), Demand(api, preflight, response, given, {}))
            for name in missing:
                demand.names.setdefault(name, asked[name])
    yield from found.values()


def credentialed(response: IntegrationResponse) -> bool:
    texts = static_texts(response.headers.get(ALLOW_CREDENTIALS))
    return bool(texts) and "true" in (texts or ())


def is_missing(header: Header | None, name: str, credentialed: bool) -> bool:
    """Whether no possible value of the header allows ``name``. ``*`` allows all only without credentials (Fetch,
    CORS-preflight fetch, steps 7.6 and 7.8); method names are compared as they are, header names in lower case."""
    if header is None:
        return True
    texts = static_texts(header)
    if texts is None:
        return False
    is_method = header.lower == ALLOW_METHODS
    for text in texts:
        listed = tokens(text)
        if ("*" in listed and not credentialed) or name in (listed if is_method else [t.lower() for t in listed]):
            return False
    return True
