"""Response rules for cfn-lint; the checks are in cfncors.checks.handlers."""

from cfncors.cfn_lint import rule_classes
from cfncors.checks import handlers

globals().update(rule_classes(handlers))
