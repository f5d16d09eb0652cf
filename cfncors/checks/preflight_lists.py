"""943x, the lists in a preflight's answer: whether they allow what the routes themselves demand."""

from __future__ import annotations

from collections.abc import Iterator

from cfncors.checks.explanations import HEADER, METHOD, NO_ALLOW_ORIGIN, preflight
from cfncors.checks.preflight_remedies import list_names, spelled
from cfncors.checks.registry import rule
from cfncors.checks.remedies import Edits, attempt
from cfncors.facts import Facts
from cfncors.facts.allow_lists import (
    BODY_METHODS,
    HEADER_NAMES,
    SAFELISTED_METHODS,
    AllowList,
    CodeList,
    Demand,
    ListRole,
    Route,
    demands,
)
from cfncors.findings import PROMISED, Finding, Rule, Safety


def _lists(facts: Facts, role: ListRole) -> Iterator[AllowList]:
    yield from facts.allow_lists(role)
    yield from facts.allow_lists_in_code(role)


def _missing(rule: Rule, facts: Facts, demand: Demand, names: list[str], reason: str) -> Finding:
    listed = ", ".join(names)
    safety: Safety = "unsafe" if isinstance(demand.allow.written, CodeList) else "safe"
    fix, why = attempt(f"list {listed}", safety, lambda: _listing(facts, demand.allow, names))
    message = _message(demand, listed, reason)
    return Finding(rule, message, demand.allow.place, fix, why, PROMISED, demand.allow.resources)


def _listing(facts: Facts, allow: AllowList, names: list[str]) -> Edits:
    if isinstance(allow.written, CodeList):
        from cfncors.checks.preflight_in_code import list_in_code

        return list_in_code(facts, allow, allow.written, names)
    return list_names(facts.model, allow, names)


def _message(demand: Demand, listed: str, reason: str) -> str:
    allow = demand.allow
    routes = list(dict.fromkeys(demand.names.values()))
    shown = ", ".join(routes[:3]) + (f" and {len(routes) - 3} more" if len(routes) > 3 else "")
    if allow.policy is None:
        name = HEADER_NAMES[allow.role]
        by = ", answered by this code," if isinstance(allow.written, CodeList) else ""
        what = f"{name} of the preflight{by}"
        without = f"the preflight of {shown}{by} sends no {name}; it has to list {listed}"
    else:
        name = allow.policy.name(allow.role)
        what = f"{name} of {allow.policy.what}"
        without = f"{allow.policy.what} has no {name}; it has to list {listed} for {shown}"
    return f"{what} lacks {listed}{reason.format(routes=shown)}" if allow.is_there else without


@rule("E9433", "preflight-method-missing", "safe", "unsafe", doors="rest http cdn", explains=(preflight(METHOD),))
def preflight_method_missing(rule: Rule, facts: Facts) -> Iterator[Finding]:
    """A method that a route serves is not in the preflight's allowed methods.

    ## Why
    The browser sends a PUT, PATCH or DELETE only when the preflight lists it, in the same letters. GET, HEAD and POST
    need no listing. `*` lists all methods, but only for requests without credentials. An HTTP API answers with
    `AllowMethods` of its `CorsConfiguration`, and without that with no method at all. Where a function answers the
    preflights, its code has to list them.

    ## Example
    ```yaml
    Cors:
      AllowMethods: "'GET,POST'"    # and an event with Method: delete
    ```

    ## Fix safety
    Safe: the template serves the method already; the preflight only says so. Unsafe in code.

    ## References
    - https://fetch.spec.whatwg.org/#cors-preflight-fetch
    - https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-cors.html
    """

    def wanted(route: Route) -> list[str]:
        return [] if route.verb in (*SAFELISTED_METHODS, "ANY") else [route.verb]

    for demand in demands(_lists(facts, "methods"), wanted):
        names = sorted(demand.names)
        yield _missing(rule, facts, demand, names, ", needed by {routes}")


@rule(
    "E9434",
    "preflight-header-missing",
    "safe",
    "unsafe",
    doors="rest http url cdn",
    explains=(
        preflight(*HEADER),
        preflight(NO_ALLOW_ORIGIN, by="bucket"),
    ),
)
def preflight_header_missing(rule: Rule, facts: Facts) -> Iterator[Finding]:
    """The preflight's allowed headers lack one that the API itself demands.

    ## Why
    A route behind a Cognito, JWT or Lambda authorizer demands its token's header, one with IAM the signature's headers,
    one with a usage plan `X-Api-Key`. A browser sends none of them unless the preflight lists it. SAM lists no header
    by itself, nor does an HTTP API or a function URL. `*` lists all but `Authorization` by the standard, and nothing
    for requests with credentials. Where a function answers the preflights, its code has to list them.

    ## Example
    ```yaml
    Cors:
      AllowOrigin: "'*'"
      AllowHeaders: "'Content-Type'"      # Content-Type,Authorization
    Auth:
      DefaultAuthorizer: Users
    ```

    ## Fix safety
    Safe: the API demands the header already; the preflight only says so. Unsafe in code.

    ## References
    - https://fetch.spec.whatwg.org/#cors-preflight-fetch
    - https://docs.aws.amazon.com/apigateway/latest/developerguide/how-to-cors.html
    """

    def wanted(route: Route) -> tuple[str, ...]:
        return route.demanded

    for demand in demands(_lists(facts, "headers"), wanted):
        names = [spelled(name) for name in demand.names]
        yield _missing(rule, facts, demand, names, ", demanded by {routes}")


@rule(
    "W9439",
    "preflight-content-type-missing",
    "safe",
    "unsafe",
    doors="rest http url s3 cdn",
    explains=(
        preflight(*HEADER),
        preflight(NO_ALLOW_ORIGIN, by="bucket"),
    ),
)
def preflight_content_type_missing(rule: Rule, facts: Facts) -> Iterator[Finding]:
    """A route takes a body, and the preflight's allowed headers lack Content-Type.

    ## Why
    `Content-Type: application/json` is not one of the three values that a page may send unasked, so a POST, PUT or
    PATCH with JSON is preflighted and refused. SAM's `Cors` lists no header by itself: with the short form
    `Cors: "'*'"` no JSON request passes, and neither does one with `CorsConfiguration: true`. To a bucket a page sends
    the type of the file with each PUT.

    A function URL, a bucket and a response headers policy take any route, so there the methods that they allow by name
    decide.

    ## Example
    ```yaml
    Cors: "'*'"          # and an event with Method: post
    ```

    ## Fix safety
    Safe: it allows a header that describes the body of a request that is allowed. Unsafe in code that answers the
    preflights.

    ## References
    - https://fetch.spec.whatwg.org/#cors-safelisted-request-header
    """

    def wanted(route: Route) -> list[str]:
        is_any = route.verb == "ANY" and route.method is not None and route.method.origin != "default"
        return ["content-type"] if route.verb in BODY_METHODS or is_any else []

    for demand in demands(_lists(facts, "headers"), wanted):
        reason = ": {routes} takes a body, and JSON in it is refused"
        if demand.allow.door == "s3":
            reason = ": {routes} sends a file's type, and is refused"
        yield _missing(rule, facts, demand, ["Content-Type"], reason)
