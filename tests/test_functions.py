"""Rules and fixes for the functions' own code: whole projects, checked and mended in the files that are at fault."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from cfncors.cli import main
from cfncors.config import Settings
from cfncors.gateway import build
from cfncors.lint import check_file, check_text
from cfncors.report import FileReport, Placed
from cfncors.source import parse
from cfncors.template import load
from cfncors.verdicts import simulate
from cfncors.verdicts.options import Options
from tests.programs import PATIENCE
from tests.shared import ROOT

FOLDER = ROOT / "fixtures" / "functions"
SILENT = FOLDER / "silent"
PROJECTS = sorted(path.name for path in FOLDER.iterdir() if path != SILENT)
MENDED = [name for name in PROJECTS if (FOLDER / name / "fixed").is_dir()]
#: what is compared with, and no part of a project
_EXPECTED = shutil.ignore_patterns("fixed", "findings")


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, request: pytest.FixtureRequest) -> Path:
    """A copy of a project, as the working directory."""
    source = Path(request.param)
    here = tmp_path / source.name
    shutil.copytree(source, here, ignore=_EXPECTED)
    monkeypatch.chdir(here)
    return here


def named(*names: str) -> pytest.MarkDecorator:
    """The projects that a test is about."""
    return pytest.mark.parametrize("project", [FOLDER / name for name in names], ids=names, indirect=True)


def template_of(project: Path) -> str:
    return next(path.name for path in project.iterdir() if path.stem in ("template", "serverless"))


def files(folder: Path) -> dict[str, bytes]:
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def listing(report: FileReport) -> str:
    assert report.internal == ()
    return "".join(
        f"{each.file or report.name}:{each.start.line}:{each.start.column}-{each.end.line}:{each.end.column} "
        f"{each.finding.rule.id} {each.finding.message}\n"
        for each in report.placed
    )


def found(rule: str, path: str = "template.yaml") -> list[Placed]:
    return [each for each in check_file(path, Settings()).placed if each.finding.rule.id == rule]


# -- what must stay silent --------------------------------------------------------------------------------------------


@pytest.mark.parametrize("project", sorted(SILENT.iterdir()), ids=lambda path: path.name, indirect=True)
def test_nothing_is_said_of_what_is_right_or_not_understood(project: Path) -> None:
    assert listing(check_file("template.yaml", Settings())) == ""


@named("built")
def test_what_built_code_answers_is_reported_where_the_template_names_it(project: Path) -> None:
    """An edit of the file would be lost with the next build, and the page is blocked all the same."""
    (each,) = check_file("template.yaml", Settings()).placed
    assert (each.finding.rule.id, each.file) == ("E9480", None)
    assert each.source.strip() == "Handler: app.handler"


@named("javascript-helper")
def test_a_template_without_its_code_is_as_before(project: Path) -> None:
    shutil.rmtree("src")
    assert check_file("template.yaml", Settings()).findings == ()


@named("javascript-helper")
def test_standard_input_without_a_name_has_no_code_beside_it(project: Path) -> None:
    text = (
        Path("template.yaml").read_text("utf-8").replace("CodeUri: src/", "CodeUri: .").replace("notes/", "src/notes/")
    )
    assert check_text(text, "<stdin>", Settings()).findings == ()
    assert len(check_text(text, "template.yaml", Settings()).findings) == 3


# -- what is found, and where -----------------------------------------------------------------------------------------


@named(*PROJECTS)
def test_findings_stand_in_the_file_that_is_at_fault(project: Path) -> None:
    expected = (FOLDER / project.name / "findings").read_text("utf-8")
    assert listing(check_file(template_of(project), Settings())) == expected


@named("javascript-helper")
def test_a_folder_is_searched_for_projects(project: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["check", "--format", "json", "."]) == 1
    report = json.loads(capsys.readouterr().out)
    assert {each["file"] for each in report["findings"]} == {
        "src/lib/respond.js",
        "src/notes/remove.js",
        "src/notes/save.js",
    }
    assert report["files"] == 1


@named("javascript-helper")
def test_json_places_a_finding_and_its_edits_in_the_code(project: Path, capsys: pytest.CaptureFixture[str]) -> None:
    main(["check", "--format", "json", "--select", "E9462", "template.yaml"])
    helper, remove = json.loads(capsys.readouterr().out)["findings"]
    text = Path("src/lib/respond.js").read_text("utf-8")
    assert text[helper["start"]["offset"] : helper["end"]["offset"]].startswith("{\n  statusCode,")
    assert {edit["file"] for edit in helper["fix"]["edits"]} == {"src/lib/respond.js"}
    assert (remove["file"], remove["start"]["line"], remove["fix"]["safety"]) == ("src/notes/remove.js", 7, "unsafe")


@named("javascript-helper")
def test_github_annotates_the_code(project: Path, capsys: pytest.CaptureFixture[str]) -> None:
    main(["check", "--format", "github", "--select", "W9463", "template.yaml"])
    assert "::warning file=src/notes/save.js,line=8,endLine=8,col=12," in capsys.readouterr().out


# -- fixes ------------------------------------------------------------------------------------------------------------


@named(*MENDED)
def test_fix_mends_the_code(project: Path) -> None:
    before, expected = files(project), files(FOLDER / project.name / "fixed")
    template = template_of(project)
    main(["fix", "--unsafe-fixes", template])
    assert files(project) == before | expected
    left = {each.rule.id for each in check_file(template, Settings()).findings}
    assert left.isdisjoint({"E9462", "W9463", "W9448"})
    main(["fix", "--unsafe-fixes", template])
    assert files(project) == before | expected


@named("javascript-helper")
def test_code_is_edited_on_request_only(project: Path, capsys: pytest.CaptureFixture[str]) -> None:
    before = files(project)
    assert main(["fix", "template.yaml"]) == 1
    assert files(project) == before
    assert "3 findings left" in capsys.readouterr().out


@named("javascript-helper")
@pytest.mark.parametrize("ending", [b"\n", b"\r\n"], ids=["LF", "CRLF"])
@pytest.mark.parametrize("mark", [b"", b"\xef\xbb\xbf"], ids=["bare", "byte order mark"])
def test_the_codes_own_bytes_are_kept(project: Path, ending: bytes, mark: bytes) -> None:
    expected = files(FOLDER / project.name / "fixed")
    for name in expected:
        path = project / name
        path.write_bytes(mark + path.read_bytes().replace(b"\n", ending))
    assert main(["fix", "--unsafe-fixes", "template.yaml"]) == 0
    assert {name: (project / name).read_bytes() for name in expected} == {
        name: mark + text.replace(b"\n", ending) for name, text in expected.items()
    }


@named("javascript-helper", "python-environment", "plain-json")
def test_simulate_allows_what_fix_has_mended(project: Path, capsys: pytest.CaptureFixture[str]) -> None:
    template = template_of(project)
    parameters = ["--parameter", "SiteDomain=app.example.com"] if project.name == "python-environment" else []
    assert main(["simulate", *parameters, template]) == 1
    main(["fix", "--unsafe-fixes", template])
    capsys.readouterr()
    assert main(["simulate", *parameters, template]) == 0


@named("http-own-headers")
def test_simulate_knows_the_errors_of_the_code(project: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Pages are those that the code names; its own 400 stands beside the errors of the front door."""

    def own_errors() -> set[str]:
        main(["simulate", "--format", "json", "template.yaml"])
        simulations = json.loads(capsys.readouterr().out)["simulations"]
        cases = [case for each in simulations for route in each["routes"] for case in route["cases"]]
        return {reply["verdict"] for case in cases for reply in case["replies"] if reply["status"] == 400}

    assert own_errors() == {"blocked"}
    main(["fix", "--unsafe-fixes", "template.yaml"])
    capsys.readouterr()
    assert own_errors() == {"allowed"}


@named("javascript-helper")
def test_different_origins_for_one_helper_are_not_chosen_between(project: Path) -> None:
    """A second API with another origin calls the same code."""
    path = Path("template.yaml")
    text = path.read_text("utf-8")
    start = text.index("  NotesApi:\n")
    api = text[start : text.index("  ListNotes:\n")].replace("NotesApi", "AdminApi").replace("notes.ex", "admin.ex")
    route = (
        "        Admin:\n          Type: Api\n          Properties: {RestApiId: !Ref AdminApi, Path: /a, Method: get}\n"
    )
    path.write_text(
        text.replace("  ListNotes:\n", f"{api}  ListNotes:\n").replace("  SaveNote:", f"{route}  SaveNote:", 1)
    )
    helper = next(each.finding for each in found("E9462") if each.file == "src/lib/respond.js")
    assert helper.fix is None
    assert helper.no_fix == "the APIs that call this code have different origins"


@named("python-environment")
def test_an_origin_that_only_the_deployment_knows_is_not_written_down(project: Path) -> None:
    path = Path("template.yaml")
    path.write_text(path.read_text("utf-8").replace("        SITE: !Sub https://${SiteDomain}\n", ""), "utf-8")
    for each in found("E9462"):
        assert each.finding.fix is None
        assert each.finding.no_fix is not None
        assert "environment variable" in each.finding.no_fix


@named("python-environment")
@pytest.mark.parametrize(
    ("origin", "variable", "written"),
    [
        ('!Ref Site', '!Ref Site', None),  # the parameter holds the quotes, which a header of code must not have
        ("!Sub \"'${Site}'\"", "!Ref Site", "os.environ[\"SITE\"]"),
        ("!Sub \"'${Site}'\"", "!Sub '${Site}'", "os.environ[\"SITE\"]"),
        ("\"'https://app.example.com'\"", "https://app.example.com", "os.environ[\"SITE\"]"),
        ("\"'https://app.example.com'\"", "https://other.example.com", "\"https://app.example.com\""),
        ("\"'*'\"", "'*'", "\"*\""),
        ("!ImportValue site-origin", "!ImportValue site-origin", None),
    ],
)  # fmt: skip
def test_the_value_is_the_apis_own(project: Path, origin: str, variable: str, written: str | None) -> None:
    path = Path("template.yaml")
    text = path.read_text("utf-8").replace("!Sub \"'https://${SiteDomain}'\"", origin)
    text = text.replace("!Sub https://${SiteDomain}", variable).replace("SiteDomain:", "Site:")
    path.write_text(text, "utf-8")
    (first, *_) = found("E9462")
    if written is None:
        assert first.finding.fix is None
    else:
        assert first.finding.fix is not None
        assert any(f'"Access-Control-Allow-Origin": {written}' in edit.text for edit in first.finding.fix.edits)


# -- evidence ---------------------------------------------------------------------------------------------------------


@named("evidence-in-code")
def test_code_says_that_pages_call_the_api(project: Path) -> None:
    assert [each.finding.rule.id for each in check_file("template.yaml", Settings()).placed] == ["E9421"]
    Path("answers.py").write_text("def ok(found):\n    return {'statusCode': 200, 'body': '[]'}\n", "utf-8")
    assert [each.finding.rule.id for each in check_file("template.yaml", Settings()).placed] == ["W9422"]


@named("evidence-in-code")
def test_a_comment_about_cors_is_no_evidence(project: Path) -> None:
    Path("answers.py").write_text(
        "def ok(found):\n    # no Access-Control-Allow-Origin here\n    return {'statusCode': 200, 'body': '[]'}\n",
        "utf-8",
    )
    assert [each.finding.rule.id for each in check_file("template.yaml", Settings()).placed] == ["W9422"]


@named("evidence-in-code")
@pytest.mark.parametrize("code", ["def handler(:\n", "import json\n\0", "", "x = " + "[" * 3000])
def test_odd_code_changes_nothing_else(project: Path, code: str) -> None:
    Path("search.py").write_text("# cors\n" + code, "utf-8")
    assert [each.finding.rule.id for each in check_file("template.yaml", Settings()).placed] == ["W9422"]


# -- suppressions -----------------------------------------------------------------------------------------------------


@named("javascript-helper")
def test_a_comment_in_the_code_suppresses(project: Path) -> None:
    path = Path("src/notes/remove.js")
    path.write_text(path.read_text("utf-8").replace("  return {", "  // cfncors: ignore[E9462] no page\n  return {"))
    assert {each.file for each in found("E9462")} == {"src/lib/respond.js"}


@named("javascript-helper")
def test_a_suppression_in_code_that_silences_nothing_is_said(project: Path) -> None:
    path = Path("src/lib/store.js")
    path.write_text(path.read_text("utf-8") + "// cfncors: ignore[E9462]\n")
    (unused,) = found("I9491")
    assert (unused.file, unused.start.line) == ("src/lib/store.js", 8)


@named("javascript-helper")
def test_metadata_of_the_function_suppresses(project: Path) -> None:
    path = Path("template.yaml")
    text = path.read_text("utf-8")
    ignore = "  DeleteNote:\n    Metadata: {cfncors: {ignore: [E9462]}}\n"
    path.write_text(text.replace("  DeleteNote:\n", ignore))
    assert {each.file for each in found("E9462")} == {"src/lib/respond.js"}


# -- code that is not read --------------------------------------------------------------------------------------------


@named("not-read")
def test_code_outside_of_the_project_is_read_on_request_only(project: Path, tmp_path: Path) -> None:
    shutil.move("src", tmp_path / "elsewhere")
    path = Path("template.yaml")
    text = path.read_text("utf-8").replace("CodeUri: src/", "CodeUri: ../elsewhere").replace("noets.", "notes.")
    path.write_text(text, "utf-8")
    messages = [each.finding.message for each in found("I9467")]
    assert len(messages) == 4
    assert all("lies outside of the project; --root" in message for message in messages)
    inside = check_file("template.yaml", Settings(root=str(tmp_path)))
    assert len([each for each in inside.findings if each.rule.id == "I9467"]) == 3


@named("not-read")
def test_a_link_that_leaves_the_project_is_not_followed(project: Path, tmp_path: Path) -> None:
    shutil.move("src/notes.py", tmp_path / "notes.py")
    Path("src/noets.py").symlink_to(tmp_path / "notes.py")
    (message,) = [each.finding.message for each in found("I9467") if "Misspelt" in each.finding.message]
    assert "src/noets.py lies outside of the project" in message


# -- cost -------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("code", "loaded"),
    [
        ("def handler(event, context):\n    return {'statusCode': 200, 'body': ''}\n", False),
        ("import shared\n\ndef handler(event, context):\n    return shared.ok()\n", False),
        ("# CORS\ndef handler(event, context):\n    return {'statusCode': 200, 'body': ''}\n", True),
    ],
    ids=["no CORS", "a helper without CORS", "a word of CORS"],
)
def test_code_is_parsed_only_where_it_may_matter(tmp_path: Path, code: str, loaded: bool) -> None:
    """Nothing says that pages call this API."""
    shutil.copytree(FOLDER / "evidence-in-code", tmp_path, dirs_exist_ok=True, ignore=_EXPECTED)
    (tmp_path / "search.py").write_text(code.replace("handler", "lambda_handler"), "utf-8")
    (tmp_path / "shared.py").write_text("def ok():\n    return {'statusCode': 200, 'body': ''}\n", "utf-8")
    program = "import sys; from cfncors.cli import main; main(sys.argv[1:]); print('ast_grep_py' in sys.modules)"
    command = [sys.executable, "-c", program, "check", "template.yaml"]
    done = subprocess.run(
        command,
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=True,
        env={"PYTHONPATH": str(ROOT)},
        timeout=PATIENCE,
    )
    assert done.stdout.splitlines()[-1] == str(loaded)


# -- what a library adds ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("origins", ["['https://app.example.com']", "['*']"])
def test_headers_that_a_library_may_add_are_not_missing(tmp_path: Path, origins: str) -> None:
    """FastAPI answers the preflight with more than the origin; which headers, is not followed."""
    (tmp_path / "app.py").write_text(
        "from fastapi import FastAPI\nfrom fastapi.middleware.cors import CORSMiddleware\nfrom mangum import Mangum\n"
        f"app = FastAPI()\napp.add_middleware(CORSMiddleware, allow_origins={origins}, allow_headers=['*'])\n"
        "handler = Mangum(app)\n",
        "utf-8",
    )
    path = tmp_path / "template.yaml"
    path.write_text(
        "Transform: AWS::Serverless-2016-10-31\nResources:\n  Function:\n    Type: AWS::Serverless::Function\n"
        "    Properties:\n      Runtime: python3.13\n      Handler: app.handler\n      CodeUri: .\n"
        "      FunctionUrlConfig: {AuthType: NONE}\n",
        "utf-8",
    )
    template = load(parse(path.read_text("utf-8"), str(path)))
    assert template is not None
    page = Options(("https://app.example.com",), False)
    (visit,) = simulate(build(template), page).visits
    (route,) = visit.routes
    assert (route.case("preflight").verdict, route.case("success").verdict) == ("depends", "depends")
