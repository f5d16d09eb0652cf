"""Dialect rules for cfn-lint; the checks are in cfncors.checks.syntax."""

from cfncors.cfn_lint import rule_classes
from cfncors.checks import syntax

globals().update(rule_classes(syntax))
