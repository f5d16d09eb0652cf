"""Rules on values in lists for cfn-lint; the checks are in cfncors.checks.list_syntax."""

from cfncors.cfn_lint import rule_classes
from cfncors.checks import list_syntax

globals().update(rule_classes(list_syntax))
