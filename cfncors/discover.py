"""Which files to read: those named, and in folders those that may be templates, ``.gitignore`` respected."""

from __future__ import annotations

import os
import re
from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING, Final, NamedTuple

from cfncors.errors import UsageError

if TYPE_CHECKING:
    from pathspec import GitIgnoreSpec

SUFFIXES: Final = (".yaml", ".yml", ".json", ".template")
#: What holds no template of the project: dependencies, and Amplify's copy of what it deployed last (Amplify Gen 1,
#: "Project structure").
_SKIPPED: Final = frozenset(("node_modules", "#current-cloud-backend"))
#: An asset of a cloud assembly, a copy of something in the project.
_ASSET: Final = re.compile(r"asset\.[0-9a-f]{64}")
STDIN: Final = "-"
#: What a program that writes templates keeps beside an app, and where it writes them: AWS CDK (Developer Guide, "Cloud
#: assemblies"), SST 2, Amplify Gen 2 (``aws-amplify/amplify-backend``, pull request 490), and Amplify Gen 1 beside each
#: resource ("Override Amplify-generated backend resources").
_CDK: Final = "cdk.json"
_PROGRAMS: Final = {
    _CDK: "cdk.out",
    "sst.config.ts": os.path.join(".sst", "dist"),
    "sst.json": os.path.join(".sst", "dist"),
    ".amplify": os.path.join(".amplify", "artifacts", "cdk.out"),
    "cli-inputs.json": "build",
}
#: How the names of what they write end.
_SYNTHESISED: Final = (".template.json", "cloudformation-template.json")
#: What ``aws cloudformation package`` and ``sam package`` write in the place of a folder: the archive's MD5 (AWS CLI,
#: ``awscli/customizations/s3uploader.py``, "upload_with_dedup").
_PACKAGED: Final = re.compile(rb"""(?:\bs3://[^\s'"]+/|\bS3Key['"]?\s*:\s*['"]?(?:[^\s'"]+/)?)[0-9a-f]{32}\b""")
_HANDLER: Final = re.compile(rb"""\bHandler['"]?\s*:\s*['"]?([\w./:-]+)""")
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
    yield from _synthesised(folder, [entry.name for entry in entries if entry.name in _PROGRAMS])
    for entry in entries:
        path = os.path.join(folder, entry.name) if folder != "." else entry.name
        if entry.is_dir(follow_symlinks=False):
            if _may_hold_templates(entry.name) and not ignores.covers(path, True):
                yield from _walk(path, ignores)
        elif entry.name.endswith(SUFFIXES) and entry.is_file() and not ignores.covers(path, False):
            yield path


def _may_hold_templates(name: str) -> bool:
    """Whether a folder is searched, by its name."""
    return not name.startswith(".") and name not in _SKIPPED and _ASSET.fullmatch(name) is None


def _synthesised(folder: str, programs: Iterable[str]) -> Iterator[str]:
    """The templates that the programs of a folder have written, which git ignores in most projects."""
    for made in dict.fromkeys(_output(folder, program) for program in programs):
        yield from templates_in_assembly(os.path.join(folder, made) if folder != "." else made)


def _output(folder: str, program: str) -> str:
    """Where a program writes: ``output`` of cdk.json, else the folder that is usual (AWS CDK Developer Guide, "CDK
    Toolkit", options of cdk.json)."""
    usual = _PROGRAMS[program]
    if program != _CDK:
        return usual
    import json

    try:
        with open(os.path.join(folder, program), encoding="utf-8") as file:
            told = json.load(file)
    except (OSError, ValueError, RecursionError):
        return usual
    output = told.get("output") if isinstance(told, dict) else None
    return os.path.normpath(output) if isinstance(output, str) and output and "\0" not in output else usual


def templates_in_assembly(folder: str) -> Iterator[str]:
    """The templates of a cloud assembly and of the assemblies inside it, without its assets."""
    for here, folders, files in os.walk(folder):
        folders[:] = sorted(name for name in folders if name.startswith("assembly-"))
        yield from (os.path.join(here, name) for name in sorted(files) if name.endswith(_SYNTHESISED))


def is_packaged_copy(path: str, data: bytes) -> bool:
    """Whether a file is what ``package`` made of a template beside it, which is told and mended there: it names
    archives by their MD5, and a file beside it that names none has all its handlers."""
    if not _PACKAGED.search(data):
        return False
    handlers = set(_HANDLER.findall(data))
    folder = os.path.dirname(path) or "."
    try:
        names = sorted(os.listdir(folder))
    except OSError:
        return False
    others = (
        os.path.join(folder, name) for name in names if name.endswith(SUFFIXES) and name != os.path.basename(path)
    )
    return bool(handlers) and any(_is_packaged_from(other, handlers) for other in others)


def _is_packaged_from(path: str, handlers: set[bytes]) -> bool:
    try:
        with open(path, "rb") as file:
            data = file.read()
    except OSError:
        return False
    return b"Resources" in data and not _PACKAGED.search(data) and handlers <= set(_HANDLER.findall(data))


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
