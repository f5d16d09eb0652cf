"""The REST API that the framework packages for ``http`` events.

``lib/plugins/aws/package/compile/events/api-gateway`` of ``serverless`` 3 and ``osls``: ``cors.js`` makes the
preflights, ``method/`` the methods, ``authorizers.js`` and ``resources.js`` the rest.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final, NamedTuple

from cfncors.source import Mapping, Node, Scalar
from cfncors.template.packaged_events import Event, EventCors, Preflight, event_cors, rest_events, rest_preflights
from cfncors.template.packaged_nodes import (
    Data,
    Made,
    is_true,
    is_unknown,
    joined,
    listed,
    separated,
    text_of,
)
from cfncors.template.placed import text_at
from cfncors.template.plugins import answering
from cfncors.template.serverless import Service, normalized

REST_API: Final = "ApiGatewayRestApi"
_HEADER: Final = "method.response.header."
_ANY: Final = "DELETE,GET,HEAD,PATCH,POST,PUT"
_NO_LETTER: Final = re.compile(r"[^0-9A-Za-z_-]")
_COGNITO_ARN: Final = re.compile(r"arn:[a-zA-Z-]*:cognito-idp")
_STATUSES: Final = {
    "200": "",
    **{code: rf"[\s\S]*\[{code}\][\s\S]*" for code in ("400", "401", "403", "404", "422")},
    "500": r"[\s\S]*(Process\s?exited\s?before\s?completing\s?request|\[500\])[\s\S]*",
    "502": r"[\s\S]*\[502\][\s\S]*",
    "504": r"([\s\S]*\[504\][\s\S]*)|(.*Task timed out after \d+\.\d+ seconds$)",
}


# -- preflights --------------------------------------------------------------------------------------------------------


def _preflight_headers(service: Service, preflight: Preflight) -> tuple[dict[str, Data], list[Node]]:
    """The headers of a preflight, and the origins that its response template chooses from."""
    key = preflight.entry.key
    origins = preflight.origins
    text = text_of(preflight.origin)
    if text is not None and "," in text and preflight.origin is not None:
        origins = [text_at(part.strip(), preflight.origin) for part in text.split(",")]
    origin = origins[0] if origins else preflight.origin or text_at("undefined", key)
    methods: list[str | Node] = separated(preflight.methods)
    at = next((i for i, part in enumerate(methods) if _text_of_part(part) == "ANY"), None)
    if at is not None:
        methods[at] = _ANY
    headers: dict[str, Data] = {
        "Access-Control-Allow-Origin": joined(service, origin, "'", *_flat(origin), "'"),
        "Access-Control-Allow-Headers": joined(
            service, _place(preflight.headers, key), "'", *separated(preflight.headers), "'"
        ),
        "Access-Control-Allow-Methods": joined(service, _place(preflight.methods, key), "'", *methods, "'"),
    }
    if preflight.credentials is not None:
        allowed = preflight.credentials if is_unknown(preflight.credentials) else "'true'"
        headers["Access-Control-Allow-Credentials"] = joined(service, preflight.credentials, allowed)
    for name, node in (("Access-Control-Max-Age", preflight.max_age), ("Cache-Control", preflight.cache_control)):
        if node is not None:
            headers[name] = joined(service, node, "'", node, "'")
    return headers, origins


def _text_of_part(part: str | Node) -> str | None:
    return part if isinstance(part, str) else text_of(part)


def _flat(node: Node) -> list[str | Node]:
    """A value as JavaScript writes it into a text: a list with commas."""
    return separated(listed(node))


def _place(nodes: list[Node], key: Scalar) -> Node:
    """Where a list is to be looked at: its first entry that somebody wrote."""
    return next((node for node in nodes if not node.foreign), nodes[0] if nodes else key)


def _chosen(service: Service, place: Node, origins: list[Node]) -> Scalar:
    """The response template that answers with the request's origin when it is one of several."""
    tests: list[str | Node] = []
    for at, origin in enumerate(origins):
        text = text_of(origin)
        pattern = text.replace(".", "[.]").replace("*", ".+", 1) if text is not None else origin
        tests += [" || " if at else "", '$origin.matches("', pattern, '")']
    return joined(
        service,
        place,
        '#set($origin = $input.params("Origin"))\n#if($origin == "") #set($origin = $input.params("origin")) #end\n',
        "#if(",
        *tests,
        ") #set($context.responseOverride.header.Access-Control-Allow-Origin = $origin) #end",
    )


# -- resources ---------------------------------------------------------------------------------------------------------


class Names(NamedTuple):
    """How the API and its paths are referred to."""

    api: Data
    root: Data
    predefined: dict[str, Node]


def names(service: Service) -> Names:
    """The service's own API, or the one that ``provider.apiGateway.restApiId`` names."""
    shared = service.at("provider", "apiGateway", "restApiId")
    if not is_true(shared):
        return Names({"Ref": REST_API}, {"Fn::GetAtt": [REST_API, "RootResourceId"]}, {})
    root = service.at("provider", "apiGateway", "restApiRootResourceId")
    known: dict[str, Node] = {}
    given = service.at("provider", "apiGateway", "restApiResources")
    for path, entry in given.items() if isinstance(given, Mapping) else ():
        known[path.strip("/")] = entry.value
    for item in listed(given):
        path_node = item.get("path") if isinstance(item, Mapping) else None
        id_node = item.get("resourceId") if isinstance(item, Mapping) else None
        if id_node is not None and text_of(path_node) is not None:
            known[(text_of(path_node) or "").strip("/")] = id_node
    return Names(shared, root, known)


def rest_resources(service: Service) -> Iterator[Made]:
    """Everything that ``http`` events make."""
    events, _ = rest_events(service)
    if not events:
        return
    named = names(service)
    place = events[0].entry.key
    if isinstance(named.api, dict):
        yield Made(REST_API, place, "AWS::ApiGateway::RestApi", _api_properties(service))
    yield from _plugins(service, named, place)
    yield from _paths(events, named)
    for event in events:
        yield from _method(service, event, named)
    for preflight in rest_preflights(service).values():
        yield _options(service, preflight, named)


def _api_properties(service: Service) -> dict[str, Data]:
    endpoint = service.at("provider", "endpointType")
    policy = service.at("provider", "apiGateway", "resourcePolicy")
    known = text_of(endpoint)
    return {
        "BinaryMediaTypes": service.at("provider", "apiGateway", "binaryMediaTypes"),
        "EndpointConfiguration": {"Types": [known.upper() if known is not None else endpoint or "EDGE"]},
        "Policy": {"Version": "2012-10-17", "Statement": policy} if is_true(policy) else None,
    }


def _plugins(service: Service, named: Names, place: Node) -> Iterator[Made]:
    for plugin in answering(service):
        for kind in ("DEFAULT_4XX", "DEFAULT_5XX"):
            value = joined(service, place, service.at("plugins") or place)
            properties: dict[str, Data] = {
                "RestApiId": named.api,
                "ResponseType": kind,
                "ResponseParameters": {"gatewayresponse.header.Access-Control-Allow-Origin": value},
            }
            name = f"{normalized(_NO_LETTER.sub('', plugin.rpartition('/')[2]))}{kind}"
            yield Made(name, place, "AWS::ApiGateway::GatewayResponse", properties)


def path_id(path: str) -> str:
    """The part of logical ids that stands for a path."""
    return "".join(_path_part(part) for part in path.split("/"))


def _path_part(part: str) -> str:
    text = re.sub(r"\{(.*)\}", r"\1Var", part.lower().replace("-", "Dash"))
    text = re.sub(r"[^0-9A-Za-z]", "", text)
    return text[:1].upper() + text[1:]


def _resource_id(path: str, named: Names) -> Data:
    if not path:
        return named.root
    return named.predefined.get(path) or {"Ref": f"ApiGatewayResource{path_id(path)}"}


def _paths(events: list[Event], named: Names) -> Iterator[Made]:
    done = {"", *named.predefined}
    for event in events:
        parts = event.path.split("/")
        for count in range(1, len(parts) + 1):
            path = "/".join(parts[:count])
            if path in done:
                continue
            done.add(path)
            properties: dict[str, Data] = {
                "RestApiId": named.api,
                "ParentId": _resource_id("/".join(parts[: count - 1]), named),
                "PathPart": parts[count - 1],
            }
            yield Made(f"ApiGatewayResource{path_id(path)}", event.place, "AWS::ApiGateway::Resource", properties)


def method_id(path: str, verb: str) -> str:
    """The logical id of a method."""
    return f"ApiGatewayMethod{path_id(path)}{verb.capitalize()}"


def _method(service: Service, event: Event, named: Names) -> Iterator[Made]:
    authorization, authorizer = _authorization(event, named)
    if authorizer is not None:
        yield authorizer
    private = event.get("private")
    integration, responses = _integration(service, event)
    properties: dict[str, Data] = {
        "HttpMethod": joined(service, event.place, event.verb),
        "ResourceId": _resource_id(event.path, named),
        "RestApiId": named.api,
        "ApiKeyRequired": private if is_unknown(private) else is_true(private),
        **authorization,
        "Integration": integration,
        "MethodResponses": responses,
    }
    yield Made(method_id(event.path, event.verb), event.place, "AWS::ApiGateway::Method", properties)


def _integration(service: Service, event: Event) -> tuple[Data, Data]:
    """The integration, and the method responses that go with it."""
    kind = event.integration
    integration: dict[str, Data] = {"Type": kind}
    if kind.startswith("AWS"):
        integration["Uri"] = {"Fn::Join": ["", ["arn:", {"Fn::GetAtt": [event.function.logical_id, "Arn"]}]]}
    if kind not in ("AWS", "HTTP", "MOCK"):
        return integration, []
    request = event.get("request")
    if isinstance(request, Mapping):
        integration["ContentHandling"] = request.get("contentHandling")
        template = request.get("template")
        integration["RequestTemplates"] = template if isinstance(template, Mapping) else None
    cors = event_cors(service, event)
    shared = {**_response_headers(service, cors), **_written_headers(event.get("response"))}
    answers: list[Data] = []
    declared: list[Data] = []
    for status, pattern, own in _statuses(event):
        headers = {**shared, **own}
        parameters: dict[str, Data] = {f"{_HEADER}{name}": value for name, value in headers.items()}
        declared.append({"StatusCode": status, "ResponseParameters": dict.fromkeys(parameters, True)})
        answers.append({"StatusCode": status, "SelectionPattern": pattern, "ResponseParameters": parameters})
    integration["IntegrationResponses"] = answers
    return integration, declared


def _response_headers(service: Service, cors: EventCors | None) -> dict[str, Data]:
    """CORS of the real response behind ``integration: lambda``: several origins joined by commas, and credentials
    without the quotes of a literal, as the framework writes them (``method/integration.js``)."""
    if cors is None:
        return {}
    origins = listed(cors.get("origins"))
    origin = cors.origin or text_at("undefined", cors.entry.key)
    parts = separated(origins) if origins else _flat(origin)
    place = origins[0] if origins else origin
    headers: dict[str, Data] = {"Access-Control-Allow-Origin": joined(service, place, "'", *parts, "'")}
    credentials = cors.get("allowCredentials")
    if credentials is not None:
        text = credentials if is_unknown(credentials) else "true"
        headers["Access-Control-Allow-Credentials"] = joined(service, credentials, text)
    return headers


def _written_headers(holder: Node | None) -> dict[str, Data]:
    found = holder.get("headers") if isinstance(holder, Mapping) else None
    return {name: entry.value for name, entry in found.items()} if isinstance(found, Mapping) else {}


def _statuses(event: Event) -> Iterator[tuple[str, Data, dict[str, Data]]]:
    """The statuses of a method that is no proxy, with the pattern that picks them and the headers of their own."""
    response = event.get("response")
    given = response.get("statusCodes") if isinstance(response, Mapping) else None
    if not isinstance(given, Mapping):
        if event.integration == "AWS" or (event.integration == "HTTP" and is_true(response)):
            yield from ((status, pattern, {}) for status, pattern in _STATUSES.items())
        return
    # One status has to be the default; the framework puts its own 200 there, without the headers of a written one.
    completed = event.integration != "MOCK" and not any(_is_default(entry.value) for _, entry in given.items())
    for status, entry in given.items():
        if not completed or status != "200":
            pattern = entry.value.get("pattern") if isinstance(entry.value, Mapping) else None
            yield status, pattern if is_true(pattern) else "", _written_headers(entry.value)
    if completed:
        yield "200", "", {}


def _is_default(node: Node) -> bool:
    pattern = node.get("pattern") if isinstance(node, Mapping) else None
    return isinstance(pattern, Scalar) and pattern.is_text and not pattern.text


def _options(service: Service, preflight: Preflight, named: Names) -> Made:
    headers, origins = _preflight_headers(service, preflight)
    key = preflight.entry.key
    parameters: dict[str, Data] = {f"{_HEADER}{name}": value for name, value in headers.items()}
    template: Data = _chosen(service, key, origins) if origins else ""
    properties: dict[str, Data] = {
        "AuthorizationType": "NONE",
        "HttpMethod": "OPTIONS",
        "MethodResponses": [{"StatusCode": "200", "ResponseParameters": dict.fromkeys(parameters, True)}],
        "Integration": {
            "Type": "MOCK",
            "RequestTemplates": {"application/json": "{statusCode:200}"},
            "ContentHandling": "CONVERT_TO_TEXT",
            "IntegrationResponses": [
                {
                    "StatusCode": "200",
                    "ResponseParameters": parameters,
                    "ResponseTemplates": {"application/json": template},
                }
            ],
        },
        "ResourceId": _resource_id(preflight.path, named),
        "RestApiId": named.api,
    }
    return Made(method_id(preflight.path, "OPTIONS"), key, "AWS::ApiGateway::Method", properties)


# -- authorizers -------------------------------------------------------------------------------------------------------


def _authorization(event: Event, named: Names) -> tuple[dict[str, Data], Made | None]:
    """The method's ``AuthorizationType`` and ``AuthorizerId``, and the authorizer that is made for it."""
    node = event.get("authorizer")
    if not is_true(node) or node is None:
        return {"AuthorizationType": "NONE"}, None
    if is_unknown(node):
        return {"AuthorizationType": node}, None
    given = node if isinstance(node, Mapping) else None
    if given is None:
        text = text_of(node) or ""
        kind, arn, name = None, node if ":" in text else None, text
    else:
        kind, arn, name = given.get("type"), given.get("arn"), text_of(given.get("name")) or ""
        text = ""
    type_text = (text_of(kind) or "").upper()
    if "AWS_IAM" in (type_text, text.upper()):
        return {"AuthorizationType": "AWS_IAM"}, None
    external = given.get("authorizerId") if given is not None and kind is not None else None
    if external is not None:
        own = "CUSTOM" if type_text in ("TOKEN", "REQUEST") else kind
        return {"AuthorizationType": own, "AuthorizerId": external}, None
    if arn is not None and (given is None or not name):
        name = (text_of(arn) or "").rpartition(":")[2].rpartition("-")[2]
    if is_unknown(arn) and not type_text:
        return {"AuthorizationType": arn}, None
    cognito = type_text == "COGNITO_USER_POOLS" or _COGNITO_ARN.match(text_of(arn) or "") is not None
    logical_id = f"{normalized(name)}ApiGatewayAuthorizer"
    properties: dict[str, Data] = {
        "RestApiId": named.api,
        "Type": "COGNITO_USER_POOLS" if cognito else kind if is_unknown(kind) else type_text or "TOKEN",
        "IdentitySource": _identity(given, type_text),
    }
    used: dict[str, Data] = {
        "AuthorizationType": "COGNITO_USER_POOLS" if cognito else "CUSTOM",
        "AuthorizerId": {"Ref": logical_id},
    }
    return used, Made(logical_id, node, "AWS::ApiGateway::Authorizer", properties)


def _identity(given: Mapping | None, kind: str) -> Data:
    source = given.get("identitySource") if given is not None else None
    if is_true(source):
        return source
    ttl = text_of(given.get("resultTtlInSeconds")) if given is not None else None
    return None if kind == "REQUEST" and ttl == "0" else "method.request.header.Authorization"
