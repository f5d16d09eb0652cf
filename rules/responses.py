"""Response rules for cfn-lint; the checks are in cfncors.checks.responses."""

from cfncors.cfn_lint import rule_classes
from cfncors.checks import responses

globals().update(rule_classes(responses))
