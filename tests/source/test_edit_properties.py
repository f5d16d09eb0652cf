"""Whatever the file looks like, an edit changes exactly what it says: three readers agree on the result."""

from __future__ import annotations

import copy
import json
from random import Random
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from cfncors.source import Document, Mapping, Scalar, append, apply, decode, parse, put, remove, rename, replace
from tests.shared import corpus, needs_shared
from tests.source import writing
from tests.source.trees import collections, comments, data, pyyaml, ruamel, walk

seeds = st.integers(0, 2**48)
many = settings(max_examples=300, deadline=None, suppress_health_check=[HealthCheck.too_slow])


def at(content: Any, path: list[str | int]) -> Any:
    for step in path:
        content = content[step]
    return content


def written(random: Random, content: Any) -> tuple[str, str]:
    if random.random() < 0.3:
        return writing.json_text(random, content), "t.json"
    return writing.Writer.any(random).document(content), "t.yaml"


def check(text: str, name: str, edits: Any, expected: Any) -> str:
    result = apply(text, edits)
    document = parse(result, name)
    assert data(document.root) == expected, result
    if document.format == "json":
        assert json.loads(result.removeprefix("\ufeff")) == expected
    else:
        assert pyyaml(result.removeprefix("\ufeff")) == expected, result
        if not any(mark in result for mark in "\x85\u2028\u2029"):
            assert ruamel(result) == expected, result
    return result


def start(seed: int) -> tuple[Random, str, Document, Any]:
    random = Random(seed)
    content = {"Top": 1} | {writing.key(random): writing.value(random, 3) for _ in range(random.randint(0, 4))}
    text, name = written(random, content)
    document = parse(text, name)
    assert data(document.root) == content, text
    return random, text, document, content


def new_key(random: Random, taken: Any) -> str:
    name = writing.key(random)
    while name in taken:
        name += "x"
    return name


@many
@given(seeds)
def test_put_a_new_key(seed: int) -> None:
    random, text, document, content = start(seed)
    mapping = random.choice([node for node in collections(document) if isinstance(node, Mapping)])
    path = [new_key(random, mapping), *(writing.key(random) for _ in range(random.choice([0, 0, 1, 2])))]
    value = writing.value(random, 2)
    names = [entry.key.text for entry in mapping.entries]
    beside = random.choice([None, *names])
    before = random.random() < 0.3
    edits = put(document, mapping, path, value, **({"before": beside} if before else {"after": beside}))
    expected = copy.deepcopy(content)
    target = at(expected, document.path(mapping))
    old = list(target.items())
    for name in reversed(path[1:]):
        value = {name: value}
    place = names.index(beside) + (not before) if beside is not None else len(names)
    target.clear()
    target.update([*old[:place], (path[0], value), *old[place:]])
    result = check(text, document.name, edits, expected)
    assert list(at(data(parse(result, document.name).root), document.path(mapping))) == list(target)
    assert comments(result) == comments(text)


@many
@given(seeds)
def test_replace_any_value(seed: int) -> None:
    random, text, document, content = start(seed)
    keys = {id(entry.key) for node in collections(document) if isinstance(node, Mapping) for entry in node.entries}
    node = random.choice([node for node in walk(document.root) if id(node) not in keys])
    path = document.path(node)
    value = writing.value(random, 2)
    expected = copy.deepcopy(content)
    if path:
        at(expected, path[:-1])[path[-1]] = value
    else:
        expected = value
        if not isinstance(value, (dict, list)) or (document.format == "yaml" and isinstance(value, list)):
            return
    edits = replace(document, node, value)
    result = check(text, document.name, edits, expected)
    if isinstance(node, Scalar):
        assert comments(text) == comments(result), result


@many
@given(seeds)
def test_rename_a_key(seed: int) -> None:
    random, text, document, content = start(seed)
    mapping = random.choice([n for n in collections(document) if isinstance(n, Mapping) and n.entries])
    key = random.choice(mapping.entries).key
    name = new_key(random, mapping)
    expected = copy.deepcopy(content)
    target = at(expected, document.path(mapping))
    target[name] = target.pop(key.text)
    check(text, document.name, rename(document, key, name), expected)


@many
@given(seeds)
def test_append_an_item(seed: int) -> None:
    random, text, document, content = start(seed)
    sequences = [node for node in collections(document) if not isinstance(node, Mapping)]
    if not sequences:
        return
    sequence = random.choice(sequences)
    value = writing.value(random, 2)
    expected = copy.deepcopy(content)
    at(expected, document.path(sequence)).append(value)
    result = check(text, document.name, append(document, sequence, value), expected)
    assert comments(text) == comments(result), result


@many
@given(seeds)
def test_remove_an_entry(seed: int) -> None:
    random, text, document, content = start(seed)
    container: Any = random.choice([n for n in collections(document) if data(n)])
    key: Any = random.choice(
        [e.key.text for e in container.entries] if isinstance(container, Mapping) else range(len(container.items))
    )
    expected = copy.deepcopy(content)
    target = at(expected, document.path(container))
    del target[key]
    check(text, document.name, remove(document, container, key), expected)


@needs_shared
@pytest.mark.parametrize("path", corpus(), ids=lambda path: path.name)
def test_put_in_real_templates(path: Any) -> None:
    text = decode(path.read_bytes())
    document = parse(text, path.name)
    mappings = [
        node
        for node in collections(document)
        if isinstance(node, Mapping) and node.entries and not document.sharers(node)
    ]
    before = data(document.root)
    for mapping in mappings[:: 1 + len(mappings) // 12]:
        edits = put(document, mapping, ["Zz", "Inner"], ["'*'", {"a": "1"}])
        result = apply(text, edits)
        expected = copy.deepcopy(before)
        target = expected
        for step in document.path(mapping):
            target = untagged(untagged(target)[step])
        untagged(target)["Zz"] = {"Inner": ["'*'", {"a": "1"}]}
        assert data(parse(result, path.name).root) == expected
        kept = iter(result.splitlines())
        assert all(line.rstrip(",") in (other.rstrip(",") for other in kept) for line in text.splitlines()[:-1])


def untagged(content: Any) -> Any:
    return content[1] if isinstance(content, tuple) else content
