"""944x, origins that are chosen by the request: copied from it, set by a response template, or by code."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from typing import Final

from cfncors.checks.registry import rule
from cfncors.checks.remedies import Edits, add_gateway_headers, add_response_header, attempt, extended
from cfncors.facts import Facts
from cfncors.facts.chosen_in_template import Choice, sent
from cfncors.facts.origin_probes import STRANGER, lookalikes
from cfncors.findings import Finding, Rule
from cfncors.gateway.expressions import static_texts, tokens
from cfncors.gateway.model import (
    Header,
    IntegrationResponse,
    Model,
)
from cfncors.template import Known

VARY: Final = "vary"
# -- W9446 -------------------------------------------------------------------------------------------------------------


@rule("W9446", "reflected-origin", doors="rest http url", about="security")
def reflected_origin(rule: Rule, facts: Facts) -> Iterator[Finding]:
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
    for choice in facts.chosen_in_template:
        passing = STRANGER if choice.copied else _passing(facts.model, choice)
        if passing is None:
            continue
        whom = " as the signed-in user" if choice.credentialed else ""
        message = f"{choice.what} lets {passing} pass its check of origins: whoever has that name reads{whom}"
        if passing == STRANGER:
            message = f"{choice.what} sends back whatever origin asks: every site reads{whom}"
        yield Finding(rule, message, choice.node, resources=(choice.api.logical_id, choice.resource))
    if facts.passed_on:
        from cfncors.checks import origins_in_code

        yield from origins_in_code.reflected(rule, facts)


def _passing(model: Model, choice: Choice) -> str | None:
    """An origin of a stranger that a response template sends back; ``None`` for none, and for a template that is not
    understood."""
    value = model.template.value(choice.node)
    if not isinstance(value, Known):
        return None
    return next((origin for origin in (STRANGER, *lookalikes(value.text)) if _is_sent_back(value.text, origin)), None)


def _is_sent_back(template: str, origin: str) -> bool:
    return sent(template, origin) == origin


# -- W9448 -------------------------------------------------------------------------------------------------------------


@rule("W9448", "missing-vary", "safe", "unsafe", doors="rest http url", about="advice")
def missing_vary(rule: Rule, facts: Facts) -> Iterator[Finding]:
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
    for choice in facts.chosen_in_template:
        if choice.response is not None and (VARY in choice.response.overrides or _is_made(choice.response)):
            continue
        vary = choice.headers.get(VARY)
        if not _lacks_origin(vary):
            continue
        fix, why = attempt("add Vary: Origin", "safe", partial(_with_vary, facts.model, choice, vary))
        message = f"{choice.what} chooses the origin by the request and does not send Vary: Origin"
        place = vary.node if vary is not None else choice.node
        yield Finding(rule, message, place, fix, why, resources=(choice.api.logical_id, choice.resource))
    if facts.passed_on:
        from cfncors.checks import origins_in_code

        yield from origins_in_code.without_vary(rule, facts)


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
