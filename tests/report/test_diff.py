"""Unified diffs: ``git apply`` must make of the old file exactly the new one."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cfncors.report.diff import render
from cfncors.report.terminal import Style

CASES = [
    ("a\nb\nc\n", "a\nB\nc\n"),
    ("a\r\nb\r\n", "a\r\nB\r\n"),
    ("a\nb", "a\nB"),
    ("a\nb", "a\nb\n"),
    ("a\nb\n", "a\nb"),
    ("\ufeffa\n", "\ufeffb\n"),
    ("a\x0cb\u2028c\n", "a\x0cB\u2028c\n"),
    ("a\rb\nc\n", "a\rb\nd\n"),
    ("--- a\n", "+++ b\n"),
    ("", "a"),
]


def applied(folder: Path, before: str, after: str, name: str = "t.yaml") -> bytes:
    (folder / name).write_bytes(before.encode())
    patch = render(name, before, after, Style()).encode()
    command = ["git", "apply", "--unsafe-paths", "-"]
    subprocess.run(command, cwd=folder, input=patch, check=True, capture_output=True, timeout=60)
    return (folder / name).read_bytes()


@pytest.mark.parametrize(("before", "after"), CASES)
def test_git_applies_it(tmp_path: Path, before: str, after: str) -> None:
    assert applied(tmp_path, before, after) == after.encode()


def test_a_name_with_a_space(tmp_path: Path) -> None:
    assert applied(tmp_path, "a\n", "b\n", "my template.yaml") == b"b\n"


def test_the_missing_newline_is_told() -> None:
    assert render("t.yaml", "a\nb", "a\nB\n", Style()).endswith("-b\n\\ No newline at end of file\n+B\n")


def test_an_absolute_path_loses_its_slash() -> None:
    assert render("/x/t.yaml", "a\n", "b\n", Style()).startswith("--- a/x/t.yaml\n+++ b/x/t.yaml\n@@ ")


def test_no_change_no_diff() -> None:
    assert render("t.yaml", "a", "a", Style(colour=True)) == ""


def test_colours() -> None:
    text = render("t.yaml", "a\r\n", "b\r\n", Style(colour=True))
    assert "\x1b[31m-a\x1b[0m\r\n" in text
    assert "\x1b[32m+b\x1b[0m\r\n" in text


TEXTS = st.lists(st.sampled_from(["a", "b", "", "-x", "+y", "\r", "é"]), max_size=8).map("\n".join)


@settings(max_examples=100, deadline=None)
@given(TEXTS, TEXTS)
def test_both_texts_can_be_read_from_it(before: str, after: str) -> None:
    """With whole files as context the old text is the lines without ``+``, and the new one those without ``-``."""
    written = render("t", before, after, Style())
    if before == after:
        assert written == ""
        return
    body = written.split("\n", 2)[2]
    assert _side(body, "-") in before
    assert _side(body, "+") in after


def _side(body: str, mark: str) -> str:
    lines = [line for line in body.split("\n")[:-1] if not line.startswith("@@")]
    kept = ""
    for number, line in enumerate(lines):
        following = lines[number + 1] if number + 1 < len(lines) else ""
        if line[:1] in (" ", mark):
            kept += line[1:] + ("" if following.startswith("\\") else "\n")
    return kept
