"""Origin rules for cfn-lint; the checks are in cfncors.checks.origins."""

from cfncors.cfn_lint import rule_classes
from cfncors.checks import origins

globals().update(rule_classes(origins))
