"""What an API Gateway REST API answers to a request.

The order is API Gateway's: a route, then an authorizer and an API key, then validation, then the integration. What
the template leaves to code or to another stack comes back as open or unknown, never as a guess.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from cfncors.gateway import refusals
from cfncors.gateway.answer import (
    HANDLER,
    SUCCESS,
    Answer,
    Confidence,
    Sent,
    doubts_of,
    path_of,
    request_headers,
    sent_headers,
)
from cfncors.gateway.coded_answers import coded, crash_of, error_statuses
from cfncors.gateway.model import ALLOW_ORIGIN, Integration, IntegrationResponse, Method, Model, RestApi
from cfncors.gateway.parameters import one_of
from cfncors.gateway.preflight import mock_status, selected
from cfncors.gateway.reached import reached
from cfncors.gateway.routing import Match
from cfncors.gateway.vtl import NotUnderstood, overrides
from cfncors.source import Mapping, Scalar
from cfncors.template import Known, scalar_text

if TYPE_CHECKING:
    from cfncors.browser import Request

_DEPLOYED_WITHOUT: Final = "the integration is not written in this template"


def respond(model: Model, api: RestApi, request: Request, outcome: str = SUCCESS) -> Answer:
    """The answer to a request whose path is that of its URL.

    ``outcome`` is :data:`SUCCESS`, a type of gateway response (``UNAUTHORIZED``), or a status (``404``) that a
    non-proxy integration maps. An OPTIONS request comes as browsers send it, without token, key or signature, so that
    what guards it turns it away.
    """
    match = reached(model, api, request.method, path_of(request.url))
    if match is None:
        kind = outcome if outcome in ("WAF_FILTERED", refusals.FIXED) else "MISSING_AUTHENTICATION_TOKEN"
        missing = "no OPTIONS method is reached" if request.method == "OPTIONS" else "there is no such route"
        reason = missing if kind == "MISSING_AUTHENTICATION_TOKEN" else None
        refused = refusals.refuse(model, api, request, kind, reason)
        return refused._replace(node=None) if request.method == "OPTIONS" else refused  # it is the route that lacks it
    if outcome in refusals.STATUSES:
        return _with_routing(match, refusals.refuse(model, api, request, outcome))
    if request.method == "OPTIONS":
        guarded = _guarded(model, api, request, match.method)
        if guarded is not None:
            return _with_routing(match, guarded._replace(node=match.method.key))
    return _with_routing(match, _integrated(model, api, request, match.method, outcome))


def _with_routing(match: Match, answer: Answer) -> Answer:
    if not match.doubtful:
        return answer
    doubt = f"{match.method.path} takes the request because the nearer resource lacks the method"
    return answer._replace(confidence="inferred", doubts=(*answer.doubts, doubt))


def _guarded(model: Model, api: RestApi, request: Request, method: Method) -> Answer | None:
    """What turns a bare OPTIONS away (Developer Guide, "Gateway response types": UNAUTHORIZED, INVALID_API_KEY, …)."""
    kind, headers = method.authorization
    if kind == "iam":
        return refusals.refuse(model, api, request, "MISSING_AUTHENTICATION_TOKEN", "browsers do not sign OPTIONS")
    if kind in ("cognito", "token") or (kind == "request" and headers):
        return refusals.refuse(model, api, request, "UNAUTHORIZED", "browsers send OPTIONS without a token")
    if kind == "request":
        return _open("the Lambda authorizer, which has no identity source, decides")
    if kind == "unknown":
        return _open("an authorizer that is not in this template decides")
    if method.api_key:
        return refusals.refuse(model, api, request, "INVALID_API_KEY", "browsers send OPTIONS without a key")
    if method.api_key is None:
        return _open("whether OPTIONS needs an API key is not known")
    return None


def _open(who: str, kind: str = "unknown", confidence: Confidence = "documented") -> Answer:
    return Answer(None, kind, who, confidence=confidence, open=who)


# -- integrations -----------------------------------------------------------------------------------------------------


def _integrated(model: Model, api: RestApi, request: Request, method: Method, outcome: str) -> Answer:
    answer = _by_integration(model, api, request, method, outcome)
    is_own = request.method == "OPTIONS" or answer.node is None
    return answer._replace(node=method.key) if is_own and answer.kind in refusals.STATUSES else answer


def _by_integration(model: Model, api: RestApi, request: Request, method: Method, outcome: str) -> Answer:
    integration = method.integration
    if integration is None:
        return _open(_DEPLOYED_WITHOUT)
    if integration.is_proxy:
        # The backend's headers pass, and only they (Developer Guide, "Enabling CORS support for proxy integrations").
        known = coded(model, method, request, outcome if outcome.isdecimal() else None)
        if known is not None:
            return known
        crash = crash_of(model, method, request) if outcome == SUCCESS else None
        if crash is not None:
            return refusals.refuse(model, api, request, "DEFAULT_5XX")._replace(confidence="inferred", at=crash)
        return _open(f"{_backend(model, method, integration)} decides", HANDLER)
    if integration.kind == "unknown":
        return _open("the integration's type is not known")
    if integration.kind == "mock":
        return _mocked(model, api, request, method, integration, outcome)
    response = _mapped_to(integration, outcome) if outcome.isdecimal() else _default(integration)
    if response is None:
        # No default and nothing that matches: Developer Guide, "Gateway response types", API_CONFIGURATION_ERROR.
        return _misconfigured(model, api, request, "no integration response matches")
    return _answered(model, request, method, response)


def _misconfigured(model: Model, api: RestApi, request: Request, reason: str) -> Answer:
    return refusals.refuse(model, api, request, "API_CONFIGURATION_ERROR", reason)


def _default(integration: Integration) -> IntegrationResponse | None:
    """The response without a pattern, else one for 2XX (SAM's state machine events have patterns only)."""
    without = [r for r in integration.responses if not r.pattern]
    return next(iter(without or [r for r in integration.responses if (r.status or "").startswith("2")]), None)


def _mapped_to(integration: Integration, status: str) -> IntegrationResponse | None:
    """A response with a status; of several the one that a page could read least."""
    found = [r for r in integration.responses if r.status == status]
    bare = (r for r in found if ALLOW_ORIGIN not in r.headers and ALLOW_ORIGIN not in r.overrides)
    return next(bare, found[0] if found else None)


def _backend(model: Model, method: Method, integration: Integration) -> str:
    if integration.kind == "http_proxy":
        return "the HTTP backend"
    resource = model.template.resources.get(method.resource)
    named = method.origin == "event" and resource is not None
    return f"the function {method.resource}" if named else "the function"


def _mocked(
    model: Model, api: RestApi, request: Request, method: Method, integration: Integration, outcome: str
) -> Answer:
    """A MOCK answers through the integration response whose pattern matches the ``statusCode`` of its request template
    (Developer Guide, "Set up mock integrations in API Gateway")."""
    if any(text == "*/*" for text, _ in api.binary) and not _converts(integration):
        # "Unable to transform request": reported for four tools that made such APIs (aws/chalice#1310 quotes AWS).
        failed = _misconfigured(model, api, request, "*/* makes the request binary, which a MOCK cannot transform")
        return failed._replace(confidence="observed" if failed.confidence == "documented" else failed.confidence)
    status = mock_status(integration)
    mapped = _mapped_to(integration, outcome) if outcome.isdecimal() else None
    if mapped is not None:
        return _answered(model, request, method, mapped)
    if status is None:
        return _misconfigured(model, api, request, "the request template for application/json yields no statusCode")
    response = integration.responses[0] if status == "?" and len(integration.responses) == 1 else None
    if status == "?" and (response is None or response.pattern):
        return _open("the request template's status is not known")
    response = response or selected(integration, status)
    if response is None:
        return _misconfigured(model, api, request, f"no integration response matches {status}")
    return _answered(model, request, method, response)


def _converts(integration: Integration) -> bool:
    return (integration.content_handling or "").upper() == "CONVERT_TO_TEXT"


def _answered(model: Model, request: Request, method: Method, response: IntegrationResponse) -> Answer:
    """An integration response: its mapped headers, then what its template overrides."""
    headers = sent_headers(model, response.headers, request)
    doubts = list(doubts_of(headers))
    declared = method.responses.get(response.status or "")
    if method.origin != "cors":
        named = declared.headers if declared is not None else {}
        doubts += [_undeclared(sent, response) for sent in headers if sent.is_cors and sent.lower not in named]
    status = int(response.status) if response.status is not None and response.status.isdecimal() else None
    is_mock = method.integration is not None and method.integration.kind == "mock"
    kind, what = ("MOCK", "from the MOCK") if is_mock else ("integration", "from the integration")
    confidence: Confidence = "inferred" if doubts else "documented"
    answer = Answer(status, kind, what, headers, confidence, doubts=tuple(dict.fromkeys(doubts)), node=response.node)
    answer = answer if status is not None else answer._replace(open="its status is not known")
    return _overridden(model, request, response, answer)


def _undeclared(sent: Sent, response: IntegrationResponse) -> str:
    return f"{sent.name} is not declared for {response.status}: the deployment fails, this is what was meant"


def _overridden(model: Model, request: Request, response: IntegrationResponse, answer: Answer) -> Answer:
    """The answer after ``$context.responseOverride``, which wins over what is mapped (Developer Guide, "Override your
    API's request and response parameters and status codes")."""
    text = response_template(model, response)
    if text is None or "responseOverride" not in text:
        return answer
    try:
        found = overrides(text, request_headers(request))
    except NotUnderstood:
        return _not_understood(response, answer)
    kept = tuple(sent for sent in answer.headers if sent.lower not in found.headers)
    made = tuple(Sent(name, value) for name, value in found.headers.values())
    status = int(found.status) if found.status is not None and found.status.isdecimal() else answer.status
    answer = answer._replace(status=status, headers=(*kept, *made))
    if not found.one_case:
        return answer
    doubt = "its template asks for the request's Origin in one spelling only; names are case-sensitive"
    return answer._replace(confidence="inferred", doubts=(*answer.doubts, doubt))


def _not_understood(response: IntegrationResponse, answer: Answer) -> Answer:
    why = "its response template computes it in a way that is not read here"
    kept = tuple(sent for sent in answer.headers if sent.lower not in response.overrides)
    names = {sent.lower: sent.name for sent in answer.headers}
    open_ones = tuple(Sent(names.get(name, name), None, why) for name in sorted(response.overrides))
    return answer._replace(headers=(*kept, *open_ones), open="" if open_ones else why)


def response_template(model: Model, response: IntegrationResponse) -> str | None:
    """The template for JSON, which a MOCK answers, or the only one."""
    name = "ResponseTemplates" if response.parameters == "ResponseParameters" else "responseTemplates"
    node = one_of(model.template, response.holder.get(name)) if response.holder is not None else None
    if not isinstance(node, Mapping):
        return None
    entry = node.get("application/json") or next((e.value for e in node.entries if isinstance(e.key, Scalar)), None)
    value = model.template.value(entry) if entry is not None else None
    return value.text if isinstance(value, Known) else None


# -- outcomes ---------------------------------------------------------------------------------------------------------


def successes(model: Model, api: RestApi, method: Method) -> tuple[str, ...]:
    """What a route answers when all goes well: what is chosen without a pattern, and mapped statuses below 400."""
    integration = method.integration
    if integration is None or integration.is_proxy or method.is_options:
        return (SUCCESS,)
    usual = _default(integration)
    others = (*_mapped(method, "2"), *_mapped(method, "3"))
    return (SUCCESS, *(status for status in others if usual is None or status != usual.status))


def client_errors(model: Model, api: RestApi, method: Method, verb: str | None = None) -> tuple[str, ...]:
    """The 4XX outcomes that a route can really have, those that pages meet most often first. 413 is left out: nothing
    in a template makes it readable."""
    kind = method.authorization.kind
    found: list[str] = []
    if kind == "iam":
        found += ["MISSING_AUTHENTICATION_TOKEN", "ACCESS_DENIED", "EXPIRED_TOKEN", "INVALID_SIGNATURE"]
    elif kind in ("cognito", "token", "request", "unknown"):
        found += ["UNAUTHORIZED", "ACCESS_DENIED"]
    if method.api_key:
        found += ["INVALID_API_KEY", "QUOTA_EXCEEDED"]
    if "ACCESS_DENIED" not in found and _has_policy(api):
        found.append("ACCESS_DENIED")
    found += _validated(method)
    if _is_particular(method):
        found.append("UNSUPPORTED_MEDIA_TYPE")
    if _has_firewall(model, api):
        found.append("WAF_FILTERED")
    return (*found, "THROTTLED", *_mapped(method, "4"), *error_statuses(model, method, "4", verb))


def _validated(method: Method) -> list[str]:
    """What a request validator turns away (Developer Guide, "Request validation for REST APIs")."""
    holder = method.holder
    if holder is None or not any(
        name in holder for name in ("RequestValidatorId", "x-amazon-apigateway-request-validator")
    ):
        return []
    return ["BAD_REQUEST_PARAMETERS", "BAD_REQUEST_BODY"]


def _has_policy(api: RestApi) -> bool:
    """Whether a resource policy may deny (Developer Guide, "Control access to a REST API with resource policies")."""
    auth = api.properties.get("Auth") if api.properties is not None else None
    return (
        (api.properties is not None and "Policy" in api.properties)
        or (isinstance(auth, Mapping) and "ResourcePolicy" in auth)
        or (api.body is not None and "x-amazon-apigateway-policy" in api.body)
    )


def _is_particular(method: Method) -> bool:
    """Whether a content type without a request template is turned away (Developer Guide, "Method request behavior for
    payloads without mapping templates")."""
    integration = method.integration
    if integration is None or integration.is_proxy or integration.node is None:
        return False
    node = integration.node.get("PassthroughBehavior") or integration.node.get("passthroughBehavior")
    return (scalar_text(node) or "").upper() in ("NEVER", "WHEN_NO_TEMPLATES")


def _has_firewall(model: Model, api: RestApi) -> bool:
    from cfncors.gateway.references import reached

    associations = model.template.of_type("AWS::WAFv2::WebACLAssociation", "AWS::WAFRegional::WebACLAssociation")
    return any(api.logical_id in reached(model.template, each.logical_id) for each in associations)


def server_errors(model: Model, api: RestApi, method: Method, verb: str | None = None) -> tuple[str, ...]:
    """The 5XX outcomes that a route can really have."""
    guarded = method.authorization.kind in ("token", "request", "unknown")
    found = ["AUTHORIZER_FAILURE", "AUTHORIZER_CONFIGURATION_ERROR"] if guarded else []
    integration = method.integration
    if integration is not None and integration.kind == "http_proxy":  # what the backend answers is its own
        return ("INTEGRATION_FAILURE", "INTEGRATION_TIMEOUT", *found)
    if integration is None or integration.kind in ("aws_proxy", "unknown"):
        own = error_statuses(model, method, "5", verb)
        return ("DEFAULT_5XX", "INTEGRATION_FAILURE", "INTEGRATION_TIMEOUT", *found, *own)
    if integration.kind == "mock":
        return ("API_CONFIGURATION_ERROR", *found, *_mapped(method, "5"))
    return ("INTEGRATION_FAILURE", "INTEGRATION_TIMEOUT", "API_CONFIGURATION_ERROR", *found, *_mapped(method, "5"))


def _mapped(method: Method, first: str) -> tuple[str, ...]:
    """Statuses that a non-proxy integration maps itself."""
    integration = method.integration
    if integration is None or integration.is_proxy:
        return ()
    statuses = (r.status for r in integration.responses if r.status is not None and r.status.startswith(first))
    return tuple(dict.fromkeys(status for status in statuses if status.isdecimal()))
