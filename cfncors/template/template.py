"""A template: its resources, parameters, conditions and mappings, with the values of its expressions."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from functools import cached_property
from typing import TYPE_CHECKING, Final, NamedTuple

from cfncors.errors import UnreadableTemplate
from cfncors.source import Document, Mapping, Node, Scalar, Sequence
from cfncors.source.document import unreadable_at
from cfncors.source.nodes import Entry
from cfncors.template.intrinsics import TAGS, UNKNOWN, branches, intrinsic, scalar_text
from cfncors.template.loops import has_unknown_loops, unrolled
from cfncors.template.values import Choice, Known, Unknown, UnknownKind, Value, evaluate, texts, written

if TYPE_CHECKING:
    from cfncors.template.cases import Assumed, Cases, Place
    from cfncors.template.serverless import Service
    from cfncors.template.worlds import Equality, Names, World

SAM_TRANSFORM: Final = "AWS::Serverless-2016-10-31"

#: What has to be worked out again in another world.
_OF_ONE_WORLD: Final = frozenset(("parameters", "truths"))
#: Sections that must be mappings where they are written (AWS CloudFormation User Guide, "Template sections").
_SECTIONS: Final = ("Resources", "Parameters", "Conditions", "Mappings", "Globals", "Outputs", "Metadata")

#: A variable of the Serverless Framework, which CloudFormation has no use for: its own names hold no single colon.
_VARIABLE: Final = re.compile(r"\$\{\s*(?:(?:self|opt|sls|param|env|ssm|cf|s3|aws):(?!:)|file\()")


class Resource(NamedTuple):
    """One resource. ``properties`` is ``None`` when none are written or when an intrinsic makes them."""

    logical_id: str
    type: str
    key: Scalar
    node: Mapping
    properties: Mapping | None

    def get(self, name: str) -> Node | None:
        """A property's value."""
        return None if self.properties is None else self.properties.get(name)

    def entry(self, name: str) -> Entry | None:
        """A property with its key."""
        return None if self.properties is None else self.properties.entry(name)

    @property
    def depends_on(self) -> list[str]:
        """Logical ids under ``DependsOn``, one or a list."""
        node = self.node.get("DependsOn")
        items = node.items if isinstance(node, Sequence) else [node]
        return [text for item in items if (text := scalar_text(item)) is not None]


class Parameter(NamedTuple):
    """A template parameter."""

    name: str
    node: Mapping
    #: its value in the template's world, where it has one
    given: str | None = None
    #: whether it has a value there that the template does not name
    other: bool = False

    @property
    def is_list(self) -> bool:
        """Whether ``Ref`` gives a list."""
        kind = scalar_text(self.node.get("Type")) or ""
        return kind.startswith("List<") or kind == "CommaDelimitedList"

    @property
    def allowed(self) -> tuple[str, ...]:
        """``AllowedValues``, empty when any value is allowed or when they are not written out."""
        listed = self.node.get("AllowedValues")
        items = listed.items if isinstance(listed, Sequence) else []
        return tuple(item.text for item in items if isinstance(item, Scalar))

    def value(self, place: Node) -> Value:
        """Its default, said so; one of ``AllowedValues``; else unknown. SSM parameters name where the value is kept.

        ``place`` is the node of the expression that uses it.
        """
        if self.given is not None:
            return written(self.given, place, frozenset((self.name,)))
        if self.other:
            reason = f"parameter {self.name} has a value that the template does not name"
            return Unknown(place, reason, (None,), UnknownKind.PARAMETER, self.name)
        kind = scalar_text(self.node.get("Type")) or ""
        default = self.node.get("Default")
        if kind.startswith("AWS::SSM::"):
            return Unknown(
                place, f"parameter {self.name} is read from SSM", (None,), UnknownKind.SSM_PARAMETER, self.name
            )
        allowed = self.node.get("AllowedValues")
        if isinstance(allowed, Sequence) and allowed.items and all(isinstance(i, Scalar) for i in allowed.items):
            options = tuple(
                written(i.text, place, frozenset((self.name,))) for i in allowed.items if isinstance(i, Scalar)
            )
            return options[0] if len(options) == 1 else Choice(options, place)
        if isinstance(default, Scalar) and default.tag is None:
            return written(default.text, place, frozenset((self.name,)))
        return Unknown(place, f"parameter {self.name} has no default", (None,), UnknownKind.PARAMETER, self.name)


class _Template(NamedTuple):
    document: Document
    root: Mapping
    world: World | None = None
    #: the Serverless Framework's service that is packaged as this template
    service: Service | None = None
    #: the conditions under which everything counts that is asked for; see :meth:`Template.of`
    under: Assumed = frozenset()


class Template(_Template):
    """A CloudFormation or SAM template as it is written."""

    def section(self, name: str) -> Mapping | None:
        """A top-level section."""
        node = self.root.get(name)
        return node if isinstance(node, Mapping) else None

    @cached_property
    def transforms(self) -> tuple[str, ...]:
        """The transforms that the template asks for, in order."""
        node = self.root.get("Transform")
        items = node.items if isinstance(node, Sequence) else [node]
        return tuple(text for item in items if (text := scalar_text(item)) is not None)

    @cached_property
    def is_in_parts(self) -> bool:
        """Whether resources come from elsewhere: ``AWS::Include``, or another macro, at the top level or in
        ``Resources`` (CloudFormation User Guide, "AWS::Include transform"). A macro that ``Transform`` names goes over
        what is written, and few have to do with an API."""
        section = self.section("Resources")
        node = self.root.get("Transform")
        items = node.items if isinstance(node, Sequence) else [node]
        included = any(isinstance(i, Mapping) and scalar_text(i.get("Name")) == "AWS::Include" for i in items)
        return included or "Fn::Transform" in self.root or (section is not None and "Fn::Transform" in section)

    @cached_property
    def is_sam(self) -> bool:
        """Whether SAM's types are used (``sam validate`` reads a template without the transform line as SAM too)."""
        return SAM_TRANSFORM in self.transforms or any(
            resource.type.startswith("AWS::Serverless::") for resource in self.resources.values()
        )

    @cached_property
    def parameters(self) -> dict[str, Parameter]:
        """Parameters by name."""
        section = self.section("Parameters")
        entries = section.entries if section is not None else []
        given = self.world.parameters if self.world is not None else {}
        others = self.world.others if self.world is not None else ()
        return {
            e.key.text: Parameter(e.key.text, e.value, given.get(e.key.text), e.key.text in others)
            for e in entries
            if isinstance(e.value, Mapping)
        }

    @cached_property
    def mappings(self) -> dict[str, Node]:
        """Mappings by name."""
        section = self.section("Mappings")
        return {e.key.text: e.value for e in section.entries} if section is not None else {}

    @cached_property
    def resources(self) -> dict[str, Resource]:
        """Resources by logical id. ``Fn::ForEach`` over a literal list gives its resources; over another, none."""
        found: dict[str, Resource] = {}
        for entry in self._resource_entries():
            node = entry.value
            if not isinstance(node, Mapping) or entry.key.text.startswith("Fn::"):
                continue
            kind = scalar_text(node.get("Type"))
            if kind is not None:
                properties = node.get("Properties")
                found[entry.key.text] = Resource(
                    entry.key.text, kind, entry.key, node, properties if isinstance(properties, Mapping) else None
                )
        return found

    def _resource_entries(self) -> Iterable[Entry]:
        section = self.section("Resources")
        written = unrolled(section) if section is not None else ()
        if self.service is None:
            return written
        from cfncors.template.packaged import with_packaged

        return with_packaged(self.service, written)

    @cached_property
    def has_loops(self) -> bool:
        """Whether ``Fn::ForEach`` makes something that cannot be seen: its list is not literal."""
        section = self.section("Resources")
        return section is not None and "Fn::ForEach" in self.document.text and has_unknown_loops(section)

    def of_type(self, *types: str) -> Iterator[Resource]:
        """Resources of the given types, in the order of the file."""
        if len(types) == 1:
            return iter(self._by_type.get(types[0], ()))
        return (resource for resource in self.resources.values() if resource.type in types)

    @cached_property
    def _by_type(self) -> dict[str, list[Resource]]:
        found: dict[str, list[Resource]] = {}
        for resource in self.resources.values():
            found.setdefault(resource.type, []).append(resource)
        return found

    def in_world(self, world: World) -> Template:
        """The same template with parameters and conditions set; see :mod:`cfncors.template.worlds`."""
        made = Template(self.document, self.root, world, self.service, self.under)
        # What does not depend on the world is not worked out again.
        made.__dict__.update({name: found for name, found in self.__dict__.items() if name not in _OF_ONE_WORLD})
        return made

    @cached_property
    def truths(self) -> dict[str, bool | None]:
        """What conditions come to in this world, as far as it has been worked out."""
        return {}

    @cached_property
    def equalities(self) -> dict[str, Equality]:
        """Conditions that compare something with a text, by name."""
        from cfncors.template.worlds import equality

        section = self.section("Conditions")
        found = {e.key.text: equality(e.value) for e in section.entries} if section is not None else {}
        return {name: each for name, each in found.items() if each is not None}

    @cached_property
    def places(self) -> dict[int, Place]:
        """The conditions that nodes stand under; see :func:`assumed`."""
        from cfncors.template.cases import places

        return places(self)

    @cached_property
    def cases(self) -> dict[tuple[Names, Assumed, frozenset[str]], Cases]:
        """Possible deployments, as far as they have been worked out; see :mod:`cfncors.template.cases`."""
        return {}

    def assumed(self, node: Node) -> Assumed:
        """The conditions under which ``node`` counts: that of its resource, and those of each ``Fn::If`` around it."""
        if self.section("Conditions") is None:
            return self.under
        found = self.places.get(id(node))
        return found.assumed | self.under if found is not None else self.under

    def of(self, resource: Resource | None) -> Template:
        """The template as a resource sees it: what the resource takes from ``Globals`` counts only where it is made."""
        condition = scalar_text(resource.node.get("Condition")) if resource is not None else None
        if condition is None or self.world is not None:
            return self
        made = Template(self.document, self.root, None, self.service, self.under | {(condition, True)})
        made.__dict__.update(self.__dict__)
        return made

    def truth(self, condition: str) -> bool | None:
        """What a condition comes to in the template's world; ``None`` when it is not known, and without a world."""
        if self.world is None:
            return None
        from cfncors.template.worlds import truth

        return truth(self, condition)

    def branches(self, node: Node | None) -> list[Node]:
        """The nodes that ``node`` may stand for: the sides of an ``Fn::If`` that a deployment may take, in a world only
        the one that it takes; the lists that a mapping may give."""
        call = intrinsic(node)
        if node is None or call is None or call.name not in ("Fn::If", "Fn::FindInMap"):
            return branches(node)
        from cfncors.template.cases import open_branches, rows

        if self.world is None:
            return open_branches(self, node)
        if call.name == "Fn::FindInMap":
            return rows(self, node)
        items = call.argument.items if isinstance(call.argument, Sequence) else []
        chosen = self.truth(scalar_text(items[0]) or "") if len(items) == 3 else None
        return branches(node) if chosen is None else self.branches(items[1 if chosen else 2])

    def may_make(self, resource: Resource) -> bool:
        """Whether a resource may be made: in a world, that its condition is not false there."""
        condition = scalar_text(resource.node.get("Condition"))
        return condition is None or self.truth(condition) is not False

    def sides(self, call: Node) -> list[Node]:
        """The sides of an ``Fn::If`` that a deployment may take, as they are written; in a world the one that it
        takes."""
        found = intrinsic(call)
        items = found.argument.items if found is not None and isinstance(found.argument, Sequence) else []
        if found is None or found.name != "Fn::If" or len(items) != 3:
            return []
        if self.world is None:
            return [side for side in items[1:] if self.is_feasible(self.assumed(side))] or items[1:]
        chosen = self.truth(scalar_text(items[0]) or "")
        return items[1:] if chosen is None else [items[1 if chosen else 2]]

    def is_feasible(self, assumed: Assumed) -> bool:
        """Whether there may be a deployment in which conditions turn out like that."""
        from cfncors.template.cases import is_feasible

        return is_feasible(self, assumed)

    def alternative(self, call: Node, one: Node, other: Node) -> Node:
        """An ``Fn::If`` that nobody wrote, for values on the two sides of ``call``, which stands around mappings."""
        from cfncors.template.cases import alternative

        return alternative(self, call, (one, other))

    def value(self, node: Node) -> Value:
        """What ``node`` may be at deployment; see :mod:`cfncors.template.values`."""
        if self.world is None and intrinsic(node) is not None:
            from cfncors.template.cases import needs_cases, possible

            if needs_cases(self, node):
                return possible(self, node)
        return evaluate(self, node)

    def values(self, node: Node | None) -> list[Value] | None:
        """What a list may hold at deployment, ``None`` when that is not known."""
        return texts(self, node)

    def known(self, node: Node | None) -> str | None:
        """The text of ``node`` when there is just one possibility, else ``None``."""
        if node is None:
            return None
        value = self.value(node)
        return value.text if isinstance(value, Known) else None


def load(document: Document) -> Template | None:
    """The template in a document; ``None`` when it is YAML or JSON of another kind.

    Raises :class:`UnreadableTemplate` when it is a template whose sections have the wrong shape, or whose tags
    CloudFormation does not know.
    """
    root = document.root
    service = None
    if isinstance(root, Mapping) and "provider" in root:
        from cfncors.template.serverless import is_service, service_template

        if is_service(root):
            _check_tags(document)
            document, root, service = service_template(document)
    if service is None and _VARIABLE.search(document.text):
        from cfncors.template.resolve import fragment

        document = fragment(document)
        root = document.root
    if not isinstance(root, Mapping) or (service is None and not _looks_like_template(root)):
        return None
    _check_sections(document, root)
    _check_tags(document)
    return Template(document, root, service=service)


def _check_sections(document: Document, root: Mapping) -> None:
    for name in _SECTIONS:
        node = root.get(name)
        if node is None or isinstance(node, Mapping) or (isinstance(node, Scalar) and node.is_null):
            continue
        if node.tag != UNKNOWN:
            raise _wrong(document, node, f"{name} is {_kind(node)} where a mapping belongs")
    resources = root.get("Resources")
    if isinstance(resources, Mapping):
        _check_resources(document, resources)
    conditions = root.get("Conditions")
    if isinstance(conditions, Mapping):
        _check_conditions(document, conditions)


def _looks_like_template(root: Mapping) -> bool:
    """A template has the format version, SAM's transform, or resources with types; a serverless.yml has none."""
    if "AWSTemplateFormatVersion" in root:
        return True
    transform = root.get("Transform")
    if transform is not None and "Resources" in root:
        return True
    resources = root.get("Resources")
    if not isinstance(resources, Mapping):
        return (
            resources is not None and "service" not in root and isinstance(resources, Sequence) and _only_sections(root)
        )
    return any(
        isinstance(e.value, Mapping) and (scalar_text(e.value.get("Type")) or "").startswith(("AWS::", "Custom::"))
        for e in resources.entries
    )


def _only_sections(root: Mapping) -> bool:
    return all(entry.key.text in (*_SECTIONS, "Description", "Transform", "Rules") for entry in root.entries)


def _check_resources(document: Document, resources: Mapping) -> None:
    for key, node in resources.entries:
        if key.text.startswith("Fn::") or node.tag == UNKNOWN:
            continue
        if not isinstance(node, Mapping):
            raise _wrong(document, node, f"resource {key.text} is {_kind(node)} where a mapping belongs")
        properties = node.get("Properties")
        if isinstance(properties, Sequence) or (
            isinstance(properties, Scalar) and properties.tag is None and not properties.is_null
        ):
            reason = f"Properties of {key.text} is {_kind(properties)} where a mapping belongs"
            raise _wrong(document, properties, reason)


def _check_conditions(document: Document, conditions: Mapping) -> None:
    """Conditions that name one another in a ring come to nothing."""
    from cfncors.template.worlds import named_conditions

    names = {entry.key.text: named_conditions(entry.value) for entry in conditions.entries}
    done: set[str] = set()
    for start in names:
        path: list[str] = []
        waiting = [(start, False)]
        while waiting:
            name, is_left = waiting.pop()
            if is_left:
                done.add(path.pop())
            elif name in path:
                ring = " → ".join([*path[path.index(name) :], name])
                entry = conditions.entry(name)
                assert entry is not None
                raise _wrong(
                    document,
                    entry.key,
                    f"conditions name one another in a ring, so that none can be worked out: {ring}",
                )
            elif name in names and name not in done:
                path.append(name)
                waiting.append((name, True))
                waiting += [(each, False) for each in reversed(names[name])]


def _check_tags(document: Document) -> None:
    for tag, node in document.tags.items():
        if tag not in TAGS:
            raise _wrong(document, node, f"unknown tag {tag}; CloudFormation knows !Ref, !Sub, !GetAtt, …")


def _kind(node: Node) -> str:
    return "a list" if isinstance(node, Sequence) else "a mapping" if isinstance(node, Mapping) else "a single value"


def _wrong(document: Document, node: Node, reason: str) -> UnreadableTemplate:
    return unreadable_at(document, node, reason)
