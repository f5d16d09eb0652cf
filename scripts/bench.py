"""Measure cfncors beside bare PyYAML, ruamel.yaml and cfn-lint in one run, and hold it to its budgets.

    make bench                      real templates from ../shared/corpus, or else fixtures/
    python scripts/bench.py FOLDER

Prints times, ratios and `ok` or `OVER` for each budget; exits 1 when one is over.
"""

from __future__ import annotations

import gc
import os
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from io import StringIO
from pathlib import Path
from statistics import median
from time import perf_counter
from typing import Final, NamedTuple

import ruamel.yaml
import yaml

from cfncors.config import Settings
from cfncors.errors import UnreadableTemplate
from cfncors.fix import fix_text
from cfncors.lint import check_text
from cfncors.source import decode, parse

ROOT: Final = Path(__file__).resolve().parent.parent
SUFFIXES: Final = (".yaml", ".yml", ".json", ".template")
COLD_RUNS: Final = 7
WARM_RUNS: Final = 5
MEGABYTE: Final = 1_000_000
EXCHANGES: Final = 5_000
SETTINGS: Final = Settings()

ROUTE: Final = """\
  List{n}:
    Type: AWS::Serverless::Function
    Properties:
      Handler: app.list_{n}
      Runtime: python3.12
      CodeUri: src/
      Description: !Sub "Lists number {n} of ${{AWS::StackName}}"   # of many
      Environment:
        Variables:
          TABLE: !Ref Table
          ORIGIN: https://app.example.com
      Events:
        Get:
          Type: Api
          Properties:
            RestApiId: !Ref Api
            Path: /lists/{n}
            Method: GET
        Put:
          Type: Api
          Properties:
            RestApiId: !Ref Api
            Path: /lists/{n}
            Method: PUT
"""
HEAD: Final = """\
Transform: AWS::Serverless-2016-10-31
Resources:
  Api:
    Type: AWS::Serverless::Api
    Properties:
      StageName: prod
      Cors:
        AllowOrigin: "'https://app.example.com'"
        AllowMethods: "'GET,POST'"
        AllowHeaders: "'Content-Type'"
  Table:
    Type: AWS::Serverless::SimpleTable
"""


class Text(NamedTuple):
    """A template's name and text."""

    name: str
    text: str


class Budget(NamedTuple):
    """One line of the table: what is measured, against what, and how much of it is allowed."""

    what: str
    measured: float
    limit: float
    unit: str

    @property
    def is_kept(self) -> bool:
        return self.measured <= self.limit

    def __str__(self) -> str:
        verdict = "ok" if self.is_kept else "OVER"
        return f"  {self.what:<66} {self.measured:8.2f} {self.unit:<3} of {self.limit:7.2f}   {verdict}"


class Child(NamedTuple):
    """A program's run: wall-clock seconds and peak resident memory in bytes."""

    seconds: float
    memory: int


def synthetic(size: int) -> str:
    """A SAM template of about ``size`` characters, with faults in it that have fixes."""
    parts = [HEAD]
    length = len(HEAD)
    while length < size:
        parts.append(ROUTE.format(n=len(parts)))
        length += len(parts[-1])
    return "".join(parts)


def templates(folder: Path) -> Iterator[Text]:
    """The files of a folder that all programs measured here can read."""
    for path in sorted(folder.rglob("*")):
        if path.suffix not in SUFFIXES:
            continue
        try:
            text = decode(path.read_bytes())
            parse(text, path.name)
            yaml.compose(text, yaml.CSafeLoader)
            _ruamel(text)
        except (UnreadableTemplate, yaml.YAMLError, ruamel.yaml.error.YAMLError, NotImplementedError):
            continue
        yield Text(str(path), text)


def child(*command: str) -> Child:
    """Run a program to its end and take what the kernel counted for it."""
    start = perf_counter()
    # An installed program has its bytecode; a machine that writes none would time the compiler.
    env = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, env=env)
    _, status, usage = os.wait4(process.pid, 0)
    seconds = perf_counter() - start
    process.returncode = os.waitstatus_to_exitcode(status)
    return Child(seconds, usage.ru_maxrss * (1 if sys.platform == "darwin" else 1024))


def cold(*command: str, runs: int = COLD_RUNS) -> Child:
    """The median time and greatest memory of several runs, after one that fills the caches."""
    child(*command)
    done = [child(*command) for _ in range(runs)]
    return Child(median(run.seconds for run in done), max(run.memory for run in done))


def warm(work: Callable[[str, str], object], texts: list[Text], runs: int = WARM_RUNS) -> float:
    """Seconds that ``work`` takes over all texts, the median of several runs."""
    times = []
    for _ in range(runs):
        start = perf_counter()
        for name, text in texts:
            work(text, name)
        times.append(perf_counter() - start)
    return median(times)


def _compose(text: str, _name: str) -> object:
    return yaml.compose(text, yaml.CSafeLoader)


def _check(text: str, name: str) -> object:
    return check_text(text, name, SETTINGS)


def _fix(text: str, name: str) -> object:
    return fix_text(text, name, SETTINGS)


def _ruamel(text: str, _name: str = "") -> object:
    round_trip = ruamel.yaml.YAML()
    out = StringIO()
    round_trip.dump(round_trip.load(text), out)
    return out


def measure_cold(small: Path, large: Path, cfn_lint: str | None) -> Iterator[Budget]:
    """Whole processes, from the shell's point of view."""
    yaml_alone = cold(sys.executable, "-c", "import yaml").seconds
    print(f"  {'python, import yaml':<40} {yaml_alone:7.3f} s")
    cfncors = str(Path(sys.executable).parent / "cfncors")
    for size, path in (("small", small), ("large", large)):
        ours = cold(cfncors, "check", str(path))
        print(f"  {f'cfncors check, {size} template':<40} {ours.seconds:7.3f} s   {ours.memory / MEGABYTE:4.0f} MB")
        if size == "small":
            yield Budget("check of a small template, times python that imports yaml", ours.seconds / yaml_alone, 3, "x")
        if cfn_lint is not None:
            theirs = cold(cfn_lint, str(path), runs=3)
            print(f"  {f'cfn-lint, {size} template':<40} {theirs.seconds:7.3f} s   {theirs.memory / MEGABYTE:4.0f} MB")
            yield Budget(
                f"check of a {size} template, share of cfn-lint's time", ours.seconds / theirs.seconds, 0.1, "x"
            )
        if size == "large":
            yield Budget("peak memory on the large template", ours.memory / MEGABYTE, 100, "MB")


def measure_warm(texts: list[Text]) -> Iterator[Budget]:
    """One process that has everything loaded."""
    size = sum(len(text) for _, text in texts)
    times = {
        "libyaml compose": warm(_compose, texts),
        "parse": warm(parse, texts),
        "check": warm(_check, texts),
        "fix": warm(_fix, texts),
        "ruamel.yaml round trip": warm(_ruamel, texts, runs=1),
    }
    compose = times["libyaml compose"]
    for what, seconds in times.items():
        speed, ratio = size / seconds / MEGABYTE, seconds / compose
        print(f"  {what:<40} {seconds:7.3f} s   {speed:6.2f} MB/s   {ratio:6.2f} x compose")
    yield Budget("check with its verdicts, times libyaml's compose", times["check"] / compose, 6, "x")
    yield Budget("fix, times check", times["fix"] / times["check"], 3, "x")


def measure_size() -> Iterator[Budget]:
    """Whether four times the template takes four times as long."""
    quarter, whole = (synthetic(size) for size in (MEGABYTE // 4, MEGABYTE))
    of_quarter, of_whole = (warm(_check, [Text("synthetic.yaml", text)], runs=3) for text in (quarter, whole))
    for text, seconds in ((quarter, of_quarter), (whole, of_whole)):
        print(f"  {f'check of {len(text) / MEGABYTE:.2f} MB':<40} {seconds:7.3f} s")
    yield Budget("check of 1 MB", of_whole, 1.5, "s")
    yield Budget("time for four times the size", of_whole / of_quarter, 4.5, "x")


def largest(texts: list[Text], folder: Path) -> Path:
    """The largest template, at least of 100 kB: a synthetic one where no real one is as large."""
    best = max(texts, key=lambda text: len(text.text))
    if len(best.text) >= MEGABYTE // 10:
        return Path(best.name)
    path = folder / "large.yaml"
    path.write_text(synthetic(MEGABYTE // 10), encoding="utf-8")
    return path


def measure_browser() -> Iterator[Budget]:
    """How many exchanges, each with its preflight, the model of a browser judges in a second."""
    from cfncors.browser import Request, Response, evaluate

    json = [("content-type", "application/json"), ("authorization", "x")]
    request = Request("PUT", "https://api.example.com/notes/1", "https://app.example.com", json, "omit")
    response = Response(
        200,
        [
            ("Access-Control-Allow-Origin", "https://app.example.com"),
            ("Access-Control-Allow-Methods", "GET,PUT"),
            ("Access-Control-Allow-Headers", "Content-Type,Authorization"),
        ],
    )
    rates = []
    for _ in range(WARM_RUNS):
        start = perf_counter()
        for _ in range(EXCHANGES):
            evaluate(request, lambda _: response)
        rates.append(EXCHANGES / (perf_counter() - start))
    print(f"  {'evaluate, with a preflight':<40} {median(rates):7,.0f} a second")
    yield Budget("seconds for 50,000 exchanges", 50_000 / median(rates), 1, "s")


def main(arguments: list[str]) -> int:
    """Measure, print, and say whether all budgets are kept."""
    gc.disable()  # as the program does, here for all alike
    wanted = Path(arguments[0]) if arguments else ROOT / "fixtures"
    source = wanted if wanted.is_dir() else ROOT / "fixtures"
    texts = list(templates(source))
    budgets: list[Budget] = []
    with tempfile.TemporaryDirectory() as name:
        print("Cold, one process each")
        small = ROOT / "fixtures" / "demo" / "template.yaml"
        budgets += measure_cold(small, largest(texts, Path(name)), os.environ.get("CFNCORS_CFN_LINT_NEWEST"))
    print(
        f"\nWarm, {len(texts)} templates of {os.path.relpath(source)}, {sum(len(t.text) for t in texts):,} characters"
    )
    budgets += measure_warm(texts)
    print("\nBrowser")
    budgets += measure_browser()
    print("\nSize, synthetic")
    budgets += measure_size()
    print("\nBudgets")
    for budget in budgets:
        print(budget)
    return 0 if all(budget.is_kept for budget in budgets) else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
