"""942x, errors: front doors whose errors and answers cannot be read both."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Final

from cfncors.checks.explanations import NO_ALLOW_ORIGIN, anything, errors
from cfncors.checks.registry import rule
from cfncors.findings import Finding, Rule
from cfncors.gateway.model import FunctionUrl, HttpApi, RestApi

if TYPE_CHECKING:
    from cfncors.facts import Facts

#: Front door -> whose errors, which, and the setting that gives them CORS headers.
_OWN_ERRORS: Final = {
    "http": ("API Gateway's own errors (401, 403, 429, 500, 503)", "CorsConfiguration"),
    "url": ("Lambda's own errors (403, 429, 502)", "Cors"),
}


@rule("W9428", "own-errors-without-cors", doors="http url", explains=(errors(NO_ALLOW_ORIGIN, by="door"),))
def own_errors_without_cors(rule: Rule, facts: Facts) -> Iterator[Finding]:
    """The code of an HTTP API or function URL sends the CORS headers, and the service's own errors come without them.

    ## Why
    Without a `CorsConfiguration`, API Gateway adds no header to an HTTP API's responses: a page reads what the function
    returns, with the headers that it sends, and gets *blocked by CORS policy* for everything that API Gateway answers
    itself: a missing token (401, 403), throttling (429), a crashed or slow function (500, 503). The same holds for a
    function URL without `Cors` and Lambda's errors (403, 429, 502). HTTP APIs have no gateway responses.

    ## Example
    ```yaml
    Api:
      Type: AWS::Serverless::HttpApi     # no CorsConfiguration; the function sends Access-Control-Allow-Origin
    ```

    ## Fix safety
    No fix: the configuration replaces the headers that the code sends. Move them there: `cfncors enable` writes it,
    and the code's own headers are ignored by an HTTP API from then on. With a function URL take them out of the code,
    or a page gets two.

    ## References
    - https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-cors.html
    - https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-vs-rest.html
    - https://docs.aws.amazon.com/lambda/latest/dg/urls-configuration.html#urls-cors
    """
    doors: tuple[HttpApi | FunctionUrl, ...] = (*facts.called_http_apis, *facts.model.function_urls)
    for door in doors:
        found = facts.model.called(door)
        if door.policies or not door.complete or found is None or found.kind == "in front":
            continue
        whose, setting = _OWN_ERRORS[door.front_door]
        message = (
            f"pages cannot read {whose} from {door.logical_id}: without {setting} they carry no "
            "Access-Control-Allow-Origin"
        )
        effect = "replace the headers that the code sends" if isinstance(door, HttpApi) else "send the header twice"
        why = f"{setting} would {effect}"
        yield Finding(rule, message, door.key, no_fix=why, resources=(door.logical_id,))


#: Where some code behind the API was not read.
_UNREAD: Final = " unless code that was not read sends the headers"


def _is_open(facts: Facts, api: RestApi) -> bool:
    """Whether some answer of an API is not decided by what was read."""
    asked = facts.matrix.asked if facts.matrix is not None else ()
    mine = (case for each in asked if each.door == api.logical_id for case in each.cases)
    return any(reply.verdict == "depends" for case in mine for reply in case.replies)


@rule("W9429", "only-errors-readable", explains=(anything(),), follows=("W9422",))
def only_errors_readable(rule: Rule, facts: Facts) -> Iterator[Finding]:
    """The only CORS of a REST API is `*` on its gateway responses: its errors can be read, its answers cannot.

    ## Why
    A gateway response answers only where API Gateway itself refuses a request. The answers of the functions, and the
    preflight before a PUT, a DELETE or a JSON POST, get nothing from it. If pages of other origins call this API, every
    call stays blocked; if none does, nothing is missing, and a suppression says so.

    ## Example
    ```yaml
    GatewayResponses:
      DEFAULT_4XX: {ResponseParameters: {Headers: {Access-Control-Allow-Origin: "'*'"}}}
      DEFAULT_5XX: {ResponseParameters: {Headers: {Access-Control-Allow-Origin: "'*'"}}}
    # and neither Cors nor an OPTIONS method, nor a header from the code
    ```

    ## Fix safety
    No fix: which pages may call the API is for its author to say. `cfncors enable API --origin https://…` writes the
    whole of it.

    ## References
    - https://docs.aws.amazon.com/apigateway/latest/developerguide/how-to-cors.html
    - https://fetch.spec.whatwg.org/#http-cors-protocol
    """
    for api in facts.model.rest_apis:
        found = facts.model.evidence.get(api.logical_id)
        if found is None or not found.weak or api.private or not api.complete or not api.methods:
            continue
        unread = _UNREAD if _is_open(facts, api) else ""
        message = (
            f"only the gateway responses of {api.logical_id} have CORS: pages can read its errors, and every call "
            f"stays blocked{unread}; if pages call it: cfncors enable TEMPLATE {api.logical_id} --origin https://…"
        )
        why = "which pages may call it is not known"
        yield Finding(rule, message, found.node, no_fix=why, resources=(api.logical_id,))
