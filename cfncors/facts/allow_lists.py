"""What routes demand of the lists in their preflight's answer, allowed methods and headers, on every front door."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from typing import TYPE_CHECKING, Final, Literal, NamedTuple

from cfncors.gateway.demands import BY_CLOUDFRONT, demanded_headers
from cfncors.gateway.expressions import static_texts, tokens
from cfncors.gateway.model import (
    ALLOW_CREDENTIALS,
    ALLOW_HEADERS,
    ALLOW_METHODS,
    Distribution,
    FunctionUrl,
    Header,
    HttpApi,
    IntegrationResponse,
    Method,
    Model,
    RestApi,
    normal_path,
)
from cfncors.gateway.policy import FrontDoor, Policy
from cfncors.gateway.preflight import Preflight, preflights
from cfncors.gateway.routing import route
from cfncors.source import Node

if TYPE_CHECKING:
    from cfncors.facts.code import Behind
    from cfncors.handlers import Response
    from cfncors.handlers.model import Header as SentHeader

BODY_METHODS: Final = frozenset(("POST", "PUT", "PATCH"))
#: Methods that need no preflight for themselves, nor a place in Allow-Methods (Fetch, "CORS-safelisted method").
SAFELISTED_METHODS: Final = frozenset(("GET", "HEAD", "POST"))

ListRole = Literal["methods", "headers"]
HEADER: Final[dict[ListRole, str]] = {"methods": ALLOW_METHODS, "headers": ALLOW_HEADERS}
#: The same as they are written.
HEADER_NAMES: Final[dict[ListRole, str]] = {
    "methods": "Access-Control-Allow-Methods",
    "headers": "Access-Control-Allow-Headers",
}
#: Front doors that are known, or by their documentation have to be taken, to send ``*`` as it is written. A bucket
#: answers with the names that were asked for (LocalStack's tests ``test_s3_cors``, recorded against AWS); of a
#: function URL it is not known.
_LITERAL_STAR: Final[frozenset[FrontDoor]] = frozenset(("rest", "http", "cdn"))
_EVERY_METHOD: Final = frozenset(("ALL", "ANY"))


# -- routes ------------------------------------------------------------------------------------------------------------


class Route(NamedTuple):
    """Something that pages ask for: ``name`` is for messages, ``method`` is ``None`` when only its verb is known."""

    verb: str
    name: str
    method: Method | None = None

    @property
    def demanded(self) -> tuple[str, ...]:
        """The request headers (lower case) without which it turns a page away."""
        return demanded_headers(self.method) if self.method is not None else ()


def routes(methods: Iterable[Method]) -> tuple[Route, ...]:
    """The routes that a preflight is sent for: all but OPTIONS itself."""
    return tuple(Route(m.verb, route_name(m), m) for m in methods if not m.is_options)


def route_name(method: Method) -> str:
    """A route for messages."""
    return "$default" if method.origin == "default" else f"{method.verb} {method.path}"


def is_preflighted(method: Method) -> bool:
    """Whether a browser certainly asks first: the method is not safelisted, or the API demands a header."""
    return method.verb not in (*SAFELISTED_METHODS, "ANY", "OPTIONS") or bool(demanded_headers(method))


def takes_options(api: RestApi | HttpApi, path: str) -> Method | None:
    """The method that an OPTIONS request to ``path`` reaches."""
    if isinstance(api, RestApi):
        return api.answers_options(path)
    match = route(api, "OPTIONS", path)
    return match.method if match is not None else None


# -- evidence ----------------------------------------------------------------------------------------------------------


def called_rest_apis(model: Model) -> Iterator[RestApi]:
    """The REST APIs that pages of other origins are known to call, and whose definition is seen."""
    return (api for api in model.rest_apis if api.complete and model.called(api))


def called_http_apis(model: Model) -> Iterator[HttpApi]:
    """The same of HTTP APIs."""
    return (api for api in model.http_apis if api.complete and model.called(api))


# -- lists -------------------------------------------------------------------------------------------------------------


class RestList(NamedTuple):
    """Where the preflight of a REST API says it; ``header`` is ``None`` when it does not."""

    api: RestApi
    preflight: Preflight
    response: IntegrationResponse
    header: Header | None


class CodeList(NamedTuple):
    """Where code that answers preflights says it; ``header`` is ``None`` when it does not. ``answers`` are the
    responses that a preflight may get."""

    behind: Behind
    answers: tuple[Response, ...]
    header: SentHeader | None


class AllowList(NamedTuple):
    """One written list, or its absence, with the routes whose preflights answer with it. ``values`` are what it may
    hold, ``None`` where that is not known; ``place`` is where it stands, or where it is missing."""

    role: ListRole
    written: RestList | Policy | CodeList
    place: Node
    values: tuple[tuple[str, ...] | None, ...]
    credentialed: bool
    routes: tuple[Route, ...]
    resources: tuple[str, ...]

    @property
    def policy(self) -> Policy | None:
        """The configuration in lists that it belongs to; ``None`` for a header."""
        return self.written if isinstance(self.written, Policy) else None

    @property
    def is_there(self) -> bool:
        """Whether anything is written."""
        if isinstance(self.written, Policy):
            return self.written.setting(self.role) is not None
        return self.written.header is not None

    @property
    def door(self) -> FrontDoor:
        """The front door whose dialect it is written in: the headers of code are as those of a REST API."""
        return self.policy.door if self.policy is not None else "rest"

    def lacks(self, name: str) -> bool:
        """Whether no possible value allows ``name``, which is in lower case for a header."""
        return not any(value is None or self._allows(value, name, self.door) for value in self.values)

    def _allows(self, listed: tuple[str, ...], name: str, door: FrontDoor) -> bool:
        """``*`` allows all only without credentials (Fetch, CORS-preflight fetch, steps 7.6 and 7.8); method names are
        compared as they are, header names in lower case. In lists ``ALL`` and ``ANY`` are meant for every method; where
        they are wrong E9417 says so."""
        if "*" in listed and not (self.credentialed and door in _LITERAL_STAR):
            return True
        if self.role == "methods":
            return name in listed or (door != "rest" and not _EVERY_METHOD.isdisjoint(listed))
        return any(_fits(text.lower(), name) if door == "s3" else text.lower() == name for text in listed)


def _fits(pattern: str, name: str) -> bool:
    """Whether a bucket's pattern, with at most one ``*``, allows a header (S3 User Guide, "CORS configuration")."""
    head, star, tail = pattern.partition("*")
    return (name.startswith(head) and name.endswith(tail)) if star else name == pattern


def configured(model: Model, role: ListRole) -> Iterator[AllowList]:
    """Every list of allowed methods or headers that a front door's configuration answers preflights with."""
    yield from _of_rest(model, role)
    for api in model.http_apis:
        asked = routes(api.methods)
        for policy in api.policies:
            yield _of_policy(policy, role, asked, api.logical_id)
    answered = {b.origin for d in model.distributions for b in d.behaviors if b.policies}
    for url in model.function_urls:
        for policy in url.policies:
            asked = _named(policy)
            if url.logical_id not in model.signed_for:
                asked = (*map(_as_auth, routes(url.methods)), *asked)
            elif url.logical_id not in answered:  # by a response headers policy, whose own list counts
                asked = _hashed(url, asked)
            yield _of_policy(policy, role, asked, url.logical_id)
    for bucket in model.buckets:
        for policy in bucket.policies:
            found = _of_policy(policy, role, _named(policy), bucket.logical_id)
            # The first rule that fits a request in full answers it, so that another one may allow what this one lacks.
            others = (_of_policy(p, role, (), bucket.logical_id) for p in bucket.policies if _overlap(p, policy))
            yield found._replace(values=tuple(value for each in (found, *others) for value in each.values))
    yield from _of_header_policies(model, role)


def _of_rest(model: Model, role: ListRole) -> Iterator[AllowList]:
    name = HEADER[role]
    for api in (api for api in model.rest_apis if model.called(api)):
        for preflight in preflights(api):
            response = preflight.response
            # Of an API that is not seen whole, only the resource's own OPTIONS is known to answer.
            if not api.complete and normal_path(preflight.method.path) != preflight.path:
                continue
            if response is None:
                continue
            header = response.effective.get(name)
            texts = static_texts(header) if header is not None else [""]
            values = (None,) if texts is None else tuple(tuple(tokens(text)) for text in texts)
            place = header.node if header is not None else preflight.method.key
            yield AllowList(
                role,
                RestList(api, preflight, response, header),
                place,
                values,
                credentialed(response),
                routes(api.on_path(preflight.path)),
                (api.logical_id, preflight.method.resource),
            )


def credentialed(response: IntegrationResponse) -> bool:
    """Whether an OPTIONS response of a REST API allows credentials."""
    texts = static_texts(response.effective.get(ALLOW_CREDENTIALS))
    return bool(texts) and "true" in (texts or ())


def _of_policy(policy: Policy, role: ListRole, asked: tuple[Route, ...], owner: str) -> AllowList:
    setting = policy.setting(role)
    if setting is None:
        values: tuple[tuple[str, ...] | None, ...] = ((),) if policy.complete else (None,)
    else:
        values = tuple(map(_meant_or_unknown, setting.alternatives()))
    place = policy.key if setting is None else setting.node if not setting.node.foreign else setting.key
    resources = tuple(dict.fromkeys((owner, policy.resource)))
    return AllowList(role, policy, place, values, policy.credentials is True, asked, resources)


def _overlap(one: Policy, other: Policy) -> bool:
    """Whether two rules of a bucket may fit one request."""
    return _meet(one.texts("methods"), other.texts("methods")) and _meet(one.texts("origins"), other.texts("origins"))


def _meet(some: list[str] | None, others: list[str] | None) -> bool:
    if some is None or others is None or any("*" in text for text in (*some, *others)):
        return True
    return not set(some).isdisjoint(others)


def _meant_or_unknown(texts: list[str] | None) -> tuple[str, ...] | None:
    return None if texts is None else tuple(_meant(texts))


def _meant(texts: list[str]) -> Iterator[str]:
    """The names in some entries as their author meant them: E9412 speaks of inner quotes, E9418 of several in one."""
    for text in texts:
        yield from (name for part in text.replace(",", " ").split() if (name := part.strip("'\"")))


def _as_auth(route: Route) -> Route:
    """A function URL has one route; what it demands comes of its ``AuthType``."""
    return route._replace(name="AuthType AWS_IAM")


def _hashed(url: FunctionUrl, named: tuple[Route, ...]) -> tuple[Route, ...]:
    """What pages ask of a function URL for which CloudFront signs: no signature, but the hash of what a PUT or POST
    brings (CloudFront Developer Guide, "Restrict access to an AWS Lambda function URL origin")."""
    method = url.methods[0]._replace(authorization=BY_CLOUDFRONT)
    asked = (Route(each.verb, f"{each.verb} signed by CloudFront", method._replace(verb=each.verb)) for each in named)
    return tuple(route if route.demanded else each for route, each in zip(asked, named, strict=True))


def _named(policy: Policy) -> tuple[Route, ...]:
    """Where a front door takes any method, its configuration says which ones pages use. A POST to a bucket sends a
    form (S3 User Guide, "Browser-based uploads using POST"), which needs no preflight."""
    unasked = ("ALL", "POST") if policy.door == "s3" else ("ALL",)
    texts = dict.fromkeys(_meant(policy.texts("methods") or []))
    return tuple(Route(text, text) for text in texts if text.isalpha() and text not in (*unasked, "ANY"))


def _of_header_policies(model: Model, role: ListRole) -> Iterator[AllowList]:
    """Response headers policies that replace what the origin says: for the routes of the behaviors that they are
    attached to, else for the methods that they name. Without ``OriginOverride`` the origin's own lists go first
    (CloudFront Developer Guide, "Understand response headers policies")."""
    for attached in model.header_policies:
        policy = attached.policy
        if attached.override is not True:
            continue
        through = [route for d in model.distributions for route in _behind(d, policy)]
        attached_to = [
            b for d in model.distributions for b in d.behaviors if any(p.policy is policy for p in b.policies)
        ]
        behind = {behavior.origin for behavior in attached_to} & model.signed_for
        url = next((url for url in model.function_urls if url.logical_id in behind), None)
        named = _named(policy) if url is None else _hashed(url, _named(policy))
        yield _of_policy(policy, role, (*through, *named), policy.owner)


def _behind(distribution: Distribution, policy: Policy) -> Iterator[Route]:
    """The routes of a distribution, when each of its behaviors that leads to a known front door has the policy."""
    leading = [behavior for behavior in distribution.behaviors if behavior.origin is not None]
    if all(any(each.policy.node is policy.node for each in b.policies) for b in leading):
        yield from routes(distribution.methods)


# -- demands -----------------------------------------------------------------------------------------------------------


class Demand(NamedTuple):
    """Names that one list lacks, from all the routes that it answers for."""

    allow: AllowList
    names: dict[str, str]  # name -> the first route that demands it


def demands(lists_: Iterable[AllowList], wanted: Callable[[Route], Iterable[str]]) -> Iterator[Demand]:
    """What routes demand of lists and they do not hold; one demand for one written value."""
    found: dict[int, Demand] = {}
    for allow in lists_:
        asked = {name: route.name for route in allow.routes for name in wanted(route)}
        missing = [name for name in asked if allow.lacks(name)]
        if not missing:
            continue
        first = found.get(id(allow.place))
        names = {name: asked[name] for name in missing}
        if first is not None:
            resources = tuple(dict.fromkeys((*first.allow.resources, *allow.resources)))
            more = {name: route for name, route in names.items() if name not in first.names}
            first = Demand(first.allow._replace(resources=resources), first.names | more)
        found[id(allow.place)] = first or Demand(allow, names)
    yield from found.values()
