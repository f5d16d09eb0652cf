"""The steps of the Fetch standard at which an exchange is decided."""

from __future__ import annotations

from enum import Enum

STANDARD = "https://fetch.spec.whatwg.org/"


class Step(Enum):
    """A place in the standard: ``title`` is its name for people, ``url`` where it is written."""

    REQUEST = "new Request()", "dom-request"
    SAME_ORIGIN = "main fetch, same origin", "concept-main-fetch"
    PREFLIGHT_CHECK = "CORS-preflight fetch, CORS check", "cors-preflight-fetch-0"
    PREFLIGHT_STATUS = "CORS-preflight fetch, ok status", "cors-preflight-fetch-0"
    PREFLIGHT_LISTS = "CORS-preflight fetch, extracting the lists", "cors-preflight-fetch-0"
    PREFLIGHT_METHOD = "CORS-preflight fetch, method", "cors-preflight-fetch-0"
    PREFLIGHT_AUTHORIZATION = (
        "CORS-preflight fetch, non-wildcard request-header names",
        "cors-non-wildcard-request-header-name",
    )
    PREFLIGHT_HEADERS = "CORS-preflight fetch, request-header names", "cors-preflight-fetch-0"
    CORS_CHECK = "CORS check", "concept-cors-check"
    REDIRECT = "HTTP-redirect fetch", "concept-http-redirect-fetch"

    def __new__(cls, title: str, anchor: str) -> Step:
        step = object.__new__(cls)
        step._value_ = step.title = title
        step.url = f"{STANDARD}#{anchor}"
        return step

    title: str
    url: str

    def __str__(self) -> str:
        return self.title
