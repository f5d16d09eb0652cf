"""The rules inside cfn-lint say what ``cfncors check`` says, at the same places, in the oldest and newest version."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

import pytest

from cfncors.checks import CHECKS
from cfncors.findings import told
from tests.programs import CHECKOUT, CORPUS, DEMO, ROOT, SAM_CASES, cfn_lint, cfncors, run

SUFFIXES = {".yaml", ".yml", ".json", ".template"}
#: cfn-lint could not read or transform the template and ran no rule
STOPPED = {"E0000", "E0001"}

pytestmark = [pytest.mark.slow, pytest.mark.timeout(600)]

#: cfn-lint's own program with our rules alone: its own take two thirds of the time, and what they find is not
#: compared. What it and SAM's translator make anew for each template, though it is always the same, is made once.
ALONE = """
from functools import cache
from pathlib import Path
import cfnlint.config
from cfnlint import rules, runner
cfnlint.config._DEFAULT_RULESDIR = str(Path(rules.__file__).parent / "errors")
try:
    import boto3.session
    from samtranslator.policy_template_processor.processor import PolicyTemplatesProcessor
    boto3.session.Session = cache(boto3.session.Session)
    PolicyTemplatesProcessor._is_valid_templates_dict = classmethod(lambda *_: True)
except ImportError:
    pass
runner.main()
"""


@pytest.fixture(
    params=[
        pytest.param(version, marks=pytest.mark.xdist_group(f"cfn-lint {version}")) for version in ("oldest", "newest")
    ],
    scope="module",
)
def linter(request: pytest.FixtureRequest) -> Path:
    return cfn_lint(request.param)


class Found(NamedTuple):
    """A finding as both programs report it, without the file."""

    rule: str
    line: int
    column: int
    end_line: int
    end_column: int
    message: str


class Linted(NamedTuple):
    """What cfn-lint said: our rules' findings by file, and the files on which it ran no rules."""

    found: dict[str, set[Found]]
    stopped: set[str]
    unexpected: list[str]


def lint(
    linter: Path, *files: str | Path, rules: str | Path = "rules/", cwd: Path = ROOT, whole: bool = False
) -> Linted:
    """Our rules in cfn-lint; as ``whole``, beside its own."""
    program: tuple[str | Path, ...] = (linter,) if whole else (linter.parent / "python", "-c", ALONE)
    done = run(*program, "-c", "I", "-f", "json", "-a", rules, "-t", *files, cwd=cwd, env=CHECKOUT)
    assert "Traceback" not in done.stderr, done.stderr
    found: dict[str, set[Found]] = {str(file): set() for file in files}
    stopped: set[str] = set()
    unexpected: list[str] = []
    for match in json.loads(done.stdout or "[]"):
        rule = match["Rule"]["Id"]
        if rule in CHECKS:
            start, end = match["Location"]["Start"], match["Location"]["End"]
            place = (start["LineNumber"], start["ColumnNumber"], end["LineNumber"], end["ColumnNumber"])
            found[match["Filename"]].add(Found(rule, *place, match["Message"]))
        elif rule in STOPPED:
            stopped.add(match["Filename"])
        elif rule == "E0002" and re.search(r"rule [EWI]94\d\d", match["Message"]):
            unexpected.append(f"{match['Filename']}: {match['Message']}")
    return Linted(found, stopped, unexpected)


def checked(*files: str | Path, cwd: Path = ROOT) -> dict[str, set[Found]]:
    """What ``cfncors check`` says of the files that it can read."""
    done = cfncors("check", "--format", "json", *files, cwd=cwd)
    assert done.returncode in (0, 1, 3), done.stderr
    found: dict[str, set[Found]] = {str(file): set() for file in files}
    report = json.loads(done.stdout)
    for item in report["findings"]:
        start, end = item["start"], item["end"]
        place = (start["line"], start["column"], end["line"], end["column"])
        found[item["file"]].add(Found(item["rule"], *place, told(item["message"], item["deployments"])))
    unread = {error["file"] for error in report["errors"]}
    return {file: said for file, said in found.items() if file not in unread}


def templates(folder: Path) -> list[str]:
    paths = (path for path in sorted(folder.rglob("*")) if path.suffix in SUFFIXES and path.is_file())
    return [str(path.relative_to(ROOT) if path.is_relative_to(ROOT) else path) for path in paths]


def assert_same(linter: Path, files: list[str], note: Callable[[str], None], *, whole: bool = False) -> None:
    """On all files that can be read; the others cfn-lint reports itself (E0000), or ends with a traceback."""
    ours = checked(*files)
    theirs = lint(linter, *ours, whole=whole)
    assert theirs.unexpected == []
    compared = [file for file in ours if file not in theirs.stopped]
    with_findings = sum(bool(ours[file]) for file in compared)
    stopped = len(ours) - len(compared)
    note(f"{len(compared)} files, {with_findings} with findings; {stopped} more on which cfn-lint runs no rules")
    differing = {
        file: {"only cfncors": ours[file] - theirs.found[file], "only cfn-lint": theirs.found[file] - ours[file]}
        for file in compared
        if ours[file] != theirs.found[file]
    }
    assert differing == {}
    assert with_findings * 2 > sum(map(bool, ours.values())), "cfn-lint ran on fewer than half of the files"


def fixtures() -> list[str]:
    """The fixtures that are CloudFormation in one file: every YAML, and each fourth JSON, whose twin is here, too."""
    strangers = tuple(
        f"fixtures/{name}/" for name in ("beside", "functions", "handlers", "offers", "serverless", "tutorials")
    )
    files = [file for file in templates(ROOT / "fixtures") if not file.startswith(strangers)]
    twins = [file for file in files if file.endswith(".json")]
    return [file for file in files if not file.endswith(".json")] + twins[::4]


def test_every_fixture_has_the_same_findings(linter: Path, note: Callable[[str], None]) -> None:
    assert_same(linter, fixtures(), note)


@pytest.mark.parametrize("folder", [CORPUS, SAM_CASES], ids=["corpus", "sam-cases"])
def test_every_shared_template_has_the_same_findings(linter: Path, note: Callable[[str], None], folder: Path) -> None:
    """Beside cfn-lint's own rules."""
    if not folder.is_dir():
        pytest.skip("no ../shared, templates of others, beside this checkout")
    assert_same(linter, templates(folder), note, whole=True)


def test_what_is_in_another_file_is_told_where_the_template_names_it(linter: Path) -> None:
    """cfn-lint knows one file: the message says which other one, and where in it."""
    code, definition = ROOT / "fixtures" / "functions" / "javascript-helper", ROOT / "fixtures" / "beside" / "include"
    found = lint(linter, "template.yaml", rules=ROOT / "rules", cwd=code).found["template.yaml"]
    (error,) = (each for each in found if each.message.startswith("src/notes/save.js:8:12: "))
    line = (code / "template.yaml").read_text("utf-8").splitlines()[error.line - 1]
    assert (error.rule, line.strip()) == ("W9463", "Handler: notes/save.handler")
    found = lint(linter, "template.yaml", rules=ROOT / "rules", cwd=definition).found["template.yaml"]
    (quotes,) = (each for each in found if each.rule == "E9411")
    line = (definition / "template.yaml").read_text("utf-8").splitlines()[quotes.line - 1]
    assert quotes.message.startswith("api/books.yaml:23:67: ")
    assert line.strip() == "Location: api/books.yaml"


def test_the_module_has_the_rules_of_the_folder(linter: Path) -> None:
    file = str(DEMO.relative_to(ROOT))
    module = lint(linter, file, rules="cfncors.cfn_lint", whole=True).found
    assert module == lint(linter, file, whole=True).found == checked(file) != {file: set()}


def test_every_rule_is_listed_with_its_summary(linter: Path) -> None:
    listing = run(linter, "-a", "cfncors.cfn_lint", "--list-rules", env=CHECKOUT).stdout
    listed = dict(re.findall(r"^([EWI]94\d\d): (.*)$", listing, re.MULTILINE))
    assert listed == {rule.id: rule.summary for rule, _ in CHECKS.values()}


REST_API = """\
AWSTemplateFormatVersion: "2010-09-09"
Resources:
  Api:
    Type: AWS::ApiGateway::RestApi
    Properties:
      Name: orders
  Denied:
    Type: AWS::ApiGateway::GatewayResponse
    Properties:
      RestApiId: !Ref Api
      ResponseType: UNAUTHORIZED
      ResponseParameters:
        gatewayresponse.header.Access-Control-Allow-Origin: "*"
"""
UNQUOTED = "E9411"


def test_a_rule_reports_its_place(linter: Path, tmp_path: Path) -> None:
    (tmp_path / "template.yaml").write_text(REST_API, encoding="utf-8")
    found = lint(linter, "template.yaml", rules="cfncors.cfn_lint", cwd=tmp_path).found["template.yaml"]
    places = {(item.rule, item.line, item.column, item.end_line, item.end_column) for item in found}
    assert (UNQUOTED, 13, 61, 13, 64) in places


def suppressed(how: str) -> str:
    """The template with its one fault suppressed."""
    line = '        gatewayresponse.header.Access-Control-Allow-Origin: "*"'
    kind = "    Type: AWS::ApiGateway::GatewayResponse\n"
    match how:
        case "comment":
            return REST_API.replace(line, f"{line}  # cfncors: ignore[{UNQUOTED}] a test of it")
        case "our Metadata":
            return REST_API.replace(kind, f"{kind}    Metadata: {{cfncors: {{ignore: [{UNQUOTED}]}}}}\n")
        case _:
            config = f"{{cfn-lint: {{config: {{ignore_checks: [{UNQUOTED}]}}}}}}"
            return REST_API.replace(kind, f"{kind}    Metadata: {config}\n")


@pytest.mark.parametrize("how", ["comment", "our Metadata", "cfn-lint's Metadata"])
def test_suppression_works_inside_cfn_lint(linter: Path, tmp_path: Path, how: str) -> None:
    (tmp_path / "template.yaml").write_text(suppressed(how), encoding="utf-8")
    found = lint(linter, "template.yaml", rules="cfncors.cfn_lint", cwd=tmp_path).found["template.yaml"]
    assert UNQUOTED not in {item.rule for item in found}
    assert "I9491" not in {item.rule for item in found}, "the suppression is used"


def test_a_family_is_silenced_by_its_prefix(linter: Path) -> None:
    shown = run(linter, "-a", "rules/", "-i", "E942", "W942", "-t", DEMO, env=CHECKOUT).stdout
    assert "E9432" in shown
    assert "E9421" not in shown


def test_standard_input_is_checked_by_what_cfn_lint_made_of_it(linter: Path) -> None:
    done = run(linter, "-a", "cfncors.cfn_lint", "-f", "parseable", stdin=REST_API, env=CHECKOUT)
    lines = [line for line in done.stdout.splitlines() if f":{UNQUOTED}:" in line]
    assert [line.split(":")[1] for line in lines] == ["13"], done.stdout + done.stderr


def test_what_only_cfn_lint_can_read_is_said(linter: Path, tmp_path: Path) -> None:
    """cfn-lint is silent about a template that we refuse, so the rule for it must speak."""
    deep = "[" * 120 + "]" * 120
    text = REST_API + f"    Metadata: {{deep: {deep}}}\n"
    (tmp_path / "template.yaml").write_text(text, encoding="utf-8")
    linted = lint(linter, "template.yaml", rules="cfncors.cfn_lint", cwd=tmp_path)
    assert {(item.rule, item.line) for item in linted.found["template.yaml"]} == {("E9490", 14)}


def probe(linter: Path, code: str) -> str:
    """Run Python code where that cfn-lint is installed."""
    done = run(linter.parent / "python", "-W", "ignore", "-c", code, env=CHECKOUT)
    assert done.returncode == 0, done.stderr
    return done.stdout.strip()


def test_a_template_is_checked_once_for_all_rules(linter: Path) -> None:
    code = f"""
import cfncors.cfn_lint as rules
from cfnlint.decode import decode
from cfnlint.template import Template
calls, check = [], rules.check_bytes
rules.check_bytes = lambda *a: calls.append(a[1]) or check(*a)
for name in ({str(DEMO)!r}, {str(DEMO)!r}):
    cfn = Template(name, decode(name)[0])
    found = [match for rule in vars(rules).values() if isinstance(rule, type) and getattr(rule, "id", "")
             for match in rule().match(cfn)]
    assert found
print(len(calls))
"""
    assert probe(linter, code) == "2"  # one for each template object


def test_a_check_that_fails_is_said_once_and_the_others_speak(linter: Path) -> None:
    code = f"""
import sys
from cfncors.checks import CHECKS
from cfncors.findings import told
def fail(model): raise ZeroDivisionError("of a test")
CHECKS["E9421"] = (CHECKS["E9421"][0], fail)
fail.__module__ = "cfncors.checks.gateway_responses"
sys.argv = ["cfn-lint", "-a", "cfncors.cfn_lint", "-f", "parseable", "-t", {str(DEMO)!r}]
from cfnlint import runner
try: runner.main()
except SystemExit: pass
"""
    said = probe(linter, code)
    assert said.count("of a test") == said.count(":E0002:") == 1
    assert ":E9432:" in said


def test_a_name_without_a_file_falls_back_to_the_template(linter: Path) -> None:
    code = f"""
import cfncors.cfn_lint as rules
from cfnlint.decode.decode import decode_str
from cfnlint.template import Template
cfn = Template("made-up.yaml", decode_str({REST_API!r})[0])
print([list(match.path) for match in rules.{UNQUOTED}().match(cfn)])
"""
    path = ["Resources", "Denied", "Properties", "ResponseParameters"]
    assert probe(linter, code) == str([[*path, "gatewayresponse.header.Access-Control-Allow-Origin"]])


def test_a_cfnlintrc_appends_the_rules(linter: Path, tmp_path: Path) -> None:
    (tmp_path / ".cfnlintrc").write_text("append_rules:\n  - cfncors.cfn_lint\n", encoding="utf-8")
    (tmp_path / "template.yaml").write_bytes(DEMO.read_bytes())
    done = run(linter, "-f", "json", "template.yaml", cwd=tmp_path, env=CHECKOUT)
    ids = {match["Rule"]["Id"] for match in json.loads(done.stdout)}
    assert {found.rule for found in checked(str(DEMO.relative_to(ROOT)))[str(DEMO.relative_to(ROOT))]} <= ids
