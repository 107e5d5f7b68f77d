"""The names by which processes of one session tell each other something."""

from __future__ import annotations

WINDOW_MANAGER = "_NET_SUPPORTING_WM_CHECK"
"""Set by a window manager (EWMH)."""

APPLICATION = "_JUPYTER_DESKTOP_APPLICATION"
"""Set by the attendant of an application, in the same way, once that has a window."""

ENVIRONMENT = "JUPYTER_DESKTOP_ENVIRONMENT"
"""Holds, as JSON, what the attendant adds to the environment of its application."""
