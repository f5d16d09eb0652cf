"""The rules. One file per family of the table; detection and fix stand together.

The list of families is explicit: a family that is not in it does not run.
"""

from __future__ import annotations

from cfncors.checks import gateway_responses, meta, origins, preflight, responses, syntax
from cfncors.checks.registry import CHECKS
from cfncors.findings import Finding
from cfncors.gateway.model import Model

FAMILIES = (syntax, gateway_responses, preflight, origins, responses, meta)


def run(model: Model) -> list[Finding]:
    """All findings that the run's settings want, in the order of the file."""
    found = [
        finding for rule_id, (_, check) in CHECKS.items() if model.settings.wants(rule_id) for finding in check(model)
    ]
    return sorted(found, key=lambda finding: (finding.node.start, finding.rule.id, finding.message))


__all__ = ["CHECKS", "FAMILIES", "run"]
