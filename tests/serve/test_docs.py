"""The example of docs/serve.md is real: its request gives its answer and its line today."""

from __future__ import annotations

import re
from pathlib import Path

from tests.serve.local import serving
from tests.shared import ROOT

TEXT = (ROOT / "docs" / "serve.md").read_text(encoding="utf-8")


def block(language: str) -> str:
    """The first fenced block of a language."""
    found = re.search(rf"^```{language}\n(.*?)^```$", TEXT, re.MULTILINE | re.DOTALL)
    assert found is not None
    return found[1]


def test_the_request_gives_the_answer(tmp_path: Path) -> None:
    path = tmp_path / "template.yaml"
    path.write_text(block("yaml"), encoding="utf-8")
    command, _, shown = block("console").partition("\n")
    head, _, body = shown.partition("\n\n")
    asked = re.fullmatch(r"\$ curl -i -H 'Origin: (\S+)' http://127\.0\.0\.1:3000(/\S+)", command)
    assert asked is not None
    with serving(path) as local:
        answer = local.ask("GET", asked[2], {"Origin": asked[1]})
        assert answer.body.decode() == body
        status, *headers = head.splitlines()
        assert status == f"HTTP/1.1 {answer.status} Unauthorized"
        left_out = {"date", "content-length"}
        assert [h.lower() for h in headers] == [f"{n}: {v}".lower() for n, v in answer.headers if n not in left_out]
        assert local.lines == block("text").splitlines()
        assert local.preflight("/notes", "GET", "authorization", asked[1]).cors["allow-origin"] == asked[1]
