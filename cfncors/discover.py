"""Which files to read: those named, and in folders those that may be templates, ``.gitignore`` respected."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING, Final, NamedTuple

from cfncors.errors import UsageError

if TYPE_CHECKING:
    from pathspec import GitIgnoreSpec

SUFFIXES: Final = (".yaml", ".yml", ".json", ".template")
_SKIPPED: Final = frozenset(("node_modules",))
STDIN: Final = "-"
#: What the AWS CDK and SST 2 keep beside an app, and where they write its templates (AWS CDK Developer Guide, "Cloud
#: assemblies").
_PROGRAMS: Final = frozenset(("cdk.json", "sst.config.ts", "sst.json"))
_ASSEMBLIES: Final = ("cdk.out", os.path.join(".sst", "dist"))
#: What the Serverless Framework reads when no other file is named; ``resources`` may be missing in it.
_SERVICES: Final = ("serverless.yml", "serverless.yaml", "serverless.json")


def is_service_name(path: str) -> bool:
    """Whether a file is named as the configuration of a Serverless Framework service is."""
    return path.endswith(_SERVICES)


class Candidate(NamedTuple):
    """A file to read. ``folder`` is the argument in which it was found, ``None`` when it was named itself."""

    path: str
    folder: str | None = None


def candidates(arguments: Iterable[str]) -> Iterator[Candidate]:
    """Each file once, in the order of the arguments, folders sorted by name."""
    seen: set[str] = set()
    for argument in arguments:
        is_folder = argument != STDIN and os.path.isdir(argument)
        for path in search(argument) if is_folder else (argument,):
            real = os.path.abspath(path)
            if path == STDIN or real not in seen:
                seen.add(real)
                yield Candidate(path, argument if is_folder else None)


def search(folder: str) -> Iterator[str]:
    """Files below a folder whose names end as templates' do. Hidden folders, ``node_modules`` and what git ignores
    are left out; folders behind symbolic links too, which may form cycles.

    Raises :class:`UsageError` when the folder itself may not be listed.
    """
    try:
        os.scandir(folder).close()
    except OSError as error:
        raise UsageError(f"{folder}: cannot be listed: {error.strerror}; name a folder that you may read") from None
    yield from _walk(folder, _Ignores.above(folder))


def _walk(folder: str, ignores: _Ignores) -> Iterator[str]:
    ignores = ignores.entering(folder)
    try:
        entries = sorted(os.scandir(folder), key=lambda entry: entry.name)
    except OSError:
        return  # a folder that may not be listed holds nothing that this user could deploy
    if _PROGRAMS.intersection(entry.name for entry in entries):
        yield from _synthesised(folder)
    for entry in entries:
        path = os.path.join(folder, entry.name) if folder != "." else entry.name
        if entry.is_dir(follow_symlinks=False):
            if not entry.name.startswith(".") and entry.name not in _SKIPPED and not ignores.covers(path, True):
                yield from _walk(path, ignores)
        elif entry.name.endswith(SUFFIXES) and entry.is_file() and not ignores.covers(path, False):
            yield path


def _synthesised(folder: str) -> Iterator[str]:
    """The templates that a program beside its configuration has written, which git ignores in most projects: those of
    the cloud assembly and of the assemblies inside it, without its assets."""
    for made in _ASSEMBLIES:
        for here, folders, files in os.walk(os.path.join(folder, made) if folder != "." else made):
            folders[:] = sorted(name for name in folders if name.startswith("assembly-"))
            yield from (os.path.join(here, name) for name in sorted(files) if name.endswith(".template.json"))


class _Ignores(NamedTuple):
    """The ``.gitignore`` files that apply in a folder, outermost first. The last one with an opinion decides."""

    specs: tuple[tuple[str, GitIgnoreSpec], ...] = ()

    @classmethod
    def above(cls, folder: str) -> _Ignores:
        """Those of the folders above, up to the root of the repository; none when git ignores ``folder`` itself,
        since it was asked for by name."""
        parents: list[str] = []
        here = os.path.abspath(folder)
        while not os.path.exists(os.path.join(here, ".git")):
            parent = os.path.dirname(here)
            if parent == here:
                return cls()
            parents.append(parent)
            here = parent
        ignores = cls()
        for parent in reversed(parents):
            ignores = ignores.entering(parent)
        return cls() if ignores.covers(folder, True) else ignores

    def entering(self, folder: str) -> _Ignores:
        """These and the folder's own."""
        try:
            with open(os.path.join(folder, ".gitignore"), encoding="utf-8", errors="replace") as file:
                lines = file.read().splitlines()
        except OSError:
            return self
        from pathspec import GitIgnoreSpec

        return _Ignores((*self.specs, (os.path.abspath(folder), GitIgnoreSpec.from_lines(lines))))

    def covers(self, path: str, is_folder: bool) -> bool:
        """Whether git ignores a path."""
        if not self.specs:
            return False
        absolute = os.path.abspath(path)
        for folder, spec in reversed(self.specs):
            relative = os.path.relpath(absolute, folder).replace(os.sep, "/") + ("/" if is_folder else "")
            opinion = spec.check_file(relative).include
            if opinion is not None:
                return opinion
        return False
