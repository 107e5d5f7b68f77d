"""Every setting with its help, and who is wired to whom."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from jupyter_core.paths import jupyter_config_path, jupyter_path, jupyter_runtime_dir
from jupyter_server.extension.application import ExtensionApp, ExtensionAppJinjaMixin
from tornado.ioloop import PeriodicCallback
from traitlets import (
    Bool,
    Dict,
    Enum,
    Float,
    Instance,
    List,
    TraitError,
    Unicode,
    default,
    validate,
)

from . import __version__
from .admission.doorman import Doorman
from .admission.tickets import Tickets
from .backends import AUTO, NAMES, DisplaySettings, check_geometry, installed_here
from .backends.xpra import client as xpra_client
from .backends.xpra.settings import Xpra
from .desktops import applications
from .desktops.activity import ACTIVITIES, INPUT
from .desktops.applications import Applications
from .desktops.places import Places
from .desktops.plans import Plan, Wish
from .desktops.sessions import DEFAULT_SESSION, NO_WISH, Sessions
from .errors import BadRequest
from .placements import LOCAL
from .placements import NAMES as PLACEMENTS
from .placements.slurm.settings import Slurm as SlurmSettings
from .session.specification import Specification
from .system import credentials
from .web import launcher, no_routes, no_side_entrance, outside, routes

HERE = Path(__file__).parent

_APPLICATIONS = ("desktop", "applications")  # on Jupyter's config path

# A hub's single-user server looks at what it is told every five minutes.
_TELL_ACTIVITY_EVERY = 10_000  # milliseconds


class DesktopApp(ExtensionAppJinjaMixin, ExtensionApp):
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
    classes = [Xpra, SlurmSettings]  # noqa: RUF012
    load_other_extensions = True
    template_paths = [str(HERE / "templates")]  # noqa: RUF012
    flags = {  # noqa: RUF012
        "open": ({"DesktopApp": {"open_browser": True}}, "Open the desktop in a browser."),
    }

    subcommands = {  # noqa: RUF012
        "doctor": (
            "jupyter_desktop.doctor.app.Doctor",
            "Say what is there, what is missing, and whether a desktop would start.",
        ),
    }

    open_browser = Bool(
        config=True,
        help="""Open the desktop in a browser once `jupyter desktop` has started. The default is to
        do so where there is a display.""",
    )

    backend = Enum(
        (AUTO, *NAMES),
        AUTO,
        config=True,
        help="""Which kind of display server shows the desktop. `auto` takes the first that is
        installed, and where both are there the launcher has a tile for each.""",
    )

    placement = Enum(
        PLACEMENTS,
        LOCAL,
        config=True,
        help="""Where desktops run: `local`, the machine where Jupyter runs, or `slurm`, a job on
        the cluster whose `sbatch` is there.""",
    )

    other_placements = List(
        Enum(PLACEMENTS),
        config=True,
        help="""Where else desktops run if a user asks for it.""",
    )

    clipboard = Enum(
        ("both", "in", "out", "off"),
        "both",
        config=True,
        help="""Which way text may go through the clipboard: `in` from the browser to the desktop,
        `out` from the desktop to the browser, `both`, or `off`. The display server enforces it,
        whatever the page does.""",
    )

    sharing = Enum(
        ("full", "view", "off"),
        "full",
        config=True,
        help="""What a desktop may be shared for, with others whom the Jupyter server lets in: to be
        used (`full`), to be looked at (`view`), or not at all (`off`).""",
    )

    geometry = Unicode(
        "1920x1080",
        config=True,
        help="""Size in pixels, WIDTHxHEIGHT, of a desktop that is not started by a page. One that
        is has the size of the browser's window, and follows it.""",
    )

    display_server = Unicode(
        "",
        config=True,
        help="""Path or name of the VNC server's executable. By default the first of Xtigervnc and
        Xvnc on PATH, then /opt/TurboVNC/bin/Xvnc. Xpra's is `Xpra.executable`.""",
    )

    display_server_arguments = List(
        Unicode(),
        config=True,
        help="""Arguments added to the VNC server's command line as they are.""",
    )

    start_script = Unicode(
        "",
        config=True,
        help="""The start script (xstartup): a path, or the name of one in
        `share/jupyter/desktop/xstartup/` on Jupyter's path or of those that come with this package
        (default, xfce, mate, lxqt, openbox, icewm). By default
        $JUPYTER_REMOTE_DESKTOP_PROXY_XSTARTUP, ~/.vnc/xstartup, then `default`, which runs the
        first desktop environment that is installed.""",
    )

    start_timeout = Float(
        30.0,
        config=True,
        help="""Seconds for the display server to get ready. If no window manager shows up for as
        long, the desktop is shown without one.""",
    )

    stop_timeout = Float(
        2.0,
        config=True,
        help="""Seconds for the programs on a desktop to save and end when it is stopped, before
        they are killed. When the Jupyter server itself ends, they have them, too, where whoever
        ends it leaves them alone: a container or a job may kill everything at once, and Docker,
        for example, does after ten seconds.""",
    )

    ticket_lifetime = Float(
        30.0,
        config=True,
        help="""Seconds in which a page must connect after it has asked for a ticket.""",
    )

    activity = Enum(
        ACTIVITIES,
        INPUT,
        config=True,
        help="""What keeps this server from being ended as idle, by
        `ServerApp.shutdown_no_activity_timeout` or a hub: `input`, that somebody types or moves the
        mouse on a desktop; `connected`, that a page shows a desktop; `always`, that a desktop runs,
        for long computations on it, with or without a page.""",
    )

    title = Unicode("Desktop", config=True, help="""Name of the launcher tile and of the page.""")

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

    applications = Dict(
        key_trait=Unicode(),
        config=True,
        help="""Single applications, each with a tile and a session of its own: by name, a
        dictionary with `command` (a text, or a list of texts) and, if you like, `title`, `icon`
        (the path of an SVG or PNG file), `category` of the launcher, `backend`, `placement`,
        `environment` and `mode`: `full-screen` or, with Xpra, `seamless`. They can also stand in
        files, `desktop/applications/NAME.json` on Jupyter's config path.""",
    )

    slurm = Instance(SlurmSettings)
    xpra = Instance(Xpra)
    known_applications = Instance(Applications)

    _settings_error = ""

    @default("open_browser")
    def _default_open_browser(self) -> bool:
        has_display = bool(os.environ.get("DISPLAY") or os.environ.get("WAYLAND_DISPLAY"))
        server: Any = self.serverapp
        chosen: bool = server.config["ServerApp"].get("open_browser", has_display)
        return chosen

    @default("slurm")
    def _default_slurm(self) -> SlurmSettings:
        return SlurmSettings(parent=self)

    @default("xpra")
    def _default_xpra(self) -> Xpra:
        return Xpra(parent=self)

    @default("known_applications")
    def _default_known_applications(self) -> Applications:
        folders = [str(Path(folder, *_APPLICATIONS)) for folder in jupyter_config_path()]
        return applications.read(self.applications, folders, self.log)

    @validate("geometry")
    def _check_geometry(self, proposal: dict[str, Any]) -> str:
        try:
            return check_geometry(proposal["value"])
        except BadRequest as error:
            raise TraitError(f"DesktopApp.geometry: {error}") from error

    @validate("start_timeout", "stop_timeout", "ticket_lifetime")
    def _check_seconds(self, proposal: dict[str, Any]) -> float:
        value: float = proposal["value"]
        if not 0 < value < 86400:
            raise TraitError(
                f"DesktopApp.{proposal['trait'].name} is {value}; it must be a number of seconds "
                f"above 0 and below a day."
            )
        return value

    def _link_jupyter_server_extension(self, serverapp: Any) -> None:
        """Read the settings (Jupyter Server calls this).

        It would log an error and go on with the defaults; but who has misspelt `clipboard = "off"`
        has not asked for a clipboard.
        """
        # `jupyter lab doctor` opens a file of that name.
        self.subcommands = {}
        try:
            super()._link_jupyter_server_extension(serverapp)
            self.xpra, self.slurm  # noqa: B018  their settings are checked when they are made
        except TraitError as error:
            self._settings_error = str(error)
            raise

    def initialize_settings(self) -> None:
        """Make the parts that handlers use (Jupyter Server calls this)."""
        if self._settings_error:
            return
        sessions = Sessions(self.plan, self.log, self.activity)
        tickets = Tickets(self.ticket_lifetime)
        self.doorman = Doorman(sessions, tickets, self.runtime_folders(), self.log)
        self.settings.update(desktop_app=self, desktop_doorman=self.doorman)
        # In the lines that Jupyter logs of requests, from 2.17 on. "next" is the address of the
        # page, with the key of a link in it, on the way to the login and back.
        scrubbed = self.settings.get("extra_log_scrub_param_keys", ())
        self.settings["extra_log_scrub_param_keys"] = [*scrubbed, "next"]
        self._telling = PeriodicCallback(self._tell_activity, _TELL_ACTIVITY_EVERY)
        self._telling.start()
        entries = launcher.entries(
            self.tiles(),
            socket=self.doorman.side_entrance.path,
            new_browser_tab=self.open_in == "browser-tab",
        )
        launcher.announce(self.serverapp, entries)

    def tiles(self) -> Iterator[launcher.Tile]:
        """Yield what the launcher has: the desktop, that of Xpra, and the applications."""
        category = self.launcher_category
        # Its name is also the address for other clients.
        yield launcher.Tile("desktop-websockify", self.title, category, "desktop/")
        if self._second_tile():
            # A desktop of its own, beside the first.
            title, address = f"{self.title} (Xpra)", "desktop/sessions/xpra/?backend=xpra"
            yield launcher.Tile("desktop-xpra", title, category, address)
        known = self.known_applications
        for name in known:
            yield launcher.Tile(
                f"desktop-application-{name}",
                known.title(name),
                known.category(name) or category,
                f"desktop/sessions/{name}/",
                known.icon(name),
            )

    def _second_tile(self) -> bool:
        """Whether there is a choice between the kinds of desktop, and Xpra is the other one."""
        if self.backend != AUTO:
            return False
        installed = installed_here(self.plan(DEFAULT_SESSION).specification.display)
        xpra = self.xpra
        return (
            installed == NAMES and xpra_client.problem(xpra.client_folder, xpra.executable) is None
        )

    def initialize_handlers(self) -> None:
        """Add our URLs (Jupyter Server calls this)."""
        error = self._settings_error
        self.handlers.extend(no_routes(error) if error else routes(HERE / "static"))
        if not error and (problem := self.doorman.side_entrance.problem):
            self.handlers.extend(no_side_entrance(problem))
        server: Any = self.serverapp
        # The last one answers what is left; what extensions add comes before all of these.
        server.web_app.wildcard_router.rules.insert(-1, outside(server.base_url))

    def current_activity(self) -> None:
        """Tell when the desktops were last in use (Jupyter Server asks before it ends itself).

        There is nothing else to tell: an answer would keep the server alive, whatever its age.
        """
        if not self._settings_error:
            self._tell_activity()

    def _tell_activity(self) -> None:
        """Put it where Jupyter Server and the single-user server of a hub look for it."""
        server: Any = self.serverapp
        times = [session.last_activity for session in self.doorman.sessions.all()]
        if times:
            server.web_app.settings["last_activity_times"][self.name] = max(times)

    async def stop_extension(self) -> None:
        """End every desktop and the bridge (Jupyter Server calls this when it stops)."""
        if not self._settings_error:
            self._telling.stop()
            await self.doorman.stop()

    def plan(self, name: str, wish: Wish = NO_WISH) -> Plan:
        """Return what the desktop called ``name`` is to be."""
        chosen = self.application_of(name, wish.application)
        application = self.known_applications.get(chosen) if chosen else None
        if application:
            wish = application.wish(wish)
        # Who names a VNC server means that one, and no other if it does not work.
        setting = "vnc" if self.backend == AUTO and self.display_server else self.backend
        specification = Specification(
            backend=wish.backend or setting,
            key=credentials.key(),
            display=DisplaySettings(
                geometry=wish.geometry or self.geometry,
                clipboard=self.clipboard,
                title=self.title if name == DEFAULT_SESSION else f"{self.title} {name}",
                executable=self.display_server,
                arguments=tuple(self.display_server_arguments),
                xpra=self.xpra.settings(),
            ),
            start_script=self.start_script,
            script_folders=tuple(jupyter_path("desktop", "xstartup")),
            folders=self.runtime_folders(),
            start_timeout=self.start_timeout,
            stop_timeout=self.stop_timeout,
        )
        if application:
            specification = application.specification(specification, name)
        return Plan(specification, self.places.placement(wish))

    @property
    def places(self) -> Places:
        """Where users may have desktops."""
        return Places([self.placement, *self.other_placements], self.slurm)

    def application_of(self, name: str, asked: str = "") -> str:
        """Return which application the session called ``name`` is; empty for a desktop.

        It is what was ``asked`` for, or the application of the same name.
        """
        return asked or (name if name in self.known_applications else "")

    def runtime_folders(self) -> tuple[str, ...]:
        """Return the candidates for runtime folders, best first."""
        folders = [os.environ.get("XDG_RUNTIME_DIR", ""), jupyter_runtime_dir()]
        return tuple(folder for folder in folders if folder)


def main() -> None:
    """Run ``jupyter desktop``."""
    DesktopApp.launch_instance()  # type: ignore[no-untyped-call]
