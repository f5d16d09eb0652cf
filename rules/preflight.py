"""Preflight rules for cfn-lint; the checks are in cfncors.checks.preflight."""

from cfncors.cfn_lint import rule_classes
from cfncors.checks import preflight

globals().update(rule_classes(preflight))
