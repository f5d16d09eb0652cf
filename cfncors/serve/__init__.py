"""``cfncors serve``: API Gateway's predicted answers on this machine, for a real browser or front end."""

from cfncors.serve.deployment import Choice, Deployment, Watched
from cfncors.serve.server import Server
from cfncors.serve.site import Site, greeting

__all__ = ["Choice", "Deployment", "Server", "Site", "Watched", "greeting"]
