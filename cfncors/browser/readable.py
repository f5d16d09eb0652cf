"""The response headers that a page may read: https://fetch.spec.whatwg.org/#concept-filtered-response-cors."""

from __future__ import annotations

from cfncors.browser.exchange import Response
from cfncors.browser.headers import FORBIDDEN_RESPONSE, WHITESPACE, extract_list

#: https://fetch.spec.whatwg.org/#cors-safelisted-response-header-name
SAFELISTED = frozenset(
    {"cache-control", "content-language", "content-length", "content-type", "expires", "last-modified", "pragma"}
)


def readable_headers(response: Response, *, cors: bool, credentials: str) -> list[str]:
    """Names in lower case, sorted. Without ``cors`` (same origin) all but cookies.

    ``Access-Control-Expose-Headers: *`` stands for all, unless the request had credentials; a value that is no list
    exposes nothing.
    """
    names = {name.lower() for name, _ in response.headers} - FORBIDDEN_RESPONSE
    if not cors:
        return sorted(names)
    listed = extract_list(response.headers, "access-control-expose-headers")
    if not isinstance(listed, tuple):
        return sorted(names & SAFELISTED)
    if credentials != "include" and "*" in listed:
        return sorted(names)
    return sorted(names & SAFELISTED | names & {name.lower() for name in listed})


def without_empty_lines(response: Response) -> Response:
    """The response as Firefox reads it: a line without a value does not count beside one of that name with a value."""
    filled = {name.lower() for name, value in response.headers if value.strip(WHITESPACE)}
    kept = [(name, value) for name, value in response.headers if value.strip(WHITESPACE) or name.lower() not in filled]
    return Response(response.status, kept)
