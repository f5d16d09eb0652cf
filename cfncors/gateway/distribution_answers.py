"""What a CloudFront distribution answers: what is behind it, kept copies, and the response headers policy on top.

Amazon CloudFront Developer Guide, "HTTP 403 status code (Invalid method)", "Cache content based on request headers",
"Understand response headers policies" and "Create a custom error page for specific HTTP status codes".
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import cache
from typing import TYPE_CHECKING, Final

from cfncors.gateway import respond as front_door
from cfncors.gateway.answer import SUCCESS, Answer, Loss, Sent, path_of, request_headers
from cfncors.gateway.bucket import BUCKET, bucket
from cfncors.gateway.cdn_paths import origin_path, taking
from cfncors.gateway.demands import demanded_headers
from cfncors.gateway.model import (
    ALLOW_CREDENTIALS,
    ALLOW_HEADERS,
    ALLOW_METHODS,
    ALLOW_ORIGIN,
    ANY_METHODS,
    EXPOSE_HEADERS,
    MAX_AGE,
    NO_AUTHORIZATION,
    AttachedPolicy,
    Behavior,
    Distribution,
    Door,
    FunctionUrl,
    Method,
    Model,
)
from cfncors.gateway.policy import Policy, Role, allows

if TYPE_CHECKING:
    from cfncors.browser import Request

_NAMES: Final = {
    ALLOW_ORIGIN: "Access-Control-Allow-Origin",
    ALLOW_CREDENTIALS: "Access-Control-Allow-Credentials",
    ALLOW_METHODS: "Access-Control-Allow-Methods",
    ALLOW_HEADERS: "Access-Control-Allow-Headers",
    EXPOSE_HEADERS: "Access-Control-Expose-Headers",
    MAX_AGE: "Access-Control-Max-Age",
}
OTHER: Final = "https://another-page.example"
#: Other questions that preflights ask.
_QUESTIONS: Final = {
    "access-control-request-method": ("PUT", "DELETE"),
    "access-control-request-headers": ("x-another", "x-yet-another"),
}
_KEPT: Final = "the copy that CloudFront keeps is the same for all origins: whoever asked first decides"


def respond(model: Model, distribution: Distribution, request: Request, outcome: str = SUCCESS) -> Answer:
    """The answer to a viewer's request for the path of its URL; ``outcome`` is one of the front door behind it."""
    behavior = taking(distribution, path_of(request.url))
    if behavior is None or behavior.allowed is None:
        return _open("a cache behavior that cannot be read here decides")
    if behavior.edge:
        return _open("code at the edge (a CloudFront Function or Lambda@Edge) may answer or change the answer")
    if request.method not in behavior.allowed:
        return _error_page(distribution, _invalid_method(request)._replace(node=behavior.key))
    behind = [_failing_over(behavior, request, answer) for answer in _behind(model, behavior, request, outcome)]
    return _error_page(distribution, _one_of([_with_policy(behavior, copy, request) for copy in behind]))


def _open(who: str) -> Answer:
    return Answer(None, "unknown", who, open=who)


def _invalid_method(request: Request) -> Answer:
    """CloudFront's own error. A response headers policy works on answers of the cache and of the origin (Developer
    Guide, "Add or remove HTTP headers in CloudFront responses with a policy"), of which this is neither."""
    what = f"from CloudFront: the cache behavior does not allow {request.method}"
    doubt = "whether a response headers policy applies to CloudFront's own errors is not documented"
    return Answer(403, "CloudFront", what, confidence="inferred", doubts=(doubt,))


def _error_page(distribution: Distribution, answer: Answer) -> Answer:
    if answer.status not in distribution.error_pages:
        return answer
    return _open(f"a custom error page takes the place of {answer.status}: its own behavior decides")


# -- the front door behind --------------------------------------------------------------------------------------------


def _behind(model: Model, behavior: Behavior, request: Request, outcome: str) -> list[Answer]:
    """The origin's answer, and the others of which a copy may be kept in its place."""
    door = origin_door(model, behavior)
    if door is None:
        return [_open("the origin is not a front door of this template")]
    if behavior.forwarded is None and not behavior.forwards_all:
        return [_open("which request headers reach the origin is not known")]
    if "origin" in behavior.added and behavior.added["origin"] is None:
        return [_open("CloudFront itself sets Origin, to a value that is not known")]
    asked = request._replace(url=f"https://origin.example{origin_path(door, behavior, path_of(request.url))}")
    kept = behavior.keyed is not None and is_kept(behavior, request.method)
    sharing = [asked, *_sharing(behavior, asked)] if kept else [asked]
    answer, *others = [front_door.respond(model, door, _reaching(behavior, each), outcome) for each in sharing]
    return [_explained(model, door, behavior, asked, outcome, answer), *others]


def _explained(model: Model, door: Door, behavior: Behavior, asked: Request, outcome: str, answer: Answer) -> Answer:
    """The answer, with the request headers for want of which it is no better."""
    needed: tuple[str, ...] = ()
    if answer.status in (401, 403) and "authorization" in request_headers(asked):
        needed = ("Authorization",) if asked.method != "OPTIONS" else ()
    elif not answer.open and answer.header(ALLOW_ORIGIN) is None:
        needed = ("Origin", "Access-Control-Request-Method") if asked.method == "OPTIONS" else ("Origin",)
    lost = [name for name in needed if not _passes(behavior, name.lower())]
    if lost and "Origin" in needed and front_door.respond(model, door, asked, outcome).header(ALLOW_ORIGIN) is None:
        lost = []
    return answer._replace(losses=tuple(Loss(name, door.logical_id, behavior.pattern) for name in lost))


def _passes(behavior: Behavior, name: str) -> bool:
    """Whether a request header (lower case) may reach the origin. Authorization is taken out of GET and HEAD alone for
    certain (Developer Guide, "HTTP request headers and CloudFront behavior"); see :func:`takes_authorization`."""
    return behavior.forwards_all or behavior.forwarded is None or name in (*behavior.forwarded, *behavior.added)


def _failing_over(behavior: Behavior, request: Request, answer: Answer) -> Answer:
    """The answer of a group's first origin, unless the second one is asked: for GET, HEAD and OPTIONS, with the
    statuses that are listed (Developer Guide, "Request and response behavior for origin groups")."""
    if answer.status not in behavior.failover or request.method not in ("GET", "HEAD", "OPTIONS"):
        return answer
    return _open(f"the second origin of the group answers in the place of {answer.status}")


def origin_door(model: Model, behavior: Behavior) -> Door | None:
    """The front door behind a behavior, as CloudFront meets it; a bucket may have no CORS. A function URL asks nobody
    for a signature when CloudFront signs (Developer Guide, "Restrict access to an AWS Lambda function URL origin";
    that OPTIONS is signed too was recorded in "AWS Lambda with CloudFront: CORS, authorization and caching
    examples")."""
    if behavior.origin is None:
        return None
    found = next((door for door in model.doors if door.logical_id == behavior.origin), None)
    if isinstance(found, FunctionUrl) and behavior.signs:
        return found._replace(methods=tuple(m._replace(authorization=NO_AUTHORIZATION) for m in found.methods))
    resource = model.template.resources.get(behavior.origin)
    if found is not None or resource is None or resource.type != BUCKET:
        return found
    return bucket(model.template, resource)


def is_kept(behavior: Behavior, verb: str) -> bool:
    """Whether CloudFront keeps the answers to a method (Developer Guide, "Cached HTTP methods")."""
    return behavior.caches and verb in (behavior.cached or frozenset(("GET", "HEAD")))


def _reaching(behavior: Behavior, request: Request) -> Request:
    """The request with the headers that the origin sees: those that are forwarded and those that CloudFront sets itself
    (Developer Guide, "Add custom headers to origin requests"). Without Origin it says no origin."""
    headers, origin = list(request.headers), request.origin
    if not behavior.forwards_all:
        forwarded = behavior.forwarded or frozenset()
        headers = [(name, value) for name, value in headers if name.lower() in forwarded]
        origin = origin if "origin" in forwarded else ""
    headers = [(name, value) for name, value in headers if name.lower() not in behavior.added]
    headers += [(name, value) for name, value in behavior.added.items() if value is not None and name != "origin"]
    return request._replace(headers=headers, origin=behavior.added.get("origin", origin) or "")


def _sharing(behavior: Behavior, request: Request) -> Iterator[Request]:
    """Other requests that the same copy answers: a page elsewhere, none at all, another question."""
    keyed = behavior.keyed or frozenset()
    if "origin" not in keyed:
        rest = [(name, value) for name, value in request.headers if name.lower() != "origin"]
        yield request._replace(origin=OTHER, headers=rest)
        if request.method != "OPTIONS":
            yield request._replace(origin="", headers=rest)
    given = request_headers(request)
    for lower, values in _QUESTIONS.items():
        if request.method == "OPTIONS" and lower not in keyed:
            rest = [(name, text) for name, text in request.headers if name.lower() != lower]
            yield request._replace(headers=[*rest, (lower, next(v for v in values if v != given.get(lower)))])


def _one_of(copies: list[Answer]) -> Answer:
    """The first answer, where the others do not differ: which of them is kept is for whoever asks first."""
    answer, *others = copies
    if answer.open or not others:
        return answer
    if any(other.open or other.status != answer.status for other in others):
        return answer._replace(open=_KEPT, shared=True)
    names = dict.fromkeys(sent.name for each in copies for sent in each.headers if sent.is_cors)
    varying = {name for name in names if len({_text(each, name) for each in copies}) > 1}
    fixed = tuple(sent for sent in answer.headers if sent.name not in varying)
    return answer._replace(
        headers=(*fixed, *(Sent(name, None, _KEPT, shared=True) for name in names if name in varying))
    )


def _text(answer: Answer, name: str) -> str | None:
    sent = answer.header(name.lower())
    return sent.text if sent is not None else ""


# -- the response headers policy --------------------------------------------------------------------------------------


def _with_policy(behavior: Behavior, answer: Answer, request: Request) -> Answer:
    """The answer after the response headers policy. It adds headers and answers nothing by itself."""
    if behavior.opaque_policy or len(behavior.policies) > 1:
        return _unseen(answer, request)
    if not behavior.policies or not request.origin:
        return answer
    attached = behavior.policies[0]
    added = _added(attached.policy, request, attached.managed is not None)
    if attached.override is None:
        return _unseen(answer, request)
    if answer.open:
        return _on_open(answer, added, attached, request)
    if attached.override:
        kept = tuple(sent for sent in answer.headers if sent.lower not in _configured(attached.policy))
        headers = (*kept, *added)
    else:
        sent_already = {sent.lower for sent in answer.headers}
        headers = (*answer.headers, *(sent for sent in added if sent.lower not in sent_already))
    doubts = tuple(dict.fromkeys((*answer.doubts, *(sent.doubt for sent in added if sent.doubt))))
    return answer._replace(headers=headers, doubts=doubts, confidence="inferred" if doubts else answer.confidence)


def _on_open(answer: Answer, added: tuple[Sent, ...], attached: AttachedPolicy, request: Request) -> Answer:
    """Over an answer that code gives. A preflight stays open: its status counts as well."""
    if request.method == "OPTIONS" or not attached.override or not any(sent.lower == ALLOW_ORIGIN for sent in added):
        return answer
    what = f"{answer.what}, with {attached.policy.what}"
    return answer._replace(open="", shared=False, what=what, headers=added, confidence="inferred")


def _unseen(answer: Answer, request: Request) -> Answer:
    """Under a policy that cannot be seen, whose headers may come or not."""
    if answer.open:
        return answer
    why = "a response headers policy that cannot be read here may set it"
    rest = tuple(sent for sent in answer.headers if not sent.is_cors)
    names = (ALLOW_ORIGIN, ALLOW_CREDENTIALS, *((ALLOW_METHODS, ALLOW_HEADERS) if request.method == "OPTIONS" else ()))
    return answer._replace(headers=(*rest, *(Sent(_NAMES[name], None, why) for name in names)))


def _configured(policy: Policy) -> set[str]:
    """The headers that a policy has a value for: what it replaces."""
    roles: dict[Role, str] = {
        "origins": ALLOW_ORIGIN,
        "methods": ALLOW_METHODS,
        "headers": ALLOW_HEADERS,
        "expose": EXPOSE_HEADERS,
        "max-age": MAX_AGE,
    }
    found = {name for role, name in roles.items() if policy.setting(role) is not None}
    return {*found, ALLOW_CREDENTIALS} if policy.credentials else found


def _added(policy: Policy, request: Request, managed: bool) -> tuple[Sent, ...]:
    """What a policy adds for a page: nothing for an origin that it does not name. Managed ones expose headers with
    preflights alone (Developer Guide, "Use managed response headers policies")."""
    origin = _allow_origin(policy, request.origin)
    if origin is None:
        return ()
    found = [origin]
    if policy.credentials is not False:
        text = "true" if policy.credentials else None
        found.append(Sent(_NAMES[ALLOW_CREDENTIALS], text, "whether credentials are allowed is not known"))
    preflight = request.method == "OPTIONS" and "access-control-request-method" in request_headers(request)
    if preflight:
        found += _listed(policy, "methods", ALLOW_METHODS)
        found += _listed(policy, "headers", ALLOW_HEADERS)
        found += _listed(policy, "max-age", MAX_AGE)
    if preflight or not managed:
        found += _listed(policy, "expose", EXPOSE_HEADERS)
    return tuple(found)


def _allow_origin(policy: Policy, origin: str) -> Sent | None:
    """Developer Guide, "Understand response headers policies": ``*``, an origin, or ``*`` as the leftmost label."""
    setting = policy.setting("origins")
    node = setting.key if setting is not None else None
    anybody = allows(policy, "origins", lambda pattern: pattern == "*")
    if anybody:
        return Sent(_NAMES[ALLOW_ORIGIN], "*", node=node)
    named = allows(policy, "origins", lambda pattern: pattern == origin)
    wide = named or allows(policy, "origins", lambda pattern: covers(pattern, origin))
    if wide is None or anybody is None:
        return Sent(_NAMES[ALLOW_ORIGIN], None, f"whether {policy.what} names this origin is not known", node=node)
    if not wide:
        return None
    doubt = "" if named else "that CloudFront answers a pattern with the page's own origin is not documented"
    return Sent(_NAMES[ALLOW_ORIGIN], origin, doubt=doubt, node=node, copied=True)


def covers(pattern: str, origin: str) -> bool:
    """Whether an entry of a policy is for an origin. One without a scheme is for each scheme."""
    if "://" not in pattern:
        origin = origin.partition("://")[2]
    return _compiled(pattern.lower()).fullmatch(origin) is not None


@cache
def _compiled(pattern: str) -> re.Pattern[str]:
    return re.compile(".+".join(map(re.escape, pattern.split("*"))))


def _listed(policy: Policy, role: Role, name: str) -> list[Sent]:
    setting = policy.setting(role)
    if setting is None:
        return []
    sides = list(setting.alternatives())
    if len(sides) != 1 or sides[0] is None or any(len(item.known) != 1 for item in setting.items):
        return [Sent(_NAMES[name], None, "its value is not known", node=setting.node)]
    texts = ANY_METHODS if role == "methods" and "ALL" in sides[0] else sides[0]
    return [Sent(_NAMES[name], ", ".join(texts), node=setting.node)] if texts else []


# -- outcomes ---------------------------------------------------------------------------------------------------------


def successes(model: Model, distribution: Distribution, method: Method) -> tuple[str, ...]:
    """What the route behind comes to when all goes well: where CloudFront takes the token away, a refusal."""
    door = _door_of(model, distribution, method)
    if door is None:
        return (SUCCESS,)
    if takes_authorization(distribution, method):
        return front_door.client_errors(model, door, method)[:1]
    return front_door.successes(model, door, method)


def takes_authorization(distribution: Distribution, method: Method) -> bool:
    """Whether a route demands the Authorization that CloudFront takes out of requests for it: it does so for GET and
    HEAD, unless the header is in the cache key or all headers are forwarded (Developer Guide, "Configure CloudFront to
    forward the Authorization header")."""
    behavior = taking(distribution, method.path)
    if behavior is None or method.verb not in ("GET", "HEAD") or "authorization" not in demanded_headers(method):
        return False
    return not _passes(behavior, "authorization") and method.authorization.kind != "unknown"


def client_errors(model: Model, distribution: Distribution, method: Method, verb: str | None = None) -> tuple[str, ...]:
    """The 4XX outcomes of the route behind."""
    door = _door_of(model, distribution, method)
    return front_door.client_errors(model, door, method, verb) if door is not None else ()


def server_errors(model: Model, distribution: Distribution, method: Method, verb: str | None = None) -> tuple[str, ...]:
    """The 5XX outcomes of the route behind."""
    door = _door_of(model, distribution, method)
    return front_door.server_errors(model, door, method, verb) if door is not None else ()


def _door_of(model: Model, distribution: Distribution, method: Method) -> Door | None:
    behavior = taking(distribution, method.path)
    return origin_door(model, behavior) if behavior is not None else None
