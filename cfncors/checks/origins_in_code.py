"""944x for code: how a function chooses the origin that it sends, and whom its checks let pass."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator
from typing import TYPE_CHECKING, Final

from cfncors.checks.remedies import attempt
from cfncors.facts.origin_patterns import free_host
from cfncors.facts.origin_probes import STRANGER, hosts, lookalikes
from cfncors.findings import Finding, Rule
from cfncors.gateway.model import ALLOW_ORIGIN

if TYPE_CHECKING:
    from cfncors.facts import Facts
    from cfncors.facts.chosen_in_code import Chosen
    from cfncors.handlers import OriginChoice, Response

#: Ways in which the request decides.
_BY_REQUEST: Final = frozenset(("list", "reflected", "regex", "suffix", "prefix", "contains"))
_LONGEST_PATTERN: Final = 300
#: A group that repeats, and the end of one side of it.
_REPEATED: Final = re.compile(r"\)(?:[*+]|\{\d*,)")
_OPEN_ENDED: Final = re.compile(r"(?<!\\)[*+]|\{\d+,\}")
#: Top-level names that patterns end with, and names of many hosts that a pattern may name.
_PUBLIC: Final = re.compile(r"\\?\.((?:[a-z0-9-]+\\?\.)*[a-z]{2,})\$?\)*$", re.IGNORECASE)


def _finding(rule: Rule, facts: Facts, each: Chosen, message: str) -> Finding:
    behind = each.behind
    node = facts.places.node(behind.function, each.choice.place)
    return Finding(rule, message, node, resources=(behind.door.logical_id, behind.function.logical_id))


# -- W9446 -------------------------------------------------------------------------------------------------------------


def reflected(rule: Rule, facts: Facts) -> Iterator[Finding]:
    """Origins that are sent back unchecked, or after a check that strangers pass."""
    for each in facts.chosen_in_code:
        if each.choice.kind == "reflected":
            message = f"{_who_sends(each)} sends back whatever origin asks: every site reads{each.whom}"
            yield _finding(rule, facts, each, message)
            continue
        passing = _passing(each.choice)
        if passing is not None:
            message = f"this code lets {passing} pass its check of origins: whoever has that name reads{each.whom}"
            yield _finding(rule, facts, each, message)


def _who_sends(each: Chosen) -> str:
    """What sends an origin back: the code, or a library that takes ``*`` so where it allows credentials."""
    library = each.behind.handler.framework
    if library is None or each.choice.texts != ("*",):
        return "this code"
    return f"for * with credentials {library.name}"


def _passing(choice: OriginChoice) -> str | None:
    """A stranger's origin that passes a check, and all others that the same origin has to pass."""
    tests = [_test(kind, texts) for kind, texts in ((choice.kind, choice.texts), *choice.also)]
    known = [test for test in tests if test is not None]
    if len(known) < len(tests) or choice.kind == "list":
        return None
    return next((origin for origin in _candidates(choice.texts) if all(test(origin) for test in known)), None)


def _candidates(texts: Iterable[str]) -> Iterator[str]:
    yield STRANGER
    for text in texts:
        yield from lookalikes(text)
        if "http:" in text.replace("\\", ""):
            yield from (f"http:{origin.removeprefix('https:')}" for origin in lookalikes(text))
        if re.fullmatch(r"https?://[a-z0-9.-]*[a-z0-9]", text):
            yield f"{text}.attacker.example"
        if "localhost" in text:
            yield from ("http://localhost.attacker.example", "https://localhost.attacker.example")


def _test(kind: str, texts: tuple[str, ...]) -> Callable[[str], bool] | None:
    """What a check says of an origin; ``None`` for one that is not understood."""
    if kind == "suffix":
        return lambda origin: origin.endswith(texts)
    if kind == "prefix":
        return lambda origin: origin.startswith(texts)
    if kind == "contains":
        return lambda origin: any(text in origin for text in texts)
    if kind == "list":
        return lambda origin: origin in texts
    return _matching(texts) if kind == "regex" else None


def _matching(patterns: tuple[str, ...]) -> Callable[[str], bool] | None:
    compiled = [_compiled(pattern) for pattern in patterns]
    known = [pattern for pattern in compiled if pattern is not None]
    return (lambda origin: any(each.search(origin) for each in known)) if len(known) == len(compiled) else None


def _compiled(pattern: str) -> re.Pattern[str] | None:
    """A pattern of JavaScript or Python as one of Python's; ``None`` for one that may take long, or means something
    else here."""
    if len(pattern) > _LONGEST_PATTERN or not _is_quick(pattern):
        return None
    try:
        return re.compile(re.sub(r"\(\?<(?=[A-Za-z_])", "(?P<", pattern.replace(r"\/", "/")), re.IGNORECASE)
    except (re.error, RecursionError, OverflowError):
        return None


def _is_quick(pattern: str) -> bool:
    """Whether no repeated group can match one text in many ways: it has no sides, and what repeats within it ends with
    a dot of the host."""
    for match in _REPEATED.finditer(pattern):
        inner = pattern[_opening(pattern, match.start()) : match.start()]
        if "|" in inner or ")" in inner or (_OPEN_ENDED.search(inner) and not inner.endswith(r"\.")):
            return False
    return True


def _opening(pattern: str, closing: int) -> int:
    depth = 0
    for at in range(closing, -1, -1):
        depth += {")": 1, "(": -1}.get(pattern[at], 0)
        if depth == 0:
            return at
    return 0


# -- W9447 -------------------------------------------------------------------------------------------------------------


def public_suffixes(rule: Rule, facts: Facts) -> Iterator[Finding]:
    """Checks that hosts pass which anybody can have."""
    from cfncors.browser.public_suffixes import anybody_matches

    for each in facts.chosen_in_code:
        for text, after in _free(each):
            open_to_all = after == "" and not each.choice.credentials
            if not open_to_all and after is not None and anybody_matches(after):
                reason = f"anybody can have a host that ends with {after}" if after else "it takes every host"
                yield _finding(rule, facts, each, f"{text} in this code lets any site read{each.whom}: {reason}")
                break


def _free(each: Chosen) -> Iterator[tuple[str, str | None]]:
    """What hosts that pass a check end with, where their beginning is free."""
    choice, framework = each.choice, each.behind.handler.framework
    test = _passing_all(choice)
    for text in choice.texts:
        if choice.kind == "suffix" and text.startswith("."):
            after: str | None = text.lower()
        elif choice.kind == "regex":
            found = _PUBLIC.search(text)
            after = "." + found[1].replace("\\", "").lower() if found is not None else None
        elif choice.kind in ("literal", "list") and framework is not None and "middy" in framework.name:
            yield text, free_host(text) if "*" in text and text != "*" else None
            continue
        else:
            continue
        if after is not None and test is not None and test(f"https://a-stranger{after}"):
            yield text, after


def _passing_all(choice: OriginChoice) -> Callable[[str], bool] | None:
    tests = [_test(kind, texts) for kind, texts in ((choice.kind, choice.texts), *choice.also)]
    known = [test for test in tests if test is not None]
    return (lambda origin: all(test(origin) for test in known)) if len(known) == len(tests) else None


def any_subdomain(choice: OriginChoice) -> str | None:
    """A host that a check names, every subdomain of which passes it."""
    test = _passing_all(choice)
    if test is None:
        return None
    named = (host for text in choice.texts for host in hosts(text))
    return next((host for host in named if test(f"https://stranger.{host}") or test(f"http://stranger.{host}")), None)


# -- W9448 -------------------------------------------------------------------------------------------------------------


def without_vary(rule: Rule, facts: Facts) -> Iterator[Finding]:
    """Responses whose origin the request decides, and that do not say so."""
    seen: set[object] = set()
    for each in facts.chosen_in_code:
        choice = each.choice
        places_of = {choice.place, choice.sent or choice.place}
        if choice.kind not in _BY_REQUEST or choice.vary is not False or places_of & seen:
            continue
        seen |= places_of
        yield _without_vary(rule, facts, each)


def _without_vary(rule: Rule, facts: Facts, each: Chosen) -> Finding:
    from cfncors.checks.handler_remedies import added

    lacking = [response for response in each.behind.handler.responses if _is_chosen(response)]
    fix, why = attempt("add Vary: Origin", "unsafe", lambda: added(facts, each.behind, {"Vary": "Origin"}, lacking))
    message = "this code chooses the origin by the request and does not send Vary: Origin"
    return _finding(rule, facts, each, message)._replace(fix=fix, no_fix=why)


def _is_chosen(response: Response) -> bool:
    """Whether it has an origin that was worked out, and certainly no ``Vary``."""
    header = response.headers.get(ALLOW_ORIGIN)
    return header is not None and header.text is None and response.sends("vary") == "never"
