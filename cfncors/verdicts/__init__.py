"""What a browser will do with every route of a template: API Gateway's answers, judged by the Fetch standard."""

from cfncors.verdicts.changes import changes
from cfncors.verdicts.options import Options, options
from cfncors.verdicts.run import simulate

__all__ = ["Options", "changes", "options", "simulate"]
