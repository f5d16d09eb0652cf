"""947x, what CloudFront keeps and forwards of what the front doors behind it answer CORS by."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Final, NamedTuple

from cfncors.checks.explanations import NO_ALLOW_ORIGIN, REFUSED, anything
from cfncors.checks.registry import rule
from cfncors.checks.remedies import Edits, attempt
from cfncors.checks.storage_cdn import called, preflighted
from cfncors.errors import CannotEdit
from cfncors.findings import Finding, Rule
from cfncors.gateway.across import front_door_of, has_cors, is_meant
from cfncors.gateway.managed_policies import FORWARD_ORIGIN, FORWARD_TO_API, FORWARD_TO_BUCKET
from cfncors.gateway.model import ALLOW_ORIGIN, Behavior, Bucket, Distribution, Door, Model, RestApi
from cfncors.source import Scalar
from cfncors.source.edit import put, replace

if TYPE_CHECKING:
    from cfncors.browser import Request
    from cfncors.facts import Facts
    from cfncors.gateway.answer import Loss

_ANYBODY: Final = "https://app.example.com"
_ORIGIN: Final = "Origin"
_METHOD: Final = "Access-Control-Request-Method"
#: Request header -> what a front door does that does not get it.
_WITHOUT: Final = {_ORIGIN: "sends no CORS headers", _METHOD: "takes OPTIONS for no preflight"}


class _SharedCopy(NamedTuple):
    """A copy that CloudFront keeps for all origins alike, of what a front door sent to whoever asked first."""

    door: str


@rule(
    "W9474", "cdn-cors-cached", "unsafe", doors="cdn", about="advice", explains=(anything(NO_ALLOW_ORIGIN, *REFUSED),)
)
def cdn_cors_cached(rule: Rule, facts: Facts) -> Iterator[Finding]:
    """CloudFront does not forward what CORS headers depend on, or keeps one copy of them for all origins.

    ## Why
    S3 and HTTP APIs answer the origin that asks, and send no CORS headers to a request without `Origin`. CloudFront
    keeps an answer under its cache key. Without `Origin` in the key, whoever asks first (a page of another site, or an
    `<img>`, which sends no `Origin`) decides for everybody until the copy ages out: the page fails on some days and
    works on others. Without forwarding `Origin` at all, the origin never sends the headers, kept or not; and an HTTP
    API knows a preflight by `Access-Control-Request-Method`.

    ## Example
    ```yaml
    CachePolicyId: !Ref KeyedByOrigin       # HeadersConfig: {HeaderBehavior: whitelist, Headers: [Origin]}
    OriginRequestPolicyId: 88a5eaf4-2fd4-4709-b370-b4c650ea3fcf     # CORS-S3Origin
    ```
    A response headers policy with `OriginOverride: true`, whose headers CloudFront sends afresh with each answer, does
    as well.

    ## Fix safety
    Unsafe: where nothing is kept, a managed origin request policy forwards what the front door needs: CORS-S3Origin to
    a bucket, AllViewerExceptHostHeader to the others, which get all else that the page sends too. Where answers are
    kept there is no fix: a copy for each origin, or none, or the headers from a policy is a choice.

    ## References
    - https://docs.aws.amazon.com/AmazonCloudFront/latest/DeveloperGuide/header-caching.html
    - https://docs.aws.amazon.com/AmazonCloudFront/latest/DeveloperGuide/using-managed-origin-request-policies.html
    """
    for distribution in facts.model.distributions:
        for behavior in distribution.behaviors:
            door = front_door_of(facts.model, behavior)
            if door is None or behavior.edge or behavior.opaque_policy or not has_cors(facts.model, door):
                continue
            if not is_meant(facts.model, distribution, behavior, door):
                continue
            why = next(_depending(facts.model, distribution, behavior, door), None)
            if why is None:
                continue
            entry = behavior.node.entry("CachePolicyId") or behavior.node.entry("ForwardedValues")
            place = entry.key if entry is not None else behavior.key
            message = f"{called(behavior, distribution)} {_words(why, behavior)}"
            fix, unfixed = None, None
            if not isinstance(why, _SharedCopy) and not behavior.caches and "CachePolicyId" in behavior.node:
                fix, unfixed = attempt(
                    "forward what the front door needs",
                    "unsafe",
                    lambda behavior=behavior, door=door: _forward(facts.model, behavior, door),  # type: ignore[misc]
                )
            yield Finding(rule, message, place, fix, unfixed, None, (distribution.logical_id,))


def _words(why: Loss | _SharedCopy, behavior: Behavior) -> str:
    if isinstance(why, _SharedCopy):
        return (
            f"keeps one copy for all origins, with the CORS headers that {why.door} sent to whoever asked first: put "
            "Origin in the cache key"
        )
    key = ", and put it in the cache key" if behavior.caches and why.header == _ORIGIN else ""
    return f"does not forward {why.header} to {why.door}, which then {_WITHOUT[why.header]}: forward it{key}"


def _forward(model: Model, behavior: Behavior, door: Door) -> Edits:
    """A managed origin request policy where there is none, or in the place of one that forwards less."""
    managed = FORWARD_TO_BUCKET if isinstance(door, Bucket) else FORWARD_TO_API
    entry = behavior.node.entry("OriginRequestPolicyId")
    document = model.template.document
    if entry is None:
        return put(document, behavior.node, ("OriginRequestPolicyId",), managed, after="CachePolicyId")
    if not isinstance(entry.value, Scalar) or entry.value.text not in (FORWARD_ORIGIN, FORWARD_TO_BUCKET):
        raise CannotEdit("the origin request policy has a reason of its own; list the header there")
    return replace(document, entry.value, managed)


def _depending(
    model: Model, distribution: Distribution, behavior: Behavior, door: Door
) -> Iterator[Loss | _SharedCopy]:
    """Why the CORS headers of what a behavior sends depend on others, or never come."""
    from cfncors.gateway.cdn_paths import taking
    from cfncors.gateway.distribution_answers import is_kept

    page = _page(model, door)
    for method in distribution.methods:
        if method.is_options or page is None or taking(distribution, method.path) is not behavior:
            continue
        verb = "GET" if method.verb == "ANY" else method.verb
        if verb not in (behavior.allowed or ()):
            continue
        own = _request(verb, method.path, page)
        asked_first = _request("OPTIONS", method.path, page) if preflighted(door, method) else None
        lost = _loss(model, distribution, behavior, door, own, asked_first)
        if lost is not None:
            yield lost
        for request in (own, _request("OPTIONS", method.path, page)):
            kept = verb == "GET" and is_kept(behavior, request.method)
            if kept and _is_shared(model, distribution, behavior, door, request):
                yield _SharedCopy(door.logical_id)


def _page(model: Model, door: Door) -> str | None:
    """An origin that a front door is certainly for."""
    if isinstance(door, RestApi):
        from cfncors.gateway.pages import Pages

        return next(iter(Pages(model, door).named), _ANYBODY)
    for policy in door.policies:
        for text in policy.texts("origins") or ():
            # That a function URL answers * with the page's own origin has been seen, and is not documented.
            if text in ("*", "http*") and door.front_door != "url":
                return _ANYBODY
            if "://" in text:
                return text.replace("*", "x")
    return None


def _request(verb: str, path: str, origin: str) -> Request:
    from cfncors.browser import Request  # a check that needs no answers is quicker without

    asked = [("Origin", origin)]
    if verb == "OPTIONS":
        asked.append(("Access-Control-Request-Method", "GET"))
    return Request(verb, f"https://cdn.example{path}", origin, asked, "same-origin")


def _direct(behavior: Behavior, door: Door, request: Request, origin: str) -> Request:
    """The request as a page of an origin makes it of the front door itself."""
    from cfncors.gateway.answer import path_of
    from cfncors.gateway.cdn_paths import origin_path

    rest = [(name, value) for name, value in request.headers if name != "Origin"]
    url = f"https://origin.example{origin_path(door, behavior, path_of(request.url))}"
    return request._replace(url=url, origin=origin, headers=rest)


def _allowed(model: Model, door: Door, request: Request) -> tuple[bool, str | None]:
    """Whether it is known which origin a front door's answer allows, and which one."""
    from cfncors.gateway.respond import respond

    answer = respond(model, door, request)
    sent = answer.header(ALLOW_ORIGIN)
    known = not answer.open and (sent is None or sent.text is not None)
    return known, sent.text if sent is not None else None


def _loss(
    model: Model,
    distribution: Distribution,
    behavior: Behavior,
    door: Door,
    request: Request,
    asked_first: Request | None,
) -> Loss | None:
    """Which header the front door would need to send its CORS headers, and does not get."""
    from cfncors.gateway.answer import Loss

    needs = [(request, _ORIGIN)]
    if asked_first is not None and door.front_door == "http":
        needs.append((asked_first, _METHOD))
    for asked, name in needs:
        lower = name.lower()
        if behavior.forwarded is None or behavior.forwards_all or lower in (*behavior.forwarded, *behavior.added):
            continue
        if asked.method not in (behavior.allowed or ()):
            continue
        direct = _allowed(model, door, _direct(behavior, door, asked, asked.origin))
        if direct[0] and direct[1] is not None and _allowed(model, distribution, asked) == (True, None):
            return Loss(name, door.logical_id, behavior.pattern)
    return None


def _is_shared(model: Model, distribution: Distribution, behavior: Behavior, door: Door, request: Request) -> bool:
    """Whether a copy that is kept has CORS headers that are right for some origins alone. Where a policy writes those
    of a preflight, only its status is kept."""
    if request.method == "OPTIONS" and any(attached.override for attached in behavior.policies):
        return False
    from cfncors.gateway.distribution_answers import OTHER
    from cfncors.gateway.respond import respond

    strangers = [OTHER, ""] if isinstance(door, Bucket) and request.method == "GET" else [OTHER]
    answers = [_allowed(model, door, _direct(behavior, door, request, each)) for each in (request.origin, *strangers)]
    if not all(known for known, _ in answers) or len(set(answers)) == 1:
        return False
    return respond(model, distribution, request).is_shared
