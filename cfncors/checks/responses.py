"""946x, the actual responses: whether a page may read what the API answers."""

from __future__ import annotations

from collections.abc import Iterator

from cfncors.browser import console
from cfncors.checks.registry import rule
from cfncors.checks.remedies import add_response_header, attempt, origin_data
from cfncors.findings import Finding, Rule, Says
from cfncors.gateway.model import ALLOW_ORIGIN, IntegrationResponse, Method, Model, RestApi
from cfncors.source import Node
from cfncors.template import intrinsic


@rule("E9461", "integration-response-without-cors", "safe")
def integration_response_without_cors(rule: Rule, model: Model) -> Iterator[Finding]:
    """A status of a non-proxy method sends no Access-Control-Allow-Origin.

    ## Why
    With an AWS, HTTP or MOCK integration the backend's headers do not pass: what the integration response maps is all
    that is sent. The preflight succeeds, the request is carried out, and the page cannot read the answer. Every mapped
    status needs the header, the errors too.

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
    Safe: the header is mapped with the API's own origin and declared on the method response.

    ## References
    - https://docs.aws.amazon.com/apigateway/latest/developerguide/how-to-cors.html
    """
    for api in model.rest_apis:
        if not api.complete or api.evidence is None:
            continue
        for method in api.methods:
            integration = method.integration
            if method.is_options or method.origin not in ("resource", "openapi") or integration is None:
                continue
            if integration.kind not in ("aws", "http", "mock"):
                continue
            for response in integration.responses:
                if ALLOW_ORIGIN not in response.headers and ALLOW_ORIGIN not in response.overrides:
                    finding = _without(rule, model, api, method, response)
                    if finding is not None:
                        yield finding


def _without(rule: Rule, model: Model, api: RestApi, method: Method, response: IntegrationResponse) -> Finding | None:
    holder = response.holder
    given = holder.get(response.parameters) if holder is not None else None
    if given is not None and intrinsic(given) is not None:
        return None
    status = response.status or "default"
    message = f"{method.verb} {method.path} answers {status} without Access-Control-Allow-Origin: a page cannot read it"
    fix, why = attempt(
        "map the API's origin",
        "safe",
        lambda: add_response_header(
            model.template.document, method, response, "Access-Control-Allow-Origin", origin_data(model, api)
        ),
    )
    place: Node = response.node
    entry = holder.entry("StatusCode") or holder.entry("statusCode") if holder is not None else None
    if entry is not None:
        place = entry.value if method.origin == "resource" else response.node
    says = Says("browser", console.blocked(console.missing_allow_origin()))
    return Finding(rule, message, place, fix, why, says, (api.logical_id, method.resource))


@rule("E9466", "event-without-response-headers")
def event_without_response_headers(rule: Rule, model: Model) -> Iterator[Finding]:
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
    for api in model.rest_apis:
        if api.evidence is None:
            continue
        for method in api.methods:
            if method.origin == "state-machine":
                message = (
                    f"{method.verb} {method.path} starts {method.resource} and answers without any header: a page "
                    "cannot read it"
                )
                says = Says("browser", console.blocked(console.missing_allow_origin()))
                yield Finding(rule, message, method.key, says=says, resources=(api.logical_id, method.resource))
