"""Methods: https://fetch.spec.whatwg.org/#methods."""

from __future__ import annotations

#: https://fetch.spec.whatwg.org/#cors-safelisted-method
SAFELISTED = frozenset({"GET", "HEAD", "POST"})
#: https://fetch.spec.whatwg.org/#forbidden-method
FORBIDDEN = frozenset({"CONNECT", "TRACE", "TRACK"})
#: https://fetch.spec.whatwg.org/#concept-method-normalize
NORMALIZED = frozenset({"DELETE", "GET", "HEAD", "OPTIONS", "POST", "PUT"})


def normalize(method: str) -> str:
    """The method as it is sent: six are put in upper case, ``patch`` stays as it is.

    https://fetch.spec.whatwg.org/#concept-method-normalize
    """
    upper = method.upper()
    return upper if upper in NORMALIZED else method


def is_forbidden(method: str) -> bool:
    """Whether pages may not use the method, in any case: https://fetch.spec.whatwg.org/#forbidden-method."""
    return method.upper() in FORBIDDEN
