"""How the resources that the Serverless Framework makes are written: plain data with nodes of the service's file."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final, NamedTuple, TypeAlias, Union

from cfncors.source import Mapping, Node, Scalar, Sequence
from cfncors.source.nodes import PLAIN, Entry
from cfncors.template.intrinsics import HOLE, UNKNOWN
from cfncors.template.placed import text_at
from cfncors.template.serverless import Service

#: Plain data with nodes in it; ``None`` is left out.
Data: TypeAlias = Union[str, bool, Node, "dict[str, Data]", "list[Data]", None]

#: What the framework lets a page send unless told otherwise (``api-gateway/lib/validate.js``, ``http-api.js``).
DEFAULT_HEADERS: Final = (
    "Content-Type",
    "X-Amz-Date",
    "Authorization",
    "X-Api-Key",
    "X-Amz-Security-Token",
    "X-Amz-User-Agent",
    "X-Amzn-Trace-Id",
)


class Made(NamedTuple):
    """A resource that the framework makes."""

    logical_id: str
    place: Node
    type: str
    properties: dict[str, Data]


def node_of(data: Data, place: Node) -> Node:
    """A node that nobody wrote, at a place; the nodes in it stay where they are."""
    made: Node
    if isinstance(data, dict):
        entries = [Entry(_key(key, v, place), node_of(v, place)) for key, v in data.items() if v is not None]
        made = Mapping(entries, place.start, place.end, True)
    elif isinstance(data, list):
        made = Sequence([node_of(item, place) for item in data if item is not None], place.start, place.end, True)
    elif isinstance(data, str):
        return text_at(data, place)
    elif isinstance(data, bool):
        made = Scalar(str(data).lower(), place.start, place.end, PLAIN)
    elif data is None:
        made = Scalar("null", place.start, place.end, PLAIN)
    else:
        return data
    made.foreign = True
    return made


def _key(text: str, value: Data, place: Node) -> Scalar:
    return text_at(text, value if isinstance(value, Scalar | Mapping | Sequence) else place)


def joined(service: Service, place: Node, *parts: str | Node) -> Scalar:
    """A text of several parts; what is not known of them, or no text, is a hole in it."""
    text, known = "", True
    names: frozenset[str] = frozenset()
    for part in parts:
        if isinstance(part, str):
            text += part
        elif isinstance(part, Scalar) and part.tag is None:
            text += part.text
            names |= service.assumes(part)
        else:
            known = False
            text += part.text if isinstance(part, Scalar) and part.tag == UNKNOWN else f"{HOLE}{part!r}{HOLE}"
    made = text_at(text, place, None if known else UNKNOWN)
    if known:
        service.resolver.assume(made, names)
    written = "".join(part if isinstance(part, str) else service.source_text(part) for part in parts)
    if written != text:
        service.resolver.texts[id(made)] = (made, written)
    return made


def is_true(node: Node | None) -> bool:
    """Whether JavaScript takes a value for true, as the framework does; an unknown one is."""
    if node is None:
        return False
    return not isinstance(node, Scalar) or node.tag is not None or bool(node.value)


def is_unknown(node: Node | None) -> bool:
    """Whether a value is known only when the service is packaged."""
    return node is not None and node.tag == UNKNOWN


def listed(node: Node | None) -> list[Node]:
    """The items of a list, or the one that stands in its place."""
    if isinstance(node, Sequence) and node.tag is None:
        return node.items
    return [] if node is None or (isinstance(node, Scalar) and node.is_null) else [node]


def text_of(node: Node | None) -> str | None:
    """The text of a known value."""
    return node.text if isinstance(node, Scalar) and node.tag is None and not node.is_null else None


def unique(*groups: Iterable[Node]) -> list[Node]:
    """The nodes of some lists without those whose text came before."""
    found: dict[str, Node] = {}
    for node in (node for group in groups for node in group):
        text = text_of(node)
        found.setdefault(text if text is not None else f"{HOLE}{id(node)}", node)
    return list(found.values())


def separated(nodes: Iterable[Node]) -> list[str | Node]:
    """Nodes with commas between them, for :func:`joined`."""
    return [part for at, node in enumerate(nodes) for part in ([",", node] if at else [node])]
