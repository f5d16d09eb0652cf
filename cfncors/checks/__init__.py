"""The rules. One file per family of the table; detection and fix stand together.

The list of families is explicit: a family that is not in it does not run.
"""

from __future__ import annotations

from cfncors.checks import gateway_responses, meta, origins, preflight, responses, syntax
from cfncors.checks.registry import CHECKS

FAMILIES = (syntax, gateway_responses, preflight, origins, responses, meta)

__all__ = ["CHECKS", "FAMILIES"]
