"""Names of X properties and variables that the processes of a session share."""

from __future__ import annotations

WINDOW_MANAGER = "_NET_SUPPORTING_WM_CHECK"
"""Set by a window manager (EWMH)."""

APPLICATION = "_JUPYTER_DESKTOP_APPLICATION"
"""Set in the same way by the attendant of an application, once it has a window."""

ENVIRONMENT = "JUPYTER_DESKTOP_ENVIRONMENT"
"""The variables, as JSON, that the attendant adds to its application's environment."""
