"""The pages that an API is made for: their origins, and whether they send credentials."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from functools import cached_property
from typing import Final

from cfncors import config
from cfncors.browser import Request
from cfncors.errors import UsageError
from cfncors.gateway.answer import sent_headers
from cfncors.gateway.expressions import tokens
from cfncors.gateway.model import (
    ALLOW_CREDENTIALS,
    ALLOW_METHODS,
    ALLOW_ORIGIN,
    ANY_METHODS,
    Headers,
    Method,
    Model,
    RestApi,
    normal_path,
)
from cfncors.gateway.respond import respond
from cfncors.gateway.rest_answers import response_template
from cfncors.gateway.routing import route

_TEXTS: Final = re.compile(r"\"([^\"]*)\"|'([^']*)'")
_ANYBODY: Final = Request("GET", "https://api.example.com/", "https://app.example.com", [], "omit")


class Pages:
    """Who calls the routes of an API, in the model's world, as far as the API says so."""

    def __init__(self, model: Model, api: RestApi) -> None:
        self.model = model
        self.api = api

    def origins(self, method: Method) -> tuple[str, ...]:
        """The origins that the route's preflight names, else those of the API's other preflights, of its responses,
        of its gateway responses. Empty when nobody is named, or all are."""
        answering = self._preflight(method)
        own = tuple(dict.fromkeys(_of_responses(self.model, [answering]))) if answering is not None else ()
        return own or (() if answering is not None and self._allows_any(answering) else self.named)

    def credentials(self, method: Method) -> bool:
        """Whether the route's preflight, or a gateway response, says that pages may send credentials; where code
        answers the preflight, whether any response does."""
        answering = self._preflight(method)
        said = [g.headers for g in self.api.gateway_responses.values()]
        asked = [answering] if answering is not None else self.api.methods
        return any(map(self._allows_credentials, [*said, *_mapped(asked)]))

    @cached_property
    def named(self) -> tuple[str, ...]:
        """The origins that the API names anywhere."""
        preflights = [method for method in self.api.methods if method.is_options]
        others = [method for method in self.api.methods if not method.is_options]
        for found in (
            _of_responses(self.model, preflights),
            _of_responses(self.model, others),
            _of_refusals(self.model, self.api),
        ):
            origins = tuple(dict.fromkeys(found))
            if origins:
                return origins
        return ()

    def _preflight(self, method: Method) -> Method | None:
        """The MOCK that answers the route's preflight."""
        match = route(self.api, "OPTIONS", method.path)
        integration = match.method.integration if match is not None else None
        return match.method if match is not None and integration is not None and integration.kind == "mock" else None

    def _allows_any(self, method: Method) -> bool:
        return any("*" in _texts(self.model, headers) for headers in _mapped([method]))

    def _allows_credentials(self, headers: Headers) -> bool:
        header = headers.get(ALLOW_CREDENTIALS)
        sent = sent_headers(self.model, {ALLOW_CREDENTIALS: header}, _ANYBODY) if header is not None else ()
        return any((each.text or "").strip().lower() == "true" for each in sent)


def listed_methods(model: Model, api: RestApi, method: Method) -> frozenset[str]:
    """The methods that the preflight of a route allows by name; all of them with ``*``, none when it is not known."""
    request = _ANYBODY._replace(method="OPTIONS", url=f"https://api.example.com{normal_path(method.path)}")
    sent = respond(model, api, request).header(ALLOW_METHODS)
    names = tokens(sent.text or "") if sent is not None else []
    return frozenset(ANY_METHODS if "*" in names else names)


def _mapped(methods: Iterable[Method]) -> Iterator[Headers]:
    for method in methods:
        for response in method.integration.responses if method.integration is not None else ():
            yield response.headers


def _of_responses(model: Model, methods: Iterable[Method]) -> Iterator[str]:
    for method in methods:
        for response in method.integration.responses if method.integration is not None else ():
            texts = _texts(model, response.headers)
            if response.overrides:
                texts += [one or other for one, other in _TEXTS.findall(response_template(model, response) or "")]
            for text in texts:
                yield from meant(text)


def _of_refusals(model: Model, api: RestApi) -> Iterator[str]:
    for response in api.gateway_responses.values():
        for text in _texts(model, response.headers):
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
