"""Settings for Xpra alone: ``c.Xpra.mode = "seamless"``."""

from __future__ import annotations

from traitlets import Bool, Enum, List, Unicode
from traitlets.config import Configurable

from .. import XpraSettings


class Xpra(Configurable):
    """Desktops shown by Xpra."""

    mode = Enum(
        ("desktop", "seamless"),
        "desktop",
        config=True,
        help="""A whole `desktop`, or `seamless`: each window of the programs that the start script
        runs has a frame of its own in the page, and there is no desktop around them. The start
        script then runs programs, and waits: when it ends, the session does.""",
    )

    x_server = Enum(
        ("auto", "xorg", "xvfb"),
        "auto",
        config=True,
        help="""The X server below Xpra: `xorg` with the dummy video driver, `xvfb`, or `auto`: Xorg
        where it can be started by this user, else Xvfb. The desktop's log says which it is, and
        why not another.""",
    )

    encryption = Enum(
        ("required", "off"),
        "required",
        config=True,
        help="""Whether pictures and keys are encrypted (AES) between the page and Xpra. Nobody but
        this user can reach Xpra's socket in any case, and https protects the way to Jupyter; AES
        hides them from what lies between Jupyter and Xpra.""",
    )

    client_folder = Unicode(
        "",
        config=True,
        help="""The folder of Xpra's HTML5 client, on the machine where Jupyter runs. By default the
        first that has one: share/xpra/www beside the folder of Xpra's executable,
        /usr/share/xpra/www, /usr/local/share/xpra/www, share/xpra/www of this Python environment,
        and `www` in what `xpra path-info` calls its resources.""",
    )

    executable = Unicode(
        "",
        config=True,
        help="""Path or name of the `xpra` command, where the desktop runs. By default the one on
        PATH.""",
    )

    arguments = List(
        Unicode(),
        config=True,
        help="""Arguments added to Xpra's command line as they are. The second, view-only Xpra, for
        those who look on by a link, gets none of them.""",
    )

    mdns = Bool(
        False,
        config=True,
        help="""Announce the desktop on the local network. Xpra listens on a Unix socket only, so
        that is of use only for sockets that `arguments` adds.""",
    )

    def settings(self) -> XpraSettings:
        """Return them as the backend takes them."""
        values = {name: getattr(self, name) for name in XpraSettings.__dataclass_fields__}
        return XpraSettings(**{**values, "arguments": tuple(self.arguments)})
