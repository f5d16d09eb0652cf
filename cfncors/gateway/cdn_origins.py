"""The origins of CloudFront distributions: what stands there, and what CloudFront itself does to requests for them.

Amazon CloudFront Developer Guide: "Add custom headers to origin requests", "Restrict access to an AWS Lambda function
URL origin" and "Request and response behavior for origin groups".
"""

from __future__ import annotations

from collections.abc import Container, Iterator
from typing import Final, NamedTuple

from cfncors.gateway.bucket import BUCKET
from cfncors.gateway.parameters import mapping
from cfncors.gateway.references import attributes
from cfncors.source import Mapping, Node, Scalar, Sequence
from cfncors.template import Absent, Known, Resource, Template, intrinsic
from cfncors.template.intrinsics import call, canonical, ref

#: An attribute that names another endpoint of a bucket than its REST API.
_WEBSITE: Final = "WebsiteURL"
_ACCESS_CONTROL: Final = "AWS::CloudFront::OriginAccessControl"


class Origin(NamedTuple):
    """An origin, or a group of two of which the first one answers as long as it can."""

    #: the front door that stands there, ``None`` when it is none of this template
    door: str | None
    #: what is put before the path: empty, ``/prod``; ``None`` when it is not known
    path: str | None
    #: request headers (lower case) that CloudFront sets itself, whatever the viewer sends; ``None``: not known to what
    added: dict[str, str | None]
    #: CloudFront signs the requests, so that whoever asks need not
    signs: bool = False
    #: statuses of the first origin of a group in whose place the second one answers
    failover: frozenset[int] = frozenset()


NOWHERE: Final = Origin(None, None, {})


class Origins:
    """The origins of the distributions of a template; ``doors`` are the logical ids of its front doors."""

    def __init__(self, template: Template, doors: Container[str]) -> None:
        self.template = template
        self.doors = doors

    def of(self, config: Mapping) -> dict[str, Origin]:
        """The origins and the groups of a distribution, by id."""
        found: dict[str, Origin] = {}
        for node in self._each(config.get("Origins")):
            name = identity(self.template, node.get("Id"))
            if name is not None:
                found[name] = NOWHERE if name in found else self._origin(node)
        groups = mapping(config.get("OriginGroups"))
        for node in self._each(groups.get("Items") if groups is not None else None):
            name = identity(self.template, node.get("Id"))
            if name is not None:
                found[name] = NOWHERE if name in found else self._group(node, found)
        return found

    def _each(self, listed: Node | None) -> Iterator[Mapping]:
        for item in listed.items if isinstance(listed, Sequence) else []:
            for side in self.template.branches(item):
                node = mapping(side)
                if node is not None:
                    yield node

    def _origin(self, node: Mapping) -> Origin:
        return Origin(self._door(node), self._path(node), dict(self._added(node)), self._signs(node))

    def _group(self, group: Mapping, origins: dict[str, Origin]) -> Origin:
        """The first origin of a group. Only GET, HEAD and OPTIONS go on to the second one, with the statuses that are
        listed."""
        members = mapping(group.get("Members"))
        named = [identity(self.template, node.get("OriginId")) for node in self._each(members and members.get("Items"))]
        first = origins.get(named[0] or "", NOWHERE) if named else NOWHERE
        criteria = mapping(group.get("FailoverCriteria"))
        codes = mapping(criteria.get("StatusCodes")) if criteria is not None else None
        values = self.template.values(codes.get("Items")) if codes is not None else None
        if values is None or not all(isinstance(v, Known) and v.text.isdecimal() for v in values):
            return NOWHERE
        return first._replace(failover=frozenset(int(v.text) for v in values if isinstance(v, Known)))

    # -- what stands there --------------------------------------------------------------------------------------------

    def _door(self, origin: Mapping) -> str | None:
        """The front door that a domain name belongs to."""
        domain = origin.get("DomainName")
        sides = self.template.branches(domain)
        if len(sides) != 1:
            return None
        named = dict.fromkeys(
            name for name, attribute in attributes(sides[0]) if name in self.doors and attribute != _WEBSITE
        )
        if "s3-website" in "".join(_texts(sides[0])):
            return None
        return next(iter(named)) if len(named) == 1 else None if named else self._bucket(sides[0])

    def _bucket(self, domain: Node) -> str | None:
        """The bucket whose name a domain name begins with, where neither names the other."""
        text = _shape(domain)
        if text is None or ".s3" not in text:
            return None
        found = [
            resource.logical_id
            for resource in self.template.of_type(BUCKET)
            if (name := _shape(resource.get("BucketName"))) and text.startswith(f"{name}.s3")
        ]
        return found[0] if len(found) == 1 else None

    def _path(self, origin: Mapping) -> str | None:
        node = origin.get("OriginPath")
        if node is None:
            return ""
        value = self.template.value(node)
        if isinstance(value, Absent):
            return ""
        return value.text.rstrip("/") if isinstance(value, Known) else None

    # -- what CloudFront does itself ----------------------------------------------------------------------------------

    def _added(self, origin: Mapping) -> Iterator[tuple[str, str | None]]:
        for node in self._each(origin.get("OriginCustomHeaders")):
            name = self.template.known(node.get("HeaderName"))
            if name is not None:
                yield name.lower(), self.template.known(node.get("HeaderValue"))

    def _signs(self, origin: Mapping) -> bool:
        """Whether an origin access control may sign what whoever asks has not: all but one that never does."""
        entry = origin.entry("OriginAccessControlId")
        if entry is None or self.template.known(entry.value) == "":
            return False
        named = named_resource(self.template, entry.value, _ACCESS_CONTROL)
        config = mapping(named.get("OriginAccessControlConfig")) if isinstance(named, Resource) else None
        return config is None or self.template.known(config.get("SigningBehavior")) != "never"


def named_resource(template: Template, node: Node, kind: str) -> Resource | str | None:
    """The resource that an expression names, or the id that it is."""
    name = ref(node)
    if name is None:
        name = next((name for name, attribute in attributes(node) if attribute in ("Id", "")), None)
    resource = template.resources.get(name or "")
    if resource is not None:
        return resource if resource.type == kind else None
    return template.known(node)


def identity(template: Template, node: Node | None) -> str | None:
    """An origin's id: its text, or the expression that it is."""
    if node is None:
        return None
    text = template.known(node)
    return text if text is not None else canonical(node)


def _shape(node: Node | None) -> str | None:
    """A text with ``${Name}`` for what it refers to, however that is written; ``None`` for other expressions."""
    name = ref(node)
    if name is not None:
        return f"${{{name}}}"
    text = call(node, "Fn::Sub")
    if isinstance(text, Scalar):
        return text.text
    joined = call(node, "Fn::Join")
    if isinstance(joined, Sequence) and len(joined.items) == 2:
        between, listed = joined.items
        parts = [_shape(item) for item in listed.items] if isinstance(listed, Sequence) else [None]
        if isinstance(between, Scalar) and None not in parts:
            return between.text.join(part for part in parts if part is not None)
    return node.text if isinstance(node, Scalar) and intrinsic(node) is None and not node.is_null else None


def _texts(node: Node) -> Iterator[str]:
    if isinstance(node, Scalar):
        yield f"{node.tag or ''} {node.text}"
    elif isinstance(node, Mapping):
        for entry in node.entries:
            yield entry.key.text
            yield from _texts(entry.value)
    else:
        for item in node.items:
            yield from _texts(item)
