"""Every value that a template configures for CORS, whichever front door it is for, as one stream.

A REST API has headers with a literal that may hold a list; the other front doors have lists with an entry for each
value. The rules about values look at :class:`Listing` and :class:`Entry`, which hold what was meant: a text without
quotes, one name at a time, whether it is written so or not (E9411, E9412 and E9418 speak of that).
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from itertools import groupby
from typing import Final, NamedTuple

from cfncors.facts.headers import Site
from cfncors.gateway.expressions import is_misquoted, is_source, literal, static_texts
from cfncors.gateway.model import (
    ALLOW_CREDENTIALS,
    ALLOW_HEADERS,
    ALLOW_METHODS,
    ALLOW_ORIGIN,
    EXPOSE_HEADERS,
    Header,
    Model,
)
from cfncors.gateway.policy import FrontDoor, Item, Policy, Role, Setting
from cfncors.source import Node
from cfncors.template import Known, Template, Unknown, leaves, scalar_text

_ROLES: Final[dict[str, Role]] = {
    ALLOW_ORIGIN: "origins",
    ALLOW_METHODS: "methods",
    ALLOW_HEADERS: "headers",
    EXPOSE_HEADERS: "expose",
}
_LIST_ROLES: Final[tuple[Role, ...]] = ("origins", "methods", "headers", "expose")
_SEPARATOR: Final = re.compile(r"[,\s]+")


class Entry(NamedTuple):
    """One value of a list. ``at`` is its place among the values of ``leaf``, which ``group`` tells from those that
    cannot be there with it: another side of ``Fn::If``, another of a parameter's allowed values."""

    text: str
    leaf: Known
    at: int
    group: int
    #: the entry of a list that it is, or is in; ``None`` in a header of a REST API
    item: Item | None = None
    #: written by itself and without quotes of another dialect
    plain: bool = True

    @property
    def node(self) -> Node:
        """Where it stands."""
        return self.leaf.node


class Listing(NamedTuple):
    """All that is written for one role in one place."""

    door: FrontDoor
    owner: str
    role: Role
    #: for messages: ``AllowOrigins of Api``, ``Access-Control-Allow-Origin of DEFAULT_4XX``
    what: str
    entries: tuple[Entry, ...]
    #: texts of which only parts are known
    unknown: tuple[Unknown, ...]
    #: whether requests with credentials are answered from it; ``None`` when that is not known
    credentialed: bool | None
    resources: tuple[str, ...]
    written: Policy | Site

    @property
    def preflight(self) -> bool:
        """Whether a browser meets it first in a preflight."""
        return not isinstance(self.written, Site) or self.written.preflight

    @property
    def setting(self) -> Setting | None:
        """The key of a configuration in lists."""
        return self.written.setting(self.role) if isinstance(self.written, Policy) else None

    def groups(self) -> Iterator[tuple[Entry, ...]]:
        """The entries that may be there together."""
        for _, group in groupby(self.entries, lambda entry: entry.group):
            yield tuple(group)


def listings(model: Model, headers: Iterable[Site]) -> Iterator[Listing]:
    """Everything that a model configures, each written place once; ``headers`` are those of its REST APIs."""
    return _merged((*_of_policies(model), *_of_headers(headers)))


def asks_for_a_value(template: Template, leaf: Known) -> bool:
    """Whether a text is made with a parameter whose default is empty: such a default stands for a value that the
    deployment gives or goes without, and what it leaves of the text is used in neither case."""
    chosen = {name for name, _, value in (each.partition("=") for each in leaf.when) if value}
    parameters = (template.parameters.get(name) for name in leaf.assumes - chosen)
    return any(
        each is not None and each.given is None and scalar_text(each.node.get("Default")) == "" for each in parameters
    )


def _merged(found: Iterable[Listing]) -> Iterator[Listing]:
    """One listing for one place, which several front doors may take from ``Globals``; it counts as credentialed when
    one of them is. What an alias repeats comes for each place, so that a fix knows that all of them ask for it."""
    places: dict[tuple[int, int, Role], Listing] = {}
    for listing in found:
        place = (*_place(listing), listing.role)
        first = places.get(place)
        if first is None:
            places[place] = listing
            continue
        told = {first.credentialed, listing.credentialed}
        resources = tuple(dict.fromkeys((*first.resources, *listing.resources)))
        credentialed = True if True in told else None if None in told else False
        places[place] = first._replace(credentialed=credentialed, resources=resources)
    yield from places.values()


def _place(listing: Listing) -> tuple[int, int]:
    """The value that is written, and the key that it is under."""
    if isinstance(listing.written, Site):
        site = listing.written
        owner = site.gateway or site.method
        return id(site.header.node), id(owner.key) if owner is not None else 0
    setting = listing.setting
    assert setting is not None
    return id(setting.node), id(listing.written.key)


# -- configurations in lists -------------------------------------------------------------------------------------------


def _of_policies(model: Model) -> Iterator[Listing]:
    for policy in model.policies:
        resources = tuple(dict.fromkeys((policy.owner, policy.resource)))
        for role in _LIST_ROLES:
            setting = policy.setting(role)
            if setting is None:
                continue
            items = [(number, item) for number, side in enumerate(setting.sides) for item in side or ()]
            entries = tuple(entry for number, item in items for entry in _of_item(number, item, role))
            unknown = tuple(leaf for _, item in items for leaf in leaves(item.value) if isinstance(leaf, Unknown))
            what = f"{setting.name} of {policy.owner}"
            yield Listing(
                policy.door, policy.owner, role, what, entries, unknown, policy.credentials, resources, policy
            )


def _of_item(side: int, item: Item, role: Role) -> Iterator[Entry]:
    for leaf in item.known:
        bare = _unquoted(leaf.text)
        parts = [part for part in _SEPARATOR.split(bare) if part] if _is_joined(bare, role) else [bare]
        plain = len(parts) == 1 and bare == leaf.text
        for at, part in enumerate(parts):
            yield Entry(part, leaf, at, side, item, plain)


def _unquoted(text: str) -> str:
    inner = literal(text.strip())
    return text if inner is None else inner


def _is_joined(text: str, role: Role) -> bool:
    """Whether a text holds several values (E9418). Nothing is joined by blanks that is no list of names at that."""
    return "," in text or (role != "origins" and len(text.split()) > 1) or text.count("://") > 1


# -- headers of REST APIs ----------------------------------------------------------------------------------------------


def _of_headers(headers: Iterable[Site]) -> Iterator[Listing]:
    for site in headers:
        role = _ROLES.get(site.header.lower)
        if role is None or not _matters(site, role):
            continue
        known = [leaf for leaf in leaves(site.header.value) if isinstance(leaf, Known) and is_static(leaf.text)]
        entries = tuple(entry for group, leaf in enumerate(known) for entry in _of_literal(group, leaf, role))
        unknown = tuple(leaf for leaf in leaves(site.header.value) if isinstance(leaf, Unknown))
        what = f"{site.header.name} of {site.what}"
        api = site.api.logical_id
        resource = site.method.resource if site.method is not None else site.gateway.resource if site.gateway else api
        resources = tuple(dict.fromkeys((api, resource)))
        yield Listing("rest", api, role, what, entries, unknown, credentialed(site), resources, site)


def _matters(site: Site, role: Role) -> bool:
    """Whether a browser reads the header there: what is allowed in the answer to a preflight, what is exposed in that
    to the request itself (Fetch, "HTTP responses")."""
    answers_options = site.gateway is None and (site.method is None or site.method.verb in ("OPTIONS", "ANY"))
    if role in ("methods", "headers"):
        return answers_options
    return role != "expose" or site.method is None or not site.method.is_options


def is_static(text: str) -> bool:
    """Whether a header's value is a text of the template's own, quoted as it should be or not at all."""
    return not is_source(text) and not is_misquoted(text)


def _of_literal(group: int, leaf: Known, role: Role) -> Iterator[Entry]:
    inner = literal(leaf.text)
    text = leaf.text if inner is None else inner
    if role == "origins":
        # Blanks around a header's value are no part of it (RFC 9110, section 5.5).
        yield Entry(text.strip(" \t"), leaf, 0, group)
        return
    for at, part in enumerate(text.split(",")):
        if part.strip():  # an empty element counts as none (RFC 9110, section 5.6.1)
            yield Entry(part.strip(), leaf, at, group)


def credentialed(site: Site) -> bool | None:
    """Whether the response that sends a header allows credentials too; ``None`` when that is not known."""
    if site.gateway is None and site.response is None:
        return site.api.cors is not None and site.api.cors.allows_credentials
    headers = site.gateway.headers if site.gateway is not None else site.response.effective if site.response else {}
    return _is_true(headers.get(ALLOW_CREDENTIALS))


def _is_true(header: Header | None) -> bool | None:
    if header is None:
        return False
    texts = static_texts(header)
    return None if texts is None else "true" in texts
