"""Where faults can be put: the parts of a right template by what they are, found without the rules."""

from __future__ import annotations

import re
from collections.abc import Iterator

from cfncors.checks.gateway_responses import DEFAULTS
from cfncors.gateway.demands import demanded_headers
from cfncors.gateway.model import ALLOW_ORIGIN, Cors, GatewayResponse, Header, Method, RestApi
from cfncors.gateway.preflight import Preflight, preflights
from cfncors.gateway.respond import client_errors, server_errors
from cfncors.source import Edit, Mapping, Node, Scalar, Sequence, remove
from cfncors.source.nodes import Entry
from cfncors.template import scalar_text
from cfncors.template.intrinsics import intrinsic
from tests.mutation.twin import Twin

_HEADER_KEY = re.compile(
    r"(?:method\.response\.header\.|gatewayresponse\.header\.)?Access-Control-[A-Za-z-]+"
    r"|AllowOrigin|AllowMethods|AllowHeaders|MaxAge|Cors",
    re.IGNORECASE,
)


#: Methods, and bodies of JSON, for which a browser sends a preflight.
_ASKED_FIRST = {"PUT", "PATCH", "DELETE", "POST", "ANY"}


def container(twin: Twin, key: Scalar) -> Mapping:
    """The mapping in which a key is written."""
    found = twin.document.parents[id(key)].container
    assert isinstance(found, Mapping)
    return found


def holding_key(twin: Twin, node: Node) -> Scalar:
    """The key whose value a node is."""
    parent = twin.document.parents[id(node)]
    assert isinstance(parent.container, Mapping)
    return parent.container.entries[parent.number].key


def is_written_once(twin: Twin, node: Node) -> bool:
    """Whether a node stands in this file and in one place only."""
    return id(node) in twin.document.parents and twin.document.sharers(node) is None


def header_values(twin: Twin) -> Iterator[Entry]:
    """Every value under a key that names a CORS header or setting, wherever it stands."""
    for collection in twin.document.collections:
        for entry in collection.entries if isinstance(collection, Mapping) else ():
            if _HEADER_KEY.fullmatch(entry.key.text) and is_written_once(twin, entry.value):
                yield entry


def inner(node: Node) -> str | None:
    """The text between the single quotes of a static value; ``None`` for anything else."""
    if not isinstance(node, Scalar) or node.tag is not None:
        return None
    text = node.text
    return text[1:-1] if len(text) > 2 and text[0] == text[-1] == "'" else None


def substituted(node: Node) -> Scalar | None:
    """The text of an ``Fn::Sub`` that is a static value."""
    call = intrinsic(node)
    if call is None or call.name != "Fn::Sub" or not isinstance(call.argument, Scalar):
        return None
    text = call.argument.text
    return call.argument if len(text) > 2 and text[0] == text[-1] == "'" else None


def gateway_responses(twin: Twin) -> Iterator[tuple[RestApi, GatewayResponse]]:
    """Gateway responses that send the origin, each once."""
    seen: set[int] = set()
    for api in twin.apis:
        for response in api.all_gateway_responses:
            if id(response.key) not in seen and ALLOW_ORIGIN in response.headers:
                seen.add(id(response.key))
                if is_written_once(twin, response.key):
                    yield api, response


def opens_to_pages(twin: Twin, node: Node) -> bool:
    """Whether another value of a header may be what says that pages call the API at all: it is on a gateway response,
    and the API has no CORS but there. That is not one fault then, but all that the API lacks."""
    apis = (api for api in twin.model.rest_apis if twin.model.called(api) is None)
    responses = (response for api in apis for response in api.all_gateway_responses)
    return any(header.node is node for response in responses for header in response.headers.values())


def own_origins(api: RestApi) -> list[Header]:
    """The origins that the preflights send."""
    return [
        response.headers[ALLOW_ORIGIN]
        for method in api.methods
        if method.is_options and method.integration is not None
        for response in method.integration.responses
        if ALLOW_ORIGIN in response.headers
    ]


def allows_credentials(cors: Cors) -> bool:
    """Whether SAM's ``Cors`` has the boolean that the translator wants."""
    node = cors.credentials
    return isinstance(node, Scalar) and node.tag is None and node.value is True


def mock_preflights(twin: Twin) -> Iterator[tuple[RestApi, Method]]:
    """OPTIONS methods that are written out and answered by a MOCK."""
    for api in twin.apis:
        for method in api.methods:
            integration = method.integration
            if method.is_options and method.origin in ("resource", "openapi") and integration is not None:
                written = integration.node is not None and is_written_once(twin, integration.node)
                if integration.kind == "mock" and written:
                    yield api, method


def asked_mocks(twin: Twin) -> Iterator[tuple[RestApi, Method]]:
    """Those of them that a page asks: on a path with a method or a demanded header that makes a browser ask first. A
    fault of another one stops nobody."""
    for api, method in mock_preflights(twin):
        paths = {path for path in (m.path for m in api.methods) if api.answers_options(path) is method}
        if any(m.verb in _ASKED_FIRST or demanded_headers(m) for m in api.methods if m.path in paths):
            yield api, method


def occurring(twin: Twin, api: RestApi) -> set[str]:
    """The types of gateway responses that a page can meet on some route, with the two that stand for all."""
    routes = [method for method in api.methods if not method.is_options]
    errors = {e for m in routes for e in (*client_errors(twin.model, api, m), *server_errors(twin.model, api, m))}
    return errors | set(DEFAULTS)


def answered(twin: Twin) -> Iterator[tuple[RestApi, Preflight]]:
    """Preflights whose answer stands in the template."""
    for api in twin.apis:
        for preflight in preflights(api):
            if preflight.response is not None:
                yield api, preflight


def place_of_preflights(api: RestApi) -> Node:
    """Where something is said of an API as a whole."""
    return api.cors.key if api.cors is not None else api.key


def without_waiting(twin: Twin, api: RestApi, name: str) -> list[Edit]:
    """The deployments of an API no longer wait for a resource."""
    edits: list[Edit] = []
    for deployment in api.deployments:
        entry = deployment.node.entry("DependsOn")
        if entry is None:
            continue
        if isinstance(entry.value, Sequence):
            for index, item in enumerate(entry.value.items):
                if scalar_text(item) == name:
                    edits += remove(twin.document, entry.value, index)
        elif scalar_text(entry.value) == name:
            edits += remove(twin.document, deployment.node, "DependsOn")
    return edits
