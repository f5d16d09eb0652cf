"""Bad input gives one line with a place and a reason; the other files go on, nothing is written, nothing crashes."""

from __future__ import annotations

import json
import os
import shutil
import sys
import tempfile
import warnings
from collections.abc import Iterator
from pathlib import Path
from random import Random
from typing import Any, NamedTuple

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from cfncors.cli import main
from cfncors.config import Settings
from cfncors.errors import CannotEdit
from cfncors.fix import fix_bytes
from cfncors.lint import check_text
from cfncors.source import Mapping, apply, parse, replace
from tests.programs import CHECKOUT, run
from tests.shared import ROOT, corpus, needs_shared
from tests.source.trees import walk

BAD = ROOT / "fixtures" / "bad"
RIGHT = sorted((ROOT / "fixtures" / "right").iterdir())
NOBODY = 65534

#: A template with one fault, to stand beside the bad ones.
FAULTY = """\
AWSTemplateFormatVersion: "2010-09-09"
Resources:
  Api:
    Type: AWS::ApiGateway::RestApi
    Properties: {Name: shop}
  Denied:
    Type: AWS::ApiGateway::GatewayResponse
    Properties:
      RestApiId: !Ref Api
      ResponseType: ACCESS_DENIED
      ResponseParameters:
        gatewayresponse.header.Access-Control-Allow-Origin: https://shop.example.com
"""
MENDED = FAULTY.replace("https://shop.example.com", "\"'https://shop.example.com'\"")


class Bad(NamedTuple):
    """A file in ``fixtures/bad`` (its ending there keeps other tools from reading it) and what is said of it."""

    name: str
    line: int
    column: int
    reason: str

    @property
    def content(self) -> bytes:
        return (BAD / self.name).with_suffix(".txt").read_bytes()


BADS = [
    Bad("not-yaml.yaml", 6, 9, "not YAML: while parsing a flow mapping did not find expected ',' or '}'"),
    Bad("tab.yaml", 3, 1, "not YAML: "),
    Bad("half.yaml", 7, 40, "not YAML: while scanning a quoted scalar found unexpected end of stream"),
    Bad("not-json.json", 4, 48, "not JSON: '}' where a key in double quotes belongs"),
    Bad("not-utf8.yaml", 2, 16, "not UTF-8: byte 0xfc; save the file as UTF-8"),
    Bad("utf16.yaml", 1, 1, "not UTF-8: byte 0xff; save the file as UTF-8"),
    Bad("null-byte.yaml", 4, 32, "not YAML: the control character '\\x00'"),
    Bad("alias-bomb.yaml", 8, 7, "aliases that expand to more than 1,000,000 values"),
    Bad("cycle.yaml", 6, 13, "an alias that contains itself"),
    Bad("undefined-alias.yaml", 5, 17, "not YAML: the alias *shared has no anchor"),
    Bad("deep-block.yaml", 103, 102, "nested more than 100 levels deep"),
    Bad("deep-flow.yaml", 2, 411, "nested more than 100 levels deep"),
    Bad("deep-json.json", 2, 114, "nested more than 100 levels deep"),
    Bad("resources-as-list.yaml", 3, 3, "Resources is a list where a mapping belongs"),
    Bad("globals-as-list.yaml", 2, 10, "Globals is a list where a mapping belongs"),
    Bad("properties-as-list.yaml", 6, 7, "Properties of Api is a list where a mapping belongs"),
    Bad("resource-as-text.yaml", 3, 8, "resource Api is a single value where a mapping belongs"),
    Bad("unknown-tag.yaml", 6, 18, "unknown tag !Reference; CloudFormation knows !Ref, !Sub, !GetAtt, …"),
    Bad("duplicate-key.yaml", 5, 3, "duplicate key 'Api', first on line 3; keep one of the two"),
    Bad("two-documents.yaml", 3, 1, "more than one document in a file; a template is one"),
    Bad("empty.yaml", 1, 1, "the file is empty"),
    Bad("blank.yaml", 1, 1, "the file is empty"),
    Bad("only-a-comment.yaml", 1, 1, "the file holds no document"),
]
every_bad = pytest.mark.parametrize("bad", BADS, ids=lambda bad: bad.name)


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    return tmp_path


def written(folder: Path, **files: bytes | str) -> None:
    for name, content in files.items():
        data = content.encode() if isinstance(content, str) else content
        (folder / name.replace("__", ".")).write_bytes(data)


def said_of(name: str, output: str) -> list[str]:
    return [line for line in output.splitlines() if name in line]


def test_every_bad_fixture_is_tried() -> None:
    assert {Path(bad.name).stem for bad in BADS} == {path.stem for path in BAD.iterdir()}


# -- one line, and the others go on ------------------------------------------------------------------------------------


@every_bad
def test_check_says_it_in_one_line_and_goes_on(bad: Bad, folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (folder / bad.name).write_bytes(bad.content)
    written(folder, first__yaml=FAULTY, zlast__yaml=FAULTY)
    assert main(["check", "first.yaml", bad.name, "zlast.yaml"]) == 3
    out, err = capsys.readouterr()
    [line] = said_of(bad.name, out)
    assert line.startswith(f"{bad.name}:{bad.line}:{bad.column}: E9490 {bad.reason}")
    assert [name for name in ("first.yaml", "zlast.yaml") if f"{name}:12:61: E9411" in out] == [
        "first.yaml",
        "zlast.yaml",
    ]
    assert err == ""


@every_bad
@pytest.mark.parametrize("unsafe", [[], ["--unsafe-fixes"]], ids=["safe", "unsafe"])
def test_fix_does_not_touch_it_and_mends_the_others(
    bad: Bad, unsafe: list[str], folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (folder / bad.name).write_bytes(bad.content)
    before = (folder / bad.name).stat()
    written(folder, first__yaml=FAULTY, zlast__yaml=FAULTY)
    assert main(["fix", *unsafe, "--select", "E9411,E9490", "first.yaml", bad.name, "zlast.yaml"]) == 3
    out, err = capsys.readouterr()
    [line] = said_of(bad.name, out)
    assert line.startswith(f"{bad.name}:{bad.line}:{bad.column}: E9490 {bad.reason}")
    after = (folder / bad.name).stat()
    assert (after.st_mtime_ns, after.st_ino) == (before.st_mtime_ns, before.st_ino)
    assert (folder / bad.name).read_bytes() == bad.content
    assert (folder / "first.yaml").read_text(encoding="utf-8") == MENDED
    assert (folder / "zlast.yaml").read_text(encoding="utf-8") == MENDED
    assert sorted(path.name for path in folder.iterdir()) == sorted(["first.yaml", bad.name, "zlast.yaml"])
    assert err == ""


@every_bad
def test_json_names_the_place(bad: Bad, folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (folder / bad.name).write_bytes(bad.content)
    assert main(["check", "--format", "json", bad.name]) == 3
    report = json.loads(capsys.readouterr().out)
    [error] = report["errors"]
    assert (error["file"], error["line"], error["column"]) == (bad.name, bad.line, bad.column)
    assert error["message"].startswith(bad.reason)
    assert (report["findings"], report["files"]) == ([], 0)


def test_in_a_folder_those_that_speak_of_aws_are_named(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    for bad in BADS:
        (folder / bad.name).write_bytes(bad.content)
    written(folder, good__yaml=FAULTY)
    assert main(["check", "."]) == 3
    out = capsys.readouterr().out
    named = {line.partition(":")[0] for line in out.splitlines() if " E9490 " in line}
    wanted = {bad.name for bad in BADS if b"Resources" in bad.content and b"AWS::" in bad.content}
    assert named == wanted
    assert {"empty.yaml", "only-a-comment.yaml"}.isdisjoint(named)
    assert "good.yaml:12:61: E9411" in out


OTHER_YAML = {
    "compose__yaml": "services:\n  web:\n    image: nginx\n    labels: !reset []\n",
    "workflow__yml": "on: push\njobs:\n  test:\n    runs-on: ubuntu-latest\n    steps:\n    - run: 'true'\n",
    "kubernetes__yaml": "apiVersion: v1\nkind: Service\n---\napiVersion: v1\nkind: Pod\nspec:\n  Resources: {}\n",
    "helm__yaml": "kind: Pod\nname: {{ .Values.name }}\n{{- if .Values.Resources }}\nResources: 1\n{{- end }}\n",
    "package__json": '{"name": "shop", "Resources": ["a", "b"]}\n',
    "tsconfig__json": '{\n  // Resources may hold comments here\n  "compilerOptions": {},\n}\n',
    "openapi__yaml": "openapi: 3.0.0\npaths: {}\n",
    "latin__yml": "name: Gr\xfc\xdfe, Resources\n",
}


def test_other_yaml_in_a_folder_is_passed_over_in_silence(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    latin = {name: text.encode("latin-1") for name, text in OTHER_YAML.items()}
    written(folder, **latin, template__yaml=MENDED)
    assert main(["check", "--select", "E9411,E9490", "."]) == 0
    out, err = capsys.readouterr()
    assert (out, err) == ("No findings (1 file checked).\n", "")
    assert main(["fix", "--select", "E9411,E9490", "."]) == 0
    assert {name: (folder / name.replace("__", ".")).read_bytes() for name in latin} == latin


@pytest.mark.parametrize("command", ["check", "fix"])
def test_a_folder_without_templates_is_a_usage_error(
    command: str, folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (folder / "docs").mkdir()
    written(folder, compose__yaml=OTHER_YAML["compose__yaml"])
    assert main([command, "docs"]) == 2
    err = capsys.readouterr().err
    assert err.splitlines() == [
        "cfncors: error: docs: no CloudFormation or SAM template in this folder (*.yaml, *.yml, *.json, *.template)"
    ]
    assert main([command, "."]) == 2


@pytest.mark.parametrize("command", ["check", "fix"])
def test_a_file_that_is_not_there_is_named_and_the_others_go_on(
    command: str, folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    written(folder, there__yaml=FAULTY)
    assert main([command, "--select", "E9411,E9490", "missing.yaml", "there.yaml"]) == 3
    out = capsys.readouterr().out
    assert said_of("missing.yaml", out) == ["missing.yaml:1:1: E9490 there is no such file"]
    assert "there.yaml" in out


# -- permissions -------------------------------------------------------------------------------------------------------


class Done(NamedTuple):
    """How a command ended."""

    code: int
    output: str


@pytest.fixture
def open_folder(monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A folder that another user may enter; pytest's own may not be entered."""
    path = Path(tempfile.mkdtemp())
    path.chmod(0o755)
    monkeypatch.chdir(path)
    yield path
    path.chmod(0o755)
    shutil.rmtree(path)


def unprivileged(*arguments: str) -> Done:
    """Run the command line in a child that has no special rights: root may read and write everything."""
    main(["check", str(RIGHT[0])])  # loads what the child may no longer be allowed to read
    main(["fix", "--diff", str(RIGHT[0])])
    with tempfile.TemporaryFile() as output, warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)  # the child of a threaded parent only prints and ends
        child = os.fork()
        if child == 0:
            code = 99
            try:
                if os.getuid() == 0:
                    os.setgid(NOBODY)
                    os.setuid(NOBODY)
                sys.stdout = sys.stderr = os.fdopen(os.dup(output.fileno()), "w", encoding="utf-8")
                code = main(arguments)
                sys.stdout.flush()
            finally:
                os._exit(code)
        _, status = os.waitpid(child, 0)
        output.seek(0)
        return Done(os.waitstatus_to_exitcode(status), output.read().decode())


@pytest.mark.skipif(not hasattr(os, "fork"), reason="file permissions are those of POSIX")
@pytest.mark.parametrize("command", ["check", "fix"])
def test_a_file_without_permission_is_named_and_the_others_go_on(command: str, open_folder: Path) -> None:
    written(open_folder, closed__yaml=FAULTY, open__yaml=FAULTY)
    (open_folder / "closed.yaml").chmod(0)
    done = unprivileged(command, "--select", "E9411,E9490", "closed.yaml", "open.yaml")
    assert said_of("closed.yaml", done.output) == ["closed.yaml:1:1: E9490 no permission to read it"]
    assert "open.yaml" in done.output
    assert done.code == 3
    assert "Traceback" not in done.output


@pytest.mark.skipif(not hasattr(os, "fork"), reason="file permissions are those of POSIX")
@pytest.mark.parametrize("protected", ["the file", "its folder"])
def test_what_may_not_be_written_is_said_and_left_as_it_was(protected: str, open_folder: Path) -> None:
    written(open_folder, shop__yaml=FAULTY)
    (open_folder / "shop.yaml").chmod(0o444 if protected == "the file" else 0o666)
    open_folder.chmod(0o777 if protected == "the file" else 0o555)
    done = unprivileged("fix", "--select", "E9411,E9490", "shop.yaml")
    [line] = said_of("shop.yaml", done.output)
    assert line.startswith("shop.yaml:1:1: E9490 cannot be written: ")
    assert done.code == 3
    assert [path.name for path in open_folder.iterdir()] == ["shop.yaml"]
    assert (open_folder / "shop.yaml").read_text(encoding="utf-8") == FAULTY


@pytest.mark.skipif(not hasattr(os, "fork"), reason="file permissions are those of POSIX")
def test_a_folder_that_may_not_be_listed_is_said(open_folder: Path) -> None:
    (open_folder / "closed").mkdir()
    (open_folder / "closed").chmod(0)
    done = unprivileged("check", "closed")
    [line] = said_of("closed", done.output)
    assert line.startswith("cfncors: error: closed: cannot be listed: Permission denied")
    assert done.code == 2


# -- the program itself ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["cycle.yaml", "alias-bomb.yaml", "deep-block.yaml", "half.yaml"])
def test_the_program_ends_without_a_traceback(name: str, folder: Path) -> None:
    bad = next(bad for bad in BADS if bad.name == name)
    (folder / name).write_bytes(bad.content)
    for command in ("check", "fix"):
        done = run(sys.executable, "-m", "cfncors", command, name, cwd=folder, env=CHECKOUT)
        assert done.returncode == 3
        assert len(said_of(name, done.stdout)) == 1
        assert done.stderr == ""


def test_standard_input_that_cannot_be_read_goes_through_a_pipe_unchanged(folder: Path) -> None:
    bad = next(bad for bad in BADS if bad.name == "half.yaml")
    text = bad.content.decode()
    done = run(sys.executable, "-m", "cfncors", "fix", "-", cwd=folder, env=CHECKOUT, stdin=text)
    assert (done.returncode, done.stdout) == (3, text)
    assert said_of("<stdin>", done.stderr) == [f"<stdin>:7:40: E9490 {bad.reason}"]


# -- cut and broken templates ------------------------------------------------------------------------------------------


def assert_stands(data: bytes, name: str) -> None:
    """Neither crashes; what cannot be read is not changed, and what is changed can be read."""
    for unsafe in (False, True):
        result = fix_bytes(data, name, Settings(), unsafe)
        assert result.report.internal == ()
        if result.report.error is not None:
            error = result.report.error
            assert error.line >= 1
            assert error.column >= 1
            assert len(error.reason.splitlines()) == 1
            assert not result.changed
        elif result.changed:
            after = check_text(result.after, name, Settings())
            assert after.error is None
            assert after.internal == ()
        if not any(found.fix is not None and found.fix.safety == "unsafe" for found in result.report.findings):
            return  # with unsafe fixes it would be the same


@pytest.mark.parametrize("path", RIGHT, ids=lambda path: path.name)
def test_a_right_template_cut_anywhere(path: Path) -> None:
    cut_at_many_places(path, 100)


@needs_shared
@pytest.mark.parametrize("path", corpus(), ids=lambda path: path.name)
def test_a_real_template_cut_anywhere(path: Path) -> None:
    cut_at_many_places(path, 20)


def cut_at_many_places(path: Path, places: int) -> None:
    data = path.read_bytes()
    random = Random(path.name)  # the same places in each run
    for at in sorted({random.randrange(1, len(data)) for _ in range(places)} | {len(data) // 2}):
        assert_stands(data[:at], path.name)


PIECES = [
    b"",
    b"\n",
    b"  ",
    b"\t",
    b":",
    b": ",
    b"- ",
    b"'",
    b'"',
    b"{",
    b"}",
    b"[",
    b"]",
    b",",
    b"#",
    b"&a ",
    b"*a",
    b"|",
]
PIECES += [
    b"!Ref ",
    b"!Sub ",
    b"<<: ",
    b"\r",
    b"\xff",
    b"\xc3\xa4",
    b"\xef\xbb\xbf",
    b"null",
    b"Fn::If: ",
    b"*",
    b"%",
    b"@",
]
splices = st.tuples(st.floats(0, 1), st.integers(0, 30), st.sampled_from(PIECES) | st.binary(max_size=4))


@settings(max_examples=400, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.sampled_from(RIGHT), st.lists(splices, min_size=1, max_size=4))
def test_a_right_template_with_broken_bytes(path: Path, places: list[tuple[float, int, bytes]]) -> None:
    data = path.read_bytes()
    for place, length, piece in places:
        at = int(place * len(data))
        data = data[:at] + piece + data[at + length :]
    assert_stands(data, path.name)


#: What stands where something else belongs.
ODD: tuple[Any, ...] = (
    *(None, "", "text", "'*'", "*", 0, -1, True, [], {}, [[]], [None], ["a", {"b": []}], {"a": None}),
    *({"Ref": "Nothing"}, {"Ref": ["a"]}, {"Ref": "AWS::NoValue"}, {"Fn::GetAtt": []}, {"Fn::Select": [9, []]}),
    *({"Fn::If": []}, {"Fn::If": ["C", {"Ref": "AWS::NoValue"}, []]}, {"Fn::If": ["C", {}, "x"]}, {"Fn::Join": "x"}),
    *({"Fn::Sub": []}, {"Fn::Sub": ["${a}", {"a": []}]}, {"Fn::FindInMap": ["a"]}, {"Fn::Transform": {"Name": []}}),
    *({"Fn::Transform": {"Name": "AWS::Include", "Parameters": {"Location": "."}}}, {"Fn::ForEach::a": ["b", [], {}]}),
)


@settings(max_examples=400, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.sampled_from(RIGHT), st.lists(st.tuples(st.floats(0, 1), st.sampled_from(ODD)), min_size=1, max_size=3))
def test_a_right_template_with_values_of_another_kind(path: Path, places: list[tuple[float, Any]]) -> None:
    text = path.read_text(encoding="utf-8")
    for place, value in places:
        document = parse(text, path.name)
        keys = {id(key) for node in document.collections if isinstance(node, Mapping) for key, _ in node.entries}
        nodes = [node for node in walk(document.root) if id(node) not in keys and node is not document.root]
        try:
            text = apply(text, replace(document, nodes[int(place * (len(nodes) - 1))], value))
        except CannotEdit:
            continue
    assert_stands(text.encode(), path.name)


ODD_PATHS = """\
Transform: AWS::Serverless-2016-10-31
Globals:
  Api: {Cors: "'*'"}
Resources:
  F:
    Type: AWS::Serverless::Function
    Properties:
      Handler: a.b
      Runtime: nodejs22.x
      CodeUri: .
      Events:
        Resolved: {Type: Api, Properties: {Path: '{{resolve:ssm:/path}}', Method: put}}
        Bare: {Type: Api, Properties: {Path: notes, Method: put}}
        Marks: {Type: Api, Properties: {Path: '/a b?x=[1]#y', Method: put}}
        Bracket: {Type: HttpApi, Properties: {Path: 'x[', Method: put}}
"""


def test_paths_that_are_no_paths_of_a_url(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """``fix`` simulates every route; one whose path is read at deployment, or written oddly, is one of them."""
    path = tmp_path / "template.yaml"
    path.write_text(ODD_PATHS, encoding="utf-8")
    assert main(["fix", str(path)]) in (0, 1)
    assert main(["simulate", str(path)]) in (0, 1)
    said = capsys.readouterr()
    assert "PUT /notes" in said.out or "PUT notes" in said.out
    assert "internal" not in said.out + said.err


def test_a_fault_of_ours_is_one_line(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "template.yaml"
    path.write_text(ODD_PATHS, encoding="utf-8")

    def crash(*_: object) -> None:
        raise RuntimeError("boom")

    monkeypatch.setattr("cfncors.verdicts.matrix.cases", crash)
    assert main(["simulate", str(path)]) == 3
    assert main(["fix", str(path)]) == 3
    said = capsys.readouterr()
    line = "internal error in this command: RuntimeError: boom; please report it with the output of --debug"
    assert f"cfncors: {line}\n" == said.err
    assert "internal error in the verdicts: RuntimeError: boom" in said.out
    assert path.read_text("utf-8") == ODD_PATHS  # nothing is changed of what could not be judged
    assert path.read_text(encoding="utf-8") == ODD_PATHS, "nothing is written"
