"""Rules about origins chosen by the request for cfn-lint; the checks are in cfncors.checks.chosen_origins."""

from cfncors.cfn_lint import rule_classes
from cfncors.checks import chosen_origins

globals().update(rule_classes(chosen_origins))
