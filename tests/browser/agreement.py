"""How far the model and a real browser agree on exchanges, and which named differences that takes."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from typing import NamedTuple

from cfncors.browser.profiles import DIFFERENCES, PROFILES, DifferenceName, Profile
from tests.browser.drive import Run
from tests.browser.exchanges import Exchange
from tests.browser.model import Outcome, Prediction, predict

_field = re.compile(r"Request header field (\S+) is not allowed by")


class Tally(NamedTuple):
    """Of how many exchanges each of these is the same for both."""

    exchanges: int
    verdict: int
    readable: int
    asked: int
    preflights: int
    wire: int


def verdicts(outcome: Outcome) -> list[bool]:
    """For each time whether the page got its response."""
    return [names is not None for names in outcome.readable]


def asked(outcome: Outcome) -> set[str | None]:
    """The texts of Access-Control-Request-Headers."""
    return {request.headers[2] for request in outcome.wire if request.headers[1] is not None}


def preflights(outcome: Outcome) -> int:
    """How many preflights were on the wire."""
    return sum(request.headers[1] is not None for request in outcome.wire)


def tally(exchanges: Sequence[Exchange], run: Run, profile: Profile) -> Tally:
    """The agreement of a profile with what a browser did."""
    same = [0] * 5
    for exchange in exchanges:
        seen = run.outcomes[exchange.number]
        said = predict(exchange, run.origins, profile).outcome
        for index, agrees in enumerate(
            (
                verdicts(seen) == verdicts(said),
                seen.readable == said.readable,
                asked(seen) == asked(said),
                preflights(seen) == preflights(said),
                seen.wire == said.wire,
            )
        ):
            same[index] += agrees
    return Tally(len(exchanges), *same)


def disagreements(exchanges: Sequence[Exchange], run: Run, profile: Profile) -> Iterator[str]:
    """Each exchange whose outcome the model does not predict, with both sides."""
    for exchange in exchanges:
        seen = run.outcomes[exchange.number]
        prediction = predict(exchange, run.origins, profile)
        if seen != prediction.outcome:
            reasons = [verdict.reason for verdict in prediction.verdicts]
            yield f"{exchange}\n  seen:      {seen}\n  predicted: {prediction.outcome}\n  because:   {reasons}"


def uses(exchanges: Sequence[Exchange], run: Run, profile: Profile) -> dict[DifferenceName, int]:
    """For each difference of the profile, how many exchanges are predicted wrongly without it."""
    named = [line.name for line in DIFFERENCES if profile.name in line.browsers]
    without = {name: profile._replace(differences=profile.differences - {name}) for name in named}
    count = dict.fromkeys(named, 0)
    standard = PROFILES["fetch"]
    for exchange in exchanges:
        seen = run.outcomes[exchange.number]
        if predict(exchange, run.origins, standard).outcome == seen:
            continue
        for name, less in without.items():
            count[name] += predict(exchange, run.origins, less).outcome != seen
    return count


def unexplained(exchanges: Sequence[Exchange], run: Run, profile: Profile) -> list[int]:
    """Exchanges that leave the standard in a way that no difference of the profile accounts for."""
    return [
        exchange.number
        for exchange in exchanges
        if run.outcomes[exchange.number] != predict(exchange, run.origins, PROFILES["fetch"]).outcome
        and run.outcomes[exchange.number] != predict(exchange, run.origins, profile).outcome
    ]


def console_disagreement(exchange: Exchange, run: Run, prediction: Prediction) -> str | None:
    """Where the console printed other lines than predicted.

    Of several headers that are not allowed, Chromium names one in an order of its own: any of them will do.
    """
    printed = [line for line in run.console if f"/x/{exchange.number}/0'" in line]
    said = [verdict.console for verdict in prediction.verdicts if verdict.console and _is_cors(verdict.console)]
    missing = {name for text in asked(prediction.outcome) if text for name in text.split(",")}
    named = [found[1] for line in printed if (found := _field.search(line))]
    if _unnamed(printed) == _unnamed(said) and missing.issuperset(named):
        return None
    return f"{exchange}\n  printed:   {printed}\n  predicted: {said}"


def _is_cors(text: str) -> bool:
    return text.startswith("Access to fetch")


def _unnamed(lines: Sequence[str]) -> list[str]:
    return [_field.sub("Request header field … is not allowed by", line) for line in lines]
