"""Faults of responses that are not passed through: headers not declared, or not sent."""

from __future__ import annotations

from collections.abc import Iterator

from cfncors.gateway.model import ALLOW_ORIGIN, IntegrationResponse, Method, RestApi
from cfncors.source import Node, remove
from cfncors.template.intrinsics import canonical
from tests.mutation.fault import Mutant, fault, mutant
from tests.mutation.places import container, is_written_once, own_origins
from tests.mutation.twin import Twin


def _mapped(twin: Twin) -> Iterator[tuple[RestApi, Method, IntegrationResponse]]:
    for api in twin.apis:
        for method in api.methods:
            integration = method.integration
            written = method.origin in ("resource", "openapi")
            if integration is not None and written and integration.kind in ("aws", "http", "mock"):
                for response in integration.responses:
                    yield api, method, response


@fault("E9414")
def declared_header_removed(twin: Twin) -> Iterator[Mutant]:
    done: set[int] = set()
    for api, method, response in _mapped(twin):
        declared = method.responses.get(response.status or "")
        for name in response.headers if declared is not None else ():
            key = declared.headers.get(name) if declared is not None else None
            if key is None or id(key) in done or not is_written_once(twin, key):
                continue
            done.add(id(key))
            setting = [r for _, m, r in _mapped(twin) if m is method and r.status == response.status]
            found = [twin.spot("E9414", r.headers[name].key) for r in setting if name in r.headers]
            edits = remove(twin.document, container(twin, key), key.text)
            what = f"{name} of {response.status} on {method.verb} {method.path} of {api.logical_id}"
            yield mutant(twin, what, edits, *found)


@fault("E9461")
def origin_of_a_response_removed(twin: Twin) -> Iterator[Mutant]:
    for api, method, response in _mapped(twin):
        header = response.headers.get(ALLOW_ORIGIN)
        origins = {canonical(h.node) for h in own_origins(api)}
        if method.is_options or header is None or origins != {canonical(header.node)}:
            continue
        if is_written_once(twin, header.key):
            edits = remove(twin.document, container(twin, header.key), header.key.text)
            what = f"{response.status} on {method.verb} {method.path} of {api.logical_id}"
            yield mutant(twin, what, edits, twin.spot("E9461", _place(method, response)))


def _place(method: Method, response: IntegrationResponse) -> Node:
    if method.origin == "openapi" or response.holder is None:
        return response.node
    return response.holder.get("StatusCode") or response.node
