"""The access of a viewer to a desktop: full or view-only."""

from __future__ import annotations

from enum import Enum


class Access(str, Enum):
    """Full or view-only. The display server enforces it, independently of the page."""

    FULL = "full"
    VIEW = "view"
