"""From a template's text to one in which a front door has complete CORS, with the proof."""

from __future__ import annotations

from typing import Any, Final

from cfncors.checks.unexplained import BLOCKED, BLOCKED_FOR_SOME
from cfncors.config import Settings
from cfncors.enable import bucket, distribution, in_lists, rest
from cfncors.enable.asked import Asked, fits
from cfncors.enable.changes import Change, Plan, carry_out, findings, read
from cfncors.enable.several import SeveralOrigins
from cfncors.enable.target import names_of, target
from cfncors.errors import CannotEdit, UsageError
from cfncors.explained import explain
from cfncors.facts import Facts
from cfncors.findings import Finding
from cfncors.gateway import Model
from cfncors.gateway.model import Door
from cfncors.gateway.policy import FrontDoor
from cfncors.gateway.summary import summary
from cfncors.report import FileReport, place
from cfncors.report.enabled import Duty, Enabled, Step
from cfncors.report.simulation import Route
from cfncors.template.synthesised import maker
from cfncors.verdicts import Options, simulate

_PLANS: Final[dict[FrontDoor, Plan]] = {
    "rest": rest.plan,
    "http": in_lists.plan,
    "url": in_lists.plan,
    "s3": bucket.plan,
    "cdn": distribution.plan,
}
#: A page of no site in particular, for a front door that any page may call.
_ANYBODY: Final = "https://app.example.com"


def enable_text(text: str, name: str, logical_id: str, wish: Asked, settings: Settings) -> Enabled:
    """Give one front door of a template complete CORS. Nothing is written here.

    Raises :class:`UsageError` in one line when that cannot be done, :class:`UnreadableTemplate` for no template.
    """
    settings = settings._replace(origin=None if wish.any_origin else wish.origins[0], credentials=wish.credentials)
    before = read(text, name, settings)
    door = target(before, logical_id)
    wish = fits(wish, door.front_door)
    if door.front_door == "rest" and len(wish.origins) > 1:
        raise SeveralOrigins(logical_id, wish)
    try:
        after, made = carry_out(text, name, logical_id, wish, _PLANS[door.front_door], settings)
    except CannotEdit as reason:
        raise UsageError(f"{logical_id}: {reason}; nothing was written") from None
    facts = Facts(read(after, name, settings))
    _leaves_others(before, facts.model, door)
    return _proved(Enabled(name, text, after, logical_id, _pages(wish), _steps(made), FileReport(name)), facts, wish)


def _steps(made: list[Change]) -> tuple[Step, ...]:
    return tuple(dict.fromkeys(Step(change.what, change.replaces) for change in made))


def _pages(wish: Asked) -> str:
    who = "any page" if wish.any_origin else f"pages of {', '.join(wish.origins)}"
    return f"{who} with credentials" if wish.credentials else who


def _leaves_others(before: Model, after: Model, door: Door) -> None:
    """Raise :class:`UsageError` when another front door would change: by ``Globals``, an anchor, a shared policy."""
    names = names_of(door)
    old, new = _said(before, names), _said(after, names)
    changed = [name for name, said in old.items() if new.get(name) != said]
    if changed:
        raise UsageError(
            f"{door.logical_id} shares its settings (Globals, an anchor, a policy) with {', '.join(changed)}, which "
            "would change too; give it settings of its own first; nothing was written"
        )


def _said(model: Model, own: frozenset[str]) -> dict[str, Any]:
    """What all other front doors say."""
    found = summary(model)
    for policy in model.policies:
        texts = {role: policy.texts(role) for role in policy.settings}
        found.setdefault(policy.owner, {}).setdefault("lists", []).append(texts)
    return {name: said for name, said in found.items() if name not in own}


# -- the proof ---------------------------------------------------------------------------------------------------------


def _proved(result: Enabled, facts: Facts, wish: Asked) -> Enabled:
    """The result with what the rules and the simulation say of it. Raises :class:`UsageError` when no preflight would
    pass: then nothing has been gained."""
    door = target(facts.model, result.logical_id)
    said = explain(facts, findings(facts, door))
    found = [each for each in said if each.rule.severity != "info" and not _is_elsewhere(each, door)]
    placed = sorted((place(facts.template.document, each) for each in found), key=lambda each: each.order)
    routes = _routes(facts, door, wish)
    preflights = [route.case("preflight") for route in routes]
    if result.changed and preflights and all(case.verdict == "blocked" for case in preflights):
        why = found[0].message if found else preflights[0].reason
        raise UsageError(f"{result.logical_id}: no preflight would pass: {why}; nothing was written")
    left = FileReport(result.name, facts.template.document, tuple(placed))
    made_by = maker(facts.template) if result.changed else None
    return result._replace(left=left, routes=routes, duties=_duties(door, routes, wish), maker=made_by)


def _is_elsewhere(finding: Finding, door: Door) -> bool:
    """Whether a blocked exchange is that of another front door, whose rules were not asked."""
    return finding.rule in (BLOCKED, BLOCKED_FOR_SOME) and finding.resources[:1] != (door.logical_id,)


def _routes(facts: Facts, door: Door, wish: Asked) -> tuple[Route, ...]:
    """The routes of a front door as pages of the first origin meet them."""
    origins = (_ANYBODY,) if wish.any_origin else wish.origins
    extra = tuple((name, "x") for name in wish.headers if name != "*")
    visits = simulate(facts.model, Options(origins, wish.credentials, extra), functions=facts.functions).visits
    found = (route for visit in visits for route in visit.routes if route.api == door.logical_id)
    if door.front_door != "s3":
        return tuple(found)
    return tuple(route for route in found if route.method in (wish.methods or bucket.READS))


def _duties(door: Door, routes: tuple[Route, ...], wish: Asked) -> tuple[Duty, ...]:
    """What the functions have to send themselves: API Gateway passes a REST proxy's headers on and adds none."""
    open_ = tuple(dict.fromkeys(route.name for route in routes if route.case("success").verdict == "depends"))
    if door.front_door != "rest" or not open_:
        return ()
    headers = [("Access-Control-Allow-Origin", wish.origins[0])]
    if wish.credentials:
        headers.append(("Access-Control-Allow-Credentials", "true"))
    if wish.expose:
        headers.append(("Access-Control-Expose-Headers", ", ".join(wish.expose)))
    return (Duty(open_, tuple(headers)),)
