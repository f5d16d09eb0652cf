"""The two hooks under the real pre-commit: this tree is the hook repository, and a user's repository calls it."""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path
from typing import NamedTuple

import pytest

from tests.programs import DEMO, ROOT, cfncors, run, run_well

pytestmark = [pytest.mark.slow, pytest.mark.timeout(400), pytest.mark.xdist_group("pre-commit")]

COMPOSE = "services:\n  web:\n    image: nginx\n"
CHART = "kind: Service\nmetadata:\n  name: {{ .Release.Name }}\n{{- if .Values.cors }}\n  labels: {}\n{{- end }}\n"


class Repository(NamedTuple):
    """A user's repository and the environment that its git and pre-commit run in."""

    folder: Path
    env: dict[str, str]

    def hook(self, name: str) -> subprocess.CompletedProcess[str]:
        command = ("run", name, "--all-files", "--color", "never")
        return run(sys.executable, "-m", "pre_commit", *command, cwd=self.folder, env=self.env)

    def commit(self) -> None:
        run_well("git", "add", "--all", cwd=self.folder, env=self.env)
        run_well("git", "commit", "--quiet", "--allow-empty", "--message", "files", cwd=self.folder, env=self.env)


@pytest.fixture(scope="module")
def environment(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """Nobody's git settings, and pre-commit's environments in a folder of the tests."""
    nobody = {f"GIT_{role}_{what}": "a@example.com" for role in ("AUTHOR", "COMMITTER") for what in ("NAME", "EMAIL")}
    home = tmp_path_factory.mktemp("pre-commit")
    pip = {"PIP_NO_COMPILE": "1"}
    return {**nobody, **pip, "GIT_CONFIG_GLOBAL": "/dev/null", "GIT_CONFIG_NOSYSTEM": "1", "PRE_COMMIT_HOME": str(home)}


@pytest.fixture(scope="module")
def hooks(tmp_path_factory: pytest.TempPathFactory, environment: dict[str, str]) -> tuple[Path, str]:
    """A repository of what this tree ships, and its commit."""
    folder = tmp_path_factory.mktemp("hooks")
    for name in ("cfncors", "rules"):
        shutil.copytree(ROOT / name, folder / name, ignore=shutil.ignore_patterns("__pycache__"))
    for name in ("pyproject.toml", "README.md", "LICENSE", ".pre-commit-hooks.yaml"):
        shutil.copy(ROOT / name, folder / name)
    run_well("git", "init", "--quiet", cwd=folder, env=environment)
    Repository(folder, environment).commit()
    return folder, run_well("git", "rev-parse", "HEAD", cwd=folder, env=environment).strip()


@pytest.fixture
def repository(tmp_path: Path, environment: dict[str, str], hooks: tuple[Path, str]) -> Repository:
    source, commit = hooks
    (tmp_path / ".pre-commit-config.yaml").write_text(
        f"repos:\n- repo: {source}\n  rev: {commit}\n  hooks:\n  - id: cfncors\n  - id: cfncors-fix\n", encoding="utf-8"
    )
    run_well("git", "init", "--quiet", cwd=tmp_path, env=environment)
    (tmp_path / "template.yaml").write_bytes(DEMO.read_bytes())
    (tmp_path / "compose.yaml").write_text(COMPOSE, encoding="utf-8")
    (tmp_path / "chart.yaml").write_text(CHART, encoding="utf-8")
    (tmp_path / "data.json").write_text('["no template"]\n', encoding="utf-8")
    made = Repository(tmp_path, environment)
    made.commit()
    return made


def test_the_check_fails_with_the_findings(repository: Repository) -> None:
    done = repository.hook("cfncors")
    assert done.returncode == 1, done.stdout + done.stderr
    expected = cfncors("check", "template.yaml", cwd=repository.folder).stdout
    places = [line for line in expected.splitlines() if line.startswith("template.yaml:")]
    assert places
    for line in places:
        assert line in done.stdout
    for other in ("compose.yaml", "chart.yaml", "data.json"):
        assert other not in done.stdout
    assert (repository.folder / "template.yaml").read_bytes() == DEMO.read_bytes()


def test_the_fix_rewrites_and_the_next_run_passes(repository: Repository) -> None:
    first = repository.hook("cfncors-fix")
    assert first.returncode == 1, first.stdout + first.stderr
    assert "files were modified by this hook" in first.stdout
    assert b"DEFAULT_5XX" in (repository.folder / "template.yaml").read_bytes()
    repository.commit()
    for name in ("cfncors-fix", "cfncors"):
        again = repository.hook(name)
        assert again.returncode == 0, again.stdout


def test_files_that_are_no_templates_pass(repository: Repository) -> None:
    (repository.folder / "template.yaml").unlink()
    repository.commit()
    for name in ("cfncors", "cfncors-fix"):
        done = repository.hook(name)
        assert done.returncode == 0, done.stdout
    assert (repository.folder / "compose.yaml").read_text(encoding="utf-8") == COMPOSE
