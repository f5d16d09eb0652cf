"""What a user may say about the pages: origins, credentials, headers, one route, values of parameters, the browser."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Final, NamedTuple

from cfncors import config
from cfncors.browser import ProfileName
from cfncors.config import Settings
from cfncors.errors import UsageError
from cfncors.template import Template

_TOKEN: Final = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]+")
_PARAMETER: Final = re.compile(r"[A-Za-z0-9]+")


class Options(NamedTuple):
    """Choices of one simulation.

    Without ``origins`` each front door is called by the pages that it names; where it names none, by those of
    ``configured`` or by an example. ``credentials`` is ``None`` to send them where the front door allows them.
    ``headers`` are added to every request.
    ``parameters`` are values for the template's parameters, instead of their defaults and ``AllowedValues``.
    """

    origins: tuple[str, ...] = ()
    credentials: bool | None = None
    headers: tuple[tuple[str, str], ...] = ()
    method: str | None = None
    path: str | None = None
    parameters: tuple[tuple[str, str], ...] = ()
    profile: ProfileName = "fetch"
    configured: tuple[str, ...] = ()
    #: whether cases name the values of parameters that they were judged with
    shows_assumed: bool = True

    @property
    def names_exchanges(self) -> bool:
        """Whether the user asks about certain pages or routes, and so about front doors that are closed, too."""
        return bool(self.origins or self.method is not None or self.path is not None)


def options(
    origins: Iterable[str] = (),
    credentials: bool | None = None,
    headers: Iterable[str] = (),
    method: str | None = None,
    path: str | None = None,
    parameters: Iterable[str] = (),
    profile: ProfileName = "fetch",
    configured: str | None = None,
) -> Options:
    """Options as a command line gives them. Raises :class:`UsageError` saying what to write instead."""
    return Options(
        tuple(dict.fromkeys(config.origin(text) for text in origins)),
        credentials,
        tuple(map(_header, headers)),
        _method(method) if method is not None else None,
        _path(path) if path is not None else None,
        tuple(map(_parameter, parameters)),
        profile,
        (configured,) if configured is not None else (),
    )


def asked_by(settings: Settings) -> Options:
    """The pages that the settings of a run say something about: ``check``, ``fix`` and ``simulate`` ask the same."""
    configured = (settings.origin,) if settings.origin is not None else ()
    return Options(credentials=settings.credentials, configured=configured, shows_assumed=False)


def _header(text: str) -> tuple[str, str]:
    """``NAME`` or ``NAME: value``."""
    name, _, value = text.partition(":")
    name = name.strip()
    if not _TOKEN.fullmatch(name):
        raise UsageError(f"--header {text!r} has no header name; write --header X-Tenant or --header 'X-Tenant: acme'")
    value = value.strip() or "x"
    if not value.isprintable() or not value.isascii():
        raise UsageError(f"--header {name}: its value has characters that no header can have")
    return name, value


def _method(text: str) -> str:
    if not _TOKEN.fullmatch(text):
        raise UsageError(f"--method {text!r} is no HTTP method; write --method PUT")
    return text.upper()


def _path(text: str) -> str:
    if not text.startswith("/"):
        raise UsageError(f"--path {text!r} begins with a slash: --path /{text}")
    return text


def _parameter(text: str) -> tuple[str, str]:
    name, mark, value = text.partition("=")
    if not mark or not _PARAMETER.fullmatch(name):
        raise UsageError(f"--parameter {text!r} is no Key=Value; write --parameter Stage=prod")
    return name, value


def check_parameters(template: Template, given: Iterable[tuple[str, str]]) -> None:
    """Raises :class:`UsageError` for a value of a parameter that the template does not have or does not allow."""
    for name, value in given:
        parameter = template.parameters.get(name)
        if parameter is None:
            known = ", ".join(template.parameters) or "none"
            raise UsageError(f"--parameter {name}={value}: the template has no parameter {name}; it has {known}")
        if parameter.allowed and value not in parameter.allowed:
            raise UsageError(f"--parameter {name}={value}: the template allows {', '.join(parameter.allowed)}")
