"""The tiles in JupyterLab's launcher, as jupyter-server-proxy entries.

They are added to its setting ``ServerProxy.servers``, which it reads when it is loaded. Jupyter
Server loads extensions in alphabetical order, so by then ours has been.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from traitlets import TraitError

from ..backends import AUTO, NAMES, installed_here
from ..backends.xpra import client as xpra_client
from ..desktops.planner import Planner
from ..desktops.sessions import DEFAULT_SESSION
from ..site import BrokenSite, Site, SiteSettings
from .files import STATIC

_ICON = STATIC / "icon.svg"


@dataclass(frozen=True)
class Tile:
    """A tile of the launcher; ``address`` is relative to Jupyter's base URL."""

    name: str
    title: str
    category: str
    address: str
    icon: Path | None = None


def tiles(settings: SiteSettings, planner: Planner) -> Iterator[Tile]:
    """Yield what the launcher has: the desktop, that of Xpra, and the applications."""
    category = settings.launcher_category
    # Its name is also the address for other clients.
    yield Tile("desktop-websockify", settings.title, category, "desktop/")
    if has_second_tile(settings, planner):
        # A desktop of its own, beside the first.
        title, address = f"{settings.title} (Xpra)", "desktop/sessions/xpra/?backend=xpra"
        yield Tile("desktop-xpra", title, category, address)
    known = planner.applications
    for name in known:
        yield Tile(
            f"desktop-application-{name}",
            known.title(name),
            known.category(name) or category,
            f"desktop/sessions/{name}/",
            known.icon(name),
        )


def has_second_tile(settings: SiteSettings, planner: Planner) -> bool:
    """Return whether there is a choice between kinds of desktop, and Xpra is the other one."""
    if settings.backend != AUTO:
        return False
    installed = installed_here(planner.plan(DEFAULT_SESSION).specification.display)
    return (
        installed == NAMES
        and xpra_client.problem(settings.xpra_client_folder, settings.xpra_executable) is None
    )


def entries_of(site: Site | BrokenSite) -> dict[str, Any]:
    """Return the entries of a site; where its settings are wrong it has none."""
    if isinstance(site, BrokenSite):
        return {}
    return entries(
        tiles(site.settings, site.planner),
        socket=site.doorman.side_entrance.path,
        new_browser_tab=site.settings.open_in == "browser-tab",
    )


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
    if not ours:
        return
    from jupyter_server_proxy.config import ServerProxy

    try:
        theirs = ServerProxy(parent=serverapp).servers
    except TraitError:
        return  # jupyter-server-proxy will say what is wrong with them
    # Not update_config(), which would set all of the server's traits once more.
    serverapp.config["ServerProxy"]["servers"] = {**ours, **theirs}
