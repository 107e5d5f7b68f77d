"""A Linux desktop in the browser, as a Jupyter server extension."""

from __future__ import annotations

# Reading the package's metadata would make sessions and bridges start a third later.
__version__ = "0.1.0"


def _jupyter_server_extension_points() -> list[dict[str, object]]:
    """Return this package's application (Jupyter Server calls this)."""
    from .app import DesktopApp

    return [{"module": "jupyter_desktop.app", "app": DesktopApp}]
