"""The functions behind the routes of a model, with what their own code answers.

The front doors know what a template says, ``handlers`` what code returns; here the two meet. Code is looked at when
somebody asks, once for each function.
"""

from cfncors.functions.answers import with_code
from cfncors.functions.evidence import speaks_of_cors, with_evidence
from cfncors.functions.found import Function, Functions, root_of, shown

__all__ = ["Function", "Functions", "root_of", "shown", "speaks_of_cors", "with_code", "with_evidence"]
