"""Preflight rules (lists) for cfn-lint; the checks are in cfncors.checks.preflight_lists."""

from cfncors.cfn_lint import rule_classes
from cfncors.checks import preflight_lists

globals().update(rule_classes(preflight_lists))
