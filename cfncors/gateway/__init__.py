"""What an AWS front door answers: models built from a template, and how they respond."""

from cfncors.gateway.build import build
from cfncors.gateway.model import Model

__all__ = ["Model", "build"]
