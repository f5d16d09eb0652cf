"""The CORS headers that a configuration in lists makes a front door send."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING, Final, NamedTuple

from cfncors.gateway.answer import Confidence, Sent, request_headers
from cfncors.gateway.policy import Policy, Role, allows
from cfncors.template import Unknown, leaves

if TYPE_CHECKING:
    from cfncors.browser import Request
    from cfncors.source import Node

_ORIGIN: Final = "Access-Control-Allow-Origin"
_CREDENTIALS: Final = "Access-Control-Allow-Credentials"
#: What a preflight is answered with, and what any other response carries.
_ON_PREFLIGHT: Final[tuple[tuple[Role, str], ...]] = (
    ("methods", "Access-Control-Allow-Methods"),
    ("headers", "Access-Control-Allow-Headers"),
    ("max-age", "Access-Control-Max-Age"),
)
_ON_RESPONSES: Final[tuple[tuple[Role, str], ...]] = (("expose", "Access-Control-Expose-Headers"),)
_SURE: Final[tuple[Confidence, ...]] = ("documented", "observed", "inferred")


class Reading(NamedTuple):
    """How a front door reads its list of origins: patterns that it takes beside exact origins and ``*`` (each ends in
    ``*``), and whether it sends the page's origin for ``*``."""

    patterns: frozenset[str] = frozenset()
    echoes: bool = False


def is_preflight(request: Request) -> bool:
    """Whether a browser asks before a request (Fetch, "CORS-preflight request")."""
    headers = request_headers(request)
    return request.method == "OPTIONS" and "access-control-request-method" in headers and bool(headers["origin"])


def cors_headers(policies: Iterable[Policy], request: Request, reading: Reading) -> tuple[Sent, ...]:
    """The headers in answer to a request; none for an origin that is not allowed. Where one of several configurations
    is deployed, what they do not share is not known."""
    found = [{sent.lower: sent for sent in _of(policy, request, reading)} for policy in policies]
    if len(found) < 2:
        return tuple(sent for each in found for sent in each.values())
    names = dict.fromkeys(name for each in found for name in each)
    return tuple(_shared([each.get(name) for each in found]) for name in names)


def _shared(found: list[Sent | None]) -> Sent:
    first = next(sent for sent in found if sent is not None)
    if all(sent is not None and sent.text == first.text for sent in found):
        return first
    return Sent(first.name, None, "one of several configurations", node=first.node)


def _of(policy: Policy, request: Request, reading: Reading) -> Iterator[Sent]:
    origin = _origin(policy, request_headers(request)["origin"], reading)
    if origin is None:
        return
    yield origin
    credentials = policy.setting("credentials")
    node = credentials.node if credentials is not None else None
    if policy.credentials is None:
        yield _unknown(_CREDENTIALS, policy, "credentials", node)
    elif policy.credentials:
        yield Sent(_CREDENTIALS, "true", node=node)
    for role, name in _ON_PREFLIGHT if is_preflight(request) else _ON_RESPONSES:
        sent = listed(policy, role, name)
        if sent is not None:
            yield sent


def _origin(policy: Policy, origin: str, reading: Reading) -> Sent | None:
    """Access-Control-Allow-Origin for a page, ``None`` when it is not allowed. Origins are compared as they are."""
    if not origin:
        return None
    setting = policy.setting("origins")
    node = setting.node if setting is not None else policy.node

    def fits(text: str) -> bool:
        return text == origin or (text in reading.patterns and origin.startswith(text[:-1]))

    named, anybody = allows(policy, "origins", fits), allows(policy, "origins", "*".__eq__)
    if named or (anybody and reading.echoes):
        return Sent(_ORIGIN, origin, node=node, copied=True)
    if anybody and named is False:
        return Sent(_ORIGIN, "*", node=node)
    if named is False and anybody is False:
        return None
    return _unknown(_ORIGIN, policy, "origins", node)


def listed(policy: Policy, role: Role, name: str, separator: str = ",") -> Sent | None:
    """A list of a configuration as one header; ``None`` when nothing is written, or nothing is in it."""
    setting = policy.setting(role)
    if setting is None:
        return None if policy.complete else _unknown(name, policy, role, policy.node)
    sides = list(setting.alternatives())
    if any(side is None or side != sides[0] for side in sides) or any(len(leaves(i.value)) != 1 for i in setting.items):
        return _unknown(name, policy, role, setting.node)
    return Sent(name, separator.join(sides[0] or ()), node=setting.node) if sides[0] else None


def _unknown(name: str, policy: Policy, role: Role, node: Node | None) -> Sent:
    """A header whose value is not known, with why: a list that is not written out, or an entry of it."""
    setting = policy.setting(role)
    if setting is None:
        return Sent(name, None, f"{policy.what} is not written out", node=node)
    found = (leaf for item in setting.items for leaf in leaves(item.value) if isinstance(leaf, Unknown))
    first = next(found, None)
    if first is not None:
        return Sent(name, None, first.reason, node=node, parameter=first.parameter)
    why = "a list that is not written out" if None in setting.sides else "one of several values"
    return Sent(name, None, why, node=node)


def told(who: str, headers: tuple[Sent, ...]) -> str:
    """Who answers, and whether the configuration has anything to say to this page."""
    return f"{who}, with the configured headers" if headers else f"{who}: CORS is not configured for this origin"


def weakest(*confidences: Confidence) -> Confidence:
    """The least sure of several predictions."""
    return max(confidences, key=_SURE.index)
