"""Header lists: names, values, and the lists that CORS headers hold.

https://fetch.spec.whatwg.org/#terminology-headers
"""

from __future__ import annotations

import re
from functools import lru_cache

from cfncors.browser.exchange import Headers

#: RFC 9110, 5.6.2.
is_token = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]+").fullmatch

#: https://fetch.spec.whatwg.org/#http-whitespace
WHITESPACE = "\t\n\r "
_BLANK = "\t "  # OWS in RFC 9110

#: https://fetch.spec.whatwg.org/#forbidden-response-header-name
FORBIDDEN_RESPONSE = frozenset({"set-cookie", "set-cookie2"})


def get(headers: Headers, name: str) -> str | None:
    """The values of ``name`` (in lower case) joined by a comma and a space; ``None`` without one.

    https://fetch.spec.whatwg.org/#concept-header-list-get
    """
    found = [value for each, value in headers if each.lower() == name]
    return ", ".join([value.strip(WHITESPACE) for value in found]) if found else None


def combined(headers: Headers) -> Headers:
    """Each name once, where it stood first, with its values joined.

    https://fetch.spec.whatwg.org/#concept-header-list-sort-and-combine
    """
    values: dict[str, tuple[str, str]] = {}
    for name, value in headers:
        first = values.get(name.lower())
        values[name.lower()] = (name, value) if first is None else (first[0], f"{first[1]}, {value}")
    return list(values.values())


def extract_list(headers: Headers, name: str) -> tuple[str, ...] | str | None:
    """The tokens that a header of the form ``#token`` lists; ``None`` without one.

    A value that the grammar does not allow makes the whole header a failure: then it is returned as it stands, a
    ``str``. Empty elements count as none (RFC 9110, 5.6.1).
    https://fetch.spec.whatwg.org/#extract-header-list-values
    """
    value = get(headers, name)
    return None if value is None else _tokens(value)


@lru_cache(4096)
def _tokens(value: str) -> tuple[str, ...] | str:
    items = [item for item in (part.strip(_BLANK) for part in value.split(",")) if item]
    return tuple(items) if all(map(is_token, items)) else value
