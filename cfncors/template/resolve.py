"""The values of a service's variables: the tree of a serverless.yml with every ``${…}`` replaced by what it stands for.

What a variable stands for has the variable's place and takes no edit. One that only the deployment knows (``${ssm:…}``,
``${env:…}`` without a fallback, a file that is not there) stays, as a value of the tag :data:`UNKNOWN`.

Follows the framework's sources (``serverless`` 3 and ``osls``, ``lib/configuration/variables/sources``).
"""

from __future__ import annotations

import os
from typing import Final, NamedTuple

from cfncors.errors import UnreadableTemplate
from cfncors.source import Document, Mapping, Node, Scalar, Sequence, decode, parse_beside
from cfncors.source.document import Beside
from cfncors.source.nodes import PLAIN, Entry, children
from cfncors.template import variables
from cfncors.template.intrinsics import HOLE, UNKNOWN
from cfncors.template.placed import placed, text_at
from cfncors.template.variables import Literal, Source, Text, Variable

_LARGEST_FILE: Final = 2_000_000
#: Nodes that variables may copy, variables that may lead to one another: far beyond any service.
_MOST_COPIES: Final = 200_000
_LONGEST_CHAIN: Final = 25
_TRUE: Final = ("true", "1")
_FALSE: Final = ("false", "0")


class Found(NamedTuple):
    """What a source gave: a node as it is written, with the variables in it, or ``None`` for nothing."""

    node: Node | None
    assumes: frozenset[str] = frozenset()


class Opaque(NamedTuple):
    """Only the deployment knows."""

    reason: str


class Resolver:
    """Replaces the variables of one service. ``assumed`` names, by the ``id`` of a value, what it was made with. With
    ``known`` false it is no service, and each variable stays."""

    def __init__(self, document: Document, known: bool = True) -> None:
        self.document = document
        self.known = known
        self.root = document.root
        self.assumed: dict[int, tuple[Node, frozenset[str]]] = {}
        #: by the ``id`` of a value: where a mapping or list is written, and a text with its variables
        self.homes: dict[int, tuple[Node, Node]] = {}
        self.texts: dict[int, tuple[Node, str]] = {}
        self._done: dict[int, tuple[Node, Node]] = {}
        self._busy: set[int] = set()
        self._files: dict[str, Node | None] = {}
        self._copies = 0
        self._depth = 0

    def resolved(self, node: Node) -> Node:
        """The same without variables: ``node`` itself when there are none in it."""
        done = self._done.get(id(node))
        if done is not None:
            return done[1]
        self._busy.add(id(node))
        try:
            result = self._scalar(node) if isinstance(node, Scalar) else self._container(node)
            if isinstance(node, Scalar) and result is not node:
                self.texts[id(result)] = (result, node.text)
        finally:
            self._busy.discard(id(node))
        self._done[id(node)] = (node, result)
        return result

    def assumes(self, node: Node) -> frozenset[str]:
        """What a value was made with: options, environment variables and parameters that were taken as not given."""
        found = self.assumed.get(id(node))
        return found[1] if found is not None else frozenset()

    # -- the tree -----------------------------------------------------------------------------------------------------

    def _container(self, node: Mapping | Sequence) -> Node:
        if isinstance(node, Sequence):
            items = [self.resolved(item) for item in node.items]
            if all(one is other for one, other in zip(items, node.items, strict=True)):
                return node
            copy: Node = Sequence(items, node.start, node.end, node.flow, node.tag)
        else:
            index = {name: Entry(entry.key, self.resolved(entry.value)) for name, entry in node.items()}
            entries = [Entry(entry.key, self.resolved(entry.value)) for entry in node.entries]
            if all(one.value is other.value for one, other in zip(entries, node.entries, strict=True)):
                return node
            copy = Mapping(entries, node.start, node.end, node.flow, node.tag, index)
        copy.foreign = node.foreign
        return copy

    def _scalar(self, node: Scalar) -> Node:
        if "${" not in node.text or node.tag == UNKNOWN:
            return node
        try:
            pieces = variables.parse(node.text)
        except variables.SyntaxFault:
            return _unknown([("", node.text)], node)
        if not any(isinstance(piece, Variable) for piece in pieces):
            text = "".join(piece for piece in pieces if isinstance(piece, str))
            return node if text == node.text else text_at(text, node, node.tag)
        if len(pieces) == 1 and isinstance(pieces[0], Variable) and node.tag is None:
            return self._whole(pieces[0], node)
        joined = self._joined(pieces, node)
        return self._known(text_at(joined.text, node, node.tag or joined.tag), joined)

    def _known(self, node: Scalar, made: Scalar) -> Node:
        if node.tag != UNKNOWN and made.tag == UNKNOWN:
            node = text_at(made.text, node, UNKNOWN)
        self.assume(node, self.assumes(made))
        return node

    def _whole(self, variable: Variable, place: Scalar) -> Node:
        """A value that is one variable: whatever that stands for, a mapping or a list too."""
        found = self._variable(variable, place)
        if isinstance(found, Found) and found.node is None:
            null = Scalar("null", place.start, place.end, PLAIN)
            null.foreign = True
            return null
        target = self._target(found.node) if isinstance(found, Found) and found.node is not None else None
        self._copies += _size(target) if target is not None else 0
        if target is None or isinstance(found, Opaque) or self._copies > _MOST_COPIES:
            return _unknown([("", place.text)], place)
        copy = placed(target, place, lambda one, other: self._tell(one, other, found.assumes))
        if not isinstance(target, Scalar):
            home = self.homes.get(id(target))
            self.homes[id(copy)] = (copy, home[1] if home is not None else target)
            if variables.varies(variable):
                self._address(copy, variable, ())
        return copy

    def _tell(self, one: Scalar, other: Scalar, names: frozenset[str]) -> None:
        """A copy is made with the same variables as what it is copied from."""
        self.assume(other, self.assumes(one) | names)
        found = self.texts.get(id(one))
        if found is not None:
            self.texts[id(other)] = (other, found[1])

    def _address(self, node: Node, variable: Variable, path: tuple[str, ...]) -> None:
        """Note, where they are written, how the values of a mapping are reached whatever its variable leads to: a
        copy of one stage's value would be sent on every stage."""
        home = self.homes.get(id(node))
        node = home[1] if home is not None else node
        if isinstance(node, Scalar):
            text = variables.below(variable, path)
            if text is not None:
                self.texts[id(node)] = (node, text)
        elif isinstance(node, Mapping):
            for name, entry in node.items():
                self._address(entry.value, variable, (*path, name))
        else:
            for at, item in enumerate(node.items):
                self._address(item, variable, (*path, str(at)))

    def assume(self, node: Node, names: frozenset[str]) -> None:
        """Note what a value is made with."""
        if names:
            self.assumed[id(node)] = (node, names)

    def _joined(self, pieces: Text, place: Node) -> Scalar:
        """A text with variables in it; of the tag :data:`UNKNOWN` when one of them is."""
        parts: list[tuple[str, str]] = []
        names: frozenset[str] = frozenset()
        for piece in pieces:
            if isinstance(piece, str):
                parts.append((piece, ""))
                continue
            found = self._variable(piece, place)
            value = self._target(found.node) if isinstance(found, Found) and found.node is not None else None
            if isinstance(found, Found) and isinstance(value, Scalar) and value.tag is None:
                parts.append((value.text, ""))
                names |= found.assumes | self.assumes(value)
            else:
                known = isinstance(value, Scalar) and value.tag == UNKNOWN
                parts.append(("", value.text if known and isinstance(value, Scalar) else repr(piece)))
        if any(hole for _, hole in parts):
            return _unknown(parts, place)
        made = text_at("".join(text for text, _ in parts), place)
        self.assume(made, names)
        return made

    # -- variables ----------------------------------------------------------------------------------------------------

    def _variable(self, variable: Variable, place: Node) -> Found | Opaque:
        """The first source that has a value. One without any is refused by the framework."""
        if not self.known:
            return Opaque("the service that holds it is not known")
        if self._depth >= _LONGEST_CHAIN:
            return Opaque("too many variables that lead to one another")
        self._depth += 1
        try:
            return self._first(variable, place)
        finally:
            self._depth -= 1

    def _first(self, variable: Variable, place: Node) -> Found | Opaque:
        names: frozenset[str] = frozenset()
        for source in variable.sources:
            if isinstance(source, Literal):
                return Found(None if source.text is None else _literal(source, place), names)
            found = self._source(source, place)
            if isinstance(found, Opaque):
                return found
            names |= found.assumes
            value = self._target(found.node) if isinstance(found.node, Scalar) else found.node
            if found.node is not None and value is None:
                return Opaque("it refers to itself")
            if value is not None and not (isinstance(value, Scalar) and value.is_null):
                return Found(found.node, names)
        return Opaque("no source has a value")

    def _source(self, source: Source, place: Node) -> Found | Opaque:
        address = self._joined(source.address, place) if source.address else text_at("", place)
        texts = [self._joined(parameter, place) for parameter in source.parameters]
        if any(each.tag == UNKNOWN for each in (address, *texts)):
            return Opaque("its address is not known")
        found = self._of_type(source.type, [each.text for each in texts], address.text, place)
        names = frozenset[str]().union(*(self.assumes(each) for each in (address, *texts)))
        return found._replace(assumes=found.assumes | names) if isinstance(found, Found) else found

    def _of_type(self, kind: str, texts: list[str], address: str, place: Node) -> Found | Opaque:
        if kind == "self":
            return self._self(address)
        if kind == "file" and texts:
            return self._file(texts[0], address, place)
        if kind in ("opt", "env"):
            # Nobody has told it here; with a fallback that is what a plain `deploy` does.
            return Found(None, frozenset((f"{kind}:{address}",)))
        if kind == "sls" and address == "stage":
            return self._stage(place)
        if kind == "param":
            return self._parameter(address, place)
        if kind == "aws" and address == "region":
            region = self._self("provider.region")
            return Found(text_at("us-east-1", place)) if isinstance(region, Found) and region.node is None else region
        if kind == "strToBool" and texts and texts[0].lower() in (*_TRUE, *_FALSE):
            return Found(_literal(Literal("true" if texts[0].lower() in _TRUE else "false"), place))
        return Opaque(f"{kind} is known when the framework packages the service")

    def _self(self, address: str) -> Found | Opaque:
        if not address:
            return Opaque("the whole service")
        found = self._walk(self.root, address.split("."))
        if isinstance(found, Found) and found.node is None and address == "provider.stage":
            return Found(text_at("dev", self.root), frozenset(("opt:stage",)))
        return found

    def _walk(self, node: Node, keys: list[str]) -> Found | Opaque:
        """What stands at the end of a path of keys."""
        here: Node | None = node
        names: frozenset[str] = frozenset()
        for key in keys:
            while isinstance(here, Scalar) and "${" in here.text:
                found = self._through(here)
                if isinstance(found, Opaque):
                    return found
                here, names = found.node, names | found.assumes
            here = _child(here, key) if here is not None else None
            if here is None:
                return Found(None, names)
        return Found(here, names)

    def _through(self, node: Scalar) -> Found | Opaque:
        """What a value that is one variable leads to, without looking into it."""
        try:
            pieces = variables.parse(node.text)
        except variables.SyntaxFault:
            return Opaque("it is no variable that the framework reads")
        if len(pieces) != 1 or not isinstance(pieces[0], Variable):
            return Found(None)
        return self._variable(pieces[0], node)

    def _target(self, node: Node) -> Node | None:
        return None if id(node) in self._busy else self.resolved(node)

    def _stage(self, place: Node) -> Found | Opaque:
        stage = self._self("provider.stage")
        if isinstance(stage, Opaque) or stage.node is None:
            return stage
        node = self._target(stage.node)
        if not isinstance(node, Scalar) or node.tag is not None:
            return Opaque("the stage is not known")
        names = stage.assumes | self.assumes(node) | {"opt:stage"}
        return Found(text_at("dev" if node.is_null else node.text, place), names)

    def _parameter(self, name: str, place: Node) -> Found | Opaque:
        """``params`` of the stage, then of ``default``; ``stages`` of version 4 holds them too."""
        stage = self._stage(place)
        if isinstance(stage, Opaque):
            return stage
        text = stage.node.text if isinstance(stage.node, Scalar) else "dev"
        for section in (text, "default"):
            found = self._walk(self.root, ["params", section, name])
            if isinstance(found, Found) and found.node is None:
                found = self._walk(self.root, ["stages", section, "params", name])
            if isinstance(found, Opaque) or found.node is not None:
                return found if isinstance(found, Opaque) else found._replace(assumes=found.assumes | stage.assumes)
        return Found(None, frozenset((f"param:{name}",)))

    # -- files --------------------------------------------------------------------------------------------------------

    def _file(self, name: str, address: str, place: Node) -> Found | Opaque:
        path = self.located(name)
        if isinstance(path, Opaque):
            return path
        if not os.path.isfile(path):
            return Found(None)
        if not path.endswith((".yml", ".yaml", ".json")):
            return Opaque("it stands in a file with code")
        root = self._read(path, place)
        if root is None:
            return Opaque("it stands in a file that cannot be read")
        return self._walk(root, address.split(".") if address else [])

    def located(self, name: str) -> str | Opaque:
        """The path of a file that the service names; only those of its own repository are ever read."""
        folder = os.path.dirname(self.document.name)
        if HOLE in name:
            return Opaque("it is no name of a file")
        if self.document.name.startswith("<") or self.document.name == "-":
            return Opaque("it stands in a file, and the service was not read from one")
        path = os.path.normpath(os.path.join(folder, name))
        project = _project(os.path.realpath(folder or "."))
        if os.path.commonpath((os.path.realpath(path), project)) != project:
            return Opaque("it stands in a file outside of the project")
        return path

    def _read(self, path: str, place: Node) -> Node | None:
        if path not in self._files:
            try:
                text = self.document.texts.get(path) or file_text(path)
                self._files[path] = parse_beside(self.document, text, path, place).root
            except (OSError, ValueError, UnreadableTemplate):
                self._files[path] = None
        return self._files[path]

    def finish(self) -> None:
        """Replace the variables of the files that were read beside the service, too."""
        done: set[str] = set()
        while waiting := [name for name in self.document.beside if name not in done]:
            for name in waiting:
                done.add(name)
                file, place = self.document.beside[name]
                read = file._replace(root=self.resolved(file.root))
                self.document.beside[name] = Beside(read, place)


def fragment(document: Document) -> Document:
    """A part of some service, read by itself: nobody knows what the variables in it stand for."""
    root = Resolver(document, known=False).resolved(document.root)
    if root is document.root:
        return document
    read = document._replace(root=root)
    vars(read)["beside"] = document.beside
    return read


def _project(folder: str) -> str:
    """The folder that a service's files are in: its repository, else its own folder."""
    here = folder
    while not os.path.exists(os.path.join(here, ".git")):
        parent = os.path.dirname(here)
        if parent == here:
            return folder
        here = parent
    return here


def file_text(path: str) -> str:
    """A file of the project. Raises :class:`OSError` for one that is too large, :class:`UnreadableTemplate` for one
    that is no text."""
    if os.path.getsize(path) > _LARGEST_FILE:
        raise OSError("larger than any configuration")
    with open(path, "rb") as file:
        return decode(file.read())


def _child(node: Node, key: str) -> Node | None:
    if isinstance(node, Mapping):
        return node.get(key)
    if isinstance(node, Sequence) and key.isdecimal() and int(key) < len(node.items):
        return node.items[int(key)]
    return None


def _size(node: Node) -> int:
    count = 0
    waiting = [node]
    while waiting and count <= _MOST_COPIES:
        count += 1
        waiting.extend(children(waiting.pop()))
    return count


def _literal(literal: Literal, place: Node) -> Scalar:
    if literal.quoted:
        return text_at(literal.text or "", place)
    node = Scalar(literal.text or "null", place.start, place.end, PLAIN)
    node.foreign = True
    return node


def _unknown(parts: list[tuple[str, str]], place: Node) -> Scalar:
    """A value with holes: texts and what stands in the holes, one after the other, divided by :data:`HOLE`."""
    text = "".join(f"{HOLE}{hole}{HOLE}" if hole and HOLE not in hole else hole or known for known, hole in parts)
    return text_at(text, place, UNKNOWN)
