"""945x, the values of lists: allowed methods, allowed request headers, exposed response headers."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from functools import partial
from typing import Final

from cfncors.browser.faults import Fault
from cfncors.browser.headers import FORBIDDEN_RESPONSE, is_token
from cfncors.browser.methods import NORMALIZED
from cfncors.browser.methods import is_forbidden as is_forbidden_method
from cfncors.browser.readable import SAFELISTED as READABLE
from cfncors.checks.explanations import HEADER, METHOD, anything, preflight
from cfncors.checks.list_edits import dropped, respelled
from cfncors.checks.registry import rule
from cfncors.checks.remedies import Edits, attempt
from cfncors.errors import CannotEdit
from cfncors.facts import Facts
from cfncors.facts.allow_lists import SAFELISTED_METHODS
from cfncors.facts.listings import Entry, Listing, asks_for_a_value
from cfncors.findings import PROMISED, Finding, Rule, Says
from cfncors.gateway.model import Model
from cfncors.gateway.policy import Role

#: Methods whose names are written in capitals (RFC 9110, section 9; RFC 5789).
_METHODS: Final = NORMALIZED | {"PATCH"}
#: What only a server says: jub0bs/cors calls them prohibited in Allow-Headers.
_RESPONSE_ONLY: Final = frozenset(
    f"access-control-{name}"
    for name in ("allow-origin", "allow-credentials", "allow-methods", "allow-headers", "expose-headers", "max-age")
)
#: What only a browser says, or says something in the answer to a preflight, whose headers no page can read.
_NEVER_EXPOSED: Final = frozenset(
    (
        "origin",
        *(f"access-control-{name}" for name in ("request-method", "request-headers")),
        *(f"access-control-{name}" for name in ("allow-methods", "allow-headers", "max-age")),
    )
)
#: Request headers that a page may send unasked whatever it needs them for. ``Accept``, ``Content-Type`` and ``Range``
#: have values that need leave (Fetch, "CORS-safelisted request-header").
_SENT_UNASKED: Final = frozenset(("accept-language", "content-language"))

_HEADER: Final[dict[Role, str]] = {
    "methods": "Access-Control-Allow-Methods",
    "headers": "Access-Control-Allow-Headers",
    "expose": "Access-Control-Expose-Headers",
}


Written = tuple[Listing, tuple[Entry, ...], list[Entry]]


def _bad(facts: Facts, roles: tuple[Role, ...], is_bad: Callable[[Listing, str], bool]) -> Iterator[Written]:
    """What is wrong in each written text, with all that may stand beside it: one entry of a list, or all those of a
    header of a REST API, which are written in one place."""
    for listing in facts.listings_of(*roles):
        for group in listing.groups():
            yield from _by_text(listing, group, [entry for entry in group if is_bad(listing, entry.text)])


def _by_text(listing: Listing, group: tuple[Entry, ...], found: list[Entry]) -> Iterator[Written]:
    texts: dict[int, list[Entry]] = {}
    for entry in found:
        texts.setdefault(id(entry.leaf), []).append(entry)
    for entries in texts.values():
        yield listing, group, entries


def _names(entries: Iterable[Entry]) -> str:
    return ", ".join(dict.fromkeys(entry.text for entry in entries))


def _it(entries: Iterable[Entry]) -> str:
    return "it" if len({entry.text for entry in entries}) == 1 else "them"


def _removal(rule: Rule, model: Model, written: Written, message: str, says: Says | None = None) -> Finding:
    """A finding about entries that can go, as long as something stays."""
    listing, group, entries = written
    fix, why = attempt(f"remove {_names(entries)}", "safe", partial(_removed, model, listing, group, entries))
    return Finding(rule, message, entries[0].node, fix, why, says, listing.resources)


def _removed(model: Model, listing: Listing, group: tuple[Entry, ...], entries: list[Entry]) -> Edits:
    # Each finding takes its own entries out, and all of them may do so at once.
    if all(_goes(listing, entry.text) for entry in group):
        raise CannotEdit("the list would be empty")
    return dropped(model.template.document, listing, entries)


def _goes(listing: Listing, text: str) -> bool:
    """Whether a rule takes an entry out: those below, and E9417 an ``OPTIONS`` that is not taken."""
    if listing.role == "methods":
        return is_forbidden_method(text) or (text == "OPTIONS" and listing.door in ("url", "s3"))
    if listing.role == "headers" and _is_forbidden_header(text):
        return True
    return listing.role != "origins" and (_is_misplaced(listing, text) or _is_needless(listing, text))


# -- E9451, E9452 ------------------------------------------------------------------------------------------------------


@rule(
    "E9451",
    "invalid-token",
    doors="rest http url s3 cdn",
    about="value",
    explains=(preflight(Fault.UNREADABLE_LIST, METHOD, *HEADER),),
)
def invalid_token(rule: Rule, facts: Facts) -> Iterator[Finding]:
    """A list holds what is no name of a method or header.

    ## Why
    Methods and headers are tokens: letters, digits and ``!#$%&'*+-.^_`|~``, no blanks, colons or quotes. A browser that
    meets anything else in Access-Control-Allow-Methods or Access-Control-Allow-Headers throws the whole list away and
    blocks the request; in Access-Control-Expose-Headers, it shows the page none of the headers. A bucket takes at most
    one `*` in an allowed header and none in an exposed one.

    ## Example
    ```yaml
    Cors:
      AllowHeaders: "'Content-Type: application/json'"      # 'Content-Type'
    ```

    ## Fix safety
    No fix: which name is meant is not in the template.

    ## References
    - https://www.rfc-editor.org/rfc/rfc9110#section-5.6.2
    - https://fetch.spec.whatwg.org/#extract-header-list-values
    - https://docs.aws.amazon.com/AmazonS3/latest/userguide/ManageCorsUsing.html
    """
    for listing in facts.listings_of("methods", "headers", "expose"):
        told: set[tuple[int, str]] = set()
        for entry in listing.entries:
            found = _token_fault(listing, entry.text)
            if found is None or (id(entry.node), entry.text) in told or (not entry.text and entry.leaf.assumes):
                continue
            if asks_for_a_value(facts.template, entry.leaf):
                continue
            told.add((id(entry.node), entry.text))
            reason, says = found
            message = f"{entry.text or 'an empty text'} in {listing.what} is {reason}"
            yield Finding(rule, message, entry.node, says=says, resources=listing.resources)


def _token_fault(listing: Listing, text: str) -> tuple[str, Says | None] | None:
    stars = text.count("*")
    if listing.door == "s3" and listing.role == "headers" and stars > 1:
        # https://github.com/versity/versitygw/issues/1870 quotes the service.
        says = Says("deployment", f'AllowedHeader "{text}" can not have more than one wildcard.')
        return "refused: a bucket takes one * in a header", says
    if listing.door == "s3" and listing.role == "expose" and stars:
        # https://github.com/google/neuroglancer/issues/788 shows the service's answer.
        wildcard = "We currently do not support wildcard for ExposeHeader."
        says = Says("deployment", f'ExposeHeader "{text}" contains wildcard. {wildcard}')
        return "refused: a bucket exposes headers by their names only", says
    if is_token(text):
        return None
    what = "method" if listing.role == "methods" else "header"
    reason = f"no name of a {what}; write letters, digits and hyphens only"
    if listing.role == "expose":
        return reason, None
    return reason, PROMISED


@rule(
    "E9452",
    "forbidden-method",
    "safe",
    doors="rest http url s3 cdn",
    about="value",
    explains=(anything(Fault.REQUEST_REFUSED),),
)
def forbidden_method(rule: Rule, facts: Facts) -> Iterator[Finding]:
    """CONNECT, TRACE or TRACK is allowed, which no page can use.

    ## Why
    Browsers refuse these three methods before anything is sent, whatever the server allows. API Gateway, function URLs,
    buckets and CloudFront do not serve them either.

    ## Example
    ```yaml
    CorsConfiguration:
      AllowMethods: [GET, POST, TRACE]
    ```

    ## Fix safety
    Safe: nothing that works stops working. The last entry of a list stays.

    ## References
    - https://fetch.spec.whatwg.org/#forbidden-method
    """
    for written in _bad(facts, ("methods",), lambda _, text: is_forbidden_method(text)):
        listing, _, found = written
        message = f"{_names(found)} in {listing.what}: browsers let no page use {_it(found)}; remove {_it(found)}"
        says = PROMISED
        yield _removal(rule, facts.model, written, message, says)


# -- W9453, W9454 ------------------------------------------------------------------------------------------------------


@rule("W9453", "forbidden-request-header", "safe", doors="rest http url s3 cdn", about="advice")
def forbidden_request_header(rule: Rule, facts: Facts) -> Iterator[Finding]:
    """A request header is allowed that no page can set.

    ## Why
    The browser alone sets `Origin`, `Host`, `Cookie`, `Date`, `Referer`, `Content-Length`, `Sec-*` and some others.
    A page that tries is ignored, and no preflight asks for them, so allowing them does nothing. `Cookie` here is often
    meant to be `Access-Control-Allow-Credentials: true`, and `Date` to be `X-Amz-Date`.

    ## Example
    ```yaml
    Cors:
      AllowHeaders: "'Content-Type,Authorization,Host'"
    ```

    ## Fix safety
    Safe: nothing that works stops working. The last entry of a list stays.

    ## References
    - https://fetch.spec.whatwg.org/#forbidden-request-header
    """
    for written in _bad(facts, ("headers",), lambda _, text: _is_forbidden_header(text)):
        listing, _, found = written
        them = _it(found)
        message = f"{_names(found)} in {listing.what}: no page can set {them}, only the browser; remove {them}"
        yield _removal(rule, facts.model, written, message)


def _is_forbidden_header(text: str) -> bool:
    from cfncors.browser.safelist import is_forbidden  # loads the profiles, which most templates do without

    return is_forbidden(text, "")


@rule("W9454", "response-header-as-request-header", "safe", doors="rest http url s3 cdn", about="advice")
def response_header_as_request_header(rule: Rule, facts: Facts) -> Iterator[Finding]:
    """A header of a response is allowed in requests, or one is exposed that no page can read.

    ## Why
    Access-Control-Allow-Headers lists what a page may *send*: `Access-Control-Allow-Origin` and its like are what the
    server *answers*, and a page that sends them is usually part of the trouble. Access-Control-Expose-Headers lists
    what a page may *read*: not `Set-Cookie`, which browsers hide always, not `Origin` and `Access-Control-Request-*`,
    which are never in a response, and not what only the answer to a preflight says.

    ## Example
    ```yaml
    Cors:
      AllowHeaders: "'Content-Type,Access-Control-Allow-Origin'"
    ```

    ## Fix safety
    Safe: only a page that sends a response header by mistake would notice, and it gets no other answer. The last entry
    of a list stays.

    ## References
    - https://fetch.spec.whatwg.org/#http-responses
    - https://fetch.spec.whatwg.org/#forbidden-response-header-name
    """
    for written in _bad(facts, ("headers", "expose"), _is_misplaced):
        listing, _, found = written
        them = _it(found)
        reason = f"a server answers {them}, a page does not send {them}"
        if listing.role == "expose":
            reason = f"no page can read {them}, whatever is exposed"
        yield _removal(rule, facts.model, written, f"{_names(found)} in {listing.what}: {reason}; remove {them}")


def _is_misplaced(listing: Listing, text: str) -> bool:
    lower = text.lower()
    if listing.role == "headers":
        return lower in _RESPONSE_ONLY
    return lower in _NEVER_EXPOSED or lower in FORBIDDEN_RESPONSE


# -- W9457, I9458 ------------------------------------------------------------------------------------------------------


@rule("W9457", "method-case", "safe", doors="rest http url s3 cdn", about="value", explains=(preflight(METHOD),))
def method_case(rule: Rule, facts: Facts) -> Iterator[Finding]:
    """A method is not written in capitals.

    ## Why
    Methods are compared letter by letter: `put` in Access-Control-Allow-Methods does not allow PUT. Function URLs,
    buckets and CloudFront refuse it at the deployment.

    ## Example
    ```yaml
    Cors:
      AllowMethods: "'get,put,delete'"      # 'GET,PUT,DELETE'
    ```

    ## Fix safety
    Safe: it is written in capitals, or removed where it is there in capitals too.

    ## References
    - https://fetch.spec.whatwg.org/#concept-method
    - https://www.rfc-editor.org/rfc/rfc9110#section-9.1
    """
    for listing, _, found in _bad(facts, ("methods",), lambda _, text: _is_small(text)):
        right = _names(entry._replace(text=entry.text.upper()) for entry in found)
        message = f"{_names(found)} in {listing.what}: methods are compared letter by letter; write {right}"
        fix, why = attempt(f"write {right}", "safe", partial(_capitals, facts.model, listing, found))
        refused = next((entry.text.upper() for entry in found if entry.text.upper() not in SAFELISTED_METHODS), None)
        says = PROMISED if refused else None
        yield Finding(rule, message, found[0].node, fix, why, says, listing.resources)


def _is_small(text: str) -> bool:
    return text != text.upper() and text.upper() in _METHODS


def _capitals(model: Model, listing: Listing, found: list[Entry]) -> Edits:
    document = model.template.document
    there = {entry.text for entry in listing.entries}
    again = [entry for entry in found if entry.text.upper() in there]
    if again:  # those that are there in capitals go first, the others in the next pass
        return dropped(document, listing, again)
    return respelled(document, listing, {entry: entry.text.upper() for entry in found})


@rule("I9458", "redundant-entry", "safe", doors="rest http url s3 cdn", about="advice")
def redundant_entry(rule: Rule, facts: Facts) -> Iterator[Finding]:
    """A list holds a value twice, or a header that needs no listing.

    ## Why
    Names of headers are the same in capitals and small letters, and once is enough. A page may send `Accept-Language`
    and `Content-Language` unasked, and read `Cache-Control`, `Content-Language`, `Content-Length`, `Content-Type`,
    `Expires`, `Last-Modified` and `Pragma` of every response that it may read at all. What is not needed hides what is.

    ## Example
    ```yaml
    ExposeHeaders: [ETag, Content-Type, etag]      # [ETag]
    ```

    ## Fix safety
    Safe: the list allows what it did. The last entry of a list stays.

    ## References
    - https://fetch.spec.whatwg.org/#cors-safelisted-request-header
    - https://fetch.spec.whatwg.org/#cors-safelisted-response-header-name
    """
    for listing in facts.listings_of("origins", "methods", "headers", "expose"):
        for group in listing.groups():
            again = _repeated(listing, group)
            for written in _by_text(listing, group, again):
                message = f"{_names(written[2])} in {listing.what}: once is enough"
                yield _removal(rule, facts.model, written, message)
            needless = [entry for entry in group if entry not in again and _is_needless(listing, entry.text)]
            for written in _by_text(listing, group, needless):
                verb = "sends" if listing.role == "headers" else "reads"
                them = _it(written[2])
                message = f"{_names(written[2])} in {listing.what}: a page {verb} {them} without being allowed to"
                yield _removal(rule, facts.model, written, message)


def _is_needless(listing: Listing, text: str) -> bool:
    return text.lower() in _NEEDLESS[listing.role]


_NEEDLESS: Final[dict[Role, frozenset[str]]] = {
    "origins": frozenset(),
    "methods": frozenset(),
    "headers": _SENT_UNASKED,
    "expose": READABLE,
}


def _repeated(listing: Listing, group: tuple[Entry, ...]) -> list[Entry]:
    """Values that an earlier one repeats. What is known by a parameter's default only may be another when it counts,
    and of the alternatives of one item only one is there."""
    seen: dict[str, Entry] = {}
    again: list[Entry] = []
    for entry in group:
        if entry.leaf.assumes or (entry.item is not None and len(entry.item.known) > 1):
            continue
        key = entry.text.lower() if listing.role in ("headers", "expose") else entry.text
        if seen.setdefault(key, entry) is not entry:
            again.append(entry)
    return again
