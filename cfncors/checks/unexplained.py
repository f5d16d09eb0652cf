"""948x, verdicts: what the simulation shows as blocked and no other rule explains.

Both are reported by :mod:`cfncors.explained`, which knows what the other rules have explained.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Final

from cfncors.checks.explanations import anything
from cfncors.checks.registry import CHECKS, rule
from cfncors.findings import Finding, Rule

if TYPE_CHECKING:
    from cfncors.facts import Facts


@rule(
    "E9480",
    "blocked-exchange",
    doors="rest http url s3 cdn",
    explains=(anything(),),
    follows=("E9421", "W9422"),  # a gateway response sends one origin: of several, the others stay blocked
)
def blocked_exchange(rule: Rule, facts: Facts) -> Iterator[Finding]:
    """A browser keeps an answer of this API from its pages, or never sends the request.

    ## Why
    `cfncors simulate` goes through every route, asks it as a page would, and judges each answer by the Fetch standard.
    What is blocked there and has no rule of its own is reported here, at the place that the answer comes from, with the
    reason of the judgement: one finding for each cause, however many routes it has. So *No findings* says that nothing
    is blocked of what the template and its code decide.

    ## Example
    ```yaml
    Cors: {AllowOrigin: "'https://app.example.com'"}
    # and code that sends Access-Control-Allow-Origin: https://www.example.com
    ```

    ## Fix safety
    No fix. `cfncors simulate` shows the exchange in full; `cfncors enable` gives a front door complete CORS.

    ## References
    - https://fetch.spec.whatwg.org/#http-cors-protocol
    """
    return iter(())


# Not of a bucket: a POST to one is a form, W9439 explains every PUT, and its methods are all named.
@rule("W9481", "blocked-for-some-pages", doors="rest http url cdn", explains=(anything(),))
def blocked_for_some_pages(rule: Rule, facts: Facts) -> Iterator[Finding]:
    """A browser blocks calls of pages that send JSON, or that use one of the methods of a route for any.

    ## Why
    The same as E9480 where something about the pages is taken for granted, or where AWS does not document an answer.
    The message names it. A body of the type `application/json` makes a browser ask first, even for a POST, and most
    pages send one; a page that posts a form does not meet the fault. A route for `ANY` takes every method, and some of
    them are refused by the answer to the preflight.

    ## Example
    ```yaml
    RouteKey: POST /notes
    # and code that answers OPTIONS without a header: a form arrives all the same, and JSON does not
    ```

    ## Fix safety
    No fix. Where no page sends such a request, suppress the finding with that reason.

    ## References
    - https://fetch.spec.whatwg.org/#cors-safelisted-request-header
    - https://fetch.spec.whatwg.org/#cors-safelisted-method
    """
    return iter(())


BLOCKED: Final = CHECKS["E9480"][0]
BLOCKED_FOR_SOME: Final = CHECKS["W9481"][0]
