"""The edits that rules offer, said in API Gateway's words: quote a literal, add a header, declare it, depend on it."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable

from cfncors.errors import CannotEdit
from cfncors.facts.listings import asks_for_a_value
from cfncors.facts.origin_patterns import certain_fault, fault
from cfncors.findings import Fix, Safety
from cfncors.gateway.expressions import (
    decided,
    is_bare,
    is_list,
    is_misquoted,
    is_source,
    literal,
    static_texts,
    tokens,
)
from cfncors.gateway.model import (
    ALLOW_CREDENTIALS,
    ALLOW_ORIGIN,
    EXPOSE_HEADERS,
    GatewayResponse,
    Header,
    IntegrationResponse,
    Method,
    Model,
    RestApi,
)
from cfncors.source import Document, Edit, Mapping, Node, Scalar, Sequence
from cfncors.source.edit import append, put, replace
from cfncors.source.emit import Data, Raw, Tagged
from cfncors.template import Known, Resource, Template, Unknown, intrinsic
from cfncors.template.intrinsics import canonical, ref

Edits = tuple[Edit, ...]


def attempt(title: str, safety: Safety, make: Callable[[], Edits]) -> tuple[Fix | None, str | None]:
    """A fix, or the reason why it cannot be made faithfully."""
    try:
        return Fix(title, safety, make()), None
    except CannotEdit as reason:
        return None, str(reason)


def together(*groups: Edits) -> Edits:
    """Edits of several steps as one: insertions at one place stand one after the other."""
    merged: dict[tuple[int, int], Edit] = {}
    for edit in (edit for group in groups for edit in group):
        key = (edit.start, edit.end)
        before = merged.get(key)
        if before is None:
            merged[key] = edit
        elif before != edit:
            if edit.start != edit.end:
                raise CannotEdit("two changes to one place")
            merged[key] = Edit(edit.start, edit.end, before.text + edit.text)
    return tuple(sorted(merged.values()))


def put_all(document: Document, mapping: Mapping, path: tuple[str, ...], values: dict[str, Data]) -> Edits:
    """Several keys under ``path``, which is made when it is not there."""
    here: Node | None = mapping
    for key in path:
        here = here.get(key) if isinstance(here, Mapping) else None
    if isinstance(here, Mapping) and here.entries:
        return together(*(put(document, here, (key,), value) for key, value in values.items()))
    return put(document, mapping, path, values)


# -- values --------------------------------------------------------------------------------------------------------


def expression(document: Document, name: str, argument: str) -> Data:
    """``!Ref X`` or ``!Sub "…"`` as this document writes it: short in YAML that uses tags, else long."""
    if document.format == "json":
        return {name: argument}
    long_form = re.search(rf"\b{name}['\"]? *:", document.text) and not re.search("!(?:Ref|Sub)", document.text)
    return {name: argument} if long_form else Tagged("!" + name.removeprefix("Fn::"), argument)


def rewritten(document: Document, node: Node, change: Callable[[str], str]) -> Edits:
    """Change a text where it is written: a scalar, or the text of an ``Fn::Sub``."""
    if node.foreign:
        raise CannotEdit("the value is not written here")
    call = intrinsic(node)
    if call is None:
        if not isinstance(node, Scalar) or node.tag is not None:
            raise CannotEdit("the value is not a text")
        return replace(document, node, change(node.text))
    argument = call.argument
    if call.name == "Fn::Sub" and isinstance(argument, Sequence) and argument.items:
        argument = argument.items[0]
    if call.name != "Fn::Sub" or not isinstance(argument, Scalar):
        raise CannotEdit(f"the value is made by {call.name}")
    text = change(argument.text)
    if argument is node:
        return replace(document, node, Tagged(node.tag or "!Sub", text))
    return replace(document, argument, text)


def without_slash(document: Document, node: Node) -> Edits:
    """Leave out the slash at the end of an origin."""
    return rewritten(document, node, _without_slash)


def _without_slash(text: str) -> str:
    quote = "'" if text.endswith("'") else ""
    body = text.removesuffix("'")
    if not body.endswith("/"):
        raise CannotEdit("the slash is in a part of it")
    return body.removesuffix("/") + quote


def quoted(text: str) -> str:
    """A static value in the single quotes that API Gateway wants."""
    return f"'{text.strip().strip(chr(39))}'"


def extended(document: Document, header: Header, names: Iterable[str]) -> Edits:
    """Names added to a header's list, in the separator style of the list."""

    def change(text: str) -> str:
        inner = literal(text)
        body = text if inner is None else inner
        have = tokens(body)
        separator = ", " if ", " in body else ","
        longer = separator.join([body.rstrip(", "), *names]) if have else separator.join(names)
        return longer if inner is None else f"'{longer}'"

    return rewritten(document, header.node, change)


# -- the API's own origin ------------------------------------------------------------------------------------------


def own_origin(api: RestApi) -> Header | None:
    """The Access-Control-Allow-Origin that an API's preflights, else its responses, send; ``None`` when they differ, or
    when one of them chooses it by the request."""
    preflights = _preflight_headers(api)
    for candidates in (preflights, _response_headers(api), _gateway_headers(api)):
        found = [header for headers in candidates if (header := headers.get(ALLOW_ORIGIN)) is not None]
        if found and candidates is preflights and any(map(_chooses, _preflight_responses(api))):
            return None
        if found:
            first = _as_meant(found[0])
            if any(_as_meant(header) != first for header in found):
                return None
            return next((header for header in found if not _is_bare(header)), found[0])
    return None


def _as_meant(header: Header) -> str:
    """A value for comparison; one that lacks its quotes (E9411) is the same as one that has them."""
    node = header.node
    if isinstance(node, Scalar) and node.tag is None and isinstance(header.value, Known):
        return quoted(node.text)
    call = intrinsic(node)
    if call is not None and isinstance(call.argument, Scalar) and _is_bare(header):
        text = call.argument.text
        if call.name in ("Fn::Sub", "Ref"):
            return f"Fn::Sub({quoted(text if call.name == 'Fn::Sub' else f'${{{text}}}')!r})"
    return canonical(node)


def _is_bare(header: Header) -> bool:
    return isinstance(header.value, Known | Unknown) and is_bare(header.value)


def _preflight_headers(api: RestApi) -> list[dict[str, Header]]:
    from_cors = [api.cors.headers] if api.cors is not None else []
    return from_cors + [r.effective for r in _preflight_responses(api) if not _chooses(r)]


def _chooses(response: IntegrationResponse) -> bool:
    """Whether a response template chooses the origin, or sets it in a way that is not understood."""
    header = response.replaced.get(ALLOW_ORIGIN)
    return ALLOW_ORIGIN in response.overrides and (header is None or not isinstance(header.value, Known))


def _preflight_responses(api: RestApi) -> list[IntegrationResponse]:
    return [r for m in api.methods if m.is_options and m.integration for r in m.integration.responses]


def _response_headers(api: RestApi) -> list[dict[str, Header]]:
    return [r.effective for m in api.methods if not m.is_options and m.integration for r in m.integration.responses]


def _gateway_headers(api: RestApi) -> list[dict[str, Header]]:
    return [response.headers for response in api.all_gateway_responses]


def header_data(header: Header) -> Data:
    """A header's value to be written elsewhere: copied as it is, a literal with its quotes."""
    if isinstance(header.node, Scalar) and header.node.tag is None:
        return quoted(header.node.text) if isinstance(header.value, Known) else header.node.text
    if _is_bare(header):
        raise CannotEdit("its origin has to be quoted first (E9411)")
    return Raw(header.node)


def origin_data(model: Model, api: RestApi) -> Data:
    """The origin for a gateway response: the API's own as it is written, else the one given, else any."""
    header = own_origin(api)
    if header is not None and not _only_reflects(header) and not any(map(is_list, static_texts(header) or ())):
        if _matches_nobody(model, header):
            raise CannotEdit("its origin has to be mended first (E9441)")
        return header_data(header)
    return f"'{model.settings.origin}'" if model.settings.origin else "'*'"


def response_headers(model: Model, api: RestApi, response: IntegrationResponse) -> dict[str, Data]:
    """The origin for an integration response, and the credentials of the pages unless it sends them already."""
    origin = origin_data(model, api)
    wanted: dict[str, Data] = {"Access-Control-Allow-Origin": origin}
    is_there = ALLOW_CREDENTIALS in response.headers or ALLOW_CREDENTIALS in response.overrides
    if needs_credentials(model, api, origin) and not is_there:
        wanted["Access-Control-Allow-Credentials"] = "'true'"
    return wanted


def origin_words(model: Model, api: RestApi, origin: Data) -> str:
    """How the title of a fix names the origin that its edit writes."""
    own = own_origin(api)
    text = origin.strip("'") if isinstance(origin, str) else None
    if text not in ("*", model.settings.origin) or text is None:
        return "the API's origin"
    is_own = own is not None and [(literal(each) or each) for each in static_texts(own) or ()] == [text]
    return "the API's origin" if is_own else text


def _matches_nobody(model: Model, header: Header) -> bool:
    """Whether a possible origin is none and E9441 says so; of a list of them, E9442 speaks."""
    for leaf in decided(header.value):
        if isinstance(leaf, Known) and asks_for_a_value(model.template, leaf):
            continue
        if isinstance(leaf, Unknown):
            wrong = certain_fault(leaf) is not None
        else:
            inner = literal(leaf.text)
            text = leaf.text if inner is None else inner
            static = not (
                is_source(leaf.text) or is_misquoted(leaf.text) or is_list(text) or (leaf.assumes and not text.strip())
            )
            wrong = static and fault("rest", text.strip(" \t")) is not None
        if wrong:
            return True
    return False


def _only_reflects(header: Header) -> bool:
    return isinstance(header.value, Known) and header.value.text.startswith("integration.response.")


def sends_credentials(api: RestApi) -> bool:
    """Whether the API's preflights allow credentials, or are meant to (SAM drops the text ``'true'``, E9416)."""
    written = api.cors.credentials if api.cors is not None else None
    if isinstance(written, Scalar) and written.tag is None and written.text.strip("'\" ").lower() == "true":
        return True
    allowed = [api.cors.headers] if api.cors is not None else []
    allowed += [response.effective for response in _preflight_responses(api)]  # also where the origin is chosen
    return any(_is_true(headers.get(ALLOW_CREDENTIALS)) for headers in allowed)


def needs_credentials(model: Model, api: RestApi, origin: Data) -> bool:
    """Whether an answer of the API with ``origin`` has to allow credentials: pages send them, and the origin is one
    that counts for those."""
    return origin != "'*'" and (sends_credentials(api) or bool(model.settings.credentials))


def _is_true(header: Header | None) -> bool:
    return header is not None and any(
        isinstance(leaf, Known) and (literal(leaf.text) or leaf.text) == "true" for leaf in decided(header.value)
    )


def no_origin_for_all(api: RestApi) -> None:
    """Refuse ``*`` in a gateway response of an API that allows credentials for origins of its choice: a page that sends
    them could not read it, and there is no template in which a gateway response could choose.

    Raises :class:`CannotEdit`. (API Gateway, "Gateway response types": ``ResponseParameters`` are literals or parts of
    the request, ``ResponseTemplates`` are the body's.)
    """
    own = own_origin(api)
    are_several = own is None or any(map(is_list, static_texts(own) or ()))
    preflights = _preflight_responses(api)
    if own is None and any(r.unread and r.overrides & {ALLOW_ORIGIN, ALLOW_CREDENTIALS} for r in preflights):
        raise CannotEdit(
            "a response template chooses the origin in a way that is not read here: give one with --origin"
        )
    if are_several and sends_credentials(api):
        raise CannotEdit(
            "a gateway response sends one origin, and the API allows credentials for several: give one with --origin"
        )


def gateway_headers(model: Model, api: RestApi) -> dict[str, Data]:
    """The headers that a gateway response of this API needs: origin, credentials, and what may be read."""
    origin = origin_data(model, api)
    if origin == "'*'":
        no_origin_for_all(api)
    wanted: dict[str, Data] = {"Access-Control-Allow-Origin": origin}
    if needs_credentials(model, api, origin):
        wanted["Access-Control-Allow-Credentials"] = "'true'"
    for headers in _response_headers(api):
        exposed = headers.get(EXPOSE_HEADERS)
        if exposed is not None:
            wanted["Access-Control-Expose-Headers"] = header_data(exposed)
            break
    return wanted


# -- places --------------------------------------------------------------------------------------------------------


def add_gateway_headers(document: Document, response: GatewayResponse, headers: dict[str, Data]) -> Edits:
    """Headers added to a gateway response that is there, in its dialect."""
    missing = {name: value for name, value in headers.items() if name.lower() not in response.headers}
    if response.where == "property":
        return put_all(document, response.node, ("ResponseParameters", "Headers"), missing)
    key = "ResponseParameters" if response.where == "resource" else "responseParameters"
    prefixed = {f"gatewayresponse.header.{name}": value for name, value in missing.items()}
    return put_all(document, response.node, (key,), prefixed)


def add_response_header(
    document: Document, method: Method, response: IntegrationResponse, name: str, value: Data
) -> Edits:
    """A header on an integration response, declared on its method response too."""
    return add_response_headers(document, method, response, {name: value})


def add_response_headers(
    document: Document, method: Method, response: IntegrationResponse, headers: dict[str, Data]
) -> Edits:
    """Headers on an integration response, declared on its method response too."""
    if response.holder is None or response.holder.foreign:
        raise CannotEdit("the response is not written in this file")
    values = {f"method.response.header.{name}": value for name, value in headers.items()}
    mapped = put_all(document, response.holder, (response.parameters,), values)
    return together(mapped, declare(document, method, response, headers))


def declare(document: Document, method: Method, response: IntegrationResponse, names: Iterable[str]) -> Edits:
    """Headers declared on the method response of ``response``; nothing for those that are."""
    holder = method.holder
    if holder is None or holder.foreign:
        raise CannotEdit("the method is not written in this file")
    status = response.status
    if status is None:
        raise CannotEdit("its status code is not known")
    declared = method.responses.get(status)
    missing = [name for name in names if declared is None or name.lower() not in declared.headers]
    if not missing and declared is not None:
        return ()
    if method.origin == "openapi":
        kind: Data = {"schema": {"type": "string"}} if method.openapi3 else {"type": "string"}
        values: dict[str, Data] = dict.fromkeys(missing, kind)
        if declared is None:
            described: dict[str, Data] = {"description": "Answered by the integration"}
            if values:
                described["headers"] = values
            return put(document, holder, ("responses", status), described)
        if declared.node is None:
            raise CannotEdit("the response is made by an intrinsic function")
        return put_all(document, declared.node, ("headers",), values)
    parameters: dict[str, Data] = {f"method.response.header.{name}": True for name in missing}
    if declared is not None and declared.node is not None:
        return put_all(document, declared.node, ("ResponseParameters",), parameters)
    item: dict[str, Data] = {"StatusCode": status}
    if parameters:
        item["ResponseParameters"] = parameters
    listed = holder.get("MethodResponses")
    if listed is None:
        return put(document, holder, ("MethodResponses",), [item])
    if not isinstance(listed, Sequence) or listed.tag is not None:
        raise CannotEdit("MethodResponses is made by an intrinsic function")
    return append(document, listed, item)


def depend(document: Document, resource: Resource, ids: Iterable[str]) -> Edits:
    """``DependsOn`` of a resource with more logical ids."""
    node = resource.node.get("DependsOn")
    wanted = list(ids)
    if node is None:
        return put(document, resource.node, ("DependsOn",), list(wanted), after="Type")
    if isinstance(node, Sequence):
        return together(*(append(document, node, name) for name in wanted))
    if isinstance(node, Scalar):
        return replace(document, node, [node.text, *wanted])
    raise CannotEdit("DependsOn is made by an intrinsic function")


def free_id(template: Template, wanted: str) -> str:
    """A logical id that no resource has."""
    name, count = wanted, 2
    while name in template.resources:
        name, count = f"{wanted}{count}", count + 1
    return name


def is_ref_to_parameter(template: Template, node: Node) -> str | None:
    """The parameter that ``node`` refers to, if it does."""
    name = ref(node)
    return name if name in template.parameters else None
