"""REST APIs of plain CloudFormation: ``RestApi``, ``Resource``, ``Method``, ``GatewayResponse``, or a ``Body``."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from functools import cached_property
from typing import Final

from cfncors.gateway import openapi, parameters
from cfncors.gateway.include import included, stored
from cfncors.gateway.model import (
    NO_AUTHORIZATION,
    UNKNOWN_AUTHORIZATION,
    Authorization,
    GatewayResponse,
    Guard,
    Method,
    RestApi,
)
from cfncors.source import Node, Scalar, Sequence
from cfncors.template import Absent, Known, Resource, Template, Unknown, intrinsic, leaves, scalar_text
from cfncors.template.intrinsics import HOLE, UNKNOWN, branches, canonical, ref

REST_API: Final = "AWS::ApiGateway::RestApi"
SAM_API: Final = "AWS::Serverless::Api"

_AUTHORIZATIONS: Final = {"NONE": NO_AUTHORIZATION, "AWS_IAM": openapi.AWS_IAM}


class Parts:
    """The API Gateway resources of a template, found once."""

    def __init__(self, template: Template) -> None:
        self.template = template
        self._unseen: dict[str, int] = {}

    @cached_property
    def methods(self) -> list[Resource]:
        return list(self.template.of_type("AWS::ApiGateway::Method"))

    @cached_property
    def gateway_responses(self) -> list[Resource]:
        return list(self.template.of_type("AWS::ApiGateway::GatewayResponse"))

    @cached_property
    def deployments(self) -> list[Resource]:
        return list(self.template.of_type("AWS::ApiGateway::Deployment"))

    def unseen(self, what: str) -> str:
        """What stands in a path for something that is not in this template: ``…``, then ``…2``."""
        number = self._unseen.setdefault(what, len(self._unseen) + 1)
        return "…" if number == 1 else f"…{number}"

    def of(self, resources: Iterable[Resource], api: str) -> list[Resource]:
        """Those whose ``RestApiId`` names ``api``."""
        return [resource for resource in resources if api_name(resource.get("RestApiId")) == api]

    @cached_property
    def external(self) -> list[str]:
        """Names of APIs that methods or gateway responses belong to and that this template does not define."""
        names: list[str] = []
        for resource in (*self.methods, *self.gateway_responses):
            name = api_name(resource.get("RestApiId"))
            known = self.template.resources.get(name)
            if (known is None or known.type not in (REST_API, SAM_API)) and name not in names:
                names.append(name)
        return names


def api_name(node: Node | None) -> str:
    """The logical id that a ``RestApiId`` refers to; for another expression a text that is equal when it is, and that
    messages can show: ``<Fn::ImportValue dev-api>``, ``<${cf:gateway.ApiId}>``."""
    named = ref(node)
    if named is not None:
        return named
    return "" if node is None else f"<{_shown(node)}>"


def _shown(node: Node) -> str:
    call = intrinsic(node)
    if isinstance(node, Scalar) and (call is None or node.tag == UNKNOWN):
        return node.text.replace(HOLE, "")
    if call is not None and isinstance(call.argument, Scalar):
        return f"{call.name} {call.argument.text if call.argument is node else _shown(call.argument)}"
    return canonical(node)


def rest_apis(parts: Parts) -> Iterator[RestApi]:
    """All REST APIs that are no ``AWS::Serverless::Api``."""
    for resource in parts.template.of_type(REST_API):
        yield _rest_api(parts, resource)
    for name in parts.external:
        if name != "ServerlessRestApi":
            yield _external(parts, name)


def _rest_api(parts: Parts, resource: Resource) -> RestApi:
    template = parts.template
    written = resource.get("Body")
    elsewhere = resource.get("BodyS3Location")
    body = included(template, written) or stored(template, resource)
    api = resource.logical_id
    incomplete = (
        ((written is not None or elsewhere is not None) and body is None)
        or any(name in (resource.properties or ()) for name in ("CloneFrom", "Fn::Transform"))
        or (resource.properties is None and resource.node.get("Properties") is not None)
        or template.has_loops
        or template.is_in_parts
        or (body is not None and openapi.is_opaque(body))
        or not all(_is_known(parts, r) for r in parts.of(parts.gateway_responses, api))
    )
    from_body = [m for item in openapi.path_items(template, body, api) for m in item.methods] if body else []
    responses = list(openapi.gateway_responses(template, body, api)) if body else []
    responses.extend(resource_gateway_responses(parts, api))
    methods, all_known = _methods(parts, api)
    binary = openapi.binary_media_types(resource.get("BinaryMediaTypes"))
    if body is not None:
        binary += openapi.binary_media_types(body.get(openapi.BINARY_MEDIA_TYPES))
    return RestApi(
        api,
        "cloudformation",
        resource.key,
        resource,
        tuple(from_body + methods),
        {response.type: response for response in responses},
        binary,
        _is_private(template, resource.get("EndpointConfiguration")),
        not incomplete and all_known,
        properties=resource.properties,
        body=body,
        all_gateway_responses=tuple(responses),
        deployments=tuple(parts.of(parts.deployments, api)),
    )


def _is_known(parts: Parts, response: Resource) -> bool:
    """Whether the type of a ``GatewayResponse`` resource is known, and its headers."""
    kind = response.get("ResponseType")
    known = kind is not None and parts.template.known(kind) is not None
    given = response.get("ResponseParameters")
    return known and not any(parameters.is_opaque(branch) for branch in branches(given))


def _external(parts: Parts, name: str) -> RestApi:
    """An API of another stack: its methods and gateway responses here are still read."""
    methods, _ = _methods(parts, name)
    responses = list(resource_gateway_responses(parts, name))
    owners = parts.of((*parts.methods, *parts.gateway_responses), name)
    return RestApi(
        name,
        "external",
        owners[0].key,
        None,
        tuple(methods),
        {response.type: response for response in responses},
        (),
        private=False,
        complete=False,
        all_gateway_responses=tuple(responses),
        deployments=tuple(parts.of(parts.deployments, name)),
    )


def _is_private(template: Template, node: Node | None) -> bool:
    configuration = parameters.mapping(node)
    types = template.values(configuration.get("Types")) if configuration is not None else None
    return types is not None and any(getattr(value, "text", None) == "PRIVATE" for value in types)


def resource_gateway_responses(parts: Parts, api: str) -> Iterator[GatewayResponse]:
    """``AWS::ApiGateway::GatewayResponse`` resources of an API."""
    template = parts.template
    for resource in parts.of(parts.gateway_responses, api):
        entry = resource.entry("ResponseType")
        kind = template.known(entry.value) if entry is not None else None
        if entry is None or kind is None or resource.properties is None or not template.may_make(resource):
            continue
        given = resource.get("ResponseParameters")
        place = entry.value if isinstance(entry.value, Scalar) else entry.key
        yield GatewayResponse(
            kind,
            resource.entry("StatusCode"),
            parameters.headers(template, given, parameters.GATEWAY_PREFIX),
            place,
            resource.properties,
            "resource",
            resource.logical_id,
            openapi.strays(given),
        )


def _methods(parts: Parts, api: str) -> tuple[list[Method], bool]:
    """Methods of an API, and whether every one's path is known."""
    template = parts.template
    found: list[Method] = []
    all_known = True
    for resource in parts.of(parts.methods, api):
        verb = template.known(resource.get("HttpMethod"))
        path, known = _path(parts, resource.get("ResourceId"), api)
        if verb is None or not known:
            all_known = False
        if verb is None or resource.properties is None:
            continue
        authorization, api_key, guards = _authorization(template, resource)
        entry = resource.entry("HttpMethod")
        method = Method(
            path,
            verb.upper(),
            authorization,
            api_key,
            parameters.resource_integration(template, resource.get("Integration")),
            parameters.resource_method_responses(template, resource.get("MethodResponses")),
            entry.value if entry is not None and isinstance(entry.value, Scalar) else resource.key,
            resource.properties,
            "resource",
            resource.logical_id,
            resource.properties,
            guards=guards,
        )
        found.append(method)
    return found, all_known


def _path(parts: Parts, node: Node | None, api: str, depth: int = 0) -> tuple[str, bool]:
    """The full path of an ``AWS::ApiGateway::Resource``, and whether all of it is known: ``/…/items`` is below a
    resource of another stack, and equal for the same one."""
    if _is_root(node, api):
        return "/", True
    template = parts.template
    resource = template.resources.get(ref(node) or "")
    if resource is None or resource.type != "AWS::ApiGateway::Resource" or depth > 50:
        return f"/{parts.unseen('' if node is None else canonical(node))}", False
    part = template.known(resource.get("PathPart"))
    parent, known = _path(parts, resource.get("ParentId"), api, depth + 1)
    name = parts.unseen(resource.logical_id) if part is None else part
    return f"{parent.rstrip('/')}/{name}", known and part is not None


def _is_root(node: Node | None, api: str) -> bool:
    """Whether ``node`` is ``GetAtt Api.RootResourceId``, in any of its spellings."""
    found = intrinsic(node)
    if found is None:
        return False
    argument = found.argument
    if found.name == "Fn::GetAtt":
        if isinstance(argument, Scalar):
            return argument.text == f"{api}.RootResourceId"
        if isinstance(argument, Sequence):
            return [scalar_text(item) for item in argument.items] == [api, "RootResourceId"]
    return found.name == "Fn::Sub" and isinstance(argument, Scalar) and argument.text == f"${{{api}.RootResourceId}}"


def _authorization(template: Template, resource: Resource) -> tuple[Authorization, bool | None, tuple[Guard, ...]]:
    """Who may call a method and whether a key is asked for; where the deployment decides, what it may be."""
    kinds, all_kinds = _possible(template, resource, "AuthorizationType", "NONE")
    guards = [Guard(_of_kind(template, resource, leaf.text), leaf) for leaf in kinds]
    told = {guard.authorization for guard in guards}
    authorization = UNKNOWN_AUTHORIZATION
    if all_kinds and len(told) == 1:
        authorization = guards.pop().authorization or authorization
        guards = []
    keys, all_keys = _possible(template, resource, "ApiKeyRequired", "false")
    asked = {leaf.text.lower() == "true" for leaf in keys}
    api_key = asked.pop() if all_keys and len(asked) == 1 else None
    if api_key is None:
        guards += [Guard(None, leaf) for leaf in keys if leaf.text.lower() == "true"]
    return authorization, api_key, tuple(guards)


def _possible(template: Template, resource: Resource, name: str, usual: str) -> tuple[list[Known], bool]:
    """The texts that a property may have, the ``usual`` one where it is not written, and whether that is all."""
    node = resource.get(name)
    found = leaves(template.value(node)) if node is not None else (Absent(resource.key),)
    named = [leaf for leaf in found if not isinstance(leaf, Unknown)]
    return [leaf if isinstance(leaf, Known) else Known(usual, leaf.node) for leaf in named], len(named) == len(found)


def _of_kind(template: Template, resource: Resource, kind: str) -> Authorization:
    if kind in _AUTHORIZATIONS:
        return _AUTHORIZATIONS[kind]
    if kind not in ("COGNITO_USER_POOLS", "CUSTOM"):
        return UNKNOWN_AUTHORIZATION
    found = _authorizer(template, template.resources.get(ref(resource.get("AuthorizerId")) or ""))
    return _cognito(found) if kind == "COGNITO_USER_POOLS" else found


def _cognito(found: Authorization) -> Authorization:
    """A Cognito authorizer of another stack still reads a header, by default ``Authorization``."""
    return found if found.kind == "cognito" else Authorization("cognito", found.headers or ("authorization",))


def _authorizer(template: Template, resource: Resource | None) -> Authorization:
    if resource is None or resource.type != "AWS::ApiGateway::Authorizer":
        return UNKNOWN_AUTHORIZATION
    kind = template.known(resource.get("Type"))
    node = resource.get("IdentitySource")
    source = template.known(node) if node is not None else ""
    if source is None:
        return UNKNOWN_AUTHORIZATION
    names = openapi.identity_headers(source)
    if kind == "TOKEN":
        return Authorization("token", names)
    if kind == "REQUEST":
        return Authorization("request", names)
    if kind == "COGNITO_USER_POOLS":
        return Authorization("cognito", names)
    return UNKNOWN_AUTHORIZATION
