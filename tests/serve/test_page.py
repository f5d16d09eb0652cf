"""``serve``'s page as a person sees it in real Chromium: its words, after it ran."""

from __future__ import annotations

import re
import subprocess
from pathlib import Path
from typing import Any

import pytest

from cfncors.browser import ProfileName
from cfncors.serve import Deployment, site
from cfncors.serve.matrix import matrix
from tests.browser.drive import executable
from tests.browser.installed import need
from tests.serve.local import TEMPLATE, Local, serving

pytestmark = [pytest.mark.slow, pytest.mark.xdist_group("chromium")]

#: In milliseconds of the page's clock, which stands still while it waits for an answer.
CLOCK = 3000


@pytest.fixture
def template(tmp_path: Path) -> Path:
    path = tmp_path / "template.yaml"
    path.write_text(TEMPLATE, encoding="utf-8")
    return path


def chromium(local: Local, folder: Path, *options: str) -> str:
    """What Chromium prints when it opens the page, without a window."""
    need("chromium")
    program = executable("chromium")
    assert program is not None
    flags = ["--headless", "--no-sandbox", "--disable-gpu", "--no-first-run", "--disable-background-networking"]
    flags += ["--disable-component-update", "--disable-dev-shm-usage", f"--user-data-dir={folder / 'profile'}"]
    command = [program, *flags, f"--virtual-time-budget={CLOCK}", *options, f"{local.server.url}/"]
    environment = {"HOME": str(folder), "PATH": "/usr/bin:/bin"}
    done = subprocess.run(command, capture_output=True, text=True, check=True, timeout=90, env=environment)
    return done.stdout


def words(dom: str) -> str:
    """The text of a page in one line."""
    body = re.sub(r"<(script|style|head)\b.*?</\1>", "", dom, flags=re.DOTALL)
    return " ".join(re.sub(r"<[^>]+>", " ", body).split())


def test_the_page_says_what_is_blocked_and_why(template: Path, tmp_path: Path) -> None:
    with serving(template) as local:
        text = words(chromium(local, tmp_path, "--dump-dom"))
        seen = local.site.seen
    assert "CORS of template.yaml" in text
    assert "This page plays https://notes.example.com" in text
    blocked = sum(not each.readable for each in seen)
    assert f"✗ {blocked} of {len(seen)} exchanges are blocked" in text
    assert f"= {len(seen)} of {len(seen)} as predicted" in text
    assert "PUT /notes/{id} 200 ✓ passes ✓ passes code ? depends ✓ readable 401 ✓ readable ✓ readable" in text
    assert "GET / – none due – none due code ? depends ✓ readable 429 ✗ blocked ✗ blocked" in text
    assert (
        "The response allows the origin 'https://notes.example.com/', and the page's is https://notes.example.com."
        in text
    )
    assert "The 'Access-Control-Allow-Origin' header has a value 'https://notes.example.com/'" in text
    assert "differ" not in text


def test_a_difference_is_shown_loudly(template: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def wrong(deployment: Deployment, page: str, profile: ProfileName) -> dict[str, Any]:
        made = matrix(deployment, page, profile)
        made["apis"][0]["rows"][1]["probes"][3]["expected"] = True
        return made

    monkeypatch.setattr(site, "matrix", wrong)
    with serving(template) as local:
        text = words(chromium(local, tmp_path, "--dump-dom"))
        assert any(re.fullmatch(r"Chromium \d+: (\d+) of (\d+) exchanges as predicted", line) for line in local.lines)
    assert re.search(r"≠ 1 of \d+ differ from the prediction", text)
    assert "≠ differs: 403 ACCESS_DENIED should be readable here" in text


def test_the_page_can_be_pictured(template: Path, tmp_path: Path) -> None:
    with serving(template) as local:
        for scheme in ("0", "1"):
            picture = tmp_path / f"page-{scheme}.png"
            look = f"--blink-settings=preferredColorScheme={scheme}"
            chromium(local, tmp_path, look, "--window-size=1400,1200", f"--screenshot={picture}")
            assert picture.read_bytes().startswith(b"\x89PNG")
    light, dark = ((tmp_path / f"page-{scheme}.png").read_bytes() for scheme in ("1", "0"))
    assert light != dark
