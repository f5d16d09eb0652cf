"""Which route of a front door takes a request in the deployment that a model stands for."""

from __future__ import annotations

from cfncors.gateway.model import Door, Model
from cfncors.gateway.refusals import exists
from cfncors.gateway.routing import Match, kept, route


def reached(model: Model, door: Door, verb: str, path: str) -> Match | None:
    """The method that takes ``verb path`` among those that are made. Every outcome of a route asks the same, so the
    last answer is kept with the front door."""
    found = kept(door)
    known = found.get((verb, path))
    if known is not None and known[0] is model.template:
        return known[1]
    match = route(door, verb, path, lambda method: exists(model, method.resource))
    found[verb, path] = model.template, match
    return match
