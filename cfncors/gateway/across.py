"""Which behaviors of CloudFront distributions serve pages of other origins.

A site is a distribution with its pages and its API behind one host name: the pages there call the API without CORS, and
that the API has CORS says nothing of requests that come through the distribution.
"""

from __future__ import annotations

from cfncors.gateway.coded_answers import code_of
from cfncors.gateway.model import (
    ALLOW_ORIGIN,
    Behavior,
    Bucket,
    Distribution,
    Door,
    Method,
    Model,
    RestApi,
    normal_path,
)
from cfncors.source import Scalar, Sequence


def is_called(model: Model, name: str, path: str) -> bool:
    """Whether pages of other origins are known to call a path of an open front door, by its logical id: all of an API,
    and of a distribution the behaviors with CORS of their own or in front of a door that says so itself. Where code
    alone says so of an HTTP API, it says so of the routes that this code answers: webhooks lie beside them."""
    from cfncors.gateway.cdn_paths import taking

    api = next((each for each in model.http_apis if each.logical_id == name), None)
    if api is not None and model.evidence[name].kind == "code":
        return any(_may_send(model, m) for m in api.methods if normal_path(m.path) == normal_path(path))
    distribution = next((each for each in model.distributions if each.logical_id == name), None)
    behavior = taking(distribution, path) if distribution is not None else None
    if distribution is None or behavior is None or behavior.policies:
        return True
    door = front_door_of(model, behavior)
    found = model.evidence.get(door.logical_id) if door is not None else None
    says_so = found is not None and found.kind != "in front"
    return door is not None and says_so and is_meant(model, distribution, behavior, door)


def _may_send(model: Model, method: Method) -> bool:
    """Whether the code behind a route sends Access-Control-Allow-Origin on some way, or was not read whole."""
    code = code_of(model, method)
    if code is None or not code.complete:
        return True
    return any(ALLOW_ORIGIN in answer.headers or answer.is_open for answer in code.answers)


def front_door_of(model: Model, behavior: Behavior) -> Door | None:
    """The front door behind a behavior, when it has CORS of its own."""
    return next((door for door in model.doors if door.logical_id == behavior.origin), None)


def has_cors(model: Model, door: Door) -> bool:
    """Whether a front door says by itself that pages of other origins call it."""
    if isinstance(door, RestApi):
        found = model.called(door)
        return door.complete and found is not None and found.kind != "in front"
    return bool(door.policies)


def is_called_across(model: Model, distribution: Distribution) -> bool:
    """Whether all that a distribution serves is APIs: their pages are elsewhere. Beside pages of its own, an API's CORS
    may be for those who call it directly."""
    doors = [front_door_of(model, behavior) for behavior in distribution.behaviors]
    if any(door is None or isinstance(door, Bucket | Distribution) for door in doors):
        return False
    config = distribution.resource.get("DistributionConfig")
    return not any(
        "DefaultRootObject" in side
        for side in model.template.branches(config)
        if not isinstance(side, Scalar | Sequence)
    )


def is_meant(model: Model, distribution: Distribution, behavior: Behavior, door: Door) -> bool:
    """Whether a behavior in front of a door with CORS is for requests of other origins."""
    if isinstance(door, Bucket):
        # Legacy settings forward Origin unasked; what is asked for is in the key as well.
        asked = behavior.forwarded if "CachePolicyId" in behavior.node else behavior.keyed
        return "OPTIONS" in (behavior.allowed or ()) or "origin" in (asked or ())
    return is_called_across(model, distribution)
