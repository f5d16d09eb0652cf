"""Dialects of CloudFormation: a document becomes resources and values, each with its place."""

from cfncors.template.intrinsics import Intrinsic, intrinsic, scalar_text
from cfncors.template.template import Parameter, Resource, Template, load
from cfncors.template.values import Absent, Choice, Known, Unknown, UnknownKind, Value, leaves, written

__all__ = [
    "Absent",
    "Choice",
    "Intrinsic",
    "Known",
    "Parameter",
    "Resource",
    "Template",
    "Unknown",
    "UnknownKind",
    "Value",
    "intrinsic",
    "leaves",
    "load",
    "scalar_text",
    "written",
]
