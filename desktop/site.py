"""The site: settings that handlers use, and the parts that do the work."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from .admission.doorman import Doorman
from .backends import Clipboard
from .desktops.planner import Planner
from .desktops.sessions import Sessions


@dataclass(frozen=True)
class SiteSettings:
    """Settings of the page, the API and the launcher; ``c.DesktopApp`` explains them.

    ``video`` is whether pages request it: it is allowed, and PyAV is installed here.
    ``xpra_client_folder`` and ``xpra_executable`` are ``c.Xpra``'s, for ``backends.xpra.client``.
    """

    title: str
    backend: str
    clipboard: Clipboard
    sharing: str
    video: bool
    open_in: str
    launcher_category: str
    xpra_client_folder: str
    xpra_executable: str


@dataclass(frozen=True)
class Site:
    """The desktops of one Jupyter server, with their settings, planner and doorman."""

    settings: SiteSettings
    planner: Planner
    desktops: Sessions
    doorman: Doorman

    @property
    def last_activity(self) -> datetime | None:
        """When a desktop was last in use; None if there is no desktop."""
        return max((desktop.last_activity for desktop in self.desktops.all()), default=None)

    async def stop(self) -> None:
        """End every desktop and the bridge."""
        await self.doorman.stop()


@dataclass(frozen=True)
class BrokenSite:
    """Replaces ``Site`` if the settings are wrong; ``error`` is the message about them."""

    error: str

    @property
    def last_activity(self) -> datetime | None:
        """None: there are no desktops."""
        return None

    async def stop(self) -> None:
        """Do nothing: nothing was started."""
