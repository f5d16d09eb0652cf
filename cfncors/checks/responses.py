"""946x, the actual responses: whether a page may read what the API answers."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from cfncors.browser.faults import Fault
from cfncors.checks.explanations import NO_ALLOW_ORIGIN, answers, anything
from cfncors.checks.preflight_mock import answered_by
from cfncors.checks.registry import rule
from cfncors.checks.remedies import add_response_headers, attempt, origin_words, response_headers
from cfncors.errors import CannotEdit
from cfncors.facts import Facts
from cfncors.facts.code import Behind, sent_at, where
from cfncors.findings import PROMISED, Finding, Fix, Rule
from cfncors.gateway.model import (
    ALLOW_ORIGIN,
    FunctionUrl,
    HttpApi,
    Integration,
    IntegrationResponse,
    Method,
    Model,
    RestApi,
)
from cfncors.gateway.policy import Policy
from cfncors.gateway.preflight import picked
from cfncors.source import Node
from cfncors.template import intrinsic


@rule("E9461", "integration-response-without-cors", "safe", explains=(anything(NO_ALLOW_ORIGIN, by="integration"),))
def integration_response_without_cors(rule: Rule, facts: Facts) -> Iterator[Finding]:
    """A status of a non-proxy method sends no Access-Control-Allow-Origin.

    ## Why
    With an AWS, HTTP or MOCK integration the backend's headers do not pass: what the integration response maps is all
    that is sent. The preflight succeeds, the request is carried out, and the page cannot read the answer. Every mapped
    status needs the header, the errors too. The answer of OPTIONS needs it as well: without it no request is sent.

    ## Example
    ```yaml
    IntegrationResponses:
      - StatusCode: 200
        ResponseParameters:
          method.response.header.Access-Control-Allow-Origin: "'*'"
      - StatusCode: 400
        SelectionPattern: '4\\d{2}'         # without the header
    ```

    ## Fix safety
    Safe: the header is mapped with the API's own origin, and its credentials, and declared on the method response.

    ## References
    - https://docs.aws.amazon.com/apigateway/latest/developerguide/how-to-cors.html
    """
    for api in facts.model.rest_apis:
        if not api.complete or facts.model.called(api) is None:
            continue
        for method in api.methods:
            integration = method.integration
            if method.origin not in ("resource", "openapi") or integration is None:
                continue
            if integration.kind not in ("aws", "http", "mock"):
                continue
            for response in _answering(method, integration):
                if ALLOW_ORIGIN not in response.headers and ALLOW_ORIGIN not in response.overrides:
                    finding = _without(rule, facts.model, api, method, response)
                    if finding is not None:
                        yield finding


def _answering(method: Method, integration: Integration) -> Iterable[IntegrationResponse]:
    """The responses that a page or its preflight may get: of a MOCK behind OPTIONS the one that it picks."""
    if not method.is_options or integration.kind != "mock":
        return integration.responses
    response = picked(integration)
    return (response,) if response is not None else ()


def _without(rule: Rule, model: Model, api: RestApi, method: Method, response: IntegrationResponse) -> Finding | None:
    holder = response.holder
    given = holder.get(response.parameters) if holder is not None else None
    if given is not None and intrinsic(given) is not None:
        return None
    status = response.status or "default"
    effect = "browsers send no request behind this preflight" if method.is_options else "a page cannot read it"
    message = f"{method.verb} {method.path} answers {status} without Access-Control-Allow-Origin: {effect}"
    fix, why = _mapped(model, api, method, response)
    place: Node = response.node
    entry = holder.entry("StatusCode") or holder.entry("statusCode") if holder is not None else None
    if entry is not None:
        place = entry.value if method.origin == "resource" else response.node
    says = PROMISED
    paths = answered_by(api, method) if method.is_options else ()
    return Finding(rule, message, place, fix, why, says, (api.logical_id, method.resource), paths)


def _mapped(model: Model, api: RestApi, method: Method, response: IntegrationResponse) -> tuple[Fix | None, str | None]:
    try:
        headers = response_headers(model, api, response)
    except CannotEdit as reason:
        return None, str(reason)
    return attempt(
        f"map {origin_words(model, api, headers['Access-Control-Allow-Origin'])}",
        "safe",
        lambda: add_response_headers(model.template.document, method, response, headers),
    )


@rule("E9466", "event-without-response-headers", explains=(answers(NO_ALLOW_ORIGIN, by="integration"),))
def event_without_response_headers(rule: Rule, facts: Facts) -> Iterator[Finding]:
    """The API event of a state machine answers without any header.

    ## Why
    SAM makes an `aws` integration for an `Api` event of a state machine, with responses 200 and 400 that map no header,
    and it has no setting for them. With `Cors` the preflight passes, the execution starts, and the page cannot read the
    answer.

    ## Example
    ```yaml
    Workflow:
      Type: AWS::Serverless::StateMachine
      Properties:
        Events:
          Start:
            Type: Api
            Properties: {Path: /start, Method: post}
    ```

    ## Fix safety
    No fix: SAM cannot say it. Write the route in `DefinitionBody`, or put a function in front of the state machine.

    ## References
    - https://docs.aws.amazon.com/serverless-application-model/latest/developerguide/sam-property-statemachine-statemachineapi.html
    """
    for api in facts.model.rest_apis:
        if facts.model.called(api) is None:
            continue
        for method in api.methods:
            if method.origin == "state-machine":
                message = (
                    f"{method.verb} {method.path} starts {method.resource} and answers without any header: a page "
                    "cannot read it"
                )
                says = PROMISED
                yield Finding(rule, message, method.key, says=says, resources=(api.logical_id, method.resource))


@rule("E9464", "doubled-cors-header", doors="rest url", explains=(answers(Fault.SEVERAL_ORIGINS),))
def doubled_cors_header(rule: Rule, facts: Facts) -> Iterator[Finding]:
    """A response has Access-Control-Allow-Origin twice: from the function URL and its code, or from code alone.

    ## Why
    A function URL with `Cors` adds its headers to what the function sends, also where the function has sent the same.
    The browser sees both values as one, `*, https://app.example.com`, which is no origin, and hides the response, even
    where the two are equal. Let one of them speak: with `Cors` on the function URL the code sends none.

    ## Example
    ```yaml
    FunctionUrlConfig:
      AuthType: NONE
      Cors:
        AllowOrigins: [https://app.example.com]
    InlineCode: |
      exports.handler = async () => ({
        statusCode: 200,
        headers: { 'Access-Control-Allow-Origin': '*' }     // the second one
      })
    ```

    ## Fix safety
    No fix: which of the two is meant is not known.

    ## References
    - https://docs.aws.amazon.com/lambda/latest/dg/urls-configuration.html#urls-cors
    - https://fetch.spec.whatwg.org/#concept-cors-check
    """
    for each in facts.behind:
        if isinstance(each.door, FunctionUrl):
            yield from _beside_cors(rule, facts, each)
        elif isinstance(each.door, RestApi):
            yield from _in_two_maps(rule, facts, each)
    for url in facts.model.function_urls:
        if url.code is not None and not _is_read(facts, url):
            configured = _configured(url)
            if configured is not None:
                yield _beside(rule, url, configured, url.code)


def _beside_cors(rule: Rule, facts: Facts, each: Behind) -> Iterator[Finding]:
    """Each place in code that certainly sends what the function URL adds once more."""
    assert isinstance(each.door, FunctionUrl)
    configured = _configured(each.door)
    always = [response for response in each.answers if response.sends(ALLOW_ORIGIN) == "always"]
    if configured is None:
        return
    for place in dict.fromkeys(sent_at(response) for response in always):
        if not facts.places.is_built(place.path):
            yield _beside(rule, each.door, configured, facts.places.node(each.function, place))


def _beside(rule: Rule, url: FunctionUrl, configured: Policy, node: Node) -> Finding:
    message = (
        f"this code sends Access-Control-Allow-Origin, and {configured.what} adds it once more: browsers refuse two"
        " values; take it out of the code"
    )
    says = PROMISED
    return Finding(rule, message, node, says=says, resources=_named(url.logical_id, url.function))


def _configured(url: FunctionUrl) -> Policy | None:
    return next((policy for policy in url.policies if policy.setting("origins") is not None), None)


def _is_read(facts: Facts, url: FunctionUrl) -> bool:
    """Whether all that the code returns is known, so that its text need not be asked."""
    return any(each.door is url and each.handler.complete for each in facts.behind)


def _in_two_maps(rule: Rule, facts: Facts, each: Behind) -> Iterator[Finding]:
    """Responses with the header in ``headers`` and, with another value, in ``multiValueHeaders``: API Gateway sends
    both (API Gateway Developer Guide, "Output format of a Lambda function for proxy integration": it merges them)."""
    seen: set[object] = set()
    for response in each.answers:
        header = response.headers.get(ALLOW_ORIGIN)
        if ALLOW_ORIGIN not in response.doubled or header is None or not header.multi or None in header.values:
            continue
        place = where(response)
        if place in seen or facts.places.is_built(place.path):
            continue
        seen.add(place)
        both = ", ".join(text for text in header.values if text is not None)
        message = (
            f"Access-Control-Allow-Origin stands in headers and in multiValueHeaders, and a page gets both: {both};"
            " keep one of them"
        )
        says = PROMISED
        node = facts.places.node(each.function, place)
        yield Finding(rule, message, node, says=says, resources=_named(each.door.logical_id, each.function.logical_id))


def _first(policy: Policy) -> str:
    texts = policy.texts("origins")
    return texts[0] if texts else "*"


def _named(*logical_ids: str) -> tuple[str, ...]:
    return tuple(each for each in dict.fromkeys(logical_ids) if each)


@rule("W9465", "ignored-handler-header", doors="http", about="advice")
def ignored_handler_header(rule: Rule, facts: Facts) -> Iterator[Finding]:
    """The function behind an HTTP API sends CORS headers that its CorsConfiguration replaces.

    ## Why
    An HTTP API with a `CorsConfiguration` ignores the CORS headers that its integrations send. An origin that the code
    chooses, or a header that it exposes, never reaches the browser; what counts is the configuration alone. Say it
    there, or take the configuration away and let the code answer OPTIONS too.

    ## Example
    ```yaml
    CorsConfiguration:
      AllowOrigins: [https://app.example.com]      # and code that sends Access-Control-Allow-Origin: *
    ```

    ## Fix safety
    No fix: which of the two is meant is not known.

    ## References
    - https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-cors.html
    """
    needed = {each.function.logical_id for each in facts.passed_on}
    for api in facts.model.http_apis:
        if not api.policies:
            continue
        found = [each for each in facts.behind if each.door is api and each.function.logical_id not in needed]
        for each in found:
            yield from _ignored(rule, facts, api, each)
        if api.code is not None and not any(each.handler.complete for each in facts.behind if each.door is api):
            yield _ignored_at(rule, api, api.code, (api.logical_id,))


def _ignored(rule: Rule, facts: Facts, api: HttpApi, each: Behind) -> Iterator[Finding]:
    sending = [response for response in each.answers if response.sends(ALLOW_ORIGIN) == "always"]
    for place in dict.fromkeys(sent_at(response) for response in sending):
        if not facts.places.is_built(place.path):
            node = facts.places.node(each.function, place)
            yield _ignored_at(rule, api, node, _named(api.logical_id, each.function.logical_id))


def _ignored_at(rule: Rule, api: HttpApi, node: Node, resources: tuple[str, ...]) -> Finding:
    replaced = api.policies[0].key.text
    message = f"{api.logical_id} ignores the CORS headers of this code: its {replaced} replaces them"
    return Finding(rule, message, node, resources=resources)
