"""The matrix of verdicts: every route × outcome × page × deployment, judged once.

Everything that says what a browser does asks it: ``check`` explains what is blocked in it, ``simulate`` prints it, and
``fix`` compares it before and after.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from typing import Final, NamedTuple

from cfncors.browser import Fault, Request
from cfncors.gateway import Model
from cfncors.gateway.cdn_paths import taking
from cfncors.gateway.coded_answers import methods_served
from cfncors.gateway.model import ANY_METHODS, Distribution, Door, Method, normal_path
from cfncors.gateway.pages import EXAMPLE, Pages
from cfncors.gateway.policy import FrontDoor
from cfncors.gateway.routing import route
from cfncors.report.simulation import Case, Reply
from cfncors.verdicts.judge import cases, page_request
from cfncors.verdicts.options import Options
from cfncors.verdicts.settings import Setting, settings

#: Faults that a page without credentials does not meet.
_OF_CREDENTIALS: Final = (Fault.WILDCARD_WITH_CREDENTIALS, Fault.NO_ALLOW_CREDENTIALS)
#: What pages ask of a route for any method.
_ANY_CALLED: Final = ("GET", "POST", "PUT", "PATCH", "DELETE")


class Page(NamedTuple):
    """Pages of one origin, and whether their requests carry credentials."""

    origin: str
    credentials: bool


class Asked(NamedTuple):
    """A route as pages of one origin meet it in one deployment: ``verb`` and ``path`` are the route's own, ``method``
    is what it is asked with, ``when`` the values that are chosen in that deployment, by name."""

    door: str
    front_door: FrontDoor
    verb: str
    path: str
    page: Page
    method: str
    when: dict[str, str]
    cases: tuple[Case, ...]
    #: whether the page is made up: nothing in the template names its origin
    example: bool = False

    @property
    def route(self) -> tuple[str, str, str]:
        """What identifies the route in a template."""
        return self.door, self.verb, self.path


class Exchange(NamedTuple):
    """One reply that a page may get, with where it comes from."""

    asked: Asked
    case: Case
    reply: Reply

    @property
    def blocked(self) -> bool:
        """Whether a browser keeps it from the page, decided by the template or by code that was read: a fault, unless
        the front door is closed."""
        return self.reply.verdict == "blocked"


class Matrix(NamedTuple):
    """What was asked of the front doors of a model, in the order of the doors, pages and routes."""

    asked: tuple[Asked, ...]

    def exchanges(self) -> Iterator[Exchange]:
        """Each reply, judged by itself."""
        return (Exchange(each, case, reply) for each in self.asked for case in each.cases for reply in case.replies)

    @property
    def doors(self) -> frozenset[str]:
        """The logical ids of the front doors that were asked."""
        return frozenset(each.door for each in self.asked)


#: Who asks a route in a deployment; ``None`` leaves that to what the template says.
Askers = Callable[[Setting, Method], Iterable[Page]]


def is_judged(model: Model, door: Door) -> bool:
    """Whether it can be known what a front door answers, and whether pages call it at all."""
    return door.complete and door.logical_id not in model.signed_for


def matrix_of(
    model: Model,
    options: Options | None = None,
    doors: Iterable[Door] | None = None,
    askers: Askers | None = None,
) -> Matrix:
    """Judge the routes of a model's front doors, or of some of them, for the pages that ``options`` or the template
    name, or ``askers`` does. The model is one with what code answers (:func:`cfncors.functions.with_code`)."""
    chosen = options or Options()
    wanted = [door for door in (model.doors if doors is None else doors) if is_judged(model, door)]
    return Matrix(tuple(each for door in wanted for each in _asked(model, door, chosen, askers)))


def _asked(model: Model, door: Door, options: Options, askers: Askers | None) -> Iterator[Asked]:
    for setting in settings(model, door, options):
        who = Pages(setting.model, setting.door)
        for method in setting.door.methods:
            if method.is_options:
                continue
            pages = _pages(who, method, options) if askers is None else [(p, False) for p in askers(setting, method)]
            for page, example in pages:
                yield from _by_methods(setting, who, method, page, example, options)


def _pages(who: Pages, method: Method, options: Options) -> Iterator[tuple[Page, bool]]:
    """The pages that call a route, and whether they are made up: those that the user names, else those that the route
    itself is made for, else those of the configuration, else an example."""
    credentials = sends_credentials(who, method, options)
    origins = options.origins or who.origins(method) or options.configured
    for origin in origins or (EXAMPLE,):
        is_named = bool(origins) and (origin in options.origins or origin not in who.examples)
        yield Page(origin, credentials), not is_named


def _by_methods(
    setting: Setting, who: Pages, method: Method, page: Page, example: bool, options: Options
) -> Iterator[Asked]:
    """A route asked with each method that it takes."""
    model, door = setting.model, setting.door
    found = []
    for request in requests(who, method, page, options):
        judged = cases(model, door, method, request, options)
        found.append((request.method, judged))
    passing = any(judged[0].verdict != "blocked" for _, judged in found)
    served = methods_served(model, method) if len(found) > 1 else ()
    for verb, judged in found:
        if passing and len(found) > 1 and options.method is None and verb not in served:
            judged = (_if_used(judged[0]), *judged[1:])
        if options.credentials is None and page.credentials and who.only_code_expects_credentials(method):
            judged = tuple(map(_if_sent, judged))
        own = normal_path(method.path)
        yield Asked(door.logical_id, door.front_door, method.verb, own, page, verb, setting.when, judged, example)


def _if_used(preflight: Case) -> Case:
    """The preflight of one of several methods of a route, of which another one passes: that pages use this one is
    taken for granted."""
    if preflight.verdict != "blocked" or preflight.reply.assumption is not None:
        return preflight
    reply = preflight.reply._replace(assumption="method")
    return preflight._replace(reply=reply, replies=(reply,))


def _if_sent(case: Case) -> Case:
    """A case of pages that send credentials only because the route's code allows them."""
    replies = tuple(
        reply._replace(assumption="credentials") if reply.fault in _OF_CREDENTIALS else reply for reply in case.replies
    )
    reply = next((r for r, old in zip(replies, case.replies, strict=True) if old is case.reply), case.reply)
    return case._replace(reply=reply, replies=replies)


def requests(who: Pages, method: Method, page: tuple[str, bool], options: Options) -> Iterator[Request]:
    """What pages ask of a route, in each of the methods that it takes and that lead to it. ``page`` is an origin, and
    whether credentials are sent."""
    path = options.path or normal_path(method.path)
    for verb in _verbs(who, method, options):
        match = route(who.door, verb, path)
        if match is not None and match.method is method:
            yield page_request(method, verb, path, page, options)


def sends_credentials(who: Pages, method: Method, options: Options) -> bool:
    """Whether pages send credentials to a route: as the user says, else as the route's own configuration does."""
    return who.credentials(method) if options.credentials is None else options.credentials


def _verbs(who: Pages, method: Method, options: Options) -> Iterable[str]:
    """The methods to ask a route with; ``ANY`` stands for those that its preflight lists."""
    if options.method is not None:
        takes = method.verb == options.method or (method.verb == "ANY" and options.method in ANY_METHODS)
        return (options.method,) if takes else ()
    if method.verb != "ANY":
        return (method.verb,)
    listed = who.methods(method)
    behavior = taking(who.door, method.path) if isinstance(who.door, Distribution) else None
    passed = [verb for verb in _ANY_CALLED if behavior is None or behavior.allowed is None or verb in behavior.allowed]
    return [verb for verb in passed if verb in listed] or passed
