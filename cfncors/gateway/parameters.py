"""``ResponseParameters`` and templates, the same in resources, OpenAPI extensions and SAM."""

from __future__ import annotations

import re
from itertools import product
from typing import TYPE_CHECKING, Final, TypeAlias

from cfncors.gateway.model import Header, Headers, Integration, IntegrationKind, IntegrationResponse, MethodResponse
from cfncors.source import Mapping, Node, Scalar, Sequence
from cfncors.source.nodes import DOUBLE, Entry
from cfncors.template import Absent, Choice, Known, Template, Unknown, UnknownKind, Value, intrinsic, leaves
from cfncors.template.intrinsics import ref
from cfncors.template.placed import text_at

if TYPE_CHECKING:
    from cfncors.gateway.vtl import Possible

METHOD_PREFIX: Final = "method.response.header."
GATEWAY_PREFIX: Final = "gatewayresponse.header."

Responses: TypeAlias = tuple[IntegrationResponse, ...]

#: Responses under more conditions than these are taken for one list.
_MOST_CONDITIONS: Final = 4
_OVERRIDE: Final = re.compile(r"\$context\.responseOverride\.header\.([A-Za-z0-9-]+)", re.IGNORECASE)
_KINDS: Final[dict[str, IntegrationKind]] = {
    "AWS": "aws",
    "AWS_PROXY": "aws_proxy",
    "HTTP": "http",
    "HTTP_PROXY": "http_proxy",
    "MOCK": "mock",
}


def mapping(node: Node | None) -> Mapping | None:
    """``node`` if it is a mapping of its own, no intrinsic."""
    return node if isinstance(node, Mapping) and node.tag is None and intrinsic(node) is None else None


def one_of(template: Template, node: Node | None) -> Node | None:
    """What a value is, where it is an ``Fn::If`` with one possible side; else the value itself. ``AWS::NoValue`` is as
    if nothing was written."""
    while node is not None and len(sides := template.sides(node)) == 1:
        node = sides[0]
    return None if ref(node) == "AWS::NoValue" else node


def is_empty(node: Node | None) -> bool:
    """Whether SAM takes a value for not written: null, ``false``, ``0``, an empty text, mapping or list."""
    if isinstance(node, Scalar):
        return node.tag is None and not node.value
    if isinstance(node, Sequence):
        return node.tag is None and not node.items
    return node is None or (node.tag is None and not len(node))


def is_opaque(node: Node | None) -> bool:
    """Whether a part of a mapping cannot be seen: an intrinsic stands for it, or a macro or loop adds keys to it."""
    if node is None or (isinstance(node, Scalar) and node.tag is None):
        return False
    return intrinsic(node) is not None or (
        isinstance(node, Mapping) and any(entry.key.text.startswith("Fn::") for entry in node.entries)
    )


def headers(template: Template, node: Node | None, prefix: str) -> Headers:
    """Headers whose keys begin with ``prefix``; a value that is ``AWS::NoValue`` is no header."""
    found: Headers = {}
    for key, entry in _mapped(template, node).items():
        if key.startswith(prefix):
            value = template.value(entry.value)
            if not isinstance(value, Absent):
                name = entry.key.text[len(prefix) :]
                found[name.lower()] = Header(name, value, entry.key, entry.value)
    return found


def _mapped(template: Template, node: Node | None) -> dict[str, Entry]:
    """The entries of a mapping, by key in lower case. Where an ``Fn::If`` stands around mappings, each key has a value
    on both sides, ``AWS::NoValue`` where it is not written."""
    call = intrinsic(node)
    if node is None or call is None:
        return {key.lower(): entry for key, entry in node.items()} if isinstance(node, Mapping) else {}
    sides = call.argument.items[1:] if isinstance(call.argument, Sequence) else []
    if call.name != "Fn::If" or len(sides) != 2:
        return {}
    possible = [id(side) for side in template.sides(node)]
    one, other = (_mapped(template, side) if id(side) in possible else None for side in sides)
    if one is None or other is None:
        return one or other or {}
    found: dict[str, Entry] = {}
    for key in (*one, *(key for key in other if key not in one)):
        here, there = one.get(key), other.get(key)
        absent = Scalar("AWS::NoValue", node.start, node.end, DOUBLE, "!Ref", True)
        absent.foreign = True
        value = template.alternative(node, here.value if here else absent, there.value if there else absent)
        found[key] = Entry((here or there).key, value)  # type: ignore[union-attr]
    return found


def templates(template: Template, node: Node | None) -> dict[str, Value] | None:
    """Request templates by content type; ``None`` when they are made by an intrinsic."""
    node = one_of(template, node)
    if node is None or (isinstance(node, Scalar) and node.is_null):
        return {}
    found = mapping(node)
    if found is None:
        return None
    return {key: template.value(entry.value) for key, entry in found.items()}


def overrides(template: Template, node: Node | None) -> frozenset[str]:
    """Headers (lower case) that response templates set by ``$context.responseOverride``."""
    names: set[str] = set()
    for entry in (e for side in map(mapping, template.branches(node)) if side is not None for _, e in side.items()):
        for leaf in leaves(template.value(entry.value)):
            text = leaf.text if isinstance(leaf, Known) else "".join(p or "" for p in getattr(leaf, "pieces", ()))
            names.update(name.lower() for name in _OVERRIDE.findall(text))
    return frozenset(names)


def with_template(template: Template, response: IntegrationResponse, node: Node | None) -> IntegrationResponse:
    """A response with what its template (``ResponseTemplates``, the one for JSON first) sets by
    ``$context.responseOverride``, which wins over what is mapped (Developer Guide, "Override your API's request and
    response parameters and status codes"). A value that it sets stands at the template and cannot be edited."""
    names = overrides(template, node)
    given = mapping(one_of(template, node))
    entry = given.entry("application/json") or next(iter(given.entries), None) if given is not None else None
    value = template.value(entry.value) if entry is not None else None
    text = value.text if isinstance(value, Known) else None
    if entry is None or (text is not None and "responseOverride" not in text):
        return response._replace(overrides=names)
    why = "its response template computes it in a way that is not read here"
    unread = Unknown(entry.value, why, kind=UnknownKind.COMPUTED)
    if text is None:
        replaced = {name: Header(name, unread, entry.key, entry.value) for name in names}
        return response._replace(overrides=names, replaced=replaced, unread=bool(names))
    from cfncors.gateway.vtl import NotUnderstood, possibilities

    try:
        found = possibilities(text)
    except NotUnderstood:
        replaced = {name: Header(name, unread, entry.key, entry.value) for name in names}
        statuses = (None,) if "responseOverride.status" in text else ()
        return response._replace(overrides=names, replaced=replaced, statuses=statuses, unread=True)
    status = found.pop("", None)
    replaced = {name: _set(each, entry, response.headers.get(name)) for name, each in found.items()}
    statuses = () if status is None else (*status.texts, *(() if status.always else (response.status,)))
    return response._replace(overrides=names, replaced=replaced, statuses=tuple(dict.fromkeys(statuses)))


def _set(possible: Possible, entry: Entry, mapped: Header | None) -> Header:
    """A header that a response template sets, or leaves as it is mapped."""
    options: list[Known | Unknown | Absent] = []
    for text in possible.texts:
        if text is None:
            why = "its response template takes it from the request"
            options.append(Unknown(entry.value, why, kind=UnknownKind.REQUEST))
        else:
            options.append(Known(f"'{text}'", text_at(f"'{text}'", entry.value)))
    if not possible.always:
        options += leaves(mapped.value) if mapped is not None else (Absent(entry.value),)
    if len(options) == 1:
        return Header(possible.name, options[0], entry.key, options[0].node)
    return Header(possible.name, Choice(tuple(options), entry.value), entry.key, entry.value)


def integration_kind(template: Template, node: Node | None) -> IntegrationKind:
    """The integration's type, however it is cased; ``unknown`` when it is not there or not known."""
    text = template.known(node)
    return _KINDS.get(text.upper(), "unknown") if text is not None else "unknown"


def status_text(template: Template, node: Node | None) -> str | None:
    """A status code as text (``200`` and ``"200"`` alike)."""
    return template.known(node) if node is not None else None


def resource_integration(template: Template, node: Node | None) -> Integration | None:
    """The ``Integration`` of an ``AWS::ApiGateway::Method``."""
    node = one_of(template, node)
    found = mapping(node)
    if found is None:
        return None if node is None else Integration("unknown", None, None, (), None)
    items = listed(template, found.get("IntegrationResponses"))
    responses = [_resource_response(template, item) for item in items or () if isinstance(item, Mapping)]
    return Integration(
        integration_kind(template, found.get("Type")) if items is not None else "unknown",
        templates(template, found.get("RequestTemplates")),
        template.known(found.get("ContentHandling")),
        tuple(responses),
        found,
        alternatives(template, found, responses),
    )


def listed(template: Template, node: Node | None) -> list[Node] | None:
    """The items that a list may hold: those of each side of an ``Fn::If`` around the list or around an item. ``None``
    when the list, or an item, is made by another function."""
    found: list[Node] = []
    for side in template.branches(node):
        if isinstance(side, Scalar) and side.is_null:
            continue
        if not isinstance(side, Sequence) or side.tag is not None:
            return None
        for item in side.items:
            branches = template.branches(item)
            if any(intrinsic(branch) is not None for branch in branches):
                return None
            found += branches
    return found


def alternatives(
    template: Template, integration: Mapping, responses: list[IntegrationResponse]
) -> tuple[Responses, ...]:
    """The responses that are there together, for each way in which the conditions around them may turn out; empty when
    all of them are always there."""
    under = [template.assumed(response.holder or response.node) for response in responses]
    always = template.assumed(integration)
    names = sorted({name for each in under for name, _ in each - always})
    if template.world is not None or not 0 < len(names) <= _MOST_CONDITIONS:
        return ()
    found: dict[tuple[int, ...], Responses] = {}
    for values in product((True, False), repeat=len(names)):
        turned = always | frozenset(zip(names, values, strict=True))
        if template.is_feasible(turned):
            there = [at for at, each in enumerate(under) if each <= turned]
            found[tuple(there)] = tuple(responses[at] for at in there)
    return tuple(found.values())


def _resource_response(template: Template, node: Mapping) -> IntegrationResponse:
    pattern = node.get("SelectionPattern")
    response = IntegrationResponse(
        status_text(template, node.get("StatusCode")),
        template.known(pattern) if pattern is not None else None,
        headers(template, node.get("ResponseParameters"), METHOD_PREFIX),
        node,
        node,
        "ResponseParameters",
    )
    return with_template(template, response, node.get("ResponseTemplates"))


def resource_method_responses(template: Template, node: Node | None) -> dict[str, MethodResponse]:
    """The ``MethodResponses`` of an ``AWS::ApiGateway::Method`` by status. Of a status that is declared in several
    ways, each in other deployments, all headers count, and there is no one place to edit."""
    found: dict[str, MethodResponse] = {}
    for item in listed(template, node) or ():
        declared = mapping(item)
        status = status_text(template, declared.get("StatusCode")) if declared is not None else None
        if declared is None or status is None:
            continue
        keys = {
            key[len(METHOD_PREFIX) :]: entry.key
            for key, entry in _mapped(template, declared.get("ResponseParameters")).items()
            if key.startswith(METHOD_PREFIX)
        }
        declare(found, MethodResponse(status, keys, declared))
    return found


def declare(found: dict[str, MethodResponse], response: MethodResponse) -> None:
    """One more declaration of a response, beside those of other deployments."""
    before = found.get(response.status)
    if before is not None:
        response = MethodResponse(response.status, {**response.headers, **before.headers}, None)
    found[response.status] = response
