"""Complete CORS for one front door, in its own dialect: what is missing is added, the rest stays as it is."""

from cfncors.enable.asked import Asked, asked
from cfncors.enable.run import enable_text
from cfncors.enable.several import SeveralOrigins

__all__ = ["Asked", "SeveralOrigins", "asked", "enable_text"]
