"""943x, the MOCK that answers a REST API's preflight: whether it can answer at all."""

from __future__ import annotations

from collections.abc import Iterator

from cfncors.checks.explanations import REFUSED, preflight
from cfncors.checks.registry import rule
from cfncors.checks.remedies import attempt
from cfncors.facts import Facts
from cfncors.findings import PROMISED, Finding, Fix, Rule
from cfncors.gateway.model import Method, Model, RestApi, normal_path
from cfncors.gateway.preflight import mock_status, picked
from cfncors.source import Mapping, Node
from cfncors.source.edit import put, replace
from cfncors.template import intrinsic


def mocks(api: RestApi) -> Iterator[Method]:
    """The OPTIONS methods that a MOCK answers."""
    return (m for m in api.methods if m.is_options and m.integration is not None and m.integration.kind == "mock")


def answered_by(api: RestApi, method: Method) -> tuple[str, ...]:
    """Paths whose preflights reach a method."""
    paths = dict.fromkeys(normal_path(other.path) for other in api.methods)
    return tuple(path for path in paths if api.answers_options(path) is method)


@rule("E9435", "preflight-binary-mock", "safe", explains=(preflight(*REFUSED, by="door"),))
def preflight_binary_mock(rule: Rule, facts: Facts) -> Iterator[Finding]:
    """With the binary media type `*/*` a MOCK OPTIONS answers 500.

    ## Why
    `*/*` makes API Gateway take every request for binary, the empty preflight too, and a MOCK cannot transform a binary
    request: *Execution failed due to configuration error: Unable to transform request*. `ContentHandling:
    CONVERT_TO_TEXT` on the integration turns it back into text. SAM's `Cors` cannot say that: list the binary types
    one by one (`image/png`), or write the OPTIONS methods yourself.

    ## Example
    ```yaml
    Api:
      Type: AWS::ApiGateway::RestApi
      Properties:
        BinaryMediaTypes: ['*/*']
    ```

    ## Fix safety
    Safe in plain CloudFormation and OpenAPI: the integration gets `CONVERT_TO_TEXT`. None in SAM's `Cors`.

    ## References
    - https://docs.aws.amazon.com/apigateway/latest/developerguide/api-gateway-payload-encodings-workflow.html
    """
    for api in facts.model.rest_apis:
        binary = next((node for text, node in api.binary if text == "*/*"), None)
        if binary is None:
            continue
        told_cors = False
        for method in mocks(api):
            integration = method.integration
            if integration is None or (integration.content_handling or "").upper() == "CONVERT_TO_TEXT":
                continue
            says = PROMISED
            resources = (api.logical_id, method.resource)
            if method.origin == "cors":
                if not told_cors:
                    told_cors = True
                    message = (
                        f"the binary media type */* makes the preflights of {api.logical_id} answer 500: SAM's Cors "
                        "cannot convert them to text; list the binary types one by one"
                    )
                    yield Finding(rule, message, binary, None, "SAM's Cors has no setting for it", says, resources)
                continue
            message = f"OPTIONS {method.path} answers 500: */* makes its request binary; set CONVERT_TO_TEXT"
            name = "ContentHandling" if method.origin == "resource" else "contentHandling"
            node = integration.node
            if node is None:
                continue
            fix, why = attempt(
                "convert the request to text",
                "safe",
                lambda node=node, name=name: put(  # type: ignore[misc]
                    facts.template.document, node, (name,), "CONVERT_TO_TEXT"
                ),
            )
            entry = node.entry("Type") or node.entry("type")
            place = entry.value if entry is not None else method.key
            yield Finding(rule, message, place, fix, why, says, resources, answered_by(api, method))


@rule("E9436", "preflight-not-ok", "safe", explains=(preflight(*REFUSED, by="door integration"),))
def preflight_not_ok(rule: Rule, facts: Facts) -> Iterator[Finding]:
    """The MOCK OPTIONS cannot answer with a status from 200 to 299.

    ## Why
    A MOCK answers with the `statusCode` that its request template for `application/json` yields, through the
    integration response that matches it. Without a template, a status in it, or a matching response API Gateway
    answers 500; and a preflight with any status but 2xx fails, whatever its headers say.

    ## Example
    ```yaml
    Integration:
      Type: MOCK
      RequestTemplates:
        application/json: '{}'        # '{"statusCode": 200}'
    ```

    ## Fix safety
    Safe where the template is missing or has no status: it becomes `{"statusCode": 200}`, or the status of the only
    response. Where the responses do not match there is no fix.

    ## References
    - https://docs.aws.amazon.com/apigateway/latest/developerguide/how-to-mock-integration.html
    - https://fetch.spec.whatwg.org/#cors-preflight-fetch
    """
    for api in facts.model.rest_apis:
        for method in mocks(api):
            if method.origin == "cors":
                continue
            finding = _not_ok(rule, facts.model, api, method)
            if finding is not None:
                yield finding


def _not_ok(rule: Rule, model: Model, api: RestApi, method: Method) -> Finding | None:
    integration = method.integration
    if integration is None or integration.node is None or intrinsic(integration.node) is not None:
        return None
    node = integration.node
    says = PROMISED
    resources = (api.logical_id, method.resource)
    status = mock_status(integration)
    route = f"OPTIONS {method.path}"
    if status == "?":
        return None
    if status is None:
        place, fix, why = _no_status(model, method, node)
        written = integration.templates is not None and "application/json" in integration.templates
        reason = "its request template yields no statusCode" if written else "it has no template for application/json"
        message = f"{route} answers 500: {reason}"
        return Finding(rule, message, place, fix, why, says, resources, answered_by(api, method))
    if not all(r.status is not None for r in integration.responses):
        return None
    answering = [picked(each) for each in integration.each]
    response = next((each for each in answering if each is None or not _is_ok(each.answered)), answering[0])
    if response is None:
        listed = node.entry("IntegrationResponses") or node.entry("responses")
        message = f"{route} answers 500: none of its integration responses matches the status {status} of its template"
        return Finding(rule, message, listed.key if listed is not None else method.key, None, None, says, resources)
    answered = response.answered or ""
    if not _is_ok(answered):
        holder = response.holder if response.holder is not None else Mapping([], 0, 0, False)
        entry = holder.entry("StatusCode") or holder.entry("statusCode")
        if answered != response.status:  # its response template sets another one
            entry = holder.entry("ResponseTemplates") or holder.entry("responseTemplates")
        message = f"{route} answers {answered}; a preflight passes only with a status from 200 to 299"
        return Finding(rule, message, entry.value if entry is not None else method.key, None, None, says, resources)
    return None


def _is_ok(status: str | None) -> bool:
    """Whether a preflight passes with a status, or may: one that is no number is not known."""
    return status is None or not status.isdecimal() or 200 <= int(status) <= 299


def _no_status(model: Model, method: Method, node: Mapping) -> tuple[Node, Fix | None, str | None]:
    document = model.template.document
    key = "RequestTemplates" if method.origin == "resource" else "requestTemplates"
    statuses = {r.status for r in method.integration.responses if r.status} if method.integration else set()
    only = next(iter(statuses)) if len(statuses) == 1 else "200"
    text = f'{{"statusCode": {only if only.isdecimal() and only.startswith("2") else "200"}}}'
    templates = node.entry(key)
    if templates is None:
        entry = node.entry("Type") or node.entry("type")
        place: Node = entry.value if entry is not None else method.key
        return place, *attempt("add the template", "safe", lambda: put(document, node, (key, "application/json"), text))
    given = templates.value.entry("application/json") if isinstance(templates.value, Mapping) else None
    if given is None:
        return templates.key, *attempt(
            "add the template", "safe", lambda: put(document, node, (key, "application/json"), text)
        )
    return given.value, *attempt("yield a status", "safe", lambda: replace(document, given.value, text))
