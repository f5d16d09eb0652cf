"""Names that ``tsconfig.json`` gives to folders of a project: ``@app/shared``, ``$lib/http``.

TypeScript Handbook, "TSConfig Reference": "paths", "baseUrl", "extends". Bundlers read the same file (esbuild, "Content
Types", "TypeScript caveats").
"""

from __future__ import annotations

import json
import os
import re
from collections.abc import Callable, Iterator
from typing import Any, Final, NamedTuple, TypeAlias

from cfncors.handlers.syntax import NotRead

#: Gives the text of a file. Raises :class:`~cfncors.handlers.syntax.NotRead`.
Read: TypeAlias = Callable[[str], str]

_CONFIGS: Final = ("tsconfig.json", "jsconfig.json", "tsconfig.base.json")
_MOST_EXTENDED: Final = 5
#: A text, which is kept, or a comment or a comma before a closing bracket, which JSON does not have.
_JSON_WITH_COMMENTS: Final = re.compile(r'("(?:\\.|[^"\\])*")|//[^\n]*|/\*.*?\*/', re.DOTALL)
_LAST_COMMA: Final = re.compile(r'("(?:\\.|[^"\\])*")|,(?=\s*[}\]])')


class Aliases(NamedTuple):
    """What a configuration says. ``paths`` are patterns, each with where to look, relative to ``folder``."""

    folder: str
    paths: tuple[tuple[str, tuple[str, ...]], ...]
    base: str | None

    def targets(self, name: str) -> Iterator[str]:
        """Where a name may lead: by the pattern with the longest beginning, then from ``baseUrl``."""
        matching = [(pattern, rest) for pattern, _ in self.paths if (rest := _matched(pattern, name)) is not None]
        if matching:
            pattern, rest = max(matching, key=lambda each: len(each[0].partition("*")[0]))
            for target in dict(self.paths)[pattern]:
                yield os.path.join(self.folder, target.replace("*", rest, 1))
        if self.base is not None:
            yield os.path.join(self.base, name)


_NONE: Final = Aliases("", (), None)


def aliases_for(folder: str, root: str, read: Read) -> Aliases:
    """Those of the configuration that is nearest above a folder, and not above the project's root."""
    while True:
        for name in _CONFIGS:
            path = os.path.join(folder, name)
            if os.path.isfile(path):
                found = _read(path, read, _MOST_EXTENDED)
                if found != _NONE:
                    return found
        above = os.path.dirname(folder)
        if folder in (root, above):
            return _NONE
        folder = above


def _matched(pattern: str, name: str) -> str | None:
    """What the ``*`` of a pattern stands for in a name."""
    before, star, after = pattern.partition("*")
    if not star:
        return "" if name == pattern else None
    if len(name) < len(before) + len(after) or not (name.startswith(before) and name.endswith(after)):
        return None
    return name[len(before) : len(name) - len(after)]


def _read(path: str, read: Read, left: int) -> Aliases:
    """One configuration, with what it extends; one that cannot be read says nothing."""
    try:
        text = _JSON_WITH_COMMENTS.sub(lambda match: match[1] or "", read(path))
        data = json.loads(_LAST_COMMA.sub(lambda match: match[1] or "", text.removeprefix("\ufeff")))
    except (NotRead, ValueError, RecursionError):
        return _NONE
    if not isinstance(data, dict):
        return _NONE
    folder = os.path.dirname(path)
    extended = _extended(data.get("extends"), folder, read, left)
    options = data.get("compilerOptions")
    options = options if isinstance(options, dict) else {}
    base = options.get("baseUrl")
    own_base = os.path.join(folder, base) if isinstance(base, str) and "\0" not in base else None
    paths = _paths(options.get("paths"))
    if paths:
        return Aliases(own_base or extended.base or folder, paths, own_base or extended.base)
    return extended if own_base is None else Aliases(extended.folder, extended.paths, own_base)


def _extended(given: Any, folder: str, read: Read, left: int) -> Aliases:
    """What is extended; of several, the last that says something. A package is not looked for."""
    for name in reversed(given if isinstance(given, list) else [given]):
        if isinstance(name, str) and name.startswith(".") and "\0" not in name and left:
            path = os.path.normpath(os.path.join(folder, name))
            path = path if path.endswith(".json") else f"{path}.json"
            found = _read(path, read, left - 1) if os.path.isfile(path) else _NONE
            if found != _NONE:
                return found
    return _NONE


def _paths(given: Any) -> tuple[tuple[str, tuple[str, ...]], ...]:
    if not isinstance(given, dict):
        return ()
    return tuple(
        (pattern, tuple(target for target in targets if isinstance(target, str) and "\0" not in target))
        for pattern, targets in given.items()
        if isinstance(targets, list)
    )
