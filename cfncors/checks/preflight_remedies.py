"""The edits that open a preflight or make its answer whole: in SAM's ``Cors`` and ``Auth``, or on an OPTIONS method."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Final

from cfncors.checks.allow_lists import BODY_METHODS, Demand
from cfncors.checks.remedies import (
    Edits,
    add_response_header,
    depend,
    extended,
    free_id,
    origin_data,
    together,
)
from cfncors.errors import CannotEdit
from cfncors.gateway.demands import demanded_headers
from cfncors.gateway.model import (
    ANY_METHODS,
    IntegrationResponse,
    Method,
    Model,
    RestApi,
)
from cfncors.source import Mapping, Node
from cfncors.source.edit import put, remove, replace
from cfncors.source.emit import Data, Raw
from cfncors.source.nodes import Entry
from cfncors.template import intrinsic

#: What a fix says when it has to name a time: seconds that every browser keeps.
CACHED: Final = "'600'"


def needed(methods: Iterable[Method]) -> tuple[str, str]:
    """Allow-Methods and Allow-Headers for some methods, as literals."""
    listed = list(methods)
    served = {m.verb for m in listed}
    verbs = ANY_METHODS if "ANY" in served else sorted(served | {"OPTIONS"})
    bodies = ["content-type"] if any(m.verb in (*BODY_METHODS, "ANY") for m in listed) else []
    # What a preflight itself may demand no page can send (E9432).
    names = dict.fromkeys([*bodies, *(name for m in listed if not m.is_options for name in demanded_headers(m))])
    return f"'{','.join(verbs)}'", f"'{','.join(spelled(name) for name in names)}'"


def add_cors(model: Model, api: RestApi) -> Edits:
    document = model.template.document
    _, headers = needed(api.methods)
    value: dict[str, Data] = {"AllowOrigin": origin_data(model, api), "AllowHeaders": headers, "MaxAge": CACHED}
    if api.resource is not None:
        return put(document, api.resource.node, ("Properties", "Cors"), value)
    shared = model.template.section("Globals")
    if shared is None:
        return put(document, model.template.root, ("Globals",), {"Api": {"Cors": value}}, before="Resources")
    return put(document, shared, ("Api", "Cors"), value)


def add_options(model: Model, api: RestApi, methods: list[Method]) -> Edits:
    template = model.template
    document = template.document
    resources = template.section("Resources")
    beside = next((m for m in methods if m.origin == "resource" and m.holder is not None), None)
    if resources is None or beside is None or beside.holder is None:
        raise CannotEdit("the method is not a resource of this template")
    allowed, headers = needed(methods)
    values: dict[str, Data] = {
        "Access-Control-Allow-Origin": origin_data(model, api),
        "Access-Control-Allow-Methods": allowed,
        "Access-Control-Allow-Headers": headers,
        "Access-Control-Max-Age": CACHED,
    }
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


def list_names(model: Model, demand: Demand, header_name: str, names: list[str]) -> Edits:
    document = model.template.document
    if demand.header is not None:
        return extended(document, demand.header, names)
    # A header that is not there yet lists all that its routes need: every rule that misses it offers the same edit.
    methods = [m for m in demand.api.methods if demand.api.answers_options(m.path) is demand.preflight.method]
    if demand.preflight.method.origin == "cors":
        methods = [m for m in demand.api.methods if not m.is_options]
    allowed, headers = needed(methods)
    value = allowed if header_name == "Access-Control-Allow-Methods" else headers
    if demand.preflight.method.origin == "cors":
        return into_cors(model, demand.api, header_name, value)
    return add_response_header(document, demand.preflight.method, demand.response, header_name, value)


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
    if method.origin == "cors":
        return into_cors(model, api, name, CACHED)
    return add_response_header(model.template.document, method, response, name, CACHED)
