"""Files that several templates of a run read: changed only when that is right for all of them, and written as one."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from cfncors.cli import main
from cfncors.cli import output as written
from cfncors.config import Settings
from cfncors.lint import check_file
from cfncors.shared import linked, member

A, B = "https://a.example.com", "https://b.example.com"
PARTS = "Resources:\n  Alarms:\n    Type: AWS::SNS::Topic\n"
RESPOND = "exports.ok = (b) => ({ statusCode: 200, body: JSON.stringify(b) });\n"
HANDLER = "const { ok } = require('../common/respond');\nexports.handler = async () => ok({});\n"


def service(name: str, origin: str | None, more: str = "") -> str:
    """A serverless.yml with one function, behind a REST API for pages of an origin or on a schedule."""
    cors = f"cors: {{origin: '{origin}', maxAge: 600}}"
    event = f"http: {{path: x, method: put, {cors}}}" if origin is not None else "schedule: rate(1 hour)"
    return (
        f"service: {name}\nprovider: {{name: aws, runtime: nodejs20.x}}\nfunctions:\n  f:\n    handler: f.handler\n"
        f"    events:\n      - {event}\n{more}"
    )


class Project:
    """A folder of files, as the working directory."""

    def __init__(self, folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
        self.folder = folder
        self.capsys = capsys

    def write(self, **files: str) -> None:
        for name, text in files.items():
            self.put(name, text)

    def put(self, name: str, text: str) -> None:
        path = self.folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, "utf-8", newline="")

    def files(self) -> dict[str, str]:
        found = (path for path in self.folder.rglob("*") if path.is_file())
        return {path.relative_to(self.folder).as_posix(): path.read_bytes().decode() for path in sorted(found)}

    def run(self, *arguments: str) -> tuple[int, str]:
        """The exit code, and what was printed on one line."""
        code = main(list(arguments))
        captured = self.capsys.readouterr()
        return code, " ".join(f"{captured.out}{captured.err}".replace("\u00a0", " ").split())

    def findings(self, *arguments: str) -> list[tuple[str, str, str | None]]:
        """Where, which rule, and the title of its fix, as ``check`` says."""
        main(["check", "--format", "json", *arguments])
        return [
            (each["file"], each["rule"], each["fix"] and each["fix"]["title"])
            for each in json.loads(self.capsys.readouterr().out)["findings"]
        ]


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Project:
    (tmp_path / ".git").mkdir()
    monkeypatch.chdir(tmp_path)
    return Project(tmp_path, capsys)


def services(project: Project, a: str | None, b: str | None, more: str = "") -> None:
    project.put("a/serverless.yml", service("a", a, more))
    project.put("b/serverless.yml", service("b", b, more))


SHARED = "resources: ${file(../common/resources.yml)}\n"


def test_two_services_with_other_origins_keep_their_resources(project: Project) -> None:
    services(project, A, B, SHARED)
    project.put("common/resources.yml", PARTS)
    before = project.files()
    code, said = project.run("fix", ".")
    assert (code, project.files()) == (1, before)
    assert "held back: b/serverless.yml reads common/resources.yml too: it would get W9424" in said
    assert "held back: a/serverless.yml reads common/resources.yml too: it would get W9424" in said
    assert "Nothing fixed" in said


def test_check_offers_what_fix_makes(project: Project) -> None:
    services(project, A, B, SHARED)
    project.put("common/resources.yml", PARTS)
    assert [fix for _, _, fix in project.findings(".")] == [None, None]
    assert "fixable" not in project.run("check", ".")[1]
    # of one service by itself no other reader is known
    assert [fix for _, _, fix in project.findings("a/serverless.yml")] != [None]


def test_two_services_with_one_origin_share_what_is_written(project: Project) -> None:
    services(project, A, A, SHARED)
    project.put("common/resources.yml", PARTS)
    assert all(fix is not None for _, _, fix in project.findings("."))
    code, said = project.run("fix", ".")
    after = project.files()
    assert code == 0
    assert after["common/resources.yml"].count(A) == 2
    assert "Fixed 1 finding in 1 file" in said
    assert project.run("check", ".")[0] == 0
    assert (project.run("fix", ".")[0], project.files()) == (0, after)


def test_a_service_without_the_api_is_not_broken(project: Project) -> None:
    """CloudFormation refuses a stack whose resources refer to an API that it does not have."""
    services(project, A, None, SHARED)
    project.put("common/resources.yml", PARTS)
    before = project.files()
    code, said = project.run("fix", ".")
    assert (code, project.files()) == (1, before)
    assert "b/serverless.yml reads common/resources.yml too: it has no ApiGatewayRestApi" in said


def test_a_part_of_its_own_is_no_shared_file(project: Project) -> None:
    services(project, A, B, "resources:\n  - ${file(../common/resources.yml)}\n")
    project.put("common/resources.yml", PARTS)
    assert project.run("fix", ".")[0] == 0
    after = project.files()
    assert after["common/resources.yml"] == PARTS
    assert A in after["a/serverless.yml"].partition("resources")[2]
    assert B in after["b/serverless.yml"].partition("resources")[2]


def code_of_two(project: Project, a: str, b: str) -> None:
    services(project, a, b)
    project.put("common/respond.js", RESPOND)
    project.put("a/f.js", HANDLER)
    project.put("b/f.js", HANDLER)


def test_shared_code_gets_no_origin_of_one_of_its_apis(project: Project) -> None:
    code_of_two(project, A, B)
    assert ("common/respond.js", "E9462", None) in project.findings(".")
    code, said = project.run("fix", "--unsafe-fixes", ".")
    after = project.files()
    assert (code, after["common/respond.js"]) == (1, RESPOND)
    assert "b/serverless.yml reads common/respond.js too: it would get E9480" in said
    assert A in after["a/serverless.yml"].partition("resources")[2]  # what is its own is fixed
    assert B in after["b/serverless.yml"].partition("resources")[2]
    code, said = project.run("fix", "--unsafe-fixes", ".")
    assert (code, project.files()) == (1, after)
    assert "Nothing fixed" in said


def test_shared_code_gets_the_origin_of_all_of_its_apis(project: Project) -> None:
    code_of_two(project, A, A)
    assert ("common/respond.js", "E9462", f"send '{A}' from the code") in project.findings(".")
    code, said = project.run("fix", "--unsafe-fixes", ".")
    after = project.files()
    assert code == 0, said
    assert after["common/respond.js"].count(A) == 1
    assert project.run("check", ".")[0] == 0
    assert (project.run("fix", "--unsafe-fixes", ".")[0], project.files()) == (0, after)


SAM = """\
Transform: AWS::Serverless-2016-10-31
Resources:
  Api:
    Type: AWS::Serverless::Api
    Properties:
      StageName: live
      DefinitionBody:
        Fn::Transform: {{Name: AWS::Include, Parameters: {{Location: {location}}}}}
      GatewayResponses:
        DEFAULT_4XX: {{ResponseParameters: {{Headers: {{Access-Control-Allow-Origin: "'{origin}'"}}}}}}
        DEFAULT_5XX: {{ResponseParameters: {{Headers: {{Access-Control-Allow-Origin: "'{origin}'"}}}}}}
"""
BODY = """\
openapi: 3.0.1
info: {title: x, version: '1'}
paths:
  /x:
    get:
      responses: {'200': {description: ok}}
      x-amazon-apigateway-integration:
        type: mock
        requestTemplates: {application/json: '{"statusCode": 200}'}
        responses:
          default: {statusCode: '200'}
"""


@pytest.mark.parametrize(("other", "is_fixed"), [(A, True), (B, False)])
def test_an_included_definition_is_changed_for_all_or_not(project: Project, other: str, is_fixed: bool) -> None:
    project.put("a.yaml", SAM.format(location="./api.yaml", origin=A))
    project.put("deploy/b.yaml", SAM.format(location="../api.yaml", origin=other))
    project.put("api.yaml", BODY)
    offered = [fix for file, rule, fix in project.findings("a.yaml", "deploy/b.yaml") if rule == "E9461"]
    assert [fix is not None for fix in offered] == [is_fixed]
    code, _ = project.run("fix", "a.yaml", "deploy/b.yaml")
    assert (project.files()["api.yaml"] != BODY) is is_fixed
    assert code == (0 if is_fixed else 1)


def test_a_file_that_is_a_template_itself_is_judged_as_one(project: Project) -> None:
    """A part of a service that the run checks by itself, too."""
    services(project, A, A, SHARED)
    project.put("common/resources.yml", PARTS)
    assert linked(
        [member(check_file(name, Settings())) for name in ("a/serverless.yml", "common/resources.yml")],
        {"a/serverless.yml": ["common/resources.yml"]},
    ) == [["a/serverless.yml", "common/resources.yml"]]


def test_a_link_is_the_file_that_it_leads_to(project: Project) -> None:
    services(project, A, B)
    project.put("a/serverless.yml", service("a", A, "resources: ${file(here.yml)}\n"))
    project.put("b/serverless.yml", service("b", B, "resources: ${file(there.yml)}\n"))
    project.put("resources.yml", PARTS)
    for name in ("a/here.yml", "b/there.yml"):
        (project.folder / name).symlink_to(project.folder / "resources.yml")
    assert project.run("fix", ".")[0] == 1
    assert project.files()["resources.yml"] == PARTS


def test_nothing_of_a_group_is_written_when_one_file_cannot_be(
    project: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    services(project, A, A, "resources:\n  - ${file(../common/resources.yml)}\n")
    code_of_two(project, A, A)
    before = project.files()
    put = written.replace_file

    def refuse(path: str, data: bytes) -> None:
        if path.startswith("b/"):
            raise PermissionError(0, "the file is read-only")
        put(path, data)

    monkeypatch.setattr("cfncors.cli.output.replace_file", refuse)
    code, said = project.run("fix", "--unsafe-fixes", ".")
    assert (code, project.files()) == (3, before)
    assert said.count("cannot be written: the file is read-only") == 1
    assert "Nothing fixed" in said
    assert "E9421" in said  # what is wrong with the other one is still said


def test_nothing_of_a_group_is_written_when_one_file_has_changed_meanwhile(
    project: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    code_of_two(project, A, A)
    before = project.files()
    monkeypatch.setattr("cfncors.cli.output.read_again", lambda path: b"new" if path.startswith("b/") else _read(path))
    code, said = project.run("fix", "--unsafe-fixes", ".")
    assert (code, project.files()) == (3, before)
    assert said.count("it has changed meanwhile; run the command again") == 1


def _read(path: str) -> bytes:
    return Path(path).read_bytes()


def test_a_diff_has_each_file_once(project: Project) -> None:
    code_of_two(project, A, A)
    before = project.files()
    code, said = project.run("fix", "--diff", "--unsafe-fixes", ".")
    assert (code, project.files()) == (1, before)
    assert said.count("--- a/common/respond.js") == 1
    assert said.count("--- a/a/serverless.yml") == said.count("--- a/b/serverless.yml") == 1


def test_a_reader_that_could_not_be_read_before_is_no_reason(project: Project) -> None:
    services(project, A, A, SHARED)
    project.put("common/resources.yml", PARTS)
    project.put("b/serverless.yml", "service: b\nprovider: {name: aws\n")
    project.run("fix", ".")
    assert project.files()["common/resources.yml"].count(A) == 2
