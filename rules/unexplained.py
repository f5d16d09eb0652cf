"""Rules about blocked exchanges for cfn-lint; the checks are in cfncors.checks.unexplained."""

from cfncors.cfn_lint import rule_classes
from cfncors.checks import unexplained

globals().update(rule_classes(unexplained))
