"""Files of the project: read within bounds, and never one that lies outside of its root."""

from __future__ import annotations

import os
from collections.abc import Mapping
from functools import lru_cache
from typing import TYPE_CHECKING, Final, Protocol

from cfncors.handlers.model import FULL, Language, Source
from cfncors.handlers.syntax import NotRead, Statement

if TYPE_CHECKING:
    from cfncors.handlers.aliases import Aliases

#: Bytes of one file, and of all files that one handler is followed through; more was made by a program.
MAX_FILE: Final = 400_000
_MAX_ALL: Final = 1_500_000
_MAX_FILES: Final = 60
#: Minified code: a line that nobody writes, or lines that are long on the average.
_MAX_LINE: Final = 20_000
_MAX_MEAN: Final = 250

LANGUAGES: Final[dict[str, Language]] = {
    ".js": "javascript",
    ".mjs": "javascript",
    ".cjs": "javascript",
    ".jsx": "javascript",
    ".ts": "typescript",
    ".mts": "typescript",
    ".cts": "typescript",
    ".tsx": "tsx",
    ".py": "python",
    ".go": "go",
    ".java": "java",
    ".cs": "csharp",
    ".rb": "ruby",
}
#: In the order in which bundlers look (esbuild, "Resolve extensions").
SCRIPTS: Final = (".ts", ".tsx", ".mts", ".cts", ".js", ".mjs", ".cjs", ".jsx")


def is_within(path: str, root: str) -> bool:
    """Whether a file is in a folder, with all symbolic links followed."""
    real, base = os.path.realpath(path), os.path.realpath(root)
    return real == base or real.startswith(base.rstrip(os.sep) + os.sep)


def read_text(path: str, root: str) -> str:
    """A source file's text. Raises :class:`NotRead` with a line that says why not."""
    shown = relative(path, root)
    if not is_within(path, root):
        raise NotRead(f"{shown} lies outside of the project; --root names a folder that holds both")
    try:
        if os.path.getsize(path) > MAX_FILE:
            raise NotRead(f"{shown} is larger than {MAX_FILE // 1000} kB: a bundle, not a source file")
        with open(path, "rb") as file:
            text = file.read(MAX_FILE + 1).decode("utf-8")
    except UnicodeDecodeError:
        raise NotRead(f"{shown} is not UTF-8") from None
    except (OSError, ValueError) as error:
        raise NotRead(f"{shown} cannot be read: {getattr(error, 'strerror', None) or error}") from None
    return checked(text, shown)


def checked(text: str, shown: str) -> str:
    """A text that a person wrote. Raises :class:`NotRead` for minified code and for what is no text."""
    if "\0" in text:
        raise NotRead(f"{shown} is not a text file")
    lines = text.count("\n") + 1
    if len(text) > 4 * _MAX_MEAN and (len(text) / lines > _MAX_MEAN or max(map(len, text.splitlines())) > _MAX_LINE):
        raise NotRead(f"{shown} is minified; only source files are read")
    return text


def relative(path: str, root: str) -> str:
    """A path as a person writes it."""
    try:
        return os.path.relpath(path, root)
    except ValueError:  # another drive
        return path


class Importer(Protocol):
    """A file that imports another."""

    @property
    def path(self) -> str: ...
    @property
    def language(self) -> str: ...


class Files:
    """The files that one handler is followed through."""

    def __init__(self, source: Source, instead: Mapping[str, str]) -> None:
        self.instead = instead
        self.root = source.root
        self.search = source.search
        self.source = source
        self.texts: dict[str, str] = {}
        self.parsed: dict[str, tuple[Language, tuple[Statement, ...]]] = {}
        self.problems: dict[str, None] = {}
        self.aliases: dict[str, Aliases] = {}

    def read(self, path: str) -> tuple[Language, tuple[Statement, ...]]:
        """A file's statements. Raises :class:`NotRead`."""
        known = self.parsed.get(path)
        if known is not None:
            return known
        language = self.source.language
        if path == self.source.path:
            text = checked(self.source.text, self.shown(path))
        else:
            if len(self.texts) >= _MAX_FILES or sum(map(len, self.texts.values())) > _MAX_ALL:
                raise NotRead(f"{self.shown(path)} was not read: too much code for one handler")
            language = LANGUAGES.get(os.path.splitext(path)[1], "java")
            if language not in FULL:
                raise NotRead(f"{self.shown(path)} is in another language")
            text = self.instead[path] if path in self.instead else read_text(path, self.root)
        self.texts[path] = text
        self.parsed[path] = (language, _statements(text, language, path))
        return self.parsed[path]

    def shown(self, path: str) -> str:
        """A file's name as a person writes it."""
        return relative(path, self.root)

    def skipped(self, reason: str) -> None:
        """Keep why a file was not read."""
        self.problems.setdefault(reason, None)

    # --- where an import leads

    def resolve(self, module: Importer, name: str, level: int = 0) -> str | None:
        """The file that an import names; ``None`` for a library. Raises nothing."""
        if self.source.inline:
            return None
        folder = os.path.dirname(module.path)
        if module.language == "python":
            return self._python(folder, name, level)
        return self._script(folder, name)

    def _python(self, folder: str, name: str, level: int) -> str | None:
        parts = [part for part in name.split(".") if part]
        if level:
            for _ in range(level - 1):
                folder = os.path.dirname(folder)
            return self._python_file(folder, parts)
        for start in (*self.search, folder):
            found = self._python_file(start, parts) if parts else None
            if found is not None:
                return found
        return None

    def _python_file(self, folder: str, parts: list[str]) -> str | None:
        base = os.path.join(folder, *parts)
        return self._first(
            [f"{base}.py", os.path.join(base, "__init__.py")] if parts else [os.path.join(base, "__init__.py")]
        )

    def submodule(self, package: str, name: str) -> str | None:
        """``name`` of ``from package import name``, where it is a file of the package."""
        if os.path.basename(package) != "__init__.py":
            return None
        return self._python_file(os.path.dirname(package), [name])

    def _script(self, folder: str, name: str) -> str | None:
        if name.startswith("."):
            return self._script_file(os.path.join(folder, name))
        for target in self._aliases(folder).targets(name):
            found = self._script_file(target)
            if found is not None:
                return found
        inner = name.lstrip("@~#").lstrip("/")
        if "/" not in name or not inner:
            return None
        # an alias that a bundler's own configuration gives, when such a file is there: @/lib/http, @libs/http
        for start in self.search:
            for base in (start, os.path.join(start, "src")):
                found = self._script_file(os.path.join(base, inner))
                if found is not None:
                    return found
        return None

    def _aliases(self, folder: str) -> Aliases:
        known = self.aliases.get(folder)
        if known is None:
            from cfncors.handlers.aliases import aliases_for

            known = self.aliases[folder] = aliases_for(folder, self.root, lambda path: read_text(path, self.root))
        return known

    def _script_file(self, base: str) -> str | None:
        stem, extension = os.path.splitext(base)
        names = [base]
        if extension in (".js", ".mjs", ".cjs", ".jsx"):  # TypeScript imports what it will be compiled to
            names.append(stem + extension.replace("js", "ts"))
            names.append(stem + ".tsx")
        names.extend(base + each for each in SCRIPTS)
        names.extend(os.path.join(base, "index" + each) for each in SCRIPTS)
        return self._first(names)

    def _first(self, names: list[str]) -> str | None:
        for name in names:
            path = os.path.normpath(name)
            if os.path.splitext(path)[1] in LANGUAGES and os.path.isfile(path) and is_within(path, self.root):
                return path
        return None


@lru_cache(maxsize=256)  # a fix checks the same files again and again
def _statements(text: str, language: Language, path: str) -> tuple[Statement, ...]:
    from cfncors.handlers import javascript, python

    reader = python.read if language == "python" else javascript.read
    try:
        return reader(text, language, path)
    except RecursionError:
        raise NotRead(f"{os.path.basename(path)} is nested too deeply to be followed") from None
