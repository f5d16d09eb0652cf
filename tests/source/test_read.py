"""The readers: every node's place, every trap of libyaml, every way in which a file can be wrong."""

from __future__ import annotations

import json
from random import Random
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cfncors.errors import UnreadableTemplate
from cfncors.source import Document, Mapping, Scalar, decode, parse
from cfncors.source.nodes import plain_value
from tests.shared import corpus, needs_shared
from tests.source import writing
from tests.source.trees import data, pyyaml, ruamel, walk


def spelt(text: str, *path: str | int) -> str:
    """The text that the place of a node cuts out."""
    document = parse(text, "t.yaml")
    node: Any = document.root
    for step in path:
        node = node.get(step) if isinstance(step, str) else node.items[step]
    return document.source(node)


@pytest.mark.parametrize(
    ("text", "path", "expected"),
    [
        ("a: 1 # c\nb: 2\n", ("a",), "1"),
        ("a:\n  b: 1 # c\n\n# d\nc: 2\n", ("a",), "b: 1"),
        ("a:\n- x\n- y  \n\nc: 2\n", ("a",), "- x\n- y"),
        ("a: |\n  x\n\n\nb: 1\n", ("a",), "|\n  x"),
        ("a: |\n  x  \n     \n\nb: 1\n", ("a",), "|\n  x  \n     "),
        ("a: |+\n  x\n\n# c\nb: 1\n", ("a",), "|+\n  x\n\n"),
        ("a: >- # c\r\n  x\r\n\r\nb: 1\r\n", ("a",), ">- # c\r\n  x"),
        ("a: |2\n    x\n  \nb: 1\n", ("a",), "|2\n    x"),
        ("a: |\n\n\nb: 1\n", ("a",), "|"),
        ("a:\nb: 1\n", ("a",), ""),
        ("a: !Sub 'x' # c\n", ("a",), "!Sub 'x'"),
        ("a: &x\n  !T\n  b: 1\n", ("a",), "&x\n  !T\n  b: 1"),
        ("a: x\n  y # c\nb: 1\n", ("a",), "x\n  y"),
        ("a: {b: [1,\n 2]} # c\n", ("a",), "{b: [1,\n 2]}"),
        ("a: &x 1\nb:\n  c: 2\n  d: *x # *no\ne: 3\n", ("b",), "c: 2\n  d: *x"),
        ("a: &x 1\nb:\n- # *no\n  *x\ne: 3\n", ("b",), "- # *no\n  *x"),
        ("a: &x 1\nb:\n  *x : 2\ne: 3\n", ("b",), "*x : 2"),
        ("\ufeffa: 😀\nb: x\n", ("b",), "x"),
        ("a: 'x\u2028y\x85z'\nb: x\n", ("b",), "x"),
        ("😀: 1\r\nb: x\r\n", ("b",), "x"),
        ('{"a": "\\ud83d\\ude00😀",\t"b": [1, 2] }', ("b",), "[1, 2]"),
        ("--- {a: 1}\n", (), "{a: 1}"),
    ],
)
def test_a_place_cuts_out_its_own_text(text: str, path: tuple[str, ...], expected: str) -> None:
    assert spelt(text, *path) == expected


def check_places(document: Document) -> None:
    """A scalar's text, read alone, is its value; a collection ends where its last part does."""
    for node in walk(document.root):
        text = document.source(node)
        assert text == text.strip(" \t\r\n") or (isinstance(node, Scalar) and node.style in "|>"), text
        if isinstance(node, Scalar) and "&" not in text and node.style not in ("|", ">"):
            alone = parse(f"k:\n  {text}\n", "t.yaml").root
            assert isinstance(alone, Mapping)
            assert data(alone.entries[0].value) == data(node)


@settings(max_examples=150, deadline=None)
@given(st.integers(0, 2**48))
def test_random_files(seed: int) -> None:
    random = Random(seed)
    content = {"Top": 1} | {writing.key(random): writing.value(random, 3) for _ in range(4)}
    document = parse(writing.Writer.any(random).document(content))
    assert data(document.root) == content
    check_places(document)
    text = writing.json_text(random, content)
    document = parse(text, "t.json")
    assert document.format == "json"
    assert data(document.root) == content == json.loads(text)
    for node in walk(document.root):
        assert json.loads(document.source(node)) == data(node)


@needs_shared
@pytest.mark.parametrize("path", corpus(), ids=lambda path: path.name)
def test_real_templates(path: Any) -> None:
    text = decode(path.read_bytes())
    document = parse(text, path.name)
    assert data(document.root) == (json.loads(text) if document.format == "json" else pyyaml(text))
    check_places(document)


WRONG = {
    "empty": ("", "the file is empty", 1, 1),
    "blank": (" \n\n", "the file is empty", 1, 1),
    "only a comment": ("# nothing\n", "the file holds no document", 1, 1),
    "duplicate key": ("a: 1\nb: 2\n'a': 3\n", "duplicate key 'a', first on line 1; keep one of the two", 3, 1),
    "duplicate key in flow": ("x: {a: 1,\n  a: 2}\n", "duplicate key 'a', first on line 1; keep one of the two", 2, 3),
    "two documents": ("a: 1\n---\nb: 2\n", "more than one document in a file; a template is one", 2, 1),
    "a list as key": ("? [a]\n: b\n", "a key that is not a plain value (is a quote missing around {{…}}?)", 1, 3),
    "a cycle": ("a: &x\n  b: *x\n", "an alias that contains itself", 2, 6),
    "an unknown alias": ("a: *x\n", "not YAML: the alias *x has no anchor", 1, 4),
    "a tab for indent": (
        "a:\n\tb: 1\n",
        "not YAML: a tab where a token begins; indent with spaces", 2, 1,
    ),
    "a control character": ("a: 😀\nb: \x07\n", "not YAML: the control character '\\x07'", 2, 4),
    "cut in a quote": (
        "a: 1\nb: 'x\n", "not YAML: while scanning a quoted scalar found unexpected end of stream", 3, 1,
    ),
    "cut in a list": ("a: [1,\n", "not YAML: while parsing a flow node did not find expected node content", 2, 1),
    "block too deep": ("".join(" " * n + "a:\n" for n in range(200)), "nested more than 100 levels deep", 102, 102),
    "flow too deep": ("a: " + "[" * 200 + "]" * 200, "nested more than 100 levels deep", 1, 104),
    "a tower of brackets": ("[" * 300_000, "nested more than 100 levels deep", 1, 102),
    "a tower on a line each": ("[\n" * 3_000, "nested more than 100 levels deep", 102, 1),
    "a tower of keys": ("{? " * 3_000, "nested more than 100 levels deep", 1, 304),
    "a tower behind an anchor": ("a: &x " + "[" * 3_000, "nested more than 100 levels deep", 1, 107),
    "a tower in a list": ("a: [1, {x: 2}, '[[[', [" + "[" * 3_000, "nested more than 100 levels deep", 1, 122),
    "brackets in an open quote": (
        "a: ['" + "[" * 200, "not YAML: while scanning a quoted scalar found unexpected end of stream", 1, 206,
    ),
    "brackets in a comment": (
        f"a: [ # {'[' * 200}\n  [}}", "not YAML: while parsing a flow node did not find expected node content", 2, 4,
    ),
    "a tower of dashes": ("- " * 60_000, "nested more than 100 levels deep", 1, 203),
    "flow YAML": ("{a: 1, a: 2}", "duplicate key 'a', first on line 1; keep one of the two", 1, 8),
}  # fmt: skip

WRONG_JSON = {
    "duplicate key": ('{"a": 1,\n "a": 2}', "duplicate key 'a', first on line 1; keep one of the two", 2, 2),
    "text behind": ('{"a": 1}\nx', "text after the end of the JSON document", 2, 1),
    "trailing comma": ('{"a": 1,\n}', "not JSON: '}' where a key in double quotes belongs", 2, 1),
    "trailing comma in a list": ('{"a": [1,]}', "not JSON: ']' where a value belongs", 1, 10),
    "no comma": ('{"a": 1 "b": 2}', "not JSON: '\"' where ',' or '}' belongs", 1, 9),
    "no comma in a list": ('{"a": [1 2]}', "not JSON: '2' where ',' or ']' belongs", 1, 10),
    "no colon": ('{"a" 1}', "not JSON: '1' where ':' belongs", 1, 6),
    "unterminated string": ('{"a": "x', "not JSON: unterminated string starting", 1, 7),
    "line break in a string": ('{"a": "x\n"}', "not JSON: invalid control character", 1, 9),
    "wrong escape": ('{"a": "\\x"}', "not JSON: invalid \\escape", 1, 8),
    "cut in half": ('{"a": {"b":', "not JSON: the file ends in the middle of a value", 1, 12),
    "NaN": ('{"a": NaN}', "not JSON: 'N' where a value belongs", 1, 7),
    "leading zero": ('{"a": 01}', "not JSON: '0' where a value belongs", 1, 7),
    "too deep": ('{"a":' * 200, "nested more than 100 levels deep", 1, 506),
    "behind a byte order mark": ('\ufeff{"a": x}', "not JSON: 'x' where a value belongs", 1, 7),
}  # fmt: skip


def failure(text: str, name: str) -> tuple[str, int, int]:
    with pytest.raises(UnreadableTemplate) as caught:
        parse(text, name)
    error = caught.value
    if error.offset is not None:
        lines = text[: error.offset].removeprefix("\ufeff").split("\n")
        assert (error.line, error.column) == (len(lines), len(lines[-1]) + 1)
    return error.reason, error.line, error.column


@pytest.mark.parametrize("case", WRONG)
def test_wrong_yaml(case: str) -> None:
    text, reason, line, column = WRONG[case]
    assert failure(text, "t.yaml") == (reason, line, column)


@pytest.mark.parametrize("case", WRONG_JSON)
def test_wrong_json(case: str) -> None:
    text, reason, line, column = WRONG_JSON[case]
    assert failure(text, "t.json") == (reason, line, column)


def test_an_alias_bomb() -> None:
    text = "a0: &a0 [x, x]\n" + "".join(f"a{n}: &a{n} [*a{n - 1}, *a{n - 1}]\n" for n in range(1, 40))
    assert failure(text, "t.yaml") == ("aliases that expand to more than 1,000,000 values", 19, 6)


def test_not_utf8() -> None:
    with pytest.raises(UnreadableTemplate) as caught:
        decode("é: 1\nü".encode() + b"\xff\n")
    assert (caught.value.line, caught.value.column, caught.value.offset) == (2, 2, None)
    assert caught.value.reason == "not UTF-8: byte 0xff; save the file as UTF-8"


def test_cut_anywhere_is_an_answer() -> None:
    text = writing.Writer(Random(3), 2, 2).document({"a": {"b": ["c", {"d": "'*'"}]}, "e": "line\nbreak", "f": None})
    for end in range(len(text)):
        for name in ("t.yaml", "t.json"):
            try:
                parse(text[:end], name)
            except UnreadableTemplate as error:
                assert 0 <= (error.offset or 0) <= end  # noqa: PT017


def test_merge_keys() -> None:
    text = "a: &a {x: 1, w: 2}\nb: &b {x: 3, z: 4}\nc:\n  <<: *a\n  w: own\nd:\n  <<: [*b, *a]\n"
    document = parse(text)
    root: Any = document.root
    assert data(root) == pyyaml(text) == ruamel(text, "1.1")
    assert root.get("c").get("w").text == "own"
    assert root.get("d").get("x").text == "3"
    assert "<<" not in root.get("c")
    assert [entry.key.text for entry in root.get("c").entries] == ["<<", "w"]


def test_sharers() -> None:
    document = parse("a: &x\n  k: {z: 1}\nb: *x\nc: [*x]\nd: &y 1\n")
    root: Any = document.root
    shared = document.sharers(root.get("b").get("k").get("z"))
    assert shared is not None
    assert shared.node is root.get("a") is root.get("b")
    assert shared.aliases == 2
    assert document.sharers(root.get("d")) is None
    assert document.sharers(root) is None


def test_path_and_position() -> None:
    document = parse("\ufeffa: &x\n  - b: 1\n    c: 😀\r\nd: *x\n")
    root: Any = document.root
    value = root.get("d").items[0].get("c")
    assert document.path(value) == ["a", 0, "c"]
    assert document.path(root.entries[1].key) == ["d"]
    assert document.path(root) == []
    assert document.path(Scalar("", 0, 0, "")) == []
    assert document.position(value.start) == (3, 8, value.start)
    assert document.position(value.end).column == 9
    assert document.position(1) == (1, 1, 1)
    assert document.line_text(3) == "    c: 😀"
    assert document.line_text(1) == "a: &x"
    assert document.newline == "\n"
    assert parse("a: 1\r\nb: 2\n").newline == "\r\n"


@pytest.mark.parametrize(
    ("text", "name", "form", "expected"),
    [
        ("{a: 1}", "t.yaml", "yaml", {"a": 1}),
        ('{"a": 1} # c', "t", "yaml", {"a": 1}),
        ('{"a": 1}', "t.yaml", "json", {"a": 1}),
        ('\ufeff \t\n{"a": 1}', "t", "json", {"a": 1}),
        ("---\na: 1\n...\n# c\n", "t", "yaml", {"a": 1}),
        ("a: 1\n...\n", "t", "yaml", {"a": 1}),
        ("---\n", "t", "yaml", None),
        (
            '{"a": 1e5, "b": 1.5E3, "c": -0, "d": 2e-1, "e": true}',
            "t",
            "json",
            {"a": 1e5, "b": 1500.0, "c": 0, "d": 0.2, "e": True},
        ),
        ("a: !!str 5\nb: ! 5\nc: &x !!str 5\nd: !!int '5'\n", "t", "yaml", {"a": "5", "b": "5", "c": "5", "d": 5}),
        ("&k a: 1\nb: *k\n", "t", "yaml", {"a": 1, "b": "a"}),
    ],
)
def test_formats(text: str, name: str, form: str, expected: Any) -> None:
    document = parse(text, name)
    assert document.format == form
    assert data(document.root) == expected


NUMBERS = (
    "0",
    "-1",
    "+1",
    "017",
    "0x1F",
    "1_000",
    "08",
    "1.5",
    "1.",
    ".5",
    "1.5e+3",
    "1e5",
    ".",
    "+",
    "2.x",
    "0x",
    "1.2.3",
)


@pytest.mark.parametrize("text", ["", "~", "yes", "Off", "y", "NO", "x", *NUMBERS])
def test_plain_values_are_those_of_pyyaml(text: str) -> None:
    assert repr(plain_value(text)) == repr(pyyaml(f"k: {text}")["k"])


def test_plain_values_that_stay_text() -> None:
    for text in ("2012-10-17", "12:30:45", "9" * 5000, "0x_"):
        assert plain_value(text) == text
