"""Answers that browsers open as documents, to which CORS says nothing."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from cfncors.handlers import Response


def fetched(responses: Iterable[Response]) -> Iterator[Response]:
    """The responses that scripts ask for: none of code that sends browsers elsewhere or shows them pages, and its
    errors so too."""
    answers = tuple(responses)
    if any(map(_is_navigated, answers)) and all(_is_navigated(each) or each.kind == "error" for each in answers):
        return iter(())
    return (each for each in answers if not _is_navigated(each))


def _is_navigated(response: Response) -> bool:
    """Whether browsers open it as a document, to which CORS says nothing: a redirect of a sign-in or a short link, or a
    page (HTML, "Navigating across documents": navigations have the mode "navigate"; Fetch, "CORS check")."""
    numbers = [status for status in response.statuses if isinstance(status, int)]
    if len(numbers) < len(response.statuses) or max(numbers, default=400) >= 400:
        return False
    if min(numbers) >= 300:
        return "location" in response.headers
    kind = response.headers.get("content-type")
    return kind is not None and all(text is not None and text.startswith("text/html") for text in kind.values)


def to_scripts(responses: Iterable[Response]) -> Iterator[Response]:
    """The responses without those that browsers open as documents; one to preflights alone is none of these."""
    every = tuple(responses)
    kept = set(map(id, fetched(each for each in every if each.preflight is not True)))
    return (each for each in every if each.preflight is True or id(each) in kept)
