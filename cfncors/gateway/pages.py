"""The pages that an API is made for: their origins, and whether they send credentials."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from typing import Final

from cfncors import config
from cfncors.browser import Request
from cfncors.browser.safelist import is_forbidden
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
from cfncors.gateway.respond import respond, response_template

#: What a page that API Gateway itself lets in has to send, when the method is signed (Signature Version 4): the
#: credentials of a browser are always temporary.
_SIGNED: Final = ("authorization", "x-amz-date", "x-amz-security-token")
#: Safelisted: nobody has to allow them (Fetch, "CORS-safelisted request-header").
_SAFELISTED: Final = frozenset(("accept", "accept-language", "content-language"))
_TEXTS: Final = re.compile(r"\"([^\"]*)\"|'([^']*)'")
_ANYBODY: Final = Request("GET", "https://api.example.com/", "https://app.example.com", [], "omit")


def demanded_headers(method: Method) -> tuple[str, ...]:
    """Request headers (lower case) without which API Gateway itself turns a request away."""
    authorization = method.authorization
    names = list(_SIGNED) if authorization.kind == "iam" else list(authorization.headers)
    if method.api_key:
        names.append("x-api-key")
    return tuple(name for name in names if name not in _SAFELISTED and not is_forbidden(name, ""))


def own_origins(model: Model, api: RestApi) -> tuple[str, ...]:
    """The origins that an API names, in the model's world: on its preflights, else its responses, else its gateway
    responses. Empty when it names none, or ``*`` beside none."""
    for found in (_of_preflights(model, api), _of_responses(model, api), _of_refusals(model, api)):
        origins = tuple(dict.fromkeys(origin for text in found for origin in meant(text)))
        if origins:
            return origins
    return ()


def allows_credentials(model: Model, api: RestApi) -> bool:
    """Whether an API says anywhere that pages may send credentials."""
    return any(
        sent.lower == ALLOW_CREDENTIALS and (sent.text or "").strip().lower() == "true"
        for headers in _all(api)
        for sent in sent_headers(model, headers, _ANYBODY)
    )


def listed_methods(model: Model, api: RestApi, method: Method) -> frozenset[str]:
    """The methods that the preflight of a route allows by name; all of them with ``*``, none when it is not known."""
    request = _ANYBODY._replace(method="OPTIONS", url=f"https://api.example.com{normal_path(method.path)}")
    sent = respond(model, api, request).header(ALLOW_METHODS)
    names = tokens(sent.text or "") if sent is not None else []
    return frozenset(ANY_METHODS if "*" in names else names)


def _all(api: RestApi) -> Iterator[Headers]:
    for method in api.methods:
        for response in method.integration.responses if method.integration is not None else ():
            yield response.headers
    for gateway in api.gateway_responses.values():
        yield gateway.headers


def _of_preflights(model: Model, api: RestApi) -> Iterator[str]:
    for method in api.methods:
        if method.is_options and method.integration is not None:
            for response in method.integration.responses:
                yield from _texts(model, response.headers)
                template = response_template(model, response) if response.overrides else None
                yield from (one or other for one, other in _TEXTS.findall(template or ""))


def _of_responses(model: Model, api: RestApi) -> Iterator[str]:
    for method in api.methods:
        if not method.is_options and method.integration is not None:
            for response in method.integration.responses:
                yield from _texts(model, response.headers)


def _of_refusals(model: Model, api: RestApi) -> Iterator[str]:
    for response in api.gateway_responses.values():
        yield from _texts(model, response.headers)


def _texts(model: Model, headers: Headers) -> Iterable[str]:
    header = headers.get(ALLOW_ORIGIN)
    sent = sent_headers(model, {ALLOW_ORIGIN: header}, _ANYBODY) if header is not None else ()
    return (each.text for each in sent if each.text is not None and not each.copied)


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
