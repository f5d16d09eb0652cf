"""Where code stands: in a file beside the template, or in a text within it; and edits there."""

from __future__ import annotations

import os
from collections.abc import Iterable
from typing import TYPE_CHECKING, Final, NamedTuple

from cfncors.errors import CannotEdit
from cfncors.functions.found import Function, Functions
from cfncors.source import Document, Edit, Node, Scalar, code_beside, replace
from cfncors.source.nodes import LITERAL
from cfncors.template import intrinsic

if TYPE_CHECKING:
    from cfncors.handlers import FileEdit, Place

#: Folders whose files a build writes: what would be mended there is written anew (the documentation of the tools:
#: ``sam build``, ``serverless package``, TypeScript's and bundlers' usual ``outDir``, ``cdk synth``).
_BUILT: Final = frozenset(
    ("dist", "build", ".aws-sam", ".build", ".esbuild", ".serverless", ".webpack", "cdk.out", ".sst", "node_modules")
)


def name_beside(document: Document, path: str) -> str:
    """The name under which a file of code is reported, from its absolute path."""
    folder = os.path.dirname(document.name)
    return os.path.normpath(os.path.join(folder, os.path.relpath(path, os.path.abspath(folder))))


class Places:
    """The places of a model's code, each file read beside the template when something is said of it."""

    def __init__(self, functions: Functions) -> None:
        self.functions = functions
        self.document = functions.template.document
        self._inline: dict[int, _Literal | None] = {}

    def node(self, function: Function, place: Place) -> Node:
        """What stands at a place: in its own file, or in the template where the code is written there."""
        if self.is_inline(function, place):
            literal = self._literal(function)
            return function.place if literal is None else literal.part(place.start, place.end)
        document = self.file(function, place.path)
        return Scalar("", document.at(place.start), document.at(place.end), "")

    def edits(self, function: Function, edits: Iterable[FileEdit]) -> tuple[Edit, ...]:
        """Edits of code as edits of its file, or of the template. Raises :class:`CannotEdit`."""
        given = list(edits)
        source = function.source
        if source is not None and source.inline:
            return self._within(function, given)
        found = []
        for edit in given:
            document = self.file(function, edit.path)
            found.append(Edit(document.at(edit.start), document.at(edit.end), edit.text))
        return tuple(sorted(found))

    def file(self, function: Function, path: str) -> Document:
        """A file of code as a document beside the template."""
        return code_beside(self.document, self.text(function, path), name_beside(self.document, path), function.place)

    def text(self, function: Function, path: str) -> str:
        """The text of a file that a function was followed through."""
        from cfncors.handlers.files import read_text

        source = function.source
        if source is not None and path == source.path:
            return source.text
        instead = self.functions.texts.get(path)
        return read_text(path, self.functions.root) if instead is None else instead

    def is_inline(self, function: Function, place: Place) -> bool:
        """Whether a place is in code that stands in the template."""
        source = function.source
        return source is not None and source.inline and place.path == source.path

    def is_built(self, path: str) -> bool:
        """Whether a build writes a file of code. What stands in the template is told there, whatever wrote that."""
        if path == os.path.abspath(self.document.name):
            return False
        parts = os.path.relpath(path, self.functions.root).split(os.sep)[:-1]
        return not _BUILT.isdisjoint(parts)

    # -- code in the template -----------------------------------------------------------------------------------------

    def _literal(self, function: Function) -> _Literal | None:
        key = id(function.place)
        if key not in self._inline:
            self._inline[key] = _literal(self.document, function)
        return self._inline[key]

    def _within(self, function: Function, edits: list[FileEdit]) -> tuple[Edit, ...]:
        literal, source, place = self._literal(function), function.source, function.place
        if literal is not None:
            return tuple(sorted(literal.edit(edit.start, edit.end, edit.text) for edit in edits))
        if source is None or not isinstance(place, Scalar) or place.tag is not None or place.text != source.text:
            raise CannotEdit("the code is put together by an intrinsic function")
        from cfncors.handlers.edits import applied

        return replace(self.document, place, applied(source.text, edits))


class _Literal(NamedTuple):
    """Code in a block scalar: where each of its lines begins in the file, and in the code itself."""

    document: Document
    indent: str
    starts: tuple[tuple[int, int], ...]

    def at(self, offset: int) -> int:
        """The place in the file of an offset in the code."""
        code, file = next(pair for pair in reversed(self.starts) if pair[0] <= offset)
        return file + offset - code

    def part(self, start: int, end: int) -> Scalar:
        """What stands between two offsets of the code."""
        node = Scalar("", self.at(start), self.at(end), "")
        node.foreign = True  # it is no node of the template's tree, but has the path of the one that it lies in
        return node

    def edit(self, start: int, end: int, text: str) -> Edit:
        """An edit of the code; new lines are indented as the others are."""
        return Edit(self.at(start), self.at(end), text.replace("\n", self.document.newline + self.indent))


def _literal(document: Document, function: Function) -> _Literal | None:
    """The block scalar that code is written in, also under ``Fn::Sub``; ``None`` where it is written otherwise."""
    node, source = function.place, function.source
    call = intrinsic(node)
    if call is not None and call.name == "Fn::Sub" and call.argument is not None:
        node = call.argument
    if source is None or not isinstance(node, Scalar) or node.foreign or node.style != LITERAL:
        return None
    if node.text != source.text:
        return None
    return _lines(document, node)


def _lines(document: Document, node: Scalar) -> _Literal | None:
    file = document.text.find("\n", node.start) + 1
    code, indent = 0, ""
    starts: list[tuple[int, int]] = []
    for line in node.text.split("\n"):
        end = document.text.find("\n", file)
        end = len(document.text) if end < 0 else end
        written = document.text[file:end].rstrip("\r")
        if line and not written.endswith(line):
            return None
        before = len(written) - len(line) if line else 0
        indent = indent or (written[:before] if line else "")
        starts.append((code, file + before))
        code, file = code + len(line) + 1, end + 1
    return _Literal(document, indent, tuple(starts)) if not indent.strip() else None
