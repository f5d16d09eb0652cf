"""The proof after a fix: what changes for pages is said, and a fix that a browser would not thank for is refused."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from cfncors.browser import Fault
from cfncors.checks import CHECKS
from cfncors.cli import main
from cfncors.config import Settings
from cfncors.errors import CfncorsError
from cfncors.facts import Facts
from cfncors.findings import Explains, Finding, Fix, Rule, Says
from cfncors.fix import fix_text
from cfncors.lint import check_text, examine
from cfncors.proof import compare, prove
from cfncors.source.edit import replace
from tests.gateway.templates import model_of
from tests.shared import ROOT

TEMPLATE = """\
Transform: AWS::Serverless-2016-10-31
Globals:
  Api:
    Cors:
      AllowOrigin: "'https://app.example.com'"
      AllowHeaders: "'Content-Type'"
      MaxAge: "'600'"
    GatewayResponses:
      DEFAULT_4XX:
        ResponseParameters:
          Headers:
            Access-Control-Allow-Origin: "'https://app.example.com'"
      DEFAULT_5XX:
        ResponseParameters:
          Headers:
            Access-Control-Allow-Origin: "'https://app.example.com'"
Resources:
  Notes:
    Type: AWS::Serverless::Function
    Properties:
      Handler: notes.handler
      Runtime: python3.13
      CodeUri: src/
      Events:
        Save:
          Type: Api
          Properties:
            Path: /notes
            Method: put
"""


def facts_of(text: str) -> Facts:
    return Facts(model_of(text))


def test_what_opens_is_said_exchange_by_exchange() -> None:
    broken = TEMPLATE.replace(
        "            Access-Control-Allow-Origin: \"'https://app.example.com'\"\nRes", "            X: \"'1'\"\nRes"
    )
    proof = prove(facts_of(broken), facts_of(TEMPLATE), ())
    assert "502 on PUT /notes: blocked → readable by https://app.example.com" in proof.changes
    assert proof.objection is None


def test_what_closes_is_an_objection() -> None:
    closed = TEMPLATE.replace("MaxAge: \"'600'\"", "AllowMethods: \"'GET'\"")
    assert prove(facts_of(TEMPLATE), facts_of(closed), ()).objection == (
        "a browser would no longer pass this: preflight of PUT /notes for https://app.example.com"
    )


def test_what_is_not_simulated_has_nothing_to_prove() -> None:
    other = "Resources:\n  Bucket:\n    Type: AWS::S3::Bucket\n"
    assert prove(facts_of(other), facts_of(other), ()) == ((), None)


def with_bad_fix(text: str, says: Says | None) -> Rule:
    """A rule that speaks of MaxAge and whose fix writes ``text`` in its place."""
    explains = (Explains(faults=frozenset((Fault.METHOD_NOT_ALLOWED,))),)
    rule = Rule("W9499", "bad", "A rule.", ("safe",), explains=explains)

    def check(facts: Facts) -> Iterator[Finding]:
        document = facts.template.document
        for api in facts.model.rest_apis:
            entry = api.cors.entry("AllowHeaders") if api.cors is not None else None
            if entry is not None and "Content-Type'" in document.source(entry.value):
                fix = Fix("break it", "safe", replace(document, entry.value, text))
                yield Finding(rule, "headers are listed", entry.value, fix, None, says, (api.logical_id,))

    CHECKS["W9499"] = (rule, check)
    return rule


@pytest.fixture
def _registry(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    before = dict(CHECKS)
    yield
    CHECKS.clear()
    CHECKS.update(before)


@pytest.mark.usefixtures("_registry")
def test_a_fix_that_closes_an_exchange_is_refused() -> None:
    with_bad_fix("'content-type', \"", None)
    result = fix_text(TEMPLATE, "t.yaml", Settings(select=("W9499",)))
    assert not result.changed
    assert [held.reason for held in result.held if held.refused]


@pytest.mark.usefixtures("_registry")
def test_a_fix_that_does_not_keep_its_promise_is_refused() -> None:
    closed = TEMPLATE.replace("MaxAge: \"'600'\"", "AllowMethods: \"'GET'\"")
    text = "Method PUT is not allowed by Access-Control-Allow-Methods in preflight response."
    with_bad_fix("'X-Other,Content-Type, '", Says("browser", text))
    del CHECKS["E9433"]  # which would say why the exchange stays blocked
    result = fix_text(closed, "t.yaml", Settings(select=("W9499",)))
    assert not result.changed
    assert [held.reason for held in result.held if held.refused] == [
        "the exchanges that it is meant for would stay blocked: headers are listed"
    ]


@pytest.mark.usefixtures("_registry")
def test_of_two_causes_one_is_mended_while_the_other_one_is_still_said() -> None:
    closed = TEMPLATE.replace("MaxAge: \"'600'\"", "AllowMethods: \"'GET'\"")
    text = "Method PUT is not allowed by Access-Control-Allow-Methods in preflight response."
    with_bad_fix("'X-Other,Content-Type, '", Says("browser", text))
    result = fix_text(closed, "t.yaml", Settings(select=("W9499",)))
    assert result.changed
    assert "E9433" in [finding.rule.id for finding in check_text(result.after, "t.yaml", Settings()).findings]


@pytest.mark.usefixtures("_registry")
@pytest.mark.parametrize("error", [CfncorsError("no way to judge it"), KeyError("route"), RecursionError()])
def test_a_fix_whose_proof_fails_is_refused(monkeypatch: pytest.MonkeyPatch, error: Exception) -> None:
    broken = TEMPLATE.replace("AllowHeaders: \"'Content-Type'\"", "AllowHeaders: \"'X-Other'\"")
    assert fix_text(broken, "t.yaml", Settings()).changed

    def fail(*_: object) -> None:
        raise error

    monkeypatch.setattr("cfncors.proof.compare", fail)
    result = fix_text(broken, "t.yaml", Settings())
    assert not result.changed
    assert result.report.internal == ()
    (reason,) = {held.reason for held in result.held if held.refused}
    assert reason.startswith("it cannot be proved: ")
    assert "\n" not in reason


CODED = TEMPLATE.replace("https://app.example.com", "*").replace(
    "      CodeUri: src/\n",
    "      InlineCode: |\n        def handler(event, context):\n"
    "            return {'statusCode': 200, 'headers': {'Access-Control-Allow-Origin': '*'}, 'body': ''}\n",
)


def test_the_pages_of_the_proof_are_those_of_the_run() -> None:
    """What narrows ``*`` to the origin that the user names takes nothing from that page; no made-up one is asked."""
    origin = "https://fix.example.com"
    before = CODED.replace("notes.handler", "index.handler")
    after = before.replace("'Access-Control-Allow-Origin': '*'", f"'Access-Control-Allow-Origin': '{origin}'")
    old, new = (examine(text, "t.yaml", Settings(origin=origin)).facts for text in (before, after))
    assert old is not None
    assert new is not None
    both = compare(old, new)
    assert {each.page.origin for matrix in both for each in matrix.asked} == {origin}
    assert prove(old, new, ()).objection is None


SIGNED_IN = Settings(origin="https://app.example.com", credentials=True)


@pytest.mark.parametrize(
    "name",
    ["E9431-http-body", "E9431-http-plain", "E9431-http-sam", "E9431-plain", "W9430-rest-plain"],
)
def test_what_a_fix_writes_is_for_pages_that_send_credentials(name: str) -> None:
    """Were it not, the fix would be held back: what it is meant for would stay blocked."""
    text = (ROOT / "fixtures" / "rules" / f"{name}.fail.yaml").read_text(encoding="utf-8")
    result = fix_text(text, "t.yaml", SIGNED_IN, unsafe=True)
    assert name[:5] in {each.rule.id for each in result.applied}
    assert result.report.findings == ()
    assert "llow-Credentials" not in (unsaid := fix_text(text, "t.yaml", Settings(), unsafe=True).after)
    assert "llowCredentials" not in unsaid


def test_a_mapped_response_has_the_credentials_of_its_api() -> None:
    """Nobody has to say so: the preflights of the API allow them."""
    header = "Access-Control-Allow-Origin: \"'https://app.example.com'\""
    text = (ROOT / "fixtures" / "rules" / "E9461-openapi.fail.yaml").read_text(encoding="utf-8")
    text = text.replace(header, f"{header}\n              Access-Control-Allow-Credentials: \"'true'\"")
    text = text.replace("        MaxAge", "        AllowCredentials: true\n        MaxAge")
    result = fix_text(text, "t.yaml", Settings())
    assert [each.rule.id for each in result.applied] == ["E9461"]
    assert result.report.findings == ()


def test_a_response_without_quotes_does_not_open_an_api_to_all() -> None:
    """Its origin is that of the others all the same, and what is added has it."""
    text = (ROOT / "fixtures" / "right" / "cfn-aws-integrations.yaml").read_text(encoding="utf-8")
    start, end = text.index("  EntriesOptions:"), text.index("  Errors4xx:")
    faulty = (text[:start] + text[end:]).replace("EntriesOptions, ", "").replace("\"'${Site}'\"", '"${Site}"', 1)
    result = fix_text(faulty, "t.yaml", Settings(), unsafe=True)
    assert {each.rule.id for each in result.applied} == {"E9411", "E9431"}
    assert result.after.count("\"'${Site}'\"") == text.count("\"'${Site}'\"")
    assert result.report.findings == ()


def test_diff_says_which_exchanges_change(tmp_path: object, capsys: pytest.CaptureFixture[str]) -> None:
    path = f"{tmp_path}/template.yaml"
    with open(path, "w", encoding="utf-8") as file:
        file.write(TEMPLATE.replace("AllowHeaders: \"'Content-Type'\"", "AllowHeaders: \"'X-Other'\""))
    assert main(["fix", "--diff", path]) == 1
    captured = capsys.readouterr()
    assert "+      AllowHeaders: \"'X-Other,Content-Type'\"" in captured.out
    assert "preflight of PUT /notes: blocked → passes for https://app.example.com" in captured.err
