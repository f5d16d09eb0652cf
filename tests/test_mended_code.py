"""What the projects' functions really return, before a fix and after it: with node and with this Python."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from cfncors.cli import main
from cfncors.config import Settings
from cfncors.lint import check_file
from tests.handlers.running import NODE, needs_node
from tests.shared import ROOT
from tests.test_functions import files, listing

FUNCTIONS = ROOT / "fixtures" / "functions"
TUTORIALS = ROOT / "fixtures" / "tutorials"
ORIGIN = "Access-Control-Allow-Origin"

_NODE = """
const [path, name, event] = process.argv.slice(1);
const module = await import(path);
const handler = module[name] ?? module.default[name];
console.log(JSON.stringify(await handler(JSON.parse(event), { awsRequestId: '1' })));
"""
_PYTHON = """
import importlib, json, sys
module = importlib.import_module(sys.argv[1])
print(json.dumps(getattr(module, sys.argv[2])(json.loads(sys.argv[3]), None)))
"""

#: project, file, exported name, event, status, the origin that is sent after the fix
CASES = [
    (FUNCTIONS / "javascript-helper", "src/notes/list.js", "handler", {}, 200, "https://notes.example.com"),
    (FUNCTIONS / "javascript-helper", "src/notes/save.js", "handler", {}, 400, "https://notes.example.com"),
    (
        FUNCTIONS / "javascript-helper",
        "src/notes/remove.js",
        "handler",
        {"pathParameters": {"id": "1"}},
        204,
        "https://notes.example.com",
    ),
    (FUNCTIONS / "python-environment", "bookings/app.py", "handler", {"httpMethod": "GET"}, 200, "https://env.example"),
    (
        FUNCTIONS / "python-environment",
        "bookings/app.py",
        "handler",
        {"httpMethod": "POST", "body": "no"},
        400,
        "https://env.example",
    ),
    (
        FUNCTIONS / "python-environment",
        "bookings/app.py",
        "handler",
        {"httpMethod": "POST", "body": "{}"},
        201,
        "https://env.example",
    ),
    (FUNCTIONS / "plain-json", "lambda/rates.mjs", "handler", {}, 200, "https://bank.example.com"),
    (
        FUNCTIONS / "plain-json",
        "lambda/rates.mjs",
        "handler",
        {"queryStringParameters": {"currency": "DM"}},
        404,
        "https://bank.example.com",
    ),
    (TUTORIALS / "notes-api", "src/list.js", "main", {}, 200, "*"),
    (TUTORIALS / "notes-api", "src/get.js", "main", {"pathParameters": {"id": "?"}}, 500, "*"),
    (TUTORIALS / "demo-service", "src/save.js", "handler", {}, 400, "http://localhost:3000"),
]


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, request: pytest.FixtureRequest) -> Path:
    """A copy of a project, as the working directory."""
    source = Path(request.param)
    here = tmp_path / source.name
    shutil.copytree(source, here, ignore=shutil.ignore_patterns("fixed", "findings"))
    monkeypatch.chdir(here)
    return here


def template_of(project: Path) -> str:
    return next(path.name for path in project.iterdir() if path.stem in ("template", "serverless"))


def returned(path: Path, name: str, event: dict[str, Any]) -> Any:
    """What a function returns."""
    given = [name, json.dumps(event)]
    if path.suffix == ".py":
        command = [sys.executable, "-c", _PYTHON, path.stem, *given]
    else:
        needs_node()
        command = [str(NODE), "--input-type=module", "-e", _NODE, str(path), *given]
    environment = {**os.environ, "SITE": "https://env.example", "PYTHONDONTWRITEBYTECODE": "1"}
    done = subprocess.run(
        command, cwd=path.parent, capture_output=True, text=True, timeout=60, check=True, env=environment
    )
    return json.loads(done.stdout.splitlines()[-1])


@pytest.mark.parametrize(
    ("project", "file", "name", "event", "status", "origin"),
    CASES,
    ids=[f"{case[0].name}-{Path(case[1]).stem}-{case[4]}" for case in CASES],
    indirect=["project"],
)
def test_mended_code_sends_the_header(
    project: Path, file: str, name: str, event: dict[str, Any], status: int, origin: str
) -> None:
    before = returned(project / file, name, event)
    assert (before["statusCode"], ORIGIN in (before.get("headers") or {})) == (status, False)
    main(["fix", "--unsafe-fixes", template_of(project)])
    after = returned(project / file, name, event)
    assert after["headers"][ORIGIN] == origin
    assert {**after, "headers": 0} == {**before, "headers": 0}


#: What no fix decides: the code allows credentials, and the preflight of serverless.yml does not.
LEFT = {"demo-service": {"W9481"}}


@pytest.mark.parametrize("project", sorted(TUTORIALS.iterdir()), ids=lambda path: path.name, indirect=True)
def test_a_tutorial_is_checked_mended_and_then_allowed(project: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """What the tutorials leave out: API Gateway's own errors, an error path, the headers of the preflight."""
    folder, template = TUTORIALS / project.name, template_of(project)
    assert listing(check_file(template, Settings())) == (folder / "findings").read_text("utf-8")
    assert main(["simulate", template]) == 1
    before = files(project)
    left = LEFT.get(project.name, set())
    assert main(["fix", "--unsafe-fixes", template]) == bool(left)
    assert files(project) == before | files(folder / "fixed")
    assert main(["check", template]) == bool(left)
    assert {finding.rule.id for finding in check_file(template, Settings()).findings} == left
    capsys.readouterr()
    assert main(["simulate", "--no-credentials", "--format", "json", template]) == 0
    cases = [case for route in json.loads(capsys.readouterr().out)["routes"] for case in route["cases"]]
    assert {case["verdict"] for case in cases} <= {"allowed", "not-needed"}
