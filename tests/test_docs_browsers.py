"""The example on the page about browsers runs."""

from __future__ import annotations

import re

import pytest

from tests.shared import ROOT

PAGE = (ROOT / "docs" / "browsers.md").read_text(encoding="utf-8")


def test_the_example_runs(capsys: pytest.CaptureFixture[str]) -> None:
    found = re.search(r"^```python\n(.*?)^```$", PAGE, re.MULTILINE | re.DOTALL)
    assert found is not None
    exec(compile(found[1], "docs/browsers.md", "exec"), {})
    assert capsys.readouterr().out == (
        "Access to fetch at 'https://api.example.com/notes' from origin 'https://app.example.com' has been blocked by "
        "CORS policy: No 'Access-Control-Allow-Origin' header is present on the requested resource.\n"
    )
