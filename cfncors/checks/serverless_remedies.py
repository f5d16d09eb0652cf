"""The edits of a serverless.yml: gateway responses under ``resources``, the ``cors`` of events, of the HTTP API and of
function URLs."""

from __future__ import annotations

from typing import Final

from cfncors.checks.policy_remedies import list_items
from cfncors.checks.remedies import Edits, expression, free_id, no_origin_for_all, own_origin, quoted, together
from cfncors.errors import CannotEdit
from cfncors.gateway.expressions import is_list, static_texts
from cfncors.gateway.model import Header, Model, RestApi, normal_path
from cfncors.gateway.policy import Policy, Role
from cfncors.gateway.serverless import EVENT_NAMES
from cfncors.source import Mapping, Node, Scalar, Sequence
from cfncors.source.edit import append, put, replace
from cfncors.source.emit import Data
from cfncors.template import Known, Unknown, scalar_text
from cfncors.template.packaged_events import EventCors, rest_events, rest_preflights
from cfncors.template.packaged_nodes import DEFAULT_HEADERS
from cfncors.template.serverless import Service

_ID_PARTS: Final = {"DEFAULT_4XX": "Default4XX", "DEFAULT_5XX": "Default5XX"}


def add_to_resources(model: Model, api: RestApi, kinds: list[str]) -> Edits:
    """A gateway response for each type, where the service writes its other resources."""
    service = _service(model)
    document = model.template.document
    listed = service.at("resources")
    block = _block(model, service)
    holder = service.written(block.get("Resources") or block) if block is not None else service.root
    made = _gateway_responses(model, api, kinds, holder)
    if isinstance(holder, Mapping) and block is not None and holder is not block:
        return together(*(put(document, holder, (name,), value) for name, value in made.items()))
    if block is not None:
        return put(document, block, ("Resources",), made)
    if isinstance(listed, Sequence):
        return append(document, listed, {"Resources": made})
    return put(document, service.root, ("resources",), {"Resources": made})


def _block(model: Model, service: Service) -> Mapping | None:
    """The part of ``resources`` for them: where others of the API are, else one in the service's own file. A list of
    files about other things is no place for them: it gets a part of its own."""
    listed = service.at("resources")
    if not isinstance(listed, Sequence):
        return service.resource_blocks[0] if service.resource_blocks else None
    blocks = [each for each in service.resource_blocks if not each.foreign and "Resources" in each]
    document = model.template.document
    of_the_api = [each for each in blocks if _has_part_of_an_api(service.written(each.get("Resources") or each))]
    own = [each for each in blocks if document.home(each.start) is document]
    return next(iter((*of_the_api, *own, *(blocks if listed.foreign else ()))), None)


def _has_part_of_an_api(resources: Node) -> bool:
    entries = resources.items() if isinstance(resources, Mapping) else ()
    types = (scalar_text(entry.value.get("Type")) for _, entry in entries if isinstance(entry.value, Mapping))
    return any(text is not None and text.startswith("AWS::ApiGateway::") for text in types)


def _gateway_responses(model: Model, api: RestApi, kinds: list[str], beside: Node) -> dict[str, Data]:
    """The resources, as the file says it that they go into."""
    document = model.template.document
    home = document.home(beside.start)
    # A short form would have to be one of the file's own; the long one every file takes.
    long: Data = {"Ref": api.logical_id}
    ref = expression(document, "Ref", api.logical_id) if home is document else long
    headers = gateway_headers(model, api)
    made: dict[str, Data] = {}
    for kind in kinds:
        made[free_id(model.template, f"GatewayResponse{_ID_PARTS[kind]}")] = {
            "Type": "AWS::ApiGateway::GatewayResponse",
            "Properties": {
                "RestApiId": ref,
                "ResponseType": kind,
                "ResponseParameters": {f"gatewayresponse.header.{name}": value for name, value in headers.items()},
            },
        }
    return made


def gateway_headers(model: Model, api: RestApi) -> dict[str, Data]:
    """The API's own origin with its variables, which may differ from stage to stage, and its credentials. Of several
    origins a gateway response cannot choose, so any page may read the error.

    Raises :class:`CannotEdit` when pages of several origins may send credentials, to which ``*`` is no answer, and when
    nobody knows the origins.
    """
    preflights = rest_preflights(_service(model)).values()
    are_known = not any(cors.is_unknown for preflight in preflights for cors in preflight.sources)
    if not are_known and model.settings.origin is None:
        raise CannotEdit("cors is made by a variable that is known only when the service is packaged")
    own = own_origin(api)
    origin = f"'{model.settings.origin or '*'}'"
    if are_known and own is not None and isinstance(own.value, Known | Unknown):
        written = as_written(model, own)
        origin = origin if any(map(is_list, static_texts(own) or ())) else written
    if origin == "'*'":
        no_origin_for_all(api)
    headers: dict[str, Data] = {"Access-Control-Allow-Origin": origin}
    allowed = are_known and any(preflight.credentials is not None for preflight in preflights)
    if origin != "'*'" and (allowed or model.settings.credentials):
        headers["Access-Control-Allow-Credentials"] = "'true'"
    return headers


def as_written(model: Model, header: Header) -> str:
    """A header's value with the variables that it is made with, in the quotes of a literal."""
    return quoted(_service(model).source_text(header.node))


def add_cors(model: Model, api: RestApi, path: str) -> Edits:
    """``cors`` for the events of a path, with the origin and credentials of the API's others."""
    events = [event for event in rest_events(_service(model))[0] if _is_on(event.path, path)]
    mappings = [event.options for event in events if event.options is not None and not event.options.foreign]
    if not mappings or any("cors" in mapping for mapping in mappings):
        raise CannotEdit("the event is written as a text, which has no place for cors")
    like = {name: value.strip("'") for name, value in gateway_headers(model, api).items() if isinstance(value, str)}
    value: dict[str, Data] = {"origin": like["Access-Control-Allow-Origin"]}
    if "Access-Control-Allow-Credentials" in like:
        value["allowCredentials"] = True
    given: Data = True if value == {"origin": "*"} else value
    return together(*(put(model.template.document, mapping, ("cors",), given) for mapping in mappings))


def list_in_event(model: Model, path: str, role: Role, names: list[str]) -> Edits:
    """Names added to the methods or headers of a path's preflight: to the list of the last event that has one."""
    cors = _last(model, path)
    if cors.mapping is None or not cors.get(EVENT_NAMES[role][0]):
        # Methods are added to those that the framework lists by itself; a list of headers replaces its own.
        listed = [*DEFAULT_HEADERS, *names] if role == "headers" else names
        return _set(model, cors, EVENT_NAMES[role][0], list[Data](listed))
    document = model.template.document
    node = _written(model, cors.get(EVENT_NAMES[role][0]))
    if isinstance(node, Sequence) and node.tag is None:
        return together(*(append(document, node, name) for name in names))
    if isinstance(node, Scalar) and node.tag is None and not node.foreign:
        return replace(document, node, [node.text, *names])
    raise CannotEdit("the list is made by a variable")


def set_in_event(model: Model, path: str, role: Role, value: Data) -> Edits:
    """A key of the ``cors`` of a path's last event that has one."""
    return _set(model, _last(model, path), EVENT_NAMES[role][0], value)


def list_in_policy(model: Model, policy: Policy, role: Role, names: list[str]) -> Edits:
    """Names added to a list of ``httpApi.cors`` or ``url.cors``; one that the framework fills is written out."""
    document = model.template.document
    setting = policy.setting(role)
    whole = _written(model, setting.node) if setting is not None else None
    if isinstance(whole, Sequence) and setting is not None and whole is not setting.node:
        return together(*(append(document, whole, name) for name in names))
    if setting is None or setting.node is not setting.key:
        return list_items(document, policy, role, names)
    return write_in_policy(model, policy, role, list[Data]([*(setting.texts() or ()), *names]))


def write_in_policy(model: Model, policy: Policy, role: Role, value: Data) -> Edits:
    """A key that is not written yet; ``cors: true`` becomes a mapping with it, in which the other defaults stay."""
    document = model.template.document
    if policy.holder is not None:
        return put(document, policy.holder, policy.names[role], value)
    node = policy.node
    if isinstance(node, Scalar) and node.tag is None and not node.foreign:
        return replace(document, node, {policy.names[role][0]: value})
    raise CannotEdit("the configuration is not written out in this file")


def _set(model: Model, cors: EventCors, key: str, value: Data) -> Edits:
    document = model.template.document
    if cors.mapping is not None:
        return put(document, cors.mapping, (key,), value)
    node = cors.entry.value
    if not isinstance(node, Scalar) or node.tag is not None or node.foreign:
        raise CannotEdit("cors is made by a variable")
    return replace(document, node, {key: value})


def _last(model: Model, path: str) -> EventCors:
    found = next((each for each in rest_preflights(_service(model)).values() if _is_on(each.path, path)), None)
    if found is None:
        raise CannotEdit("no event of this path has cors")
    return found.sources[-1]


def _written(model: Model, node: Node | None) -> Node | None:
    """The list that a variable leads to, which is the place for another name."""
    return _service(model).written(node) if node is not None else None


def _is_on(path: str, wanted: str) -> bool:
    return normal_path(f"/{path}") == normal_path(wanted)


def _service(model: Model) -> Service:
    service = model.template.service
    if service is None:
        raise CannotEdit("it is no service of the Serverless Framework")
    return service
