"""serverless.yml: a service of the Serverless Framework as the CloudFormation template that it packages.

The service's own ``resources`` are the template's sections; what the framework adds for ``http`` and ``httpApi`` events
and function URLs stands beside them (:mod:`cfncors.template.packaged`), each value at its place in the service's file.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final, NamedTuple

from cfncors.errors import UnreadableTemplate
from cfncors.source import Document, Mapping, Node, Scalar, Sequence
from cfncors.source.document import unreadable, unreadable_at
from cfncors.source.nodes import Entry, children
from cfncors.template.intrinsics import UNKNOWN, scalar_text
from cfncors.template.resolve import Resolver

#: What else a service's file has at the top; one of them is enough beside ``provider``.
_BESIDE: Final = ("service", "functions", "frameworkVersion")


class Function(NamedTuple):
    """An entry of ``functions``."""

    name: str
    key: Scalar
    node: Mapping
    #: its events: type, and the entry with their configuration
    events: tuple[tuple[str, Entry], ...] = ()

    @property
    def logical_id(self) -> str:
        """The id of the Lambda function in the packaged template."""
        return f"{normalized(self.name)}LambdaFunction"

    @property
    def is_opaque(self) -> bool:
        """Whether an event cannot be seen."""
        listed = self.node.get("events")
        items = listed.items if isinstance(listed, Sequence) else [listed]
        return any(item is not None and item.tag == UNKNOWN for item in items)


class AsWritten(NamedTuple):
    """A text with variables as it is written, in the file as it is written."""

    document: Document
    node: Scalar


class Service(NamedTuple):
    """A service with its variables replaced. ``root`` is the whole file."""

    root: Mapping
    resolver: Resolver
    functions: tuple[Function, ...]
    #: functions or resources stand in files that cannot be seen
    opaque_functions: bool
    opaque_resources: bool

    def assumes(self, node: Node) -> frozenset[str]:
        """The options, parameters and environment variables that a value takes as not given (``opt:stage``)."""
        return self.resolver.assumes(node)

    def source_text(self, node: Node) -> str:
        """A value's text as it is written, with the variables in it."""
        found = self.resolver.texts.get(id(node))
        return found[1] if found is not None else node.text if isinstance(node, Scalar) else ""

    def is_made_by_variables(self, node: Node) -> bool:
        """Whether a value is a text with variables in it."""
        return id(node) in self.resolver.texts

    def raw(self, node: Node) -> AsWritten | None:
        """The text of the service's own file that a value is made of; ``None`` for what stands elsewhere."""
        document = self.resolver.document
        here: Node | None = document.root if self.is_made_by_variables(node) else None
        while here is not None and not isinstance(here, Scalar):
            parts = (each for each in children(here) if each.start <= node.start and node.end <= each.end)
            here = next(parts, None)
        if not isinstance(here, Scalar) or (here.start, here.end) != (node.start, node.end):
            return None
        is_it = here.tag is None and not here.foreign and here.text == self.source_text(node)
        return AsWritten(document, here) if is_it else None

    def at(self, *path: str) -> Node | None:
        """What stands at a path of keys."""
        here: Node | None = self.root
        for key in path:
            here = here.get(key) if isinstance(here, Mapping) else None
            here = self.written(here) if here is not None else None
        return here

    def entry(self, *path: str) -> Entry | None:
        """The same with its key."""
        holder = self.at(*path[:-1])
        return holder.entry(path[-1]) if isinstance(holder, Mapping) else None

    def written(self, node: Node) -> Node:
        """Where a mapping or a list is written: what a ``${self:…}`` or ``${file(…)}`` leads to that is the whole
        value, else the value itself."""
        home = self.resolver.homes.get(id(node))
        return home[1] if home is not None else node

    def items(self, node: Node | None) -> list[Node]:
        """The items of a list, or the value that stands in its place, each where it is written."""
        whole = self.written(node) if node is not None else None
        found = whole.items if isinstance(whole, Sequence) else [whole] if whole is not None else []
        return [self.written(item) for item in found]

    @property
    def plugins(self) -> frozenset[str]:
        """The names of its plugins."""
        listed = self.at("plugins")
        if isinstance(listed, Mapping):
            listed = listed.get("modules")
        items = listed.items if isinstance(listed, Sequence) else []
        return frozenset(text for item in items if (text := scalar_text(item)) is not None)

    @property
    def resource_blocks(self) -> tuple[Mapping, ...]:
        """The mappings under ``resources``: one, or those of a list."""
        return tuple(item for item in self.items(self.at("resources")) if isinstance(item, Mapping))


def is_service(root: Mapping) -> bool:
    """Whether a file is the configuration of a service on AWS."""
    provider = root.get("provider")
    if provider is None or "Resources" in root or not any(key in root for key in _BESIDE):
        return False
    name = provider.get("name") if isinstance(provider, Mapping) else provider
    return isinstance(name, Scalar) and (name.text == "aws" or "${" in name.text)


def service_template(document: Document) -> tuple[Document, Mapping, Service]:
    """The file with its variables replaced, the root of the template that its ``resources`` make, and the service.

    Raises :class:`UnreadableTemplate` for a part of the wrong shape.
    """
    resolver = Resolver(document)
    try:
        root = resolver.resolved(document.root)
        resolver.finish()
    except RecursionError:
        raise unreadable(document.text, "its variables lead too deeply into one another", 0) from None
    assert isinstance(root, Mapping)
    service = Service(root, resolver, (), _is_opaque(root.get("functions")), False)
    functions = tuple(_functions(document, service))
    service = service._replace(functions=functions, opaque_resources=_opaque_resources(service))
    read = document._replace(root=root)
    vars(read)["beside"] = document.beside  # one list: files are read beside it later, too
    return read, _sections(document, service), service


def _is_opaque(node: Node | None) -> bool:
    items = node.items if isinstance(node, Sequence) else [node]
    entries = [entry.value for item in items if isinstance(item, Mapping) for _, entry in item.items()]
    return any(item is not None and item.tag == UNKNOWN for item in (*items, *entries))


def _opaque_resources(service: Service) -> bool:
    blocks = [service.at("resources"), *(block.get("Resources") for block in service.resource_blocks)]
    return any(_is_opaque(node) for node in blocks)


def _functions(document: Document, service: Service) -> Iterator[Function]:
    for block in _blocks(document, service, "functions"):
        for name, entry in block.items():
            node = service.written(entry.value)
            if isinstance(node, Mapping):
                yield Function(name, entry.key, node, tuple(_events(service, node)))
            elif not _is_empty(node):
                raise _wrong(document, node, f"function {name}")


def _events(service: Service, function: Mapping) -> Iterator[tuple[str, Entry]]:
    for item in service.items(function.get("events")):
        yield from item.items() if isinstance(item, Mapping) else ()


def _blocks(document: Document, service: Service, what: str) -> Iterator[Mapping]:
    """The mappings of a part that may be one mapping or a list of them."""
    for item in service.items(service.root.get(what)):
        if isinstance(item, Mapping):
            yield item
        elif not _is_empty(item):
            raise _wrong(document, item, what)


def _is_empty(node: Node) -> bool:
    return isinstance(node, Scalar) and (node.is_null or node.tag == UNKNOWN)


def _wrong(document: Document, node: Node, what: str) -> UnreadableTemplate:
    kind = "a list" if isinstance(node, Sequence) else "a single value"
    return unreadable_at(document, node, f"{what} is {kind} where a mapping belongs")


# -- the template ------------------------------------------------------------------------------------------------------


def _sections(document: Document, service: Service) -> Mapping:
    """``resources`` as a template: one block as it is, several merged section by section."""
    blocks = list(_blocks(document, service, "resources"))
    place = service.entry("resources")
    at = place.value if place is not None else service.root
    if len(blocks) == 1:
        sections = {
            name: entry._replace(value=service.written(entry.value))
            for name, entry in blocks[0].items()
            if name != "extensions"
        }
    else:
        sections = {}
        for block in blocks:
            for name, entry in block.items():
                before, value = sections.get(name), service.written(entry.value)
                sections[name] = Entry(entry.key, value if before is None else overlaid(before.value, value))
        sections.pop("extensions", None)
    root = Mapping(list(sections.values()), at.start, at.end, False)
    root.foreign = True
    return root


def extensions(service: Service) -> Iterator[tuple[str, Mapping]]:
    """``resources.extensions``: more properties for resources that the framework makes, by logical id."""
    for block in service.resource_blocks:
        found = block.get("extensions")
        for name, entry in found.items() if isinstance(found, Mapping) else ():
            if isinstance(entry.value, Mapping):
                yield name, entry.value


def overlaid(base: Node, over: Node) -> Node:
    """``over`` merged into ``base`` as the framework merges: mappings key by key, lists item by item, else ``over``
    (``osls``, ``lib/utils/merge-plain-objects.js``)."""
    if isinstance(base, Mapping) and isinstance(over, Mapping) and base.tag is None and over.tag is None:
        entries = dict(base.items())
        for name, entry in over.items():
            before = entries.get(name)
            entries[name] = entry if before is None else Entry(entry.key, overlaid(before.value, entry.value))
        merged: Node = Mapping(list(entries.values()), over.start, over.end, over.flow)
    elif isinstance(base, Sequence) and isinstance(over, Sequence) and base.tag is None and over.tag is None:
        both = [overlaid(one, other) for one, other in zip(base.items, over.items, strict=False)]
        longer = base.items if len(base.items) > len(over.items) else over.items
        merged = Sequence([*both, *longer[len(both) :]], over.start, over.end, over.flow)
    else:
        return over
    merged.foreign = True
    return merged


def normalized(name: str) -> str:
    """A function's or authorizer's name in logical ids (``lib/plugins/aws/lib/naming.js``)."""
    text = name.replace("-", "Dash").replace("_", "Underscore")
    return text[:1].upper() + text[1:]
