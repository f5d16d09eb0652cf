"""From a template's functions to their files, and to what these return."""

from __future__ import annotations

import os
from functools import cached_property
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from cfncors.gateway.backends import function_behind
from cfncors.gateway.merge import globals_for, merged
from cfncors.gateway.model import Door, Method, Model
from cfncors.source import Mapping, Node, Scalar, Sequence
from cfncors.template import Resource, Template, intrinsic, scalar_text
from cfncors.template.synthesised import asset, is_bundled, outside

if TYPE_CHECKING:
    from cfncors.functions.assets import Sources
    from cfncors.handlers import Asked, Handler, Source
    from cfncors.handlers.files import Files

_SAM: Final = "AWS::Serverless::Function"
#: The code of a project is followed for more requests than these without looking at their routes.
_MOST_REQUESTS: Final = 400
_PLAIN: Final = "AWS::Lambda::Function"


class Function(NamedTuple):
    """A function of the template. ``place`` is where the template names its code, ``folder`` the folder of the project
    where that should be; ``skipped`` says why it is not looked at."""

    logical_id: str
    place: Node
    source: Source | None
    skipped: str | None
    environment: dict[str, Node]
    folder: str | None = None


class Functions:
    """The functions of a model, found and followed when they are asked for."""

    def __init__(self, model: Model) -> None:
        # What keeps these must not be kept by them: with the garbage collector off, a cycle would stay for ever.
        self.template = model.template
        self.doors = model.doors
        self._root = model.settings.root
        texts = model.template.document.texts
        #: texts of files that are not to be read from disk, by absolute path
        self.texts = {os.path.abspath(name): text for name, text in texts.items()}
        #: by logical id, whether code is worth a closer look; kept for :mod:`cfncors.functions.evidence`
        self.speaking: dict[str, bool] = {}
        self._handlers: dict[str, Handler | str] = {}
        #: parsed files of functions that look at more of a request than its origin, and what they answer to some
        self._files: dict[str, Files] = {}
        self._answering: dict[tuple[str, Asked], Handler] = {}
        #: by ``id``, each method that was asked for with the function that it calls
        self._called: dict[int, tuple[Method, str | None]] = {}

    @cached_property
    def root(self) -> str:
        """The folder that no code is read outside of."""
        return self._root or root_of(self.template)

    @cached_property
    def all(self) -> dict[str, Function]:
        """Every function behind a route, by logical id."""
        names = (self.name_behind(door, method) for door in self.doors for method in door.methods)
        template = self.template
        found = dict.fromkeys(name for name in names if name)
        made = ((name, self._function(template.resources.get(name))) for name in found)
        return {name: function for name, function in made if function is not None}

    def name_behind(self, door: Door, method: Method) -> str | None:
        """The logical id of the function that a route calls."""
        if door.front_door == "cdn":
            return None
        if id(method) not in self._called:
            self._called[id(method)] = method, function_behind(self.template, method)
        return self._called[id(method)][1]

    def behind(self, door: Door, method: Method) -> Function | None:
        """The function that a route calls, when its code is in the project."""
        found = self.all.get(self.name_behind(door, method) or "")
        return found if found is not None and found.source is not None else None

    def handler(self, function: Function) -> Handler | None:
        """What a function's code returns; ``None`` when it is not read."""
        found = self._handlers.get(function.logical_id)
        if found is None:
            found = self._handlers[function.logical_id] = self._followed(function)
        return None if isinstance(found, str) else found

    def answering(self, function: Function, asked: Asked) -> Handler | None:
        """What a function's code returns to one request; ``None`` when the code is not read. Code that looks neither
        at the method nor at the route returns the same to all."""
        found = self.handler(function)
        if found is None or function.source is None or not found.asks:
            return found
        if "route" not in found.asks or len(self._answering) > _MOST_REQUESTS:
            asked = asked._replace(resource=None, route_key=None)
        key = (function.logical_id, asked)
        if key not in self._answering:
            from cfncors.handlers import Skipped, responses

            made = responses(function.source, self.texts, asked, self._files.get(function.logical_id))
            self._answering[key] = found if isinstance(made, Skipped) else made
        return self._answering[key]

    def followed(self, function: Function) -> Handler | None:
        """The same, where somebody has asked for it already."""
        found = self._handlers.get(function.logical_id)
        return None if isinstance(found, str) else found

    def why_skipped(self, function: Function) -> str | None:
        """Why a function's code is not read, in one line; ``None`` when it is."""
        if function.skipped is not None:
            return function.skipped
        self.handler(function)
        found = self._handlers[function.logical_id]
        return found if isinstance(found, str) else None

    def why_not_read(self, function: Function) -> str | None:
        """The same, only for code that should be in the project: not for what is packaged elsewhere, and not for a
        template that came without its code."""
        if function.folder is None:
            return None
        if function.source is None and not _holds_code(function.folder):
            return None
        reason = self.why_skipped(function)
        return None if reason is None else reason.replace(os.path.join(self.root, ""), "")

    @cached_property
    def _sources(self) -> Sources:
        from cfncors.functions.assets import sources

        return sources(os.path.abspath(self.root))

    def _followed(self, function: Function) -> Handler | str:
        if function.source is None:  # most templates come without their code: nothing is loaded that would read it
            return function.skipped or "there is no code in this project"
        from cfncors.handlers import Skipped, responses
        from cfncors.handlers.files import Files

        files = Files(function.source, self.texts)
        found = responses(function.source, files=files)
        if isinstance(found, Skipped):
            return found.reason
        if found.asks:
            self._files[function.logical_id] = files
        return found

    def _function(self, resource: Resource | None) -> Function | None:
        template = self.template
        if resource is None or resource.type not in (_SAM, _PLAIN):
            return None
        shared = globals_for(template, resource, "Function") if resource.type == _SAM else None
        properties = merged(shared, resource.properties)
        if properties is None:
            return None
        handler = properties.entry("Handler")
        inline = _inline(properties)
        place = inline if inline is not None else handler.value if handler is not None else resource.key
        made = Function(resource.logical_id, place, None, None, _variables(template, resource, properties))
        named = _folder(template, properties)
        if inline is None and named == {}:
            named = asset(resource, "Code") or named
        folder = _local(template, named) if inline is None else None
        if inline is None and folder is None:
            # seen without loading what reads code: most templates are looked at without their code
            return made._replace(skipped="the function's code is not in a folder beside the template")
        return self._located(made._replace(folder=folder), resource, properties, named, inline)

    def _located(
        self, made: Function, resource: Resource, properties: Mapping, named: object, inline: Node | None
    ) -> Function:
        from cfncors.handlers import Skipped, locate

        template = self.template
        called = template.known(properties.get("Handler"))
        if made.folder is not None and called is not None and asset(resource, "Code") is not None:
            from cfncors.functions.assets import origin

            bundled = is_bundled(resource)
            written = origin(made.folder, called, bundled, os.path.abspath(self.root), self._sources)
            made = made._replace(folder=None)  # a bundle that is not read is nothing to be told of
            if written is not None:
                beside = os.path.dirname(os.path.abspath(template.document.name))
                named, called = os.path.relpath(written.folder, beside), written.handler
        found = locate(
            template.document.name,
            called,
            named,
            template.known(properties.get("Runtime")),
            None if inline is None else template.known(inline),
            self.root,
            _plain(resource.node.get("Metadata")),
            self.texts,
        )
        return made._replace(skipped=found.reason) if isinstance(found, Skipped) else made._replace(source=found)


def root_of(template: Template) -> str:
    """The folder of the project that a template belongs to: the repository around it, else its own folder, or the one
    around the output of a tool."""
    folder = os.path.dirname(os.path.abspath(template.document.name))
    here = folder
    while True:
        if os.path.exists(os.path.join(here, ".git")):
            return here
        parent = os.path.dirname(here)
        if parent == here:
            return outside(folder)
        here = parent


def shown(path: str, root: str) -> str:
    """A path as a person of the project writes it: from where the command runs, else from the project's root."""
    here = os.path.relpath(path)
    return here if not here.startswith("..") else os.path.relpath(path, root)


def _holds_code(folder: str) -> bool:
    """Whether a folder has a source file, in itself or one level below."""
    from cfncors.handlers.files import LANGUAGES

    names = (name for place in (folder, os.path.join(folder, "src")) for name in _names(place))
    return any(os.path.splitext(name)[1] in LANGUAGES for name in names)


def _names(folder: str) -> list[str]:
    try:
        return os.listdir(folder)
    except OSError:
        return []


def _local(template: Template, named: object) -> str | None:
    """The folder of the code, absolute, where there is one."""
    name = template.document.name
    if name.startswith("<") or (named is not None and not isinstance(named, str)):
        return None
    folder = os.path.join(os.path.dirname(os.path.abspath(name)), named or ".")
    return os.path.normpath(folder) if os.path.isdir(folder) else None


def _variables(template: Template, resource: Resource, properties: Mapping) -> dict[str, Node]:
    """The environment variables that the template gives a function."""
    environment = properties.get("Environment")
    variables = environment.get("Variables") if isinstance(environment, Mapping) else None
    found = _entries(variables)
    if template.service is not None:
        given = [each.node for each in template.service.functions if each.logical_id == resource.logical_id]
        found |= _entries(template.service.at("provider", "environment"))
        found |= _entries(given[0].get("environment")) if given else {}
    return found


def _entries(node: Node | None) -> dict[str, Node]:
    is_plain = isinstance(node, Mapping) and intrinsic(node) is None
    return {entry.key.text: entry.value for entry in node.entries} if isinstance(node, Mapping) and is_plain else {}


def _inline(properties: Mapping) -> Node | None:
    code = properties.get("Code")
    return properties.get("InlineCode") or (code.get("ZipFile") if isinstance(code, Mapping) else None)


def _folder(template: Template, properties: Mapping) -> object:
    """The folder of the code as the template names it; ``None`` where it names none (serverless.yml)."""
    named = properties.get("CodeUri") or properties.get("Code")
    if named is None:
        return None
    known = template.known(named)
    return known if known is not None else {}


def _plain(node: Node | None) -> Any:
    """A value as plain data, as far as it is written out."""
    if isinstance(node, Mapping) and intrinsic(node) is None:
        return {key: _plain(entry.value) for key, entry in node.items()}
    if isinstance(node, Sequence) and node.tag is None:
        return [_plain(item) for item in node.items]
    return node.value if isinstance(node, Scalar) and scalar_text(node) is not None else None
