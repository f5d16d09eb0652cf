"""Rewrite the expected results beside the fixtures of the rules, and print what changed, to be read before it is kept.

    python -m scripts.golden              all fixtures
    python -m scripts.golden E9421 W94    those whose names begin like this
    python -m scripts.golden --check      write nothing; exit 1 if something would change

The name of a fixture is its specification: ``fixtures/rules/ID-variant.fail.yaml`` must give the findings in
``….fail.yaml.findings``, and ``fix`` and ``fix --unsafe-fixes`` must make of it ``….fail.fixed.yaml`` and
``….fail.unsafe-fixed.yaml``; a file that is not there means that nothing changes. A ``pass`` fixture is silent. A
variant that ends in ``with-origin`` is run with ``--origin https://app.example.com``, one that ends in
``with-origin-and-credentials`` with ``--credentials`` as well.
"""

from __future__ import annotations

import argparse
import difflib
import re
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Final

from cfncors.checks import CHECKS
from cfncors.config import Settings
from cfncors.findings import Safety
from cfncors.fix import fix_file
from cfncors.lint import check_file
from cfncors.report import FileReport, FixResult

ROOT: Final = Path(__file__).resolve().parent.parent
FOLDER: Final = ROOT / "fixtures" / "rules"
ORIGIN: Final = "https://app.example.com"
NAME: Final = re.compile(r"(?P<rule>[EWI]\d{4})-(?P<variant>[a-z0-9-]+)\.(?P<kind>fail|pass)\.(?P<format>yaml|json)")
_EXPECTED: Final = re.compile(r".*\.fail(?:\.(?:yaml|json)\.findings|\.(?:unsafe-)?fixed\.(?:yaml|json))")


@dataclass(frozen=True, slots=True)
class Case:
    """A fixture and what its name says."""

    path: Path
    rule: str
    variant: str
    kind: str
    format: str

    @property
    def settings(self) -> Settings:
        return Settings(
            select=("E", "W", "I", self.rule) if CHECKS[self.rule][0].audit else (),
            origin=ORIGIN if "with-origin" in self.variant else None,
            credentials=True if self.variant.endswith("and-credentials") else None,
        )

    @property
    def findings(self) -> Path:
        """Where the expected findings stand."""
        return self.path.with_name(f"{self.path.name}.findings")

    def fixed(self, safety: Safety) -> Path:
        """Where the expected result of a fix stands, if the fix changes anything."""
        infix = "fixed" if safety == "safe" else "unsafe-fixed"
        return self.path.with_name(f"{self.path.stem}.{infix}.{self.format}")

    def check(self) -> FileReport:
        return check_file(str(self.path), self.settings)

    def fix(self, safety: Safety) -> FixResult:
        return fix_file(str(self.path), self.settings, unsafe=safety == "unsafe")


def cases() -> list[Case]:
    """All fixtures of the rules, by name."""
    return list(_cases())


@cache
def _cases() -> tuple[Case, ...]:
    found = ((path, NAME.fullmatch(path.name)) for path in sorted(FOLDER.iterdir()))
    return tuple(Case(path, *match.group("rule", "variant", "kind", "format")) for path, match in found if match)


def listing(report: FileReport) -> str:
    """Findings as the expected file has them: ``line:column-line:column RULE message``, in the order of the file."""
    if report.error is not None:
        place = f"{report.error.line}:{report.error.column}"
        return f"{place}-{place} E9490 {report.error.reason}\n"
    return "".join(
        f"{each.start.line}:{each.start.column}-{each.end.line}:{each.end.column} "
        f"{each.finding.rule.id} {each.finding.message}\n"
        for each in report.placed
    )


def expected(case: Case) -> Iterator[tuple[Path, str | None]]:
    """The files beside a fixture with what they should hold now; ``None`` for one that should not be there."""
    report = case.check()
    if report.internal:
        raise SystemExit(f"{case.path.name}: {report.internal[0]}")
    if case.kind == "fail":
        yield case.findings, listing(report)
    safe, unsafe = case.fix("safe"), case.fix("unsafe")
    yield case.fixed("safe"), safe.after if safe.changed else None
    yield case.fixed("unsafe"), unsafe.after if unsafe.after != safe.after else None


def orphans() -> list[Path]:
    """Expected files whose fixture is gone."""
    named = {path for case in cases() for path in (case.findings, case.fixed("safe"), case.fixed("unsafe"))}
    return [path for path in sorted(FOLDER.iterdir()) if _EXPECTED.fullmatch(path.name) and path not in named]


def main(argv: list[str] | None = None) -> int:
    """Print the changes as a diff and, unless only checking, make them."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("beginnings", nargs="*", metavar="ID", help="only fixtures whose names begin like this")
    parser.add_argument("--check", action="store_true", help="write nothing; exit 1 if something would change")
    args = parser.parse_args(argv)
    wanted = [case for case in cases() if case.path.name.startswith(tuple(args.beginnings or ("",)))]
    changes = [change for case in wanted for change in expected(case)]
    if not args.beginnings:
        changes += [(path, None) for path in orphans()]
    changed = [(path, text) for path, text in changes if _read(path) != text]
    sources = {case.fixed(safety): case.path for case in wanted for safety in ("safe", "unsafe")}
    for path, text in changed:
        print(_diff(path, text, sources.get(path, path)), end="")
        if not args.check:
            _write(path, text)
    print(f"{len(wanted)} fixtures, {len(changed)} expected files {'would change' if args.check else 'changed'}")
    return 1 if args.check and changed else 0


def _read(path: Path) -> str | None:
    return path.read_bytes().decode("utf-8") if path.exists() else None


def _write(path: Path, text: str | None) -> None:
    if text is None:
        path.unlink()
    else:
        path.write_bytes(text.encode("utf-8"))


def _diff(path: Path, text: str | None, source: Path) -> str:
    """The change of an expected file; of a new one that a fix makes, the change that the fix makes."""
    old = path if path.exists() else source
    before, after = (_read(old) or "").splitlines(keepends=True), (text or "").splitlines(keepends=True)
    name = path.relative_to(ROOT).as_posix()
    lines = difflib.unified_diff(
        before, after, old.relative_to(ROOT).as_posix(), name if text is not None else "/dev/null"
    )
    return "".join(line if line.endswith("\n") else f"{line}\n" for line in lines)


if __name__ == "__main__":
    sys.exit(main())
