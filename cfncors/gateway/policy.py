"""CORS as a front door with lists configures it: HTTP API, function URL, bucket, response headers policy.

They mean the same under other names: ``AllowOrigins`` of an HTTP API and a function URL, ``allowOrigins`` in an OpenAPI
body, ``AllowedOrigins`` of a bucket's rule, ``AccessControlAllowOrigins.Items`` of a response headers policy.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import cached_property
from typing import Final, Literal, NamedTuple

from cfncors.source import Mapping, Node, Scalar, Sequence
from cfncors.source.nodes import DOUBLE
from cfncors.template import Absent, Known, Template, Unknown, Value, intrinsic, leaves

FrontDoor = Literal["rest", "http", "url", "s3", "cdn"]
Role = Literal["origins", "methods", "headers", "expose", "max-age", "credentials"]
#: What a role is called in a dialect: the path of keys from the configuration.
Names = dict[Role, tuple[str, ...]]

#: ``CorsConfiguration`` of an HTTP API, SAM's and CloudFormation's, and ``Cors`` of a function URL.
PROPERTY_NAMES: Final[Names] = {
    "origins": ("AllowOrigins",),
    "methods": ("AllowMethods",),
    "headers": ("AllowHeaders",),
    "expose": ("ExposeHeaders",),
    "max-age": ("MaxAge",),
    "credentials": ("AllowCredentials",),
}
#: ``x-amazon-apigateway-cors`` of an OpenAPI body.
BODY_NAMES: Final[Names] = {role: (name[0][0].lower() + name[0][1:],) for role, name in PROPERTY_NAMES.items()}
#: A rule of ``CorsConfiguration.CorsRules`` of a bucket, which decides about credentials itself.
BUCKET_NAMES: Final[Names] = {
    "origins": ("AllowedOrigins",),
    "methods": ("AllowedMethods",),
    "headers": ("AllowedHeaders",),
    "expose": ("ExposedHeaders",),
    "max-age": ("MaxAge",),
}
#: What S3's own API and its console call the keys of a rule (S3 API Reference, "CORSRule"); CloudFormation refuses
#: them under these names.
S3_NAMES: Final = {
    "AllowedOrigin": "AllowedOrigins",
    "AllowedMethod": "AllowedMethods",
    "AllowedHeader": "AllowedHeaders",
    "ExposeHeader": "ExposedHeaders",
    "ExposeHeaders": "ExposedHeaders",
    "MaxAgeSeconds": "MaxAge",
    "ID": "Id",
}
#: ``CorsConfig`` of a response headers policy.
CDN_NAMES: Final[Names] = {
    "origins": ("AccessControlAllowOrigins", "Items"),
    "methods": ("AccessControlAllowMethods", "Items"),
    "headers": ("AccessControlAllowHeaders", "Items"),
    "expose": ("AccessControlExposeHeaders", "Items"),
    "max-age": ("AccessControlMaxAgeSec",),
    "credentials": ("AccessControlAllowCredentials",),
}


class _Item(NamedTuple):
    value: Value
    node: Node


class Item(_Item):
    """One entry of a list, or the one value of ``MaxAge`` and ``AllowCredentials``."""

    @cached_property
    def known(self) -> tuple[Known, ...]:
        """The texts that it may be."""
        return tuple(leaf for leaf in leaves(self.value) if isinstance(leaf, Known))


class _Setting(NamedTuple):
    role: Role
    key: Scalar
    node: Node
    sides: tuple[tuple[Item, ...] | None, ...]


class Setting(_Setting):
    """One key of a configuration. ``sides`` are what it may hold: usually one list, one for each side of ``Fn::If``;
    ``None`` for a list that is not known. The texts are worked out once: every exchange asks for them."""

    @property
    def name(self) -> str:
        """The key as it is written."""
        return self.key.text

    @cached_property
    def items(self) -> tuple[Item, ...]:
        """Every entry that may be there."""
        return tuple(item for side in self.sides for item in side or ())

    @property
    def is_whole(self) -> bool:
        """Whether all that may be there is known."""
        return all(
            side is not None and not any(isinstance(leaf, Unknown) for item in side for leaf in leaves(item.value))
            for side in self.sides
        )

    def texts(self) -> list[str] | None:
        """All texts that it may hold, of all sides; ``None`` when one of them is not known."""
        return self._texts

    @cached_property
    def _texts(self) -> list[str] | None:
        return [known.text for item in self.items for known in item.known] if self.is_whole else None

    def alternatives(self) -> Iterator[list[str] | None]:
        """The texts of each side; ``None`` for a side with something that is not known."""
        return iter(self._alternatives)

    @cached_property
    def _alternatives(self) -> list[list[str] | None]:
        if len(self.sides) == 1:
            return [self._texts]
        return [Setting(self.role, self.key, self.node, (side,)).texts() for side in self.sides]


class Policy(NamedTuple):
    """A CORS configuration. ``node`` is what is written; ``holder`` the mapping where keys can be added, ``None`` when
    nothing can be written there (``CorsConfiguration: true``, an intrinsic function, another file)."""

    door: FrontDoor
    #: the logical id of the front door, and of the resource that the configuration is written in
    owner: str
    resource: str
    #: for messages: ``CorsConfiguration of Api``
    what: str
    key: Scalar
    node: Node
    holder: Mapping | None
    settings: dict[Role, Setting]
    names: Names
    #: ``False`` when a part of it cannot be seen (an intrinsic function, a macro)
    complete: bool = True

    def setting(self, role: Role) -> Setting | None:
        """What is written for a role."""
        return self.settings.get(role)

    def name(self, role: Role) -> str:
        """What a role is called here: ``AllowOrigins``."""
        return self.names[role][0]

    def texts(self, role: Role) -> list[str] | None:
        """All texts of a role; empty when it is not written, ``None`` when one of them is not known."""
        setting = self.settings.get(role)
        if setting is None:
            return [] if self.complete else None
        return setting.texts()

    @property
    def credentials(self) -> bool | None:
        """Whether it allows credentials, ``None`` when that is not known. A bucket allows them whenever the matching
        origin is not ``*`` (LocalStack's tests ``test_s3_cors``, recorded against AWS)."""
        if self.door == "s3":
            origins = self.texts("origins")
            return None if origins is None else any(origin != "*" for origin in origins)
        texts = self.texts("credentials")
        if texts is None or len({text.lower() for text in texts}) > 1:
            return None
        return bool(texts) and texts[0].lower() == "true"


def policy(
    template: Template, door: FrontDoor, owner: str, resource: str, what: str, key: Scalar, node: Node, names: Names
) -> Policy:
    """The configuration in a mapping; one made by an intrinsic function or a macro is not complete."""
    if not isinstance(node, Mapping) or intrinsic(node) is not None:
        return Policy(door, owner, resource, what, key, node, None, {}, names, complete=False)
    settings: dict[Role, Setting] = {}
    for role, path in names.items():
        found = setting(template, role, node, path)
        if found is not None:
            settings[role] = found
    hidden = S3_NAMES.keys() if door == "s3" else ()  # what is meant is another key
    complete = not any(e.key.text.startswith("Fn::") or e.key.text in hidden for e in node.entries)
    return Policy(door, owner, resource, what, key, node, None if node.foreign else node, settings, names, complete)


def setting(template: Template, role: Role, node: Mapping, path: tuple[str, ...]) -> Setting | None:
    """The key at the end of ``path``, with what it may hold. ``AWS::NoValue`` and null are as if not written."""
    entry = node.entry(path[0])
    if entry is None:
        return None
    if len(path) > 1:
        if not isinstance(entry.value, Mapping) or intrinsic(entry.value) is not None:
            return Setting(role, entry.key, entry.value, (None,))
        inner = setting(template, role, entry.value, path[1:])
        return None if inner is None else inner._replace(key=entry.key)
    sides = tuple(_side(template, role, branch) for branch in template.branches(entry.value))
    if not sides or (isinstance(entry.value, Scalar) and entry.value.is_null):
        return None
    return Setting(role, entry.key, entry.value, sides)


def _side(template: Template, role: Role, node: Node) -> tuple[Item, ...] | None:
    if role in ("max-age", "credentials"):
        return (Item(template.value(node), node),)
    values = template.values(node)
    if values is None:
        # A single text where a list belongs: CloudFormation makes a list of one of it, SAM's translator refuses it.
        value = template.value(node)
        return None if isinstance(value, Unknown) else (Item(value, node),)
    own = isinstance(node, Sequence) and node.tag is None
    items = [
        Item(value, node.items[at] if own and isinstance(node, Sequence) else node) for at, value in enumerate(values)
    ]
    return tuple(item for item in items if not isinstance(item.value, Absent))


def allows(policy: Policy, role: Role, test: Callable[[str], bool]) -> bool | None:
    """Whether an entry of a list passes ``test``: ``None`` when that depends on what is not known here."""
    found = policy.setting(role)
    if found is None:
        return False if policy.complete else None
    sides = {_side_allows(side, test) for side in found.sides}
    return sides.pop() if len(sides) == 1 else None


def _side_allows(side: tuple[Item, ...] | None, test: Callable[[str], bool]) -> bool | None:
    if side is None:
        return None
    found = [{isinstance(leaf, Known) and test(leaf.text) for leaf in leaves(item.value)} for item in side]
    if {True} in found:
        return True
    certain = all(not isinstance(leaf, Unknown) for item in side for leaf in leaves(item.value))
    return False if certain and all(True not in each for each in found) else None


def made(role: Role, key: Scalar, *texts: str) -> Setting:
    """A setting that nobody wrote: it stands at ``key`` and cannot be edited."""
    return Setting(role, key, key, (tuple(_made_item(key, text) for text in texts),))


def _made_item(key: Scalar, text: str) -> Item:
    node = Scalar(text, key.start, key.end, DOUBLE, None, True)
    node.foreign = True
    return Item(Known(text, node), node)
