"""A tree as plain data, by our reader and by two that know nothing of it."""

from __future__ import annotations

import io
import re
from collections.abc import Iterator
from typing import Any

import yaml
from ruamel.yaml import YAML
from ruamel.yaml.constructor import SafeConstructor

from cfncors.source import Document, Mapping, Node, Scalar, Sequence
from cfncors.source.nodes import children


def data(node: Node) -> Any:
    """Plain data, merge keys resolved; a tagged value is ``(tag, value)``."""
    if isinstance(node, Scalar):
        return node.value if node.tag is None else (node.tag, node.text)
    value: Any
    if isinstance(node, Mapping):
        value = {key: data(entry.value) for key, entry in node.items()}
    else:
        value = [data(item) for item in node.items]
    return value if node.tag is None else (node.tag, value)


class _PyYAML(yaml.CSafeLoader):
    """PyYAML without dates, as CloudFormation has none."""

    yaml_implicit_resolvers = {
        first: [(tag, pattern) for tag, pattern in resolvers if not tag.endswith("timestamp")]
        for first, resolvers in yaml.CSafeLoader.yaml_implicit_resolvers.items()
    }


def _tagged(loader: Any, suffix: str, node: Any) -> Any:
    if isinstance(node, yaml.ScalarNode) or node.id == "scalar":
        return "!" + suffix, node.value
    if isinstance(node, yaml.SequenceNode) or node.id == "sequence":
        return "!" + suffix, loader.construct_sequence(node, deep=True)
    return "!" + suffix, loader.construct_mapping(node, deep=True)


_PyYAML.add_multi_constructor("!", _tagged)


def pyyaml(text: str) -> Any:
    """The data as PyYAML (YAML 1.1) reads it."""
    return yaml.load(text, Loader=_PyYAML)


class _Ruamel(SafeConstructor):
    """ruamel.yaml's safe data with our way to show tags."""


_Ruamel.add_multi_constructor("!", _tagged)


def ruamel(text: str, version: str = "1.2") -> Any:
    """The data as ruamel.yaml (YAML 1.2) reads it."""
    reader = YAML(typ="safe", pure=True)
    reader.Constructor = _Ruamel
    reader.version = version
    return reader.load(io.StringIO(text.removeprefix("\ufeff")))


def walk(node: Node, seen: set[int] | None = None) -> Iterator[Node]:
    """Every node once, keys included."""
    seen = set() if seen is None else seen
    if id(node) not in seen:
        seen.add(id(node))
        yield node
        for child in children(node):
            yield from walk(child, seen)


def collections(document: Document) -> list[Mapping | Sequence]:
    """Every mapping and sequence once."""
    return [node for node in walk(document.root) if not isinstance(node, Scalar)]


def comments(text: str) -> list[str]:
    """The numbered comments of :mod:`tests.source.writing`."""
    return re.findall(r"#c[0-9]+\.", text)
