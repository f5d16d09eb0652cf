"""The style of each place: what is written, byte by byte."""

from __future__ import annotations

from typing import Any

import pytest

from cfncors.errors import CannotEdit
from cfncors.source import Edit, Mapping, Node, Raw, Scalar, Tagged, append, apply, parse, put, remove, rename, replace
from tests.source.trees import data, pyyaml


def node_at(root: Node, *path: str | int) -> Any:
    node: Any = root
    for step in path:
        node = node.get(step) if isinstance(step, str) else node.items[step]
    return node


def after_put(text: str, where: str, value: Any, name: str = "t.yaml", **place: str) -> str:
    """``where`` is ``mapping/path``: keys to go down, a blank, then the path to put."""
    down, _, path = where.rpartition(" ")
    document = parse(text, name)
    mapping = node_at(document.root, *down.split())
    result = apply(text, put(document, mapping, path.split("."), value, **place))
    parse(result, name)
    return result


PUT = {
    "block": ("a: 1\nb: 2\n", "c", "x", "a: 1\nb: 2\nc: x\n"),
    "no final newline": ("a: 1", "c", "x", "a: 1\nc: x"),
    "CRLF": ("a: 1\r\nb:\r\n  c: 2\r\n", "b d", "x", "a: 1\r\nb:\r\n  c: 2\r\n  d: x\r\n"),
    "byte order mark": ("\ufeffa: 1\n", "b", "x", "\ufeffa: 1\nb: x\n"),
    "before blank lines and the next key's comment": (
        "a:\n  b: 1  # one\n\n# about c\nc: 2\n", "a x", "why", "a:\n  b: 1  # one\n  x: why\n\n# about c\nc: 2\n",
    ),
    "a deeper comment stays with its value": ("a:\n  b: 1\n  # b2: 2\n", "x", "why", "a:\n  b: 1\n  # b2: 2\nx: why\n"),
    "trailing blank lines": ("a: 1\n\n\n", "x", "why", "a: 1\nx: why\n\n\n"),
    "document end": ("---\na: 1\n...\n", "x", "why", "---\na: 1\nx: why\n...\n"),
    "indent of four": (
        "a:\n    b:\n        c: 1\n", "a x.p.z", 1, "a:\n    b:\n        c: 1\n    x:\n        p:\n            z: 1\n",
    ),
    "indent of one": ("a:\n b: 1\n", "x.p", 1, "a:\n b: 1\nx:\n p: 1\n"),
    "null": ("a:\n  p: # none yet\n  q: 1\n", "a p.x", 1, "a:\n  p: # none yet\n    x: 1\n  q: 1\n"),
    "tilde": ("p: ~ # c\nq: 1\n", "p.x", 1, "p: # c\n  x: 1\nq: 1\n"),
    "empty braces": ("p: {} # c\nq: 1\n", "p.x", 1, "p: # c\n  x: 1\nq: 1\n"),
    "comment before the first key": ("p:\n    # c\n    s: x\n", "p t", 1, "p:\n    # c\n    s: x\n    t: 1\n"),
    "dashes not indented": ("a:\n- 1\nb: {}\n", "x", ["p"], "a:\n- 1\nb: {}\nx:\n- p\n"),
    "dashes indented": (
        "a:\n    - 1\n", "x", ["p", {"q": "r", "s": []}], "a:\n    - 1\nx:\n    - p\n    - q: r\n      s: []\n",
    ),
    "quoted keys": ('"a": 1\n"b": 2\n', "c", 1, '"a": 1\n"b": 2\n"c": 1\n'),
    "keys that have to be quoted": (
        "p:\n  '200':\n    q: 1\n", "p 202", {"r": 1}, "p:\n  '200':\n    q: 1\n  '202':\n    r: 1\n",
    ),
    "quoted keys further out": (
        "'p':\n  '200': x\n", "p 202", {"r": 1}, "'p':\n  '200': x\n  '202':\n    'r': 1\n",
    ),
    "neighbours use single quotes": ("a: 'x'\n", "b", "yes", "a: 'x'\nb: 'yes'\n"),
    "a header literal": ("a: 'x'\n", "b", "'GET,POST'", "a: 'x'\nb: \"'GET,POST'\"\n"),
    "one-line flow": ("x: {a: 1, b: 2}\n", "x c", "v,w", 'x: {a: 1, b: 2, c: "v,w"}\n'),
    "padded flow": ("x: { a: 1 }\n", "x c", {"d": 1}, "x: { a: 1, c: { d: 1 } }\n"),
    "flow with a trailing comma": ("x: {a: 1, }\n", "x c", 1, "x: {a: 1, c: 1, }\n"),
    "flow with quoted keys": ('x: {"a":1,"b":2}\n', "x c", "v", 'x: {"a":1,"b":2,"c":"v"}\n'),
    "flow over lines": (
        "x: {\n    a: 1, # one\n    b: 2 # two\n  }\n", "x c", 1,
        "x: {\n    a: 1, # one\n    b: 2, # two\n    c: 1\n  }\n",
    ),
    "flow over lines with a trailing comma": ("x: {\n  a: 1, # c\n}\n", "x c", 1, "x: {\n  a: 1, # c\n  c: 1,\n}\n"),
    "flow behind the document start": ("--- {a: 1}\n", "b", 2, "--- {a: 1, b: 2}\n"),
    "behind a literal": ("a: |\n  x\n\nb: 1\n", "c", 1, "a: |\n  x\n\nb: 1\nc: 1\n"),
    "behind a keeping literal": ("p:\n  a: |+\n    x\n\nb: 1\n", "p c", 1, "p:\n  a: |+\n    x\n\n  c: 1\nb: 1\n"),
    "behind a literal that ends the file": ("a: |\n  x", "c", 1, "a: |-\n  x\nc: 1"),
    "behind a plain text on two lines": ("a: x\n  y # c\n", "c", 1, "a: x\n  y # c\nc: 1\n"),
    "behind a quoted text on two lines": ("a: 'x\n\n  y'\n", "c", 1, "a: 'x\n\n  y'\nc: 1\n"),
    "value on the line below": ("a:\n  'x' # c\nb: 1\n", "a", "why", "a:\n  'why' # c\nb: 1\n"),
    "trailing blanks": ("a: 1  \nb: 2\n", "a", "why", "a: why  \nb: 2\n"),
    "anchored mapping": ("a: &x\n  b: 1\nc: *x\n", "a d", 1, "a: &x\n  b: 1\n  d: 1\nc: *x\n"),
    "beside a merge key": ("a: &x {b: 1}\nc:\n  <<: *x # c\n", "c d", 1, "a: &x {b: 1}\nc:\n  <<: *x # c\n  d: 1\n"),
    "an alias gives way": ("a: &x 1\nb: *x\n", "b", 2, "a: &x 1\nb: 2\n"),
}  # fmt: skip


@pytest.mark.parametrize("case", PUT)
def test_put(case: str) -> None:
    text, where, value, expected = PUT[case]
    assert after_put(text, where, value) == expected


JSON = {
    "two": ('{\n  "a": {\n    "b": 1\n  }\n}\n', "a c", "'*'", '{\n  "a": {\n    "b": 1,\n    "c": "\'*\'"\n  }\n}\n'),
    "tabs": ('{\n\t"a": {}\n}', "a.x.why", 1, '{\n\t"a": {\n\t\t"x": {\n\t\t\t"why": 1\n\t\t}\n\t}\n}'),
    "one line": ('{"a":1,"b":{}}', "b.c", ["x", None], '{"a":1,"b":{"c":["x",null]}}'),
    "one line, spaced": ('{"a": 1, "b": { }}', "b.c", True, '{"a": 1, "b": {"c": true}}'),
    "list in a line": ('{\n  "a": [1, 2]\n}', "b", [1], '{\n  "a": [1, 2],\n  "b": [\n    1\n  ]\n}'),
    "empty": ("{}\n", "b", 1, '{\n  "b": 1\n}\n'),
    "CRLF": ('{\r\n "a": 1\r\n}\r\n', "b.c", 1, '{\r\n "a": 1,\r\n "b": {\r\n  "c": 1\r\n }\r\n}\r\n'),
    "escapes": ('{"a":1}', "b", 'q"\\\n\x7f', '{"a":1,"b":"q\\"\\\\\\n\\u007f"}'),
    "line separators in a text": ('{"a":["\u2028\x85"],"b":[]}', "c", 1, '{"a":["\u2028\x85"],"b":[],"c":1}'),
    "null in the way": ('{\n  "a": null\n}', "a.b", 1, '{\n  "a": {\n    "b": 1\n  }\n}'),
}  # fmt: skip


@pytest.mark.parametrize("case", JSON)
def test_put_in_json(case: str) -> None:
    text, where, value, expected = JSON[case]
    assert after_put(text, where, value, "t.json") == expected


@pytest.mark.parametrize(
    ("text", "place", "expected"),
    [
        ("a: 1\n\n# b\nb: 2\n", {"after": "a"}, "a: 1\nx: 0\n\n# b\nb: 2\n"),
        ("a: 1\n\n# b\nb: 2\n", {"before": "b"}, "a: 1\n\nx: 0\n# b\nb: 2\n"),
        ("# about the file\na: 1\n", {"before": "a"}, "# about the file\nx: 0\na: 1\n"),
        ("\ufeffa: 1\n", {"before": "a"}, "\ufeffx: 0\na: 1\n"),
        ("{a: 1, b: 2}", {"after": "a"}, "{a: 1, x: 0, b: 2}"),
        ("{a: 1, b: 2}", {"before": "a"}, "{x: 0, a: 1, b: 2}"),
        ('{\n  "a": 1,\n  "b": 2\n}', {"after": "a"}, '{\n  "a": 1,\n  "x": 0,\n  "b": 2\n}'),
        ('{\n  "a": 1,\n  "b": 2\n}', {"before": "b"}, '{\n  "a": 1,\n  "x": 0,\n  "b": 2\n}'),
        ("a: 1\n", {"after": "no such key"}, "a: 1\nx: 0\n"),
    ],
)
def test_put_beside(text: str, place: dict[str, str], expected: str) -> None:
    assert after_put(text, "x", 0, **place) == expected


def test_put_in_a_sequence_item() -> None:
    document = parse("r:\n  - a: 1\n    b: 2\n  - c: 3\n")
    item = node_at(document.root, "r", 0)
    assert apply(document.text, put(document, item, ["o", "m"], 1)) == (
        "r:\n  - a: 1\n    b: 2\n    o:\n      m: 1\n  - c: 3\n"
    )
    assert apply(document.text, put(document, item, ["o"], 1, before="a")) == (
        "r:\n  - o: 1\n    a: 1\n    b: 2\n  - c: 3\n"
    )


@pytest.mark.parametrize(
    ("text", "path", "reason"),
    [
        ("a: 1\n", ["a", "b"], "'a' is not a mapping"),
        ("a: [1]\n", ["a", "b"], "'a' is not a mapping"),
        ("x: &m {a: {b: 1}}\nc: {<<: *m}\n", ["c", "a", "z"], "'a' comes from a merge key"),
        ("? a\n: b\n", ["x"], "the key 'a' is not written as 'key: value'"),
        ("a: &x {b: 1}\nc: *x\n", ["a"], "it holds &x, which is used elsewhere"),
        ("a: {d: &x {b: 1}}\nc: *x\n", ["a"], "it holds &x, which is used elsewhere"),
    ],
)
def test_put_refuses(text: str, path: list[str], reason: str) -> None:
    document = parse(text, "t.yaml")
    if path == ["a"] and text.startswith("a: &x"):
        edits = put(document, document.root, path, 1)  # type: ignore[arg-type]
        assert data(parse(apply(text, edits)).root) == {"a": 1, "c": 1}  # the anchor stays on the new value
        return
    with pytest.raises(CannotEdit) as caught:
        put(document, document.root, path, 1)  # type: ignore[arg-type]
    assert str(caught.value) == reason


@pytest.mark.parametrize(
    ("text", "value", "expected"),
    [
        ("v: 'x' # c\n", "y z", "v: 'y z' # c\n"),
        ("v: '*'\n", "'*'", "v: \"'*'\"\n"),
        ("v: \"'*'\"\n", "*", 'v: "*"\n'),
        ("v: x\n", "on", 'v: "on"\n'),
        ("v: &k old\nw: *k\n", "new", "v: &k new\nw: *k\n"),
        ("v: !Ref Old # c\n", Tagged("!Sub", "'${New}'"), "v: !Sub \"'${New}'\" # c\n"),
        ("v: \"'*'\" # any\nw: 1\n", {"a": "b", "c": ["d"]}, "v: # any\n  a: b\n  c:\n    - d\nw: 1\n"),
        ("v: A\n", ["A", "B"], "v:\n  - A\n  - B\n"),
        ("v:\n  a: 1 # one\n  # two\n  b: 2\nw: 1\n", "x", "v: x\nw: 1\n"),
        ("v:\n    a: 1\nw: 1\n", {"b": 2}, "v:\n    b: 2\nw: 1\n"),
        ("v: |\n  a\n  b\nw: 1\n", "x", "v: x\nw: 1\n"),
        ("v: |+\n  a\n\nw: 1\n", "x", "v: x\nw: 1\n"),
        ("v: | # c\n  a\nw: 1\n", {"b": 1}, "v: # c\n  b: 1\nw: 1\n"),
        ("v: x\n  y # c\nw: 1\n", "z", "v: z # c\nw: 1\n"),
        ("v: [a,\n  b] # c\n", "z", "v: z # c\n"),
        ("v: [a, b] # c\n", ["p", "q r", "s,t"], 'v: [p, q r, "s,t"] # c\n'),
        ("v:\n- a\n- b\nw: 1\n", "x", "v: x\nw: 1\n"),
        ("v:\nw: 1\n", "x", "v: x\nw: 1\n"),
        ("v: # c\nw: 1\n", ["x"], "v: # c\n  - x\nw: 1\n"),
        ("v: &k\n  a: 1\nw: *k\n", {"b": 2}, "v: &k\n  b: 2\nw: *k\n"),
        ("{v: , w: 1}", "x", "{v: x, w: 1}"),
        ("{v, w: 1}", "x", "{v: x, w: 1}"),
    ],
)
def test_replace(text: str, value: Any, expected: str) -> None:
    document = parse(text, "t.yaml")
    result = apply(text, replace(document, node_at(document.root, "v"), value))
    assert result == expected
    parse(result, "t.yaml")


def test_replace_an_item() -> None:
    document = parse("- a\n- # c\n- b: 1\n  c: 2\n- d # e\n")
    root: Any = document.root
    cases: list[tuple[int, Any, str]] = [
        (0, {"x": 1, "z": 2}, "- x: 1\n  z: 2\n- # c\n- b: 1\n  c: 2\n- d # e\n"),
        (1, "x", "- a\n- x # c\n- b: 1\n  c: 2\n- d # e\n"),
        (2, "x", "- a\n- # c\n- x\n- d # e\n"),
        (3, {"x": 1, "z": 2}, "- a\n- # c\n- b: 1\n  c: 2\n- x: 1 # e\n  z: 2\n"),
    ]
    for number, value, expected in cases:
        assert apply(document.text, replace(document, root.items[number], value)) == expected


def test_replace_through_an_alias_edits_the_anchored_text() -> None:
    document = parse("a: &x\n  k: 1\nb: *x\n")
    node = node_at(document.root, "b", "k")
    assert apply(document.text, replace(document, node, 2)) == "a: &x\n  k: 2\nb: *x\n"
    assert (shared := document.sharers(node))
    assert shared.aliases == 1


@pytest.mark.parametrize(
    ("text", "name", "expected"),
    [
        ("old: 1 # c\n", "new", "new: 1 # c\n"),
        ("'old' : 1\n", "new", "'new' : 1\n"),
        ('"old": 1\n', "new", '"new": 1\n'),
        ("old: 1\n", "a: b", '"a: b": 1\n'),
        ("{old: 1, b: 2}\n", "n,w", '{"n,w": 1, b: 2}\n'),
        ("&k old: 1\n", "new", "&k new: 1\n"),
    ],
)
def test_rename(text: str, name: str, expected: str) -> None:
    document = parse(text, "t.yaml")
    root = document.root
    assert isinstance(root, Mapping)
    assert apply(text, rename(document, root.entries[0].key, name)) == expected


def test_rename_refuses_a_key_that_is_there() -> None:
    document = parse("a: 1\nb: 2\n")
    with pytest.raises(CannotEdit, match="there is already a key 'b'"):
        rename(document, document.root.entries[0].key, "b")  # type: ignore[union-attr]


@pytest.mark.parametrize(
    ("text", "value", "expected"),
    [
        ("v:\n- a\n- b # c\n\nw: 1\n", "x", "v:\n- a\n- b # c\n- x\n\nw: 1\n"),
        ("v:\n  -   'a'\n", "x", "v:\n  -   'a'\n  -   'x'\n"),
        ("v:\n  - a: 1\n    b: 2\n", {"c": 1, "d": 2}, "v:\n  - a: 1\n    b: 2\n  - c: 1\n    d: 2\n"),
        ("v: [a, b]\n", "x", "v: [a, b, x]\n"),
        ("v: ['a']\n", "x", "v: ['a', 'x']\n"),
        ("v: [\n  a, # one\n  b # two\n]\n", "x", "v: [\n  a, # one\n  b, # two\n  x\n]\n"),
        ("v: []\n", "x", "v: [x]\n"),
        ("v: []  # c\nw: 1\n", {"a": 1}, "v:  # c\n  - a: 1\nw: 1\n"),
        ("v:\n- |\n  a", "x", "v:\n- |-\n  a\n- x"),
        ("v:\n- &a x\n- *a # c\n", "why", "v:\n- &a x\n- *a # c\n- why\n"),
        ('{"v": ["a","b"]}', "x", '{"v": ["a","b","x"]}'),
        ('{\n  "v": []\n}', "x", '{\n  "v": [\n    "x"\n  ]\n}'),
    ],
)
def test_append(text: str, value: Any, expected: str) -> None:
    document = parse(text)
    assert apply(text, append(document, node_at(document.root, "v"), value)) == expected


@pytest.mark.parametrize(
    ("text", "path", "key", "expected"),
    [
        ("a: 1\n# b\nb: 2 # two\n# c\nc: 3\n", (), "b", "a: 1\n# c\nc: 3\n"),
        ("a: 1\n# far\n\nb: 2\nc: 3\n", (), "b", "a: 1\n# far\n\nc: 3\n"),
        ("a: 1\nb:\n  c: 1\n  # deeper\nd: 1\n", (), "b", "a: 1\nd: 1\n"),
        ("a: 1\nb: 2", (), "b", "a: 1"),
        ("a: |\n  x\nb: 2", (), "b", "a: |\n  x\n"),
        ("a: |+\n  x\nb: 2\n\nc: 1\n", (), "b", "a: |+\n  x\nc: 1\n"),
        ("p: # c\n  a: 1 # gone\nq: 1\n", ("p",), "a", "p: {} # c\nq: 1\n"),
        ("p: &x !T\n  a: 1\nq: *x\n", ("p",), "a", "p: &x !T {}\nq: *x\n"),
        ("p:\n- 1\nq: 1\n", ("p",), 0, "p: []\nq: 1\n"),
        ("p:\n- a: 1\n  b: 2\n", ("p", 0), "a", "p:\n- b: 2\n"),
        ("p:\n- a: 1\n", ("p", 0), "a", "p:\n- {}\n"),
        ("p:\n- 1\n# two\n- 2 # two\n- 3\n", ("p",), 1, "p:\n- 1\n- 3\n"),
        ("p:\n- - 1\n  - 2\n", ("p", 0), 0, "p:\n- - 2\n"),
        ("{a: 1, b: 2, c: 3}", (), "b", "{a: 1, c: 3}"),
        ("{a: 1, b: 2}", (), "b", "{a: 1}"),
        ("{a: 1, b: 2}", (), "a", "{b: 2}"),
        ("{ a: 1 }", (), "a", "{}"),
        ('{\n  "a": 1,\n  "b": 2\n}', (), "b", '{\n  "a": 1\n}'),
        ('{\n  "a": 1,\n  "b": 2\n}', (), "a", '{\n  "b": 2\n}'),
        ("v: [\n  a, # one\n  b # two\n]\n", ("v",), 1, "v: [\n  a # one\n]\n"),
        ("v: [\n  a, # one\n  b # two\n]\n", ("v",), 0, "v: [\n  b # two\n]\n"),
        ("a: 1\r\nb: 2\r\nc: 3\r\n", (), "b", "a: 1\r\nc: 3\r\n"),
    ],
)
def test_remove(text: str, path: tuple[str | int, ...], key: str | int, expected: str) -> None:
    document = parse(text, "t.yaml")
    result = apply(text, remove(document, node_at(document.root, *path), key))
    assert result == expected
    parse(result, "t.yaml")


def test_remove_refuses_what_an_alias_needs() -> None:
    document = parse("a: &x 1\nb: *x\n")
    with pytest.raises(CannotEdit, match="it holds &x, which is used elsewhere"):
        remove(document, document.root, "a")  # type: ignore[arg-type]
    assert apply(document.text, remove(document, document.root, "b")) == "a: &x 1\n"  # type: ignore[arg-type]


def test_nothing_is_edited_in_another_file() -> None:
    document = parse("a: 1\n")
    root: Any = document.root
    root.foreign = True
    with pytest.raises(CannotEdit, match="it stands in another file"):
        put(document, root, ["x"], 1)
    with pytest.raises(CannotEdit, match="it stands in another file"):
        remove(document, root, "a")
    with pytest.raises(CannotEdit, match="it stands in another file"):
        replace(document, root, 1)
    with pytest.raises(CannotEdit, match="not part of this file"):
        replace(document, Scalar("x", 0, 1, ""), "why")


RAW = """\
ref: !Ref Origin
sub: !Sub "'${Origin}'"
tight: 'it''s'
empty:
flow: {a: [1, 'x'], b: "y"}
long:
    Fn::Sub:   # c
        - "'${A}'"
        - A: !GetAtt B.C
list: !Sub
- text ${X}
-   X: 1
spread: [
  a, # c
  b ]
lines: |
   one
     two

   three
folded: !Sub >-
    one
    two
keep: |+
  x

two: one
  two
anchored: &n
  k: &v !Ref V
alias: *n
merged:
  <<: *n
  z: *v
last: 1
"""


@pytest.mark.parametrize("key", [line.split(":")[0] for line in RAW.splitlines() if line[:1].isalpha() and ":" in line])
@pytest.mark.parametrize("place", ["last", "long", "new", "flow", "item"])
def test_a_copy_means_the_same(key: str, place: str) -> None:
    document = parse(RAW)
    root: Any = document.root
    wanted = data(root.get(key))
    if place == "item":
        text = apply(RAW, append(document, root.get("list"), Raw(root.get(key))))
        assert data(node_at(parse(text).root, "list"))[1][-1] == wanted
    else:
        path = {"last": ["last"], "long": ["long", "copy"], "new": ["new", "deep", "copy"], "flow": ["flow", "copy"]}[
            place
        ]
        text = apply(RAW, put(document, root, path, Raw(root.get(key))))
        assert data(node_at(parse(text).root, *path)) == wanted, text
    assert data(parse(text).root) == pyyaml(text)


def test_a_copy_keeps_its_spelling() -> None:
    document = parse(RAW)
    root: Any = document.root
    assert "\nnew: !Sub \"'${Origin}'\"\n" in apply(RAW, put(document, root, ["new"], Raw(root.get("sub"))))
    assert "\nnew: {a: [1, 'x'], b: \"y\"}\n" in apply(RAW, put(document, root, ["new"], Raw(root.get("flow"))))
    assert "\nnew:\n    Fn::Sub:\n    - \"'${A}'\"\n    - A: !GetAtt B.C\n" in apply(
        RAW, put(document, root, ["new"], Raw(root.get("long")))
    )
    assert "\nnew: |\n    one\n      two\n\n    three\n" in apply(
        RAW, put(document, root, ["new"], Raw(root.get("lines")))
    )


def test_a_copy_in_json() -> None:
    text = '{\n  "a": {"Fn::Sub": "\\u0027x\\/"},\n  "b": {\n    "c": [\n      1\n    ]\n  }\n}\n'
    document = parse(text, "t.json")
    root: Any = document.root
    result = apply(text, put(document, root, ["d", "e"], Raw(root.get("b"))))
    assert result.endswith('  },\n  "d": {\n    "e": {\n      "c": [\n        1\n      ]\n    }\n  }\n}\n')
    assert '"f": "\\u0027x\\/"' in apply(text, put(document, root, ["f"], Raw(node_at(root, "a", "Fn::Sub"))))


def test_json_has_no_tags() -> None:
    document = parse("{}", "t.json")
    with pytest.raises(CannotEdit, match="JSON has no tags"):
        put(document, document.root, ["a"], Tagged("!Ref", "x"))  # type: ignore[arg-type]


def test_apply() -> None:
    assert apply("abcdef", [Edit(4, 5, "E"), Edit(0, 1, "A"), Edit(4, 5, "E"), Edit(2, 2, "-")]) == "Ab-cdEf"
    assert apply("abc", []) == "abc"
    for edits in ([Edit(0, 2, "x"), Edit(1, 3, "why")], [Edit(1, 1, "x"), Edit(1, 1, "why")]):
        with pytest.raises(ValueError, match="edits overlap at offset 1"):
            apply("abc", edits)
