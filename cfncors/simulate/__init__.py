"""What a browser will do with every route of a template: API Gateway's answers, judged by the Fetch standard."""

from cfncors.simulate.changes import changes
from cfncors.simulate.options import Options, options
from cfncors.simulate.run import simulate

__all__ = ["Options", "changes", "options", "simulate"]
