"""REST APIs of SAM: ``AWS::Serverless::Api``, the implicit ``ServerlessRestApi``, events, ``Auth``, ``Cors``.

Follows what aws-sam-translator makes of a template, step by step (``samtranslator/model/api/api_generator.py``,
``swagger/swagger.py``); the tests compare the models.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final, NamedTuple

from cfncors.gateway import openapi, parameters
from cfncors.gateway.include import included, named
from cfncors.gateway.merge import globals_for, merged
from cfncors.gateway.model import (
    ALLOW_CREDENTIALS,
    ANY_METHODS,
    NO_AUTHORIZATION,
    UNKNOWN_AUTHORIZATION,
    Authorization,
    Cors,
    GatewayResponse,
    Header,
    Headers,
    Integration,
    IntegrationResponse,
    Method,
    MethodResponse,
    Origin,
    RestApi,
)
from cfncors.gateway.rest_api import SAM_API, Parts, resource_gateway_responses
from cfncors.gateway.sam_events import API, events_by_api
from cfncors.source import Mapping, Node, Scalar
from cfncors.source.nodes import DOUBLE, Entry
from cfncors.template import Absent, Known, Resource, Template, intrinsic, scalar_text

_CORS_HEADERS: Final = (
    ("AllowOrigin", "Access-Control-Allow-Origin"),
    ("AllowHeaders", "Access-Control-Allow-Headers"),
    ("AllowMethods", "Access-Control-Allow-Methods"),
    ("MaxAge", "Access-Control-Max-Age"),
)


class Event(NamedTuple):
    """An ``Api`` event: its place is the ``Method`` value."""

    owner: Resource
    name: Scalar
    properties: Mapping
    path: str
    verb: str
    key: Scalar
    authorizer: str | None
    api_key: bool | None
    override: bool


class Draft(NamedTuple):
    """A path item on its way: the keys as written (SAM derives Allow-Methods from them), methods and their security."""

    path: str
    keys: tuple[str, ...]
    methods: tuple[Method, ...]
    security: tuple[list[str], ...]


def sam_apis(parts: Parts) -> Iterator[RestApi]:
    """All REST APIs that SAM makes."""
    template = parts.template
    found = events_by_api(template, API, _event)
    for resource in template.of_type(SAM_API):
        yield _api(parts, resource, found.get(resource.logical_id, []))
    if API.implicit in found and API.implicit not in template.resources:
        yield _api(parts, None, found[API.implicit])


def _event(template: Template, owner: Resource, name: Scalar, properties: Mapping) -> Event | None:
    path = template.known(properties.get("Path"))
    method = properties.entry("Method")
    verb = template.known(method.value) if method is not None else None
    if path is None or verb is None or method is None:
        return None
    auth = parameters.mapping(properties.get("Auth"))
    key_text = template.known(auth.get("ApiKeyRequired")) if auth is not None else None
    return Event(
        owner,
        name,
        properties,
        path,
        verb.upper(),
        method.value if isinstance(method.value, Scalar) else method.key,
        template.known(auth.get("Authorizer")) if auth is not None else None,
        None if key_text is None else key_text.lower() == "true",
        auth is not None and scalar_text(auth.get("OverrideApiAuth")) == "true",
    )


def _api(parts: Parts, resource: Resource | None, events: list[Event]) -> RestApi:
    template = parts.template.of(resource)
    shared = globals_for(template, resource)
    own = resource.properties if resource is not None else None
    properties = merged(shared, own)
    api = resource.logical_id if resource is not None else API.implicit
    written = properties.get("DefinitionBody") if properties is not None else None
    elsewhere = properties.get("DefinitionUri") if properties is not None else None
    body = included(template, written) or named(template, elsewhere)
    if written is None and elsewhere is not None:
        # SAM takes a definition in a file of its own as it is: its translator refuses Cors, Auth and GatewayResponses.
        written, properties = (
            elsewhere,
            _only(properties, ("BinaryMediaTypes", "EndpointConfiguration", "DefinitionUri")),
        )
    incomplete = (
        (written is not None and body is None)
        or (properties is not None and "Fn::Transform" in properties)
        or (resource is not None and own is None and resource.node.get("Properties") is not None)
        or template.has_loops
        or template.is_in_parts
        or (body is not None and openapi.is_opaque(body))
        or (properties is not None and _is_opaque(properties))
    )
    managed = not incomplete and written is None
    drafts = list(_body_drafts(template, body, api)) if body is not None else []
    merge = properties is not None and scalar_text(properties.get("MergeDefinitions")) in ("true", "True", "TRUE")
    if managed or (merge and not incomplete):
        drafts = _with_events(drafts, events)
    cors = _cors(template, properties, own, shared)
    if cors is not None and not incomplete:
        drafts = _with_cors(drafts, cors, api)
    auth = _Auth.of(template, properties, body)
    methods = [method for draft in drafts for method in auth.applied(draft)]
    if body is not None and not managed:
        methods = _overridden(methods, events, auth)
    responses = _gateway_responses(parts, properties, body, api)
    binary = openapi.binary_media_types(properties.get("BinaryMediaTypes")) if properties is not None else ()
    if body is not None and not binary:
        binary = openapi.binary_media_types(body.get(openapi.BINARY_MEDIA_TYPES))
    place = resource.key if resource is not None else cors.key if cors is not None else events[0].name
    return RestApi(
        api,
        "sam" if resource is not None else "sam-implicit",
        place,
        resource,
        tuple(methods),
        {response.type: response for response in responses},
        binary,
        _is_private(template, properties),
        not incomplete,
        cors,
        properties,
        body,
        tuple(responses),
    )


def _only(properties: Mapping | None, names: tuple[str, ...]) -> Mapping | None:
    if properties is None:
        return None
    kept = [entry for entry in properties.entries if entry.key.text in names]
    return Mapping(kept, properties.start, properties.end, properties.flow, properties.tag)


def _is_opaque(properties: Mapping) -> bool:
    """Whether a macro, which CloudFormation runs before SAM, makes the gateway responses, ``Cors`` or ``Auth``."""
    section = properties.get("GatewayResponses")
    entries = section.entries if isinstance(section, Mapping) else []
    nodes = (properties, section, properties.get("Auth"), *(entry.value for entry in entries))
    cors = properties.get("Cors")
    made = intrinsic(cors)
    return any(parameters.is_opaque(node) for node in nodes) or (made is not None and made.name == "Fn::Transform")


def _body_drafts(template: Template, body: Mapping, api: str) -> Iterator[Draft]:
    for item in openapi.path_items(template, body, api):
        yield Draft(item.path, item.keys, item.methods, item.security)


def _with_events(drafts: list[Draft], events: list[Event]) -> list[Draft]:
    """Each event adds its method; on a path that exists, beside what is there."""
    result = list(drafts)
    places = {draft.path: index for index, draft in reversed(tuple(enumerate(result)))}
    for event in events:
        method, names = _event_method(event)
        key = "x-amazon-apigateway-any-method" if event.verb == "ANY" else event.verb.lower()
        at = places.setdefault(event.path, len(result))
        if at == len(result):
            result.append(Draft(event.path, (key,), (method,), (names,)))
            continue
        draft = result[at]
        kept = [(m, s) for m, s in zip(draft.methods, draft.security, strict=True) if m.verb != event.verb]
        result[at] = Draft(
            draft.path,
            draft.keys if key in draft.keys else (*draft.keys, key),
            (*(m for m, _ in kept), method),
            (*(s for _, s in kept), names),
        )
    return result


def _event_method(event: Event) -> tuple[Method, list[str]]:
    names = [event.authorizer] if event.authorizer else []
    if event.api_key is not None:
        names.append("api_key" if event.api_key else "api_key_false")
    origin: Origin = "event"
    integration = Integration("aws_proxy", None, None, (), None)
    responses: dict[str, MethodResponse] = {}
    if event.owner.type.endswith("StateMachine"):
        origin = "state-machine"
        statuses = ("200", "400")
        answers = tuple(
            IntegrationResponse(status, status, {}, event.key, None, "responseParameters") for status in statuses
        )
        integration = Integration("aws", None, None, answers, None)
        responses = {status: MethodResponse(status, {}, None) for status in statuses}
    method = Method(
        event.path,
        event.verb,
        NO_AUTHORIZATION,
        False,
        integration,
        responses,
        event.key,
        event.properties,
        origin,
        event.owner.logical_id,
    )
    return method, names


def _overridden(methods: list[Method], events: list[Event], auth: _Auth) -> list[Method]:
    """``OverrideApiAuth`` lets an event's ``Auth`` replace what a ``DefinitionBody`` says."""
    by_route = {(e.path, e.verb): e for e in events if e.override}
    result = []
    for method in methods:
        event = by_route.get((method.path, method.verb))
        if event is not None:
            names = [event.authorizer] if event.authorizer else []
            if event.api_key:
                names.append("api_key")
            authorization, api_key = openapi.secured(names, auth.schemes)
            method = method._replace(authorization=authorization, api_key=api_key)
        result.append(method)
    return result


# -- Cors ----------------------------------------------------------------------------------------------------------


def _cors(template: Template, properties: Mapping | None, own: Mapping | None, shared: Mapping | None) -> Cors | None:
    entry = properties.entry("Cors") if properties is not None else None
    if entry is None or _is_empty(entry.value):
        return None
    own_entry = own.entry("Cors") if own is not None else None
    shared_entry = shared.entry("Cors") if shared is not None else None
    written = own_entry or shared_entry
    in_globals = own_entry is None
    key = written.key if written is not None else entry.key
    holder = parameters.mapping(written.value) if written is not None else None
    if holder is not None and intrinsic(holder) is not None:
        holder = None
    merged_node = entry.value
    credentials = None
    if isinstance(merged_node, Mapping) and intrinsic(merged_node) is None:
        credentials = merged_node.get("AllowCredentials")
    bare = Cors(key, merged_node, holder, in_globals, credentials, {})
    return bare._replace(headers=_cors_headers(template, bare))


def _is_empty(node: Node) -> bool:
    return (isinstance(node, Scalar) and node.tag is None and (node.is_null or not node.text)) or (
        isinstance(node, Mapping) and not len(node)
    )


def _cors_headers(template: Template, cors: Cors) -> Headers:
    """The headers that SAM writes into the OPTIONS method, without the derived Allow-Methods."""
    node = cors.node
    found: Headers = {}
    if not isinstance(node, Mapping) or node.tag is not None or intrinsic(node) is not None:
        header = Header("Access-Control-Allow-Origin", template.value(node), cors.key, node)
        return {} if isinstance(header.value, Absent) else {header.lower: header}
    for name, header_name in _CORS_HEADERS:
        entry = node.entry(name)
        if entry is not None:
            value = template.value(entry.value)
            if not isinstance(value, Absent):
                found[header_name.lower()] = Header(header_name, value, entry.key, entry.value)
        elif name == "AllowOrigin":
            found[header_name.lower()] = made_header(header_name, "'*'", cors.key)
    credentials = node.entry("AllowCredentials")
    if credentials is not None and cors.allows_credentials:
        name = "Access-Control-Allow-Credentials"
        found[ALLOW_CREDENTIALS] = Header(name, Known("'true'", credentials.value), credentials.key, credentials.value)
    return found


def made_header(name: str, text: str, key: Scalar) -> Header:
    """A header that nobody wrote: it stands at ``key``."""
    node = Scalar(text, key.start, key.end, DOUBLE, None, True)
    node.foreign = True
    return Header(name, Known(text, node), key, node)


def _with_cors(drafts: list[Draft], cors: Cors, api: str) -> list[Draft]:
    """An OPTIONS method for each path without one; ``/b`` and ``/b/`` are one resource and get one."""
    result: list[Draft] = []
    done: dict[str, str] = {}
    derived: dict[str, Header] = {}
    for draft in drafts:
        normal = draft.path.rstrip("/") or "/"
        first = done.setdefault(normal, draft.path)
        if first != draft.path or "options" in (key.lower() for key in draft.keys):
            result.append(draft)
            continue
        headers = dict(cors.headers)
        if "access-control-allow-methods" not in headers or not _text(headers["access-control-allow-methods"]):
            # The translator derives the list once for all branches of a conditional path.
            made = derived.setdefault(draft.path, made_header(*_derived(draft), cors.key))
            headers["access-control-allow-methods"] = made
        option = _options(draft.path, headers, cors, api)
        result.append(Draft(draft.path, (*draft.keys, "options"), (*draft.methods, option), (*draft.security, [])))
    return result


def _text(header: Header) -> bool:
    return not isinstance(header.value, Known) or bool(header.value.text)


def _derived(draft: Draft) -> tuple[str, str]:
    keys = [key.lower() for key in draft.keys]
    if "x-amazon-apigateway-any-method" in keys:
        names = list(ANY_METHODS)
    else:
        names = sorted({key.upper() for key in (*draft.keys, "options")})
    return "Access-Control-Allow-Methods", f"'{','.join(names)}'"


def _options(path: str, headers: Headers, cors: Cors, api: str) -> Method:
    answer = IntegrationResponse("200", None, headers, cors.node, None, "responseParameters")
    template = made_header("", '{\n  "statusCode" : 200\n}\n', cors.key).value
    declared = {name: header.key for name, header in headers.items()}
    return Method(
        path,
        "OPTIONS",
        NO_AUTHORIZATION,
        False,
        Integration("mock", {"application/json": template}, None, (answer,), None),
        {"200": MethodResponse("200", declared, None)},
        cors.key,
        cors.node,
        "cors",
        api,
    )


# -- Auth ----------------------------------------------------------------------------------------------------------


class _Auth(NamedTuple):
    """``Auth`` of an API: schemes by name, the default authorizer, keys, and whether they reach the preflight."""

    schemes: openapi.Schemes
    default: str | None
    authorizer_names: frozenset[str]
    preflight_authorized: bool
    api_key: bool
    preflight_keyed: bool

    @classmethod
    def of(cls, template: Template, properties: Mapping | None, body: Mapping | None) -> _Auth:
        known = openapi.schemes(template, body) if body is not None else {}
        auth = parameters.mapping(properties.get("Auth")) if properties is not None else None
        known.setdefault("AWS_IAM", openapi.AWS_IAM)
        known.setdefault("api_key", None)
        if auth is None:
            return cls(known, None, frozenset(("AWS_IAM",)), True, False, True)
        authorizers = parameters.mapping(auth.get("Authorizers"))
        names = {"AWS_IAM"}
        for name, entry in authorizers.items() if authorizers is not None else ():
            known[name] = _authorizer(template, parameters.mapping(entry.value))
            names.add(name)
        default = template.known(auth.get("DefaultAuthorizer"))
        return cls(
            known,
            default or None,
            frozenset(names),
            _flag(auth, "AddDefaultAuthorizerToCorsPreflight", default=True),
            _flag(auth, "ApiKeyRequired", default=False),
            _flag(auth, "AddApiKeyRequiredToCorsPreflight", default=True),
        )

    def applied(self, draft: Draft) -> Iterator[Method]:
        """The methods of a path with their security after SAM's defaults."""
        for method, names in zip(draft.methods, draft.security, strict=True):
            if method.integration is None and draft.methods:
                authorization, api_key = openapi.secured(names, self.schemes)
            else:
                asked = self._keyed(self._authorized(names, method.is_options), method.is_options)
                authorization, api_key = openapi.secured(asked, self.schemes)
            yield method._replace(authorization=authorization, api_key=api_key)

    def _authorized(self, names: list[str], is_options: bool) -> list[str]:
        if self.default is None or (is_options and not self.preflight_authorized):
            return names
        others = [name for name in names if name not in self.authorizer_names]
        if "NONE" in others:
            others.remove("NONE")
            return others
        own = [name for name in names if name in self.authorizer_names]
        return others + (own or [self.default])

    def _keyed(self, names: list[str], is_options: bool) -> list[str]:
        if not self.api_key:
            return names
        others = [name for name in names if name not in ("api_key", "api_key_false")]
        if "api_key_false" in names or (is_options and not self.preflight_keyed):
            return others
        return [*others, "api_key"]


def _flag(auth: Mapping, name: str, *, default: bool) -> bool:
    node = auth.get(name)
    if node is None or not isinstance(node, Scalar) or node.tag is not None:
        return default if node is None else True
    return bool(node.value)


def _authorizer(template: Template, node: Mapping | None) -> Authorization:
    if node is None:
        return UNKNOWN_AUTHORIZATION
    identity = parameters.mapping(node.get("Identity"))
    header = template.known(identity.get("Header")) if identity is not None else None
    named = (header or "Authorization").lower()
    if node.get("UserPoolArn") is not None:
        return Authorization("cognito", (named,))
    payload = node.get("FunctionPayloadType")
    kind = "TOKEN" if payload is None else template.known(payload)
    if kind == "TOKEN":
        return Authorization("token", (named,))
    if kind != "REQUEST":
        return UNKNOWN_AUTHORIZATION
    listed = template.values(identity.get("Headers")) if identity is not None else None
    return Authorization("request", tuple(v.text.lower() for v in listed or () if isinstance(v, Known)))


# -- the rest ------------------------------------------------------------------------------------------------------


def _gateway_responses(
    parts: Parts, properties: Mapping | None, body: Mapping | None, api: str
) -> list[GatewayResponse]:
    """Those of the body, replaced type by type by ``GatewayResponses``, then resources of their own."""
    template = parts.template
    found = {r.type: r for r in openapi.gateway_responses(template, body, api)} if body is not None else {}
    section = parameters.mapping(properties.get("GatewayResponses")) if properties is not None else None
    for kind, entry in section.items() if section is not None else ():
        node = parameters.mapping(entry.value)
        if node is not None and not kind.startswith("Fn::"):
            found[kind] = _property_response(template, kind, entry, node, api)
    return [*found.values(), *resource_gateway_responses(parts, api)]


def _property_response(template: Template, kind: str, entry: Entry, node: Mapping, api: str) -> GatewayResponse:
    given = parameters.mapping(parameters.one_of(template, node.get("ResponseParameters")))
    headers = parameters.headers(template, given.get("Headers"), "") if given is not None else {}
    keys = given.items() if given is not None and intrinsic(given) is None else ()
    strays = [entry.key for key, entry in keys if key not in ("Headers", "Paths", "QueryStrings")]
    strays.extend(header.key for name, header in headers.items() if name.startswith(parameters.GATEWAY_PREFIX))
    good = {name: header for name, header in headers.items() if not name.startswith(parameters.GATEWAY_PREFIX)}
    return GatewayResponse(kind, node.entry("StatusCode"), good, entry.key, node, "property", api, tuple(strays))


def _is_private(template: Template, properties: Mapping | None) -> bool:
    node = properties.get("EndpointConfiguration") if properties is not None else None
    configuration = parameters.mapping(node)
    if configuration is not None and intrinsic(configuration) is None:
        node = configuration.get("Type")
    return node is not None and template.known(node) == "PRIVATE"
