"""One deployment of a template: the front doors to serve, with a value for every parameter."""

from __future__ import annotations

import os
from typing import Literal, NamedTuple

from cfncors.config import Settings
from cfncors.errors import CfncorsError, UnreadableTemplate, UsageError
from cfncors.gateway import Model, build
from cfncors.gateway.answer import Answer
from cfncors.gateway.model import Door
from cfncors.gateway.pages import Pages
from cfncors.gateway.respond import in_world
from cfncors.lint import facts_of, read_file
from cfncors.refused import refused
from cfncors.report import FileReport
from cfncors.report.simulation import Closed, Incomplete, Refused
from cfncors.report.simulation_words import not_deployed
from cfncors.source import decode, parse
from cfncors.template import Template, load
from cfncors.template.worlds import World, read, worlds
from cfncors.verdicts.left_out import left_out
from cfncors.verdicts.options import Options, check_parameters
from cfncors.verdicts.settings import is_made
from cfncors.verdicts.simulation import closed_doors

Handler = Literal["correct", "none"]


class Choice(NamedTuple):
    """What a user may choose: one front door, values of parameters, the origin that the page plays, and what answers
    where the template leaves the answer to code."""

    api: str | None = None
    parameters: tuple[tuple[str, str], ...] = ()
    origin: str | None = None
    handler: Handler = "correct"
    root: str | None = None


class Served(NamedTuple):
    """A front door as it is deployed, who calls it, and the origin that the page plays (``None``: the page is
    itself)."""

    door: Door
    pages: Pages
    origin: str | None


class Deployment(NamedTuple):
    """What is served. ``served`` is never empty; ``left_out`` are those that it says nothing of, and why; ``edition``
    counts how often the file was deployed."""

    model: Model
    served: tuple[Served, ...]
    left_out: tuple[Incomplete, ...]
    choice: Choice
    edition: int = 1
    #: of those that are served, the ones that pages are not known to call, and that AWS would refuse to deploy
    closed: tuple[Closed, ...] = ()
    refused: tuple[Refused, ...] = ()

    @property
    def remarks(self) -> tuple[str, ...]:
        """What is to be known of the front doors, a line each."""
        return (
            *(f"{each.api} is left out: {each.reason}" for each in self.left_out),
            *(f"{not_deployed(each)}: {each.text}" for each in self.refused),
            *(f"{each.api} is closed: {each.reason}" for each in self.closed),
        )

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
        """The front door that a path belongs to, and the path within it: under its logical id, else the first one's."""
        head, _, rest = path.removeprefix("/").partition("/")
        named = next((served for served in self.served if served.door.logical_id == head), None)
        return (named, f"/{rest}") if named is not None else (self.served[0], path)


def deploy(path: str, choice: Choice) -> Deployment:
    """Read a file and deploy it.

    Raises :class:`UnreadableTemplate` for a file that is none, :class:`UsageError` for a choice that it does not have
    and when it has nothing to serve.
    """
    data = read_file(path)
    if isinstance(data, FileReport):
        raise data.error or UnreadableTemplate("cannot be read")
    template = load(parse(decode(data), path))
    if template is None:
        raise UnreadableTemplate("no CloudFormation or SAM template: it has no Resources with types")
    facts = facts_of(template, Settings(root=choice.root))
    made = deployed(facts.model_with_code, choice)
    doors = {served.door.logical_id for served in made.served}
    chosen = Options(parameters=tuple(_world(made.model.template).parameters.items()))
    gone = tuple(each for each in refused(facts, path, chosen) if each.api in doors)
    closed = closed_doors(facts.model, (door for door in facts.model.doors if door.logical_id in doors))
    return made._replace(closed=tuple(closed), refused=gone)


def deployed(model: Model, choice: Choice) -> Deployment:
    """The first deployment that the template allows: parameters have their defaults, or what the user told."""
    check_parameters(model.template, choice.parameters)
    world = _first_world(model.template, choice)
    there = build(model.template.in_world(world), model.settings)._replace(code=model.code)
    doors = [door for door in there.doors if is_made(there, door)]
    whole = [door for door in doors if door.complete]
    chosen = [door for door in whole if choice.api in (None, door.logical_id)]
    incomplete = tuple(left_out(there))
    if not chosen:
        raise UsageError(_nothing(choice, [door.logical_id for door in whole], incomplete))
    return Deployment(there, tuple(_served(there, door, choice) for door in chosen), incomplete, choice)


def _served(model: Model, door: Door, choice: Choice) -> Served:
    here = in_world(model, door)
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


def _nothing(choice: Choice, whole: list[str], incomplete: tuple[Incomplete, ...]) -> str:
    why = {each.api: each.reason for each in incomplete}
    if choice.api in why:
        return f"--api {choice.api} cannot be served: {why[choice.api]}"
    if whole:
        return f"--api {choice.api}: the template has no such front door; it has {', '.join(whole)}"
    reasons = "".join(f"; {name} is left out: {reason}" for name, reason in why.items())
    return f"the template has nothing to serve: no API, function URL, bucket with CORS rules or distribution{reasons}"


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
