"""Runs fixtures for real: with node and with this Python, each with stand-ins for the AWS clients."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
import sys
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

import pytest
from ast_grep_py import SgNode, SgRoot

from tests.handlers.cases import Case

NODE = shutil.which("node")
_ENVIRONMENT = {"ALLOWED_ORIGIN": "https://env.example.com", "TABLE_NAME": "t", "STAGE": "dev"}


def needs_node() -> None:
    """Skip where node is missing or too old to tell modules from scripts by itself."""
    if NODE is None:
        pytest.skip("node is not on this machine; the truths of these fixtures are as stated in them")
    version = subprocess.run([NODE, "--version"], capture_output=True, text=True, check=True, timeout=60).stdout
    if int(version.lstrip("v").split(".")[0]) < 20:
        pytest.skip(f"node {version.strip()} is too old to run these fixtures; 20 is the oldest that Lambda has")


def run(each: Case, folder: Path, texts: Mapping[str, str] | None = None) -> list[Any]:
    """What a fixture returns for each of its events; ``texts`` stand in for its files."""
    return run_all([each], folder, {each.name: texts or {}})[each.name]


def run_all(
    given: Iterable[Case], folder: Path, texts: Mapping[str, Mapping[str, str]] | None = None
) -> dict[str, list[Any]]:
    """What fixtures of one language return, by name."""
    jobs = []
    for each in given:
        place = folder / each.name
        main = _copied(each, place, (texts or {}).get(each.name, {}))
        jobs.append({"name": each.name, "main": str(main), "export": each.export, "events": each.events})
    if not jobs:
        return {}
    is_python = str(jobs[0]["main"]).endswith(".py")
    runner = folder / ("run.py" if is_python else "run.mjs")
    runner.write_text(_PYTHON if is_python else _NODE, encoding="utf-8")
    (folder / "jobs.json").write_text(json.dumps(jobs), encoding="utf-8")
    command = [sys.executable, "-W", "ignore"] if is_python else [str(NODE)]
    done = subprocess.run(
        [*command, str(runner), str(folder / "jobs.json")],
        capture_output=True, text=True, timeout=120, check=False, cwd=folder,
        env={"PATH": "/usr/bin:/bin", "PYTHONIOENCODING": "utf-8", **_ENVIRONMENT},
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    found: dict[str, list[Any]] = json.loads(done.stdout.splitlines()[-1].removeprefix("RESULTS "))
    return found


def _copied(each: Case, place: Path, texts: Mapping[str, str]) -> Path:
    """A fixture's files, TypeScript without its types, beside stand-ins for the libraries that they import."""
    place.mkdir(parents=True, exist_ok=True)
    files = [path for path in each.folder.rglob("*") if path.is_file()] if each.is_folder else [each.main]
    for path in files:
        text = texts.get(str(path), path.read_bytes().decode())
        target = place / path.relative_to(each.folder)
        if each.language == "typescript" and path.suffix in (".ts", ".mts"):
            text, target = without_types(text), target.with_suffix(".mjs")
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes(text.encode())
        if each.language != "python":
            _stand_ins(text, place)
    main = place / each.main.relative_to(each.folder)
    return main.with_suffix(".mjs") if each.language == "typescript" else main


def _stand_ins(text: str, place: Path) -> None:
    """A package for each library that a file imports, with the names that it takes."""
    for clause, package in re.findall(r"import\s+([^;'\"]*?)\s+from\s+['\"]([^.'\"][^'\"]*)['\"]", text):
        names = [name.split(" as ")[0].strip() for name in re.sub(r"[^{]*\{|\}.*", "", clause, flags=re.S).split(",")]
        lines = [f"export const {name} = globalThis.standIn;" for name in names if name and "{" in clause]
        _package(place, package, "index.mjs", "\n".join([*lines, "export default globalThis.standIn;"]))
    for package in re.findall(r"require\(['\"]([^.'\"][^'\"]*)['\"]\)", text):
        _package(place, package, "index.cjs", "module.exports = globalThis.standIn;")


def _package(place: Path, package: str, file: str, text: str) -> None:
    folder = place / "node_modules" / package
    folder.mkdir(parents=True, exist_ok=True)
    (folder / file).write_text(text, encoding="utf-8")
    (folder / "package.json").write_text(json.dumps({"main": file, "exports": f"./{file}"}), encoding="utf-8")


#: What TypeScript adds to JavaScript and its compiler takes out.
_TYPES = {
    "type_annotation", "type_parameters", "type_arguments", "interface_declaration", "type_alias_declaration",
    "accessibility_modifier", "implements_clause", "ambient_declaration", "override_modifier", "function_signature",
    "abstract_method_signature",
}  # fmt: skip


def without_types(text: str) -> str:
    """TypeScript as the JavaScript that it stands for."""
    cuts: list[tuple[int, int, str]] = []
    waiting = [SgRoot(text, "typescript").root()]
    while waiting:
        node = waiting.pop()
        cut = _cut(node, text)
        if cut is None:
            waiting.extend(node.children())
        else:
            cuts.append(cut)
            if node.kind() in ("as_expression", "satisfies_expression", "non_null_expression"):
                waiting.append(node.children()[0])
    for start, end, instead in sorted(cuts, reverse=True):
        text = text[:start] + instead + text[end:]
    return text


def _cut(node: SgNode, text: str) -> tuple[int, int, str] | None:
    span, kind = node.range(), node.kind()
    if kind in _TYPES or (kind in ("readonly", "abstract") and not node.is_named()):
        return span.start.index, span.end.index, ""
    if kind == "?" and (parent := node.parent()) is not None and parent.kind() == "optional_parameter":
        return span.start.index, span.end.index, ""
    if kind in ("as_expression", "satisfies_expression", "non_null_expression"):
        return node.children()[0].range().end.index, span.end.index, ""
    if kind == "enum_declaration":
        name, body = node.field("name"), node.field("body")
        assert name is not None
        assert body is not None
        inside = body.text().replace("=", ":")
        return span.start.index, span.end.index, f"const {name.text()} = {inside}"
    if kind == "import_statement":
        source = node.field("source")
        module = source.text().strip("'\"") if source is not None else ""
        if any(child.kind() == "type" for child in node.children()) or module == "aws-lambda":
            return span.start.index, span.end.index, ""
    if kind == "string" and (parent := node.parent()) is not None and parent.kind().endswith("port_statement"):
        module = node.text().strip("'\"")
        if module.startswith("."):
            return span.start.index, span.end.index, f"'{module.removesuffix('.js').removesuffix('.ts')}.mjs'"
    return None


_NODE = """
import { readFileSync } from 'node:fs';
const results = {};
let event = {};
const answer = () => (event.$fail ? Promise.reject(new Error('failed')) : Promise.resolve(event.$result ?? {}));
const called = (...args) => {
  const done = args.at(-1);
  if (typeof done === 'function' && done !== globalThis.standIn) {
    answer().then((data) => done(null, data), (error) => done(error));
    return undefined;
  }
  return Object.assign(answer(), { promise: answer });
};
globalThis.standIn = new Proxy(function () {}, {
  get: (target, name) => {
    if (name === 'from') return () => globalThis.standIn;
    return name === 'prototype' ? target.prototype : name === 'then' ? undefined : globalThis.standIn;
  },
  apply: (target, self, args) => called(...args),
  construct: () => globalThis.standIn,
});
process.on('unhandledRejection', () => {});
console.log = console.error = console.info = console.warn = () => {};
const once = (handler) => new Promise((resolve, reject) => {
  const context = { succeed: resolve, done: (error, value) => resolve(value), fail: reject, awsRequestId: 'r' };
  const returned = handler(event, context, (error, value) => (error ? reject(error) : resolve(value)));
  if (returned && typeof returned.then === 'function') returned.then(resolve, reject);
  else if (returned !== undefined && handler.length < 3) resolve(returned);
});
for (const job of JSON.parse(readFileSync(process.argv[2], 'utf8'))) {
  const module = await import(job.main).catch((error) => {
    throw new Error(`${job.name} does not load: ${error}`);
  });
  const handler = job.export.split('.').reduce((value, name) => value[name] ?? value.default?.[name], module);
  results[job.name] = [];
  for (const each of job.events) {
    event = each;
    try {
      results[job.name].push((await once(handler)) ?? null);
    } catch (error) {
      results[job.name].push({ thrown: String(error) });
    }
  }
}
process.stdout.write('RESULTS ' + JSON.stringify(results) + '\\n');
process.exit(0);
"""

_PYTHON = """
import importlib, importlib.abc, importlib.machinery, json, sys, types
from pathlib import Path

STUBS = {"boto3", "botocore", "requests", "aws_xray_sdk", "aws_lambda_powertools"}
event = {}

class Stub(types.ModuleType):
    __path__ = []
    def __init__(self, name="stub"):
        super().__init__(name)
    def __getattr__(self, name):
        if name.startswith("__"):
            raise AttributeError(name)
        if name.endswith(("Error", "Exception")):
            return type(name, (Exception,), {})
        return Stub(name)
    def __call__(self, *args, **kwargs):
        name = self.__name__.rpartition(".")[2]
        if len(args) == 1 and callable(args[0]) and not kwargs:
            return args[0]  # a decorator
        made = ("client", "resource", "Table", "Logger", "Tracer", "Session")
        if name in made or name.startswith(("inject", "capture")):
            return Stub(name)
        if event.get("$fail"):
            raise RuntimeError("failed")
        return event.get("$result", {})

class Finder(importlib.abc.MetaPathFinder, importlib.abc.Loader):
    def find_spec(self, name, path=None, target=None):
        if name.split(".")[0] in STUBS:
            return importlib.machinery.ModuleSpec(name, self, is_package=True)
    def create_module(self, spec):
        return Stub(spec.name)
    def exec_module(self, module):
        pass

sys.meta_path.insert(0, Finder())
import builtins
builtins.print, real = (lambda *args, **kwargs: None), print
results = {}
for job in json.loads(Path(sys.argv[1]).read_text()):
    main = Path(job["main"])
    before = set(sys.modules)
    sys.path.insert(0, str(main.parent))
    event = {}
    module = importlib.import_module(main.stem)
    handler = getattr(module, job["export"])
    results[job["name"]] = []
    for event in job["events"]:
        try:
            returned = handler(event, types.SimpleNamespace(aws_request_id="r"))
            results[job["name"]].append(json.loads(json.dumps(returned)))
        except Exception as error:
            results[job["name"]].append({"thrown": repr(error)})
    sys.path.remove(str(main.parent))
    for name in set(sys.modules) - before:
        if getattr(sys.modules[name], "__file__", None) and str(main.parent) in str(sys.modules[name].__file__):
            del sys.modules[name]
real("RESULTS " + json.dumps(results))
"""
