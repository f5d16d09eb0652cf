"""Gateway response rules for cfn-lint; the checks are in cfncors.checks.gateway_responses."""

from cfncors.cfn_lint import rule_classes
from cfncors.checks import gateway_responses

globals().update(rule_classes(gateway_responses))
