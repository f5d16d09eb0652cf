"""Bytes to text to a tree. The one place that knows which parser reads a file."""

from __future__ import annotations

from cfncors.errors import UnreadableTemplate
from cfncors.source.document import Document

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
