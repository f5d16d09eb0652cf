"""The browser's side of CORS: what a page's ``fetch()`` does with a server's answers, by the Fetch standard.

``evaluate`` runs one exchange: it calls ``server``, a function from Request to Response, with the preflight (when
one is due) and then with the request itself, as a browser would, and returns a Verdict. The files of this package
follow the order of the standard; each step names its place in https://fetch.spec.whatwg.org/.
"""

from cfncors.browser.cache import PreflightCache
from cfncors.browser.exchange import Credentials, Request, Response, Server, Verdict
from cfncors.browser.fetch import evaluate
from cfncors.browser.origins import origin_of
from cfncors.browser.profiles import DIFFERENCES, Difference, ProfileName
from cfncors.browser.steps import Step

__all__ = [
    "DIFFERENCES",
    "Credentials",
    "Difference",
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
