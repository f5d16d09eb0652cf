"""Faults of values: literals without their quotes, sources that are not allowed, origins that no browser accepts."""

from __future__ import annotations

import re
from collections.abc import Iterator

from cfncors.findings import Safety
from cfncors.gateway.model import ALLOW_ORIGIN, Header, RestApi
from cfncors.source import replace
from cfncors.source.emit import Tagged
from cfncors.template.intrinsics import ref
from tests.mutation.fault import Mutant, fault, mutant
from tests.mutation.places import (
    allows_credentials,
    gateway_responses,
    header_values,
    inner,
    is_written_once,
    mock_preflights,
    opens_to_pages,
    own_origins,
    substituted,
)
from tests.mutation.twin import Twin


@fault("E9411")
def literal_unquoted(twin: Twin) -> Iterator[Mutant]:
    for key, node in header_values(twin):
        text = inner(node)
        if text is None:
            continue
        place = twin.spot("E9411", node)
        yield mutant(twin, f"{key.text}: {text}", replace(twin.document, node, text), place)
        if text.isdecimal():
            yield mutant(twin, f"{key.text} as a number", replace(twin.document, node, int(text)), place)
        if text == "true":
            yield mutant(twin, f"{key.text} as a boolean", replace(twin.document, node, True), place)


@fault("E9411")
def substitution_unquoted(twin: Twin) -> Iterator[Mutant]:
    for key, node in header_values(twin):
        argument = substituted(node)
        if argument is not None:
            bare = argument.text[1:-1]
            value = Tagged(node.tag, bare) if node.tag is not None else bare
            edits = replace(twin.document, node if node.tag is not None else argument, value)
            if twin.model.template.known(node) is None and "$" in bare[:1]:
                continue  # its value may bring the quotes along
            fix: Safety = "unsafe" if re.fullmatch(r"\$\{\w+\}", bare) else "safe"
            yield mutant(twin, f"{key.text}: {bare}", edits, twin.spot("E9411", node), fix=fix)


@fault("E9411")
def default_of_a_parameter_unquoted(twin: Twin) -> Iterator[Mutant]:
    """One fault in a parameter shows at every place that uses it."""
    for name, parameter in twin.model.template.parameters.items():
        default = parameter.node.get("Default")
        uses = [node for _, node in header_values(twin) if ref(node) == name]
        text = inner(default) if default is not None else None
        if default is not None and text is not None and uses and not parameter.is_list:
            found = [twin.spot("E9411", node) for node in uses]
            yield mutant(twin, name, replace(twin.document, default, text), *found, fix="unsafe")


@fault("E9413")
def request_header_mapped_into_a_preflight(twin: Twin) -> Iterator[Mutant]:
    for header, what in _preflight_origins(twin):
        for source in ("method.request.header.Origin", '"*"'):
            edits = replace(twin.document, header.node, source)
            yield mutant(twin, f"{what}: {source}", edits, twin.spot("E9413", header.node), fix=None)


def _preflight_origins(twin: Twin) -> Iterator[tuple[Header, str]]:
    for api, method in mock_preflights(twin):
        for response in method.integration.responses if method.integration is not None else ():
            header = response.headers.get(ALLOW_ORIGIN)
            if header is not None and is_written_once(twin, header.node):
                yield header, f"OPTIONS {method.path} of {api.logical_id}"


@fault("E9413")
def integration_header_mapped_into_a_gateway_response(twin: Twin) -> Iterator[Mutant]:
    for api, response in gateway_responses(twin):
        header = response.headers[ALLOW_ORIGIN]
        if is_written_once(twin, header.node):
            edits = replace(twin.document, header.node, "integration.response.header.Origin")
            what = f"{response.type} of {api.logical_id}"
            yield mutant(twin, what, edits, twin.spot("E9413", header.node), fix=None)


@fault("E9442")
def origins_joined(twin: Twin) -> Iterator[Mutant]:
    for key, node in header_values(twin):
        text = inner(node)
        if text is None or not key.text.lower().endswith(("alloworigin", "allow-origin")) or opens_to_pages(twin, node):
            continue
        first = text if "://" in text else "https://www.example.com"
        for separator in (",", " ", ", "):
            joined = f"'{first}{separator}https://admin.example.com'"
            edits = replace(twin.document, node, joined)
            yield mutant(twin, f"{key.text}: {joined}", edits, twin.spot("E9442", node), fix=None)


@fault("E9443")
def wildcard_beside_credentials(twin: Twin) -> Iterator[Mutant]:
    for api in twin.apis:
        for header in _with_credentials(twin, api):
            origin = twin.model.template.known(header.node)
            if origin is None or not origin.startswith("'https://") or not is_written_once(twin, header.node):
                continue
            for text in ("'*'", "*") if api.cors is not None else ("'*'",):
                found = [twin.spot("E9443", header.node)]
                if text == "*":
                    found.append(twin.spot("E9411", header.node))  # it lacks its quotes, too
                edits = replace(twin.document, header.node, text)
                what = f"{text} for {api.logical_id}"
                yield mutant(twin, what, edits, *found, fix="unsafe", origin=origin[1:-1])


def _with_credentials(twin: Twin, api: RestApi) -> Iterator[Header]:
    origins = own_origins(api)
    if api.cors is not None and allows_credentials(api.cors):
        yield from origins[:1]
    elif api.cors is None and len(origins) == 1:
        for method in api.methods:
            for response in method.integration.responses if method.is_options and method.integration else ():
                credentials = response.headers.get("access-control-allow-credentials")
                if credentials is not None and inner(credentials.node) == "true":
                    yield from origins


@fault("E9416")
def credentials_as_text(twin: Twin) -> Iterator[Mutant]:
    seen: set[int] = set()
    for api in twin.apis:
        node = api.cors.credentials if api.cors is not None else None
        if api.cors is None or node is None or not allows_credentials(api.cors) or id(node) in seen:
            continue
        seen.add(id(node))
        for text in ("true", "'true'"):
            edits = replace(twin.document, node, text)
            yield mutant(twin, f"{text} for {api.logical_id}", edits, twin.spot("E9416", node))
