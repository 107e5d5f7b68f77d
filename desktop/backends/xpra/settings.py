"""Settings for Xpra only: ``c.Xpra.mode = "seamless"``."""

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
        runs has its own frame in the page, without a desktop around them. The start script then
        runs programs, and waits: the session ends with it.""",
    )

    x_server = Enum(
        ("auto", "xorg", "xvfb"),
        "auto",
        config=True,
        help="""The X server below Xpra: `xorg` with the dummy video driver, `xvfb`, or `auto`: Xorg
        if this user can start it, otherwise Xvfb. The desktop's log says which one is used, and why
        the other is not.""",
    )

    encryption = Enum(
        ("required", "off"),
        "required",
        config=True,
        help="""Whether pictures and keys are encrypted (AES) between the page and Xpra. In any
        case only this user can connect to Xpra's socket, and https protects the connection to
        Jupyter; AES also protects the data between Jupyter and Xpra.""",
    )

    client_folder = Unicode(
        "",
        config=True,
        help="""The folder of Xpra's HTML5 client, on the machine where Jupyter runs. By default the
        first of these that has a client: share/xpra/www beside the folder of Xpra's executable,
        /usr/share/xpra/www, /usr/local/share/xpra/www, share/xpra/www of this Python environment,
        and `www` in the resources folder that `xpra path-info` prints.""",
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
        help="""Arguments added unchanged to Xpra's command line. The second Xpra server, for
        view-only links, gets none of them.""",
    )

    mdns = Bool(
        False,
        config=True,
        help="""Announce the desktop on the local network. Xpra listens on a Unix socket only, so
        this has an effect only for sockets that `arguments` adds.""",
    )

    def settings(self) -> XpraSettings:
        """Return the settings for the backend."""
        values = {name: getattr(self, name) for name in XpraSettings.__dataclass_fields__}
        return XpraSettings(**{**values, "arguments": tuple(self.arguments)})
