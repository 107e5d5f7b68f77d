"""The access of a viewer to a desktop: full or view-only."""

from __future__ import annotations

from enum import Enum


class Access(str, Enum):
    """Everything, or only look. The display server enforces it, whatever a page does."""

    FULL = "full"
    VIEW = "view"
