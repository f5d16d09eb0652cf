"""Rules about * in lists for cfn-lint; the checks are in cfncors.checks.list_wildcards."""

from cfncors.cfn_lint import rule_classes
from cfncors.checks import list_wildcards

globals().update(rule_classes(list_wildcards))
