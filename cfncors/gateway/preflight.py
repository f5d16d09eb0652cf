"""What answers a preflight, as far as the template decides it.

A MOCK integration picks its response by the ``statusCode`` that its request template yields (Developer Guide, "Mock
integrations"); any other integration leaves the answer to code.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final, NamedTuple

from cfncors.gateway.model import Integration, IntegrationResponse, Method, RestApi, normal_path
from cfncors.template import Known, leaves

# API Gateway reads the template's result leniently: {statusCode: 200} works, as CDK and Serverless write it.
_STATUS: Final = re.compile(r"""["']?statusCode["']?\s*:\s*["']?(\d{3})\b""")
_JSON: Final = "application/json"


class Preflight(NamedTuple):
    """A path's preflight: the method that it reaches and, when it is a MOCK, the response that it picks."""

    path: str
    method: Method
    response: IntegrationResponse | None


def mock_status(integration: Integration) -> str | None:
    """The status that a MOCK's request template yields; ``None`` when there is none, ``"?"`` when it is not known."""
    if integration.templates is None:
        return "?"
    template = integration.templates.get(_JSON)
    if template is None:
        return None
    found: set[str | None] = set()
    for leaf in leaves(template):
        if not isinstance(leaf, Known):
            return "?"
        statuses = set(_STATUS.findall(leaf.text))
        # A template with directives may compute the status; one without either says it or never will.
        found.update(statuses or ("?" if "#" in leaf.text or "$" in leaf.text else None,))
    return found.pop() if len(found) == 1 else "?"


def picked(integration: Integration) -> IntegrationResponse | None:
    """The response that a MOCK answers with; ``None`` when none matches or it is not known.

    Without a status it is the one that it would answer with: what else is wrong with it is wrong all the same.
    """
    status = mock_status(integration)
    if status is None or status == "?":
        return integration.responses[0] if len(integration.responses) == 1 else None
    return selected(integration, status)


def selected(integration: Integration, status: str) -> IntegrationResponse | None:
    """The response whose pattern matches a status, else the first without a pattern (Developer Guide, "Set up an
    integration response"). A pattern that is no regular expression matches nothing."""
    default = None
    for response in integration.responses:
        if not response.pattern:
            default = default or response
            continue
        try:
            if re.fullmatch(response.pattern, status):
                return response
        except re.error:
            continue
    return default


def preflights(api: RestApi) -> Iterator[Preflight]:
    """The preflight of every path that has a method of its own beside OPTIONS."""
    seen: set[str] = set()
    for method in api.methods:
        path = normal_path(method.path)
        if method.is_options or path in seen:
            continue
        seen.add(path)
        answering = api.answers_options(path)
        if answering is None:
            continue
        integration = answering.integration
        if integration is None or integration.kind != "mock":
            yield Preflight(path, answering, None)
            continue
        # One for each response that a deployment may answer with.
        for response in {id(each): each for each in map(picked, integration.each)}.values():
            yield Preflight(path, answering, response)
