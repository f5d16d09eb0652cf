"""Where code writes a header's value, for what is followed only gives the object that the header is in."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Final

from cfncors.handlers.model import FULL, Place
from cfncors.handlers.syntax import NotRead
from cfncors.handlers.tree import Places, parse

if TYPE_CHECKING:
    from ast_grep_py import SgNode

_PAIRS: Final = {"python": "pair", "javascript": "pair", "typescript": "pair", "tsx": "pair"}
_ASSIGNED: Final = {
    "python": "assignment", "javascript": "assignment_expression", "typescript": "assignment_expression",
    "tsx": "assignment_expression",
}  # fmt: skip
_TEXTS: Final = ("string", "string_literal")
_QUOTES: Final = "'\"`"


def values(text: str, language: str, path: str, name: str, value: str) -> tuple[Place, ...]:
    """Each place where a file gives a header a text: as an entry of an object, or as ``headers["…"] = "…"``. ``name``
    in lower case. None in a file that cannot be read, or whose language is not followed."""
    if language not in FULL:
        return ()
    try:
        root = parse(text, language, path)
    except NotRead:
        return ()
    places = Places(path)
    return tuple(places.place(node) for key, node in _given(root, language) if key == name and _bare(node) == value)


def _given(root: SgNode, language: str) -> Iterator[tuple[str, SgNode]]:
    for pair in root.find_all(kind=_PAIRS[language]):
        key, value = pair.field("key"), pair.field("value")
        if key is not None and value is not None and value.kind() in _TEXTS:
            yield _bare(key).lower(), value
    for each in root.find_all(kind=_ASSIGNED[language]):
        left, right = each.field("left"), each.field("right")
        if left is None or right is None or right.kind() not in _TEXTS:
            continue
        index = left.field("subscript") or left.field("index")
        if index is not None:
            yield _bare(index).lower(), right


def _bare(node: SgNode) -> str:
    return node.text().strip(_QUOTES)
