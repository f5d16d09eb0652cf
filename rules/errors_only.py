"""Rules about errors that pages cannot read for cfn-lint; the checks are in cfncors.checks.errors_only."""

from cfncors.cfn_lint import rule_classes
from cfncors.checks import errors_only

globals().update(rule_classes(errors_only))
