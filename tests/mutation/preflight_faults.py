"""Faults of preflights: behind a login, without a method or a header, unable to answer."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator

from cfncors.gateway.model import ALLOW_HEADERS, ALLOW_METHODS, ALLOW_ORIGIN, MAX_AGE, Header, Method, RestApi
from cfncors.gateway.preflight import Preflight, mock_status, picked
from cfncors.source import Mapping, Scalar, put, remove, replace
from cfncors.source.nodes import Entry
from cfncors.template.intrinsics import canonical
from tests.mutation.fault import Mutant, fault, mutant
from tests.mutation.places import (
    answered,
    asked_mocks,
    container,
    inner,
    is_written_once,
    mock_preflights,
    own_origins,
    without_waiting,
)
from tests.mutation.twin import Spot, Twin

_NEED_NO_LISTING = {"GET", "HEAD", "POST", "ANY", "OPTIONS"}
_TAKE_A_BODY = {"POST", "PUT", "PATCH"}
_FLAGS = (
    ("AddDefaultAuthorizerToCorsPreflight", "DefaultAuthorizer"),
    ("AddApiKeyRequiredToCorsPreflight", "ApiKeyRequired"),
)


# -- secured -------------------------------------------------------------------------------------------------------


@fault("E9432")
def default_authorizer_put_before_the_preflight(twin: Twin) -> Iterator[Mutant]:
    seen: set[int] = set()
    for api in twin.apis:
        auth = api.properties.get("Auth") if api.cors is not None and api.properties is not None else None
        for flag, wanted in _FLAGS if isinstance(auth, Mapping) else ():
            assert isinstance(auth, Mapping)
            told, secured = auth.entry(flag), auth.entry(wanted)
            if told is None or secured is None or id(told.key) in seen or not _turns_away(api, wanted):
                continue
            if isinstance(told.value, Scalar) and told.value.value is False and is_written_once(twin, told.key):
                seen.add(id(told.key))
                removed = remove(twin.document, container(twin, told.key), flag)
                yield mutant(twin, f"{flag} removed", removed, twin.spot("E9432", secured.key))
                turned = replace(twin.document, told.value, True)
                yield mutant(twin, f"{flag} turned", turned, twin.spot("E9432", told.value))


def _turns_away(api: RestApi, wanted: str) -> bool:
    others = [m for m in api.methods if not m.is_options]
    if wanted == "ApiKeyRequired":
        return any(m.api_key for m in others)
    return any(m.authorization.kind in ("iam", "cognito", "token") for m in others)


@fault("E9432")
def authorization_put_on_a_mock(twin: Twin) -> Iterator[Mutant]:
    for api, method in asked_mocks(twin):
        if method.origin != "resource" or not isinstance(method.holder, Mapping):
            continue
        values: tuple[tuple[str, str | bool], ...] = (("AuthorizationType", "AWS_IAM"), ("ApiKeyRequired", True))
        for name, value in values:
            path = (*twin.document.path(method.holder), name)
            entry = method.holder.entry(name)
            edits = (
                replace(twin.document, entry.value, value)
                if entry is not None
                else put(twin.document, method.holder, (name,), value)
            )
            what = f"{name} on OPTIONS {method.path} of {api.logical_id}"
            yield mutant(twin, what, edits, Spot("E9432", path, False))


@fault("E9432")
def security_put_on_an_operation(twin: Twin) -> Iterator[Mutant]:
    for api, method in asked_mocks(twin):
        schemes = _schemes(api.body) if api.body is not None else []
        if method.origin != "openapi" or method.holder is None or "security" in method.holder:
            continue
        for name in schemes:
            edits = put(twin.document, method.holder, ("security",), [{name: []}])
            place = Spot("E9432", (*twin.document.path(method.holder), "security"), True)
            yield mutant(twin, f"{name} on OPTIONS {method.path} of {api.logical_id}", edits, place)


def _schemes(body: Mapping) -> list[str]:
    components = body.get("components")
    for section in (
        body.get("securityDefinitions"),
        components.get("securitySchemes") if isinstance(components, Mapping) else None,
    ):
        if isinstance(section, Mapping):
            return [name for name, _ in section.items()]
    return []


# -- lists ---------------------------------------------------------------------------------------------------------


def _demanded(method: Method) -> list[str]:
    kind, headers = method.authorization
    names = ["authorization", "x-amz-date", "x-amz-security-token"] if kind == "iam" else list(headers)
    return [*names, "x-api-key"] if method.api_key else names


def _needs_content_type(method: Method) -> list[str]:
    return ["content-type"] if method.verb in _TAKE_A_BODY else []


def _needs_listing(method: Method) -> list[str]:
    return [] if method.verb in _NEED_NO_LISTING else [method.verb]


def _taken(twin: Twin, rule: str, header_name: str, needed: Callable[[Method], Iterable[str]]) -> Iterator[Mutant]:
    """A mutant for each name on a list that some route needs."""
    seen: set[tuple[int, str]] = set()
    for api, preflight in answered(twin):
        header = preflight.response.headers.get(header_name) if preflight.response is not None else None
        if header is None or inner(header.node) is None or not is_written_once(twin, header.node):
            continue
        for name in {n for m in api.on_path(preflight.path) if not m.is_options for n in needed(m)}:
            if (id(header.node), name) not in seen and _lists(header, name):
                seen.add((id(header.node), name))
                edits = replace(twin.document, header.node, _without(header, name))
                yield mutant(twin, f"{name} of {api.logical_id}", edits, twin.spot(rule, header.node))


def _tokens(header: Header) -> list[str]:
    return [token.strip() for token in (inner(header.node) or "").split(",")]


def _lists(header: Header, name: str) -> bool:
    tokens = [token.lower() for token in _tokens(header)]
    return name.lower() in tokens and "*" not in tokens


def _without(header: Header, name: str) -> str:
    text = inner(header.node) or ""
    separator = ", " if ", " in text else ","
    return "'" + separator.join(token for token in _tokens(header) if token.lower() != name.lower()) + "'"


@fault("E9433")
def needed_method_taken(twin: Twin) -> Iterator[Mutant]:
    yield from _taken(twin, "E9433", ALLOW_METHODS, _needs_listing)


@fault("E9434")
def demanded_header_taken(twin: Twin) -> Iterator[Mutant]:
    yield from _taken(twin, "E9434", ALLOW_HEADERS, _demanded)


@fault("W9439")
def content_type_taken(twin: Twin) -> Iterator[Mutant]:
    yield from _taken(twin, "W9439", ALLOW_HEADERS, _needs_content_type)


@fault("E9434")
def allow_headers_dropped(twin: Twin) -> Iterator[Mutant]:
    """Two rules when routes take bodies, too: the one header carries what the API demands and Content-Type."""
    yield from _dropped(twin, ALLOW_HEADERS, {"E9434": _demanded, "W9439": _needs_content_type})


@fault("E9433")
def allow_methods_dropped(twin: Twin) -> Iterator[Mutant]:
    """Not in SAM's ``Cors``, whose list is then derived from the routes."""

    def needed(method: Method) -> list[str]:
        names = _needs_listing(method)
        return [*names, "GET", "OPTIONS"] if names else []

    for made in _dropped(twin, ALLOW_METHODS, {"E9433": needed}):
        if made.found[0].path[-1] != "Cors":
            yield made


def _dropped(twin: Twin, header_name: str, by_rule: dict[str, Callable[[Method], list[str]]]) -> Iterator[Mutant]:
    for api in twin.apis:
        for header, preflight, needed in _whole_lists(twin, api, header_name, by_rule):
            rules = [rule for rule, names in needed.items() if names]
            listed = sorted(token.lower() for token in _tokens(header))
            if not rules or listed != sorted({name.lower() for names in needed.values() for name in names}):
                continue  # the fix lists what is needed; a longer list cannot come back
            edits = [*remove(twin.document, container(twin, header.key), header.key.text)]
            found = [twin.spot(rule, preflight.method.key) for rule in rules]
            yield mutant(twin, f"{header.name} of {api.logical_id}", edits, *found)


def _whole_lists(
    twin: Twin, api: RestApi, header_name: str, by_rule: dict[str, Callable[[Method], list[str]]]
) -> Iterator[tuple[Header, Preflight, dict[str, set[str]]]]:
    """Each list, with what all routes that it answers for need."""
    lists: dict[int, tuple[Header, Preflight, dict[str, set[str]]]] = {}
    for owner, preflight in answered(twin):
        header = preflight.response.headers.get(header_name) if preflight.response is not None else None
        if owner is not api or header is None or inner(header.node) is None or not is_written_once(twin, header.key):
            continue
        _, _, needed = lists.setdefault(id(header.node), (header, preflight, {rule: set() for rule in by_rule}))
        for method in (m for m in api.on_path(preflight.path) if not m.is_options):
            for rule, names in by_rule.items():
                needed[rule].update(names(method))
    yield from lists.values()


# -- answers -------------------------------------------------------------------------------------------------------


@fault("E9431")
def options_method_dropped(twin: Twin) -> Iterator[Mutant]:
    yield from _options_dropped(twin, "E9431", lambda m: m.verb not in _NEED_NO_LISTING or bool(_demanded(m)))


@fault("W9430")
def options_method_dropped_that_only_json_needs(twin: Twin) -> Iterator[Mutant]:
    yield from _options_dropped(twin, "W9430", lambda m: m.verb == "POST")


def _options_dropped(twin: Twin, rule: str, asks: Callable[[Method], bool]) -> Iterator[Mutant]:
    """Where what was there is what the fixes write: the method, and the time that browsers may keep its answer."""
    resources = twin.model.template.section("Resources")
    for api, method in mock_preflights(twin):
        routes = [m for m in api.on_path(method.path) if not m.is_options]
        asked = [m for m in routes if asks(m)]
        others = [m for m in routes if not asks(m) and (m.verb not in _NEED_NO_LISTING or _demanded(m))]
        if method.origin != "resource" or not asked or others or resources is None:
            continue
        if _is_as_the_fix_writes(api, method, routes):
            edits = [
                *remove(twin.document, resources, method.resource),
                *without_waiting(twin, api, method.resource),
            ]
            what = f"OPTIONS {method.path} of {api.logical_id}"
            yield mutant(twin, what, edits, twin.spot(rule, asked[0].key), fix="unsafe")


def _is_as_the_fix_writes(api: RestApi, method: Method, routes: list[Method]) -> bool:
    response = picked(method.integration) if method.integration is not None else None
    others = [
        r.headers[ALLOW_ORIGIN]
        for m in api.methods
        for r in (m.integration.responses if m is not method and m.integration is not None else ())
        if ALLOW_ORIGIN in r.headers
    ]
    origins = {canonical(header.node) for header in (*own_origins(api), *others)}
    if response is None or response.status != "204" or not others or len(origins) != 1:
        return False
    wanted = {
        ALLOW_METHODS: {"options", *(m.verb.lower() for m in routes if m.verb != "ANY")},
        ALLOW_HEADERS: {"content-type", *(name for m in routes for name in _demanded(m))},
    }
    headers = response.headers
    if MAX_AGE not in headers or inner(headers[MAX_AGE].node) != "600":
        return False
    return headers.keys() - {ALLOW_ORIGIN, MAX_AGE} == wanted.keys() and all(
        {token.lower() for token in _tokens(headers[name])} == names for name, names in wanted.items()
    )


@fault("E9435")
def conversion_to_text_removed(twin: Twin) -> Iterator[Mutant]:
    for api, method in asked_mocks(twin):
        node = method.integration.node if method.integration is not None else None
        if node is None or all(text != "*/*" for text, _ in api.binary):
            continue
        name = "ContentHandling" if method.origin == "resource" else "contentHandling"
        kind = node.get("Type") or node.get("type")
        if name in node and kind is not None:
            edits = remove(twin.document, node, name)
            yield mutant(twin, f"OPTIONS {method.path} of {api.logical_id}", edits, twin.spot("E9435", kind))


@fault("E9436")
def status_taken_from_the_mock(twin: Twin) -> Iterator[Mutant]:
    for api, method in asked_mocks(twin):
        integration = method.integration
        entry = _request_templates(method)
        node = entry.value.get("application/json") if entry is not None and isinstance(entry.value, Mapping) else None
        if entry is None or integration is None or integration.node is None or not isinstance(node, Scalar):
            continue
        statuses = {response.status for response in integration.responses}
        if node.tag is None and statuses == {mock_status(integration)} and is_written_once(twin, node):
            what = f"OPTIONS {method.path} of {api.logical_id}"
            yield mutant(twin, what, replace(twin.document, node, "{}"), twin.spot("E9436", node))
            kind = integration.node.get("Type") or integration.node.get("type")
            assert kind is not None
            whole = remove(twin.document, integration.node, entry.key.text)
            yield mutant(twin, f"no template: {what}", whole, twin.spot("E9436", kind))


def _request_templates(method: Method) -> Entry | None:
    node = method.integration.node if method.integration is not None else None
    return None if node is None else node.entry("RequestTemplates") or node.entry("requestTemplates")


@fault("W9437")
def max_age_nonsense(twin: Twin) -> Iterator[Mutant]:
    seen: set[int] = set()
    for api, preflight in answered(twin):
        header = preflight.response.headers.get(MAX_AGE) if preflight.response is not None else None
        if header is None or inner(header.node) is None or id(header.node) in seen:
            continue
        seen.add(id(header.node))
        if is_written_once(twin, header.node):
            place = twin.spot("W9437", header.node)
            for text in ("10m", "-5", "1.5", "forever"):
                edits = replace(twin.document, header.node, f"'{text}'")
                yield mutant(twin, f"{text} of {api.logical_id}", edits, place, fix=None)
            edits = replace(twin.document, header.node, "'999999'")
            capped = replace(twin.document, header.node, "'86400'")
            yield mutant(twin, f"too much of {api.logical_id}", edits, place, mended=capped)
