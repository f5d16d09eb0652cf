"""Suppressions: which finding each silences, which it does not, and what is said of one that silences nothing."""

from __future__ import annotations

import json
from typing import Any

import pytest

from cfncors.config import Settings
from cfncors.lint import check_text
from tests.toy import HEAD, template, use_toy_rules


@pytest.fixture(autouse=True)
def _toy_rules(monkeypatch: pytest.MonkeyPatch) -> None:
    use_toy_rules(monkeypatch)


def found(text: str, name: str = "t.yaml", **choices: Any) -> list[tuple[int, str, str]]:
    """Line, rule and message of each finding."""
    report = check_text(text, name, Settings(**choices))
    assert not report.failed, report.error
    return [(each.start.line, each.finding.rule.id, each.finding.message) for each in report.placed]


WRONG = (6, "E9401", "the word 'wrong'")


# -- comments: the finding is silenced


@pytest.mark.parametrize(
    "ids", ["E9401", "E94", "E", "wrong-word", "W9402, E9401", "E9401 W9402", " E9401 "], ids=lambda ids: repr(ids)
)
def test_a_comment_at_the_end_of_the_line(ids: str) -> None:
    text = template(A=f"wrong odd # cfncors: ignore[{ids}] both are meant")
    assert "E9401" not in [rule for _, rule, _ in found(text)]


def test_a_comment_on_the_line_above() -> None:
    text = template(A="fine\n      # cfncors: ignore[E9401] reason", B="wrong")
    assert found(text) == []


def test_stacked_comments_speak_of_the_same_line() -> None:
    comments = "fine\n      # cfncors: ignore[E9401] one\n      # why\n      # cfncors: ignore[W9402] two"
    assert found(template(A=comments, B="wrong odd")) == []


def test_a_comment_after_another_comment_on_the_line() -> None:
    assert found(template(A="wrong  # see #12  # cfncors: ignore[E9401] reason")) == []


@pytest.mark.parametrize("header", ["|", ">", "|-", "|2"])
def test_a_comment_beside_the_header_of_a_block_scalar(header: str) -> None:
    assert found(template(A=f"{header} # cfncors: ignore[E9401] reason\n        wrong\n        text")) == []


def test_a_comment_at_the_end_of_a_scalar_over_several_lines() -> None:
    assert found(template(A='"wrong\n        text" # cfncors: ignore[E9401] reason')) == []


def test_a_comment_with_windows_line_ends_and_a_byte_order_mark() -> None:
    text = template(A="wrong # cfncors: ignore[E9401]").replace("\n", "\r\n")
    assert found("\ufeff" + text) == []
    assert found("\ufeff# cfncors: ignore[E9401] first line\n" + template())[0][:2] == (1, "I9491")


# -- comments: the finding stays


@pytest.mark.parametrize(
    ("value", "line"),
    [
        ("wrong # cfncors: ignore[E9402]", 6),
        ("wrong # noqa", 6),
        ("wrong # ignore[E9401]", 6),
        ("fine#cfncors:ignore[E9401]\n      B: wrong", 7),
        ("fine # cfncors: ignore[E9401]\n      B: wrong", 7),
        ("wrong\n      # cfncors: ignore[E9401]", 6),
        ("fine\n      # cfncors: ignore[E9401]\n\n      B: wrong", 9),
    ],
)
def test_a_comment_that_speaks_of_something_else(value: str, line: int) -> None:
    assert (line, "E9401", "the word 'wrong'") in found(template(A=value))


@pytest.mark.parametrize(
    "value",
    [
        '"wrong # cfncors: ignore[E9401] "',
        "'wrong # cfncors: ignore[E9401] '",
        "|\n        wrong\n        # cfncors: ignore[E9401]",
    ],
)
def test_a_hash_in_a_string_is_no_comment(value: str) -> None:
    """It silences nothing, and nothing is said of it."""
    assert found(template(A=value)) == [WRONG]


# -- comments: remarks


def test_an_unused_comment_is_reported_at_its_id() -> None:
    text = template(A="wrong # cfncors: ignore[E9401, W9402] reason")
    report = check_text(text, "t.yaml", Settings())
    [placed] = report.placed
    assert placed.finding.message == "this suppression of W9402 silences nothing; remove it"
    assert text[placed.start.offset : placed.end.offset] == "W9402"
    assert placed.start.line == 6


@pytest.mark.parametrize("body", ["ignore", "ignore E9401", "ignore[]", "ignore[ , ]", "disable[E9401]", ""])
def test_a_comment_that_is_not_understood_is_explained(body: str) -> None:
    remarks = [message for _, rule, message in found(template(A=f"fine # cfncors: {body}")) if rule == "I9491"]
    how = "write `# cfncors: ignore[E9421] reason`"
    assert remarks == [f"this comment suppresses nothing, as it names no rule in brackets; {how}"]


def test_a_comment_with_an_unknown_rule() -> None:
    [(line, rule, message)] = found(template(A="fine # cfncors: ignore[E9999] reason"))
    assert (line, rule) == (6, "I9491")
    assert message == "E9999 is no rule; `cfncors explain` lists them"


@pytest.mark.parametrize("choices", [{"ignore": ("W9402",)}, {"select": ("E9401", "I9491")}, {"ignore": ("I9491",)}])
def test_a_suppression_of_a_rule_that_is_off_is_not_called_unused(choices: dict[str, Any]) -> None:
    assert found(template(A="fine # cfncors: ignore[W9402] reason"), **choices) == []


# -- metadata


def with_metadata(metadata: str, value: str = "wrong") -> str:
    return f"{HEAD}  Topic:\n    Type: AWS::SNS::Topic\n    Metadata: {metadata}\n    Properties: {{A: {value}}}\n"


@pytest.mark.parametrize(
    "metadata",
    [
        "{cfncors: {ignore: [E9401]}}",
        "{cfncors: {ignore: [{id: E9401, reason: on purpose}]}}",
        "{cfncors: {ignore: [wrong-word]}}",
        "{cfncors: {ignore: E94}}",
        "{cfn-lint: {config: {ignore_checks: [E3012, E9401]}}}",
        "{cfn-lint: {config: {ignore_checks: [E94]}}}",
    ],
)
def test_metadata_of_the_resource(metadata: str) -> None:
    assert found(with_metadata(metadata)) == []


def test_metadata_of_another_resource_does_nothing() -> None:
    text = (
        with_metadata("{cfncors: {ignore: [E9401]}}", "fine") + "  B: {Type: AWS::SNS::Topic, Properties: {A: wrong}}\n"
    )
    assert [(line, rule) for line, rule, _ in found(text)] == [(5, "I9491"), (7, "E9401")]


@pytest.mark.parametrize("metadata", ["{cfncors: {ignore: [E9401]}}", "{cfn-lint: {config: {ignore_checks: [E9401]}}}"])
def test_metadata_of_the_template(metadata: str) -> None:
    assert found(f"Metadata: {metadata}\n" + template(A="wrong")) == []


def test_metadata_in_json() -> None:
    resource = {
        "Type": "AWS::SNS::Topic",
        "Metadata": {"cfncors": {"ignore": [{"id": "E9401", "reason": "on purpose"}, "W9402"]}},
        "Properties": {"A": "wrong"},
    }
    text = json.dumps({"Resources": {"Topic": resource}}, indent=2)
    [(line, rule, message)] = found(text, "t.json")
    assert text.splitlines()[line - 1].strip() == '"W9402"'
    assert (rule, message) == ("I9491", "this suppression of W9402 silences nothing; remove it")


def test_a_hash_in_json_is_no_comment() -> None:
    value = "wrong # cfncors: ignore[E9401]"
    text = json.dumps({"Resources": {"T": {"Type": "AWS::SNS::Topic", "Properties": {"A": value}}}})
    assert [rule for _, rule, _ in found(text, "t.json")] == ["E9401"]


@pytest.mark.parametrize("metadata", ["{cfncors: {ignore: [{reason: x}]}}", "{cfncors: {}}", "{cfncors: E9401}"])
def test_metadata_that_is_not_understood_is_explained(metadata: str) -> None:
    remarks = [message for _, rule, message in found(with_metadata(metadata)) if rule == "I9491"]
    assert len(remarks) == 1
    assert "write `cfncors: {ignore: [E9421, {id: W9422, reason: …}]}`" in remarks[0]


def test_only_our_own_ids_are_called_unused_in_cfn_lints_list() -> None:
    text = with_metadata("{cfn-lint: {config: {ignore_checks: [E3012, W, E9401]}}}", "fine")
    assert [message for _, _, message in found(text)] == ["this suppression of E9401 silences nothing; remove it"]
