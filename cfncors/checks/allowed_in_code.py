"""Origins that the functions' own code allows: written in it, or in an environment variable that it sends.

The rules about origins (944x) say of them what they say of a template's.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Final

from cfncors.browser.serialised import Problem, host_of, is_loopback
from cfncors.checks.remedies import Edits, attempt, rewritten, without_slash
from cfncors.errors import CannotEdit
from cfncors.facts.chosen_in_code import Allowed, Chosen, variable, variable_values
from cfncors.facts.origin_patterns import advice, certain_fault, fault, is_meant, several
from cfncors.findings import PROMISED, Finding, Fix, Rule
from cfncors.gateway.model import Model
from cfncors.template import Unknown

if TYPE_CHECKING:
    from cfncors.facts import Facts
    from cfncors.handlers import Place

_QUOTES: Final = "'\""
# -- E9441, E9442 ------------------------------------------------------------------------------------------------------


def invalid(rule: Rule, facts: Facts) -> Iterator[Finding]:
    """Texts that are meant as origins and match none."""
    for each in facts.allowed_in_code:
        found = _fault(each)
        if found is not None:
            message = (
                f"{each.text} in {each.what} is no origin as browsers send it: {found.reason}; write "
                f"{advice('rest', found)}"
            )
            fix, why = _respelled(facts, each, found)
            yield Finding(rule, message, each.node, fix, why, PROMISED if each.sent else None, each.resources)
    for chosen_ in facts.chosen_in_code:
        for leaf in variable_values(facts.template, chosen_):
            if isinstance(leaf, Unknown):
                yield from _partly_invalid(rule, facts.model, chosen_, leaf)


def _partly_invalid(rule: Rule, model: Model, each: Chosen, unknown: Unknown) -> Iterator[Finding]:
    """A variable's value with parts that are known at deployment, whose known parts are wrong."""
    found = certain_fault(unknown)
    if found is None:
        return
    text, problem = found
    fix, why = None, None
    if problem.kinds == ("slash",):
        fix, why = attempt("leave the slash out", "safe", lambda: without_slash(model.template.document, unknown.node))
    message = f"{text} in {variable(each)} is no origin as browsers send it: {problem.reason}"
    says = PROMISED
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


def _respelled(facts: Facts, each: Allowed, found: Problem) -> tuple[Fix | None, str | None]:
    write = found.write
    if write is None or not found.same:
        return None, None
    if each.leaf is not None:
        document = facts.template.document
        return attempt(f"write {write}", "safe", lambda: rewritten(document, each.node, lambda _: write))
    written = each.written
    if written is None:
        return None, "where the code writes it is not certain"
    return attempt(f"write {write}", "unsafe", lambda: _in_code(facts, each, written, write))


def _in_code(facts: Facts, each: Allowed, written: Place, write: str) -> Edits:
    from cfncors.handlers import FileEdit

    if facts.places.is_built(written.path):
        raise CannotEdit("a build writes this file")
    return facts.places.edits(each.chosen.behind.function, [FileEdit(written.path, written.start, written.end, write)])


def in_one_header(rule: Rule, facts: Facts) -> Iterator[Finding]:
    """Lists of origins that are sent as one header."""
    for each in facts.allowed_in_code:
        items = several(_unquoted(each.text)) if each.sent else []
        if items:
            whose = "this code sends" if each.leaf is None else f"{each.what} lists"
            message = (
                f"{whose} {len(items)} origins in one Access-Control-Allow-Origin; it holds one, so no page matches "
                "it; send the one that asks, with Vary: Origin"
            )
            says = PROMISED
            yield Finding(rule, message, each.node, says=says, resources=each.resources)


# -- W9440, W9444, W9445, I9449 ----------------------------------------------------------------------------------------


def null(rule: Rule, facts: Facts) -> Iterator[Finding]:
    """``null`` among what is allowed."""
    for each in facts.allowed_in_code:
        if each.text == "null":
            message = (
                f"null in {each.what} lets every site read{each.chosen.whom}: each can send it from a sandboxed frame"
            )
            yield Finding(rule, message, each.node, resources=each.resources)


def insecure(rule: Rule, facts: Facts) -> Iterator[Finding]:
    """Pages without encryption that are allowed credentials."""
    for each in facts.allowed_in_code:
        text = each.text
        if not each.credentialed or not text.startswith("http://") or fault("rest", text):
            continue
        if not is_loopback(host_of(text)):
            message = (
                f"{text} in {each.what} allows credentials from a page without encryption, which anybody on its way "
                f"can change; write https://{text.removeprefix('http://')}"
            )
            yield Finding(rule, message, each.node, resources=each.resources)
