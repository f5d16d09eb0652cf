"""The front doors whose code says that pages of other origins call them.

Code is only followed here when its text, or that of a file which it imports, speaks of CORS at all.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING, Final, NamedTuple, TypeAlias, Union

from cfncors.functions.found import Function, Functions
from cfncors.gateway.evidence import Evidence, through_distributions
from cfncors.gateway.model import ALLOW_ORIGIN, FunctionUrl, HttpApi, Model, RestApi
from cfncors.source import Node

if TYPE_CHECKING:
    from cfncors.handlers import Source
    from cfncors.handlers.files import Files

#: What a text has to hold before it is worth a closer look: the header, or a library that sends it by itself.
_TELLING: Final = (ALLOW_ORIGIN, "cors", "chalice")
_MOST_FILES: Final = 60
_SCRIPT_IMPORT: Final = re.compile(r"""(?:\bfrom|\bimport|\brequire\s*\(|\bimport\s*\()\s*['"]([^'"\n]+)['"]""")
_PYTHON_FROM: Final = re.compile(r"^[ \t]*from[ \t]+(\.*)([\w.]*)[ \t]+import[ \t]+\(?([^#]*?)(?:\)|$)", re.MULTILINE)
_PYTHON_IMPORT: Final = re.compile(r"^[ \t]*import[ \t]+([\w., \t]+)", re.MULTILINE)

Calling: TypeAlias = Union[RestApi, HttpApi, FunctionUrl]


def with_evidence(model: Model, functions: Functions) -> Model:
    """The model that knows which front doors are called by pages of other origins, from code in files of the project
    too. ``functions`` are the model's own; they are right for the returned model too, whose routes are the same."""
    found = dict(model.evidence)
    doors: tuple[Calling, ...] = (*model.rest_apis, *model.http_apis, *model.function_urls)
    for door in doors:
        known = found.get(door.logical_id)
        if not door.complete or not door.methods or (known is not None and not known.weak):
            continue
        place = _in_code(functions, door)
        if place is not None:
            found[door.logical_id] = Evidence("code", place)
    return model._replace(evidence=through_distributions(model, found))


def _in_code(functions: Functions, door: Calling) -> Node | None:
    """Where the template names code of a front door that sends a CORS header."""
    behind = (functions.behind(door, method) for method in door.methods if method.integration is not None)
    return _sending(functions, {each.logical_id: each for each in behind if each is not None}.values())


def _sending(functions: Functions, candidates: Iterable[Function]) -> Node | None:
    """Where the template names code that sends a CORS header."""
    return next(
        (each.place for each in candidates if speaks_of_cors(functions, each) and _sends(functions, each)), None
    )


def _sends(functions: Functions, function: Function) -> bool:
    handler = functions.handler(function)
    if handler is None:
        return False
    return any(ALLOW_ORIGIN in response.headers for response in handler.responses)


def speaks_of_cors(functions: Functions, function: Function) -> bool:
    """Whether code may send a CORS header, as far as that shows without following it."""
    found = functions.speaking.get(function.logical_id)
    if found is None:
        source = function.source
        found = source is not None and any(_is_telling(text) for _, text in _texts(source, functions.texts))
        functions.speaking[function.logical_id] = found
    return found


def _is_telling(text: str) -> bool:
    lower = text.lower()
    return any(word in lower for word in _TELLING)


class _File(NamedTuple):
    path: str
    language: str


def files_of(functions: Functions, function: Function) -> tuple[str, ...]:
    """The files that a function's code is in, by absolute path; what was not followed is not followed here."""
    source = function.source
    if source is None or source.inline:
        return ()
    handler = functions.followed(function)
    imported = () if handler is not None else (path for path, _ in _texts(source, functions.texts))
    return tuple(dict.fromkeys((source.path, *(handler.files if handler is not None else imported))))


def _texts(source: Source, instead: dict[str, str]) -> Iterator[tuple[str, str]]:
    """A function's file and its text, then those of the files that it imports, as far as that shows without parsing."""
    from cfncors.handlers.files import LANGUAGES, Files, read_text
    from cfncors.handlers.syntax import NotRead

    yield source.path, source.text
    if source.inline:
        return
    files = Files(source, instead)
    seen = {source.path}
    waiting = [(_File(source.path, source.language), source.text)]
    while waiting and len(seen) < _MOST_FILES:
        file, text = waiting.pop(0)
        for path in _imported(files, file, text):
            if path in seen:
                continue
            seen.add(path)
            try:
                read = instead[path] if path in instead else read_text(path, source.root)
            except NotRead:
                continue
            yield path, read
            waiting.append((_File(path, LANGUAGES[os.path.splitext(path)[1]]), read))


def _imported(files: Files, file: _File, text: str) -> Iterator[str]:
    """The files of the project that a file imports."""
    if file.language != "python":
        found = (files.resolve(file, match[1]) for match in _SCRIPT_IMPORT.finditer(text))
        yield from (path for path in found if path is not None)
        return
    for match in _PYTHON_IMPORT.finditer(text):
        for name in match[1].split(","):
            path = files.resolve(file, name.split(" as ")[0].strip())
            if path is not None:
                yield path
    for match in _PYTHON_FROM.finditer(text):
        dots, module, names = match.groups()
        path = files.resolve(file, module, len(dots))
        if path is None:
            continue
        yield path
        for name in re.findall(r"\w+", names):
            inner = files.submodule(path, name)
            if inner is not None:
                yield inner
