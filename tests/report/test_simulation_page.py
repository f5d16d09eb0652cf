"""The page of ``simulate --format html`` in Chromium: nothing overflows, everything has contrast, light and dark."""

from __future__ import annotations

import json
import os
import re
import shutil
import signal
import subprocess
import tempfile
from html import unescape
from pathlib import Path
from typing import Any, Literal

import pytest

from cfncors.report.simulation_html import render
from cfncors.verdicts import options, simulate
from tests.browser.drive import executable
from tests.browser.installed import need
from tests.gateway.templates import model_in, openapi, proxy
from tests.shared import ROOT

Scheme = Literal["light", "dark"]
#: What Chromium calls them in its settings.
SCHEMES: dict[Scheme, str] = {"dark": "0", "light": "1"}

#: Runs in a copy of the page only. Contrast as WCAG 2.2, success criterion 1.4.3, defines it.
MEASURE = r"""
<pre id="measured"></pre><script>
const numbers = text => text.match(/[\d.]+/g).map(Number);
const over = (top, below) => { const a = top[3] ?? 1;
  return top.slice(0, 3).map((c, i) => c * a + below[i] * (1 - a)); };
const back = node => {
  const layers = [];
  for (let at = node; at; at = at.parentElement) layers.push(numbers(getComputedStyle(at).backgroundColor));
  return layers.reverse().reduce((below, top) => over(top, below), [255, 255, 255]);
};
const light = colour => { const [r, g, b] = colour.map(c => { c /= 255;
  return c <= .04045 ? c / 12.92 : ((c + .055) / 1.055) ** 2.4; }); return .2126 * r + .7152 * g + .0722 * b; };
const contrast = node => { const behind = back(node);
  const pair = [light(over(numbers(getComputedStyle(node).color), behind)), light(behind)];
  return (Math.max(...pair) + .05) / (Math.min(...pair) + .05); };
const texts = [...document.querySelectorAll(
  "h1,h2,p,th,code,summary,pre:not(#measured),.cell,.cell *,.legend li,small,footer")];
document.getElementById("measured").textContent = JSON.stringify({
  wide: document.documentElement.scrollWidth - document.documentElement.clientWidth,
  over: [...document.querySelectorAll(".cell")].filter(c => c.scrollWidth > c.clientWidth + 1).map(c => c.textContent),
  contrast: Math.min(...texts.filter(t => t.textContent.trim()).map(contrast)),
  page: getComputedStyle(document.body).backgroundColor,
  cells: [...document.querySelectorAll("tbody tr:not(.group)")].map(r => [...r.children].map(c => c.innerText.trim())),
  closed: document.querySelectorAll("details:not([open])").length,
});
</script>
"""


def chromium(page: Path, scheme: Scheme, width: int, *flags: str) -> str:
    """Open a page; what Chromium prints. The browser and all its processes end with it."""
    program = executable("chromium")
    assert program is not None
    with tempfile.TemporaryDirectory() as profile:
        process = subprocess.Popen(
            [
                program,
                *("--headless", "--no-sandbox", "--disable-gpu", "--no-first-run", "--disable-dev-shm-usage"),
                *("--disable-background-networking", "--host-resolver-rules=MAP * ~NOTFOUND", "--hide-scrollbars"),
                f"--user-data-dir={profile}",
                f"--window-size={width},1400",
                f"--blink-settings=preferredColorScheme={SCHEMES[scheme]}",
                *flags,
                page.as_uri(),
            ],
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            text=True,
            encoding="utf-8",
            start_new_session=True,
        )
        try:
            return process.communicate(timeout=60)[0]
        finally:
            if process.poll() is None:
                os.killpg(process.pid, signal.SIGKILL)
                process.wait(10)


def measured(html: str, folder: Path, scheme: Scheme, width: int) -> dict[str, Any]:
    page = folder / "page.html"
    page.write_text(html.replace("</body>", f"{MEASURE}</body>"), encoding="utf-8")
    found = re.search(r'<pre id="measured">(.*?)</pre>', chromium(page, scheme, width, "--dump-dom"), re.DOTALL)
    assert found is not None
    result = json.loads(unescape(found[1]))
    assert isinstance(result, dict)
    return result


@pytest.fixture
def folder() -> Any:
    """Chromium of some distributions sees no folder below /tmp/pytest-of-*; one of its own is seen everywhere."""
    path = Path(tempfile.mkdtemp())
    yield path
    shutil.rmtree(path)


def notes() -> str:
    model = model_in(ROOT / "fixtures" / "simulate" / "notes.yaml")
    assert model is not None
    return render(simulate(model, options(parameters=["Stage=prod"]), "notes.yaml"))


def shop() -> str:
    """Every other front door."""
    model = model_in(ROOT / "fixtures" / "simulate" / "shop.yaml")
    assert model is not None
    return render(simulate(model, name="shop.yaml"))


def long_names() -> str:
    path = "/" + "/".join(f"a-segment-that-is-long-{number}" for number in range(12)) + "/{proxy+}"
    paths: dict[str, object] = {
        path: {"x-amazon-apigateway-any-method": proxy(), "delete": proxy()},
        f"/{'x' * 200}": {"get": proxy()},
    }
    return render(simulate(openapi(paths), name=f"{'n' * 120}.yaml"))


@pytest.mark.slow
@pytest.mark.parametrize(("scheme", "width"), [("light", 1300), ("dark", 1300), ("light", 500), ("dark", 800)])
def test_the_page_is_read_in_every_scheme_and_width(folder: Path, scheme: Scheme, width: int) -> None:
    need("chromium")
    backgrounds = {"light": "rgb(246, 247, 249)", "dark": "rgb(18, 21, 27)"}
    for html in (notes(), shop(), long_names()):
        result = measured(html, folder, scheme, width)
        assert result["page"] == backgrounds[scheme]
        assert result["wide"] <= 0, "the page scrolls sideways"
        assert result["over"] == [], "a cell's text is wider than the cell"
        assert result["contrast"] >= 4.5


@pytest.mark.slow
def test_chromium_shows_the_matrix_and_takes_its_picture(folder: Path) -> None:
    need("chromium")
    cells = {
        row[0].split()[-1]: [" ".join(c.split()) for c in row[1:]]
        for row in measured(notes(), folder, "light", 1300)["cells"][1:]
    }
    assert cells["/notes"] == ["✓ 200 passes", "? handler", "✗ 401 blocked", "✓ 502 readable ~"]
    assert cells["/notes/{id}"] == ["✗ 200 blocked", "✗ not sent", "✗ not sent", "✗ not sent"]
    pictures = []
    for scheme in SCHEMES:
        (folder / "page.html").write_text(notes(), encoding="utf-8")
        chromium(folder / "page.html", scheme, 1300, f"--screenshot={folder / scheme}.png")
        pictures.append((folder / f"{scheme}.png").read_bytes())
    assert all(picture.startswith(b"\x89PNG") and len(picture) > 20_000 for picture in pictures)
    assert pictures[0] != pictures[1]
