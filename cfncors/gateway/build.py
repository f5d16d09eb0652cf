"""Template to model."""

from __future__ import annotations

from cfncors.config import Settings
from cfncors.gateway.model import Model
from cfncors.gateway.rest_api import Parts, rest_apis
from cfncors.gateway.sam import sam_apis
from cfncors.template import Template


def build(template: Template, settings: Settings | None = None) -> Model:
    """The front doors of a template."""
    parts = Parts(template)
    apis = [*rest_apis(parts)]
    if template.is_sam:
        apis.extend(sam_apis(parts))
    return Model(template, tuple(apis), settings or Settings())
