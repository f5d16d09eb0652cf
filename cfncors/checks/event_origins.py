"""Origins in the ``cors`` of a serverless.yml's ``http`` events: E9442's part."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final

from cfncors.checks.remedies import Edits, attempt
from cfncors.errors import CannotEdit
from cfncors.findings import PROMISED, Finding, Rule
from cfncors.gateway.model import Model
from cfncors.gateway.policy import Policy, Setting
from cfncors.source import Sequence
from cfncors.source.edit import rename

#: A variable that leads to the key.
_REFERENCE: Final = re.compile(r"\$\{[^\n]{0,200}?[.:]origin(?![\w-])")


def joined(rule: Rule, model: Model) -> Iterator[Finding]:
    """Lists under ``origin``, which is one text: version 3 of the framework writes it into the header with commas, a
    stricter one refuses it (``serverless`` 3 and ``osls`` 4, ``lib/plugins/aws/package/compile/events/api-gateway``:
    ``lib/cors.js``, ``index.js``). ``origins`` is the list that the preflight chooses from."""
    if model.template.service is None:
        return
    for policy in model.policies:
        setting = policy.setting("origins") if policy.door == "rest" else None
        if setting is not None and setting.name == "origin" and isinstance(setting.node, Sequence):
            texts = [entry.text for item in setting.items for entry in item.known]
            if len(setting.items) > 1 and len(texts) == len(setting.items):
                yield _joined(rule, model, policy, setting, texts)


def _joined(rule: Rule, model: Model, policy: Policy, setting: Setting, texts: list[str]) -> Finding:
    message = (
        f"origin in {policy.what} is a list of {len(texts)}: the framework joins it to one header, so no page matches "
        "it, or refuses it; a list goes under origins"
    )
    fix, why = attempt("write origins", "safe", lambda: _renamed(model, setting))
    says = PROMISED
    return Finding(rule, message, setting.key, fix, why, says, (policy.owner, policy.resource))


def _renamed(model: Model, setting: Setting) -> Edits:
    document = model.template.document
    if any(
        _REFERENCE.search(text) for text in (document.text, *(each.document.text for each in document.beside.values()))
    ):
        raise CannotEdit("a variable leads to it")
    return rename(document, setting.key, "origins")
