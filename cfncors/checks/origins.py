"""944x, origins: who is allowed, and whether a browser can understand it."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final

from cfncors.browser import console
from cfncors.checks.headers import Site, sites
from cfncors.checks.registry import rule
from cfncors.checks.remedies import attempt, rewritten
from cfncors.findings import Finding, Fix, Rule, Says
from cfncors.gateway.expressions import decided, is_source, literal, static_texts
from cfncors.gateway.model import ALLOW_CREDENTIALS, ALLOW_ORIGIN, Cors, Headers, Model
from cfncors.source.edit import put
from cfncors.template import Known

_SEPARATOR: Final = re.compile(r"[,\s]+")
_ORIGIN: Final = re.compile(r"\*|null|[a-zA-Z][a-zA-Z0-9+.-]*://\S+|[\w*-]+(?:\.[\w*-]+)+(?::\d+)?")


@rule("E9442", "several-origins-in-one-header")
def several_origins_in_one_header(rule: Rule, model: Model) -> Iterator[Finding]:
    """Access-Control-Allow-Origin holds a list of origins.

    ## Why
    The header names one origin, `*` or `null`. A browser compares the whole value with the page's origin, so a list
    matches no page at all. SAM's documentation once promised a comma-separated list; the service sends it as it is.

    To allow several origins, choose by the request: in the function, in an HTTP API (`AllowOrigins` is a list there),
    or in a MOCK's response template with `$context.responseOverride`, and send `Vary: Origin`.

    ## Example
    ```yaml
    Cors:
      AllowOrigin: "'https://a.example.com,https://b.example.com'"
    ```

    ## Fix safety
    No fix: one of them has to be chosen, or code has to choose.

    ## References
    - https://fetch.spec.whatwg.org/#concept-cors-check
    - https://docs.aws.amazon.com/apigateway/latest/developerguide/how-to-cors.html
    """
    for site in sites(model):
        if site.header.lower != ALLOW_ORIGIN:
            continue
        for leaf in decided(site.header.value):
            if not isinstance(leaf, Known) or is_source(leaf.text):
                continue
            inner = literal(leaf.text)
            text = (leaf.text if inner is None else inner).strip()
            items = [item for item in _SEPARATOR.split(text) if item]
            if len(items) < 2 or not all(_ORIGIN.fullmatch(item) for item in items):
                continue
            message = (
                f"Access-Control-Allow-Origin of {site.what} lists {len(items)} origins; the header holds one, so no "
                "page matches it"
            )
            says = Says(
                "browser", console.blocked(console.several_origins(text, preflight=site.preflight), origin=items[0])
            )
            yield Finding(rule, message, leaf.node, says=says, resources=(site.api.logical_id,))


@rule("E9443", "wildcard-with-credentials", "unsafe")
def wildcard_with_credentials(rule: Rule, model: Model) -> Iterator[Finding]:
    """Credentials are allowed together with any origin.

    ## Why
    A response to a request with credentials must name the page's origin: for `*` the browser hides it, however
    `Access-Control-Allow-Credentials` reads. SAM refuses `"'*'"` with `AllowCredentials: true`, but lets the same pass
    unquoted or through a parameter.

    ## Example
    ```yaml
    Cors:
      AllowOrigin: '*'
      AllowCredentials: true
    ```

    ## Fix safety
    Unsafe, and only with `--origin`: the origin that you meant is not in the template.

    ## References
    - https://fetch.spec.whatwg.org/#concept-cors-check
    """
    for site in sites(model):
        if site.header.lower != ALLOW_ORIGIN or not _credentialed(site):
            continue
        known = (leaf for leaf in decided(site.header.value) if isinstance(leaf, Known))
        for leaf in {id(leaf.node): leaf for leaf in known if _bare(leaf.text) == "*"}.values():
            yield _finding(rule, model, site, leaf)
    yield from _default_origin(rule, model)


def _finding(rule: Rule, model: Model, site: Site, leaf: Known) -> Finding:
    origin = model.settings.origin
    fix, why = None, "give the origin with --origin"
    if origin is not None:
        fix, refused = attempt(
            f"allow {origin}",
            "unsafe",
            lambda: rewritten(model.template.document, leaf.node, lambda _: f"'{origin}'"),
        )
        why = refused or ""
    message = f"{site.what} allows credentials from any origin; browsers refuse * for requests with credentials"
    says = Says("browser", console.blocked(console.wildcard_with_credentials(preflight=site.preflight)))
    return Finding(rule, message, leaf.node, fix, why or None, says, (site.api.logical_id,))


def _default_origin(rule: Rule, model: Model) -> Iterator[Finding]:
    """SAM's origin is ``'*'`` when none is written; with credentials its translator refuses the template."""
    for api in model.rest_apis:
        cors = api.cors
        if cors is None or not cors.allows_credentials or cors.entry("AllowOrigin") is not None:
            continue
        message = f"Cors of {api.logical_id} allows credentials and names no origin, which stands for any"
        says = Says("deployment", "'AllowCredentials' can not be true when 'AllowOrigin' is \"'*'\" or not set")
        place = cors.credentials if cors.credentials is not None else cors.key
        fix, why = _named(model, cors)
        yield Finding(rule, message, place, fix, why, says, (api.logical_id,))


def _named(model: Model, cors: Cors) -> tuple[Fix | None, str | None]:
    origin, mapping = model.settings.origin, cors.mapping
    if origin is None or mapping is None:
        return None, "give the origin with --origin"
    return attempt(
        f"allow {origin}", "unsafe", lambda: put(model.template.document, mapping, ("AllowOrigin",), f"'{origin}'")
    )


def _bare(text: str) -> str:
    inner = literal(text)
    return (text if inner is None else inner).strip()


def _credentialed(site: Site) -> bool:
    """Whether the response that sends the origin allows credentials too."""
    if site.gateway is not None:
        return _true(site.gateway.headers)
    if site.response is not None:
        return _true(site.response.headers)
    return site.api.cors is not None and site.api.cors.allows_credentials


def _true(headers: Headers) -> bool:
    texts = static_texts(headers.get(ALLOW_CREDENTIALS))
    return texts is not None and "true" in texts
