"""API Gateway's own errors: which gateway response it sends, with which status and headers.

Developer Guide, "Gateway response types for API Gateway": the types, their default status and what each falls back to.
The statuses are those that ``GetGatewayResponses`` returned on AWS (LocalStack's recorded test
``test_gateway_response_crud``).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from cfncors.gateway.answer import Answer, Confidence, Sent, doubts_of, sent_headers
from cfncors.gateway.model import ALLOW_CREDENTIALS, ALLOW_ORIGIN, GatewayResponse, Model, RestApi
from cfncors.gateway.parameters import one_of
from cfncors.source import Mapping
from cfncors.template import Known, intrinsic

if TYPE_CHECKING:
    from cfncors.browser import Request
    from cfncors.template import Template

#: Type of gateway response -> its status where the template sets none.
STATUSES: Final = {
    "ACCESS_DENIED": 403,
    "API_CONFIGURATION_ERROR": 500,
    "AUTHORIZER_CONFIGURATION_ERROR": 500,
    "AUTHORIZER_FAILURE": 500,
    "BAD_REQUEST_BODY": 400,
    "BAD_REQUEST_PARAMETERS": 400,
    "EXPIRED_TOKEN": 403,
    "INTEGRATION_FAILURE": 504,
    "INTEGRATION_TIMEOUT": 504,
    "INVALID_API_KEY": 403,
    "INVALID_SIGNATURE": 403,
    "MISSING_AUTHENTICATION_TOKEN": 403,
    "QUOTA_EXCEEDED": 429,
    "REQUEST_TOO_LARGE": 413,
    "RESOURCE_NOT_FOUND": 404,
    "THROTTLED": 429,
    "UNAUTHORIZED": 401,
    "UNSUPPORTED_MEDIA_TYPE": 415,
    "WAF_FILTERED": 403,
    # No type of its own: a function that crashed or answered what API Gateway cannot read.
    "DEFAULT_5XX": 502,
}
#: What a page needs of an error.
_CORS: Final = {
    ALLOW_ORIGIN: "Access-Control-Allow-Origin",
    ALLOW_CREDENTIALS: "Access-Control-Allow-Credentials",
}
#: Headers set on it have no effect (Developer Guide, "Important notes": customising 413 is not supported).
FIXED: Final = "REQUEST_TOO_LARGE"
#: Seen in recorded answers or in source code rather than read in the documentation.
_OBSERVED: Final = frozenset(("DEFAULT_5XX", "UNAUTHORIZED"))
_WHY: Final = {
    "ACCESS_DENIED": "the authorizer or a policy denies",
    "API_CONFIGURATION_ERROR": "the API is not configured rightly",
    "AUTHORIZER_CONFIGURATION_ERROR": "the authorizer cannot be reached",
    "AUTHORIZER_FAILURE": "the authorizer crashed",
    "BAD_REQUEST_BODY": "the body is not valid",
    "BAD_REQUEST_PARAMETERS": "a parameter is missing",
    "EXPIRED_TOKEN": "the signature has expired",
    "INTEGRATION_FAILURE": "the backend could not be called",
    "INTEGRATION_TIMEOUT": "the backend took longer than 29 s",
    "INVALID_API_KEY": "no valid API key",
    "INVALID_SIGNATURE": "the signature is wrong",
    "MISSING_AUTHENTICATION_TOKEN": "the request is not signed",
    "QUOTA_EXCEEDED": "the usage plan's quota is used up",
    "REQUEST_TOO_LARGE": "more than 10 MB; this one cannot be customised",
    "RESOURCE_NOT_FOUND": "the resource is gone",
    "THROTTLED": "too many requests",
    "UNAUTHORIZED": "no valid token",
    "UNSUPPORTED_MEDIA_TYPE": "no template for this content type",
    "WAF_FILTERED": "the firewall blocks",
    "DEFAULT_5XX": "the function crashed",
}


def refuse(model: Model, api: RestApi, request: Request, kind: str, reason: str | None = None) -> Answer:
    """The gateway response of a type: the customised one, else the default of its class, else API Gateway's own.

    A customised type counts alone: the headers of ``DEFAULT_4XX`` and ``DEFAULT_5XX`` are not merged into it.
    ``reason`` says why this time, where more is known than the type tells.
    """
    default = "DEFAULT_4XX" if STATUSES[kind] < 500 else "DEFAULT_5XX"
    confidence: Confidence = "observed" if kind in _OBSERVED else "documented"
    told = reason or _WHY[kind]
    if kind == FIXED:
        return Answer(413, kind, f"{kind}: {told}", confidence=confidence, node=api.key)
    own, shared = _deployed(model, api, kind), _deployed(model, api, default)
    chosen = own or shared
    label = f"{kind} ({default})" if chosen is shared and shared is not None and kind != default else kind
    status = _status(model, own) or _status(model, shared) or STATUSES[kind]
    headers = sent_headers(model, chosen.headers, request) if chosen is not None else ()
    if chosen is not None and is_unseen(model.template, chosen):
        why = f"an intrinsic function makes the headers of {chosen.type}"
        headers += tuple(Sent(name, None, why) for lower, name in _CORS.items() if lower not in chosen.headers)
    doubts = doubts_of(headers)
    sure: Confidence = "inferred" if doubts else confidence
    node = chosen.key if chosen is not None else api.cors.key if api.cors is not None else api.key
    return Answer(status, kind, f"{label}: {told}", headers, sure, doubts=doubts, node=node)


def is_unseen(template: Template, response: GatewayResponse) -> bool:
    """Whether an intrinsic makes the parameters of a gateway response, which may hold any header. Of an ``Fn::If`` the
    side that counts in the template's world is seen."""
    given = one_of(template, response.node.get("ResponseParameters") or response.node.get("responseParameters"))
    headers = one_of(template, given.get("Headers")) if isinstance(given, Mapping) else None
    return intrinsic(given) is not None or intrinsic(headers) is not None


def _deployed(model: Model, api: RestApi, kind: str) -> GatewayResponse | None:
    """The customised response of a type, unless the condition of its resource is false."""
    found = api.gateway_responses.get(kind)
    return found if found is not None and exists(model, found.resource) else None


def exists(model: Model, logical_id: str) -> bool:
    """Whether a resource is made in this world."""
    resource = model.template.resources.get(logical_id)
    condition = resource.node.get("Condition") if resource is not None else None
    name = getattr(condition, "text", None)
    return name is None or model.template.truth(name) is not False


def _status(model: Model, response: GatewayResponse | None) -> int | None:
    if response is None or response.status is None:
        return None
    value = model.template.value(response.status.value)
    return int(value.text) if isinstance(value, Known) and value.text.isdecimal() else None
