"""945x, ``*`` in lists: where it is no wildcard, or does not stand for all."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from functools import partial
from typing import Final

from cfncors.checks.explanations import HEADER, METHOD, preflight
from cfncors.checks.policy_remedies import set_value
from cfncors.checks.preflight_remedies import list_names, served, used_headers
from cfncors.checks.registry import CHECKS, rule
from cfncors.checks.remedies import Edits, attempt, rewritten
from cfncors.facts import Facts
from cfncors.facts.allow_lists import HEADER_NAMES, SAFELISTED_METHODS, AllowList, ListRole, RestList
from cfncors.findings import PROMISED, Finding, Fix, Rule
from cfncors.gateway.expressions import literal
from cfncors.gateway.model import Model
from cfncors.source import Node

#: Beside ``*``, request headers that need no listing.
_SENT_UNASKED: Final = frozenset(("accept", "accept-language", "content-language", "range"))


@rule("W9455", "wildcard-misses-authorization", "safe", doors="rest http", explains=(preflight(*HEADER),))
def wildcard_misses_authorization(rule: Rule, facts: Facts) -> Iterator[Finding]:
    """Allowed headers are `*`, which leaves out the `Authorization` that a route demands.

    ## Why
    By the standard `*` stands for every request header but `Authorization`, which has to be listed by its name, beside
    `*`. Chromium 156 and Firefox 153 still let it pass; they warn in the console that they will not.

    ## Example
    ```yaml
    CorsConfiguration:
      AllowHeaders: ['*']          # ['*', Authorization]
    ```

    ## Fix safety
    Safe: the API demands the header already; the preflight only says so.

    ## References
    - https://fetch.spec.whatwg.org/#cors-non-wildcard-request-header-name
    """
    for allow in _once(facts.allow_lists("headers") if _has_star(facts, "headers") else ()):
        demanding = [route.name for route in allow.routes if "authorization" in route.demanded]
        if not demanding or allow.credentialed or not _only_star_allows(allow, "authorization"):
            continue
        name, what = _what(allow)
        message = f"* in {name} of {what} does not stand for Authorization, which {demanding[0]} demands; list it too"
        fix, why = attempt("list Authorization", "safe", partial(list_names, facts.model, allow, ["Authorization"]))
        says = PROMISED
        yield Finding(rule, message, allow.place, fix, why, says, allow.resources)


def _only_star_allows(allow: AllowList, name: str) -> bool:
    """Whether a name is allowed, but no longer where ``*`` stands for nothing."""
    return not allow.lacks(name) and allow._replace(credentialed=True).lacks(name)


@rule(
    "W9456",
    "literal-wildcard",
    "unsafe",
    doors="rest http url cdn",
    about="value",
    explains=(preflight(METHOD, *HEADER),),
)
def literal_wildcard(rule: Rule, facts: Facts) -> Iterator[Finding]:
    """A `*` beside allowed credentials is the name of a method or header, and no wildcard.

    ## Why
    For a request with credentials browsers take `*` in Access-Control-Allow-Methods, Access-Control-Allow-Headers and
    Access-Control-Expose-Headers for what it says: a method or header named `*`, which nobody uses. A PUT, or a request
    with JSON, is then refused, and no header more can be read. REST and HTTP APIs send the `*` as it is written.

    Where a route certainly needs what the list lacks, E9433, E9434 or W9439 says so instead; a response headers policy
    of CloudFront with `*` and credentials is E9475's, all but what it exposes.

    ## Example
    ```yaml
    CorsConfiguration:
      AllowOrigins: [https://app.example.com]
      AllowMethods: ['*']             # [GET, PUT, DELETE]
      AllowCredentials: true
    ```

    ## Fix safety
    Unsafe: it lists what the routes serve and demand, which may be less than pages use. What is exposed has no fix.

    ## References
    - https://fetch.spec.whatwg.org/#cors-preflight-fetch
    - https://fetch.spec.whatwg.org/#concept-response-cors-exposed-header-name-list
    """
    roles: tuple[ListRole, ...] = ("methods", "headers")
    for role in roles:
        for allow in _once(facts.allow_lists(role) if _has_star(facts, role) else ()):
            if allow.credentialed and allow.door in ("rest", "http") and _is_only_star(allow) and _is_used(allow):
                yield from _literal(rule, facts, allow)
    for listing in facts.listings_of("expose"):
        # In a bucket it is refused altogether (E9451).
        for entry in listing.entries:
            if entry.text == "*" and listing.credentialed and listing.door != "s3":
                message = f"* in {listing.what} exposes nothing to requests with credentials; name the headers"
                yield Finding(rule, message, entry.node, None, "name the headers", resources=listing.resources)
                break


def _literal(rule: Rule, facts: Facts, allow: AllowList) -> Iterator[Finding]:
    if _is_spoken_of(facts, allow.place):
        return
    name, what = _what(allow)
    kind = "method" if allow.role == "methods" else "header"
    message = f"* in {name} of {what} is a {kind} named * to requests with credentials, no wildcard; name the {kind}s"
    fix, why = _named(facts.model, allow)
    yield Finding(rule, message, allow.place, fix, why, PROMISED, allow.resources)


def _is_only_star(allow: AllowList) -> bool:
    """Whether every possible value is ``*``, with no name beside it that needs to be listed: a list with names is
    taken at its word, as one that another rule's fix has made longer."""
    needless = SAFELISTED_METHODS | {"OPTIONS"} if allow.role == "methods" else _SENT_UNASKED
    return all(
        value is not None and "*" in value and all(text == "*" or _plain(allow, text) in needless for text in value)
        for value in allow.values
    )


def _plain(allow: AllowList, text: str) -> str:
    return text if allow.role == "methods" else text.lower()


def _is_used(allow: AllowList) -> bool:
    """Whether pages may need more than the standard gives them. Methods by name are E9433's; ``ANY`` may be any."""
    return allow.role == "headers" or any(route.verb == "ANY" for route in allow.routes)


def _is_spoken_of(facts: Facts, place: Node) -> bool:
    """Whether a rule that knows what the routes need speaks of a list."""
    return any(finding.node is place for each in ("E9433", "E9434", "W9439") for finding in CHECKS[each][1](facts))


def _named(model: Model, allow: AllowList) -> tuple[Fix | None, str | None]:
    names = served(allow.routes) if allow.role == "methods" else used_headers(allow.routes)
    names = [name for name in names if name.isascii() and name not in ("ANY", "*")]
    if not names:
        return None, "name what pages use"
    return attempt(f"list {', '.join(names)}", "unsafe", lambda: _replaced(model, allow, names))


def _replaced(model: Model, allow: AllowList, names: list[str]) -> Edits:
    document = model.template.document
    if allow.policy is not None:
        return set_value(document, allow.policy, allow.role, list(names))
    header = allow.written.header if isinstance(allow.written, RestList) else None
    assert header is not None
    joined = ",".join(names)
    return rewritten(document, header.node, lambda text: joined if literal(text) is None else f"'{joined}'")


def _has_star(facts: Facts, role: ListRole) -> bool:
    """Whether there is anything to look at; most templates have none."""
    return any(entry.text == "*" for listing in facts.listings_of(role) for entry in listing.entries)


def _once(found: Iterable[AllowList]) -> Iterator[AllowList]:
    """One for each written place, with the routes of all that take it from there."""
    places: dict[int, AllowList] = {}
    for allow in found:
        first = places.setdefault(id(allow.place), allow)
        if first is not allow:
            places[id(allow.place)] = first._replace(routes=first.routes + allow.routes)
    return (allow for allow in places.values() if allow.is_there)


def _what(allow: AllowList) -> tuple[str, str]:
    """The list's name, and whose it is, for messages."""
    if allow.policy is None:
        return HEADER_NAMES[allow.role], "the preflight"
    return allow.policy.name(allow.role), allow.policy.what
