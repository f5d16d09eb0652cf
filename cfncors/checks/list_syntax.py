"""941x on the front doors with lists, wrong dialect: what stands in a list but is no entry of one."""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import partial
from typing import Final, NamedTuple

from cfncors.checks.explanations import HEADER, METHOD, NO_ALLOW_ORIGIN, NOT_FOR_THE_PAGE, WRONG_ORIGIN, anything
from cfncors.checks.policy_remedies import drop_items, rewrite_item, split_item
from cfncors.checks.registry import rule
from cfncors.checks.remedies import Edits, attempt, is_ref_to_parameter, rewritten
from cfncors.errors import CannotEdit
from cfncors.facts import Facts
from cfncors.findings import PROMISED, Finding, Fix, Rule, Says
from cfncors.gateway.model import ANY_METHODS, HttpApi, Model
from cfncors.gateway.policy import FrontDoor, Item, Policy, Role, Setting
from cfncors.source import Mapping, Node, Scalar, Sequence
from cfncors.source.edit import replace
from cfncors.source.emit import Data, Raw, Tagged
from cfncors.template import Known, Template, Unknown, intrinsic, leaves, scalar_text
from cfncors.template.intrinsics import Intrinsic, ref

_QUOTES: Final = "'\""
_SEPARATORS: Final = re.compile(r"[,\s]+")
_LISTS: Final[tuple[Role, ...]] = ("origins", "methods", "headers", "expose")

#: The methods that a service takes in its list, and what it has for all of them (Lambda API Reference, "Cors"; S3 User
#: Guide, "Elements of a CORS configuration"; CloudFront API Reference,
#: "ResponseHeadersPolicyAccessControlAllowMethods"; an HTTP API refuses ANY: aws/aws-cdk#13643).
_METHODS: Final[dict[FrontDoor, frozenset[str]]] = {
    "http": frozenset((*ANY_METHODS, "*")),
    "url": frozenset(("GET", "PUT", "HEAD", "POST", "PATCH", "DELETE", "*")),
    "s3": frozenset(("GET", "PUT", "POST", "DELETE", "HEAD")),
    "cdn": frozenset((*ANY_METHODS, "ALL")),
}
_SERVICES: Final[dict[FrontDoor, str]] = {
    "http": "an HTTP API",
    "url": "a function URL",
    "s3": "a bucket",
    "cdn": "a response headers policy",
}
#: How the front doors spell "every method"; each takes its own spelling only.
_EVERY: Final = frozenset(("*", "ANY", "ALL"))


class _Written(NamedTuple):
    """A value as it is written, in its list."""

    policy: Policy
    setting: Setting
    item: Item

    @property
    def where(self) -> str:
        return f"{self.setting.name} of {self.policy.what}"

    @property
    def resources(self) -> tuple[str, ...]:
        return (self.policy.owner, self.policy.resource)


def _written(model: Model, *roles: Role) -> Iterator[_Written]:
    """Every value of these roles that stands in the file."""
    for policy in model.policies:
        for setting in (policy.setting(role) for role in roles):
            if setting is not None:
                yield from (_Written(policy, setting, item) for item in setting.items if _is_written(model, item))


def _is_written(model: Model, item: Item) -> bool:
    """Whether somebody wrote it, be it by a variable of a serverless.yml."""
    service = model.template.service
    return not item.node.foreign or (service is not None and service.is_made_by_variables(item.node))


def _entries(model: Model, *roles: Role) -> Iterator[_Written]:
    """Those that reach a service as entries of a list. The Serverless Framework joins an event's into one header."""
    return (written for written in _written(model, *roles) if written.policy.door != "rest")


def _once(findings: Iterator[Finding]) -> Iterator[Finding]:
    """One finding for each written value: several configurations may take it from ``Globals``, and a list parameter
    gives several entries."""
    seen: set[int] = set()
    for finding in findings:
        if id(finding.node) not in seen:
            seen.add(id(finding.node))
            yield finding


def _assumed(leaf: Known | Unknown) -> str:
    if isinstance(leaf, Known) and leaf.when:
        return f" with {leaf.chosen}"
    names = sorted(leaf.assumes) if isinstance(leaf, Known) else []
    return f" with the default of {', '.join(names)}" if names else ""


# -- E9412 -------------------------------------------------------------------------------------------------------------


@rule(
    "E9412",
    "quoted-literal",
    "safe",
    doors="rest http url s3 cdn",
    about="value",
    explains=(anything(NO_ALLOW_ORIGIN, *WRONG_ORIGIN, METHOD, *HEADER),),
)
def quoted_literal(rule: Rule, facts: Facts) -> Iterator[Finding]:
    """A value stands in the inner quotes that only a REST API wants.

    ## Why
    A REST API takes its header values for expressions, so a static text needs single quotes of its own. HTTP APIs,
    function URLs, buckets and response headers policies take values as they are: `"'*'"` is no origin that any page
    has, `"'GET,POST'"` no method, `"'600'"` no number. A `CorsConfiguration` of an HTTP API is no text at all, but a
    mapping with lists (in SAM also `true`).

    ## Example
    ```yaml
    CorsConfiguration:
      AllowOrigins: ["'https://app.example.com'"]    # [https://app.example.com]
      AllowMethods: ["'GET,POST'"]                   # [GET, POST]
    ```

    ## Fix safety
    Safe: the quotes are taken off where the text is written, and what they hold together becomes entries of their own.

    ## References
    - https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-cors.html
    - https://docs.aws.amazon.com/serverless-application-model/latest/developerguide/sam-property-httpapi-httpapicorsconfiguration.html
    """
    found = (
        _quoted(rule, facts.model, written) for written in _written(facts.model, *_LISTS, "max-age", "credentials")
    )
    yield from _once(finding for finding in found if finding is not None)
    yield from _once(_texts_for_configurations(rule, facts.model))


def _is_quoted(leaf: object) -> bool:
    """Whether a value certainly begins or ends with a quote; a list made from ``'GET,POST'`` has one on either side."""
    if isinstance(leaf, Known):
        text = leaf.text.strip()
        return bool(text) and (text[0] in _QUOTES or text[-1] in _QUOTES)
    if isinstance(leaf, Unknown):
        return (leaf.pieces[0] or " ")[0] in _QUOTES and (leaf.pieces[-1] or " ")[-1] in _QUOTES
    return False


def _reason(policy: Policy) -> str:
    if policy.door == "rest":
        return "the Serverless Framework adds the inner quotes itself"
    return "the inner quotes belong to REST APIs only"


def _quoted(rule: Rule, model: Model, written: _Written) -> Finding | None:
    leaf = next((leaf for leaf in leaves(written.item.value) if _is_quoted(leaf)), None)
    if not isinstance(leaf, Known | Unknown):
        return None
    text = leaf.text if isinstance(leaf, Known) else "".join("${…}" if part is None else part for part in leaf.pieces)
    parts = _parts(text) if isinstance(leaf, Known) else [_unquoted(text)]
    shown = ", ".join(parts) or "nothing"
    message = (
        f"{written.where} is {text}{_assumed(leaf)}; {_reason(written.policy)}, write {shown}"
        f"{' as entries of their own' if len(parts) > 1 else ''}"
    )
    says = _unmatched(written, text, parts)
    fix, why = attempt("take the quotes off", "safe", lambda: _without_quotes(model, written, leaf, parts))
    return Finding(rule, message, written.item.node, fix, why, says, written.resources)


def _unquoted(text: str) -> str:
    return text.strip().strip(_QUOTES).strip()


def _parts(text: str) -> list[str]:
    """The values that a text holds together, without quotes."""
    return [bare for part in _SEPARATORS.split(text) if (bare := _unquoted(part))]


def _without_quotes(model: Model, written: _Written, leaf: Known | Unknown, parts: list[str]) -> Edits:
    document = model.template.document
    service = model.template.service
    raw = service.raw(written.item.node) if service is not None else None
    if raw is not None:
        text = _unquoted(raw.node.text)
        if text == raw.node.text:
            raise CannotEdit("the quotes are in what the variable leads to")
        return replace(raw.document, raw.node, text)
    if written.setting.role in ("max-age", "credentials"):
        if len(parts) != 1:
            raise CannotEdit("it is no single value")
        return rewrite_item(document, written.item, _typed(parts[0]))
    if isinstance(leaf, Unknown):
        return rewritten(document, written.item.node, _unquoted)
    if written.policy.door == "rest":  # one text in an event, which the framework joins with the others
        return rewritten(document, written.item.node, lambda _: ",".join(parts))
    return split_item(document, written.setting, written.item, parts)


def _typed(text: str) -> Data:
    """A number or a boolean as such."""
    if re.fullmatch(r"-?[0-9]{1,18}", text):
        return int(text)
    return {"true": True, "false": False}.get(text.lower(), text)


def _unmatched(written: _Written, text: str, parts: list[str]) -> Says | None:
    """What is said to a value that the service takes as it is."""
    role, door = written.setting.role, written.policy.door
    if role == "origins" or (role == "headers" and parts):
        return PROMISED
    return _refused(door, text) if role == "methods" else None


def _refused(door: FrontDoor, method: str) -> Says | None:
    """How a service refuses a method (aws/aws-cdk#13643; LocalStack's tests ``test_s3_cors``, recorded against AWS)."""
    if door == "http":
        return Says("deployment", f"Method {method} is not supported")
    if door == "s3":
        return Says("deployment", f"Found unsupported HTTP method in CORS config. Unsupported method is {method}")
    return None


def _texts_for_configurations(rule: Rule, model: Model) -> Iterator[Finding]:
    """A text where an HTTP API or a function URL has its configuration, as a REST API's ``Cors`` may be."""
    sams = {api.logical_id for api in model.http_apis if api.dialect in ("sam", "sam-implicit")}
    replaced = {id(side) for _, node in _replacing(model) for side in model.template.branches(node)}  # E9419's
    for policy in model.policies:
        text = _text_of(model.template, policy) if policy.door in ("http", "url") else None
        if text is None or id(policy.node) in replaced:
            continue
        meant = _meant(policy)
        wanted = "true without quotes" if meant is True else f"a mapping with {policy.name('origins')}"
        fix, why = attempt("write it as a configuration", "safe", lambda p=policy: _configured(model, p))  # type: ignore[misc]
        says = Says("deployment", "Invalid value for 'Cors' property.") if policy.owner in sams else None
        resources = (policy.owner, policy.resource)
        message = f"{policy.what} is {text}, a text; write {wanted}"
        yield Finding(rule, message, policy.node, fix, why, says, resources)


def _text_of(template: Template, policy: Policy) -> str | None:
    """What to call a configuration that is a text; ``None`` for another one."""
    parameter = is_ref_to_parameter(template, policy.node)
    if parameter is not None:
        return f"the parameter {parameter}"
    node = policy.node
    if not isinstance(node, Scalar) or node.tag is not None or not isinstance(node.value, str):
        return None
    return node.text or "empty"


def _configured(model: Model, policy: Policy) -> Edits:
    meant = _meant(policy)
    if meant is None:
        raise CannotEdit("what was meant is not known")
    return replace(model.template.document, policy.node, meant)


def _meant(policy: Policy) -> Data:
    """The configuration that a text stands for: SAM's ``true``, or origins; ``None`` when it is neither."""
    node = policy.node
    if not isinstance(node, Scalar) or node.tag is not None:
        return None
    if policy.door == "http" and _unquoted(node.text).lower() == "true":
        return True
    parts = _parts(node.text)
    if not parts or not all(part == "*" or "://" in part for part in parts):
        return None
    return {policy.name("origins"): list[Data](parts)}


# -- E9417 -------------------------------------------------------------------------------------------------------------


@rule(
    "E9417",
    "method-not-allowed-here",
    "safe",
    doors="http url s3 cdn",
    about="deployment",
    explains=(anything(NO_ALLOW_ORIGIN, *NOT_FOR_THE_PAGE, METHOD, *HEADER),),
)
def method_not_allowed_here(rule: Rule, facts: Facts) -> Iterator[Finding]:
    """A list of methods holds one that the service does not take there.

    ## Why
    The services refuse the configuration when it is deployed. A function URL and a bucket answer OPTIONS by themselves
    and do not take it in their lists; a bucket has no PATCH. "Every method" is `*` for an HTTP API and a function URL,
    `ALL` for a response headers policy, and has no word for a bucket; `ANY` is a route's word only.

    ## Example
    ```yaml
    FunctionUrlConfig:
      AuthType: NONE
      Cors:
        AllowOrigins: [https://app.example.com]
        AllowMethods: [GET, POST, OPTIONS]     # without OPTIONS
    ```

    ## Fix safety
    Safe: OPTIONS is taken out where something is left, and the word for every method becomes the service's own. PATCH
    in a bucket's list has no fix.

    ## References
    - https://docs.aws.amazon.com/lambda/latest/api/API_Cors.html
    - https://docs.aws.amazon.com/AmazonS3/latest/userguide/ManageCorsUsing.html
    - https://docs.aws.amazon.com/cloudfront/latest/APIReference/API_ResponseHeadersPolicyAccessControlAllowMethods.html
    """
    yield from _once(_not_taken(rule, facts.model))


def _not_taken(rule: Rule, model: Model) -> Iterator[Finding]:
    for written in _entries(model, "methods"):
        service, taken = _SERVICES[written.policy.door], _METHODS[written.policy.door]
        for leaf in written.item.known:
            if leaf.text in taken or leaf.text not in _EVERY.union(ANY_METHODS):
                continue
            wanted = _in_its_place(written.policy, leaf.text)
            message = f"{written.where} holds {leaf.text}{_assumed(leaf)}, which {service} does not take"
            fix: Fix | None = None
            why: str | None = f"{service} has no {leaf.text}"
            if wanted is not None:
                message += f"; write {', '.join(wanted)}" if wanted else "; leave it out"
                fix, why = _instead(model, written, wanted)
            says = _refused(written.policy.door, leaf.text)
            yield Finding(rule, message, written.item.node, fix, why, says, written.resources)


def _in_its_place(policy: Policy, text: str) -> tuple[str, ...] | None:
    """What to write instead: nothing for OPTIONS, ``None`` where that is not known. ``*`` is a literal one together
    with credentials (Fetch, CORS-preflight fetch, step 7.6)."""
    if text == "OPTIONS":
        return ()
    if text not in _EVERY:
        return None
    if policy.door == "cdn":
        return ("ALL",)
    if policy.door == "s3":
        return ("GET", "HEAD", "PUT", "POST", "DELETE")
    return ("*",) if policy.credentials is False else tuple(m for m in ANY_METHODS if m in _METHODS[policy.door])


def _instead(model: Model, written: _Written, texts: tuple[str, ...]) -> tuple[Fix | None, str | None]:
    document = model.template.document
    if texts:
        title = f"write {', '.join(texts)}"
        return attempt(title, "safe", lambda: split_item(document, written.setting, written.item, texts))
    title = f"leave {written.item.known[0].text} out"
    return attempt(title, "safe", lambda: drop_items(document, written.setting, [written.item]))


# -- E9418 -------------------------------------------------------------------------------------------------------------


@rule(
    "E9418",
    "joined-list-item",
    "safe",
    doors="http url s3 cdn",
    about="value",
    explains=(anything(NO_ALLOW_ORIGIN, METHOD, *HEADER),),
)
def joined_list_item(rule: Rule, facts: Facts) -> Iterator[Finding]:
    """One entry of a list holds several values.

    ## Why
    Each method, header and origin is an entry of its own. `Content-Type,Authorization` in one entry is one name with a
    comma in it, which no request has, and `GET,POST` is no method.

    ## Example
    ```yaml
    Cors:
      AllowOrigins: [https://app.example.com]
      AllowHeaders: ["Content-Type,Authorization"]     # [Content-Type, Authorization]
    ```

    ## Fix safety
    Safe: the entry is split where it is written.

    ## References
    - https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-cors.html
    - https://docs.aws.amazon.com/lambda/latest/api/API_Cors.html
    """
    found = (_joined(rule, facts.model, written) for written in _entries(facts.model, *_LISTS))
    yield from _once(finding for finding in found if finding is not None)


def _joined(rule: Rule, model: Model, written: _Written) -> Finding | None:
    leaf = next((leaf for leaf in written.item.known if len(_SEPARATORS.split(leaf.text.strip(", "))) > 1), None)
    if leaf is None or _is_quoted(leaf) or _is_list_parameter(model.template, written.item.node):
        return None
    parts = _parts(leaf.text)
    message = (
        f"{written.where} holds {len(parts)} values in one entry, {leaf.text}{_assumed(leaf)}; "
        "write each as an entry of its own"
    )
    says = _unmatched(written, leaf.text, parts)
    fix, why = attempt(
        "write each as an entry of its own",
        "safe",
        lambda: split_item(model.template.document, written.setting, written.item, parts),
    )
    return Finding(rule, message, written.item.node, fix, why, says, written.resources)


def _is_list_parameter(template: Template, node: Node) -> bool:
    """Whether a list stands where an entry belongs: ``[!Ref Origins]`` of a list parameter."""
    parameter = template.parameters.get(ref(node) or "") if isinstance(node, Scalar | Mapping) else None
    return parameter is not None and parameter.is_list


@rule(
    "E9419",
    "configuration-replaced",
    "safe",
    doors="http",
    about="deployment",
    explains=(anything(NO_ALLOW_ORIGIN, *NOT_FOR_THE_PAGE, METHOD, *HEADER),),
)
def configuration_replaced(rule: Rule, facts: Facts) -> Iterator[Finding]:
    """An intrinsic function makes AllowOrigins, and SAM puts it in the place of the whole configuration.

    ## Why
    The translator asks whether `AllowOrigins` is an intrinsic function, and if so writes the function itself as the
    CORS configuration of the API: the methods, the headers and the credentials are gone, and what is left is a list
    where API Gateway wants an object. It happens to `Fn::If`, `Fn::Split` and `Fn::FindInMap`; a parameter of the type
    `CommaDelimitedList` is read before, and a function inside of the list is left where it is.

    ## Example
    ```yaml
    CorsConfiguration:
      AllowOrigins: !If [IsProd, [https://app.example.com], [http://localhost:3000]]
      AllowHeaders: [Authorization]      # lost
    ```

    ## Fix safety
    Safe for an `Fn::If` of two lists of the same length, where each origin gets the function, and for a function that
    makes one text, which becomes the list's entry. For the others there is no fix: `AllowOrigins: !Ref Origins` with a
    parameter of the type `CommaDelimitedList` does what `Fn::Split` should.

    ## References
    - https://github.com/aws/serverless-application-model/issues/1515
    - https://docs.aws.amazon.com/serverless-application-model/latest/developerguide/sam-property-httpapi-httpapicorsconfiguration.html
    """
    told: set[int] = set()
    for api, node in _replacing(facts.model):
        call = intrinsic(node)
        if call is None or id(node) in told:
            continue
        told.add(id(node))
        message = (
            f"AllowOrigins of {api.logical_id} is made by {call.name}, which SAM puts in the place of the whole "
            f"CorsConfiguration; {_advised(facts.template, call)}"
        )
        fix, why = attempt("write the function inside of the list", "safe", partial(_inside, facts.model, call))
        yield Finding(rule, message, node, fix, why, resources=(api.logical_id,))


def _replacing(model: Model) -> Iterator[tuple[HttpApi, Node]]:
    """What SAM puts in the place of the configuration of an HTTP API; a parameter has its value by then."""
    for api in model.http_apis:
        cors = api.properties.get("CorsConfiguration") if api.dialect.startswith("sam") and api.properties else None
        node = cors.get("AllowOrigins") if isinstance(cors, Mapping) and intrinsic(cors) is None else None
        call = intrinsic(node)
        if node is not None and call is not None and call.name != "Ref":
            yield api, node


def _advised(template: Template, call: Intrinsic) -> str:
    if call.name == "Fn::Split":
        return "give the parameter the type CommaDelimitedList and write !Ref"
    if call.name == "Fn::FindInMap" and _maps_lists(template, call):
        return "give each origin a key of its own in the mapping, and write a list of Fn::FindInMap"
    return "write a list with the function inside"


#: Functions that make one text (CloudFormation Template Reference, "Intrinsic functions").
_OF_A_TEXT: Final = ("Fn::ImportValue", "Fn::Join", "Fn::Select", "Fn::Sub")


def _makes_a_text(template: Template, call: Intrinsic) -> bool:
    if call.name == "Fn::FindInMap":
        return template.section("Mappings") is not None and not _maps_lists(template, call)
    if call.name == "Fn::If" and isinstance(call.argument, Sequence):
        return all(isinstance(side, Scalar) and side.tag is None for side in call.argument.items[1:])
    return call.name in _OF_A_TEXT


def _maps_lists(template: Template, call: Intrinsic) -> bool:
    """Whether a mapping holds lists, one of which would stand as an entry of the list."""
    items = call.argument.items if isinstance(call.argument, Sequence) else []
    mappings = template.section("Mappings")
    mapping = mappings.get(scalar_text(items[0]) or "") if mappings is not None and items else None
    keyed = [entry.value for entry in mapping.entries] if isinstance(mapping, Mapping) else []
    return any(isinstance(e.value, Sequence) for each in keyed if isinstance(each, Mapping) for e in each.entries)


def _inside(model: Model, call: Intrinsic) -> Edits:
    """``Fn::If`` of two lists as a list of ``Fn::If``; what makes a text as the one entry of a list."""
    argument = call.argument
    if _makes_a_text(model.template, call):
        return replace(model.template.document, call.node, [Raw(call.node)])
    items = argument.items if call.name == "Fn::If" and isinstance(argument, Sequence) else []
    sides = [side for side in items[1:] if isinstance(side, Sequence) and side.tag is None]
    if len(items) != 3 or len(sides) != 2 or len(sides[0].items) != len(sides[1].items):
        raise CannotEdit(f"what {call.name} makes cannot be said item by item")
    short = call.node.tag is not None

    def chosen(one: Node, other: Node) -> Data:
        if one.tag is None and other.tag is None and _same_text(one, other):
            return Raw(one)
        parts: list[Data] = [Raw(items[0]), Raw(one), Raw(other)]
        return Tagged("!If", parts) if short else {"Fn::If": parts}

    made: list[Data] = [chosen(one, other) for one, other in zip(sides[0].items, sides[1].items, strict=True)]
    return replace(model.template.document, call.node, made)


def _same_text(one: Node, other: Node) -> bool:
    return isinstance(one, Scalar) and isinstance(other, Scalar) and one.text == other.text
