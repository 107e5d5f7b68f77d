"""A Linux desktop in the browser, as a Jupyter server extension."""

from __future__ import annotations

from importlib.metadata import version

__version__ = version("jupyter-desktop")


def _jupyter_server_extension_points() -> list[dict[str, object]]:
    """Tell Jupyter Server which application this package brings (it calls this)."""
    from .app import DesktopApp

    return [{"module": "desktop.app", "app": DesktopApp}]
