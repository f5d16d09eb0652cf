"""Rules for cfn-lint on values of a wrong type; the checks are in cfncors.checks.wrong_types."""

from cfncors.cfn_lint import rule_classes
from cfncors.checks import wrong_types

globals().update(rule_classes(wrong_types))
