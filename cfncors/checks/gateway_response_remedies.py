"""The edits that give an API its gateway responses, in its dialect's own place."""

from __future__ import annotations

from typing import Final

from cfncors.checks.remedies import (
    Edits,
    add_gateway_headers,
    depend,
    expression,
    free_id,
    gateway_headers,
    header_data,
    put_all,
    together,
)
from cfncors.errors import CannotEdit
from cfncors.gateway.model import ALLOW_CREDENTIALS, GatewayResponse, Header, Model, RestApi
from cfncors.source import Document, Mapping
from cfncors.source.edit import put, remove
from cfncors.source.edit import replace as rewrite
from cfncors.source.emit import Data, Raw
from cfncors.template.intrinsics import call

_ID_PARTS: Final = {"DEFAULT_4XX": "Default4XX", "DEFAULT_5XX": "Default5XX"}
#: Properties that SAM writes into the definition of an API (``samtranslator/model/api/api_generator.py``).
_INTO_DEFINITION: Final = ("Cors", "Auth", "GatewayResponses", "Models")


def is_kept_elsewhere(api: RestApi) -> bool:
    """Whether an API's definition is in a file of its own, and SAM adds nothing to it. To one that ``AWS::Include``
    brings it could, where CloudFormation expands the include first; ``sam validate`` and ``sam local`` refuse it then
    (aws/serverless-application-model#664), so that the file itself is the place that always works."""
    if api.properties is None:
        return False
    included = call(api.properties.get("DefinitionBody"), "Fn::Transform") is not None
    return "DefinitionUri" in api.properties or (
        included and not any(name in api.properties for name in _INTO_DEFINITION)
    )


def add_to_sam(model: Model, api: RestApi, kinds: list[str], headers: dict[str, Data]) -> Edits:
    """Beside the ``Cors`` that applies: in ``Globals`` for an implicit API, or where all APIs take it from there."""
    document = model.template.document
    values: dict[str, Data] = {kind: {"ResponseParameters": {"Headers": dict(headers)}} for kind in kinds}
    if _belongs_in_globals(model, api):
        shared = model.template.section("Globals")
        if shared is None:
            block: Data = {"Api": {"GatewayResponses": values}}
            return put(document, model.template.root, ("Globals",), block, before="Resources")
        return put_beside_cors(document, shared, "Api", values)
    if api.resource is None:
        raise CannotEdit("the implicit API has no place of its own")
    return put_beside_cors(document, api.resource.node, "Properties", values)


def put_beside_cors(document: Document, mapping: Mapping, section: str, values: dict[str, Data]) -> Edits:
    """``GatewayResponses`` with ``values``, below the ``Cors`` that stands in the same section."""
    holder = mapping.get(section)
    if isinstance(holder, Mapping) and "GatewayResponses" not in holder and _writes(holder, "Cors"):
        return put(document, holder, ("GatewayResponses",), values, after="Cors")
    return put_all(document, mapping, (section, "GatewayResponses"), values)


def _writes(mapping: Mapping, key: str) -> bool:
    return any(entry.key.text == key for entry in mapping.entries)


def _belongs_in_globals(model: Model, api: RestApi) -> bool:
    if api.dialect == "sam-implicit":
        return True
    own = api.resource.properties if api.resource is not None else None
    if own is not None and "GatewayResponses" in own:
        return False
    others = [a for a in model.rest_apis if a.dialect in ("sam", "sam-implicit")]
    return all(a.complete and a.cors is not None and a.cors.in_globals for a in others)


def add_to_body(model: Model, body: Mapping, kinds: list[str], headers: dict[str, Data]) -> Edits:
    parameters: dict[str, Data] = {f"gatewayresponse.header.{name}": value for name, value in headers.items()}
    values: dict[str, Data] = {kind: {"responseParameters": dict(parameters)} for kind in kinds}
    return put_all(model.template.document, body, ("x-amazon-apigateway-gateway-responses",), values)


def add_resources(model: Model, api: RestApi, kinds: list[str], headers: dict[str, Data]) -> Edits:
    """A resource for each type behind the API's own, which its deployments wait for."""
    template = model.template
    document = template.document
    resources = template.section("Resources")
    if resources is None or api.resource is None:
        raise CannotEdit("the API is not defined in this template")
    ids: list[str] = []
    groups: list[Edits] = []
    condition = api.resource.node.get("Condition")
    for kind in kinds:
        name = free_id(template, f"{api.logical_id}{_ID_PARTS[kind]}")
        ids.append(name)
        made: dict[str, Data] = {"Type": "AWS::ApiGateway::GatewayResponse"}
        if condition is not None:
            made["Condition"] = Raw(condition)
        made["Properties"] = {
            "RestApiId": expression(document, "Ref", api.logical_id),
            "ResponseType": kind,
            "ResponseParameters": {f"gatewayresponse.header.{n}": value for n, value in headers.items()},
        }
        groups.append(put(document, resources, (name,), made, after=api.logical_id))
    groups.extend(depend(document, deployment, ids) for deployment in api.deployments)
    return together(*groups)


def headers_of(model: Model, api: RestApi) -> dict[str, Data]:
    """The headers that a gateway response of an API needs, in its dialect."""
    if api.dialect != "serverless":
        return gateway_headers(model, api)
    from cfncors.checks import serverless_remedies

    return serverless_remedies.gateway_headers(model, api)


def copied(model: Model, api: RestApi, response: GatewayResponse, headers: tuple[Header, Header]) -> Edits:
    """The API's origin in the place of another, and its credentials, without which a named origin is no use to them."""
    header, own = headers
    value = header_data(own)
    if api.dialect == "serverless":
        from cfncors.checks.serverless_remedies import as_written

        value = as_written(model, own)
    changed = rewrite(model.template.document, header.node, value)
    return together(changed, add_credentials(model, api, response))


def add_credentials(model: Model, api: RestApi, response: GatewayResponse) -> Edits:
    wanted = {n: v for n, v in headers_of(model, api).items() if n.lower() == ALLOW_CREDENTIALS}
    if not wanted or ALLOW_CREDENTIALS in response.headers:
        return ()
    return add_gateway_headers(model.template.document, response, wanted)


def move_into_sam(model: Model, api: RestApi, response: GatewayResponse) -> Edits:
    resources = model.template.section("Resources")
    section = api.properties.get("GatewayResponses") if api.properties is not None else None
    if resources is None or (isinstance(section, Mapping) and response.type in section):
        raise CannotEdit(f"GatewayResponses has {response.type} already")
    made: dict[str, Data] = {}
    for name in ("StatusCode", "ResponseTemplates"):
        node = response.node.get(name)
        if node is not None:
            made[name] = Raw(node)
    given = response.node.get("ResponseParameters")
    if isinstance(given, Mapping) and given.tag is None:
        made["ResponseParameters"] = _sam_parameters(given)
    elif given is not None:
        raise CannotEdit("its parameters are made by an intrinsic function")
    document = model.template.document
    value: dict[str, Data] = {response.type: made}
    if _belongs_in_globals(model, api):
        shared = model.template.section("Globals")
        if shared is None:
            raise CannotEdit("there is no Globals section to move it to")
        added = put_beside_cors(document, shared, "Api", value)
    elif api.resource is not None:
        added = put_beside_cors(document, api.resource.node, "Properties", value)
    else:
        raise CannotEdit("the implicit API has no place of its own")
    return together(added, remove(document, resources, response.resource))


def _sam_parameters(given: Mapping) -> dict[str, Data]:
    groups: dict[str, dict[str, Data]] = {}
    names = {"header": "Headers", "path": "Paths", "querystring": "QueryStrings"}
    for key, entry in given.items():
        prefix, _, rest = key.partition(".")
        kind, _, name = rest.partition(".")
        if prefix != "gatewayresponse" or kind not in names:
            raise CannotEdit(f"{key} is no parameter of a gateway response")
        groups.setdefault(names[kind], {})[name] = Raw(entry.value)
    return dict(groups)
