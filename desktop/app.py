"""The application: the settings ``c.DesktopApp``, and how the parts are wired."""

from __future__ import annotations

import os
from functools import cached_property
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from jupyter_core.paths import jupyter_config_path
from jupyter_server.extension.application import ExtensionApp, ExtensionAppJinjaMixin
from tornado.ioloop import PeriodicCallback
from traitlets import (
    Bool,
    Enum,
    Float,
    HasTraits,
    TraitError,
    TraitType,
    Unicode,
    default,
    validate,
)

from . import __version__
from .admission.doorman import Doorman
from .admission.tickets import Tickets
from .backends import Clipboard
from .backends.xpra.settings import Xpra
from .desktops import applications
from .desktops.planner import Planner, runtime_folders
from .desktops.sessions import Sessions
from .desktops.settings import DesktopSettings, check_seconds
from .placements.slurm.settings import Slurm
from .site import BrokenSite, Site, SiteSettings
from .web import launcher, outside, routes

HERE = Path(__file__).parent

_APPLICATIONS = ("desktop", "applications")  # on Jupyter's config path

# A hub's single-user server reads the reported activity every five minutes.
_REPORT_ACTIVITY_EVERY = 10_000  # milliseconds


class DesktopApp(DesktopSettings, ExtensionAppJinjaMixin, ExtensionApp):
    """A Linux desktop in the browser: ``jupyter desktop``, or part of any Jupyter server."""

    name = "desktop"
    version = __version__
    description = "A Linux desktop in the browser, under the URL of a Jupyter server."
    examples = """
jupyter desktop                              # start a server, print its address
jupyter desktop --open                       # and open it in a browser
jupyter desktop --DesktopApp.clipboard=out   # text may leave the desktop, not enter it
jupyter desktop doctor                       # what is missing, and would a desktop start?
"""
    extension_url = "/desktop/"
    classes = [Xpra, Slurm]  # noqa: RUF012
    load_other_extensions = True
    template_paths = [str(HERE / "templates")]  # noqa: RUF012
    flags = {  # noqa: RUF012
        "open": ({"DesktopApp": {"open_browser": True}}, "Open the desktop in a browser."),
    }

    subcommands = {  # noqa: RUF012
        "doctor": (
            "jupyter_desktop.doctor.app.Doctor",
            "Check what is installed, what is missing, and whether a desktop would start.",
        ),
    }

    open_browser = Bool(
        config=True,
        help="""Open the desktop in a browser once `jupyter desktop` has started. The default is to
        do so where there is a display.""",
    )

    sharing = Enum(
        ("full", "view", "off"),
        "full",
        config=True,
        help="""How a desktop may be shared with other users of the Jupyter server: with full access
        (`full`), view-only (`view`), or not at all (`off`).""",
    )

    ticket_lifetime = Float(
        30.0,
        config=True,
        help="""Seconds within which a page must connect after it has requested a ticket.""",
    )

    open_in = Enum(
        ("browser-tab", "lab-tab"),
        "browser-tab",
        config=True,
        help="""Where JupyterLab's launcher opens the desktop: in a tab of the browser, or in one of
        JupyterLab.""",
    )

    launcher_category = Unicode(
        "Notebook", config=True, help="""Section of JupyterLab's launcher with the tile."""
    )

    @default("open_browser")
    def _default_open_browser(self) -> bool:
        has_display = bool(os.environ.get("DISPLAY") or os.environ.get("WAYLAND_DISPLAY"))
        server: Any = self.serverapp
        chosen: bool = server.config["ServerApp"].get("open_browser", has_display)
        return chosen

    @default("slurm")
    def _default_slurm(self) -> Slurm:
        return Slurm(parent=self)

    @default("xpra")
    def _default_xpra(self) -> Xpra:
        return Xpra(parent=self)

    @validate("ticket_lifetime")
    def _check_ticket_lifetime(self, proposal: dict[str, Any]) -> float:
        return check_seconds("ticket_lifetime", proposal["value"])

    def _link_jupyter_server_extension(self, serverapp: Any) -> None:
        """Read the settings (Jupyter Server calls this).

        Jupyter Server would log an error and continue with the defaults, so a misspelt
        `clipboard = "off"` would leave the clipboard on.
        """
        # An extension has no subcommands: `jupyter lab doctor` opens a file called doctor.
        self.subcommands = {}
        try:
            super()._link_jupyter_server_extension(serverapp)
            self.xpra, self.slurm  # noqa: B018  their settings are checked on creation
        except TraitError as error:
            self.site = BrokenSite(str(error))
            raise

    @cached_property
    def planner(self) -> Planner:
        """The planner of this server's desktops."""
        folders = [str(Path(folder, *_APPLICATIONS)) for folder in jupyter_config_path()]
        return Planner(self, applications.read(self.applications, folders, self.log))

    @cached_property
    def site(self) -> Site | BrokenSite:
        """The settings and parts that handlers use."""
        desktops = Sessions(self.planner.plan, self.log, self.activity)
        tickets = Tickets(self.ticket_lifetime)
        doorman = Doorman(desktops, tickets, runtime_folders(), self.log)
        return Site(self.site_settings(), self.planner, desktops, doorman)

    def site_settings(self) -> SiteSettings:
        """Return the settings that handlers and the launcher use."""
        return SiteSettings(
            title=self.title,
            backend=self.backend,
            clipboard=Clipboard(self.clipboard),
            sharing=self.sharing,
            video=self.video != "off" and find_spec("av") is not None,
            open_in=self.open_in,
            launcher_category=self.launcher_category,
            xpra_client_folder=self.xpra.client_folder,
            xpra_executable=self.xpra.executable,
        )

    def initialize_settings(self) -> None:
        """Create the parts that handlers use (Jupyter Server calls this)."""
        self.settings["desktop_site"] = self.site
        # Jupyter Server 2.17 and later do not log the values of these parameters. "next" is the
        # page's address, which may contain a share key, while the user logs in.
        scrubbed = self.settings.get("extra_log_scrub_param_keys", ())
        self.settings["extra_log_scrub_param_keys"] = [*scrubbed, "next"]
        self._reporting = PeriodicCallback(self._report_activity, _REPORT_ACTIVITY_EVERY)
        self._reporting.start()
        launcher.announce(self.serverapp, launcher.entries_of(self.site))

    def initialize_handlers(self) -> None:
        """Add our URLs (Jupyter Server calls this)."""
        self.handlers.extend(routes(self.site))
        server: Any = self.serverapp
        # Jupyter's last rule answers all remaining addresses; rules that extensions add come first.
        server.web_app.wildcard_router.rules.insert(-1, outside(server.base_url))

    def current_activity(self) -> None:
        """Report when the desktops were last in use (called before an idle server ends itself).

        Returns None: any other value would keep the server alive, however old the activity is.
        """
        self._report_activity()

    def _report_activity(self) -> None:
        """Set the last activity where Jupyter Server and a hub's single-user server read it."""
        server: Any = self.serverapp
        if last := self.site.last_activity:
            server.web_app.settings["last_activity_times"][self.name] = last

    async def stop_extension(self) -> None:
        """End every desktop and the bridge (Jupyter Server calls this when it stops)."""
        self._reporting.stop()
        await self.site.stop()


def settings_of(kind: type[HasTraits]) -> dict[str, TraitType[Any, Any]]:
    """Return the settings of a class that this package defines, in the order of the source.

    Those of ``DesktopApp`` are defined in two classes.
    """
    package = f"{__package__}."
    ours = [one for one in reversed(kind.__mro__) if one.__module__.startswith(package)]
    return {
        name: trait
        for one in ours
        for name, trait in vars(one).items()
        if isinstance(trait, TraitType) and trait.metadata.get("config")
    }


def main() -> None:
    """Run ``jupyter desktop``."""
    DesktopApp.launch_instance()  # type: ignore[no-untyped-call]
