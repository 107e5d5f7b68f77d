"""The tiles in JupyterLab's launcher, as jupyter-server-proxy entries.

They are added to its setting ``ServerProxy.servers``, which it reads when it is loaded. Jupyter
Server loads extensions in alphabetical order, so by then ours has been.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from traitlets import TraitError

_ICON = Path(__file__).parents[1] / "static" / "icon.svg"


@dataclass(frozen=True)
class Tile:
    """What is pressed in the launcher: ``address`` is relative to Jupyter's base URL."""

    name: str
    title: str
    category: str
    address: str
    icon: Path | None = None


def entries(tiles: Iterable[Tile], *, socket: Path, new_browser_tab: bool) -> dict[str, Any]:
    """Return the entries of ``tiles``, by name.

    jupyter-server-proxy wants to know of each where its server is: for that of the desktop it is
    the side entrance, ``socket``, and for the others there is no other.
    """
    return {
        tile.name: {
            "command": [],
            "unix_socket": str(socket),
            "new_browser_tab": new_browser_tab,
            # An open connection is no sign of a user's activity.
            "update_last_activity": False,
            "launcher_entry": {
                "enabled": True,
                "title": tile.title,
                "category": tile.category,
                "icon_path": str(tile.icon or _ICON),
                "path_info": tile.address,
            },
        }
        for tile in tiles
    }


def announce(serverapp: Any, ours: Mapping[str, Any]) -> None:
    """Add ``ours`` to the entries in the settings of ``serverapp``, whose own go before."""
    from jupyter_server_proxy.config import ServerProxy

    try:
        theirs = ServerProxy(parent=serverapp).servers
    except TraitError:
        return  # jupyter-server-proxy will say what is wrong with them
    # Not update_config(), which would set all of the server's traits once more.
    serverapp.config["ServerProxy"]["servers"] = {**ours, **theirs}
