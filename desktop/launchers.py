"""The tiles in JupyterLab's launcher, as jupyter-server-proxy entries.

jupyter-server-proxy calls ``websockify`` (entry point group ``jupyter_serverproxy_servers``) when
it is loaded. Jupyter Server loads extensions in alphabetical order, so by then ours has announced
what there is.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

_ICON = Path(__file__).parent / "static" / "icon.svg"

_announced: dict[str, Any] = {}


def announce(
    *, title: str, category: str, new_browser_tab: bool, socket: Path, second: bool
) -> None:
    """Set what the entries are in this process; called by our server extension.

    ``second`` asks for a tile of its own for a desktop shown by Xpra.
    """

    def entry(title: str, path: str, enabled: bool) -> dict[str, Any]:
        return {
            "command": [],
            "unix_socket": str(socket),
            "new_browser_tab": new_browser_tab,
            # An open connection is no sign of a user's activity.
            "update_last_activity": False,
            "launcher_entry": {
                "enabled": enabled,
                "title": title,
                "category": category,
                "icon_path": str(_ICON),
                "path_info": path,
            },
        }

    _announced["websockify"] = entry(title, "desktop/", True)
    # A desktop of its own, beside the first.
    xpra = "desktop/sessions/xpra/?backend=xpra"
    _announced["xpra"] = entry(f"{title} (Xpra)", xpra, second)


def websockify() -> dict[str, Any]:
    """Return the jupyter-server-proxy entry of `/desktop-websockify/`, which brings the tile."""
    return _entry("websockify")


def xpra() -> dict[str, Any]:
    """Return the jupyter-server-proxy entry that brings the second tile."""
    return _entry("xpra")


def _entry(name: str) -> dict[str, Any]:
    if not _announced:
        raise RuntimeError(
            "the server extension 'desktop' is not enabled (jupyter server extension enable "
            "desktop), or the log above says what is wrong with its settings"
        )
    return dict(_announced[name])
