"""The rules. One file per family of the table; detection and fix stand together.

The list of families is explicit: a family that is not in it does not run.
"""

from __future__ import annotations

from cfncors.checks import (
    cdn_forwarding,
    chosen_origins,
    errors_only,
    gateway_responses,
    handlers,
    list_syntax,
    list_wildcards,
    lists,
    meta,
    origins,
    preflight,
    preflight_cache,
    preflight_lists,
    preflight_mock,
    responses,
    storage_cdn,
    syntax,
    unexplained,
    wide_open,
    wrong_types,
)
from cfncors.checks.registry import CHECKS

FAMILIES = (
    syntax,
    wrong_types,
    list_syntax,
    gateway_responses,
    errors_only,
    preflight,
    preflight_lists,
    preflight_mock,
    preflight_cache,
    origins,
    chosen_origins,
    wide_open,
    lists,
    list_wildcards,
    responses,
    handlers,
    storage_cdn,
    cdn_forwarding,
    unexplained,
    meta,
)

__all__ = ["CHECKS", "FAMILIES"]
