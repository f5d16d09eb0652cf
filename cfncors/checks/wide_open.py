"""944x, who is let in: what an audit wants to see, and origins that belong to everybody."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Final

from cfncors.browser.serialised import host_of
from cfncors.checks.registry import rule
from cfncors.facts import Facts
from cfncors.facts.listings import Entry, Listing
from cfncors.findings import Finding, Rule

if TYPE_CHECKING:
    from cfncors.facts.chosen_in_code import Chosen

#: Sites where anybody's script runs under the site's own origin (CORScanner, ``origins.json``; CORStest, "developer
#: backdoor").
_PLAYGROUNDS: Final = (
    "codepen.io",
    "cdpn.io",
    "jsbin.com",
    "jsfiddle.net",
    "jshell.net",
    "plnkr.co",
    "repl.it",
    "webdevout.net",
)
#: All that a bucket knows.
_BUCKET_METHODS: Final = frozenset(("GET", "PUT", "POST", "DELETE", "HEAD"))
_ROLES: Final = ("origins", "methods", "headers")


@rule("W9440", "playground-origin", doors="rest http url s3 cdn", about="security")
def playground_origin(rule: Rule, facts: Facts) -> Iterator[Finding]:
    """An allowed origin runs anybody's code: a site to try out scripts.

    ## Why
    Every script on `https://jsfiddle.net` or `https://codepen.io` has the same origin, whoever wrote it. An entry that
    helped during development lets any of them read the responses, as the signed-in user where credentials are allowed.

    ## Example
    ```yaml
    AllowOrigins:
      - https://app.example.com
      - https://jsfiddle.net
    ```

    ## Fix safety
    No fix: whether anybody still works there is not known.

    ## References
    - https://developer.mozilla.org/en-US/docs/Web/Security/Same-origin_policy
    """
    for each in facts.allowed_in_code:
        site = _playground(each.text)
        if site is not None:
            message = f"{each.text} in {each.what} lets in whatever anybody tries out on {site}; leave it out"
            yield Finding(rule, message, each.node, resources=each.resources)
    for listing in facts.listings_of("origins"):
        for entry in {(id(entry.node), entry.text): entry for entry in listing.entries}.values():
            site = _playground(entry.text)
            if site is not None:
                message = f"{entry.text} in {listing.what} lets in whatever anybody tries out on {site}; leave it out"
                yield Finding(rule, message, entry.node, resources=listing.resources)


def _playground(origin: str) -> str | None:
    host = host_of(origin) or ""
    return next((site for site in _PLAYGROUNDS if host == site or host.endswith(f".{site}")), None)


@rule("I9449", "wide-open", doors="rest http url s3 cdn", audit=True, about="security")
def wide_open(rule: Rule, facts: Facts) -> Iterator[Finding]:
    """A configuration lets in any site, any header or any method.

    ## Why
    `*` is right for public data: any page may read it, without anybody's credentials. Whoever looks over the templates
    of a company wants to see where it stands all the same, also in `https://*.example.com`, which lets in every
    subdomain, in a bucket for all five methods, and in the code of functions. Most scanners report nothing else.

    The rule is off unless it is named: `cfncors check --select I9449`, or in cfn-lint `-e -c I`.

    ## Example
    ```yaml
    AllowOrigins: ["*"]
    ```

    ## Fix safety
    No fix: who calls is not in the template.

    ## References
    - https://fetch.spec.whatwg.org/#http-access-control-allow-origin
    """
    for listing in facts.listings:
        entry = _widest(listing)
        if entry is not None:
            what = _lets_in(listing, entry.text)
            yield Finding(rule, f"{listing.what} lets in {what}", entry.node, resources=listing.resources)
    for each in facts.chosen_in_code:
        wide = _widest_choice(each)
        if wide is not None:
            node = facts.places.node(each.behind.function, each.choice.place)
            resources = each.behind.door.logical_id, each.behind.function.logical_id
            yield Finding(rule, f"this code lets in {wide}", node, resources=resources)


def _widest(listing: Listing) -> Entry | None:
    """The value that lets in more than is named; none when all is named."""
    if listing.role not in _ROLES:
        return None
    texts = {entry.text for entry in listing.entries}
    if listing.door == "s3" and listing.role == "methods" and texts >= _BUCKET_METHODS:
        return listing.entries[0]
    return next((entry for entry in listing.entries if "*" in entry.text), None)


def _widest_choice(each: Chosen) -> str | None:
    """What code lets in that it does not name."""
    from cfncors.checks.origins_in_code import any_subdomain

    is_default = each.choice.default == "*" and each.choice.texts[0] not in each.behind.function.environment
    if each.choice.kind in ("any", "reflected") or is_default:
        return "any site"
    host = any_subdomain(each.choice)
    return f"every site below {host}" if host is not None else None


def _lets_in(listing: Listing, text: str) -> str:
    if listing.role == "headers":
        return "any request header"
    if listing.role == "methods":
        return "any method" if "*" in text else "all five methods: pages may read, write and delete"
    return "any site" if text == "*" else f"every site that {text} matches"
