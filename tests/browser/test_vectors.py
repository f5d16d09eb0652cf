"""The model against the cases after the web platform tests."""

from __future__ import annotations

import pytest

from cfncors.browser.profiles import PROFILES
from tests.browser.exchanges import Origins
from tests.browser.model import Outcome, predict
from tests.browser.vectors import ANY, VECTORS, Vector

ORIGINS = Origins("http://127.0.0.1:8001", "http://localhost:8002", "http://localhost:8003")


def shortfall(vector: Vector, outcome: Outcome) -> str | None:
    """What of an outcome is not as the vector says; ``None`` when all is."""
    first = outcome.readable[0]
    if (first is not None) != vector.allowed:
        return f"{'blocked' if vector.allowed else 'allowed'}, should be the other way"
    asked = next((request.headers[2] or "" for request in outcome.wire if request.headers[1] is not None), None)
    if vector.asks != ANY and asked != vector.asks:
        return f"the preflight asks for {asked!r}, should for {vector.asks!r}"
    if vector.readable is not None and first is not None and frozenset(first) != vector.readable:
        return f"readable are {first}, should be {sorted(vector.readable)}"
    return None


@pytest.mark.parametrize("vector", VECTORS, ids=lambda vector: f"{vector.wpt}: {vector.about}")
def test_the_standard(vector: Vector) -> None:
    prediction = predict(vector.exchange, ORIGINS, PROFILES["fetch"])
    assert shortfall(vector, prediction.outcome) is None, prediction.verdicts[0].reason


def test_differences_of_browsers_show() -> None:
    """A vector that names a difference is not met by the profile that has it."""
    for vector in VECTORS:
        if vector.differs:
            assert shortfall(vector, predict(vector.exchange, ORIGINS, PROFILES["chromium"]).outcome), vector


def test_vectors_cover_the_files() -> None:
    named = {vector.wpt.rpartition("/")[2].partition(".")[0] for vector in VECTORS}
    assert named >= {
        *(
            "origin",
            "credentials-flag",
            "cors-safelisted-request-header",
            "cors-preflight",
            "cors-origin",
            "cors-basic",
        ),
        *("cors-filtering", "cors-expose-star", "cors-multiple-origins", "cors-redirect", "cors-preflight-status"),
        *("cors-redirect-credentials", "cors-redirect-preflight", "cors-preflight-redirect", "cors-preflight-star"),
        *("cors-preflight-response-validation", "cors-no-preflight", "allow-headers", "request-headers"),
        *("simple-requests", "preflight-failure", "access-control-expose-headers-parsing"),
    }
