"""Settings of all desktops: a part of ``c.DesktopApp``."""

from __future__ import annotations

from typing import Any

from traitlets import (
    Dict,
    Enum,
    Float,
    HasTraits,
    Instance,
    List,
    TraitError,
    Unicode,
    validate,
)

from ..backends import AUTO, NAMES, Clipboard, check_geometry
from ..backends.xpra.settings import Xpra
from ..errors import BadRequest
from ..placements import LOCAL
from ..placements import NAMES as PLACEMENTS
from ..placements.slurm.settings import Slurm
from ..session.processes.deadlines import STOP_TIMEOUT
from .activity import ACTIVITIES, INPUT


def check_seconds(name: str, value: float) -> float:
    """Return ``value``; raises ``TraitError`` unless it is between 0 and a day."""
    if not 0 < value < 86400:
        raise TraitError(
            f"DesktopApp.{name} is {value}; it must be a number of seconds above 0 and below a day."
        )
    return value


class DesktopSettings(HasTraits):
    """The settings of desktops.

    Not a Configurable, so that their only name in Jupyter's configuration is ``DesktopApp``.
    """

    backend = Enum(
        (AUTO, *NAMES),
        AUTO,
        config=True,
        help="""Which kind of display server shows the desktop. `auto` uses the first that is
        installed; if both are, the launcher has a tile for each.""",
    )

    placement = Enum(
        PLACEMENTS,
        LOCAL,
        config=True,
        help="""Where desktops run: `local`, the machine where Jupyter runs, or `slurm`, a job on
        the cluster of that machine's `sbatch`.""",
    )

    other_placements = List(
        Enum(PLACEMENTS),
        config=True,
        help="""Other places where users may choose to run a desktop.""",
    )

    clipboard = Enum(
        [one.value for one in Clipboard],
        Clipboard.BOTH.value,
        config=True,
        help="""Directions in which text may pass through the clipboard: `in` from the browser to
        the desktop, `out` from the desktop to the browser, `both`, or `off`. The display server
        enforces it, whatever the page does.""",
    )

    geometry = Unicode(
        "1920x1080",
        config=True,
        help="""Size in pixels, WIDTHxHEIGHT, of a desktop that is not started by a page. A desktop
        that a page starts has the size of the browser's window, and follows it.""",
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
        help="""Arguments added unchanged to the VNC server's command line.""",
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
        help="""Seconds for the display server to get ready. If no window manager starts within the
        same time, the desktop is shown without one.""",
    )

    stop_timeout = Float(
        STOP_TIMEOUT,
        config=True,
        help="""Seconds for the programs on a desktop to save and end when it is stopped, before
        they are killed. The same applies when the Jupyter server itself ends, unless its container
        or job kills all processes earlier; Docker, for example, does so after ten seconds.""",
    )

    video = Enum(
        ("auto", "off"),
        "auto",
        config=True,
        help="""Whether pages show moving parts of a VNC desktop as video: smooth motion, also on
        slow lines. `auto`: where an encoder is installed (`pip install
        'jupyter-desktop[video]'`) and the browser decodes video; `off`: never.""",
    )

    video_cores = Float(
        0.0,
        config=True,
        help="""Processor cores that the video of all desktops of a user on a machine may use
        together; with fewer than needed, it has fewer frames per second. 0 for half of the
        cores.""",
    )

    activity = Enum(
        ACTIVITIES,
        INPUT,
        config=True,
        help="""Activity that keeps `ServerApp.shutdown_no_activity_timeout` or a hub from ending
        this server as idle: `input`, a user types or moves the mouse on a desktop; `connected`, a
        page shows a desktop; `always`, a desktop runs, for long computations on it, with or without
        a page.""",
    )

    title = Unicode("Desktop", config=True, help="""Name of the launcher tile and of the page.""")

    applications = Dict(
        key_trait=Unicode(),
        config=True,
        help="""Single applications, each with its own tile and session: by name, a dictionary with
        `command` (a string or a list of strings) and optionally `title`, `icon` (the path of an SVG
        or PNG file), `category` of the launcher, `backend`, `placement`, `environment` and `mode`:
        `full-screen` or, with Xpra, `seamless`. Files can define them, too:
        `desktop/applications/NAME.json` on Jupyter's config path.""",
    )

    xpra = Instance(Xpra)
    slurm = Instance(Slurm)

    @validate("geometry")
    def _check_geometry(self, proposal: dict[str, Any]) -> str:
        try:
            return check_geometry(proposal["value"])
        except BadRequest as error:
            raise TraitError(f"DesktopApp.geometry: {error}") from error

    @validate("video_cores")
    def _check_cores(self, proposal: dict[str, Any]) -> float:
        cores: float = proposal["value"]
        if not 0 <= cores < 10_000:
            raise TraitError(
                f"DesktopApp.video_cores is {cores}; it must be a number of cores, or 0 for half "
                "of those of the machine."
            )
        return cores

    @validate("start_timeout", "stop_timeout")
    def _check_timeout(self, proposal: dict[str, Any]) -> float:
        return check_seconds(proposal["trait"].name, proposal["value"])
