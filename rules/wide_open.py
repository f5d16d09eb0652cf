"""Rules for cfn-lint on who is let in; the checks are in cfncors.checks.wide_open."""

from cfncors.cfn_lint import rule_classes
from cfncors.checks import wide_open

globals().update(rule_classes(wide_open))
