"""Where a session runs, and how its display server is reached from here."""

from .base import Placement
from .local import Local

__all__ = ["LOCAL", "NAMES", "Local", "Placement"]

LOCAL = "local"
NAMES = (LOCAL,)
