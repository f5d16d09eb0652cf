"""One deployment of a template: the APIs to serve, with a value for every parameter."""

from __future__ import annotations

import os
from typing import Final, Literal, NamedTuple

from cfncors.errors import CfncorsError, UnreadableTemplate, UsageError
from cfncors.gateway import Model, build
from cfncors.gateway.answer import Answer
from cfncors.gateway.model import RestApi
from cfncors.gateway.pages import Pages
from cfncors.gateway.refusals import exists
from cfncors.gateway.respond import in_world
from cfncors.lint import read_file
from cfncors.report import FileReport
from cfncors.simulate.options import check_parameters
from cfncors.source import decode, parse
from cfncors.template import Template, load
from cfncors.template.worlds import World, read, worlds

Handler = Literal["correct", "none"]


class Choice(NamedTuple):
    """What a user may choose: one API, values of parameters, the origin that the page plays, and what answers where
    the template leaves the answer to code."""

    api: str | None = None
    parameters: tuple[tuple[str, str], ...] = ()
    origin: str | None = None
    handler: Handler = "correct"


class Served(NamedTuple):
    """An API as it is deployed, who calls it, and the origin that the page plays (``None``: the page is itself)."""

    api: RestApi
    pages: Pages
    origin: str | None


class Deployment(NamedTuple):
    """What is served. ``served`` is never empty; ``left_out`` are APIs whose answers are not known; ``edition`` counts
    how often the file was deployed."""

    model: Model
    served: tuple[Served, ...]
    left_out: tuple[str, ...]
    choice: Choice
    edition: int = 1

    @property
    def assumed(self) -> tuple[str, ...]:
        """The values that the user did not give, of all parameters and of conditions that no parameter decides."""
        return _told(_world(self.model.template), self.choice, None)

    def assumes(self, answer: Answer) -> tuple[str, ...]:
        """The same, of what the answer's headers are made with."""
        template = self.model.template
        names = read(template, [sent.node for sent in answer.headers if sent.node is not None])
        return _told(_world(template), self.choice, names.parameters | names.conditions)

    def find(self, path: str) -> tuple[Served, str]:
        """The API that a path belongs to, and the path within it: under its logical id, else the first API's."""
        head, _, rest = path.removeprefix("/").partition("/")
        named = next((served for served in self.served if served.api.logical_id == head), None)
        return (named, f"/{rest}") if named is not None else (self.served[0], path)


def deploy(path: str, choice: Choice) -> Deployment:
    """Read a file and deploy it.

    Raises :class:`UnreadableTemplate` for a file that is none, :class:`UsageError` for a choice that it does not have
    and when it has no REST API to serve.
    """
    data = read_file(path)
    if isinstance(data, FileReport):
        raise data.error or UnreadableTemplate("cannot be read")
    template = load(parse(decode(data), path))
    if template is None:
        raise UnreadableTemplate("no CloudFormation or SAM template: it has no Resources with types")
    return deployed(build(template), choice)


def deployed(model: Model, choice: Choice) -> Deployment:
    """The first deployment that the template allows: parameters have their defaults, or what the user told."""
    check_parameters(model.template, choice.parameters)
    there = model._replace(template=model.template.in_world(_first_world(model.template, choice)))
    made = [api for api in there.rest_apis if api.resource is None or exists(there, api.logical_id)]
    whole = [api for api in made if api.complete]
    chosen = [api for api in whole if choice.api in (None, api.logical_id)]
    left_out = tuple(api.logical_id for api in made if not api.complete)
    if not chosen:
        raise UsageError(_nothing(choice, [api.logical_id for api in whole], left_out))
    return Deployment(there, tuple(_served(there, api, choice) for api in chosen), left_out, choice)


def _served(model: Model, api: RestApi, choice: Choice) -> Served:
    here = in_world(model, api)
    pages = Pages(model, here)
    return Served(here, pages, choice.origin or next(iter(pages.named), None))


def _first_world(template: Template, choice: Choice) -> World:
    section = template.section("Conditions")
    conditions = [entry.key.text for entry in section.entries] if section is not None else []
    return worlds(template, read(template, [template.root], conditions), dict(choice.parameters))[0]


def _world(template: Template) -> World:
    return template.world or World({}, {})


def _told(world: World, choice: Choice, names: frozenset[str] | None) -> tuple[str, ...]:
    given = dict(choice.parameters)
    values = {name: value for name, value in world.parameters.items() if name not in given}
    found = [(name, f"{name}={value}") for name, value in sorted(values.items())]
    found += [(name, f"condition {name}={str(value).lower()}") for name, value in world.conditions.items()]
    return tuple(text for name, text in found if names is None or name in names)


_NOT_KNOWN: Final = "a part of the definition is not in this template, so the answers are not known"


def _nothing(choice: Choice, whole: list[str], left_out: tuple[str, ...]) -> str:
    if choice.api in left_out:
        return f"--api {choice.api}: {_NOT_KNOWN}"
    if whole:
        return f"--api {choice.api}: the template has no such REST API; it has {', '.join(whole)}"
    if left_out:
        return f"no REST API to serve; of {', '.join(left_out)} {_NOT_KNOWN}"
    return "the template has no REST API to serve"


class Watched:
    """A template's file, deployed again when it changes. What is served stays when the new content is not readable."""

    def __init__(self, path: str, choice: Choice) -> None:
        self.path = path
        self.choice = choice
        self._stamp = _stamp(path)
        self.deployment = deploy(path, choice)

    def refresh(self) -> str | None:
        """Look at the file; what to tell the user when it changed."""
        stamp = _stamp(self.path)
        if stamp == self._stamp:
            return None
        self._stamp = stamp
        try:
            self.deployment = deploy(self.path, self.choice)._replace(edition=self.deployment.edition + 1)
        except UnreadableTemplate as error:
            return f"{self.path}:{error.line}:{error.column}: E9490 {error.reason}; still serving what it was before"
        except CfncorsError as error:
            return f"{self.path}: {error}; still serving what it was before"
        return f"{self.path} has changed: serving it as it is now"


def _stamp(path: str) -> tuple[int, int, int] | None:
    try:
        found = os.stat(path)
    except OSError:
        return None
    return found.st_mtime_ns, found.st_size, found.st_ino
