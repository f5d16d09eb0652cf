"""E9443 for code: responses that allow credentials together with any origin."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Final, NamedTuple

from cfncors.checks.handler_remedies import own_value
from cfncors.checks.remedies import Edits, attempt, rewritten
from cfncors.facts.chosen_in_code import Allowed
from cfncors.facts.code import Behind, sent_at
from cfncors.findings import PROMISED, Finding, Fix, Rule
from cfncors.gateway.model import ALLOW_CREDENTIALS, ALLOW_ORIGIN, Model

if TYPE_CHECKING:
    from cfncors.facts import Facts
    from cfncors.handlers import Place, Response

_REFUSED: Final = "browsers refuse * for requests with credentials"
_GIVE_ORIGIN: Final = "give the origin with --origin"


class Sent(NamedTuple):
    """A place of code that gives responses both headers, with the functions that return them. ``value`` is where the
    ``*`` itself is written, where that is found."""

    place: Place
    value: Place | None
    found: tuple[tuple[Behind, tuple[Response, ...]], ...]

    @property
    def first(self) -> Behind:
        """The function that is named first."""
        return self.found[0][0]


def wildcard(rule: Rule, facts: Facts) -> Iterator[Finding]:
    """``*`` and credentials in one response."""
    for each in _sent(facts):
        message = _message(each)
        fix, why = _named(facts, each)
        node = facts.places.node(each.first.function, each.value or each.place)
        owners = (behind.function.logical_id for behind, _ in each.found)
        resources = tuple(dict.fromkeys((each.first.door.logical_id, *owners)))
        yield Finding(rule, message, node, fix, why, PROMISED, resources)
    yield from _of_environment(rule, facts)


def _message(each: Sent) -> str:
    library = each.first.handler.framework
    if library is not None:
        told = f"{library.name} is told to allow credentials from any origin and sends *"
        return f"{told}; {_REFUSED}; name the pages' origins"
    sent = "Access-Control-Allow-Origin: * together with Access-Control-Allow-Credentials: true"
    return f"this code sends {sent}; {_REFUSED}; send the page's origin, or leave the credentials out"


def _sent(facts: Facts) -> Iterator[Sent]:
    """Each place once, for all functions that use it."""
    by_place: dict[Place, list[tuple[Behind, tuple[Response, ...]]]] = {}
    stars = _Stars(facts)
    for behind in facts.passed_on:
        here: dict[Place, list[Response]] = {}
        for response in behind.handler.responses:
            place = sent_at(response)
            if place.path and not facts.places.is_built(place.path) and _refused(behind, response):
                here.setdefault(stars.written(behind, place) or place, []).append(response)
        for place, responses in here.items():
            by_place.setdefault(place, []).append((behind, tuple(responses)))
    for place, found in by_place.items():
        yield Sent(place, place if place in stars.found else None, tuple(found))


class _Stars:
    """Where code writes ``*`` as the header's value, each file looked through once."""

    def __init__(self, facts: Facts) -> None:
        self.facts = facts
        self.files: dict[str, tuple[Place, ...]] = {}
        self.found: set[Place] = set()

    def written(self, behind: Behind, place: Place) -> Place | None:
        """Where the ``*`` of the headers at a place is written: in them, else where the function's files write it
        once."""
        if behind.handler.framework is not None:
            return None
        found = [each for path in behind.handler.files for each in self._in(behind, path)]
        inside = [each for each in found if each.path == place.path and place.start <= each.start < place.end]
        only = inside or found
        if len(only) != 1 or self.facts.places.is_built(only[0].path):
            return None
        self.found.add(only[0])
        return only[0]

    def _in(self, behind: Behind, path: str) -> tuple[Place, ...]:
        from cfncors.handlers import written_values

        source = behind.function.source
        if source is None:
            return ()
        known = self.files.get(path) if not source.inline else None
        if known is None:
            text = self.facts.places.text(behind.function, path)
            known = self.files[path] = written_values(source, path, text, ALLOW_ORIGIN, "*")
        return known


def _refused(behind: Behind, response: Response) -> bool:
    """Whether a response certainly has ``*``, and credentials are allowed with it. A library may leave that header out
    for ``*`` (Powertools does), which no page with credentials can read either."""
    origin = response.headers.get(ALLOW_ORIGIN)
    if origin is None or origin.values != ("*",) or not origin.always or response.denied:
        return False
    if behind.handler.framework is not None and ALLOW_CREDENTIALS not in response.headers:
        return any(each.kind == "any" and each.credentials for each in behind.handler.origins)
    return _allows_credentials(response)


def _allows_credentials(response: Response) -> bool:
    header = response.headers.get(ALLOW_CREDENTIALS)
    return header is not None and header.always and header.values == ("true",)


def _named(facts: Facts, each: Sent) -> tuple[Fix | None, str | None]:
    """The API's own origin, else the one given, in the place of the ``*``."""
    value = each.value
    if each.first.handler.framework is not None:
        return None, None
    if value is None:
        return None, "the origin is not written as a text beside the header"
    own = own_value(facts.model, each.found)
    if isinstance(own, str) or own.text == "*":
        text, variable = facts.model.settings.origin, None
        if text is None:
            return None, _GIVE_ORIGIN
        written = text
    else:
        text, variable, written = own.text, own.variable, own.written
    return attempt(f"send {written} from the code", "unsafe", lambda: _rewritten(facts, each, value, text, variable))


def _rewritten(facts: Facts, each: Sent, place: Place, text: str | None, variable: str | None) -> Edits:
    from cfncors.handlers.edits import FromEnvironment, rewrite

    behind = each.first
    source = behind.function.source
    assert source is not None, "its code was followed"
    edits = rewrite(source, place, text if text is not None else FromEnvironment(variable or ""))
    return facts.places.edits(behind.function, edits)


def _of_environment(rule: Rule, facts: Facts) -> Iterator[Finding]:
    """Environment variables that code sends with credentials, and that the template sets to ``*``."""
    for each in facts.allowed_in_code:
        if each.leaf is None or each.text != "*" or not _is_credentialed(each.chosen.behind):
            continue
        message = f"* in {each.what} comes with Access-Control-Allow-Credentials: true; {_REFUSED}; name the origin"
        fix, why = _other_value(facts.model, each)
        yield Finding(rule, message, each.node, fix, why, PROMISED, each.resources)


def _is_credentialed(behind: Behind) -> bool:
    """Whether all responses with an origin allow credentials."""
    return all(_allows_credentials(each) for each in behind.handler.responses if ALLOW_ORIGIN in each.headers)


def _other_value(model: Model, each: Allowed) -> tuple[Fix | None, str | None]:
    origin = model.settings.origin
    if origin is None:
        return None, _GIVE_ORIGIN
    document = model.template.document
    return attempt(f"write {origin}", "unsafe", lambda: rewritten(document, each.node, lambda _: origin))
