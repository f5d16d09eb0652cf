"""Preflight rules (mock) for cfn-lint; the checks are in cfncors.checks.preflight_mock."""

from cfncors.cfn_lint import rule_classes
from cfncors.checks import preflight_mock

globals().update(rule_classes(preflight_mock))
