"""The command line: what is printed where, what is written, and the exit code."""

from __future__ import annotations

import io
import json
import os
import re
import signal
import stat
import subprocess
import sys
import time
from collections.abc import Callable
from itertools import pairwise
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from cfncors import __version__, cli
from tests.programs import PATIENCE, interruptible
from tests.toy import HEAD, template, use_toy_rules

ROOT = Path(__file__).parent.parent


class Done(NamedTuple):
    """What a run left."""

    code: int
    out: str
    err: str


Run = Callable[..., Done]


@pytest.fixture(autouse=True)
def _folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """An empty folder with toy rules and a plain terminal."""
    use_toy_rules(monkeypatch)
    monkeypatch.chdir(tmp_path)
    for name in ("NO_COLOR", "FORCE_COLOR", "CFNCORS_DEBUG"):
        # Set first, so that what the command sets is taken back as well.
        monkeypatch.setenv(name, "")
    (tmp_path / ".cfncors.toml").write_text("")


@pytest.fixture
def run(capsysbinary: pytest.CaptureFixture[bytes], monkeypatch: pytest.MonkeyPatch) -> Run:
    def call(*arguments: str, stdin: bytes = b"") -> Done:
        monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(stdin)))
        code = cli.main(arguments)
        out, err = capsysbinary.readouterr()
        return Done(code, out.decode(), err.decode())

    return call


def put(name: str, text: str | bytes) -> Path:
    path = Path(name)
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    return path


# -- check


@pytest.mark.parametrize(("value", "code"), [("fine", 0), ("hmm", 0), ("odd", 1), ("wrong", 1), ("crash", 3)])
def test_the_exit_code_of_check(run: Run, value: str, code: int) -> None:
    put("t.yaml", template(A=value))
    assert run("check", "t.yaml").code == code


def test_findings_are_printed_with_a_sum(run: Run) -> None:
    put("t.yaml", template(A="wrong"))
    done = run("check", "t.yaml")
    assert done.out.startswith("t.yaml:6:10: E9401 wrong-word\n  the word 'wrong'\n")
    assert done.out.endswith("\nFound 1 error in 1 file (1 file checked); 1 fixable with `cfncors fix`.\n")
    assert done.err == ""


def test_quiet_prints_a_line_per_finding_and_nothing_else(run: Run) -> None:
    put("t.yaml", template(A="wrong odd"))
    assert run("check", "-q", "t.yaml").out.splitlines() == [
        "t.yaml:6:10: E9401 the word 'wrong'",
        "t.yaml:6:10: W9402 the word 'odd'",
    ]


def test_a_clean_template(run: Run) -> None:
    put("t.yaml", template(A="fine"))
    assert run("check", "t.yaml") == (0, "No findings (1 file checked).\n", "")
    assert run("check", "-q", "t.yaml") == (0, "", "")


def test_findings_stand_in_the_order_of_the_file(run: Run) -> None:
    put("t.yaml", template(A="odd", B="wrong odd", C="hmm"))
    assert [line.split()[1] for line in run("check", "-q").out.splitlines()] == ["W9402", "E9401", "W9402", "I9403"]


def test_json(run: Run) -> None:
    put("t.yaml", template(A="wrong"))
    put("bad.yaml", "Resources: [")
    done = run("check", "--format", "json", "t.yaml", "bad.yaml")
    report = json.loads(done.out)
    assert done.code == 3
    assert [finding["path"] for finding in report["findings"]] == [["Resources", "Topic", "Properties", "A"]]
    assert [error["file"] for error in report["errors"]] == ["bad.yaml"]
    assert report["files"] == 1


def test_github(run: Run) -> None:
    put("t.yaml", template(A="odd"))
    line = "::warning file=t.yaml,line=6,endLine=6,col=10,endColumn=13,title=W9402 odd-word::the word 'odd'\n"
    assert run("check", "--format", "github", "t.yaml") == (1, line, "")


def test_standard_input(run: Run) -> None:
    done = run("check", "-q", "-", stdin=template(A="wrong").encode())
    assert done == (1, "<stdin>:6:10: E9401 the word 'wrong'\n", "")
    done = run("check", "-q", "-", "--stdin-filename", "x/t.json", stdin=b'{"Resources": ')
    assert done == (3, "x/t.json:1:15: E9490 not JSON: the file ends in the middle of a value\n", "")


def test_a_rule_that_fails_does_not_hide_the_others(run: Run) -> None:
    put("a.yaml", template(A="crash", B="odd"))
    put("b.yaml", template(A="wrong"))
    done = run("check", "-q", ".")
    assert done.code == 3
    failed, *found = done.out.splitlines()
    assert failed.startswith("a.yaml: internal error in rule E9407: KeyError: 'crash'; please report it")
    assert found == ["a.yaml:7:10: W9402 the word 'odd'", "b.yaml:6:10: E9401 the word 'wrong'"]


def test_debug_gives_the_traceback(run: Run) -> None:
    put("a.yaml", template(A="crash"))
    with pytest.raises(KeyError, match="crash"):
        run("check", "--debug", "a.yaml")


# -- files


def test_a_folder_gives_its_templates_and_passes_over_the_rest(run: Run) -> None:
    put("sam/a.yaml", template(A="wrong"))
    put("compose.yml", "services: {web: {image: x}}")
    put("broken.yaml", "Resources: {{ range }}: [")
    put("binary.json", b"\xff\xfeResources")
    put("empty.yaml", "")
    done = run("check", "-q")
    assert done == (1, "sam/a.yaml:6:10: E9401 the word 'wrong'\n", "")


def test_a_broken_file_in_a_folder_that_speaks_of_aws_is_reported(run: Run) -> None:
    put("a.yaml", "Resources: {Api: {Type: AWS::SNS::Topic}")
    done = run("check", "-q")
    assert done.code == 3
    assert done.out.startswith("a.yaml:1:41: E9490 not YAML: ")


@pytest.mark.parametrize(
    ("content", "line"),
    [
        (b"Resources: [", "t.yaml:1:13: E9490 not YAML"),
        (b"a: b\nA\xff: b", "t.yaml:2:2: E9490 not UTF-8: byte 0xff; save the file as UTF-8"),
        (b"", "t.yaml:1:1: E9490 the file is empty"),
        (
            b"AWSTemplateFormatVersion: x\nResources: []",
            "t.yaml:2:12: E9490 Resources is a list where a mapping belongs",
        ),
        (None, "t.yaml:1:1: E9490 there is no such file"),
    ],
    ids=["not YAML", "not UTF-8", "empty", "a list", "missing"],
)
@pytest.mark.parametrize("command", ["check", "fix"])
def test_a_named_file_that_cannot_be_read(run: Run, command: str, content: bytes | None, line: str) -> None:
    """One line on it, the other files go on, nothing is written."""
    put("other.yaml", template(A="odd"))
    if content is not None:
        put("t.yaml", content)
    done = run(command, "-q", "t.yaml", "other.yaml")
    assert done.code == 3
    first, second = done.out.splitlines()
    assert first.startswith(line)
    assert second == "other.yaml:6:10: W9402 the word 'odd'"
    assert content is None or Path("t.yaml").read_bytes() == content


BAD = {
    "half": template(A="wrong", B="[1, 2, 3]")[:-5],
    "bomb": "a: &a [x, x, x, x, x, x, x, x, x]\n"
    + "".join(f"{new}: &{new} [{', '.join([f'*{old}'] * 9)}]\n" for old, new in pairwise("abcdefghi")),
    "cycle": "AWSTemplateFormatVersion: &x [*x]\n",
    "deep yaml": "a: " + "[" * 200 + "]" * 200,
    "deep json": '{"a": ' + "[" * 200 + "]" * 200 + "}",
    "duplicate": template(A="wrong", B="x\n      A: wrong"),
    "tag": template(A="!Foo wrong"),
    "control": template(A="wrong \x01"),
    "two documents": template(A="wrong") + "---\na: b\n",
    "list": HEAD + "  - Type: AWS::SNS::Topic\n",
    "json": '{"Resources": {"T": {"Type": "AWS::SNS::Topic" "x"}}}',
}


@pytest.mark.parametrize("command", ["check", "fix"])
@pytest.mark.parametrize("text", BAD.values(), ids=BAD.keys())
def test_bad_input_is_one_line_with_its_place(run: Run, command: str, text: str) -> None:
    path = put("t.yaml", text)
    put("other.yaml", template(A="odd"))
    done = run(command, "-q", "t.yaml", "other.yaml")
    first, *rest = done.out.splitlines()
    assert done.code == 3
    assert re.match(r"t\.yaml:\d+:\d+: E9490 \S", first)
    assert rest == ["other.yaml:6:10: W9402 the word 'odd'"]
    assert path.read_text() == text


def test_a_file_without_permission(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    put("t.yaml", template(A="odd")).chmod(0)
    if os.geteuid() == 0:  # root reads everything: let the system refuse it as it would another user
        real = open

        def refuse(path: str, *rest: Any, **more: Any) -> object:
            if str(path).endswith("t.yaml"):
                raise PermissionError(13, "Permission denied", path)
            return real(path, *rest, **more)

        monkeypatch.setattr("builtins.open", refuse)
    assert run("check", "-q", "t.yaml") == (3, "t.yaml:1:1: E9490 no permission to read it\n", "")


def test_a_named_file_that_is_no_template(run: Run) -> None:
    put("compose.yml", "services: {web: {image: x}}")
    note = "note: compose.yml is no CloudFormation or SAM template; skipped\n"
    assert run("check", "compose.yml") == (0, "No findings (0 files checked).\n", note)
    assert run("fix", "-q", "compose.yml") == (0, "", note)


def test_hooks_pass_over_what_is_no_template(run: Run) -> None:
    put("compose.yml", "services: {web: {image: x}}")
    put("broken.yaml", "a: [")
    put("t.yaml", template(A="wrong"))
    done = run("check", "-q", "--templates-only", "compose.yml", "broken.yaml", "t.yaml")
    assert done == (1, "t.yaml:6:10: E9401 the word 'wrong'\n", "")


@pytest.mark.parametrize("command", ["check", "fix"])
def test_a_folder_without_templates(run: Run, command: str) -> None:
    put("empty/compose.yml", "services: {web: {image: x}}")
    put("full/t.yaml", template(A="wrong"))
    done = run(command, "-q", "empty", "full")
    assert done.code == 2
    assert done.out != ""
    message = "empty: no CloudFormation or SAM template in this folder (*.yaml, *.yml, *.json, *.template)"
    assert done.err == f"cfncors: error: {message}\n"


def test_many_files_come_in_order_whatever_the_workers_do(run: Run) -> None:
    """Enough text for several processes, which know the real rules only; these have nothing to say of topics."""
    padding = "#" * 40_000 + "\n"
    for number in range(20):
        put(f"t{number:02}.yaml", padding + template(A="fine") + ("      : [\n" if number % 7 == 3 else ""))
    done = run("check", "-q")
    assert [line.partition(":")[0] for line in done.out.splitlines()] == ["t03.yaml", "t10.yaml", "t17.yaml"]
    assert done.code == 3


# -- usage


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ([], "the following arguments are required: COMMAND; see cfncors --help"),
        (["chekc"], "argument COMMAND: invalid choice: 'chekc'"),
        (["check", "--fromat", "json"], "unrecognized arguments: --fromat"),
        (["check", "--format", "xml"], "argument --format: invalid choice: 'xml'"),
        (["check", "--select", "E99"], "no rule begins with 'E99'; `cfncors explain` lists them"),
        (["check", "--ignore", "E9401,"], "an empty rule in --select or --ignore; write --select E9421,W944"),
        (["fix", "--origin", "https://a.example/"], "--origin 'https://a.example/' is not an origin"),
        (["explain", "E9491"], "no rule 'E9491'; did you mean I9491 unused-suppression?"),
        (["explain", "wrong-wort"], "no rule 'wrong-wort'; did you mean E9401 wrong-word?"),
        (["explain", "zzz"], "no rule 'zzz'; `cfncors explain` lists all"),
    ],
)
def test_wrong_usage_is_one_line(run: Run, arguments: list[str], message: str) -> None:
    done = run(*arguments)
    assert done.code == 2
    assert done.out == ""
    assert done.err.startswith(f"cfncors: error: {message}")
    assert done.err.count("\n") == 1


def test_version_and_help(run: Run) -> None:
    assert run("--version") == (0, f"cfncors {__version__}\n", "")
    for arguments in (["--help"], ["check", "--help"], ["fix", "--help"]):
        done = run(*arguments)
        assert done.code == 0
        assert "examples:\n  cfncors " in done.out


def test_select_and_ignore(run: Run) -> None:
    put("t.yaml", template(A="wrong odd hmm"))

    def rules(*arguments: str) -> list[str]:
        return [line.split()[1] for line in run("check", "-q", *arguments).out.splitlines()]

    assert rules("--select", "E,I9403") == ["E9401", "I9403"]
    assert rules("--select", "odd-word", "--select", "I") == ["I9403", "W9402"]
    assert rules("--ignore", "W94", "--ignore", "wrong-word") == ["I9403"]


def test_configuration_and_command_line(run: Run) -> None:
    put("t.yaml", template(A="wrong odd hmm"))
    put("tests/t.yaml", template(A="wrong odd"))
    put(".cfncors.toml", 'ignore = ["I"]\n[per-file-ignores]\n"tests/*" = ["E9401"]\n')
    assert run("check", "-q").out.splitlines() == [
        "t.yaml:6:10: E9401 the word 'wrong'",
        "t.yaml:6:10: W9402 the word 'odd'",
        "tests/t.yaml:6:10: W9402 the word 'odd'",
    ]
    assert run("check", "-q", "--select", "I9403").out == "t.yaml:6:10: I9403 the word 'hmm'\n"
    assert run("check", "-q", "--ignore", "W").out == "t.yaml:6:10: E9401 the word 'wrong'\n"


def test_a_wrong_configuration(run: Run) -> None:
    put(".cfncors.toml", "colour = true")
    done = run("check")
    assert done.code == 2
    assert ".cfncors.toml: unknown key 'colour'; known are select," in done.err


# -- explain


def test_explain_prints_the_docstring(run: Run) -> None:
    for word in ("E9490", "e9490", "unreadable-template"):
        done = run("explain", word)
        assert done.code == 0
        assert done.out.startswith("E9490 unreadable-template  (error, fix: none)\nAbout: something to know")
        assert "\n\nThe file cannot be read" in done.out
        assert "\nWhy\nA template that is not YAML" in done.out
        assert "\nExample\n    Resources:\n      - Api:\n" in done.out
        assert "```" not in done.out
        assert max(map(len, done.out.splitlines())) <= 88  # a URL


def test_explain_lists_all_rules(run: Run) -> None:
    lines = run("explain").out.splitlines()
    assert lines[0].split() == ["E9401", "wrong-word", "error", "fix:", "safe"]
    assert lines[1] == "       The word 'wrong'."
    assert [line.split()[0] for line in lines[::2]] == sorted(
        (line.split()[0] for line in lines[::2]), key=lambda i: i[1:]
    )


# -- fix


def test_fix_writes_and_says_what(run: Run) -> None:
    put("t.yaml", template(A="wrong", B="wrong wide"))
    put("u.yaml", template(A="fine"))
    done = run("fix")
    assert Path("t.yaml").read_text() == template(A="right", B="right narrow")
    assert done == (
        0,
        "fixed t.yaml: 3 fixes (E9401 ×2, E9408)\nFixed 3 findings in 1 file (2 files checked).\n",
        "",
    )
    assert run("fix") == (0, "Nothing fixed (2 files checked).\n", "")


def test_what_is_left_is_shown_with_the_reason(run: Run) -> None:
    put("t.yaml", template(A="stubborn", B="odd", C="wrong"))
    done = run("fix", "t.yaml")
    assert done.code == 1
    assert "t.yaml:6:10: E9405 stubborn-word\n" in done.out
    assert "  = no fix: held back: its finding would not go away\n" in done.out
    assert "  = fix: write even (unsafe; cfncors fix --unsafe-fixes)\n" in done.out
    end = "2 findings left, 1 unsafe fix available with --unsafe-fixes."
    assert " ".join(done.out.split()).endswith(end)
    assert run("fix", "-q", "--unsafe-fixes", "t.yaml").out.splitlines()[0] == "fixed t.yaml: 1 fix (W9402)"


def identity(path: Path) -> tuple[int, int, int]:
    """What writing changes of a file; reading it may change the time of its last access."""
    state = path.stat()
    return state.st_ino, state.st_mode, state.st_mtime_ns


@pytest.mark.parametrize(("value", "code"), [("fine", 0), ("hmm", 0), ("wrong", 1), ("odd", 1)])
@pytest.mark.parametrize("option", ["--diff", "--check"])
def test_the_exit_code_without_writing(run: Run, option: str, value: str, code: int) -> None:
    path = put("t.yaml", template(A=value))
    before = identity(path)
    assert run("fix", option, "t.yaml").code == code
    assert path.read_text() == template(A=value)
    assert identity(path) == before


def test_diff_goes_to_standard_output_and_the_rest_does_not(run: Run) -> None:
    put("t.yaml", template(A="wrong", B="stubborn"))
    done = run("fix", "--diff", "t.yaml")
    assert done.out == (
        "--- a/t.yaml\n+++ b/t.yaml\n@@ -3,5 +3,5 @@\n   Topic:\n     Type: AWS::SNS::Topic\n     Properties:\n"
        "-      A: wrong\n+      A: right\n       B: stubborn\n"
    )
    assert done.err.splitlines()[0] == "would fix t.yaml: 1 fix (E9401)"
    assert "held back in t.yaml: E9405 the word 'stubborn' (its finding would not go away)" in " ".join(
        done.err.split()
    )


def test_check_says_what_would_be_fixed(run: Run) -> None:
    put("t.yaml", template(A="wrong"))
    assert run("fix", "--check", "t.yaml").out == (
        "would fix t.yaml: 1 fix (E9401)\nWould fix 1 finding in 1 file (1 file checked).\n"
    )


def test_fix_reads_standard_input_and_writes_standard_output(run: Run) -> None:
    text = "\ufeff" + template(A="wrong", B="é odd").replace("\n", "\r\n").rstrip()
    done = run("fix", "-", stdin=text.encode())
    assert done.code == 1
    assert done.out == text.replace("wrong", "right")
    assert done.err.startswith("fixed <stdin>: 1 fix (E9401)\n")


@pytest.mark.parametrize("data", [b"services: {}\n", b"a: [\n", b"\xff", b"", template(A="fine").encode()])
def test_what_cannot_be_fixed_passes_through_a_pipe_unchanged(
    capsysbinary: pytest.CaptureFixture[bytes], monkeypatch: pytest.MonkeyPatch, data: bytes
) -> None:
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(data)))
    cli.main(["fix", "-"])
    assert capsysbinary.readouterr().out == data


# -- writing


def test_a_fixed_file_keeps_mode_link_and_bytes(run: Run) -> None:
    text = "\ufeff" + template(A="wrong", B="é").replace("\n", "\r\n").rstrip()
    path = put("real/t.yaml", text)
    path.chmod(0o640)
    Path("link.yaml").symlink_to("real/t.yaml")
    assert run("fix", "link.yaml").code == 0
    assert path.read_bytes() == text.replace("wrong", "right").encode()
    assert Path("link.yaml").is_symlink()
    assert stat.S_IMODE(path.stat().st_mode) == 0o640
    assert os.listdir("real") == ["t.yaml"]


def test_an_unchanged_file_is_not_written(run: Run) -> None:
    path = put("t.yaml", template(A="odd"))
    before = identity(path)
    assert run("fix", "t.yaml").code == 1
    assert identity(path) == before


@pytest.mark.parametrize("step", ["os.replace", "os.fsync"])
def test_a_failed_write_leaves_the_old_file_and_nothing_else(
    run: Run, monkeypatch: pytest.MonkeyPatch, step: str
) -> None:
    def fail(*_: object) -> None:
        raise OSError(28, "No space left on device")

    put("t.yaml", template(A="wrong"))
    put("u.yaml", template(A="fine"))
    monkeypatch.setattr(step, fail)
    done = run("fix", "-q", ".")
    assert done == (3, "t.yaml:1:1: E9490 cannot be written: No space left on device\n", "")
    assert Path("t.yaml").read_text() == template(A="wrong")
    assert sorted(os.listdir()) == [".cfncors.toml", "t.yaml", "u.yaml"]


def test_a_read_only_file_is_not_replaced(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    put("t.yaml", template(A="wrong")).chmod(0o444)
    monkeypatch.setattr(os, "access", lambda path, mode: bool(os.stat(path).st_mode & 0o200))
    done = run("fix", "-q", "t.yaml")
    assert done == (3, "t.yaml:1:1: E9490 cannot be written: the file is read-only\n", "")
    assert Path("t.yaml").read_text() == template(A="wrong")


# -- colour and width


@pytest.mark.parametrize(
    ("no_color", "force_color", "coloured"), [("", "", False), ("", "1", True), ("1", "1", False), ("", "0", False)]
)
def test_colour_off_a_terminal(
    run: Run, monkeypatch: pytest.MonkeyPatch, no_color: str, force_color: str, coloured: bool
) -> None:
    monkeypatch.setenv("NO_COLOR", no_color)
    monkeypatch.setenv("FORCE_COLOR", force_color)
    put("t.yaml", template(A="wrong"))
    assert ("\x1b[31mE9401\x1b[0m" in run("check", "t.yaml").out) is coloured


def test_on_a_terminal_it_is_coloured_and_fits() -> None:
    pty = pytest.importorskip("pty", reason="this system has no pseudo-terminals")
    put("t.yaml", "Transform: AWS::Serverless-2016-10-31\n" + "Resources: []\n")
    master, slave = pty.openpty()
    import fcntl
    import struct
    import termios

    fcntl.ioctl(slave, termios.TIOCSWINSZ, struct.pack("HHHH", 24, 60, 0, 0))
    environment = {**os.environ, "PYTHONPATH": str(ROOT), "TERM": "xterm"}
    command = [sys.executable, "-m", "cfncors", "check", "t.yaml"]
    subprocess.run(command, stdout=slave, env=environment, check=False, timeout=PATIENCE)
    os.close(slave)
    assert b"\x1b[31mE9490\x1b[0m" in os.read(master, 10_000)
    os.close(master)


# -- the process


def python(*arguments: str, **options: object) -> subprocess.Popen[bytes]:
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    pipe = subprocess.PIPE
    return subprocess.Popen(  # type: ignore[call-overload,no-any-return]
        [sys.executable, *arguments], env=environment, stdin=pipe, stdout=pipe, stderr=pipe, **options
    )


def test_a_reader_that_goes_away_is_no_error() -> None:
    with python("-m", "cfncors", "explain") as process:
        assert process.stdout is not None
        assert process.stderr is not None
        process.stdout.close()
        assert process.stderr.read() == b""
    assert process.returncode == cli.BROKEN_PIPE


def test_ctrl_c_is_quiet() -> None:
    with interruptible():
        code = "import sys; from cfncors.cli import main; print('ready', flush=True); sys.exit(main(['check', '-']))"
        process = python("-c", code)
    with process:
        assert process.stdout is not None
        assert process.stdout.readline() == b"ready\n"
        time.sleep(0.3)  # until it waits for its input
        process.send_signal(signal.SIGINT)
        _, err = process.communicate(timeout=PATIENCE)
    assert (process.returncode, err) == (cli.INTERRUPTED, b"")


def test_check_loads_only_what_it_needs() -> None:
    """Each of these costs more time than checking a template does."""
    os.unlink(".cfncors.toml")
    put("t.yaml", f"{HEAD}  Topic: {{Type: AWS::SNS::Topic}}\n")
    late = {
        "difflib",
        "subprocess",
        "pathspec",
        "tomllib",
        "tempfile",
        "shutil",
        "concurrent.futures",
        "multiprocessing",
    }
    code = (
        "import sys; from cfncors.cli import main; main(['check', 't.yaml'])\n"
        f"print(sorted({late!r} & set(sys.modules)), file=sys.stderr)"
    )
    with python("-c", code) as process:
        out, err = process.communicate(timeout=PATIENCE)
    assert (out, err) == (b"No findings (1 file checked).\n", b"[]\n")
