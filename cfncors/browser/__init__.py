"""The browser's side of CORS: what a page's ``fetch()`` does with a server's answers, by the Fetch standard.

``evaluate`` runs one exchange: it calls ``server``, a function from Request to Response, with the preflight (when
one is due) and then with the request itself, as a browser would, and returns a Verdict. The files of this package
follow the order of the standard; each step names its place in https://fetch.spec.whatwg.org/.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from cfncors.browser.cache import PreflightCache
    from cfncors.browser.exchange import Credentials, Request, Response, Server, Verdict
    from cfncors.browser.faults import Fault
    from cfncors.browser.fetch import evaluate
    from cfncors.browser.origins import origin_of
    from cfncors.browser.profiles import DIFFERENCES, Difference, ProfileName
    from cfncors.browser.steps import Step

__all__ = [
    "DIFFERENCES",
    "Credentials",
    "Difference",
    "Fault",
    "PreflightCache",
    "ProfileName",
    "Request",
    "Response",
    "Server",
    "Step",
    "Verdict",
    "evaluate",
    "origin_of",
]

_HOMES = {
    "PreflightCache": "cache",
    **dict.fromkeys(("Credentials", "Request", "Response", "Server", "Verdict"), "exchange"),
    "Fault": "faults",
    "evaluate": "fetch",
    "origin_of": "origins",
    **dict.fromkeys(("DIFFERENCES", "Difference", "ProfileName"), "profiles"),
    "Step": "steps",
}


if not TYPE_CHECKING:

    def __getattr__(name: str) -> object:
        """Load a name with its first use: a check that quotes the console needs none of them."""
        if name not in _HOMES:
            raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
        value: object = getattr(import_module(f"{__name__}.{_HOMES[name]}"), name)
        globals()[name] = value
        return value
