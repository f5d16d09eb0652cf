"""Compare cfncors.browser with real browsers on thousands of generated exchanges, each of which is asked for twice.

    make browsers                                 5,000 exchanges in each of Chromium and Firefox
    python -m scripts.browsers chromium 1000 7    one browser, how many, which seed

Prints how many exchanges agree with the standard and with the browser's profile: the verdict, the readable response
headers, the text of Access-Control-Request-Headers, the number of preflights, and every request on the wire. Exits 1
when a verdict or a set of readable headers differs from the profile, or, in Chromium, anything at all.
"""

from __future__ import annotations

import sys
from collections.abc import Iterable, Iterator
from time import perf_counter
from typing import Final

from cfncors.browser.profiles import PROFILES
from tests.browser.agreement import Tally, disagreements, tally, uses
from tests.browser.drive import Browser, executable, run, version
from tests.browser.exchanges import Exchange, generate

COUNT: Final = 5_000
SEED: Final = 2
#: Before a browser that hangs is given up.
TIMEOUT: Final = 600.0
HEADINGS: Final = ("", "verdict", "readable", "asked names", "preflights", "whole wire")
SHOWN: Final = 3
#: Exchanges for one start of a browser: Chromium's preflight cache holds 1,024 entries and then drops some by chance.
BATCH: Final = 1_000


def main(arguments: list[str]) -> int:
    """Run the browsers named, or all that are installed; the exit code."""
    browsers: list[Browser] = [name for name in ("chromium", "firefox") if not arguments or name == arguments[0]]
    if not browsers:
        print(f"no browser {arguments[0]!r}; there are chromium and firefox", file=sys.stderr)
        return 2
    count = int(arguments[1]) if len(arguments) > 1 else COUNT
    seed = int(arguments[2]) if len(arguments) > 2 else SEED
    missing = [name for name in browsers if executable(name) is None]
    if missing:
        print(f"not installed: {', '.join(missing)}; apt-get install chromium firefox-esr", file=sys.stderr)
        return 2
    return max(compare(browser, count, seed) for browser in browsers)


def compare(browser: Browser, count: int, seed: int) -> int:
    """One browser's table; 1 when it disagrees with its profile."""
    exchanges = list(generate(seed, count))
    start = perf_counter()
    runs = [(batch, run(browser, batch, timeout=TIMEOUT)) for batch in _batches(exchanges)]
    seconds = perf_counter() - start
    profile = PROFILES[browser]
    by_standard = _sum(tally(batch, seen, PROFILES["fetch"]) for batch, seen in runs)
    by_profile = _sum(tally(batch, seen, profile) for batch, seen in runs)
    print(f"\n{version(browser)}: {count:,} exchanges of seed {seed} in {seconds:.0f} s")
    print("".join(f"{heading:>16}" for heading in HEADINGS))
    print(row("standard", by_standard))
    print(row(browser, by_profile))
    needed = [uses(batch, seen, profile) for batch, seen in runs]
    for name in needed[0]:
        print(f"{sum(each[name] for each in needed):>16,} need {name}")
    exact = by_profile[1:] if browser == "chromium" else by_profile[1:3]
    if all(same == count for same in exact):
        return 0
    for wrong in [text for batch, seen in runs for text in disagreements(batch, seen, profile)][:SHOWN]:
        print(wrong)
    return 1


def _batches(exchanges: list[Exchange]) -> Iterator[list[Exchange]]:
    for start in range(0, len(exchanges), BATCH):
        yield exchanges[start : start + BATCH]


def _sum(tallies: Iterable[Tally]) -> Tally:
    return Tally(*map(sum, zip(*tallies, strict=True)))


def row(name: str, counts: Tally) -> str:
    """A line of the table: numbers of exchanges and shares."""
    cells = (f"{same:,} {_share(same, counts.exchanges)}" for same in counts[1:])
    return f"{name:>16}" + "".join(f"{cell:>16}" for cell in cells)


def _share(same: int, count: int) -> str:
    """Rounded down: only all of them are 100 %."""
    return f"{same * 1000 // count / 10:.1f} %"


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
