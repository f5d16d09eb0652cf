"""The layering of the package: who imports what, one door to each library, nothing loaded before it is needed."""

from __future__ import annotations

import ast
import re
import subprocess
import sys
from collections.abc import Iterator
from functools import cache
from graphlib import TopologicalSorter
from pathlib import Path
from typing import NamedTuple

import pytest

import cfncors

ROOT = Path(__file__).parent.parent
PACKAGE = ROOT / "cfncors"

#: From the bottom up. A module imports its own part and the parts of lower steps, never one beside it.
LADDER: tuple[tuple[str, ...], ...] = (
    ("errors", "browser"),
    ("config", "discover"),
    ("source",),
    ("template", "findings"),
    ("gateway", "handlers", "report", "suppress", "symptoms"),
    ("functions",),
    ("verdicts",),
    ("facts",),
    ("checks",),
    ("explained",),
    ("lint", "explain", "proof"),
    ("shared",),
    ("fix", "enable", "refused"),
    ("serve", "probe", "cfn_lint"),
    ("cli",),
    ("__main__",),
)
STEP = {part: step for step, parts in enumerate(LADDER) for part in parts}

#: Library -> the parts that may import it.
DOORS: dict[str, set[str]] = {
    "cfnlint": {"cfn_lint"},
    "yaml": {"source"},
    "ruamel": set(),
    "ast_grep_py": {"handlers"},
    "pathspec": {"discover"},
    "idna": {"browser"},
    "publicsuffixlist": {"browser"},
    **{
        name: {"serve", "probe"}
        for name in ("asyncio", "ftplib", "http", "select", "socket", "socketserver", "ssl", "urllib")
    },
}
#: urllib.parse takes text apart and opens nothing.
HARMLESS = {"urllib.parse"}

#: What prints, ends the process, or changes files.
WRITERS = re.compile(
    r"^(?:print|input)$|\.(?:exit|_exit|write_text|write_bytes|unlink|rename|replace|mkdir|makedirs|rmtree"
    r"|chmod|fsync|mkstemp|NamedTemporaryFile|TemporaryFile)$|^os\.remove$"
)


class Import(NamedTuple):
    """One imported module, by its full name, and the line that asks for it."""

    module: str
    line: int


def modules() -> Iterator[tuple[str, Path]]:
    """Each module of the package with the part of the ladder that it belongs to."""
    for path in sorted(PACKAGE.rglob("*.py")):
        part = path.relative_to(PACKAGE).parts[0].removesuffix(".py")
        if part != "__init__":
            yield part, path


@cache
def tree(path: Path) -> ast.Module:
    """A module, parsed once for all tests."""
    return ast.parse(path.read_text(encoding="utf-8"))


@cache
def imports(path: Path, *, types: bool = True) -> tuple[Import, ...]:
    """All imports, also those inside functions; those for type checkers alone only with ``types``."""
    return tuple(_imports(path, types))


def _imports(path: Path, types: bool) -> Iterator[Import]:
    for node in _nodes(tree(path), types):
        if isinstance(node, ast.Import):
            for alias in node.names:
                yield Import(alias.name, node.lineno)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path}:{node.lineno}: imports are written out in full"
            assert node.module is not None
            for alias in node.names:
                yield Import(f"{node.module}.{alias.name}", node.lineno)


def _nodes(node: ast.AST, types: bool) -> Iterator[ast.AST]:
    yield node
    for child in ast.iter_child_nodes(node):
        if types or not (isinstance(child, ast.If) and ast.unparse(child.test) == "TYPE_CHECKING"):
            yield from _nodes(child, types)


def part_of(module: str) -> str | None:
    """The part of the ladder that an imported name belongs to; ``None`` outside of the package and for its version."""
    names = module.split(".")
    if names[0] != "cfncors" or names[1:2] in ([], ["__version__"]):
        return None
    return names[1]


def test_every_part_of_the_package_has_its_step() -> None:
    parts = {part for part, _ in modules()}
    assert parts <= STEP.keys(), f"not on the ladder of tests/test_house.py: {sorted(parts - STEP.keys())}"


def test_imports_go_down_only() -> None:
    upward = [
        f"{path.relative_to(ROOT)}:{line}: {part} imports {target}"
        for part, path in modules()
        for module, line in imports(path)
        if (target := part_of(module)) and target != part and STEP[target] >= STEP[part]
    ]
    assert upward == []


def test_no_modules_import_each_other() -> None:
    """While running; two modules may name each other's types."""
    paths = {_name(path): path for _, path in modules()}
    graph = {
        name: {_owner(module, paths) for module, _ in imports(path, types=False)} - {None, name}
        for name, path in paths.items()
    }
    tuple(TopologicalSorter(graph).static_order())  # raises CycleError with the modules of the cycle


def _name(path: Path) -> str:
    return ".".join(path.relative_to(ROOT).with_suffix("").parts).removesuffix(".__init__")


def _owner(module: str, paths: dict[str, Path]) -> str | None:
    """The module that an imported name is, or is defined in."""
    return next((name for name in (module, module.rpartition(".")[0]) if name in paths), None)


#: Where something is kept in the dictionary of a value as a cached property keeps it, by the part that makes the value.
KEEPING = {
    "gateway/routing.py",
    "source/layout.py",
    "source/style.py",
    "template/resolve.py",
    "template/serverless.py",
    "template/template.py",
}


def test_nothing_is_hidden_in_frozen_values() -> None:
    """What is worked out about a model is kept by its ``Facts``, under a name with a type."""
    hiding = [
        f"{name}:{node.lineno}: {ast.unparse(node)}"
        for _, path in modules()
        if (name := path.relative_to(PACKAGE).as_posix()) not in KEEPING
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if (isinstance(node, ast.Call) and ast.unparse(node.func) == "vars")
        or (isinstance(node, ast.Attribute) and node.attr == "__dict__")
    ]
    assert hiding == []


def test_one_door_to_each_library() -> None:
    strangers = [
        f"{path.relative_to(ROOT)}:{line}: {part} imports {module}"
        for part, path in modules()
        for module, line in imports(path)
        if not any(module == name or module.startswith(f"{name}.") for name in HARMLESS)
        if part not in DOORS.get(module.partition(".")[0], {part})
    ]
    assert strangers == []


def test_only_the_command_line_prints_and_writes() -> None:
    writing = [
        f"{path.relative_to(ROOT)}:{line}: {what}"
        for part, path in modules()
        if part not in {"cli", "serve", "__main__"}
        for what, line in _writes(path)
    ]
    assert writing == []


def _writes(path: Path) -> Iterator[tuple[str, int]]:
    for node in ast.walk(tree(path)):
        if isinstance(node, ast.Call | ast.Attribute) and _changes_something(node):
            yield ast.unparse(node), node.lineno


def _changes_something(call: ast.Call | ast.Attribute) -> bool:
    if isinstance(call, ast.Attribute):
        return ast.unparse(call) in {"sys.stdout", "sys.stderr"}
    what = ast.unparse(call.func)
    if what == "open":
        return any(set("wax+") & set(ast.literal_eval(mode)) for mode in call.args[1:2])
    if what.endswith(".replace") and what != "os.replace":
        return len(call.args) == 1 and not call.keywords  # that of a Path; a string's has two arguments
    return WRITERS.search(what) is not None


def test_the_families_are_the_files() -> None:
    """``FAMILIES`` is written by hand; a file with rules that it forgets would be silent."""
    from cfncors.checks import FAMILIES

    declaring = {
        path.stem for path in (PACKAGE / "checks").glob("*.py") if "@rule(" in path.read_text(encoding="utf-8")
    }
    listed = [family.__name__.rpartition(".")[2] for family in FAMILIES]
    assert set(listed) == declaring
    assert len(listed) == len(set(listed))
    assert {path.stem for path in (ROOT / "rules").glob("*.py")} == declaring


def test_a_shim_holds_no_logic() -> None:
    for path in (ROOT / "rules").glob("*.py"):
        kinds = [type(node).__name__ for node in tree(path).body]
        assert kinds == ["Expr", "ImportFrom", "ImportFrom", "Expr"], path


@pytest.mark.parametrize("arguments", [["--version"], ["check", "fixtures/demo/template.yaml"]])
def test_a_command_loads_only_what_it_needs(arguments: list[str]) -> None:
    """Start-up time is a budget: these take longer to import than a whole check takes to run."""
    heavy = {"cfnlint", "samtranslator", "ast_grep_py", "rich", "httpx", "boto3", "jinja2", "ruamel", "asyncio", "ssl"}
    code = (
        "import sys; from cfncors.cli import main\n"
        "try: main(sys.argv[1:])\n"
        "except SystemExit: pass\n"
        f"print('LOADED', *sorted({heavy!r} & set(sys.modules)))"
    )
    command = [sys.executable, "-c", code, *arguments]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True, timeout=60)
    assert done.stdout.splitlines()[-1] == "LOADED", done.stdout


def test_the_version_is_that_of_the_changelog() -> None:
    versions = re.findall(r"^## \[(\d[^\]]*)\]", (ROOT / "CHANGELOG.md").read_text(encoding="utf-8"), re.MULTILINE)
    assert versions[0] == cfncors.__version__
