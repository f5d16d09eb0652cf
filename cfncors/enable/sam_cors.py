"""SAM's ``Cors`` property: where it goes, and what it lacks."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from cfncors.enable.asked import MAX_AGE, Asked
from cfncors.enable.changes import Change
from cfncors.enable.one_header import in_line
from cfncors.enable.wanted import headers, methods, with_options
from cfncors.errors import CannotEdit
from cfncors.gateway.expressions import literal
from cfncors.gateway.model import ALLOW_HEADERS, ALLOW_METHODS, ALLOW_ORIGIN, Cors, Model, RestApi
from cfncors.gateway.model import MAX_AGE as MAX_AGE_HEADER
from cfncors.source import Scalar
from cfncors.source.edit import put, replace
from cfncors.source.emit import Data, Raw
from cfncors.template import Known, intrinsic

_KEYS: Final = {
    ALLOW_ORIGIN: "AllowOrigin",
    ALLOW_METHODS: "AllowMethods",
    ALLOW_HEADERS: "AllowHeaders",
    MAX_AGE_HEADER: "MaxAge",
}


def cors(model: Model, api: RestApi, wish: Asked) -> Iterator[Change]:
    """What the ``Cors`` of an API lacks, written anew where there is none."""
    wanted = _wanted(api, wish)
    found = api.cors
    if found is None or (found.in_globals and api.dialect == "sam" and _shares(model, api)):
        yield _new(model, api, wanted, wish)
    elif found.mapping is None:
        yield _long_form(model, api, found, wanted, wish)
    else:
        yield from _entries(model, api, found, wanted, wish)


def _wanted(api: RestApi, wish: Asked) -> dict[str, str]:
    """The values by header, without their quotes."""
    routes = [method for method in api.methods if not method.is_options]
    listed = headers(routes, wish)
    found = {ALLOW_ORIGIN: wish.origins[0], ALLOW_METHODS: ",".join(with_options(methods(routes, wish)))}
    if listed:
        found[ALLOW_HEADERS] = ",".join(listed)
    found[MAX_AGE_HEADER] = str(MAX_AGE if wish.max_age is None else wish.max_age)
    return found


def _shares(model: Model, api: RestApi) -> bool:
    """Whether ``Globals`` speaks for other APIs too."""
    others = (each for each in model.rest_apis if each.dialect in ("sam", "sam-implicit"))
    return any(each.logical_id != api.logical_id for each in others)


def _property(wanted: dict[str, str], wish: Asked) -> dict[str, Data]:
    made: dict[str, Data] = {_KEYS[name]: f"'{value}'" for name, value in wanted.items()}
    if wish.credentials:
        made["AllowCredentials"] = True
    return made


def _new(model: Model, api: RestApi, wanted: dict[str, str], wish: Asked) -> Change:
    value = _property(wanted, wish)
    document = model.template.document
    if api.resource is not None:
        edits = put(document, api.resource.node, ("Properties", "Cors"), value)
    else:
        edits = put(document, model.template.root, ("Globals", "Api", "Cors"), value, before="Resources")
    return Change(f"Cors with {', '.join(value)}", edits)


def _long_form(model: Model, api: RestApi, found: Cors, wanted: dict[str, str], wish: Asked) -> Change:
    """The short form, which is the origin alone, written out."""
    node = found.node
    header = found.headers.get(ALLOW_ORIGIN)
    value = header.value if header is not None else None
    said = (literal(value.text) or value.text) if isinstance(value, Known) else None
    made = _property(wanted, wish)
    if node.foreign or (said != wish.origins[0] and intrinsic(node) is not None):
        raise CannotEdit(f"the Cors of {api.logical_id} is made by an intrinsic function; write its AllowOrigin out")
    if said == wish.origins[0] and intrinsic(node) is not None:
        made["AllowOrigin"] = Raw(node)
    what = f"Cors of {api.logical_id} was {said}, now it has {', '.join(made)}"
    return Change(what, replace(model.template.document, node, made), replaces=said != wish.origins[0])


def _entries(model: Model, api: RestApi, found: Cors, wanted: dict[str, str], wish: Asked) -> Iterator[Change]:
    assert found.mapping is not None
    document = model.template.document
    place = f"the Cors of {api.logical_id}"
    for name, value in wanted.items():
        header = found.headers.get(name)
        if header is not None and not header.node.foreign:
            yield from in_line(model, header, value, place, wish)
        elif found.entry(_KEYS[name]) is not None:
            raise CannotEdit(f"{_KEYS[name]} of {place} is not written here as a value; write \"'{value}'\"")
        elif name != ALLOW_METHODS or wish.methods:  # without it SAM lists the methods of each path
            yield Change(f"{_KEYS[name]} in {place}", put(document, found.mapping, (_KEYS[name],), f"'{value}'"))
    if wish.credentials and not found.allows_credentials:
        yield _credentials(model, found, place)


def _credentials(model: Model, found: Cors, place: str) -> Change:
    assert found.mapping is not None
    entry = found.entry("AllowCredentials")
    if entry is not None and not isinstance(entry.value, Scalar):
        raise CannotEdit(f"AllowCredentials of {place} is made by an intrinsic function, which SAM drops; write true")
    edits = put(model.template.document, found.mapping, ("AllowCredentials",), True)
    return Change(f"AllowCredentials in {place}", edits, replaces=entry is not None)
