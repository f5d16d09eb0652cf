"""List rules for cfn-lint; the checks are in cfncors.checks.lists."""

from cfncors.cfn_lint import rule_classes
from cfncors.checks import lists

globals().update(rule_classes(lists))
