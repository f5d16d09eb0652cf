"""941x, wrong dialect: what API Gateway will reject or misread."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import TYPE_CHECKING, Final

from cfncors.browser.faults import Fault
from cfncors.checks.explanations import HEADER, METHOD, NO_ALLOW_ORIGIN, NOT_FOR_THE_PAGE, anything, errors
from cfncors.checks.registry import rule
from cfncors.checks.remedies import Edits, attempt, declare, is_ref_to_parameter, quoted, rewritten
from cfncors.errors import CannotEdit
from cfncors.findings import PROMISED, Finding, Fix, Rule, Says
from cfncors.gateway.expressions import (
    Place,
    decided,
    is_allowed_source,
    is_bare,
    is_misquoted,
    is_padded,
    is_source,
    literal,
)
from cfncors.gateway.model import GatewayResponse, IntegrationResponse, Method, Model
from cfncors.source import Document, Mapping, Node, Scalar, Sequence
from cfncors.source.edit import rename, replace
from cfncors.source.emit import Data, Raw, Tagged
from cfncors.template import Known, Template, Unknown, intrinsic
from cfncors.template.intrinsics import TAGS

if TYPE_CHECKING:
    from cfncors.facts import Facts
    from cfncors.template.serverless import AsWritten

#: Every gateway response type (Developer Guide, "Gateway response types for API Gateway").
GATEWAY_RESPONSE_TYPES: Final = frozenset(
    [
        "ACCESS_DENIED",
        "API_CONFIGURATION_ERROR",
        "AUTHORIZER_CONFIGURATION_ERROR",
        "AUTHORIZER_FAILURE",
        "BAD_REQUEST_BODY",
        "BAD_REQUEST_PARAMETERS",
        "DEFAULT_4XX",
        "DEFAULT_5XX",
        "EXPIRED_TOKEN",
        "INTEGRATION_FAILURE",
        "INTEGRATION_TIMEOUT",
        "INVALID_API_KEY",
        "INVALID_SIGNATURE",
        "MISSING_AUTHENTICATION_TOKEN",
        "QUOTA_EXCEEDED",
        "REQUEST_TOO_LARGE",
        "RESOURCE_NOT_FOUND",
        "THROTTLED",
        "UNAUTHORIZED",
        "UNSUPPORTED_MEDIA_TYPE",
        "WAF_FILTERED",
    ]
)
_BY_LETTERS: Final = {re.sub("[^a-z0-9]", "", name.lower()): name for name in GATEWAY_RESPONSE_TYPES}
_PREFIX: Final = "gatewayresponse.header."


def _invalid_mapping(text: str) -> Says:
    return Says(
        "deployment",
        "Invalid mapping expression specified: Validation Result: warnings : [], errors : "
        f"[Invalid mapping expression specified: {text}]",
    )


@rule(
    "E9411",
    "unquoted-literal",
    "safe",
    "unsafe",
    about="deployment",
    explains=(anything(NO_ALLOW_ORIGIN, *NOT_FOR_THE_PAGE, METHOD, *HEADER),),
)
def unquoted_literal(rule: Rule, facts: Facts) -> Iterator[Finding]:
    """A static header value stands without inner single quotes.

    ## Why
    API Gateway takes the value of a mapped response header for an expression: `'…'` is a static text, anything else
    names a source to copy from. `GET,POST` is neither, so the deployment fails with *Invalid mapping expression
    specified*. SAM copies `Cors` values as they are, numbers and booleans too, so they need the quotes as well. In
    YAML that takes two kinds of quotes: `"'GET,POST'"`.

    ## Example
    ```yaml
    Cors:
      AllowOrigin: '*'              # the text *, without quotes of its own
      AllowMethods: "'GET,POST'"    # right
    ```

    ## Fix safety
    Safe: the quotes are added where the text is written. A `Ref` to a parameter becomes
    `Fn::Sub` with the quotes around it; that is unsafe, since a value given at deployment may bring quotes along.

    ## References
    - https://docs.aws.amazon.com/apigateway/latest/developerguide/request-response-data-mappings.html
    - https://docs.aws.amazon.com/serverless-application-model/latest/developerguide/sam-property-api-corsconfiguration.html
    """
    for site in facts.headers:
        reported: set[int] = set()
        for leaf in decided(site.header.value):
            if not is_bare(leaf) or id(leaf.node) in reported:
                continue
            reported.add(id(leaf.node))
            text = _shown(leaf)
            fix, why = _quote(facts.template, leaf.node)
            assumed = _assumed(leaf) if isinstance(leaf, Known) else ""
            lack = f"is {text}{assumed}, without the single quotes of a static value"
            if is_padded(text):
                lack = f"has white space around its single quotes{assumed}"
            yield Finding(
                rule,
                f"{site.header.name} of {site.what} {lack};"
                f' write "{quoted(_source(facts.template, leaf.node) or text)}"{site.aside}',
                leaf.node,
                fix,
                why,
                _invalid_mapping(text),
                (site.api.logical_id,),
            )


def _assumed(leaf: Known) -> str:
    """What a value is known by, beside what is written at its place."""
    if leaf.when:
        return f" with {leaf.chosen}"
    return f" with the default of {_names(leaf.assumes)}" if leaf.assumes else ""


def _shown(leaf: Known | Unknown) -> str:
    return leaf.text if isinstance(leaf, Known) else "".join("${…}" if p is None else p for p in leaf.pieces)


def _source(template: Template, node: Node) -> str | None:
    """A value that variables of a serverless.yml make, with them."""
    service = template.service
    return service.source_text(node) if service is not None and service.is_made_by_variables(node) else None


def _names(names: frozenset[str]) -> str:
    return ", ".join(sorted(names))


def _quote(template: Template, node: Node) -> tuple[Fix | None, str | None]:
    document = template.document
    parameter = is_ref_to_parameter(template, node)
    raw = template.service.raw(node) if template.service is not None else None
    if raw is not None:
        return attempt("put the value in single quotes", "safe", lambda: _quote_raw(raw))
    if parameter is not None:
        return attempt("quote the parameter with Fn::Sub", "unsafe", lambda: _quote_ref(document, node, parameter))
    return attempt("put the value in single quotes", "safe", lambda: rewritten(document, node, quoted))


def _quote_raw(raw: AsWritten) -> Edits:
    return replace(raw.document, raw.node, quoted(raw.node.text))


def _quote_ref(document: Document, node: Node, parameter: str) -> Edits:
    text = f"'${{{parameter}}}'"
    return replace(document, node, Tagged("!Sub", text) if node.tag in TAGS else {"Fn::Sub": text})


@rule(
    "E9413",
    "invalid-mapping",
    about="deployment",
    explains=(anything(NO_ALLOW_ORIGIN, *NOT_FOR_THE_PAGE, METHOD, *HEADER),),
)
def invalid_mapping(rule: Rule, facts: Facts) -> Iterator[Finding]:
    """A header is mapped from a source that API Gateway cannot copy from in this place.

    ## Why
    Each place has its own sources. A gateway response may copy from the request (`method.request.header.Origin`); a
    method response may not: it has `integration.response.*`, `context.*` and `stageVariables.*`. The deployment fails
    with *Invalid mapping expression specified*. Double quotes inside the value (`'"*"'`) are no static text either, and
    `$context.requestId` is how templates spell it: here it is `context.requestId`.

    To answer several origins from an OPTIONS method, choose the origin in the response template with
    `$context.responseOverride.header.Access-Control-Allow-Origin`, or in a function.

    ## Example
    ```yaml
    method.response.header.Access-Control-Allow-Origin: method.request.header.Origin
    ```

    ## Fix safety
    No fix: what was meant cannot be said in this place.

    ## References
    - https://docs.aws.amazon.com/apigateway/latest/developerguide/request-response-data-mappings.html
    """
    for site in facts.headers:
        for leaf in decided(site.header.value):
            if not isinstance(leaf, Known):
                continue
            text = leaf.text
            if is_misquoted(text):
                why = "double quotes make no static value; use single quotes inside"
            elif literal(text) is None and is_source(text) and not is_allowed_source(text, site.place):
                sources = "method.request.*" if site.place is Place.GATEWAY_RESPONSE else "integration.response.*"
                why = f"{site.place.value} can copy from {sources}, context.* and stageVariables.*"
                if text.startswith("$") and is_allowed_source(text[1:], site.place):
                    why = f"the dollar sign belongs to templates; write {text[1:]}"
            else:
                continue
            message = f"{site.header.name} of {site.what} cannot be mapped from {text}: {why}"
            yield Finding(rule, message, leaf.node, says=_invalid_mapping(text), resources=(site.api.logical_id,))


@rule(
    "E9414",
    "undeclared-response-header",
    "safe",
    about="deployment",
    explains=(anything(NO_ALLOW_ORIGIN, *NOT_FOR_THE_PAGE, METHOD, *HEADER),),
)
def undeclared_response_header(rule: Rule, facts: Facts) -> Iterator[Finding]:
    """An integration response sets a header, or answers with a status, that its method response does not declare.

    ## Why
    API Gateway sends a mapped header only when the method response of the same status declares it, and refuses the
    deployment otherwise: *Invalid mapping expression parameter specified*. A status without a method response is
    refused as well where it maps a header: *No method response exists for method*. Without one it is deployed, and
    answers 500 when it is chosen.

    ## Example
    ```yaml
    IntegrationResponses:
      - StatusCode: 200
        ResponseParameters:
          method.response.header.Access-Control-Allow-Origin: "'*'"
    MethodResponses:
      - StatusCode: 200      # declares no header
    ```

    ## Fix safety
    Safe: the header or status is declared, nothing else changes.

    ## References
    - https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-properties-apigateway-method-integrationresponse.html
    """
    for api in facts.model.rest_apis:
        for method in api.methods:
            if method.origin not in ("resource", "openapi") or _responses_unknown(method):
                continue
            integration = method.integration
            if integration is None or integration.kind not in ("aws", "http", "mock"):
                continue
            for response in integration.responses:
                yield from _undeclared(rule, facts.model, method, response)


def _responses_unknown(method: Method) -> bool:
    """Whether the method responses are made by an intrinsic, so that nothing can be said of them."""
    name = "MethodResponses" if method.origin == "resource" else "responses"
    node = method.holder.get(name) if method.holder is not None else None
    if node is None:
        return False
    items: list[Node] = list(node.items) if isinstance(node, Sequence) else []
    return intrinsic(node) is not None or any(intrinsic(item) is not None for item in items)


def _undeclared(rule: Rule, model: Model, method: Method, response: IntegrationResponse) -> Iterator[Finding]:
    if response.status is None:
        return
    declared = method.responses.get(response.status)
    missing = [h for h in response.headers.values() if declared is None or h.lower not in declared.headers]
    if declared is None and not missing:
        yield _undeclared_status(rule, model, method, response, response.status)
    document = model.template.document
    names = [header.name for header in missing]
    fix, why = attempt("declare the header", "safe", lambda: declare(document, method, response, names))
    for header in missing:
        route = f"{method.verb} {method.path}"
        message = f"{header.name} is mapped on {route}, but its method response {response.status} does not declare it"
        if declared is None:
            message = f"{header.name} is mapped on {route}, which has no method response {response.status}"
        text = f"method.response.header.{header.name}"
        says = Says(
            "deployment",
            "Invalid mapping expression specified: Validation Result: warnings : [], errors : "
            f"[Invalid mapping expression parameter specified: {text}]",
        )
        yield Finding(rule, message, header.key, fix, why, says, (method.resource,))


def _undeclared_status(rule: Rule, model: Model, method: Method, response: IntegrationResponse, status: str) -> Finding:
    fix, why = attempt("declare the status", "safe", lambda: declare(model.template.document, method, response, ()))
    entry = response.holder.entry("StatusCode") or response.holder.entry("statusCode") if response.holder else None
    place = entry.value if entry is not None else response.node
    message = f"{method.verb} {method.path} answers {status}, and has no method response {status}"
    # Recorded: without a mapped header it is deployed, and fails when it is chosen (LocalStack's snapshot of
    # test_cfn_with_apigateway_resources; "Output mapping refers to an invalid method response").
    says = Says("deployment", "No method response exists for method.") if response.headers else None
    return Finding(rule, message, place, fix, why, says, (method.resource,))


@rule(
    "E9415",
    "unknown-gateway-response-type",
    "safe",
    about="deployment",
    explains=(errors(NO_ALLOW_ORIGIN, *NOT_FOR_THE_PAGE, by="door"),),
)
def unknown_gateway_response_type(rule: Rule, facts: Facts) -> Iterator[Finding]:
    """A gateway response has a type that does not exist, or a parameter key that is not of its dialect.

    ## Why
    API Gateway knows 21 response types, in capitals with underscores; another name fails the deployment. A header is
    named `gatewayresponse.header.NAME` in CloudFormation and OpenAPI, and just `NAME` under `ResponseParameters:
    Headers:` in SAM, which adds the prefix itself. CloudFormation's schema checks neither.

    The types are `ACCESS_DENIED`, `API_CONFIGURATION_ERROR`, `AUTHORIZER_CONFIGURATION_ERROR`,
    `AUTHORIZER_FAILURE`, `BAD_REQUEST_BODY`, `BAD_REQUEST_PARAMETERS`, `DEFAULT_4XX`, `DEFAULT_5XX`,
    `EXPIRED_TOKEN`, `INTEGRATION_FAILURE`, `INTEGRATION_TIMEOUT`, `INVALID_API_KEY`, `INVALID_SIGNATURE`,
    `MISSING_AUTHENTICATION_TOKEN`, `QUOTA_EXCEEDED`, `REQUEST_TOO_LARGE`, `RESOURCE_NOT_FOUND`, `THROTTLED`,
    `UNAUTHORIZED`, `UNSUPPORTED_MEDIA_TYPE` and `WAF_FILTERED`.

    ## Example
    ```yaml
    GatewayResponses:
      DEFAULT_4xx: …     # DEFAULT_4XX
    ```

    ## Fix safety
    Safe where only case, separators or the prefix differ. For another name there is no fix: what was meant is not
    known.

    ## References
    - https://docs.aws.amazon.com/apigateway/latest/developerguide/supported-gateway-response-types.html
    """
    document = facts.template.document
    seen: set[int] = set()
    for response in (response for api in facts.model.rest_apis for response in api.all_gateway_responses):
        if response.type not in GATEWAY_RESPONSE_TYPES and id(response.key) not in seen:
            yield _unknown_type(rule, document, response)
        seen.add(id(response.key))
        for key in response.strays:
            if id(key) not in seen:
                yield _stray(rule, document, response, key)
            seen.add(id(key))


def meant_type(written: str) -> str | None:
    """The type that a name stands for when only case and separators differ."""
    return _BY_LETTERS.get(re.sub("[^a-z0-9]", "", written.lower()))


def _unknown_type(rule: Rule, document: Document, response: GatewayResponse) -> Finding:
    meant = meant_type(response.type)
    key = response.key
    fix, why = None, None
    hint = "; `cfncors explain E9415` lists the types"
    if meant is not None:
        hint = f"; it is spelled {meant}"
        edit = replace if response.where == "resource" else rename
        fix, why = attempt(f"spell it {meant}", "safe", lambda: edit(document, key, meant))
    says = Says(
        "deployment",
        f"1 validation error detected: Value '{response.type}' at 'responseType' failed to satisfy constraint",
    )
    message = f"{response.type} is no gateway response type{hint}"
    return Finding(rule, message, key, fix, why, says, (response.resource,))


def _stray(rule: Rule, document: Document, response: GatewayResponse, key: Scalar) -> Finding:
    bare = key.text[len(_PREFIX) :] if key.text.lower().startswith(_PREFIX) else key.text
    bare = bare.removeprefix("method.response.header.")
    if response.where == "property":
        message = f"SAM writes the prefix itself: {key.text} belongs under Headers as {bare}"
        fix, why = attempt(f"write {bare} under Headers", "safe", lambda: _into_headers(document, response, key, bare))
    else:
        message = f"{key.text} is no parameter of a gateway response; a header is written {_PREFIX}{bare}"
        fix, why = None, None
        if re.fullmatch(r"[A-Za-z0-9-]+", bare):
            fix, why = attempt("write the prefix", "safe", lambda: rename(document, key, _PREFIX + bare))
    says = Says("deployment", f"Invalid gateway response parameter '{key.text}'")
    return Finding(rule, message, key, fix, why, says, (response.resource,))


def _into_headers(document: Document, response: GatewayResponse, key: Scalar, bare: str) -> Edits:
    parameters = response.node.get("ResponseParameters")
    if not isinstance(parameters, Mapping):
        raise CannotEdit("the parameters are made by an intrinsic function")
    headers = parameters.get("Headers")
    if isinstance(headers, Mapping) and headers.entry(key.text) is not None:
        return rename(document, key, bare)
    if headers is not None or any(not name.lower().startswith(_PREFIX) for name, _ in parameters.items()):
        raise CannotEdit("Headers and other keys stand side by side; move it by hand")
    values: dict[str, Data] = {name[len(_PREFIX) :]: Raw(entry.value) for name, entry in parameters.items()}
    return replace(document, parameters, {"Headers": values})


@rule(
    "E9416",
    "dropped-credentials",
    "safe",
    doors="rest http",
    about="value",
    explains=(anything(Fault.NO_ALLOW_CREDENTIALS),),
)
def dropped_credentials(rule: Rule, facts: Facts) -> Iterator[Finding]:
    """SAM drops this AllowCredentials in silence.

    ## Why
    The translator writes `Access-Control-Allow-Credentials` only for the boolean `true`. A text (`"'true'"`, `'true'`)
    or an intrinsic function is dropped without a word, and the browser refuses every request with credentials. So it is
    with `Cors` of a REST API and with `CorsConfiguration` of an HTTP API.

    ## Example
    ```yaml
    Cors:
      AllowOrigin: "'https://app.example.com'"
      AllowCredentials: "'true'"     # true
    ```

    ## Fix safety
    Safe for a text that says true. An intrinsic function has no fix: SAM cannot decide it.

    ## References
    - https://docs.aws.amazon.com/serverless-application-model/latest/developerguide/sam-property-api-corsconfiguration.html
    """
    seen: set[int] = set()
    for api in facts.model.rest_apis:
        cors = api.cors
        if cors is None or cors.credentials is None or cors.allows_credentials or id(cors.credentials) in seen:
            continue
        node = cors.credentials
        seen.add(id(node))
        finding = _dropped(rule, facts.model, api.logical_id, node)
        if finding is not None:
            yield finding
    for node, owner in _http_credentials(facts.model):
        finding = _dropped(rule, facts.model, owner, node) if id(node) not in seen else None
        seen.add(id(node))
        if finding is not None:
            yield finding


def _http_credentials(model: Model) -> Iterator[tuple[Node, str]]:
    """``AllowCredentials`` as it is written for SAM's HTTP APIs, where the translator takes over nothing but a literal
    ``true`` (``samtranslator/open_api/open_api.py``, ``add_cors``)."""
    for api in model.http_apis:
        for policy in api.policies if api.dialect in ("sam", "sam-implicit") else ():
            node = policy.node.get("AllowCredentials") if isinstance(policy.node, Mapping) else None
            if node is not None and not (isinstance(node, Scalar) and node.tag is None and node.value is True):
                yield node, api.logical_id


def _dropped(rule: Rule, model: Model, api: str, node: Node) -> Finding | None:
    fix, why = None, None
    if intrinsic(node) is not None:
        if model.template.known(node) in ("false", "'false'"):
            return None
        what = "is made by an intrinsic function"
    elif isinstance(node, Scalar):
        meant = node.text.strip("'\" ").lower()
        if meant in ("false", "", "no", "off", "null", "~"):
            return None
        what = f"is the text {node.text}"
        if meant == "true":
            fix, why = attempt("write true", "safe", lambda: replace(model.template.document, node, True))
    else:
        return None
    message = f"AllowCredentials of {api} {what}: SAM drops it in silence and sends the header only for true"
    says = PROMISED
    return Finding(rule, message, node, fix, why, says, (api,))
