"""Origins that the functions' own code allows: written in it, or in an environment variable that it sends.

The rules about origins (944x) say of them what they say of a template's.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import TYPE_CHECKING, Final, NamedTuple

from cfncors.browser import console
from cfncors.browser.serialised import Problem, host_of, is_loopback
from cfncors.checks.origins_in_code import Chosen, chosen
from cfncors.checks.remedies import Edits, attempt, rewritten, without_slash
from cfncors.errors import CannotEdit
from cfncors.facts.code import places
from cfncors.facts.origin_patterns import advice, certain_fault, fault, is_meant, several
from cfncors.findings import Finding, Fix, Rule, Says
from cfncors.gateway.model import Model
from cfncors.template import Absent, Known, Unknown, leaves

if TYPE_CHECKING:
    from cfncors.handlers import Place
    from cfncors.source import Node

_QUOTES: Final = "'\""
#: A value that another service holds (CloudFormation User Guide, "Get values stored in other services using dynamic
#: references").
_DYNAMIC: Final = "{{resolve:"


class Allowed(NamedTuple):
    """An origin that code allows. ``sent`` when the text is the header's value, whoever asks; else it is compared with
    the request's origin. ``leaf`` is its place in the template, for the value of an environment variable."""

    chosen: Chosen
    text: str
    node: Node
    what: str
    sent: bool
    leaf: Known | None = None
    #: where code writes it, between its quotes
    written: Place | None = None

    @property
    def resources(self) -> tuple[str, ...]:
        """The front door and the function."""
        behind = self.chosen.behind
        return behind.door.logical_id, behind.function.logical_id

    @property
    def credentialed(self) -> bool:
        """Whether the same response certainly allows credentials."""
        return self.chosen.choice.credentials is True


def allowed(model: Model) -> Iterator[Allowed]:
    """Each origin that code allows, once for its place: of several functions that send it, one with credentials."""
    known: dict[tuple[int, int, str], Allowed] = {}
    for each in chosen(model):
        for found in _allowed(model, each):
            key = (found.node.start, found.node.end, found.text)
            if key not in known or (found.credentialed and not known[key].credentialed):
                known[key] = found
    yield from known.values()


def _allowed(model: Model, each: Chosen) -> Iterator[Allowed]:
    function, choice = each.behind.function, each.choice
    if choice.kind == "environment":
        for leaf in _values(model, each):
            if isinstance(leaf, Known) and _DYNAMIC not in leaf.text:
                yield Allowed(each, leaf.text, leaf.node, _variable(each), sent=True, leaf=leaf)
        if choice.default is not None and choice.texts[0] not in function.environment:
            yield from _texts(model, each, (choice.default,))
    elif choice.kind in ("any", "literal", "list"):
        yield from _texts(model, each, choice.texts)


def _texts(model: Model, each: Chosen, texts: tuple[str, ...]) -> Iterator[Allowed]:
    for text in texts:
        written = _written(model, each, text)
        node = places(model).node(each.behind.function, each.choice.place if written is None else written)
        yield Allowed(each, text, node, "this code", sent=each.choice.kind != "list", written=written)


def _written(model: Model, each: Chosen, text: str) -> Place | None:
    """Where code writes an origin, when the file that is at fault has it once."""
    place = each.choice.place
    if "://" not in text:
        return None
    whole = places(model).text(each.behind.function, place.path)
    found = list(re.finditer(f"(['\"`])({re.escape(text)})\\1", whole))
    if len(found) != 1:
        return None
    start, end = found[0].span(2)
    return place._replace(start=start, end=end, line=whole.count("\n", 0, start) + 1)


def _values(model: Model, each: Chosen) -> tuple[Known | Absent | Unknown, ...]:
    """What the template gives the environment variable that code sends."""
    node = each.behind.function.environment.get(each.choice.texts[0]) if each.choice.kind == "environment" else None
    return () if node is None else leaves(model.template.value(node))


def _variable(each: Chosen) -> str:
    return f"{each.choice.texts[0]} of {each.behind.function.logical_id}, which its code sends,"


# -- E9441, E9442 ------------------------------------------------------------------------------------------------------


def invalid(rule: Rule, model: Model) -> Iterator[Finding]:
    """Texts that are meant as origins and match none."""
    for each in allowed(model):
        found = _fault(each)
        if found is not None:
            message = (
                f"{each.text} in {each.what} is no origin as browsers send it: {found.reason}; write "
                f"{advice('rest', found)}"
            )
            fix, why = _respelled(model, each, found)
            yield Finding(rule, message, each.node, fix, why, _unmatched(each, found), each.resources)
    for chosen_ in chosen(model):
        for leaf in _values(model, chosen_):
            if isinstance(leaf, Unknown):
                yield from _partly_invalid(rule, model, chosen_, leaf)


def _partly_invalid(rule: Rule, model: Model, each: Chosen, unknown: Unknown) -> Iterator[Finding]:
    """A variable's value with parts that are known at deployment, whose known parts are wrong."""
    found = certain_fault(unknown)
    if found is None:
        return
    text, problem = found
    fix, why = None, None
    if problem.kinds == ("slash",):
        fix, why = attempt("leave the slash out", "safe", lambda: without_slash(model.template.document, unknown.node))
    message = f"{text} in {_variable(each)} is no origin as browsers send it: {problem.reason}"
    says = Says("browser", console.blocked(console.not_this_origin(text)))
    resources = each.behind.door.logical_id, each.behind.function.logical_id
    yield Finding(rule, message, unknown.node, fix, why, says, resources)


def _fault(each: Allowed) -> Problem | None:
    """What is wrong with a text. A word that nobody means as an origin is sent on purpose, so that no page matches;
    what a host alone is compared with is not known; and libraries have patterns of their own."""
    bare = _unquoted(each.text)
    is_pattern = "*" in bare and bare != "*" and each.chosen.behind.handler.framework is not None
    if is_pattern or not is_meant(bare) or several(bare) or not (each.sent or "://" in bare):
        return None
    found = fault("rest", bare)
    if found is None and bare != each.text:
        return Problem(("quote",), "its quotes are sent too", bare, same=True)
    return found


def _unquoted(text: str) -> str:
    """What is meant by a text that is quoted as the header of a REST API is."""
    return text[1:-1] if len(text) > 2 and text[0] == text[-1] and text[0] in _QUOTES else text


def _respelled(model: Model, each: Allowed, found: Problem) -> tuple[Fix | None, str | None]:
    write = found.write
    if write is None or not found.same:
        return None, None
    if each.leaf is not None:
        document = model.template.document
        return attempt(f"write {write}", "safe", lambda: rewritten(document, each.node, lambda _: write))
    written = each.written
    if written is None:
        return None, "where the code writes it is not certain"
    return attempt(f"write {write}", "unsafe", lambda: _in_code(model, each, written, write))


def _in_code(model: Model, each: Allowed, written: Place, write: str) -> Edits:
    from cfncors.handlers import FileEdit

    if places(model).is_built(written.path):
        raise CannotEdit("a build writes this file")
    return places(model).edits(each.chosen.behind.function, [FileEdit(written.path, written.start, written.end, write)])


def _unmatched(each: Allowed, found: Problem) -> Says | None:
    """What a page hears that gets the text; whom an allow-list leaves out hears what everybody else does."""
    if not each.sent:
        return None
    write = found.write
    origin = write if write is not None and "*" not in write and "…" not in write else "https://app.example.com"
    return Says("browser", console.blocked(console.not_this_origin(each.text), origin=origin))


def in_one_header(rule: Rule, model: Model) -> Iterator[Finding]:
    """Lists of origins that are sent as one header."""
    for each in allowed(model):
        items = several(_unquoted(each.text)) if each.sent else []
        if items:
            whose = "this code sends" if each.leaf is None else f"{each.what} lists"
            message = (
                f"{whose} {len(items)} origins in one Access-Control-Allow-Origin; it holds one, so no page matches "
                "it; send the one that asks, with Vary: Origin"
            )
            says = Says("browser", console.blocked(console.several_origins(each.text), origin=items[0]))
            yield Finding(rule, message, each.node, says=says, resources=each.resources)


# -- W9440, W9444, W9445, I9449 ----------------------------------------------------------------------------------------


def null(rule: Rule, model: Model) -> Iterator[Finding]:
    """``null`` among what is allowed."""
    for each in allowed(model):
        if each.text == "null":
            message = (
                f"null in {each.what} lets every site read{each.chosen.whom}: each can send it from a sandboxed frame"
            )
            yield Finding(rule, message, each.node, resources=each.resources)


def insecure(rule: Rule, model: Model) -> Iterator[Finding]:
    """Pages without encryption that are allowed credentials."""
    for each in allowed(model):
        text = each.text
        if not each.credentialed or not text.startswith("http://") or fault("rest", text):
            continue
        if not is_loopback(host_of(text)):
            message = (
                f"{text} in {each.what} allows credentials from a page without encryption, which anybody on its way "
                f"can change; write https://{text.removeprefix('http://')}"
            )
            yield Finding(rule, message, each.node, resources=each.resources)
