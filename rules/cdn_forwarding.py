"""Rules about what CloudFront keeps and forwards, for cfn-lint; the checks are in cfncors.checks.cdn_forwarding."""

from cfncors.cfn_lint import rule_classes
from cfncors.checks import cdn_forwarding

globals().update(rule_classes(cdn_forwarding))
