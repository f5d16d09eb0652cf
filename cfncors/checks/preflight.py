"""943x, preflight: whether OPTIONS answers, and without a login."""

from __future__ import annotations

from collections.abc import Iterator

from cfncors.checks.explanations import REFUSED, preflight
from cfncors.checks.preflight_mock import answered_by
from cfncors.checks.preflight_remedies import add_cors, add_options, configure, no_authorization, set_flag
from cfncors.checks.registry import rule
from cfncors.checks.remedies import attempt, rewritten
from cfncors.facts import Facts
from cfncors.facts.allow_lists import (
    is_preflighted,
    route_name,
    takes_options,
)
from cfncors.findings import PROMISED, Finding, Fix, Rule
from cfncors.gateway.model import Authorization, Guard, HttpApi, Method, Model, RestApi, normal_path
from cfncors.source import Mapping, Node, Scalar
from cfncors.source.edit import remove, replace

# -- E9431 ---------------------------------------------------------------------------------------------------------


@rule("E9431", "preflight-unanswered", "unsafe", doors="rest http", explains=(preflight(*REFUSED, by="door"),))
def preflight_unanswered(rule: Rule, facts: Facts) -> Iterator[Finding]:
    """A route whose requests are preflighted has nothing that answers OPTIONS.

    ## Why
    Before a PUT, PATCH or DELETE, and before any request with a header such as `Authorization`, the browser sends
    OPTIONS. Where no OPTIONS method of a REST API answers, API Gateway says 403 *Missing Authentication Token*, and the
    request itself is never sent. One OPTIONS on `/{proxy+}` answers for every path below that has neither its own nor
    `ANY`.

    An HTTP API answers by itself, but only with a `CorsConfiguration`; without one and without a route for OPTIONS it
    says 404 *Not Found*.

    ## Example
    ```yaml
    PutNote:
      Type: AWS::ApiGateway::Method
      Properties:
        HttpMethod: PUT          # and no method with HttpMethod: OPTIONS on this resource
    ```

    ## Fix safety
    Unsafe: it opens a route. Plain CloudFormation gets a MOCK OPTIONS method with the API's origin that the deployments
    wait for; SAM gets `Cors`. An HTTP API gets a `CorsConfiguration` with the origin given or `*`, but not one whose
    code sends CORS headers, which it would replace.

    ## References
    - https://docs.aws.amazon.com/apigateway/latest/developerguide/how-to-cors.html
    - https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-cors.html
    - https://fetch.spec.whatwg.org/#cors-preflight-fetch
    """
    yield from _all_unanswered(rule, facts, json=False)


def _all_unanswered(rule: Rule, facts: Facts, *, json: bool) -> Iterator[Finding]:
    """Paths whose OPTIONS reaches nothing: those that are always preflighted, or those that only JSON is sent to."""
    for api in facts.called_rest_apis:
        for finding in _unanswered(rule, api, "and no OPTIONS method of {api} reaches it", json):
            fix, why = _answer_options(facts.model, api, finding.paths[0])
            yield finding._replace(fix=fix, no_fix=why)
    for http_api in facts.called_http_apis:
        if http_api.policies:
            continue
        fix, why = _configuration(facts.model, http_api)
        lack = "and {api} has neither a CorsConfiguration nor a route for OPTIONS"
        for finding in _unanswered(rule, http_api, lack, json):
            yield finding._replace(fix=fix, no_fix=why)


def _configuration(model: Model, api: HttpApi) -> tuple[Fix | None, str | None]:
    found = model.called(api)
    if found is not None and found.kind == "code":
        return None, "a CorsConfiguration would replace the CORS headers that its code sends (W9465)"
    return attempt("add a CorsConfiguration", "unsafe", lambda: configure(model, api))


def _unanswered(rule: Rule, api: RestApi | HttpApi, lack: str, json: bool) -> Iterator[Finding]:
    """A finding for each path with preflighted methods whose OPTIONS reaches nothing; with ``json``, for each where
    only a body of that type makes a POST one of these."""
    by_path: dict[str, list[Method]] = {}
    for method in api.methods:
        by_path.setdefault(normal_path(method.path), []).append(method)
    for path, methods in by_path.items():
        asked = [m for m in methods if is_preflighted(m)]
        if json:
            asked = [m for m in methods if m.verb == "POST"] if not asked else []
        if not asked or takes_options(api, path) is not None:
            continue
        verbs = ", ".join(sorted({m.verb for m in asked}))
        are = "with JSON is" if json else "is" if "," not in verbs else "are"
        message = f"{verbs} {path} {are} preflighted, {lack.format(api=api.logical_id)}"
        says = PROMISED
        resources = (api.logical_id, asked[0].resource)
        yield Finding(rule, message, asked[0].key, says=says, resources=resources, paths=(path,))


def _answer_options(model: Model, api: RestApi, path: str) -> tuple[Fix | None, str | None]:
    methods = [m for m in api.on_path(path) if not m.is_options]
    if api.dialect in ("sam", "sam-implicit") and api.cors is None:
        return attempt("add Cors to the API", "unsafe", lambda: add_cors(model, api))
    if api.dialect == "serverless":
        from cfncors.checks.serverless_remedies import add_cors as add_cors_to_events

        return attempt("add cors to the event", "unsafe", lambda: add_cors_to_events(model, api, path))
    if any(m.origin == "resource" for m in methods):
        return attempt("add an OPTIONS method", "unsafe", lambda: add_options(model, api, methods))
    return None, "the OpenAPI body needs an options operation"


# -- W9430 ---------------------------------------------------------------------------------------------------------


@rule("W9430", "json-preflight-unanswered", "unsafe", doors="rest http", explains=(preflight(*REFUSED, by="door"),))
def json_preflight_unanswered(rule: Rule, facts: Facts) -> Iterator[Finding]:
    """A POST route has nothing that answers OPTIONS, so that JSON cannot be sent to it.

    ## Why
    A browser sends a POST without asking first only where its body is a form or plain text. Before a body of the type
    `application/json`, which most pages send, comes a preflight, and where no OPTIONS method answers it every such call
    is blocked. The same as E9431, which is about methods and headers that are always preflighted.

    ## Example
    ```yaml
    PostNote:
      Type: AWS::ApiGateway::Method
      Properties:
        HttpMethod: POST         # and no method with HttpMethod: OPTIONS on this resource
    ```

    ## Fix safety
    Unsafe: it opens a route, as the fix of E9431 does. Where all pages send forms, suppress the finding with that
    reason.

    ## References
    - https://fetch.spec.whatwg.org/#cors-safelisted-request-header
    - https://docs.aws.amazon.com/apigateway/latest/developerguide/how-to-cors.html
    """
    yield from _all_unanswered(rule, facts, json=True)


# -- E9432 ---------------------------------------------------------------------------------------------------------


@rule("E9432", "preflight-secured", "safe", doors="rest http", explains=(preflight(*REFUSED, by="door"),))
def preflight_secured(rule: Rule, facts: Facts) -> Iterator[Finding]:
    """The preflight meets an authorizer or an API key, which it can never satisfy.

    ## Why
    Browsers send the preflight without credentials: no token, no cookie, no key. An authorizer or a required key turns
    it away with 401 or 403, and since a preflight must answer 2xx, every request behind it is blocked. SAM puts its
    `DefaultAuthorizer` and `ApiKeyRequired` in front of the OPTIONS methods that it makes unless told not to. A
    `CorsConfiguration` does not help an HTTP API here: a route for `ANY` or `$default` takes OPTIONS too, and its
    authorizer goes first.

    ## Example
    ```yaml
    Auth:
      DefaultAuthorizer: Users
      AddDefaultAuthorizerToCorsPreflight: false     # what is missing
    ```

    ## Fix safety
    Safe: SAM's two flags are set to false, or the MOCK method's authorization to `NONE`. A MOCK answers from the
    template alone, so nothing else is opened. An OPTIONS that reaches code has no fix here: on an HTTP API give OPTIONS
    a route of its own, without an authorizer.

    ## References
    - https://docs.aws.amazon.com/serverless-application-model/latest/developerguide/sam-property-api-apiauth.html
    - https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-cors.html
    - https://fetch.spec.whatwg.org/#cors-preflight-fetch
    """
    for api in facts.called_rest_apis:
        found: dict[tuple[object, ...], Finding] = {}
        for method in _answering(api):
            for fault, finding in _secured(rule, facts.model, api, method):
                found.setdefault(fault, finding)
        yield from found.values()
    for http_api in facts.called_http_apis:
        yield from _swallowed(rule, http_api)


def _answering(api: RestApi | HttpApi) -> Iterator[Method]:
    """OPTIONS methods, and the ``ANY`` methods that answer for a path without one."""
    for path in dict.fromkeys(normal_path(method.path) for method in api.methods):
        method = takes_options(api, path)
        if method is None:
            continue
        if isinstance(api, HttpApi) or method.verb == "OPTIONS" or method.integration is not None:
            yield method


def _swallowed(rule: Rule, api: HttpApi) -> Iterator[Finding]:
    """Routes of an HTTP API that take the preflight before the API answers it, and have an authorizer. Seen by others
    as *does not have HTTP ok status* (anomalyco/sst#5493), so the 401 carries the configured headers."""
    for method in {id(each): each for each in _answering(api)}.values():
        place: Node = method.key
        reason, told = _turned_away(method.authorization), ""
        if reason is None:
            guard = next((each for each in method.guards if _guarding(each) is not None), None)
            if guard is None:
                continue
            reason, place, told = _guarding(guard), _written(guard, method), _of_deployment(guard)
        name = route_name(method)
        taker = f"{name} is" if method.is_options else f"{name}, which takes OPTIONS too, is"
        message = f"{taker} behind {reason}{told}, but browsers send the preflight without credentials; " + (
            "open it" if method.is_options else "give OPTIONS a route of its own without it"
        )
        says = PROMISED
        paths = dict.fromkeys(normal_path(m.path) for m in api.methods if takes_options(api, m.path) is method)
        why = "it reaches code, which the edit would open to everyone"
        yield Finding(rule, message, place, None, why, says, (api.logical_id, method.resource), tuple(paths))


def _guarding(guard: Guard) -> str | None:
    """What turns a bare OPTIONS away in the deployments that have this guard."""
    return "a required API key" if guard.authorization is None else _turned_away(guard.authorization)


def _written(guard: Guard, method: Method) -> Node:
    """Where a guard is written."""
    return guard.value.node if not guard.value.node.foreign else method.key


def _of_deployment(guard: Guard) -> str:
    return f" with {guard.value.chosen}" if guard.value.when else ""


def _turned_away(authorization: Authorization) -> str | None:
    """What turns a bare OPTIONS away; a request authorizer without identity sources may let it pass."""
    kind, headers = authorization
    if kind in ("iam", "cognito", "token"):
        return {"iam": "AWS_IAM", "cognito": "a Cognito authorizer", "token": "a Lambda authorizer"}[kind]
    if kind in ("request", "jwt") and headers:
        return "a Lambda authorizer" if kind == "request" else "a JWT authorizer"
    return None


def _secured(rule: Rule, model: Model, api: RestApi, method: Method) -> Iterator[tuple[tuple[object, ...], Finding]]:
    """What secures the preflight that a method answers; before each, by what it is the same as that of others: the
    place, what secures it, and the route unless SAM's ``Cors`` makes all of them."""
    by_auth = _turned_away(method.authorization)
    route = f"OPTIONS {method.path}" if method.verb == "OPTIONS" else f"ANY {method.path}, which takes OPTIONS too,"
    says = PROMISED
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
        paths = () if method.origin == "cors" else answered_by(api, method)
        by = method.authorization.kind if reason is by_auth else flag
        subject = None if method.origin == "cors" else (method.verb, method.path)
        finding = Finding(rule, message, place, fix, why, says, (api.logical_id, method.resource), paths)
        yield (place.start, by, subject), finding
    for guard in method.guards:
        secured = _guarding(guard)
        if secured is not None:
            told = _of_deployment(guard)
            message = f"{route} is behind {secured}{told}, but browsers send it without credentials"
            fix, why = _open_guard(model, method, guard)
            resources = (api.logical_id, method.resource)
            at = _written(guard, method)
            finding = Finding(rule, message, at, fix, why, says, resources, answered_by(api, method))
            by = guard.authorization.kind if guard.authorization is not None else "key"
            yield (at.start, by, (method.verb, method.path)), finding


def _open_guard(model: Model, method: Method, guard: Guard) -> tuple[Fix | None, str | None]:
    """The edit of the one value that secures a preflight in some deployments."""
    if method.integration is None or method.integration.kind != "mock" or method.verb == "ANY":
        return None, "it reaches code, which the edit would open to everyone"
    if guard.authorization is not None and guard.authorization.kind != "iam":
        return None, "the authorizer belongs to some deployments only: edit it by hand"
    document, node = model.template.document, guard.value.node
    if guard.authorization is None and isinstance(node, Scalar) and node.tag is None and not node.foreign:
        return attempt("require no key", "safe", lambda: replace(document, node, False))
    wanted, title = ("false", "require no key") if guard.authorization is None else ("NONE", "write NONE")
    return attempt(title, "safe", lambda: rewritten(document, node, lambda _: wanted))


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
