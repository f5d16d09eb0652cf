"""This tool's own rules for cfn-lint; the checks are in cfncors.checks.meta."""

from cfncors.cfn_lint import rule_classes
from cfncors.checks import meta

globals().update(rule_classes(meta))
