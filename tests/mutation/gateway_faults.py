"""Faults of gateway responses: dropped, without the header, shadowed, with another origin, not deployed, misspelt."""

from __future__ import annotations

from collections.abc import Iterator

from cfncors.checks.gateway_responses import DEFAULTS
from cfncors.gateway.model import ALLOW_CREDENTIALS, ALLOW_ORIGIN, EXPOSE_HEADERS, GatewayResponse, RestApi
from cfncors.source import Data, Edit, Node, Raw, Sequence, append, put, remove, rename, replace
from cfncors.template.intrinsics import canonical
from tests.mutation.fault import Mutant, fault, mutant
from tests.mutation.places import (
    container,
    gateway_responses,
    holding_key,
    inner,
    is_written_once,
    occurring,
    own_origins,
    place_of_preflights,
    without_waiting,
)
from tests.mutation.twin import Spot, Twin

_PREFIX = "gatewayresponse.header."


def _label(api: RestApi, response: GatewayResponse) -> str:
    return f"{response.type} of {api.logical_id}"


def _dropped(twin: Twin, api: RestApi, response: GatewayResponse) -> list[Edit]:
    if response.where != "resource":
        return list(remove(twin.document, container(twin, response.key), response.type))
    resources = twin.model.template.section("Resources")
    assert resources is not None
    return [*remove(twin.document, resources, response.resource), *without_waiting(twin, api, response.resource)]


def _sends_only_what_a_fix_brings(api: RestApi, response: GatewayResponse) -> bool:
    """The origin as the preflights write it, credentials, and what may be read; not a header of its author's own."""
    known = {ALLOW_ORIGIN, ALLOW_CREDENTIALS, EXPOSE_HEADERS}
    origins = {canonical(header.node) for header in (*own_origins(api), response.headers[ALLOW_ORIGIN])}
    return response.headers.keys() <= known and len(origins) == 1 and response.status is None


def _place_of_absent(twin: Twin, api: RestApi, response: GatewayResponse) -> Node:
    """The section when others are left in it, else where the API asks for CORS."""
    if response.where != "resource":
        section = container(twin, response.key)
        if len(section.entries) > 1:
            return holding_key(twin, section)
    return place_of_preflights(api)


@fault("E9421")
def gateway_response_dropped(twin: Twin) -> Iterator[Mutant]:
    for api, response in gateway_responses(twin):
        if response.type in DEFAULTS and _sends_only_what_a_fix_brings(api, response):
            place = twin.spot("E9421", _place_of_absent(twin, api, response))
            yield mutant(twin, _label(api, response), _dropped(twin, api, response), place)


@fault("E9421")
def all_gateway_responses_dropped(twin: Twin) -> Iterator[Mutant]:
    seen: set[int] = set()
    for api, first in gateway_responses(twin):
        if first.where == "resource" or any(not is_written_once(twin, r.key) for r in api.all_gateway_responses):
            continue
        section = container(twin, first.key)
        whole = all(r.type in DEFAULTS and _sends_only_what_a_fix_brings(api, r) for r in api.all_gateway_responses)
        found = twin.model.called(api)
        if found is None or found.kind == "gateway response":
            continue  # nothing would say any more that pages call the API
        if whole and id(section) not in seen and {r.where for r in api.all_gateway_responses} == {first.where}:
            seen.add(id(section))
            key = holding_key(twin, section)
            edits = remove(twin.document, container(twin, key), key.text)
            yield mutant(twin, api.logical_id, edits, twin.spot("E9421", place_of_preflights(api)))


@fault("E9421")
def header_of_a_default_dropped(twin: Twin) -> Iterator[Mutant]:
    yield from _headerless(twin, "E9421", DEFAULTS)


@fault("E9423")
def header_of_a_specific_type_dropped(twin: Twin) -> Iterator[Mutant]:
    specific = {r.type for _, r in gateway_responses(twin)} - {*DEFAULTS, "REQUEST_TOO_LARGE"}
    yield from _headerless(twin, "E9423", tuple(specific))


def _headerless(twin: Twin, rule: str, types: tuple[str, ...]) -> Iterator[Mutant]:
    for api, response in gateway_responses(twin):
        header = response.headers[ALLOW_ORIGIN]
        same = {canonical(h.node) for h in (*own_origins(api), header)}
        if (
            response.type in types
            and response.type in occurring(twin, api)
            and is_written_once(twin, header.key)
            and len(same) == 1
        ):
            edits = remove(twin.document, container(twin, header.key), header.key.text)
            yield mutant(twin, _label(api, response), edits, twin.spot(rule, response.key))


@fault("E9423")
def specific_type_added(twin: Twin) -> Iterator[Mutant]:
    for api, response in gateway_responses(twin):
        taken = {r.type for r in api.all_gateway_responses}
        met = [kind for kind in ("UNAUTHORIZED", "THROTTLED") if kind in occurring(twin, api) and kind not in taken]
        if response.type == "DEFAULT_4XX" and _sends_only_what_a_fix_brings(api, response):
            for kind in met:
                yield from _with_type(twin, api, response, kind)


def _with_type(twin: Twin, api: RestApi, default: GatewayResponse, kind: str) -> Iterator[Mutant]:
    name = "responseTemplates" if default.where == "body" else "ResponseTemplates"
    bare: dict[str, Data] = {name: {"application/json": '{"message": "log in"}'}}
    given = default.node.entry("ResponseParameters") or default.node.entry("responseParameters")
    assert given is not None
    whole: dict[str, Data] = {**bare, given.key.text: Raw(given.value)}
    if default.where != "resource":
        section = container(twin, default.key)
        place = Spot("E9423", (*twin.document.path(section), kind), True)
        edits = put(twin.document, section, (kind,), bare)
        mended = put(twin.document, section, (kind,), whole)
        yield mutant(twin, api.logical_id, edits, place, mended=mended)
        return
    waiting = _waiting_for(twin, api, "LogIn")
    if waiting is not None:
        place = Spot("E9423", ("Resources", "LogIn", "Properties", "ResponseType"), False)
        without, complete = ([*_log_in(twin, default, given, kind), *waiting] for given in (bare, whole))
        yield mutant(twin, api.logical_id, without, place, mended=complete)


def _log_in(twin: Twin, beside: GatewayResponse, given: dict[str, Data], kind: str) -> tuple[Edit, ...]:
    resources = twin.model.template.section("Resources")
    api = beside.node.get("RestApiId")
    assert resources is not None
    assert api is not None
    properties: dict[str, Data] = {"RestApiId": Raw(api), "ResponseType": kind, **given}
    made: Data = {"Type": "AWS::ApiGateway::GatewayResponse", "Properties": properties}
    return put(twin.document, resources, ("LogIn",), made, after=beside.resource)


def _waiting_for(twin: Twin, api: RestApi, name: str) -> list[Edit] | None:
    edits: list[Edit] = []
    for deployment in api.deployments:
        node = deployment.node.get("DependsOn")
        if not isinstance(node, Sequence):
            return None
        edits += append(twin.document, node, name)
    return edits


@fault("W9424")
def gateway_response_origin_changed(twin: Twin) -> Iterator[Mutant]:
    for api, response in gateway_responses(twin):
        header = response.headers[ALLOW_ORIGIN]
        known = {twin.model.template.known(h.node) for h in own_origins(api)}
        same = {canonical(h.node) for h in (*own_origins(api), header)}
        # an API whose origin is none ("origins", in a real template) has no pages to differ from
        origins = bool(known) and all(text is not None and ("://" in text or text == "'*'") for text in known)
        met = response.type in occurring(twin, api)
        if met and is_written_once(twin, header.node) and len(same) == 1 and origins:
            edits = replace(twin.document, header.node, "'https://old.example.com'")
            yield mutant(twin, _label(api, response), edits, twin.spot("W9424", header.node))


@fault("W9425")
def status_code_on_a_default(twin: Twin) -> Iterator[Mutant]:
    for api, response in gateway_responses(twin):
        if response.type in DEFAULTS and response.status is None:
            name = "statusCode" if response.where == "body" else "StatusCode"
            edits = put(twin.document, response.node, (name,), "400")
            place = Spot("W9425", (*twin.document.path(response.node), name), True)
            yield mutant(twin, _label(api, response), edits, place, fix="unsafe")


@fault("E9426")
def dependency_of_the_deployment_removed(twin: Twin) -> Iterator[Mutant]:
    for api in twin.apis:
        for deployment in api.deployments:
            entry = deployment.node.entry("DependsOn")
            for name in _awaited(twin, api) if entry is not None else ():
                edits = without_waiting(twin, api, name)
                if edits and entry is not None:
                    listed = isinstance(entry.value, Sequence)
                    place = entry.key if listed else deployment.key
                    yield mutant(twin, f"{deployment.logical_id} on {name}", edits, twin.spot("E9426", place))
                    continue


def _awaited(twin: Twin, api: RestApi) -> list[str]:
    """What only the deployment's own ``DependsOn`` makes it wait for."""
    names = [r.resource for r in api.all_gateway_responses if r.where == "resource"]
    names += [m.resource for m in api.methods if m.is_options and m.origin == "resource"]
    others = [r for r in twin.model.template.resources.values() if r.type != "AWS::ApiGateway::Deployment"]
    return [name for name in names if not any(name in other.depends_on for other in others)]


@fault("E9426")
def all_dependencies_of_the_deployment_removed(twin: Twin) -> Iterator[Mutant]:
    for api in twin.apis:
        for deployment in api.deployments:
            if "DependsOn" in deployment.node and _awaited(twin, api):
                edits = remove(twin.document, deployment.node, "DependsOn")
                if any(spot.path[:2] == ("Resources", deployment.logical_id) for spot in twin.spots):
                    continue  # it does not wait for all already
                yield mutant(twin, deployment.logical_id, edits, twin.spot("E9426", deployment.key))


@fault("E9426")
def gateway_response_beside_sam(twin: Twin) -> Iterator[Mutant]:
    resources = twin.model.template.section("Resources")
    assert resources is not None
    for api, response in gateway_responses(twin):
        own = api.resource.get("GatewayResponses") if api.resource is not None else None
        if response.where == "property" and own is container(twin, response.key) and response.type in DEFAULTS:
            headers: dict[str, Data] = {f"{_PREFIX}{h.name}": Raw(h.node) for h in response.headers.values()}
            made: Data = {
                "Type": "AWS::ApiGateway::GatewayResponse",
                "Properties": {
                    "RestApiId": {"Ref": api.logical_id},
                    "ResponseType": response.type,
                    "ResponseParameters": headers,
                },
            }
            edits = [*_dropped(twin, api, response), *put(twin.document, resources, ("Errors",), made)]
            place = Spot("E9426", ("Resources", "Errors"), True)
            yield mutant(twin, _label(api, response), edits, place, fix="unsafe")


@fault("E9415")
def gateway_response_type_misspelt(twin: Twin) -> Iterator[Mutant]:
    for api, response in gateway_responses(twin):
        for wrong in _misspellings(response.type):
            what = f"{_label(api, response)} as {wrong}"
            if response.where == "resource":
                place = twin.spot("E9415", response.key)
                yield mutant(twin, what, replace(twin.document, response.key, wrong), place)
            else:
                path = (*twin.document.path(response.key)[:-1], wrong)
                yield mutant(twin, what, rename(twin.document, response.key, wrong), Spot("E9415", path, True))


def _misspellings(name: str) -> set[str]:
    ways = {name.lower(), name.title(), name.replace("_", ""), name.replace("_", "-"), name.replace("XX", "xx")}
    return ways - {name}


@fault("E9415")
def gateway_response_header_in_the_other_dialect(twin: Twin) -> Iterator[Mutant]:
    for api, response in gateway_responses(twin):
        key = response.headers[ALLOW_ORIGIN].key
        bare = key.text.removeprefix(_PREFIX)
        wrong = _PREFIX + key.text if response.where == "property" else bare
        if is_written_once(twin, key):
            path = (*twin.document.path(key)[:-1], wrong)
            edits = rename(twin.document, key, wrong)
            yield mutant(twin, f"{wrong} of {_label(api, response)}", edits, Spot("E9415", path, True))


@fault("E9443")
def wildcard_beside_credentials_in_a_gateway_response(twin: Twin) -> Iterator[Mutant]:
    """Two rules: the response refuses itself (E9443), and it differs from the API's own origin (W9424)."""
    for api, response in gateway_responses(twin):
        header = response.headers[ALLOW_ORIGIN]
        origins = {inner(h.node) for h in (*own_origins(api), header)}
        named = len(origins) == 1 and not origins & {None, "*"} and is_written_once(twin, header.node)
        met = response.type in occurring(twin, api)
        if met and named and own_origins(api) and ALLOW_CREDENTIALS in response.headers:
            edits = replace(twin.document, header.node, "'*'")
            both = (twin.spot("E9443", header.node), twin.spot("W9424", header.node))
            yield mutant(twin, _label(api, response), edits, *both)
