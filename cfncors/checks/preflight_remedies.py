"""The edits that open a preflight or make its answer whole: in SAM's ``Cors`` and ``Auth``, or on an OPTIONS method."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Final

from cfncors.checks.policy_remedies import list_items
from cfncors.checks.remedies import (
    Edits,
    add_response_header,
    depend,
    extended,
    free_id,
    needs_credentials,
    origin_data,
    together,
)
from cfncors.errors import CannotEdit
from cfncors.facts.allow_lists import BODY_METHODS, AllowList, ListRole, RestList, Route, routes
from cfncors.gateway.model import (
    ANY_METHODS,
    HttpApi,
    IntegrationResponse,
    Method,
    Model,
    RestApi,
)
from cfncors.gateway.policy import BODY_NAMES, PROPERTY_NAMES, Role
from cfncors.source import Mapping, Node
from cfncors.source.edit import put, remove, replace
from cfncors.source.emit import Data, Raw
from cfncors.source.nodes import Entry
from cfncors.template import intrinsic

#: What a fix says when it has to name a time: seconds that every browser keeps.
CACHED_SECONDS: Final = 600
CACHED: Final = f"'{CACHED_SECONDS}'"


def served(asked: Iterable[Route]) -> list[str]:
    """The methods that some routes serve, by name."""
    verbs = {route.verb for route in asked}
    return list(ANY_METHODS) if "ANY" in verbs else sorted(verbs)


def used_headers(asked: Iterable[Route]) -> list[str]:
    """The request headers that pages need for some routes: what describes a body, and what the routes demand."""
    listed = list(asked)
    bodies = ["content-type"] if any(route.verb in (*BODY_METHODS, "ANY") for route in listed) else []
    return [spelled(name) for name in dict.fromkeys([*bodies, *(name for route in listed for name in route.demanded)])]


def needed(methods: Iterable[Method]) -> tuple[str, str]:
    """Allow-Methods and Allow-Headers for some methods of a REST API, as literals. What a preflight itself may demand
    no page can send (E9432)."""
    asked = routes(methods)
    verbs = dict.fromkeys([*served(asked), "OPTIONS"])
    return f"'{','.join(sorted(verbs))}'", f"'{','.join(used_headers(asked))}'"


def add_cors(model: Model, api: RestApi) -> Edits:
    document = model.template.document
    _, headers = needed(api.methods)
    origin = origin_data(model, api)
    value: dict[str, Data] = {"AllowOrigin": origin, "AllowHeaders": headers, "MaxAge": CACHED}
    if needs_credentials(model, api, origin):
        value["AllowCredentials"] = True
    if api.resource is not None:
        return put(document, api.resource.node, ("Properties", "Cors"), value)
    shared = model.template.section("Globals")
    if shared is None:
        return put(document, model.template.root, ("Globals",), {"Api": {"Cors": value}}, before="Resources")
    return put(document, shared, ("Api", "Cors"), value)


def add_options(model: Model, api: RestApi, methods: list[Method], headers: dict[str, Data] | None = None) -> Edits:
    """An OPTIONS method beside others of its path, answered by a MOCK with ``headers``, else what its routes need."""
    template = model.template
    document = template.document
    resources = template.section("Resources")
    beside = next((m for m in methods if m.origin == "resource" and m.holder is not None), None)
    if resources is None or beside is None or beside.holder is None:
        raise CannotEdit("the method is not a resource of this template")
    values = headers if headers is not None else _needed_headers(model, api, methods)
    made: dict[str, Data] = {"Type": "AWS::ApiGateway::Method"}
    owner = template.resources[beside.resource]
    if owner.node.get("Condition") is not None:
        made["Condition"] = Raw(owner.node.get("Condition"))  # type: ignore[arg-type]
    made["Properties"] = {
        **{name: Raw(node) for name in ("RestApiId", "ResourceId") if (node := beside.holder.get(name)) is not None},
        "HttpMethod": "OPTIONS",
        "AuthorizationType": "NONE",
        "ApiKeyRequired": False,
        "Integration": {
            "Type": "MOCK",
            "RequestTemplates": {"application/json": '{"statusCode": 204}'},
            "IntegrationResponses": [
                {
                    "StatusCode": "204",
                    "ResponseParameters": {f"method.response.header.{n}": v for n, v in values.items()},
                }
            ],
        },
        "MethodResponses": [
            {"StatusCode": "204", "ResponseParameters": {f"method.response.header.{n}": True for n in values}}
        ],
    }
    name = free_id(template, f"{beside.resource}Options")
    added = put(document, resources, (name,), made, after=beside.resource)
    return together(added, *(depend(document, deployment, [name]) for deployment in api.deployments))


def _needed_headers(model: Model, api: RestApi, methods: list[Method]) -> dict[str, Data]:
    allowed, headers = needed(methods)
    origin = origin_data(model, api)
    values: dict[str, Data] = {
        "Access-Control-Allow-Origin": origin,
        "Access-Control-Allow-Methods": allowed,
        "Access-Control-Allow-Headers": headers,
        "Access-Control-Max-Age": CACHED,
    }
    if needs_credentials(model, api, origin):
        values["Access-Control-Allow-Credentials"] = "'true'"
    return values


def no_authorization(model: Model, method: Method, node: Node) -> Edits:
    document = model.template.document
    opened = replace(document, node, "NONE")
    holder = method.holder
    if holder is None or holder.get("AuthorizerId") is None:
        return opened
    return together(opened, remove(document, holder, "AuthorizerId"))


def set_flag(model: Model, api: RestApi, beside: Entry, flag: str) -> Edits:
    """Beside the setting that it qualifies, in the API's own ``Auth`` or in that of ``Globals``."""
    for mapping in auth_sections(model, api):
        if mapping.entry(beside.key.text) is not None and mapping.entry(beside.key.text).key is beside.key:  # type: ignore[union-attr]
            return put(model.template.document, mapping, (flag,), False, after=beside.key.text)
    raise CannotEdit("Auth is not written in this file")


def auth_sections(model: Model, api: RestApi) -> Iterator[Mapping]:
    own = api.resource.get("Auth") if api.resource is not None else None
    shared = model.template.section("Globals")
    api_globals = shared.get("Api") if shared is not None else None
    for node in (own, api_globals.get("Auth") if isinstance(api_globals, Mapping) else None):
        if isinstance(node, Mapping):
            yield node


def list_names(model: Model, allow: AllowList, names: list[str]) -> Edits:
    """Names added to a list; one that is not there yet holds all that its routes need, so that every rule that misses
    it offers the same edit."""
    if isinstance(allow.written, RestList):
        return _into_rest(model, allow.written, allow.role, names)
    document = model.template.document
    policy = allow.policy
    if policy is None:
        raise CannotEdit("the list is in the function's code")
    if model.template.service is not None:
        from cfncors.checks.serverless_remedies import list_in_policy

        return list_in_policy(model, policy, allow.role, names)
    if allow.is_there:
        return list_items(document, policy, allow.role, names)
    wanted = served(allow.routes) if allow.role == "methods" else used_headers(allow.routes)
    return list_items(document, policy, allow.role, wanted)


def _into_rest(model: Model, written: RestList, role: ListRole, names: list[str]) -> Edits:
    document = model.template.document
    api, preflight, response, header = written
    if _is_in_event(model, preflight.method):
        from cfncors.checks.serverless_remedies import list_in_event

        return list_in_event(model, preflight.path, role, names)
    if header is not None:
        return extended(document, header, names)
    methods = [m for m in api.methods if api.answers_options(m.path) is preflight.method]
    if preflight.method.origin == "cors":
        methods = [m for m in api.methods if not m.is_options]
    allowed, headers = needed(methods)
    value = allowed if role == "methods" else headers
    name = "Access-Control-Allow-Methods" if role == "methods" else "Access-Control-Allow-Headers"
    if preflight.method.origin == "cors":
        return into_cors(model, api, name, value)
    return add_response_header(document, preflight.method, response, name, value)


def configure(model: Model, api: HttpApi) -> Edits:
    """A CORS configuration for an HTTP API, in its own dialect: a property, in an OpenAPI body the extension of its
    root, for SAM's implicit API under ``Globals``."""
    template = model.template
    document = template.document
    asked = routes(api.methods)
    names, mapping, path = PROPERTY_NAMES, api.properties, ("CorsConfiguration",)
    if api.dialect == "cloudformation" and api.body is not None:
        names, mapping, path = BODY_NAMES, api.body, ("x-amazon-apigateway-cors",)
    values: dict[Role, Data] = {
        "origins": [model.settings.origin or "*"],
        "methods": list[Data](served(asked)),
        "headers": list[Data](used_headers(asked)),
        "max-age": CACHED_SECONDS,
    }
    if model.settings.origin and model.settings.credentials:
        values["credentials"] = True
    value: dict[str, Data] = {names[role][0]: given for role, given in values.items() if given}
    if api.dialect == "serverless" and template.service is not None:
        from cfncors.gateway.serverless import LIST_NAMES

        given: dict[str, Data] = {LIST_NAMES[role][0]: each for role, each in values.items() if each}
        return put(document, template.service.root, ("provider", "httpApi", "cors"), given)
    if api.dialect == "sam-implicit":
        shared = template.section("Globals")
        if shared is None:
            made: Data = {"HttpApi": {"CorsConfiguration": value}}
            return put(document, template.root, ("Globals",), made, before="Resources")
        return put(document, shared, ("HttpApi", "CorsConfiguration"), value)
    if mapping is None and api.resource is not None:
        return put(document, api.resource.node, ("Properties", *path), value)
    if mapping is None:
        raise CannotEdit("the API is not written in this file")
    return put(document, mapping, path, value)


def into_cors(model: Model, api: RestApi, header_name: str, value: Data) -> Edits:
    """A key of SAM's ``Cors``; the short form, which is the origin alone, becomes the long one."""
    document = model.template.document
    cors = api.cors
    key = {
        "Access-Control-Allow-Headers": "AllowHeaders",
        "Access-Control-Allow-Methods": "AllowMethods",
        "Access-Control-Max-Age": "MaxAge",
    }[header_name]
    if cors is None:
        raise CannotEdit("the API has no Cors")
    if cors.mapping is not None:
        return put(document, cors.mapping, (key,), value)
    if isinstance(cors.node, Mapping) and intrinsic(cors.node) is None:
        raise CannotEdit("Cors is made by an intrinsic function")
    if intrinsic(cors.node) is not None and intrinsic(cors.node).name == "Fn::If":  # type: ignore[union-attr]
        raise CannotEdit("Cors is made by Fn::If")
    return replace(document, cors.node, {"AllowOrigin": Raw(cors.node), key: value})


def spelled(name: str) -> str:
    """A header name as people write it."""
    return "-".join(part.capitalize() for part in name.split("-"))


def keep(model: Model, api: RestApi, method: Method, response: IntegrationResponse) -> Edits:
    name = "Access-Control-Max-Age"
    if _is_in_event(model, method):
        from cfncors.checks.serverless_remedies import set_in_event

        return set_in_event(model, method.path, "max-age", CACHED_SECONDS)
    if method.origin == "cors":
        return into_cors(model, api, name, CACHED)
    return add_response_header(model.template.document, method, response, name, CACHED)


def _is_in_event(model: Model, method: Method) -> bool:
    """Whether a preflight is made of the ``cors`` of a serverless.yml's events."""
    return model.template.service is not None and method.origin == "cors"
