"""From a template's ``Handler`` and ``CodeUri`` to a file and the function in it."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import pytest

from cfncors.handlers import Skipped, Source, locate

SCRIPT = "export const handler = async () => ({ statusCode: 200, body: '' });\n"


def _project(root: Path, *names: str) -> Path:
    for name in names:
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(SCRIPT, encoding="utf-8")
    return root / "template.yaml"


def _esbuild(*entries: str) -> dict[str, Any]:
    return {"BuildMethod": "esbuild", "BuildProperties": {"EntryPoints": list(entries)}}


OUTSIDE = "lies outside of the project; --root names a folder that holds both"
FOUND: list[tuple[str, dict[str, Any], str, str]] = [
    ("app.js", {"handler": "app.handler"}, "app.js", "handler"),
    ("app.mjs", {"handler": "app.handler"}, "app.mjs", "handler"),
    ("app.cjs", {"handler": "app.lambdaHandler"}, "app.cjs", "lambdaHandler"),
    ("app.ts", {"handler": "app.handler"}, "app.ts", "handler"),
    ("app.mts", {"handler": "app.handler"}, "app.mts", "handler"),
    ("app.tsx", {"handler": "app.handler"}, "app.tsx", "handler"),
    ("src/app.js", {"handler": "src/app.handler"}, "src/app.js", "handler"),
    ("src/app.js", {"handler": "app.handler", "code_uri": "src/"}, "src/app.js", "handler"),
    ("fn/src/app.js", {"handler": "src/app.handler", "code_uri": "./fn"}, "fn/src/app.js", "handler"),
    ("src/handlers/a.ts", {"handler": "src/handlers/a.main"}, "src/handlers/a.ts", "main"),
    ("src/app.ts", {"handler": "dist/app.handler"}, "src/app.ts", "handler"),
    ("app.ts", {"handler": "dist/app.handler"}, "app.ts", "handler"),
    ("src/api/get.ts", {"handler": "build/api/get.handler"}, "src/api/get.ts", "handler"),
    ("app.js", {"handler": "app.api.get"}, "app.js", "api.get"),
    ("hello/app.ts", {"handler": "app.lambdaHandler", "code_uri": "hello",
     "build": _esbuild("app.ts")}, "hello/app.ts", "lambdaHandler"),
    ("src/get/index.ts", {"handler": "index.handler", "code_uri": ".",
     "build": _esbuild("src/get/index.ts")}, "src/get/index.ts", "handler"),
    ("src/a.ts", {"handler": "a.handler",
     "build": _esbuild("src/a", "src/b")}, "src/a.ts", "handler"),
    ("app.py", {"handler": "app.lambda_handler", "runtime": "python3.13"}, "app.py", "lambda_handler"),
    ("src/app.py", {"handler": "src/app.lambda_handler", "runtime": "python3.13"}, "src/app.py", "lambda_handler"),
    ("src/app.py", {"handler": "src.app.lambda_handler", "runtime": "python3.13"}, "src/app.py", "lambda_handler"),
    ("app/__init__.py", {"handler": "app.main", "runtime": "python3.12"}, "app/__init__.py", "main"),
    ("app.py", {"handler": "app.lambda_handler", "runtime": None}, "app.py", "lambda_handler"),
    ("app.rb", {"handler": "app.lambda_handler", "runtime": "ruby3.3"}, "app.rb", "lambda_handler"),
    ("main.go", {"handler": "bootstrap", "runtime": "provided.al2023"}, "main.go", "main"),
    ("src/main/java/com/example/App.java", {"handler": "com.example.App::handleRequest", "runtime": "java21"},
     "src/main/java/com/example/App.java", "handleRequest"),
    ("src/Function.cs", {"handler": "N::N.Function::Handle", "runtime": "dotnet8"}, "src/Function.cs", "Handle"),
]  # fmt: skip


@pytest.mark.parametrize(
    ("file", "given", "path", "export"), FOUND, ids=[f"{file}-{given['handler']}" for file, given, *_ in FOUND]
)
def test_a_handler_is_found(file: str, given: dict[str, Any], path: str, export: str, tmp_path: Path) -> None:
    template = _project(tmp_path, file)
    found = locate(str(template), **{"runtime": "nodejs22.x", **given})
    assert isinstance(found, Source), found
    assert found.path == str(tmp_path / path)
    assert found.export == export


def test_the_source_is_preferred_to_what_was_compiled_of_it(tmp_path: Path) -> None:
    found = locate(str(_project(tmp_path, "src/app.ts", "dist/app.js")), "dist/app.handler", None, "nodejs22.x")
    assert isinstance(found, Source)
    assert found.path == str(tmp_path / "src" / "app.ts")


def test_inline_code_stands_in_the_template() -> None:
    found = locate("template.yaml", "index.handler", None, "python3.13", "def handler(event, context): ...")
    assert isinstance(found, Source)
    assert (found.language, found.export, found.inline) == ("python", "handler", True)


SKIPPED: list[tuple[dict[str, Any], str]] = [
    ({"handler": None}, "the function has no Handler that can be read"),
    ({"handler": {"Fn::Sub": "x"}}, "the function has no Handler that can be read"),
    ({"handler": ["app.handler"]}, "the function has no Handler that can be read"),
    ({"handler": "gone.handler"}, "no source file for the handler gone.handler in ."),
    ({"handler": "app"}, "no source file for the handler app in ."),
    ({"handler": "app.handler", "code_uri": {"Bucket": "b"}}, "the function's code is not a path in this project"),
    ({"handler": "app.handler", "code_uri": 7}, "the function's code is not a path in this project"),
    ({"handler": "app.handler", "code_uri": "s3://b/k.zip"}, "the function's code is packaged: s3://b/k.zip"),
    ({"handler": "app.handler", "code_uri": "out/app.zip"}, "the function's code is packaged: out/app.zip"),
    ({"handler": "app.handler", "code_uri": "nowhere/"}, "there is no folder nowhere/ beside the template"),
    ({"handler": "app.handler", "code_uri": "../../.."}, f"../../.. {OUTSIDE}"),
    ({"handler": "app.handler", "code_uri": "/"}, f"/ {OUTSIDE}"),
    ({"handler": "app.handler", "code_uri": "a\0b"}, "outside"),
    ({"handler": "../../../etc/app.handler"}, "no source file for the handler"),
    ({"handler": "app.handler", "inline": {"Ref": "x"}}, "the function's inline code is not a text"),
    ({"handler": "app.handler", "inline": "x", "runtime": "java21"}, "inline code is JavaScript or Python"),
    ({"handler": "app.handler", "inline": "x" * 500_000}, "the inline code is too long"),
]  # fmt: skip


@pytest.mark.parametrize(("given", "reason"), SKIPPED)
def test_what_is_skipped_says_why(given: dict[str, Any], reason: str, tmp_path: Path) -> None:
    found = locate(str(tmp_path / "template.yaml"), **{"runtime": "nodejs22.x", **given})
    assert isinstance(found, Skipped)
    assert reason in found.reason
    assert "\n" not in found.reason


@pytest.mark.parametrize(
    "build",
    [
        None,
        7,
        [],
        {"BuildProperties": 3},
        {"BuildProperties": {"EntryPoints": "app.ts"}},
        {"BuildProperties": {"EntryPoints": [{}, 3]}},
    ],
)
def test_metadata_of_any_type_is_borne(build: object, tmp_path: Path) -> None:
    assert isinstance(locate(str(_project(tmp_path, "app.js")), "app.handler", None, "nodejs22.x", build=build), Source)


def test_a_link_that_leaves_the_project_is_not_followed(tmp_path: Path) -> None:
    outside = tmp_path / "outside"
    project = tmp_path / "project"
    _project(outside, "app.js")
    project.mkdir()
    os.symlink(outside / "app.js", project / "app.js")
    os.symlink(outside, project / "linked")
    template = str(project / "template.yaml")
    for code_uri in (None, "linked"):
        found = locate(template, "app.handler", code_uri, "nodejs22.x")
        assert isinstance(found, Skipped)
        assert OUTSIDE in found.reason
    assert isinstance(locate(template, "app.handler", None, "nodejs22.x", root=tmp_path), Source)


def test_an_import_that_leaves_the_project_is_not_followed(tmp_path: Path) -> None:
    from cfncors.handlers import Handler, responses

    (tmp_path / "shared.js").write_text("exports.ok = () => ({ statusCode: 200, body: '' });\n", encoding="utf-8")
    project = tmp_path / "project"
    project.mkdir()
    text = "const { ok } = require('../shared');\nexports.handler = async () => ok();\n"
    (project / "app.js").write_text(text, encoding="utf-8")
    for root, complete in ((project, False), (tmp_path, True)):
        source = locate(str(project / "template.yaml"), "app.handler", None, "nodejs22.x", root=root)
        assert isinstance(source, Source)
        found = responses(source)
        assert isinstance(found, Handler)
        assert found.complete is complete
