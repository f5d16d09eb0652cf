"""Files of the project and what they give to each other: ES modules, CommonJS and Python imports."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from cfncors.handlers import members, syntax
from cfncors.handlers.values import (
    UNDEFINED,
    Ends,
    External,
    Object,
    Ref,
    Undefined,
    Unknown,
    UnknownKind,
    Value,
    const,
)

if TYPE_CHECKING:
    from cfncors.handlers.machine import Machine


class Module(NamedTuple):
    """A file that was loaded: its scope, and the address of ``module`` in the heap (JavaScript)."""

    path: str
    language: str
    scope: int
    holder: int


def load(machine: Machine, path: str) -> Module:
    """Run a file once. Raises :class:`~cfncors.handlers.syntax.NotRead`."""
    known = machine.modules.get(path)
    if known is not None:
        return known
    language, statements = machine.files.read(path)
    outside = machine.scope
    scope = machine.new_scope(None, True)
    exports = machine.allocate(Object({}))
    holder = machine.allocate(Object({"exports": exports}))
    module = Module(path, language, scope, holder.address)
    machine.modules[path] = machine.module_of[scope] = module
    machine.scope = scope
    before = machine.state
    frames, machine.frames = machine.frames, machine.new_frames()
    try:
        if language != "python":
            machine.set_variable(scope, "module", holder)
            machine.set_variable(scope, "exports", exports)
            machine.set_variable(scope, "this", exports)
        machine.run(statements)
        if machine.here is None:
            machine.here = before
            machine.give_up(f"{machine.files.shown(path)} ends with an error when it is loaded")
        _late_exports(machine, statements)
    finally:
        machine.scope, machine.frames = outside, frames
    return module


def _late_exports(machine: Machine, statements: tuple[syntax.Statement, ...]) -> None:
    """An export shows what its name holds in the end."""
    for statement in statements:
        if isinstance(statement, syntax.Export) and statement.name is not None and statement.source is None:
            try:
                run_export(machine, statement)
            except Ends:
                continue


def exported(machine: Machine, module: Module, name: str) -> Value:
    """What a file gives under a name; ``*`` is all of it."""
    if module.language == "python":
        if name == "*":
            return _namespace(machine, module)
        found = machine.state.variables.get((module.scope, name))
        if found is not None:
            return found
        inner = machine.files.submodule(module.path, name)
        if inner is not None:
            return _imported(machine, inner, "*")
        if module.scope in machine.open_modules:
            return Unknown(UnknownKind.MODULE, f"{name} of {machine.files.shown(module.path)}")
        return UNDEFINED
    holder = machine.state.heap.get(module.holder)
    exports = Unknown(UnknownKind.MODULE, "a module") if holder is None else holder.get("exports")
    if name in ("*", "module.exports"):
        return exports
    found = members.get_member(machine, exports, const(name), machine.frame_place())
    if name == "default" and isinstance(found, Undefined):
        return exports
    return found


def _namespace(machine: Machine, module: Module) -> Value:
    fields = {name: value for (scope, name), value in machine.state.variables.items() if scope == module.scope}
    return machine.allocate(Object(fields))


def run_import(machine: Machine, node: syntax.Import) -> None:
    """An import statement."""
    declares = "function"
    if node.everything:
        _import_all(machine, node)
        return
    for what, local in node.names:
        if what == "":  # import a.b.c binds a
            first = local.split(".")[0]
            if machine.files.resolve(machine.module, first, node.level) is None or "." not in local:
                machine.assign_name(first, import_value(machine, first, "*", node.level), declares)
            else:
                machine.assign_name(first, _dotted(machine, local), declares)
            continue
        machine.assign_name(local, import_value(machine, node.module, what, node.level), declares)


def _dotted(machine: Machine, dotted: str) -> Value:
    """``import a.b.c``: packages as objects with their modules."""
    names = dotted.split(".")
    value = import_value(machine, dotted, "*", 0)
    for name in reversed(names[1:]):
        value = machine.allocate(Object({name: value}, is_open=True))
    return value


def _import_all(machine: Machine, node: syntax.Import) -> None:
    found = machine.files.resolve(machine.module, node.module, node.level)
    namespace = _imported(machine, found, "*") if found is not None else None
    held = machine.object(namespace) if namespace is not None else None
    if held is None:
        machine.open_modules.add(machine.module.scope)
        return
    for name, value in held.fields.items():
        if not name.startswith("_"):
            machine.assign_name(name, value, "function")


def import_value(machine: Machine, module: str, name: str, level: int = 0) -> Value:
    """What an import gives: of a file of the project, or :class:`External`."""
    path = machine.files.resolve(machine.module, module, level)
    if path is None and level and not module and name != "*":
        path = machine.files.resolve(machine.module, name, level)
        name = "*" if path is not None else name
    if path is not None:
        return _imported(machine, path, name)
    if level or module.startswith("."):
        return Unknown(UnknownKind.MODULE, f"{module or name} was not found")
    parts = tuple(module.split(".")) if machine.is_python else (module,)
    if name in ("*", "default", "module.exports"):
        return External(parts)
    return members.get_member(machine, External(parts), const(name), machine.frame_place())


def _imported(machine: Machine, path: str, name: str) -> Value:
    try:
        return exported(machine, load(machine, path), name)
    except syntax.NotRead as error:
        machine.files.skipped(str(error))
        return Unknown(UnknownKind.MODULE, str(error))


def require(machine: Machine, module: str) -> Value:
    """``require("module")`` and ``await import("module")``."""
    if module.endswith(".json"):
        return Unknown(UnknownKind.MODULE, "a JSON file")
    return import_value(machine, module, "module.exports")


def run_export(machine: Machine, node: syntax.Export) -> None:
    """An export statement."""
    holder = machine.state.heap[machine.module.holder]
    exports = holder.get("exports")
    if node.source is not None:
        _export_from(machine, node, exports)
    elif node.name is not None and node.value is not None:
        members.set_member(machine, exports, const(node.name), machine.value(node.value))


def _export_from(machine: Machine, node: syntax.Export, exports: Value) -> None:
    assert node.source is not None
    if node.name is not None:
        what = node.value.name if isinstance(node.value, syntax.Name) else "*"
        members.set_member(machine, exports, const(node.name), import_value(machine, node.source, what))
        return
    everything = machine.object(import_value(machine, node.source, "*"))
    if everything is None:
        if isinstance(exports, Ref):
            found = machine.state.heap[exports.address]
            machine.set_object(exports.address, Object(found.fields, is_open=True))
        return
    for name, value in everything.fields.items():
        if name != "default":
            members.set_member(machine, exports, const(name), value)


__all__ = ["UNDEFINED", "Module", "exported", "import_value", "load", "require", "run_export", "run_import"]
