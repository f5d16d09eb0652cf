"""The built wheel, installed where nothing else is, works as the checkout does."""

from __future__ import annotations

import json
import sys
import venv
import zipfile
from pathlib import Path

import pytest

from tests.programs import DEMO, ROOT, cfn_lint, cfncors, run, run_well

pytestmark = [pytest.mark.slow, pytest.mark.timeout(400), pytest.mark.xdist_group("wheel")]

PIP = (sys.executable, "-m", "pip", "--quiet", "--disable-pip-version-check")


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("dist")
    run_well(sys.executable, "-m", "build", "--wheel", "--no-isolation", "--outdir", folder, ROOT)
    (built,) = folder.glob("*.whl")
    return built


@pytest.fixture(scope="module")
def installed(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of the executables of an environment that holds the wheel and what it requires."""
    folder = tmp_path_factory.mktemp("environment")
    venv.create(folder)
    run_well(*PIP, "--python", folder / "bin" / "python", "install", "--no-compile", wheel, cwd=folder)
    return folder / "bin"


def test_the_wheel_holds_what_an_installed_cfncors_needs(wheel: Path) -> None:
    names = zipfile.ZipFile(wheel).namelist()
    source = {str(path.relative_to(ROOT)) for path in (ROOT / "cfncors").rglob("*.py")}
    rules = {f"cfncors/{path.relative_to(ROOT)}" for path in (ROOT / "rules").glob("*.py")}
    own = {name for name in names if ".dist-info/" not in name}
    assert own == source | rules | {"cfncors/py.typed", "cfncors/serve/page.html"}
    assert [name for name in names if name.endswith("licenses/LICENSE")]


def test_it_requires_only_the_two(wheel: Path) -> None:
    with zipfile.ZipFile(wheel) as archive:
        (metadata,) = (name for name in archive.namelist() if name.endswith(".dist-info/METADATA"))
        lines = archive.read(metadata).decode().splitlines()
    required = [line.removeprefix("Requires-Dist: ") for line in lines if line.startswith("Requires-Dist: ")]
    assert [line for line in required if "extra ==" not in line] == [
        "ast-grep-py>=0.38",
        "idna>=3.7",
        "pathspec>=0.12",
        "publicsuffixlist>=1.0.0.20240620",
        "pyyaml>=6.0",
    ]
    assert "cfn-lint>=1.51; extra == 'cfn-lint'" in required


def test_check_says_what_the_checkout_says(installed: Path, tmp_path: Path) -> None:
    (tmp_path / "template.yaml").write_bytes(DEMO.read_bytes())
    here = run(installed / "cfncors", "check", "--format", "json", "template.yaml", cwd=tmp_path)
    checkout = cfncors("check", "--format", "json", "template.yaml", cwd=tmp_path)
    assert (here.returncode, json.loads(here.stdout)) == (checkout.returncode, json.loads(checkout.stdout))
    assert here.returncode == 1


def test_fix_mends_a_template(installed: Path, tmp_path: Path) -> None:
    template = tmp_path / "template.yaml"
    template.write_bytes(DEMO.read_bytes())
    run(installed / "cfncors", "fix", "template.yaml", cwd=tmp_path)
    assert "DEFAULT_4XX" in template.read_text(encoding="utf-8")
    after = run(installed / "cfncors", "check", "template.yaml", cwd=tmp_path)
    assert after.returncode == 0, after.stdout


def test_the_version_is_printed(installed: Path, tmp_path: Path) -> None:
    from cfncors import __version__

    assert run_well(installed / "cfncors", "--version", cwd=tmp_path).split() == ["cfncors", __version__]


@pytest.mark.parametrize("rules", ["module", "folder"])
def test_the_installed_rules_work_in_cfn_lint(wheel: Path, tmp_path: Path, rules: str) -> None:
    """Only the wheel is installed anew: it goes before the environment's own cfncors on the path."""
    linter = cfn_lint("newest")
    target = tmp_path / "target"
    run_well(*PIP, "install", "--no-compile", "--no-deps", "--target", target, wheel)
    (tmp_path / "template.yaml").write_bytes(DEMO.read_bytes())
    env = {"PYTHONPATH": str(target)}
    where = run_well(linter.parent / "python", "-c", "import cfncors; print(cfncors.__file__)", cwd=tmp_path, env=env)
    assert Path(where.strip()).is_relative_to(target)
    name = "cfncors.cfn_lint" if rules == "module" else str(target / "cfncors" / "rules")
    done = run(linter, "-f", "parseable", "-a", name, "-t", "template.yaml", cwd=tmp_path, env=env)
    assert ":E9421:" in done.stdout, done.stdout + done.stderr
