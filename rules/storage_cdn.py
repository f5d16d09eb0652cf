"""Storage and CDN rules for cfn-lint; the checks are in cfncors.checks.storage_cdn."""

from cfncors.cfn_lint import rule_classes
from cfncors.checks import storage_cdn

globals().update(rule_classes(storage_cdn))
