"""The report for people."""

from __future__ import annotations

from typing import Any

import pytest

from cfncors.findings import Finding, Fix, Rule, Says
from cfncors.report import FileReport, place
from cfncors.report import text as report
from cfncors.report.terminal import Style, columns, wrapped
from cfncors.source import Edit, Scalar, parse

RULE = Rule("E9411", "unquoted-literal", "", ("safe",))


def at(text: str, wanted: str, message: str = "it is wrong", **extra: Any) -> FileReport:
    """A report with one finding on the first place in ``text`` where ``wanted`` stands."""
    document = parse(text, "t.yaml")
    start = text.index(wanted)
    finding = Finding(RULE, message, Scalar(wanted, start, start + len(wanted), ""), **extra)
    return FileReport("t.yaml", document, (place(document, finding),))


def lines(text: str, wanted: str, style: Style | None = None, **extra: Any) -> list[str]:
    return report.render([at(text, wanted, **extra)], style or Style()).splitlines()


def test_the_whole_of_it() -> None:
    fix = Fix("put quotes inside", "safe", (Edit(3, 4, ""),))
    says = Says("deployment", "Invalid mapping expression specified: *")
    assert lines("A: b\nCors: '*'\n", "'*'", message="read as a mapping", fix=fix, says=says) == [
        "t.yaml:2:7: E9411 unquoted-literal",
        "  read as a mapping",
        "  │",
        "2 │ Cors: '*'",
        "  │       ^^^",
        "  = deployment: Invalid mapping expression specified: *",
        "  = fix: put quotes inside (cfncors fix)",
        "",
    ]


def test_an_unsafe_fix_and_a_missing_one_say_so() -> None:
    fix = Fix("allow it", "unsafe", (Edit(3, 4, ""),))
    assert lines("A: b\n", "b", fix=fix)[-2] == "  = fix: allow it (unsafe; cfncors fix --unsafe-fixes)"
    assert lines("A: b\n", "b", no_fix="the origin is unknown")[-2] == "  = no fix: the origin is unknown"


@pytest.mark.parametrize(
    ("line", "wanted", "underline"),
    [
        ("A: b", "A", "^"),
        ("A: '日本' # c", "'日本'", "   ^^^^^^"),
        ("日本: b", "b", "      ^"),
        ("e\u0301: bb", "bb", "   ^^"),
        ('{"A":\t"b"}', '"b"', "     \t^^^"),
        ("\ufeffA: b", "b", "   ^"),
        ("A: b\nB: c", "b\nB", "   ^"),
    ],
    ids=["plain", "wide", "wide before", "combining", "tab", "byte order mark", "two lines"],
)
def test_the_underline_stands_under_the_place(line: str, wanted: str, underline: str) -> None:
    assert lines(f"{line}\n", wanted)[4] == f"  │ {underline}"


def test_the_number_of_a_late_line_moves_the_frame() -> None:
    assert lines("\n" * 99 + "A: b\n", "b")[2:5] == ["    │", "100 │ A: b", "    │    ^"]


@pytest.mark.parametrize("before", [0, 5, 70, 300])
def test_a_long_line_is_cut_around_the_place(before: int) -> None:
    text = '{"' + "k" * before + '": 1, "here": 2, "' + "z" * 300 + '": 3}'
    _, _, _, source, underline, _ = lines(text, '"here"')
    assert len(source) <= 80
    assert source[underline.index("^") : underline.rindex("^") + 1] == '"here"'
    assert source.endswith("…")


def test_a_place_longer_than_the_line_ends_with_it() -> None:
    text = '{"A": "' + "x" * 200 + '"}'
    _, _, _, source, underline, _ = lines(text, '"' + "x" * 200 + '"')
    assert len(underline) <= len(source) <= 80


def test_nothing_from_a_file_steers_the_terminal() -> None:
    document = at('{"A": "\x9b31m\u202e\x7f"}', '"A"', message="the value \x1b[31m\x07")
    text = report.render([document], Style())
    assert not set("\x1b\x07\x9b\x7f\u202e") & set(text)


def test_colour_only_when_asked_for() -> None:
    assert "\x1b[31mE9411\x1b[0m" in lines("A: b\n", "b", Style(colour=True))[0]
    assert not any("\x1b" in line for line in lines("A: b\n", "b"))


@pytest.mark.parametrize("width", [40, 80, 100])
def test_lines_keep_to_the_width(width: int) -> None:
    says = Says("browser", "Access to fetch at 'https://api.example.com/x' from origin 'null' has been blocked " * 2)
    written = lines("A: b\n", "b", Style(width=width), message="word " * 50, says=says)
    assert max(map(len, written)) <= max(width, len("      'https://api.example.com/x'"))


def test_words_are_never_broken() -> None:
    assert wrapped("a https://example.com/very/long b", 12, "  ", "  ").split("\n") == [
        "  a",
        "  https://example.com/very/long",
        "  b",
    ]


def test_commands_are_never_broken() -> None:
    fix = Fix("a fix with a long title, so long that the line is full", "unsafe", ())
    written = lines("A: b\n", "b", fix=fix)
    assert written[-2] == "      cfncors fix --unsafe-fixes)"


def test_the_width_of_characters() -> None:
    assert [columns(char) for char in "a日é\u0301\u200bｶ"] == [1, 2, 1, 0, 0, 1]


@pytest.mark.parametrize(
    ("fixes", "tail"),
    [
        ([], "."),
        (["safe", "safe"], "; 2 fixable with `cfncors fix`."),
        (["unsafe"], "; 1 fixable with `cfncors fix --unsafe-fixes`."),
        (["safe", "unsafe"], "; 1 fixable with `cfncors fix`, 1 more with --unsafe-fixes."),
    ],
)
def test_the_sum(fixes: list[str], tail: str) -> None:
    offers = [at("A: b\n", "b", fix=Fix("x", safety, ())) for safety in fixes]  # type: ignore[arg-type]
    reports = [*offers, at("A: b\n", "b"), FileReport("ok.yaml")]
    found = f"Found {report.counted(len(fixes) + 1, 'error')} in {report.counted(len(fixes) + 1, 'file')}"
    assert report.summary(reports, 40).replace("\u00a0", " ") == f"{found} (40 files checked){tail}"


def test_the_sum_of_nothing() -> None:
    assert report.summary([], 1) == "No findings (1 file checked)."


@pytest.mark.parametrize(
    ("deployments", "told"),
    [
        ((), "it is wrong"),
        (("Stage=prod",), "it is wrong (in Stage=prod)"),
        (("Stage=prod and Size=big", "Stage=dev"), "it is wrong (in Stage=prod and Size=big or Stage=dev)"),
        (("A=1", "A=2", "A=3", "A=4"), "it is wrong (in A=1 or A=2 or A=3 and another deployment)"),
        (("A=1", "A=2", "A=3", "A=4", "A=5"), "it is wrong (in A=1 or A=2 or A=3 and 2 other deployments)"),
    ],
)
def test_a_finding_names_the_deployments_that_it_holds_in(deployments: tuple[str, ...], told: str) -> None:
    assert lines("A: b\n", "b", deployments=deployments)[1] == f"  {told}"
    one = report.concise([at("A: b\n", "b", deployments=deployments)], Style())
    assert one == f"t.yaml:1:4: E9411 {told}\n"


def test_a_message_that_names_the_deployment_does_not_say_it_twice() -> None:
    message = "it is wrong with Stage=prod"
    assert lines("A: b\n", "b", message=message, deployments=("Stage=prod",))[1] == f"  {message}"


def test_one_line_per_finding() -> None:
    assert report.concise([at("A: b\n", "b", message="two\nlines")], Style()) == "t.yaml:1:4: E9411 two lines\n"
