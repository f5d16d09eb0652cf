"""The pages that a front door is made for: their origins, and whether they send credentials."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from functools import cached_property
from typing import Final, NamedTuple

from cfncors import config
from cfncors.browser import Request
from cfncors.errors import UsageError
from cfncors.gateway.answer import sent_headers
from cfncors.gateway.coded_answers import code_of, methods_served
from cfncors.gateway.expressions import literal, tokens
from cfncors.gateway.model import (
    ALLOW_CREDENTIALS,
    ALLOW_METHODS,
    ALLOW_ORIGIN,
    ANY_METHODS,
    CodeAnswer,
    Distribution,
    Door,
    Headers,
    IntegrationResponse,
    Method,
    Model,
    RestApi,
    normal_path,
)
from cfncors.gateway.policy import Policy
from cfncors.gateway.respond import respond
from cfncors.gateway.routing import route
from cfncors.template import Known, leaves

#: The page that calls a front door which allows any.
EXAMPLE: Final = "https://app.example.com"
_TEXTS: Final = re.compile(r"\"([^\"]*)\"|'([^']*)'")
_ANYBODY: Final = Request("GET", "https://api.example.com/", EXAMPLE, [], "omit")
#: What pages ask of a route for any method whose preflight lists none: methods that need no place in a list (Fetch,
#: "CORS-safelisted method").
_UNLISTED: Final = ("GET", "POST")
#: What stands for every method: in lists, and in a response headers policy.
_ANY_METHOD: Final = frozenset(("*", "ALL"))


class Pages:
    """Who calls the routes of a front door, in the model's world, as far as the template says so."""

    def __init__(self, model: Model, door: Door) -> None:
        self.model = model
        self.door = door

    def origins(self, method: Method) -> tuple[str, ...]:
        """The origins that the route's CORS configuration or preflight names; of a preflight that allows any, those
        that the route's own code names. Else those of the API's other preflights, of its responses, of its gateway
        responses. Empty when nobody is named, or all are."""
        policies, behind = self._sources(method)
        found = behind.pages.origins(behind.method) if behind is not None else ()
        if policies or isinstance(self.door, Distribution):
            return found or _of_policies(policies)
        answering = self._preflight(method)
        if answering is None:
            return self.named
        own = tuple(dict.fromkeys(_of_responses(self.model, [answering])))
        if own or not self._allows_any(answering):
            return own or self.named
        return tuple(dict.fromkeys(_of_code(self.model, [method])))

    def credentials(self, method: Method) -> bool:
        """Whether pages send credentials to a route. It is a matter of the route, not of its front door.

        The route's CORS configuration says so, or its preflight or response, or its own code, which sends
        ``Access-Control-Allow-Credentials: true`` although another answers the preflight. Code that sends ``*`` with it
        is no such evidence beside a MOCK: no page has ever read that with credentials, and the lines are copied.
        Gateway responses count where no route says it of itself: they are one for all routes, so that they have to
        allow what a single one needs. A bucket has nothing to say it with.
        """
        policies, behind = self._sources(method)
        if behind is not None and behind.pages.credentials(behind.method):
            return True
        if policies or isinstance(self.door, Distribution):
            return any(policy.credentials is True for policy in policies if "credentials" in policy.names)
        return self._has_own_credentials(method) or (self._refuses_with_credentials and not self._credentialed)

    def only_code_expects_credentials(self, method: Method) -> bool:
        """Whether the code of a route allows credentials, and the MOCK that answers its preflight does not: lines that
        are often copied, without a page that sends any."""
        answering = self._preflight(method)
        if answering is None or not _code_allows_credentials(self.model, method, beside_mock=True):
            return False
        return "true" not in _replaced([answering], ALLOW_CREDENTIALS) and not any(
            map(self._allows_credentials, _mapped([answering]))
        )

    def _has_own_credentials(self, method: Method) -> bool:
        """Whether what answers on a route's path, to its preflight or to itself, allows credentials."""
        answering = self._preflight(method)
        match = route(self.door, "OPTIONS", method.path) if answering is None else None
        asked = [method, *([match.method] if match is not None and match.method is not method else [])]
        if any(_code_allows_credentials(self.model, each, beside_mock=answering is not None) for each in asked):
            return True
        mapped = asked if answering is None else [answering]
        if "true" in _replaced(mapped, ALLOW_CREDENTIALS):
            return True
        return any(map(self._allows_credentials, _mapped(mapped)))

    @cached_property
    def _refuses_with_credentials(self) -> bool:
        return any(map(self._allows_credentials, _refusals(self.door)))

    @cached_property
    def _credentialed(self) -> bool:
        """Whether some route says of itself that it is called with credentials."""
        return any(self._has_own_credentials(method) for method in self.door.methods if not method.is_options)

    def methods(self, method: Method) -> frozenset[str]:
        """The methods that the preflight of a route allows by name, with those that its code has a branch for; all of
        them with ``*``. Where it lists none, the two that pages use without one; none when it is not known."""
        policies, behind = self._sources(method)
        if behind is not None:
            return behind.pages.methods(behind.method)
        if policies or isinstance(self.door, Distribution):
            listed = [policy.texts("methods") for policy in policies]
            named = [text for texts in listed for text in texts or ()]
            if not named and listed and None not in listed:
                named = list(_UNLISTED)
        else:
            request = _ANYBODY._replace(method="OPTIONS", url=f"https://api.example.com{normal_path(method.path)}")
            answer = respond(self.model, self.door, request)
            sent = answer.header(ALLOW_METHODS)
            named = tokens(sent.text or "") if sent is not None else [] if answer.open else list(_UNLISTED)
            named += methods_served(self.model, method) if named else ()
        return frozenset(ANY_METHODS if _ANY_METHOD.intersection(named) else named)

    @cached_property
    def named(self) -> tuple[str, ...]:
        """The origins that the front door names anywhere, and those behind it."""
        preflights = [method for method in self.door.methods if method.is_options]
        others = [method for method in self.door.methods if not method.is_options]
        for found in (
            [*_of_policies(self.door.policies), *(name for pages in self._behind.values() for name in pages.named)],
            _of_responses(self.model, preflights),
            _of_responses(self.model, others),
            _of_code(self.model, others),
            _of_refusals(self.model, self.door),
        ):
            origins = tuple(dict.fromkeys(found))
            if origins:
                return origins
        return ()

    @cached_property
    def examples(self) -> frozenset[str]:
        """Those of the origins that are made up, to fit a pattern."""
        texts = {text for policy in self.door.policies for text in _texts_of(policy)}
        own = frozenset(origin for text in texts if "*" in text for origin in fitting(text)).difference(texts)
        return own.union(*(pages.examples for pages in self._behind.values()))

    def _sources(self, method: Method) -> tuple[tuple[Policy, ...], _Behind | None]:
        """The configurations that speak of a route, and where it leads to unless they replace what comes from there."""
        if not isinstance(self.door, Distribution):
            return _for_route(self.door.policies, method), None
        from cfncors.gateway.cdn_paths import origin_path, taking

        behavior = taking(self.door, method.path)
        attached = behavior.policies if behavior is not None else ()
        pages = self._behind.get(behavior.origin or "") if behavior is not None else None
        policies = tuple(each.policy for each in attached)
        if behavior is None or pages is None or (attached and all(each.override for each in attached)):
            return policies, None
        match = route(pages.door, method.verb, origin_path(pages.door, behavior, method.path))
        return policies, _Behind(pages, match.method) if match is not None else None

    @cached_property
    def _behind(self) -> dict[str, Pages]:
        """The pages of the front doors that a distribution stands in front of."""
        names = {each.origin for each in self.door.behaviors} if isinstance(self.door, Distribution) else set()
        return {door.logical_id: Pages(self.model, door) for door in self.model.doors if door.logical_id in names}

    def _preflight(self, method: Method) -> Method | None:
        """The MOCK that answers the route's preflight."""
        match = route(self.door, "OPTIONS", method.path)
        integration = match.method.integration if match is not None else None
        return match.method if match is not None and integration is not None and integration.kind == "mock" else None

    def _allows_any(self, method: Method) -> bool:
        mapped = any("*" in _texts(self.model, headers) for headers in _mapped([method]))
        return mapped or "*" in _replaced([method], ALLOW_ORIGIN)

    def _allows_credentials(self, headers: Headers) -> bool:
        header = headers.get(ALLOW_CREDENTIALS)
        sent = sent_headers(self.model, {ALLOW_CREDENTIALS: header}, _ANYBODY) if header is not None else ()
        return any((each.text or "").strip().lower() == "true" for each in sent)


def _code_allows_credentials(model: Model, method: Method, beside_mock: bool) -> bool:
    code = code_of(model, method)
    sending = [each for each in code.answers if _sends_credentials(each)] if code is not None else []
    return any(not (beside_mock and _sends_star(each)) for each in sending)


def _sends_credentials(answer: CodeAnswer) -> bool:
    header = answer.headers.get(ALLOW_CREDENTIALS)
    return header is not None and "true" in header.values


def _sends_star(answer: CodeAnswer) -> bool:
    header = answer.headers.get(ALLOW_ORIGIN)
    return header is not None and header.values == ("*",)


class _Behind(NamedTuple):
    """The front door behind a distribution, and the route of it that is meant."""

    pages: Pages
    method: Method


# -- configurations in lists ------------------------------------------------------------------------------------------


def _for_route(policies: tuple[Policy, ...], method: Method) -> tuple[Policy, ...]:
    """The configurations that speak of a route: of a bucket's rules, those of its method; all, if none names it."""
    naming = tuple(p for p in policies if _ANY_METHOD.union((method.verb,)).intersection(p.texts("methods") or ()))
    return naming or policies


def _of_policies(policies: Iterable[Policy]) -> tuple[str, ...]:
    texts = (text for policy in policies for text in _texts_of(policy))
    return tuple(dict.fromkeys(origin for text in texts for origin in (fitting(text) if "*" in text else meant(text))))


def _texts_of(policy: Policy) -> Iterator[str]:
    """The origins of a configuration, as far as they are known."""
    setting = policy.setting("origins")
    for item in setting.items if setting is not None else ():
        yield from (known.text for known in item.known)


def fitting(pattern: str) -> Iterator[str]:
    """An origin that a pattern allows: ``https://app.example.com`` for ``https://*.example.com``, and for
    ``*.example.com`` of a response headers policy. None for ``*``, which anybody fits."""
    if pattern == "*":
        return
    scheme, mark, rest = pattern.lower().partition("://")
    if not mark:
        scheme, rest = "https", scheme
    host, colon, port = rest.partition(":")
    host = EXAMPLE.partition("://")[2] if host == "*" else host.replace("*", "app")
    text = f"{'https' if '*' in scheme else scheme}://{host}{colon}{port.replace('*', '3000')}"
    yield from meant(text)


# -- mapped headers ---------------------------------------------------------------------------------------------------


def _refusals(door: Door) -> Iterator[Headers]:
    if isinstance(door, RestApi):
        yield from (response.headers for response in door.gateway_responses.values())


def _mapped(methods: Iterable[Method]) -> Iterator[Headers]:
    for method in methods:
        for response in method.integration.responses if method.integration is not None else ():
            yield {name: header for name, header in response.headers.items() if name not in response.replaced}


def _replaced(methods: Iterable[Method], name: str) -> set[str]:
    """What response templates may set a header to."""
    found: set[str] = set()
    for method in methods:
        for response in method.integration.responses if method.integration is not None else ():
            found |= _of_template(response, name)
    return found


def _of_template(response: IntegrationResponse, name: str) -> set[str]:
    header = response.replaced.get(name)
    known = (leaf for leaf in leaves(header.value) if isinstance(leaf, Known)) if header is not None else ()
    return {literal(leaf.text) or leaf.text for leaf in known}


def _of_responses(model: Model, methods: Iterable[Method]) -> Iterator[str]:
    for method in methods:
        for response in method.integration.responses if method.integration is not None else ():
            texts = _texts(model, response.headers)
            if ALLOW_ORIGIN in response.replaced:  # also where it is sometimes left as it is mapped
                texts = sorted(_of_template(response, ALLOW_ORIGIN))
            if response.overrides:
                from cfncors.gateway.rest_answers import response_template

                texts += [one or other for one, other in _TEXTS.findall(response_template(model, response) or "")]
            for text in texts:
                yield from meant(text)


def _of_code(model: Model, methods: Iterable[Method]) -> Iterator[str]:
    """The origins that the code of functions sends, or picks from."""
    for code in filter(None, (code_of(model, method) for method in methods)):
        headers = (answer.headers.get(ALLOW_ORIGIN) for answer in code.answers)
        texts = [text for header in headers if header is not None for text in header.values if text is not None]
        for text in (*texts, *(code.origins or ())):
            yield from meant(text)


def _of_refusals(model: Model, door: Door) -> Iterator[str]:
    for headers in _refusals(door):
        for text in _texts(model, headers):
            yield from meant(text)


def _texts(model: Model, headers: Headers) -> list[str]:
    """What Access-Control-Allow-Origin says by itself, without copying from the request."""
    header = headers.get(ALLOW_ORIGIN)
    sent = sent_headers(model, {ALLOW_ORIGIN: header}, _ANYBODY) if header is not None else ()
    return [each.text for each in sent if each.text is not None and not each.copied]


def meant(text: str) -> Iterator[str]:
    """The origins that a header's value, or a text in a template, stands for: what browsers send is written without
    path, in lower case, and with a scheme. The simulation then shows that the text as it is matches none of them."""
    for item in re.split(r"[,\s]+", text.strip().replace("[.]", ".").replace("\\.", ".")):
        scheme, mark, rest = item.strip("'\"").lower().partition("://")
        if not mark:
            scheme, rest = "https", scheme
        host = rest.partition("/")[0]
        if "*" in host or not ("." in host or host.startswith("localhost")):
            continue
        port = {"https": ":443", "http": ":80"}.get(scheme, "")
        try:
            yield config.origin(f"{scheme}://{host.removesuffix(port) if port else host}")
        except UsageError:
            continue
