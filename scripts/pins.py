"""Which versions the tests run with: constraints/tested.txt, constraints/lowest.txt and the oldest cfn-lint.

    python scripts/pins.py requirements   what the environment of the tests holds, for ``pip install -r``
    python scripts/pins.py oldest         the oldest cfn-lint that is supported, in the same form
    python scripts/pins.py renew          ``make pins``: the newest release of everything, written to constraints/

``renew`` wants Python 3.11, the oldest that is supported: what it can install, newer ones can install too. Imports the
standard library only, for it runs before there is an environment.
"""

from __future__ import annotations

import re
import subprocess
import sys
import tempfile
import tomllib
import venv
from pathlib import Path
from typing import Final

ROOT: Final = Path(__file__).resolve().parent.parent
FOLDER: Final = ROOT / "constraints"
TESTED: Final = FOLDER / "tested.txt"
LOWEST: Final = FOLDER / "lowest.txt"
SUPPORTED: Final = (3, 11)
#: Seconds for one installation.
PATIENCE: Final = 1200
_HEAD: Final = "# {what}\n# Written by `make pins`; do not edit.\n"


def requirements() -> list[str]:
    """What pyproject.toml asks for: the project, its cfn-lint and its tests, and what builds it."""
    content = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))
    project = content["project"]
    groups = (content["build-system"]["requires"], project["dependencies"], *project["optional-dependencies"].values())
    return sorted({requirement for group in groups for requirement in group}, key=str.lower)


def lowest() -> list[str]:
    """The same at its lower bounds."""
    return [requirement.replace(">=", "==") for requirement in requirements()]


def oldest() -> list[str]:
    """The oldest cfn-lint."""
    return [requirement for requirement in lowest() if requirement.startswith("cfn-lint==")]


def pinned(path: Path) -> dict[str, str]:
    """The versions in a file of constraints, by name as the package index has it."""
    lines = (line.partition("==") for line in path.read_text("utf-8").splitlines() if not line.startswith("#"))
    return {normal(name): version for name, _, version in lines}


def normal(name: str) -> str:
    """A project's name as it is compared (packaging.python.org, "Names and normalization")."""
    return re.sub(r"[-_.]+", "-", name).lower()


def renew() -> int:
    """Install the newest and the lowest of everything in fresh environments, and write down what came."""
    if sys.version_info[:2] != SUPPORTED:
        print(f"make pins wants Python {'.'.join(map(str, SUPPORTED))}: make pins PYTHON=…", file=sys.stderr)
        return 2
    newest = frozen(requirements())
    TESTED.write_text(_HEAD.format(what="The versions that the tests passed with.") + newest, "utf-8")
    LOWEST.write_text(
        _HEAD.format(what="The lowest versions that pyproject.toml allows, and what they bring.") + frozen(lowest()),
        "utf-8",
    )
    return 0


def frozen(wanted: list[str]) -> str:
    """What an environment holds in which nothing but these was installed."""
    with tempfile.TemporaryDirectory() as folder:
        venv.create(folder, with_pip=True)
        python = str(Path(folder) / "bin" / "python")
        pip = [python, "-m", "pip", "--disable-pip-version-check"]
        subprocess.run([*pip, "install", "--quiet", *wanted], check=True, timeout=PATIENCE)
        subprocess.run([*pip, "check"], check=True, timeout=PATIENCE)
        done = subprocess.run(
            [*pip, "freeze", "--exclude", "setuptools"], check=True, timeout=PATIENCE, capture_output=True, text=True
        )
    return "".join(sorted(done.stdout.splitlines(keepends=True), key=str.lower))


def main(argv: list[str]) -> int:
    """Print requirements, or renew the pins."""
    match argv:
        case ["requirements"]:
            print("\n".join(requirements()))
        case ["oldest"]:
            print("\n".join(oldest()))
        case ["renew"]:
            return renew()
        case _:
            print("usage: pins.py requirements | oldest | renew", file=sys.stderr)
            return 2
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
