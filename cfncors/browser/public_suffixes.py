"""Public suffixes: names under which anybody can have a host of their own (``com``, ``github.io``).

https://publicsuffix.org/list/ as the ``publicsuffixlist`` package has it.
"""

from __future__ import annotations

from functools import cache
from typing import Protocol


class _List(Protocol):
    def is_public(self, domain: str) -> bool: ...


@cache
def _suffixes() -> _List:
    from publicsuffixlist import PublicSuffixList

    # A name that the list does not have (internal, local) is one of a private network, where not anybody has a host.
    made: _List = PublicSuffixList(accept_unknown=False)
    return made


def is_public_suffix(domain: str) -> bool:
    """Whether anybody can have a name of their own directly under ``domain`` (lower case, no dot at its end)."""
    return bool(domain) and _suffixes().is_public(domain)


def anybody_matches(after: str) -> bool:
    """Whether anybody can have a host that ends with ``after`` (lower case), whatever stands before it.

    The free part may end within a label: ``*example.com`` takes ``evilexample.com``.
    """
    if not after:
        return True
    parent = after.partition(".")[2]
    return is_public_suffix(parent or after)
