"""Preflight rules (cache) for cfn-lint; the checks are in cfncors.checks.preflight_cache."""

from cfncors.cfn_lint import rule_classes
from cfncors.checks import preflight_cache

globals().update(rule_classes(preflight_cache))
