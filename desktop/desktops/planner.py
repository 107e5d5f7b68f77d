"""The planner: turns a start request and the settings into a plan."""

from __future__ import annotations

import os

from jupyter_core.paths import jupyter_path, jupyter_runtime_dir

from ..backends import AUTO, Clipboard, DisplaySettings
from ..session.specification import Specification
from ..system import credentials
from .applications import Applications
from .places import Places
from .plans import Plan, Wish
from .sessions import DEFAULT_SESSION, NO_WISH
from .settings import DesktopSettings


class Planner:
    """Plans desktops by ``settings``; ``applications`` can be requested by name.

    ``places`` are the placements that users may choose.
    """

    def __init__(self, settings: DesktopSettings, applications: Applications) -> None:
        self._settings = settings
        self.applications = applications
        self.places = Places([settings.placement, *settings.other_placements], settings.slurm)

    def plan(self, name: str, wish: Wish = NO_WISH) -> Plan:
        """Return the plan of the desktop called ``name``; raises ``DesktopError``."""
        chosen = self.application_of(name, wish.application)
        application = self.applications.get(chosen) if chosen else None
        if application:
            wish = application.wish(wish)
        specification = self._specification(name, wish)
        if application:
            specification = application.specification(specification, name)
        return Plan(specification, self.places.placement(wish))

    def application_of(self, name: str, asked: str = "") -> str:
        """Return the application of the session called ``name``; empty for a desktop.

        It is the one that was ``asked`` for, or the one of the same name.
        """
        return asked or (name if name in self.applications else "")

    def _specification(self, name: str, wish: Wish) -> Specification:
        settings = self._settings
        return Specification(
            backend=wish.backend or self._backend(),
            key=credentials.key(),
            display=DisplaySettings(
                geometry=wish.geometry or settings.geometry,
                clipboard=Clipboard(settings.clipboard),
                title=settings.title if name == DEFAULT_SESSION else f"{settings.title} {name}",
                executable=settings.display_server,
                arguments=tuple(settings.display_server_arguments),
                xpra=settings.xpra.settings(),
            ),
            start_script=settings.start_script,
            script_folders=tuple(jupyter_path("desktop", "xstartup")),
            folders=runtime_folders(),
            start_timeout=settings.start_timeout,
            stop_timeout=settings.stop_timeout,
            video=settings.video != "off",
            video_cores=settings.video_cores,
        )

    def _backend(self) -> str:
        """Return the backend of the settings.

        An explicit ``display_server`` implies VNC, without Xpra as its fallback.
        """
        setting = self._settings.backend
        return "vnc" if setting == AUTO and self._settings.display_server else setting


def runtime_folders() -> tuple[str, ...]:
    """Return the candidates for runtime folders, best first."""
    folders = [os.environ.get("XDG_RUNTIME_DIR", ""), jupyter_runtime_dir()]
    return tuple(folder for folder in folders if folder)
