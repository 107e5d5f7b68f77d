"""The tiles in JupyterLab's launcher, as jupyter-server-proxy entries.

They are added to the setting ``ServerProxy.servers``, which jupyter-server-proxy reads when it is
loaded. Jupyter Server loads extensions in alphabetical order, so ours is loaded before.
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
    """Yield the launcher's tiles: the desktop, the one with Xpra, and the applications."""
    category = settings.launcher_category
    # jupyter-server-proxy makes this name the URL for other clients.
    yield Tile("desktop-websockify", settings.title, category, "desktop/")
    if has_second_tile(settings, planner):
        # A second session, independent of the default one.
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
    """Return whether both kinds of desktop are installed and the settings choose neither."""
    if settings.backend != AUTO:
        return False
    installed = installed_here(planner.plan(DEFAULT_SESSION).specification.display)
    return (
        installed == NAMES
        and xpra_client.problem(settings.xpra_client_folder, settings.xpra_executable) is None
    )


def entries_of(site: Site | BrokenSite) -> dict[str, Any]:
    """Return the entries of a site; none if its settings are wrong."""
    if isinstance(site, BrokenSite):
        return {}
    return entries(
        tiles(site.settings, site.planner),
        socket=site.doorman.side_entrance.path,
        new_browser_tab=site.settings.open_in == "browser-tab",
    )


def entries(tiles: Iterable[Tile], *, socket: Path, new_browser_tab: bool) -> dict[str, Any]:
    """Return the entries of ``tiles``, by name.

    jupyter-server-proxy requires a server for each entry: ``socket`` is that of the side entrance,
    for all of them.
    """
    return {
        tile.name: {
            "command": [],
            "unix_socket": str(socket),
            "new_browser_tab": new_browser_tab,
            # An open connection is not activity of a user.
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
    """Add ``ours`` to the entries in the settings of ``serverapp``, which take precedence."""
    if not ours:
        return
    from jupyter_server_proxy.config import ServerProxy

    try:
        theirs = ServerProxy(parent=serverapp).servers
    except TraitError:
        return  # jupyter-server-proxy reports the error
    # Not update_config(), which would set all of the server's traits again.
    serverapp.config["ServerProxy"]["servers"] = {**ours, **theirs}
