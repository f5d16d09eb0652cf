"""944x, origins: who is allowed, and whether a browser can understand it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from cfncors.browser.faults import Fault
from cfncors.browser.serialised import Problem, host_of, is_loopback
from cfncors.checks import event_origins
from cfncors.checks.explanations import IN_CODE, NO_ALLOW_ORIGIN, WRONG_ORIGIN, anything
from cfncors.checks.list_edits import dropped, respelled
from cfncors.checks.registry import rule
from cfncors.checks.remedies import Edits, attempt, rewritten, without_slash
from cfncors.facts import Facts
from cfncors.facts.listings import Entry, Listing, asks_for_a_value
from cfncors.facts.origin_patterns import advice, certain_fault, fault, free_host, several
from cfncors.findings import PROMISED, Finding, Fix, Rule, Says
from cfncors.gateway.expressions import decided, is_source, literal
from cfncors.gateway.model import ALLOW_ORIGIN, Cors, Model
from cfncors.gateway.policy import FrontDoor, Policy
from cfncors.source import Mapping, Scalar
from cfncors.source.edit import put
from cfncors.template import Known, Unknown

_GIVE_ORIGIN: Final = "give the origin with --origin"


def _origins(facts: Facts) -> Iterator[tuple[Listing, Entry]]:
    """Every origin that is written, each once for its place; a list in one header is E9442's."""
    for listing in facts.listings_of("origins"):
        told: set[tuple[int, str]] = set()
        for entry in listing.entries:
            key = (id(entry.node), entry.text)
            if asks_for_a_value(facts.template, entry.leaf):
                continue
            if key not in told and not (listing.door == "rest" and several(entry.text)):
                told.add(key)
                yield listing, entry


def _when(leaf: Known) -> str:
    """The deployment that a value is of, where it is that of some only."""
    return f" with {leaf.chosen}" if leaf.when else ""


def _shown(entry: Entry) -> str:
    """A text for messages, with the deployment that it is of, or the parameter that it is the default of."""
    if entry.leaf.when:
        return f"{entry.text} ({entry.leaf.chosen})"
    names = ", ".join(sorted(entry.leaf.assumes))
    return f"{entry.text} (from {names})" if names else entry.text


# -- E9441 -------------------------------------------------------------------------------------------------------------


@rule(
    "E9441",
    "invalid-origin",
    "safe",
    "unsafe",
    doors="rest http url s3 cdn",
    about="value",
    explains=(anything(NO_ALLOW_ORIGIN, *WRONG_ORIGIN),),
)
def invalid_origin(rule: Rule, facts: Facts) -> Iterator[Finding]:
    """An allowed origin is not written as browsers send it, so no page matches it.

    ## Why
    A browser sends `Origin: scheme://host` or `scheme://host:port`, in lower case, without path and without the
    scheme's own port, and the answer is compared with it letter by letter. `https://app.example.com/` allows nobody.
    `*` within an origin is a pattern only where the service says so: `https://*` and `http://*` in an HTTP API, one `*`
    anywhere in a bucket's origin, `*.example.com` in CloudFront; a header of a REST API has no patterns, nor has one
    that a function sends: the origins in its code are looked at too, and an environment variable that it sends.

    ## Example
    ```yaml
    CorsConfiguration:
      AllowOrigins:
        - https://app.example.com/       # https://app.example.com
    ```

    ## Fix safety
    Safe where the spelling alone is wrong: the slash at the end, capital letters, the default port. A missing scheme, a
    path or a pattern has no fix: the message says what was most likely meant. Unsafe in code.

    ## References
    - https://html.spec.whatwg.org/multipage/browsers.html#ascii-serialisation-of-an-origin
    - https://fetch.spec.whatwg.org/#concept-cors-check
    - https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-cors.html
    - https://docs.aws.amazon.com/AmazonCloudFront/latest/DeveloperGuide/understanding-response-headers-policies.html
    """
    for listing, entry in _origins(facts):
        found = fault(listing.door, entry.text)
        if found is None or (not entry.text and entry.leaf.assumes):  # an entry of a parameter that is a list
            continue
        yield _invalid(rule, facts.model, listing, entry, found)
    for listing in facts.listings_of("origins"):
        for unknown in {id(leaf.node): leaf for leaf in listing.unknown}.values():
            finding = _partly_invalid(rule, facts.model, listing, unknown)
            if finding is not None:
                yield finding
    yield from _without_origin(rule, facts.model)
    if facts.passed_on:
        from cfncors.checks import allowed_in_code

        yield from (each._replace(explains=IN_CODE) for each in allowed_in_code.invalid(rule, facts))


def _invalid(rule: Rule, model: Model, listing: Listing, entry: Entry, found: Problem) -> Finding:
    shown = _shown(entry) or "an empty text"
    message = (
        f"{shown} in {listing.what} is no origin as browsers send it: {found.reason}; write "
        f"{advice(listing.door, found)}"
    )
    fix, why = None, None
    write = found.write
    if found.same and write is not None:
        fix, why = attempt(
            f"write {write}", "safe", lambda: respelled(model.template.document, listing, {entry: write})
        )
    return Finding(rule, message, entry.node, fix, why, PROMISED, listing.resources)


def _partly_invalid(rule: Rule, model: Model, listing: Listing, unknown: Unknown) -> Finding | None:
    """A text with parts that are known at deployment, whose known parts are wrong."""
    found = certain_fault(unknown)
    if found is None:
        return None
    text, problem = found
    message = f"{text} in {listing.what} is no origin as browsers send it: {problem.reason}"
    fix, why = None, None
    if problem.kinds == ("slash",):
        fix, why = attempt(
            "leave the slash out",
            "safe",
            lambda: without_slash(model.template.document, unknown.node),
        )
    return Finding(rule, message, unknown.node, fix, why, PROMISED, listing.resources)


_CALLER: Final[dict[FrontDoor, str]] = {"http": "no page may call it", "url": "no page may call it"}


def _without_origin(rule: Rule, model: Model) -> Iterator[Finding]:
    """A configuration that names no origin at all."""
    for policy in {id(policy.node): policy for policy in model.policies}.values():
        setting = policy.setting("origins")
        listed = setting is not None and any(side is None or side for side in setting.sides)
        if listed or not policy.complete or policy.holder is None:
            continue
        meant = _another_dialects_key(policy.holder, policy.name("origins")) if setting is None else None
        if meant is None and not policy.settings:
            continue
        effect = _CALLER.get(policy.door, "the deployment refuses it")
        advice_ = f"list origins in {policy.name('origins')}"
        if meant is not None:
            advice_ = f"{meant.text} is no key of it; write {policy.name('origins')}, with a list"
        message = f"{policy.what} names no origin, so {effect}; {advice_}"
        says = PROMISED if policy.door in _CALLER else None
        place = setting.key if setting is not None else meant or policy.key
        yield Finding(rule, message, place, None, None, says, _of(policy))


#: What the list of origins is called elsewhere, in small letters alone: by SAM's REST APIs, buckets, response headers
#: policies, the Serverless Framework, Terraform.
_ORIGINS_ELSEWHERE: Final = ("alloworigin", "allowedorigin", "origin", "accesscontrolalloworigin")


def _another_dialects_key(holder: Mapping, right: str) -> Scalar | None:
    """The key that was meant to list the origins."""
    for key in (entry.key for entry in holder.entries):
        if key.text != right and key.text.replace("_", "").lower().removesuffix("s") in _ORIGINS_ELSEWHERE:
            return key
    return None


def _of(policy: Policy) -> tuple[str, ...]:
    return tuple(dict.fromkeys((policy.owner, policy.resource)))


# -- E9442 -------------------------------------------------------------------------------------------------------------


@rule(
    "E9442",
    "several-origins-in-one-header",
    "safe",
    doors="rest http url",
    about="value",
    explains=(anything(NO_ALLOW_ORIGIN, *WRONG_ORIGIN),),
)
def several_origins_in_one_header(rule: Rule, facts: Facts) -> Iterator[Finding]:
    """Access-Control-Allow-Origin holds a list of origins.

    ## Why
    The header names one origin, `*` or `null`. A browser compares the whole value with the page's origin, so a list
    matches no page at all. SAM's documentation once promised a comma-separated list; the service sends it as it is.

    To allow several origins, choose by the request: in the function, in an HTTP API (`AllowOrigins` is a list there),
    or in a MOCK's response template with `$context.responseOverride`, and send `Vary: Origin`. A list that a function
    sends, from its code or from an environment variable, matches no page either.

    ## Example
    ```yaml
    Cors:
      AllowOrigin: "'https://a.example.com,https://b.example.com'"
    ```

    ## Fix safety
    Safe in a serverless.yml, where a list under `origin` goes under `origins`. Elsewhere there is no fix: one of them
    has to be chosen, or code has to choose.

    ## References
    - https://fetch.spec.whatwg.org/#concept-cors-check
    - https://docs.aws.amazon.com/apigateway/latest/developerguide/how-to-cors.html
    """
    for site in facts.sent_headers:
        if site.header.lower != ALLOW_ORIGIN:
            continue
        for leaf in decided(site.header.value):
            if not isinstance(leaf, Known) or is_source(leaf.text):
                continue
            inner = literal(leaf.text)
            text = (leaf.text if inner is None else inner).strip()
            items = several(text)
            if not items:
                continue
            message = (
                f"Access-Control-Allow-Origin of {site.what} lists {len(items)} origins{_when(leaf)}; the header holds "
                f"one, so no page matches it{site.aside}"
            )
            says = PROMISED
            yield Finding(rule, message, leaf.node, says=says, resources=(site.api.logical_id,))
    yield from event_origins.joined(rule, facts.model)
    if facts.passed_on:
        from cfncors.checks import allowed_in_code

        yield from (each._replace(explains=IN_CODE) for each in allowed_in_code.in_one_header(rule, facts))


# -- E9443 -------------------------------------------------------------------------------------------------------------

_SAM_REFUSES: Final = "'AllowCredentials' can not be true when 'AllowOrigin' is \"'*'\" or not set"
#: What API Gateway answers when an HTTP API is made with both (https://github.com/aws/aws-cdk/issues/9076).
_HTTP_REFUSES: Final = "allow-credentials is not supported if 'allow-origin' is *"


@rule(
    "E9443",
    "wildcard-with-credentials",
    "unsafe",
    doors="rest http url",
    explains=(anything(Fault.WILDCARD_WITH_CREDENTIALS),),
)
def wildcard_with_credentials(rule: Rule, facts: Facts) -> Iterator[Finding]:
    """Credentials are allowed together with any origin.

    ## Why
    A response to a request with credentials must name the page's origin: for `*` the browser hides it, however
    `Access-Control-Allow-Credentials` reads. SAM refuses `"'*'"` with `AllowCredentials: true`, but lets the same pass
    unquoted or through a parameter. An HTTP API with both is not deployed, also where `*` is one of several. A function
    URL takes both and, as far as is known, answers with the page's own origin: every site may then act as the
    signed-in user. Code that sends both headers is found too, and a library that is told to; one that sends back
    whatever origin asks instead is W9446's.

    ## Example
    ```yaml
    Cors:
      AllowOrigin: '*'
      AllowCredentials: true
    ```

    ## Fix safety
    Unsafe, and only with `--origin`: the origin that you meant is not in the template. Code gets the API's own origin
    where that has one.

    ## References
    - https://fetch.spec.whatwg.org/#concept-cors-check
    - https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-cors.html
    - https://docs.aws.amazon.com/lambda/latest/dg/urls-configuration.html
    """
    for listing, entry in _origins(facts):
        # A bucket sends no credentials header with *; a response headers policy is E9475's.
        if entry.text == "*" and listing.credentialed and listing.door not in ("s3", "cdn"):
            yield _open_to_all(rule, facts.model, listing, entry)
    yield from _default_origin(rule, facts.model)
    if facts.passed_on:
        from cfncors.checks import credentials_in_code

        yield from credentials_in_code.wildcard(rule, facts)


def _open_to_all(rule: Rule, model: Model, listing: Listing, entry: Entry) -> Finding:
    origin = model.settings.origin
    fix, why = None, _GIVE_ORIGIN
    if origin is not None:
        fix, refused = attempt(f"allow {origin}", "unsafe", lambda: _allowing(model, listing, entry, origin))
        why = refused or ""
    message, says = _why_not_all(model, listing)
    message += f" ({entry.leaf.chosen})" if entry.leaf.when else ""
    return Finding(rule, message, entry.node, fix, why or None, says, listing.resources)


def _allowing(model: Model, listing: Listing, entry: Entry, origin: str) -> Edits:
    document = model.template.document
    if not isinstance(listing.written, Policy):
        return rewritten(document, entry.node, lambda _: f"'{origin}'")
    if listing.setting is not None and listing.setting.node is listing.setting.key and model.template.service:
        from cfncors.checks.serverless_remedies import write_in_policy

        return write_in_policy(model, listing.written, "origins", origin if listing.door == "rest" else [origin])
    return respelled(document, listing, {entry: origin})


def _why_not_all(model: Model, listing: Listing) -> tuple[str, Says | None]:
    if isinstance(listing.written, Policy) and listing.door != "rest":
        what = f"{listing.written.what} allows credentials from any origin"
        if listing.door == "url":
            return f"{what}; a function URL answers with the page's own, so every site acts as the signed-in user", None
        text = _HTTP_REFUSES
        sams = (api.logical_id for api in model.http_apis if api.dialect in ("sam", "sam-implicit"))
        if listing.owner in sams:
            text = _SAM_REFUSES if len(listing.entries) == 1 and listing.entries[0].plain else text
        return f"{what}; API Gateway refuses * with credentials", Says("deployment", text)
    says = PROMISED
    what = listing.written.what
    return f"{what} allows credentials from any origin; browsers refuse * for requests with credentials", says


def _default_origin(rule: Rule, model: Model) -> Iterator[Finding]:
    """SAM's origin is ``'*'`` when none is written; with credentials its translator refuses the template."""
    for api in model.rest_apis:
        cors = api.cors
        if cors is None or not cors.allows_credentials or cors.entry("AllowOrigin") is not None:
            continue
        message = f"Cors of {api.logical_id} allows credentials and names no origin, which stands for any"
        says = Says("deployment", _SAM_REFUSES)
        place = cors.credentials if cors.credentials is not None else cors.key
        fix, why = _named(model, cors)
        yield Finding(rule, message, place, fix, why, says, (api.logical_id,))


def _named(model: Model, cors: Cors) -> tuple[Fix | None, str | None]:
    origin, mapping = model.settings.origin, cors.mapping
    if origin is None or mapping is None:
        return None, _GIVE_ORIGIN
    return attempt(
        f"allow {origin}", "unsafe", lambda: put(model.template.document, mapping, ("AllowOrigin",), f"'{origin}'")
    )


# -- W9444, W9445, W9447 -----------------------------------------------------------------------------------------------


@rule("W9444", "insecure-origin", doors="rest http url s3 cdn", about="security", follows=("E9441",))
def insecure_origin(rule: Rule, facts: Facts) -> Iterator[Finding]:
    """Credentials are allowed from a page that is loaded over http.

    ## Why
    Anybody between the page and its user can change a page that is loaded without encryption, and then read what the
    API answers to the signed-in user. `localhost` and the loopback addresses never leave the computer. A bucket allows
    credentials for every origin but `*`.

    ## Example
    ```yaml
    CorsConfiguration:
      AllowOrigins: [http://app.example.com]      # https://app.example.com
      AllowCredentials: true
    ```

    ## Fix safety
    No fix: whether the page is served over https is not in the template.

    ## References
    - https://fetch.spec.whatwg.org/#cors-protocol-and-credentials
    - https://w3c.github.io/webappsec-secure-contexts/#is-origin-trustworthy
    """
    for listing, entry in _origins(facts):
        if not listing.credentialed or not entry.text.startswith("http://") or fault(listing.door, entry.text):
            continue
        host = host_of(entry.text)
        if host == "*" or is_loopback(host) or is_loopback(host.rstrip("*").rstrip(".")):
            continue
        message = (
            f"{_shown(entry)} in {listing.what} allows credentials from a page without encryption, which anybody on "
            f"its way can change; write https://{entry.text.removeprefix('http://')}"
        )
        yield Finding(rule, message, entry.node, resources=listing.resources)
    if facts.passed_on:
        from cfncors.checks import allowed_in_code

        yield from allowed_in_code.insecure(rule, facts)


@rule(
    "W9445",
    "null-origin",
    "unsafe",
    doors="rest http url s3 cdn",
    about="security",
    explains=(anything(NO_ALLOW_ORIGIN, *WRONG_ORIGIN),),
)
def null_origin(rule: Rule, facts: Facts) -> Iterator[Finding]:
    """The origin `null` is allowed, which every site can take on.

    ## Why
    A browser sends `Origin: null` for a sandboxed frame, a `data:` page, a file. Any site can put its own script into
    a sandboxed frame, so `null` allows all of them, and unlike `*` with credentials too.

    ## Example
    ```yaml
    CorsConfiguration:
      AllowOrigins:
        - https://app.example.com
        - "null"                       # not this
    ```

    ## Fix safety
    Unsafe: it shuts out pages that were let in. An entry of a list is removed, unless it is the only one; the header of
    a REST API gets the origin given with `--origin`.

    ## References
    - https://fetch.spec.whatwg.org/#cors-protocol-examples
    - https://w3c.github.io/webappsec-cors-for-developers/#avoid-returning-access-control-allow-origin-null
    """
    for listing, entry in _origins(facts):
        if entry.text != "null":
            continue
        whom = " as the signed-in user" if listing.credentialed else ""
        message = f"null in {listing.what} lets every site read{whom}: each can send it from a sandboxed frame"
        fix, why = _without_null(facts.model, listing, entry)
        yield Finding(rule, message, entry.node, fix, why, resources=listing.resources)
    if facts.passed_on:
        from cfncors.checks import allowed_in_code

        yield from allowed_in_code.null(rule, facts)


def _without_null(model: Model, listing: Listing, entry: Entry) -> tuple[Fix | None, str | None]:
    document, origin = model.template.document, model.settings.origin
    if listing.door != "rest":
        return attempt("remove null", "unsafe", lambda: dropped(document, listing, [entry]))
    if origin is None:
        return None, _GIVE_ORIGIN
    return attempt(f"allow {origin}", "unsafe", lambda: respelled(document, listing, {entry: origin}))


@rule("W9447", "public-suffix-wildcard", doors="rest http url s3 cdn", about="security")
def public_suffix_wildcard(rule: Rule, facts: Facts) -> Iterator[Finding]:
    """A pattern of origins takes hosts that anybody can have.

    ## Why
    Under `com` or `github.io` everybody can have a name, so `https://*.github.io` allows whoever wants to be allowed.
    The same holds for `https://*`, for `https://app.*`, and for `https://*example.com`, which takes
    `https://evilexample.com`. Name the origins, or a domain that is yours: `https://*.example.com`.

    ## Example
    ```yaml
    CorsRules:
      - AllowedOrigins: ["https://*.github.io"]
        AllowedMethods: [GET]
    ```

    ## Fix safety
    No fix: whose pages are meant is not in the template.

    ## References
    - https://publicsuffix.org/
    - https://docs.aws.amazon.com/AmazonS3/latest/userguide/ManageCorsUsing.html
    """
    for listing, entry in _origins(facts):
        after = free_host(entry.text) if entry.text != "*" and "*" in entry.text else None
        if after is None or fault(listing.door, entry.text) is not None:
            continue
        reason = _anybody(listing, after)
        if reason is None:
            continue
        whom = " as the signed-in user" if listing.credentialed else ""
        message = f"{_shown(entry)} in {listing.what} lets any site read{whom}: {reason}"
        yield Finding(rule, message, entry.node, resources=listing.resources)
    if facts.passed_on:
        from cfncors.checks import origins_in_code

        yield from origins_in_code.public_suffixes(rule, facts)


def _anybody(listing: Listing, after: str) -> str | None:
    from cfncors.browser.public_suffixes import anybody_matches

    if not anybody_matches(after):
        return None
    if not after:
        return "it takes every host" if listing.credentialed else None
    return f"anybody can have a host that ends with {after}"
