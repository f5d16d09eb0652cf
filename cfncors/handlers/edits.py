"""Adds headers to the responses that lack them, in the style of the file.

Each response is mended where its headers are written: in the literal of its headers, else in the literal of the
response. A shared helper or constant is mended once. The result is followed again, and refused when a response would
still lack a header.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Final

from cfncors.errors import CannotEdit
from cfncors.handlers.files import LANGUAGES, read_text
from cfncors.handlers.model import (
    ALLOW_ORIGIN,
    FULL,
    FileEdit,
    FromEnvironment,
    Handler,
    NewValue,
    Place,
    Response,
    Site,
    Source,
)
from cfncors.handlers.named import Named, constants
from cfncors.handlers.syntax import NotRead
from cfncors.handlers.tree import parse

if TYPE_CHECKING:
    from ast_grep_py import SgNode


_OBJECTS: Final = {"object", "dictionary"}


def add_headers(
    source: Source,
    handler: Handler,
    headers: Mapping[str, NewValue],
    chosen: Iterable[Response] | None = None,
) -> tuple[FileEdit, ...]:
    """Edits after which each response that lacked the first of ``headers`` has all of them.

    The first decides, so that credentials are not added to a response that already allows ``*``. ``chosen`` are the
    responses to mend, without it every one that never sends the first. A response that sends it on some paths, or
    whose headers are not known, is left alone. Raises :class:`~cfncors.errors.CannotEdit` with the reason when one
    cannot be mended; then nothing should be.
    """
    if source.language not in FULL:
        raise CannotEdit(f"code in {source.language} is not edited")
    first = next(iter(headers), "")
    lacking = [each for each in (handler.responses if chosen is None else chosen) if _lacks(each, first)]
    if first.lower() == ALLOW_ORIGIN:
        try:
            return _added(source, handler, headers, lacking, by_name=True)
        except CannotEdit:  # a constant of the same name is nearer, or it is changed
            pass
    return _added(source, handler, headers, lacking, by_name=False)


def _added(
    source: Source, handler: Handler, headers: Mapping[str, NewValue], lacking: list[Response], *, by_name: bool
) -> tuple[FileEdit, ...]:
    """The edits, proven; ``by_name`` with constants that have these headers, where there are some."""
    first = next(iter(headers), "")
    edits: list[FileEdit] = []
    texts = _Texts(source)
    everywhere = [each for each in handler.responses if _lacks(each, first)]
    named: dict[str, tuple[Named, ...]] = {}
    for place, names in _places(lacking, everywhere, headers, texts).items():
        writer = texts.writer(place.path)
        if by_name and place.path not in named:
            named[place.path] = constants(writer.root, place.path, handler, headers)
        usable = named.get(place.path, ()) if len(names) == len(headers) else ()
        edits.extend(writer.mend(place, {name: headers[name] for name in names}, usable))
    edits.extend(texts.imports())
    edits.sort(key=lambda edit: (edit.path, edit.start, edit.end))
    _prove(source, edits, texts, first, len(everywhere) - len(lacking))
    return tuple(edits)


def rewrite(source: Source, place: Place, value: NewValue) -> tuple[FileEdit, ...]:
    """Edits after which another value stands at the place of one. Raises :class:`~cfncors.errors.CannotEdit`."""
    texts = _Texts(source)
    made = texts.writer(place.path).rewrite(place, value)
    return tuple(sorted([*texts.imports(), made], key=lambda edit: (edit.path, edit.start)))


def _lacks(response: Response, name: str) -> bool:
    return response.sends(name.lower()) == "never" and response.statuses != (None,)


def _places(
    lacking: list[Response], everywhere: list[Response], headers: Mapping[str, NewValue], texts: _Texts
) -> dict[Place, tuple[str, ...]]:
    """Where to write, and which headers each place lacks. ``everywhere`` are all responses that lack the first: what
    they share is mended for them all."""
    first = next(iter(headers)).lower()
    sites = [site for response in everywhere for site in response.sites if first not in site.names]
    handed_on = {
        site.place for site in sites if site.is_response and texts.writer(site.place.path).hands_on(site.place)
    }
    shared = _shared(sites)
    found: dict[Place, tuple[str, ...]] = {}
    for response in lacking:
        own = [site for site in response.sites if first not in site.names]
        if not own:
            raise CannotEdit(f"line {response.place.line}: the response is not written as a literal")
        for site in own:
            place = shared.get(site.place, site.place)
            if response.literal is not None and response.literal in handed_on:
                place = response.literal
            known = found.get(place, ())
            found[place] = tuple(name for name in headers if name in known or name.lower() not in site.names)
    return found


def _shared(sites: list[Site]) -> dict[Place, Place]:
    """For literals of headers, another that is spread into them and into others too, or that is used as it is."""
    own = {site.place for site in sites if not site.is_response}
    users: dict[Place, set[Place]] = {}
    for site in sites:
        for place in site.spreads:
            users.setdefault(place, {place} & own).add(site.place)
    found: dict[Place, Place] = {}
    for site in sites:
        several = [place for place in site.spreads if len(users[place]) > 1]
        if several:
            found[site.place] = max(several, key=lambda place: len(users[place]))
    return found


class _Texts:
    """The files that are edited, each read once."""

    def __init__(self, source: Source) -> None:
        self.source = source
        self.writers: dict[str, _Writer] = {}

    def writer(self, path: str) -> _Writer:
        """What edits a file."""
        known = self.writers.get(path)
        if known is not None:
            return known
        source = self.source
        try:
            language: str = source.language
            text = source.text
            if path != source.path:
                language = LANGUAGES[path[path.rfind(".") :]]
                text = read_text(path, source.root)
            self.writers[path] = _Writer(path, text, language)
        except NotRead as error:
            raise CannotEdit(str(error)) from None
        return self.writers[path]

    def imports(self) -> list[FileEdit]:
        """What the new code needs to be imported."""
        return [edit for writer in self.writers.values() for edit in writer.imports()]


class _Writer:
    """Writes into one file."""

    def __init__(self, path: str, text: str, language: str) -> None:
        self.path = path
        self.text = text
        self.language = language
        self.root = parse(text, language, path)
        self.newline = "\r\n" if "\r\n" in text else "\n"
        self.needs_os = False

    @property
    def is_python(self) -> bool:
        """Whether it is Python; else it is JavaScript or TypeScript."""
        return self.language == "python"

    def mend(self, place: Place, headers: Mapping[str, NewValue], named: Iterable[Named] = ()) -> list[FileEdit]:
        """Add headers to the literal that stands at a place; with one of the constants that have them, if it may."""
        node = self._literal(place)
        is_new = self._is_response(node) and self._entry(node, "headers") is None
        for constant in named:
            if constant.is_seen_from(node) and (is_new or constant.is_cors):
                return self._by_name(node, constant.name)
        entries = [f"{self._quoted(name, node)}: {self._value(value, node)}" for name, value in headers.items()]
        if not self._is_response(node):
            return self._into(node, entries)
        own = self._entry(node, "headers")
        if own is not None:
            return self._around(own, entries)
        return self._new_headers(node, entries)

    def _by_name(self, node: SgNode, name: str) -> list[FileEdit]:
        """``headers: name`` for a response without headers, else ``...name`` in front of those that it has."""
        spread = f"{'**' if self.is_python else '...'}{name}"
        if not self._is_response(node):
            children = [child for child in node.children() if child.is_named() and child.kind() != "comment"]
            if children:
                return [self._before(node, children[0], [spread])]
            return self._into(node, [spread])
        own = self._entry(node, "headers")
        if own is not None:
            return self._around(own, [spread])
        status = self._entry(node, "statusCode")
        assert status is not None
        key = self._headers_key(node, status)
        text = "headers" if key == name and not self.is_python else f"{key}: {name}"
        return self._behind(node, status, [text]) if self._begins_line(status) else self._single(status, text)

    def _headers_key(self, node: SgNode, status: SgNode) -> str:
        return self._quoted("headers", node) if self.is_python or status.text()[:1] in "'\"" else "headers"

    def rewrite(self, place: Place, value: NewValue) -> FileEdit:
        """Write a value in the place of a text."""
        for node in self.root.find_all(kind="string"):
            span = node.range()
            if (span.start.index, span.end.index) == (place.start, place.end):
                return self._edit(place.start, place.end, self._value(value, node))
        raise CannotEdit(f"line {place.line}: the value is not written as a text")

    def hands_on(self, place: Place) -> bool:
        """Whether the headers of a response literal are given to it: ``{ statusCode, headers }``."""
        own = self._entry(self._literal(place), "headers")
        value = own.field("value") if own is not None and own.kind() == "pair" else own
        return value is not None and value.kind() not in _OBJECTS

    def _literal(self, place: Place) -> SgNode:
        for node in self.root.find_all(kind="dictionary" if self.is_python else "object"):
            span = node.range()
            if (span.start.index, span.end.index) == (place.start, place.end):
                return node
        raise CannotEdit(f"line {place.line}: the response is not written as a literal")

    def _is_response(self, node: SgNode) -> bool:
        return self._entry(node, "statusCode") is not None

    def _entry(self, node: SgNode, name: str) -> SgNode | None:
        for child in node.children():
            key = child.field("key") if child.kind() == "pair" else child
            if key is not None and child.is_named() and key.text().strip("'\"") == name:
                return child
        return None

    # --- texts in the file's style

    def _quote(self, node: SgNode) -> str:
        """The quote that is used nearest: in the literal, else in the file."""
        for scope in (node, self.root):
            marks = [mark for each in scope.find_all(kind="string") if (mark := each.text()[:1]) in "'\""]
            if marks:
                return "'" if marks.count("'") * 2 > len(marks) else '"'
        return '"' if self.is_python else "'"

    def _quoted(self, text: str, node: SgNode) -> str:
        quote = self._quote(node)
        if any(ord(sign) < 32 for sign in text):
            raise CannotEdit("a header value holds a control character")
        return quote + text.replace("\\", "\\\\").replace(quote, "\\" + quote) + quote

    def _value(self, value: NewValue, node: SgNode) -> str:
        if not isinstance(value, FromEnvironment):
            return self._quoted(value, node)
        if self.is_python:
            self.needs_os = True
            return f"os.environ[{self._quoted(value.name, node)}]"
        # its type is string | undefined, which the types of a response's headers may refuse
        return f"process.env.{value.name}" + ("" if self.language == "javascript" else "!")

    def _indent(self, offset: int) -> str:
        start = self.text.rfind("\n", 0, offset) + 1
        line = self.text[start:offset]
        return line[: len(line) - len(line.lstrip(" \t"))]

    def _unit(self, node: SgNode, indent: str) -> str:
        """One step of indentation."""
        outer = self._indent(node.range().start.index)
        if indent.startswith(outer) and len(indent) > len(outer):
            return indent[len(outer) :]
        return "\t" if "\n\t" in self.text else "    " if self.is_python else "  "

    # --- edits

    def _edit(self, start: int, end: int, text: str) -> FileEdit:
        return FileEdit(self.path, start, end, text)

    def _into(self, node: SgNode, texts: list[str]) -> list[FileEdit]:
        """Add entries to an object of headers: in front of what is spread, which may say otherwise; else behind."""
        children = [child for child in node.children() if child.is_named() and child.kind() != "comment"]
        if not children:
            inside = ", ".join(texts)
            span = node.range()
            if self.text[span.start.index + 1 : span.end.index - 1].strip():
                return [self._edit(span.start.index + 1, span.start.index + 1, f" {inside}, ")]
            text = f"{{{inside}}}" if self.is_python else f"{{ {inside} }}"
            return [self._edit(span.start.index, span.end.index, text)]
        if any(child.kind() in ("spread_element", "dictionary_splat") for child in children):
            return [self._before(node, children[0], texts)]
        return self._behind(node, children[-1], texts)

    def _begins_line(self, node: SgNode) -> bool:
        start = node.range().start.index
        return not self.text[self.text.rfind("\n", 0, start) + 1 : start].strip(" \t")

    def _before(self, node: SgNode, first: SgNode, texts: list[str]) -> FileEdit:
        start = first.range().start.index
        between = "," + self.newline + self._indent(start) if self._begins_line(first) else ", "
        return self._edit(start, start, "".join(text + between for text in texts))

    def _behind(self, node: SgNode, last: SgNode, texts: list[str]) -> list[FileEdit]:
        """Behind an entry: on lines of their own where that is on one; its comma and comment stay where they are."""
        end = last.range().end.index
        comma = self._comma(last)
        spread = self._begins_line(last)
        between = self.newline + self._indent(last.range().start.index) if spread else " "
        if comma is None:
            line = self._after_comment(end) if spread else end
            if line == end:
                return [self._edit(end, end, "".join(f",{between}{text}" for text in texts))]
            joined = ",".join(f"{between}{text}" for text in texts)
            return [self._edit(end, end, ","), self._edit(line, line, joined)]
        at = self._after_comment(comma) if spread else comma
        return [self._edit(at, at, "".join(f"{between}{text}," for text in texts))]

    def _comma(self, entry: SgNode) -> int | None:
        """Where the comma behind an entry ends."""
        following = entry.next()
        while following is not None and following.kind() == "comment":
            following = following.next()
        return following.range().end.index if following is not None and following.kind() == "," else None

    def _after_comment(self, offset: int) -> int:
        """The end of the line, when only a comment stands between."""
        line = self.text.find("\n", offset)
        line = len(self.text) if line < 0 else line
        if line and self.text[line - 1] == "\r":
            line -= 1
        rest = self.text[offset:line].strip()
        is_comment = rest.startswith("#" if self.is_python else "//") or (rest.startswith("/*") and rest.endswith("*/"))
        return line if is_comment else offset

    def _around(self, own: SgNode, texts: list[str]) -> list[FileEdit]:
        """``headers: given`` becomes ``headers: { new, ...given }``."""
        value = own.field("value") if own.kind() == "pair" else own
        if value is None or value.kind() in _OBJECTS:
            raise CannotEdit("the response's headers are written in two places")
        span = value.range()
        inside = ", ".join(texts)
        given = value.text()
        plain = value.kind() in ("identifier", "shorthand_property_identifier", "member_expression", "attribute")
        if self.is_python:
            return [self._edit(span.start.index, span.end.index, f"{{{inside}, **({given} or {{}})}}")]
        text = f"{{ {inside}, ...{given if plain else f'({given})'} }}"
        if own.kind() != "pair":
            text = f"headers: {text}"
        return [self._edit(span.start.index, span.end.index, text)]

    def _new_headers(self, node: SgNode, texts: list[str]) -> list[FileEdit]:
        """``headers: { … }`` behind ``statusCode``."""
        status = self._entry(node, "statusCode")
        assert status is not None
        key = self._headers_key(node, status)
        indent = self._indent(status.range().start.index)
        if self._begins_line(status):
            last = [child for child in node.children() if child.is_named() and child.kind() != "comment"][-1]
            tail = "," if self._comma(last) is not None else ""
            line = self.newline + indent + self._unit(node, indent)
            inside = ",".join(line + text for text in texts) + tail + self.newline + indent
            return self._behind(node, status, [f"{key}: {{{inside}}}"])
        inside = ", ".join(texts)
        text = f"{{{inside}}}" if self.is_python else f"{{ {inside} }}"
        return self._single(status, f"{key}: {text}")

    def _single(self, entry: SgNode, text: str) -> list[FileEdit]:
        end = entry.range().end.index
        return [self._edit(end, end, f", {text}")]

    def imports(self) -> list[FileEdit]:
        """``import os``, where ``os.environ`` is used and it is missing."""
        if not self.needs_os or self._has_os():
            return []
        at = 0
        for child in self.root.children():
            is_docstring = child.kind() == "expression_statement" and child.text()[:1] in "\"'rR"
            if child.kind() not in ("comment", "future_import_statement") and not is_docstring:
                at = child.range().start.index
                break
        first_import = self.root.find(any=[{"kind": "import_statement"}, {"kind": "import_from_statement"}])
        is_import = first_import is not None and first_import.range().start.index == at
        gap = "" if is_import else self.newline
        return [self._edit(at, at, f"import os{self.newline}{gap}")]

    def _has_os(self) -> bool:
        for child in self.root.children():
            if child.kind() == "import_statement":
                for name in child.field_children("name"):
                    if name.text() == "os":
                        return True
        return False


def applied(text: str, edits: Iterable[FileEdit]) -> str:
    """A text with edits of it made, from its end."""
    for edit in sorted(edits, key=lambda each: each.start, reverse=True):
        text = text[: edit.start] + edit.text + text[edit.end :]
    return text


def _prove(source: Source, edits: list[FileEdit], places: _Texts, first: str, left: int) -> None:
    """Follow the mended code: no more responses may lack the header than were to be left alone."""
    from cfncors.handlers.following import follow

    texts = {
        path: applied(writer.text, [edit for edit in edits if edit.path == path])
        for path, writer in places.writers.items()
    }
    mended = source._replace(text=texts.pop(source.path, source.text))
    try:
        lacking = [each for each in follow(mended, texts).responses if _lacks(each, first)]
    except NotRead as error:
        raise CannotEdit(f"the mended code cannot be read: {error}") from None
    if len(lacking) > left:
        raise CannotEdit(f"line {lacking[0].place.line}: its headers are put together in a way that cannot be extended")


__all__ = ["FromEnvironment", "NewValue", "add_headers", "applied", "rewrite"]
