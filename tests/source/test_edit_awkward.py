"""Every edit of files full of anchors, tags, block scalars and odd spellings: faithful, or refused with a reason."""

from __future__ import annotations

import copy
from collections.abc import Callable, Iterator
from functools import partial
from typing import Any, NamedTuple

import pytest

from cfncors.errors import CannotEdit
from cfncors.source import Document, Edit, Mapping, append, apply, parse, put, remove
from tests.source.test_edit import RAW
from tests.source.trees import collections, data, pyyaml

ODD = """\
a:
  - &x !T
    b: 1
  - *x
  - !T {c: 1}
  - ? k
    : v
  -
    - 1
  - - - 2
b: !T
- 1
c: !!str 5
d: &e
f: *e
g: {h: &i [1, 2], j: *i, k, l: }
m: "x
  y"
n: |2
    q
   r
o: >+
  s


# c
p:
    # z
  # y
"""
FILES = {"copies": RAW, "CRLF": RAW.replace("\n", "\r\n"), "no final newline": RAW.rstrip("\n"), "odd": ODD}
#: the only reasons to refuse an edit of these files
REASONS = ("used elsewhere", "is not written as 'key: value'", "is written as '? key'", "comes from a merge key")


class Change(NamedTuple):
    name: str
    edits: Callable[[], tuple[Edit, ...]]
    expected: Callable[[Any], Any]


def changes(document: Document, node: Any) -> Iterator[Change]:
    new: Any = {"er": ["v", {"w": "1"}]}
    keys: list[Any] = list(range(len(node.items))) if not isinstance(node, Mapping) else []
    if isinstance(node, Mapping):
        keys = [entry.key.text for entry in node.entries if entry.key.text != "<<"]
        for key in keys:
            yield Change("after", partial(put, document, node, ["new"], new, after=key), partial(having, "new", new))
            yield Change("before", partial(put, document, node, ["new"], new, before=key), partial(having, "new", new))
            values: list[Any] = ["s", {"a": {"b": ["1"]}}, ["z"], None]
            for value in values:
                name = f"set {key} to {value}"
                yield Change(name, partial(put, document, node, [key], value), partial(having, key, value))
    else:
        yield Change("append", partial(append, document, node, new), lambda content: [*content, new])
    for key in keys:
        yield Change(f"remove {key}", partial(remove, document, node, key), partial(without, key))


def having(key: Any, value: Any, content: Any) -> Any:
    return content | {key: value}


def without(key: Any, content: Any) -> Any:
    if isinstance(content, dict):
        return {name: value for name, value in content.items() if name != key}
    return content[:key] + content[key + 1 :]


def changed(content: Any, path: list[str | int], change: Callable[[Any], Any]) -> Any:
    if isinstance(content, tuple):
        return content[0], changed(content[1], path, change)
    if not path:
        return change(content)
    result = copy.copy(content)
    result[path[0]] = changed(content[path[0]], path[1:], change)
    return result


@pytest.mark.parametrize("name", FILES)
def test_every_edit(name: str) -> None:
    text = FILES[name]
    document = parse(text)
    before = data(document.root)
    assert before == pyyaml(text)
    made = 0
    refused: set[str] = set()
    for node in collections(document):
        if document.sharers(node):
            continue
        for change in changes(document, node):
            try:
                result = apply(text, change.edits())
            except CannotEdit as error:
                refused.add(str(error))
                continue
            made += 1
            after = data(parse(result).root)
            assert after == pyyaml(result), result
            aliased = change.name.startswith("set") and "&" in text  # a set anchor changes its aliases, too
            assert after == changed(before, document.path(node), change.expected) or aliased, (change.name, result)
    assert made > 100
    assert not [why for why in refused if not any(reason in why for reason in REASONS)]
