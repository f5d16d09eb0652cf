"""The edits of lists that the function's own code answers preflights with."""

from __future__ import annotations

from typing import TYPE_CHECKING

from cfncors.checks.handler_remedies import added
from cfncors.checks.preflight_remedies import served, used_headers
from cfncors.checks.remedies import Edits
from cfncors.errors import CannotEdit
from cfncors.facts.allow_lists import HEADER_NAMES, AllowList, CodeList
from cfncors.facts.preflights_in_code import written_at
from cfncors.gateway.expressions import tokens

if TYPE_CHECKING:
    from cfncors.facts import Facts


def list_in_code(facts: Facts, allow: AllowList, written: CodeList, names: list[str]) -> Edits:
    """Names added to the one text that a header has in code; a header that is not there yet gets all that its routes
    need. Raises :class:`CannotEdit`."""
    from cfncors.handlers import FileEdit

    behind, answers, header = written
    framework = behind.handler.framework
    if header is None and framework is not None:
        raise CannotEdit(f"the options of {framework.name} say what it sends")
    if header is None:
        wanted = served(allow.routes) if allow.role == "methods" else used_headers(allow.routes)
        return added(facts, behind, {HEADER_NAMES[allow.role]: ", ".join(wanted)}, answers)
    found = written_at(facts.places, allow.role, written)
    if header.text is None:
        raise CannotEdit("the list is not one text in the code")
    if len(found) != 1:
        raise CannotEdit("where the list is written is not certain")
    path, end = found[0].path, found[0].end - 1
    if facts.places.is_built(path):
        raise CannotEdit("a build writes this file")
    if facts.places.text(behind.function, path)[found[0].start + 1 : end] != header.text:
        raise CannotEdit("its quotes are more than one sign")
    separator = "," if "," in header.text and ", " not in header.text else ", "
    more = separator.join([*([""] if tokens(header.text) else []), *names])
    return facts.places.edits(behind.function, [FileEdit(path, end, end, more)])
