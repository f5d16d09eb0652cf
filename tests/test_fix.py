"""The fix engine: what it does, what it refuses, and that a refusal does not stop the rest."""

from __future__ import annotations

from collections import Counter
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from cfncors.config import Settings
from cfncors.fix import fix_text
from cfncors.lint import check_text
from cfncors.report import FixResult
from tests.toy import HEAD, WORDS, template, use_toy_rules


@pytest.fixture(autouse=True)
def _toy_rules(monkeypatch: pytest.MonkeyPatch) -> None:
    use_toy_rules(monkeypatch)


def mend(text: str, **choices: Any) -> FixResult:
    unsafe = bool(choices.pop("unsafe", False))
    return fix_text(text, "t.yaml", Settings(**choices), unsafe)


def reasons(result: FixResult) -> list[tuple[str, str]]:
    return [(held.placed.finding.rule.id, held.reason) for held in result.held]


def test_a_clean_template_comes_back_as_it_was() -> None:
    text = template(A="right", B="'even'  # comment")
    result = mend(text)
    assert result.after == text
    assert not result.changed
    assert result.applied == ()


def test_only_the_place_changes() -> None:
    text = template(A="wrong  # why", B='"x"').replace("\n", "\r\n").rstrip("\r\n")
    assert mend("\ufeff" + text).after == "\ufeff" + text.replace("wrong", "right")


def test_a_safe_fix_is_made_and_told() -> None:
    result = mend(template(A="wrong", B="wrong"))
    assert result.after == template(A="right", B="right")
    assert [(each.rule.id, each.title) for each in result.applied] == [("E9401", "write right")] * 2
    assert result.report.findings == ()


def test_an_unsafe_fix_waits_to_be_asked_for() -> None:
    text = template(A="odd")
    result = mend(text)
    assert result.after == text
    assert reasons(result) == [("W9402", "unsafe; needs --unsafe-fixes")]
    assert not result.held[0].refused
    assert mend(text, unsafe=True).after == template(A="even")


def test_overlapping_fixes_take_turns() -> None:
    result = mend(template(A="wrong wide"))
    assert result.after == template(A="right narrow")
    assert [each.rule.id for each in result.applied] == ["E9401", "E9408"]


@pytest.mark.parametrize(
    ("word", "rule", "reason"),
    [
        ("trap", "E9404", "it would add W9402 on line 6: the word 'odd'"),
        ("stubborn", "E9405", "its finding would not go away"),
    ],
)
def test_a_bad_fix_is_refused_and_the_good_ones_are_made(word: str, rule: str, reason: str) -> None:
    result = mend(template(A=word, B="wrong", C="wide"))
    assert result.after == template(A=word, B="right", C="narrow")
    assert reasons(result) == [(rule, reason)]
    assert result.held[0].refused


def test_a_fix_whose_result_does_not_parse_is_refused() -> None:
    result = mend(template(A="breaker", B="wrong"))
    assert result.after == template(A="breaker", B="right")
    [(rule, reason)] = reasons(result)
    assert rule == "E9406"
    assert reason.startswith("its result could not be read: not YAML")


def test_a_finding_that_a_fix_brings_to_light_is_fixed_with_it() -> None:
    """A trap becomes odd, which has a fix itself when unsafe ones are asked for."""
    result = mend(template(A="trap", B="wrong"), unsafe=True)
    assert result.after == template(A="even", B="right")
    assert sorted(each.rule.id for each in result.applied) == ["E9401", "E9404", "W9402"]
    assert result.held == ()


def test_advice_that_comes_to_light_does_not_keep_an_error_but_keeps_advice() -> None:
    result = mend(template(A="coarse", B="wrong"))
    assert result.after == template(A="hmm", B="right")
    assert result.held == ()
    result = mend(template(A="idle"))
    assert result.after == template(A="idle")
    assert reasons(result) == [("I9410", "it would add I9403 on line 6: the word 'hmm'")]


def test_a_fix_that_waits_for_a_refused_one_still_gets_its_turn() -> None:
    """Both edit the same value; the first is refused, so the second need not wait for it."""
    result = mend(template(A="trap wide"))
    assert result.after == template(A="trap narrow")
    assert [rule for rule, _ in reasons(result)] == ["E9404"]


def test_a_new_finding_of_a_rule_that_is_not_selected_counts_too() -> None:
    result = mend(template(A="trap"), select=("E9404",))
    assert result.after == template(A="trap")
    assert [rule for rule, _ in reasons(result)] == ["E9404"]


def test_a_new_finding_of_a_rule_that_the_user_ignores_does_not() -> None:
    assert mend(template(A="trap"), ignore=("W9402",)).after == template(A="odd")


def test_only_selected_rules_are_fixed_and_reported() -> None:
    result = mend(template(A="wrong", B="wide"), select=("E9408",))
    assert result.after == template(A="wrong", B="narrow")
    assert result.report.findings == ()


def test_a_suppressed_finding_is_left_alone() -> None:
    text = template(A="wrong  # cfncors: ignore[E9401] on purpose", B="wrong")
    assert mend(text).after == text.replace("B: wrong", "B: right")


def test_a_suppression_that_a_fix_makes_unused_does_not_forbid_the_fix() -> None:
    text = template(A="wrong wide  # cfncors: ignore[E9408] fine")
    result = mend(text)
    assert result.after == text.replace("wrong", "right")


def test_an_unreadable_text_is_not_touched() -> None:
    text = "Resources: {Topic: {Type: AWS::SNS::Topic, Properties: {A: wrong}"
    result = mend(text)
    assert result.after == text
    assert result.report.error is not None


def test_a_template_in_which_a_rule_fails_is_not_touched() -> None:
    """What a failed rule would say of the result is unknown."""
    text = template(A="crash", B="wrong")
    result = mend(text)
    assert result.after == text
    assert result.report.internal[0].startswith("rule E9407: KeyError")
    assert reasons(result) == [("E9401", "a rule failed on this file")]


SHARED = (
    HEAD
    + """\
  One:
    Type: AWS::SNS::Topic
    Properties:
      A: &value wrong
  Two:
    Type: AWS::SNS::Topic
    Properties:
      A: *value
"""
)


def test_a_shared_value_is_edited_once_when_all_places_ask_for_it() -> None:
    result = mend(SHARED)
    assert result.after == SHARED.replace("wrong", "right")
    assert [each.rule.id for each in result.applied] == ["E9401", "E9401"]


def test_a_shared_value_is_left_when_one_place_is_meant_as_it_is() -> None:
    text = SHARED.replace("  Two:\n", "  Two:\n    Metadata: {cfncors: {ignore: [E9401]}}\n")
    text = text.replace("      A: *value", "      B: {A: *value}")
    result = mend(text)
    assert result.after == text
    reason = "the value is shared by an anchor, and 1 other place uses it; edit it by hand"
    assert reasons(result) == [("E9401", reason)]


def test_a_value_that_an_unrelated_place_repeats_is_left() -> None:
    text = f"{SHARED}Outputs:\n  Said: {{Value: *value}}\n"
    result = mend(text)
    assert result.after == text
    assert {reason for _, reason in reasons(result)} == {
        "the value is shared by an anchor, and 2 other places use it; edit it by hand"
    }


def test_an_anchor_kept_in_metadata_counts_only_where_it_is_used() -> None:
    text = "Metadata:\n  kept: &value wrong\n" + SHARED.replace("&value wrong", "*value")
    assert mend(text).after == text.replace("wrong", "right")


def test_a_file_with_anchors_elsewhere_is_fixed_as_any() -> None:
    text = SHARED.replace("wrong", "fine") + "      B: wrong\n"
    assert mend(text).after == text.replace("B: wrong", "B: right")


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    st.lists(
        st.lists(st.sampled_from([word for _, _, word, _, _ in WORDS] + ["fine"]), min_size=1, max_size=3),
        min_size=1,
        max_size=5,
    )
)
def test_fixing_converges_and_adds_nothing(values: list[list[str]]) -> None:
    """Twice equals once, whatever faults stand together, and no rule finds more than before; only advice may come to
    light, once for each fix that brings it."""
    text = template(**{f"P{number}": " ".join(words) for number, words in enumerate(values)})
    once = mend(text, unsafe=True)
    twice = mend(once.after, unsafe=True)
    assert twice.after == once.after
    assert once.report.error is None
    revealing = [each for each in once.applied if each.rule.id in ("E9409", "I9410")]
    new = counted(once.after) - counted(text)
    assert {rule for rule, *_ in new} <= {"I9403"}
    assert new.total() <= len(revealing)
    assert counted(once.after).total() <= counted(text).total() - len(
        {each.rule.id for each in once.applied} - {"W9402", "E9409", "I9410"}
    )


def counted(text: str) -> Counter[tuple[str, str]]:
    """The findings of a text; where they stand does not matter."""
    return Counter((each.rule.id, each.message) for each in check_text(text, "t.yaml", Settings()).findings)
