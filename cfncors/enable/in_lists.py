"""Front doors whose CORS is a configuration of lists: HTTP APIs and function URLs, and what any such list needs."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from cfncors.checks.policy_remedies import list_items, set_value
from cfncors.checks.remedies import Edits
from cfncors.enable.asked import ANY_ORIGIN, Asked, with_credentials
from cfncors.enable.changes import Change
from cfncors.enable.wanted import ANY, CALLED, Wanted, in_lists, missing, written
from cfncors.errors import CannotEdit
from cfncors.gateway.http_api import BODY_CORS
from cfncors.gateway.model import Door, FunctionUrl, HttpApi, Model
from cfncors.gateway.policy import BODY_NAMES, PROPERTY_NAMES, Names, Policy, Role, Setting
from cfncors.source import Mapping, Node, Scalar, Sequence
from cfncors.source.edit import put, replace
from cfncors.source.emit import Data
from cfncors.template import intrinsic
from cfncors.template.intrinsics import ref


class _Place(NamedTuple):
    """Where a configuration goes that is not there yet."""

    mapping: Mapping
    path: tuple[str, ...]
    names: Names


def plan(model: Model, door: Door, wish: Asked) -> Iterator[Change]:
    """What an HTTP API or a function URL lacks."""
    assert isinstance(door, HttpApi | FunctionUrl)
    wish = kept(door.policies, wish)
    wanted = in_lists(door.front_door, door.methods, wish)
    if not door.policies:
        mapping, path, names = _place(model, door)
        yield Change(f"{path[-1]} with {_listed(wanted, names)}", _new(model, mapping, path, written(wanted, names)))
    for policy in door.policies:
        here = _with_methods_of(policy, wish)
        yield from in_line(model, policy, in_lists(door.front_door, door.methods, here), wish)


def _with_methods_of(policy: Policy, wish: Asked) -> Asked:
    """The wish for a configuration that names methods: which of them pages use of a route for any, it says already."""
    said = policy.texts("methods") or []
    return (
        wish if wish.methods or ANY in said else wish._replace(methods=tuple(verb for verb in said if verb in CALLED))
    )


def kept(policies: tuple[Policy, ...], wish: Asked) -> Asked:
    """The wish with the credentials that are allowed already."""
    allowed = next((policy for policy in policies if policy.door != "s3" and policy.credentials), None)
    return wish if allowed is None or wish.credentials else with_credentials(wish, allowed.what)


def in_line(model: Model, policy: Policy, wanted: Wanted, wish: Asked) -> Iterator[Change]:
    """What a configuration lacks. Raises :class:`CannotEdit` when that cannot be told or written."""
    document = model.template.document
    if policy.holder is None:
        yield _opened(model, policy, wanted)
        return
    for role, value in wanted.items():
        setting = policy.setting(role)
        if setting is None:
            yield Change(f"{policy.name(role)} of {policy.owner}", set_value(document, policy, role, _data(value)))
        elif isinstance(value, list):
            yield from _list(model, policy, setting, value, wish)
        elif role != "max-age" or wish.max_age is not None:
            yield from _single(model, policy, setting, value)


def _opened(model: Model, policy: Policy, wanted: Wanted) -> Change:
    """A short form (``CorsConfiguration: true``, any origin) written out."""
    node = policy.node
    if not isinstance(node, Scalar) or node.tag is not None or node.foreign:
        if node is _origins_of(model, policy.owner):  # SAM puts it in the place of all (E9419)
            raise CannotEdit(f"AllowOrigins of {policy.owner} is made by {_maker(node)}; write the list out")
        raise CannotEdit(f"{policy.what} is made by {_maker(node)}; write it out")
    what = f"{policy.what} was {node.text or 'empty'}, now {_listed(wanted, policy.names)}"
    return Change(what, replace(model.template.document, node, written(wanted, policy.names)), replaces=True)


def _origins_of(model: Model, owner: str) -> Node | None:
    """What stands under ``AllowOrigins`` of an HTTP API of SAM."""
    for api in model.http_apis:
        cors = api.properties.get("CorsConfiguration") if api.logical_id == owner and api.properties else None
        if isinstance(cors, Mapping):
            return cors.get("AllowOrigins")
    return None


def _maker(node: Node) -> str:
    call = intrinsic(node)
    return call.name if call is not None else "something else than a mapping"


def _list(model: Model, policy: Policy, setting: Setting, wanted: list[str], wish: Asked) -> Iterator[Change]:
    document = model.template.document
    have = _have(policy, setting, wanted)
    origins = setting.role == "origins"
    if policy.door == "cdn" and setting.role == "methods" and "ALL" in have:
        return  # CloudFront writes every method out (Developer Guide, "Understand response headers policies")
    if policy.door == "s3" and setting.role == "headers" and "*" in have:
        return  # a pattern, for which S3 sends back the names that were asked for
    lacking = [name for name in wanted if name not in have] if origins else _lacking(setting.role, have, wanted, wish)
    literal = "*" in have and (wish.credentials or (origins and not wish.any_origin))
    if origins and wish.any_origin and have != [ANY_ORIGIN]:
        yield _instead(model, policy, setting, have, wanted)
    elif literal:
        yield _instead(model, policy, setting, have, [*(name for name in have if name != "*"), *lacking])
    elif lacking:
        if intrinsic(setting.node) is not None:
            raise _made_elsewhere(policy, setting, lacking)
        what = f"{', '.join(lacking)} in {setting.name} of {policy.owner}"
        yield Change(what, list_items(document, policy, setting.role, lacking))


def _have(policy: Policy, setting: Setting, wanted: list[str]) -> list[str]:
    """What a list holds as far as it is known: what stands beside an entry of the deployment's is added to."""
    have = policy.texts(setting.role)
    if have is not None:
        return have
    if not isinstance(setting.node, Sequence) or setting.node.tag is not None:
        raise _made_elsewhere(policy, setting, wanted)
    return [known.text for item in setting.items for known in item.known]


def _made_elsewhere(policy: Policy, setting: Setting, names: list[str]) -> CannotEdit:
    parameter = ref(setting.node)
    how = (
        f"is the parameter {parameter}; add"
        if parameter
        else f"is made by {_maker(setting.node)}; write the list out with"
    )
    end = " to its value" if parameter else ""
    return CannotEdit(f"{setting.name} of {policy.owner} {how} {', '.join(names)}{end}")


def _lacking(role: Role, have: list[str], wanted: list[str], wish: Asked) -> list[str]:
    return missing(have, wanted, wish.credentials, exact=role == "methods")


def _instead(model: Model, policy: Policy, setting: Setting, have: list[str], now: list[str]) -> Change:
    if any(intrinsic(item.node) is not None for item in setting.items) or intrinsic(setting.node) is not None:
        raise CannotEdit(
            f"{setting.name} of {policy.owner} is made by an intrinsic function ({', '.join(have)}); write it out"
        )
    what = f"{setting.name} of {policy.owner} was {', '.join(have) or 'empty'}, now {', '.join(now)}"
    return Change(what, set_value(model.template.document, policy, setting.role, _data(now)), replaces=True)


def _single(model: Model, policy: Policy, setting: Setting, wanted: int | bool) -> Iterator[Change]:
    have = policy.texts(setting.role)
    text = str(wanted).lower()
    if have is None:
        raise CannotEdit(f"{setting.name} of {policy.owner} is known only at deployment; write {text}")
    if [each.lower() for each in have] == [text]:
        return
    if intrinsic(setting.node) is not None:
        raise CannotEdit(
            f"{setting.name} of {policy.owner} is {', '.join(have)} by an intrinsic function; write {text}"
        )
    what = f"{setting.name} of {policy.owner} was {', '.join(have) or 'empty'}, now {text}"
    yield Change(what, set_value(model.template.document, policy, setting.role, wanted), replaces=True)


def _data(value: list[str] | int | bool) -> Data:
    return list(value) if isinstance(value, list) else value


def _listed(wanted: Wanted, names: Names) -> str:
    return ", ".join(names[role][0] for role in wanted)


def _place(model: Model, door: HttpApi | FunctionUrl) -> _Place:
    """Where the dialect has its configuration."""
    if isinstance(door, FunctionUrl):
        if door.resource is None:
            raise CannotEdit(f"{door.logical_id} is not written in this template")
        inside = () if door.resource.type == "AWS::Lambda::Url" else ("FunctionUrlConfig",)
        return _Place(door.resource.node, ("Properties", *inside, "Cors"), PROPERTY_NAMES)
    if door.dialect == "cloudformation" and door.body is not None:
        return _Place(door.body, (BODY_CORS,), BODY_NAMES)
    if door.resource is not None:
        return _Place(door.resource.node, ("Properties", "CorsConfiguration"), PROPERTY_NAMES)
    return _Place(model.template.root, ("Globals", "HttpApi", "CorsConfiguration"), PROPERTY_NAMES)


def _new(model: Model, mapping: Mapping, path: tuple[str, ...], value: Data) -> Edits:
    return put(model.template.document, mapping, path, value, before="Resources")
