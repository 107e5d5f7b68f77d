"""A Linux desktop in the browser, as a Jupyter server extension."""

from __future__ import annotations

# Not asked of the package's metadata: sessions and bridges would start a third later.
__version__ = "0.1.0"


def _jupyter_server_extension_points() -> list[dict[str, object]]:
    """Tell Jupyter Server which application this package brings (it calls this)."""
    from .app import DesktopApp

    return [{"module": "jupyter_desktop.app", "app": DesktopApp}]
