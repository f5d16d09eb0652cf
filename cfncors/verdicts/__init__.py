"""What a browser does with every route of a template: the answers of its front doors, judged by the Fetch standard."""

from cfncors.verdicts.changes import changes
from cfncors.verdicts.matrix import Asked, Exchange, Matrix, Page, matrix_of
from cfncors.verdicts.options import Options, options
from cfncors.verdicts.simulation import simulate, simulation

__all__ = [
    "Asked",
    "Exchange",
    "Matrix",
    "Options",
    "Page",
    "changes",
    "matrix_of",
    "options",
    "simulate",
    "simulation",
]
