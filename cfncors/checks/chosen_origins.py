"""944x, origins that are chosen by the request: copied from it, set by a response template, or by code."""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import lru_cache, partial
from typing import Final, NamedTuple

from cfncors.checks import origins_in_code
from cfncors.checks.registry import rule
from cfncors.checks.remedies import Edits, add_gateway_headers, add_response_header, attempt, extended
from cfncors.facts.origin_probes import STRANGER, hosts, lookalikes
from cfncors.findings import Finding, Rule
from cfncors.gateway.expressions import decided, static_texts, tokens
from cfncors.gateway.model import (
    ALLOW_CREDENTIALS,
    ALLOW_ORIGIN,
    GatewayResponse,
    Header,
    Headers,
    IntegrationResponse,
    Method,
    Model,
    RestApi,
)
from cfncors.source import Mapping, Node
from cfncors.template import Known

VARY: Final = "vary"
#: The request's own Origin (Developer Guide, "API Gateway API request and response data mapping reference"); how the
#: name is spelled decides whether it is found, as names are case-sensitive there.
_COPIED: Final = re.compile(r"method\.request\.(?:multivalue)?header\.origin", re.IGNORECASE)


class Choice(NamedTuple):
    """A response whose origin depends on the request."""

    api: RestApi
    #: for messages: ``DEFAULT_4XX``, ``OPTIONS /notes``
    what: str
    node: Node
    headers: Headers
    resource: str
    #: what is copied, or what a response template does
    copied: bool
    gateway: GatewayResponse | None = None
    method: Method | None = None
    response: IntegrationResponse | None = None

    @property
    def key(self) -> Node | None:
        """What holds the response."""
        owner = self.gateway or self.method
        return owner.key if owner is not None else None

    @property
    def credentialed(self) -> bool:
        """Whether it certainly allows credentials."""
        header = self.headers.get(ALLOW_CREDENTIALS)
        return header is not None and "true" in (static_texts(header) or ())


def choices(model: Model) -> tuple[Choice, ...]:
    """Every such response, each written place once; worked out with the first question."""
    kept: dict[str, tuple[Choice, ...]] = vars(model)
    found = kept.get("_choices")
    if found is None:
        each = (choice for api in model.rest_apis for choice in (*_copying(api), *_computing(model, api)))
        # What an alias repeats comes for each place, so that a fix knows that all of them ask for it.
        found = kept["_choices"] = tuple({(id(choice.node), id(choice.key)): choice for choice in each}.values())
    return found


def _copying(api: RestApi) -> Iterator[Choice]:
    for gateway in api.all_gateway_responses:
        header = gateway.headers.get(ALLOW_ORIGIN)
        if header is not None and _is_copied(header):
            yield Choice(api, gateway.type, header.node, gateway.headers, gateway.resource, True, gateway=gateway)


def _is_copied(header: Header) -> bool:
    return any(isinstance(leaf, Known) and _COPIED.fullmatch(leaf.text) for leaf in decided(header.value))


def _computing(model: Model, api: RestApi) -> Iterator[Choice]:
    for method in api.methods:
        for response in method.integration.responses if method.integration is not None else ():
            node = _template_of(response) if ALLOW_ORIGIN in response.overrides else None
            if node is not None and _depends(model, node):
                what = f"{method.verb} {method.path}"
                yield Choice(
                    api, what, node, response.headers, method.resource, False, method=method, response=response
                )


def _template_of(response: IntegrationResponse) -> Node | None:
    """The response template that sets the origin, the one for JSON first."""
    name = "ResponseTemplates" if response.parameters == "ResponseParameters" else "responseTemplates"
    node = response.holder.get(name) if response.holder is not None else None
    if not isinstance(node, Mapping):
        return None
    json = node.get("application/json")
    return json if json is not None else next((entry.value for entry in node.entries), None)


def _depends(model: Model, node: Node) -> bool:
    """Whether a response template sets different origins for different requests; one that is not understood counts as
    one that does not."""
    value = model.template.value(node)
    if not isinstance(value, Known):
        return False
    named = [f"{scheme}://{host}" for host in hosts(value.text) for scheme in ("https", "http")]
    without = _sent(value.text, None)
    return any(_sent(value.text, origin) != without for origin in (STRANGER, *named, *lookalikes(value.text)))


# -- W9446 -------------------------------------------------------------------------------------------------------------


@rule("W9446", "reflected-origin", doors="rest http url")
def reflected_origin(rule: Rule, model: Model) -> Iterator[Finding]:
    """The request's own origin is sent back unchecked, or after a check that strangers pass.

    ## Why
    A response that names whatever origin asked allows every site, as `*` does; with
    `Access-Control-Allow-Credentials: true` every site reads it as the signed-in user, which `*` would not let it. The
    same goes for a check that compares only the beginning, only the end, or a pattern whose dots are not escaped:
    `https://app.example.com.attacker.example` passes it.

    ## Example
    ```yaml
    GatewayResponses:
      DEFAULT_4XX:
        ResponseParameters:
          Headers:
            Access-Control-Allow-Origin: method.request.header.Origin
            Access-Control-Allow-Credentials: "'true'"
    ```

    ## Fix safety
    No fix: the origins that you meant are not in the template, nor in the code.

    ## References
    - https://portswigger.net/research/exploiting-cors-misconfigurations-for-bitcoins-and-bounties
    - https://docs.aws.amazon.com/apigateway/latest/developerguide/request-response-data-mappings.html
    """
    for choice in choices(model):
        passing = STRANGER if choice.copied else _passing(model, choice)
        if passing is None:
            continue
        whom = " as the signed-in user" if choice.credentialed else ""
        message = f"{choice.what} lets {passing} pass its check of origins: whoever has that name reads{whom}"
        if passing == STRANGER:
            message = f"{choice.what} sends back whatever origin asks: every site reads{whom}"
        yield Finding(rule, message, choice.node, resources=(choice.api.logical_id, choice.resource))
    yield from origins_in_code.reflected(rule, model)


def _passing(model: Model, choice: Choice) -> str | None:
    """An origin of a stranger that a response template sends back; ``None`` for none, and for a template that is not
    understood."""
    value = model.template.value(choice.node)
    if not isinstance(value, Known):
        return None
    return next((origin for origin in (STRANGER, *lookalikes(value.text)) if _is_sent_back(value.text, origin)), None)


def _is_sent_back(template: str, origin: str) -> bool:
    return _sent(template, origin) == origin


@lru_cache(1024)
def _sent(template: str, origin: str | None) -> str | None:
    """The origin that a response template sets for a request; ``None`` for none, and when it is not understood."""
    from cfncors.gateway.vtl import NotUnderstood, overrides

    try:
        sent = overrides(template, {} if origin is None else {"origin": origin}).headers.get(ALLOW_ORIGIN)
    except NotUnderstood:
        return None
    return sent[1] if sent is not None else None


# -- W9448 -------------------------------------------------------------------------------------------------------------


@rule("W9448", "missing-vary", "safe", "unsafe", doors="rest http url")
def missing_vary(rule: Rule, model: Model) -> Iterator[Finding]:
    """An origin is chosen by the request, and the response does not say `Vary: Origin`.

    ## Why
    A cache that does not know that the response depends on `Origin` gives the answer for one site to another, where the
    browser hides it. The Fetch standard asks for `Vary: Origin` wherever Access-Control-Allow-Origin is neither `*` nor
    always the same, also in responses that name no origin.

    ## Example
    ```yaml
    GatewayResponses:
      DEFAULT_4XX:
        ResponseParameters:
          Headers:
            Access-Control-Allow-Origin: method.request.header.Origin
            Vary: "'Origin'"            # what is missing
    ```

    ## Fix safety
    Safe in a template: the header is added, and declared on the method response where there is one. Unsafe in a
    function's code.

    ## References
    - https://fetch.spec.whatwg.org/#cors-protocol-and-http-caches
    """
    for choice in choices(model):
        if choice.response is not None and (VARY in choice.response.overrides or _is_made(choice.response)):
            continue
        vary = choice.headers.get(VARY)
        if not _lacks_origin(vary):
            continue
        fix, why = attempt("add Vary: Origin", "safe", partial(_with_vary, model, choice, vary))
        message = f"{choice.what} chooses the origin by the request and does not send Vary: Origin"
        place = vary.node if vary is not None else choice.node
        yield Finding(rule, message, place, fix, why, resources=(choice.api.logical_id, choice.resource))
    yield from origins_in_code.without_vary(rule, model)


def _is_made(response: IntegrationResponse) -> bool:
    """Whether a framework makes the response, so that nothing can be added to it here."""
    return response.holder is None or response.holder.foreign


def _lacks_origin(vary: Header | None) -> bool:
    if vary is None:
        return True
    texts = static_texts(vary)
    return texts is not None and not any({"*", "origin"} & {token.lower() for token in tokens(t)} for t in texts)


def _with_vary(model: Model, choice: Choice, vary: Header | None) -> Edits:
    document = model.template.document
    if vary is not None:
        return extended(document, vary, ["Origin"])
    if choice.gateway is not None:
        return add_gateway_headers(document, choice.gateway, {"Vary": "'Origin'"})
    assert choice.method is not None
    assert choice.response is not None
    return add_response_header(document, choice.method, choice.response, "Vary", "'Origin'")
