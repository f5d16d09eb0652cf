"""The parser's door: a file's text becomes a tree, and what every reader asks of a node.

ast-grep's Python package is the one library used; it is loaded with the first file that is read, not before.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import TYPE_CHECKING

from cfncors.handlers.model import Place
from cfncors.handlers.syntax import Argument, Expression, Name, NotRead, Opaque, Spread, Statement

if TYPE_CHECKING:
    from ast_grep_py import SgNode


def parse(text: str, language: str, path: str) -> SgNode:
    """The tree of a file. Raises :class:`NotRead` with the line of the first syntax error."""
    from ast_grep_py import SgRoot

    try:
        root = SgRoot(text, language).root()
    except UnicodeEncodeError:  # half of a pair, which JSON can write and UTF-8 cannot
        raise NotRead(f"{path}: holds characters that are none") from None
    broken = root.find(kind="ERROR")
    if broken is None and text.strip():
        broken = root.find(regex="^$")  # what the parser put in for something missing
    if broken is not None:
        raise NotRead(f"{path}:{broken.range().start.line + 1}: not {language} that can be read")
    return root


class Places:
    """What the readers of all languages share: the file's path, places, and children without comments."""

    def __init__(self, path: str) -> None:
        self.path = path

    def place(self, node: SgNode) -> Place:
        """Where a node stands."""
        span = node.range()
        return Place(self.path, span.start.index, span.end.index, span.start.line + 1)

    def children(self, node: SgNode) -> list[SgNode]:
        """The parts of a node that mean something."""
        return [child for child in node.children() if child.is_named() and child.kind() != "comment"]


class Reader(Places, ABC):
    """A reader of a language whose code is followed."""

    @abstractmethod
    def expression(self, node: SgNode) -> Expression:
        """The meaning of an expression."""

    def expressions(self, nodes: list[SgNode]) -> tuple[Expression, ...]:
        """The meaning of several."""
        return tuple(self.expression(node) for node in nodes)

    def opaque(self, node: SgNode, reason: str = "computed") -> Opaque:
        """What is not followed, with its parts."""
        return Opaque(self.expressions(self.children(node)), self.place(node), reason)

    def name(self, node: SgNode) -> Name:
        """A node that is a name."""
        return Name(node.text(), self.place(node))

    def argument(self, value: Expression) -> Argument:
        """An argument by place, perhaps spread."""
        return Argument(value.value, spread=True) if isinstance(value, Spread) else Argument(value)


def token(node: SgNode, *kinds: str) -> bool:
    """Whether a node has an unnamed part: a keyword, an operator."""
    return any(not child.is_named() and child.kind() in kinds for child in node.children())


__all__ = ["Places", "Reader", "Statement", "parse", "token"]
