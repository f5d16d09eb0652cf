"""Whether pages of other origins call a front door: one table of what says so in a template.

==========================  ========================================================================================
``configuration``           a CORS setting: SAM's ``Cors``, ``CorsConfiguration``, ``Cors`` of a function URL, the rules
                            of a bucket, the CORS of a response headers policy
``options route``           an OPTIONS method or route that somebody wrote
``response header``         an Access-Control header among an integration's responses
``code``                    an Access-Control-Allow-Origin that a function's code sends, itself or by a library
                            (:mod:`cfncors.functions.evidence` adds those in files)
``gateway response``        a gateway response that names an origin, allows credentials, or lists methods or headers
``in front``                a distribution with CORS in a response headers policy, or with code at the edge, in front of
                            it: pages call that one, and the front door itself is not asked
``behind``                  a front door with evidence behind a distribution
==========================  ========================================================================================

``'*'`` alone on gateway responses is *weak*: a careful author gives it to every API, and only errors can be read then.
A front door without any evidence is *closed*: that pages cannot call it is no fault.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Final, Literal, NamedTuple

from cfncors.gateway.expressions import literal
from cfncors.gateway.model import ALLOW_ORIGIN, Distribution, FunctionUrl, HttpApi, RestApi
from cfncors.template import Known, leaves

if TYPE_CHECKING:
    from cfncors.gateway.model import Door, GatewayResponse, Header, Model
    from cfncors.source import Node

EvidenceKind = Literal[
    "configuration", "options route", "response header", "code", "gateway response", "in front", "behind"
]
_ALLOWING: Final = "access-control-allow-"


class Evidence(NamedTuple):
    """What says that pages of other origins call a front door, and where it is written."""

    kind: EvidenceKind
    node: Node
    #: only errors of API Gateway's own can be read because of it
    weak: bool = False


def evidence(model: Model) -> dict[str, Evidence]:
    """What a model says by itself, by the logical id of the front door. Closed front doors are not in it."""
    found: dict[str, Evidence] = {}
    for door in model.doors:
        own = _own(door)
        if own is not None:
            found[door.logical_id] = own
    for distribution in model.distributions:
        _through(distribution, found)
    return found


def through_distributions(model: Model, found: dict[str, Evidence]) -> dict[str, Evidence]:
    """The same with what has been found out of front doors behind distributions."""
    for distribution in model.distributions:
        _through(distribution, found)
    return found


def _own(door: Door) -> Evidence | None:
    if isinstance(door, RestApi):
        return _of_rest(door)
    if isinstance(door, Distribution):
        return None
    if door.policies:
        return Evidence("configuration", door.policies[0].key)
    if isinstance(door, HttpApi):
        return _of_routes(door)
    return _of_code(door.code) if isinstance(door, FunctionUrl) else None


def _of_code(node: Node | None) -> Evidence | None:
    return Evidence("code", node) if node is not None else None


def _of_routes(api: HttpApi) -> Evidence | None:
    """An HTTP API without a configuration."""
    options = next((method.key for method in api.methods if method.is_options), None)
    return Evidence("options route", options) if options is not None else _of_code(api.code)


def _of_rest(api: RestApi) -> Evidence | None:
    if api.cors is not None and ALLOW_ORIGIN in api.cors.headers:
        return Evidence("configuration", api.cors.key)
    for method in api.methods:
        if method.is_options and method.origin != "cors":
            return Evidence("options route", method.key)
    for method in api.methods:
        for response in method.integration.responses if method.integration is not None else ():
            key = _allowing(response.headers.values())
            if key is not None:
                return Evidence("response header", key)
    return _of_code(api.code) or _of_gateway_responses(api.all_gateway_responses)


def _of_gateway_responses(responses: Iterable[GatewayResponse]) -> Evidence | None:
    """Gateway responses: one that says more than ``'*'`` before those that do not."""
    weak: Evidence | None = None
    for response in responses:
        key = _allowing(response.headers.values())
        if key is None:
            continue
        if any(_says_more(header) for header in response.headers.values()):
            return Evidence("gateway response", key)
        weak = weak or Evidence("gateway response", key, weak=True)
    return weak


def _allowing(headers: Iterable[Header]) -> Node | None:
    return next((header.key for header in headers if header.lower.startswith(_ALLOWING)), None)


def _says_more(header: Header) -> bool:
    """Whether a header says more of pages than that any of them may read errors."""
    if header.lower != ALLOW_ORIGIN:
        return header.lower.startswith("access-control-")
    return not all(isinstance(leaf, Known) and _text(leaf) == "*" for leaf in leaves(header.value))


def _text(leaf: Known) -> str:
    inner = literal(leaf.text)
    return (leaf.text if inner is None else inner).strip()


def _through(distribution: Distribution, found: dict[str, Evidence]) -> None:
    """Evidence goes both ways between a distribution and what is behind it."""
    policies = [each.policy for behavior in distribution.behaviors for each in behavior.policies]
    if policies:
        found.setdefault(distribution.logical_id, Evidence("configuration", policies[0].key))
    for behavior in distribution.behaviors:
        if behavior.origin is None:
            continue
        behind = found.get(behavior.origin)
        if behind is not None:
            found.setdefault(distribution.logical_id, Evidence("behind", behavior.key, behind.weak))
        if behavior.policies or behavior.opaque_policy or (behavior.edge and behind is not None):
            found[behavior.origin] = Evidence("in front", behavior.key)
