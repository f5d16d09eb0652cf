"""Code that cannot be read is skipped with one line; no code makes the reader fail."""

from __future__ import annotations

from contextlib import suppress
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cfncors.errors import CannotEdit
from cfncors.handlers import Handler, Skipped, Source, add_headers, locate, responses
from cfncors.handlers.edits import applied
from tests.handlers.cases import LANGUAGES, cases
from tests.work import counted

SUFFIXES = {"javascript": "js", "typescript": "ts", "python": "py"}
GOOD = "exports.handler = async () => ({ statusCode: 200, body: '' });\n"


def _skipped(root: Path, data: bytes, name: str = "app.js") -> str:
    (root / name).write_bytes(data)
    found: Source | Skipped | Handler = locate(str(root / "template.yaml"), "app.handler", None, None)
    if isinstance(found, Source):
        found = responses(found)
    assert isinstance(found, Skipped), found
    assert "\n" not in found.reason
    return found.reason


def test_a_syntax_error_is_named_with_its_line(tmp_path: Path) -> None:
    reason = _skipped(tmp_path, b"const a = 1;\nexports.handler = async ( => {\n")
    assert reason.endswith("app.js:2: not javascript that can be read")


def test_a_bundle_is_not_read(tmp_path: Path) -> None:
    reason, work = counted(lambda: _skipped(tmp_path, GOOD.encode() * 90_000))
    assert reason == "app.js is larger than 400 kB: a bundle, not a source file"
    assert work < 1_000


def test_minified_code_is_not_read(tmp_path: Path) -> None:
    assert _skipped(tmp_path, b"var a=1;" * 2000 + GOOD.encode()) == "app.js is minified; only source files are read"


def test_one_long_text_is_not_minified_code(tmp_path: Path) -> None:
    text = "const image = '" + "A" * 3000 + "';\n" + "// a line\n" * 50 + GOOD
    (tmp_path / "app.js").write_text(text, encoding="utf-8")
    assert isinstance(locate(str(tmp_path / "template.yaml"), "app.handler"), Source)


def test_a_file_that_is_no_text(tmp_path: Path) -> None:
    assert _skipped(tmp_path, b"\xff\xfe\x00\x01") == "app.js is not UTF-8"
    assert _skipped(tmp_path, b"a\0b") == "app.js is not a text file"


def test_a_function_that_is_not_there(tmp_path: Path) -> None:
    assert _skipped(tmp_path, b"exports.other = 1;\n") == "app.js does not export 'handler'"
    assert _skipped(tmp_path, b"") == "app.js does not export 'handler'"
    (tmp_path / "app.js").unlink()
    assert _skipped(tmp_path, b"def other(): ...\n", "app.py") == "app.py does not export 'handler'"


def test_deep_nesting_ends_with_a_reason(tmp_path: Path) -> None:
    for text in (
        "exports.handler = " + "(" * 5000 + "1" + ")" * 5000 + ";\n",
        "exports.handler = " + "[\n" * 5000 + "]\n" * 5000 + ";\n",
        "exports.handler = async () => a" + "\n.b()" * 5000 + ";\n",
        "exports.handler = " + "async () =>\n" * 3000 + "1;\n",
    ):
        found = responses(Source("/p/app.js", text, "javascript", "handler", "/p"))
        assert isinstance(found, Skipped) or not found.complete


BOUNDED = {
    "many branches": "exports.handler = async (e) => {\n  let h = {};\n" + "".join(
        f"  if (e.a{n}) h['x{n}'] = '{n}';\n" for n in range(3000)
    ) + "  return { statusCode: 200, headers: h };\n};\n",
    "doubling calls": "const f0 = () => 1;\n" + "".join(
        f"const f{n} = (x) => {{ f{n - 1}(x); return f{n - 1}(x); }};\n" for n in range(1, 40)
    ) + "exports.handler = async () => f39();\n",
    "nested loops": "exports.handler = async (e) => {\n" + "for (const a of e.a) {\n" * 30 + "e.b();\n" + "}\n" * 30
    + "return { statusCode: 200 };\n};\n",
    "recursion": "const f = (n) => (n ? f(n - 1) : { statusCode: 200 });\nexports.handler = async () => f(9);\n",
    "mutual recursion": "const a = () => b();\nconst b = () => a();\nexports.handler = async () => a();\n",
    "a growing text": "exports.handler = async (e) => {\n  let t = '';\n  while (e.more()) t += 'x';\n"
    "  return { statusCode: 200, headers: { 'Access-Control-Allow-Origin': t } };\n};\n",
    "a callback that calls itself": "exports.handler = (e, c, done) => {\n  const next = () => later(next);\n"
    "  later(next);\n  done(null, { statusCode: 200 });\n};\n",
}  # fmt: skip


@pytest.mark.parametrize("name", BOUNDED)
def test_time_is_bounded(name: str) -> None:
    found, work = counted(lambda: responses(Source("/p/app.js", BOUNDED[name], "javascript", "handler", "/p")))
    assert work < 4_000_000
    assert isinstance(found, Handler)
    if name in ("many branches", "doubling calls"):
        assert found.reasons == ("the code is too long to be followed",)


def test_files_that_import_each_other(tmp_path: Path) -> None:
    (tmp_path / "app.js").write_text(
        "import { b } from './b';\nexport const a = 1;\nexport const handler = async () => b();\n"
    )
    (tmp_path / "b.js").write_text(
        "import { a } from './app';\nexport const b = () => ({ statusCode: 200, body: a });\n"
    )
    source = locate(str(tmp_path / "template.yaml"), "app.handler")
    assert isinstance(source, Source)
    found = responses(source)
    assert isinstance(found, Handler)
    assert [each.status for each in found.responses] == [200]


def test_an_imported_file_that_cannot_be_read_is_named(tmp_path: Path) -> None:
    (tmp_path / "app.py").write_text("from lib import ok\n\ndef handler(event, context):\n    return ok()\n")
    (tmp_path / "lib.py").write_text("def ok(:\n")
    source = locate(str(tmp_path / "template.yaml"), "app.handler")
    assert isinstance(source, Source)
    found = responses(source)
    assert isinstance(found, Handler)
    assert not found.complete
    assert any("lib.py:1: not python that can be read" in reason for reason in found.reasons)


TEXTS = [(language, each.text, each.export) for language in LANGUAGES for each in cases(language)]
PIECES = [
    *"{}()[];:,.=\n '\"`*\\\t#\r0", "😀", "=>", "...", "${", "**", "//", "/*", "return ", "async ", "await ", "if (a) ",
    "else ", "for (const a of b) ", "catch", "def ", "class ", "lambda: ", "headers", "statusCode", "null", "None",
    "this", "event", "import ", "export ",
]  # fmt: skip


@settings(max_examples=250, deadline=None)
@given(st.sampled_from(TEXTS), st.data())
def test_no_change_of_a_text_makes_it_fail(text: tuple[str, str, str], data: st.DataObject) -> None:
    language, code, export = text
    for _ in range(data.draw(st.integers(1, 4))):
        start = data.draw(st.integers(0, len(code)))
        end = data.draw(st.integers(start, min(len(code), start + 12)))
        code = code[:start] + data.draw(st.sampled_from(["", *PIECES])) + code[end:]
    source = Source(f"/nowhere/main.{SUFFIXES[language]}", code, language, export, "/nowhere")  # type: ignore[arg-type]
    found = responses(source)
    if isinstance(found, Skipped):
        assert "\n" not in found.reason
        return
    for each in found.responses:
        assert 0 <= each.place.start <= each.place.end <= len(code)
    with suppress(CannotEdit):
        edits = add_headers(source, found, {"Access-Control-Allow-Origin": "*"})
        assert isinstance(responses(source._replace(text=applied(code, edits))), Handler)


@settings(max_examples=100, deadline=None)
@given(st.sampled_from(["javascript", "typescript", "python", "go", "java", "csharp", "ruby"]), st.text(max_size=200))
def test_any_text_at_all(language: str, text: str) -> None:
    responses(Source("/nowhere/main.x", text, language, "handler", "/nowhere"))  # type: ignore[arg-type]
