"""Bytes to text to a tree. The one place that knows which parser reads a file."""

from __future__ import annotations

from cfncors.errors import UnreadableTemplate
from cfncors.source.document import Beside, Document
from cfncors.source.nodes import Node, Scalar, children

_BOM = "\ufeff"


def decode(data: bytes) -> str:
    """The text of a file, a byte order mark kept as its first character.

    Raises :class:`UnreadableTemplate` with the line of the first byte that is not UTF-8.
    """
    try:
        return data.decode("utf-8")
    except UnicodeDecodeError as error:
        before = data[: error.start]
        line = before.count(b"\n") + 1
        column = len(before[before.rfind(b"\n") + 1 :].decode("utf-8", "replace")) + 1
        reason = f"not UTF-8: byte 0x{data[error.start]:02x}; save the file as UTF-8"
        raise UnreadableTemplate(reason, line, column) from None


def parse(text: str, name: str = "<text>") -> Document:
    """Read YAML or JSON. A file that begins with ``{`` is JSON, unless it is YAML's flow style.

    Raises :class:`UnreadableTemplate` with the place and the reason.
    """
    body = text[1:] if text.startswith(_BOM) else text
    if not body.strip():
        raise UnreadableTemplate("the file is empty", 1, 1, 0)
    if not body.lstrip().startswith("{"):
        from cfncors.source import yaml_reader

        return yaml_reader.read(text, name)
    from cfncors.source import json_reader

    try:
        return json_reader.read(text, name)
    except UnreadableTemplate as json_error:
        if name.endswith(".json"):
            raise
        from cfncors.source import yaml_reader

        try:
            return yaml_reader.read(text, name)
        except UnreadableTemplate as yaml_error:
            # Neither: the reader that came further points at the slip, JSON's when both stumble at one place.
            further = (yaml_error.offset or 0) > (json_error.offset or 0)
            raise (yaml_error if further else json_error) from None


def parse_beside(document: Document, text: str, name: str, place: Node) -> Document:
    """Read a file that ``document`` names at ``place``. Its nodes have offsets behind those of all files read so far,
    so that edits of several files can be made in one go; one that has been read already is not read again.

    Raises :class:`UnreadableTemplate` with the place in that file.
    """
    known = document.beside.get(name)
    if known is not None:
        return known.document
    read = parse(text, name)._replace(base=document.next_base, main=document)
    _move(read.root, read.base)
    document.beside[name] = Beside(read, place)
    return read


def code_beside(document: Document, text: str, name: str, place: Node) -> Document:
    """A file of code that ``document`` names at ``place``; see :func:`parse_beside`. It has places and no tree."""
    known = document.beside.get(name)
    if known is not None:
        return known.document
    base = document.next_base
    read = Document(name, text, Scalar("", base, base + len(text), ""), "code", base=base, main=document)
    document.beside[name] = Beside(read, place)
    return read


def _move(root: Node, by: int) -> None:
    """Let a tree begin further behind; what aliases repeat is moved once."""
    moved: set[int] = set()
    waiting: list[Node] = [root]
    while waiting:
        node = waiting.pop()
        if id(node) not in moved:
            moved.add(id(node))
            node.start += by
            node.end += by
            waiting.extend(children(node))
