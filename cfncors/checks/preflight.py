"""943x, preflight: whether OPTIONS answers, without a login, and allows what the API itself demands."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from cfncors.browser import console
from cfncors.checks.allow_lists import BODY_METHODS, Demand, demands, with_evidence
from cfncors.checks.preflight_remedies import (
    add_cors,
    add_options,
    keep,
    list_names,
    no_authorization,
    set_flag,
    spelled,
)
from cfncors.checks.registry import rule
from cfncors.checks.remedies import (
    attempt,
    rewritten,
)
from cfncors.findings import Finding, Fix, Rule, Says
from cfncors.gateway.demands import demanded_headers
from cfncors.gateway.expressions import decided, literal
from cfncors.gateway.model import (
    ALLOW_HEADERS,
    ALLOW_METHODS,
    ALLOW_ORIGIN,
    MAX_AGE,
    IntegrationResponse,
    Method,
    Model,
    RestApi,
    normal_path,
)
from cfncors.gateway.preflight import mock_status, picked
from cfncors.source import Mapping, Node, Scalar
from cfncors.source.edit import put, remove, replace
from cfncors.template import Known, intrinsic

#: Methods that need no preflight for themselves, nor a place in Allow-Methods (Fetch, "CORS-safelisted method").
SAFELISTED_METHODS: Final = frozenset(("GET", "HEAD", "POST"))
#: The longest that any browser keeps a preflight, in seconds: Firefox 86,400, Chromium 7,200, WebKit 600.
LONGEST_MAX_AGE: Final = 86_400


def is_preflighted(method: Method) -> bool:
    """Whether a browser certainly asks first: the method is not safelisted, or the API demands a header."""
    return method.verb not in (*SAFELISTED_METHODS, "ANY", "OPTIONS") or bool(demanded_headers(method))


# -- E9431 ---------------------------------------------------------------------------------------------------------


@rule("E9431", "preflight-unanswered", "unsafe")
def preflight_unanswered(rule: Rule, model: Model) -> Iterator[Finding]:
    """A route whose requests are preflighted has no OPTIONS method that reaches it.

    ## Why
    Before a PUT, PATCH or DELETE, and before any request with a header such as `Authorization`, the browser sends
    OPTIONS. Where no OPTIONS method answers, API Gateway says 403 *Missing Authentication Token*, and the request
    itself is never sent. One OPTIONS on `/{proxy+}` answers for every path below that has neither its own nor `ANY`.

    ## Example
    ```yaml
    PutNote:
      Type: AWS::ApiGateway::Method
      Properties:
        HttpMethod: PUT          # and no method with HttpMethod: OPTIONS on this resource
    ```

    ## Fix safety
    Unsafe: it opens a route. Plain CloudFormation gets a MOCK OPTIONS method with the API's origin that the deployments
    wait for; SAM gets `Cors`.

    ## References
    - https://docs.aws.amazon.com/apigateway/latest/developerguide/how-to-cors.html
    - https://fetch.spec.whatwg.org/#cors-preflight-fetch
    """
    for api in with_evidence(model):
        for path in dict.fromkeys(normal_path(method.path) for method in api.methods):
            asked = [m for m in api.on_path(path) if is_preflighted(m)]
            if not asked or api.answers_options(path) is not None:
                continue
            first = asked[0]
            verbs = ", ".join(sorted({m.verb for m in asked}))
            message = f"{verbs} {path} is preflighted, and no OPTIONS method of {api.logical_id} reaches it"
            fix, why = _answer_options(model, api, path)
            text = console.blocked(console.missing_allow_origin(preflight=True))
            says = Says("browser", text)
            yield Finding(rule, message, first.key, fix, why, says, (api.logical_id, first.resource), (path,))


def _answer_options(model: Model, api: RestApi, path: str) -> tuple[Fix | None, str | None]:
    methods = [m for m in api.on_path(path) if not m.is_options]
    if api.dialect in ("sam", "sam-implicit") and api.cors is None:
        return attempt("add Cors to the API", "unsafe", lambda: add_cors(model, api))
    if any(m.origin == "resource" for m in methods):
        return attempt("add an OPTIONS method", "unsafe", lambda: add_options(model, api, methods))
    return None, "the OpenAPI body needs an options operation"


# -- E9432 ---------------------------------------------------------------------------------------------------------


@rule("E9432", "preflight-secured", "safe")
def preflight_secured(rule: Rule, model: Model) -> Iterator[Finding]:
    """The preflight meets an authorizer or an API key, which it can never satisfy.

    ## Why
    Browsers send the preflight without credentials: no token, no cookie, no key. An authorizer or a required key turns
    it away with 401 or 403, and since a preflight must answer 2xx, every request behind it is blocked. SAM puts its
    `DefaultAuthorizer` and `ApiKeyRequired` in front of the OPTIONS methods that it makes unless told not to.

    ## Example
    ```yaml
    Auth:
      DefaultAuthorizer: Users
      AddDefaultAuthorizerToCorsPreflight: false     # what is missing
    ```

    ## Fix safety
    Safe: SAM's two flags are set to false, or the MOCK method's authorization to `NONE`. A MOCK answers from the
    template alone, so nothing else is opened. An OPTIONS that reaches code has no fix here.

    ## References
    - https://docs.aws.amazon.com/serverless-application-model/latest/developerguide/sam-property-api-apiauth.html
    - https://fetch.spec.whatwg.org/#cors-preflight-fetch
    """
    for api in with_evidence(model):
        told: set[tuple[int, str]] = set()
        for method in _answering(api):
            for finding in _secured(rule, model, api, method):
                if (finding.node.start, finding.message) not in told:
                    told.add((finding.node.start, finding.message))
                    yield finding


def _answering(api: RestApi) -> Iterator[Method]:
    """OPTIONS methods, and the ``ANY`` methods that answer for a path without one."""
    for path in dict.fromkeys(normal_path(method.path) for method in api.methods):
        method = api.answers_options(path)
        if method is not None and (method.verb == "OPTIONS" or method.integration is not None):
            yield method


def _turned_away(method: Method) -> str | None:
    """What turns a bare OPTIONS away; a request authorizer without identity sources may let it pass."""
    kind, headers = method.authorization
    if kind in ("iam", "cognito", "token"):
        return {"iam": "AWS_IAM", "cognito": "a Cognito authorizer", "token": "a Lambda authorizer"}[kind]
    if kind == "request" and headers:
        return "a Lambda authorizer"
    return None


def _secured(rule: Rule, model: Model, api: RestApi, method: Method) -> Iterator[Finding]:
    by_auth = _turned_away(method)
    route = f"OPTIONS {method.path}" if method.verb == "OPTIONS" else f"ANY {method.path}, which takes OPTIONS too,"
    says = Says("browser", console.blocked(console.not_ok_status()))
    for reason, flag, wanted in (
        (by_auth, "AddDefaultAuthorizerToCorsPreflight", "DefaultAuthorizer"),
        ("a required API key" if method.api_key else None, "AddApiKeyRequiredToCorsPreflight", "ApiKeyRequired"),
    ):
        if reason is None:
            continue
        place, fix, why = _opening(model, api, method, flag, wanted)
        if place is None:
            continue
        if method.origin == "cors":
            route = f"the preflight of {api.logical_id}"
        message = f"{route} is behind {reason}, but browsers send it without credentials"
        paths = () if method.origin == "cors" else _answered_by(api, method)
        yield Finding(rule, message, place, fix, why, says, (api.logical_id, method.resource), paths)


def _answered_by(api: RestApi, method: Method) -> tuple[str, ...]:
    """Paths whose preflights reach a method."""
    paths = dict.fromkeys(normal_path(other.path) for other in api.methods)
    return tuple(path for path in paths if api.answers_options(path) is method)


def _opening(
    model: Model, api: RestApi, method: Method, flag: str, wanted: str
) -> tuple[Node | None, Fix | None, str | None]:
    """The place that secures a preflight, and the edit that opens it."""
    document = model.template.document
    if method.origin in ("cors", "event"):
        auth = api.properties.get("Auth") if api.properties is not None else None
        given = auth.entry(wanted) if isinstance(auth, Mapping) else None
        if not isinstance(auth, Mapping) or given is None or method.verb == "ANY":
            return method.key, None, "the event's own Auth secures it"
        told = auth.entry(flag)
        if told is not None:
            fix, why = attempt(f"set {flag} to false", "safe", lambda: replace(document, told.value, False))
            return told.value, fix, why
        fix, why = attempt(f"set {flag} to false", "safe", lambda: set_flag(model, api, given, flag))
        return given.key, fix, why
    if method.holder is None:
        return method.key, None, None
    name = "AuthorizationType" if wanted == "DefaultAuthorizer" else "ApiKeyRequired"
    entry = method.holder.entry(name if method.origin == "resource" else "security")
    place = entry.value if entry is not None and isinstance(entry.value, Scalar) else entry.key if entry else method.key
    if method.integration is None or method.integration.kind != "mock" or method.verb == "ANY":
        return place, None, "it reaches code, which the edit would open to everyone"
    if method.origin == "openapi":
        holder = method.holder
        return place, *attempt("remove security from options", "safe", lambda: remove(document, holder, "security"))
    if entry is None:
        return place, None, None
    opened = entry.value
    if wanted == "ApiKeyRequired":
        return place, *attempt("require no key", "safe", lambda: replace(document, opened, False))
    return place, *attempt("set AuthorizationType to NONE", "safe", lambda: no_authorization(model, method, opened))


# -- E9433, E9434, W9439 -------------------------------------------------------------------------------------------


def _missing(
    rule: Rule,
    model: Model,
    demand: Demand,
    header_name: str,
    names: list[str],
    says: str,
    reason: str,
) -> Finding:
    listed = ", ".join(names)
    routes = list(dict.fromkeys(demand.names.values()))
    shown = ", ".join(routes[:3]) + (f" and {len(routes) - 3} more" if len(routes) > 3 else "")
    if demand.header is None:
        message = f"the preflight of {shown} sends no {header_name}; it has to list {listed}"
    else:
        message = f"{header_name} of the preflight lacks {listed}{reason.format(routes=shown)}"
    fix, why = attempt(f"list {listed}", "safe", lambda: list_names(model, demand, header_name, names))
    place = demand.preflight.method.key if demand.header is None else demand.header.node
    return Finding(
        rule,
        message,
        place,
        fix,
        why,
        Says("browser", console.blocked(says)),
        (demand.api.logical_id, demand.preflight.method.resource),
    )


@rule("E9433", "preflight-method-missing", "safe")
def preflight_method_missing(rule: Rule, model: Model) -> Iterator[Finding]:
    """A method that a route serves is not in Access-Control-Allow-Methods.

    ## Why
    The browser sends a PUT, PATCH or DELETE only when the preflight lists it, in the same letters. GET, HEAD and POST
    need no listing. `*` lists all methods, but only for requests without credentials.

    ## Example
    ```yaml
    Cors:
      AllowMethods: "'GET,POST'"    # and an event with Method: delete
    ```

    ## Fix safety
    Safe: the template serves the method already; the preflight only says so.

    ## References
    - https://fetch.spec.whatwg.org/#cors-preflight-fetch
    """

    def wanted(method: Method) -> list[str]:
        return [] if method.verb in (*SAFELISTED_METHODS, "ANY") else [method.verb]

    for demand in demands(model, ALLOW_METHODS, wanted):
        names = sorted(demand.names)
        says = console.method_not_allowed(names[0])
        reason = ", needed by {routes}"
        yield _missing(rule, model, demand, "Access-Control-Allow-Methods", names, says, reason)


@rule("E9434", "preflight-header-missing", "safe")
def preflight_header_missing(rule: Rule, model: Model) -> Iterator[Finding]:
    """Access-Control-Allow-Headers lacks a header that the API itself demands.

    ## Why
    A route behind a Cognito or Lambda authorizer demands its token's header, one with IAM the signature's headers, one
    with a usage plan `X-Api-Key`. A browser sends none of them unless the preflight lists it. SAM lists no header by
    itself. `*` lists all but `Authorization` by the standard, and nothing for requests with credentials.

    ## Example
    ```yaml
    Cors:
      AllowOrigin: "'*'"
      AllowHeaders: "'Content-Type'"      # Content-Type,Authorization
    Auth:
      DefaultAuthorizer: Users
    ```

    ## Fix safety
    Safe: the API demands the header already; the preflight only says so.

    ## References
    - https://fetch.spec.whatwg.org/#cors-preflight-fetch
    - https://docs.aws.amazon.com/apigateway/latest/developerguide/how-to-cors.html
    """
    for demand in demands(model, ALLOW_HEADERS, demanded_headers):
        names = [spelled(name) for name in demand.names]
        says = console.header_not_allowed(next(iter(demand.names)))
        yield _missing(rule, model, demand, "Access-Control-Allow-Headers", names, says, ", demanded by {routes}")


@rule("W9439", "preflight-content-type-missing", "safe")
def preflight_content_type_missing(rule: Rule, model: Model) -> Iterator[Finding]:
    """A route takes a body, and Access-Control-Allow-Headers lacks Content-Type.

    ## Why
    `Content-Type: application/json` is not one of the three values that a page may send unasked, so a POST, PUT or
    PATCH with JSON is preflighted and refused. SAM's `Cors` lists no header by itself: with the short form
    `Cors: "'*'"` no JSON request passes.

    ## Example
    ```yaml
    Cors: "'*'"          # and an event with Method: post
    ```

    ## Fix safety
    Safe: it allows a header that describes the body of a request that is allowed.

    ## References
    - https://fetch.spec.whatwg.org/#cors-safelisted-request-header
    """

    def wanted(method: Method) -> list[str]:
        return ["content-type"] if method.verb in BODY_METHODS else []

    for demand in demands(model, ALLOW_HEADERS, wanted):
        says = console.header_not_allowed("content-type")
        yield _missing(
            rule,
            model,
            demand,
            "Access-Control-Allow-Headers",
            ["Content-Type"],
            says,
            ": {routes} takes a body, and JSON in it is refused",
        )


# -- E9435, E9436 --------------------------------------------------------------------------------------------------


def _mocks(api: RestApi) -> Iterator[Method]:
    return (m for m in api.methods if m.is_options and m.integration is not None and m.integration.kind == "mock")


@rule("E9435", "preflight-binary-mock", "safe")
def preflight_binary_mock(rule: Rule, model: Model) -> Iterator[Finding]:
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
    for api in model.rest_apis:
        binary = next((node for text, node in api.binary if text == "*/*"), None)
        if binary is None:
            continue
        told_cors = False
        for method in _mocks(api):
            integration = method.integration
            if integration is None or (integration.content_handling or "").upper() == "CONVERT_TO_TEXT":
                continue
            says = Says("browser", console.blocked(console.missing_allow_origin(preflight=True)))
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
                    model.template.document, node, (name,), "CONVERT_TO_TEXT"
                ),
            )
            entry = node.entry("Type") or node.entry("type")
            place = entry.value if entry is not None else method.key
            yield Finding(rule, message, place, fix, why, says, resources, _answered_by(api, method))


@rule("E9436", "preflight-not-ok", "safe")
def preflight_not_ok(rule: Rule, model: Model) -> Iterator[Finding]:
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
    for api in model.rest_apis:
        for method in _mocks(api):
            if method.origin == "cors":
                continue
            finding = _not_ok(rule, model, api, method)
            if finding is not None:
                yield finding


def _not_ok(rule: Rule, model: Model, api: RestApi, method: Method) -> Finding | None:
    integration = method.integration
    if integration is None or integration.node is None or intrinsic(integration.node) is not None:
        return None
    node = integration.node
    says = Says("browser", console.blocked(console.not_ok_status()))
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
        return Finding(rule, message, place, fix, why, says, resources, _answered_by(api, method))
    responses_node = node.get("IntegrationResponses") or node.get("responses")
    if intrinsic(responses_node) is not None:
        return None
    if not all(r.status is not None for r in integration.responses):
        return None
    response = picked(integration)
    if response is None:
        listed = node.entry("IntegrationResponses") or node.entry("responses")
        message = f"{route} answers 500: none of its integration responses matches the status {status} of its template"
        return Finding(rule, message, listed.key if listed is not None else method.key, None, None, says, resources)
    answered = response.status or ""
    if answered.isdecimal() and not 200 <= int(answered) <= 299:
        entry = response.holder.entry("StatusCode") or response.holder.entry("statusCode") if response.holder else None
        message = f"{route} answers {answered}; a preflight passes only with a status from 200 to 299"
        return Finding(rule, message, entry.value if entry is not None else method.key, None, None, says, resources)
    return None


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


# -- W9437, I9438 --------------------------------------------------------------------------------------------------


def _answers(api: RestApi) -> Iterator[tuple[Method, IntegrationResponse]]:
    for method in _mocks(api):
        response = picked(method.integration) if method.integration is not None else None
        if response is not None:
            yield method, response


@rule("W9437", "preflight-max-age", "safe")
def preflight_max_age(rule: Rule, model: Model) -> Iterator[Finding]:
    """Access-Control-Max-Age is not a number of seconds that a browser keeps.

    ## Why
    The value is an integer, in seconds. Anything else counts as 5, or as nothing. Firefox keeps a preflight for at most
    86,400 seconds, Chromium for 7,200, WebKit for 600; more than 86,400 has no effect anywhere. -1 switches the cache
    off.

    ## Example
    ```yaml
    Cors:
      MaxAge: "'10m'"        # "'600'"
    ```

    ## Fix safety
    Safe: a number that is too large becomes 86400, which every browser treats the same. A text that is no number has no
    fix.

    ## References
    - https://fetch.spec.whatwg.org/#http-access-control-max-age
    - https://developer.mozilla.org/en-US/docs/Web/HTTP/Reference/Headers/Access-Control-Max-Age
    """
    seen: set[int] = set()
    for api in model.rest_apis:
        for method, response in _answers(api):
            header = response.headers.get(MAX_AGE)
            if header is None or id(header.node) in seen:
                continue
            seen.add(id(header.node))
            for leaf in decided(header.value):
                problem = _max_age_problem(leaf.text) if isinstance(leaf, Known) else None
                if problem is None or not isinstance(leaf, Known):
                    continue
                fix, why = None, None
                if (literal(leaf.text) or leaf.text).strip().isdecimal():
                    fix, why = attempt(
                        f"cap it at {LONGEST_MAX_AGE}",
                        "safe",
                        lambda leaf=leaf: rewritten(  # type: ignore[misc]
                            model.template.document, leaf.node, lambda _: f"'{LONGEST_MAX_AGE}'"
                        ),
                    )
                message = f"Access-Control-Max-Age of {api.logical_id} {problem}"
                yield Finding(rule, message, leaf.node, fix, why, None, (api.logical_id, method.resource))


def _max_age_problem(text: str) -> str | None:
    inner = literal(text)
    value = (text if inner is None else inner).strip()
    if value.startswith(("context.", "stageVariables.", "integration.")):
        return None
    if not value.removeprefix("-").isdecimal() or not value.isascii():
        return f"is {value or 'empty'}, which is no number of seconds"
    if int(value) > LONGEST_MAX_AGE:
        return f"is {value}; no browser keeps a preflight longer than {LONGEST_MAX_AGE} seconds"
    if int(value) < -1:
        return f"is {value}; -1 switches the cache off, less means nothing"
    return None


@rule("I9438", "preflight-never-cached", "unsafe")
def preflight_never_cached(rule: Rule, model: Model) -> Iterator[Finding]:
    """The preflight sends no Access-Control-Max-Age, so browsers ask again after 5 seconds.

    ## Why
    Without the header a preflight is kept for 5 seconds: nearly every request costs two round trips, and API Gateway
    bills both. Chromium keeps one for up to 7,200 seconds, Firefox for 86,400, WebKit for 600.

    ## Example
    ```yaml
    Cors:
      AllowOrigin: "'https://app.example.com'"
      MaxAge: "'600'"       # what is missing
    ```

    ## Fix safety
    Unsafe: a change of the allowed methods, headers or origins reaches a browser only when its copy has aged out. The
    fix says 600 seconds, which every browser keeps.

    ## References
    - https://fetch.spec.whatwg.org/#http-access-control-max-age
    """
    seen: set[int] = set()
    for api in model.rest_apis:
        asked = {normal_path(m.path) for m in api.methods if is_preflighted(m) or m.verb in BODY_METHODS}
        for method, response in _answers(api):
            if MAX_AGE in response.headers or MAX_AGE in response.overrides or id(method.key) in seen:
                continue
            if normal_path(method.path) not in asked or ALLOW_ORIGIN not in response.headers:
                continue
            seen.add(id(method.key))
            owner = f"the preflight of {api.logical_id}" if method.origin == "cors" else f"OPTIONS {method.path}"
            message = f"{owner} has no Access-Control-Max-Age: browsers ask again after 5 seconds"
            fix, why = attempt(
                "let browsers keep it for 600 seconds",
                "unsafe",
                lambda api=api, method=method, response=response: keep(  # type: ignore[misc]
                    model, api, method, response
                ),
            )
            yield Finding(rule, message, method.key, fix, why, None, (api.logical_id, method.resource))
