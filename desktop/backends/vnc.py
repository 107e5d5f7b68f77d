"""TigerVNC's and TurboVNC's Xvnc: an X server that viewers reach by RFB (RFC 6143)."""

from __future__ import annotations

import os
import re
import shutil
import socket
import subprocess
from collections.abc import Mapping
from pathlib import Path

from .. import secrets
from ..access import Access
from ..errors import DisplayServerMissing, DisplayServerUnsuitable
from ..packages import install_command
from . import rfb
from .base import Backend, Installed, Program, Runtime
from .settings import DisplaySettings

EXECUTABLES = ("Xtigervnc", "Xvnc")
TURBOVNC_FOLDER = "/opt/TurboVNC/bin"  # where its packages put it, outside PATH

# 16 MiB: room for a megabyte of text in any script, and an end to what one client can make the
# server hold.
MAX_CUT_TEXT = 16 * 1024 * 1024

# TurboVNC 3.1 is the first with -rfbunixpath and a UTF-8 clipboard (its ChangeLog.md).
MINIMUM = {"TigerVNC": (1, 9), "TurboVNC": (3, 1)}


class Vnc(Backend):
    """Xtigervnc, or an Xvnc of TigerVNC or TurboVNC."""

    name = "vnc"
    # ProtocolVersion, one security type, challenge, SecurityResult (RFC 6143, 7.1 and 7.2.2).
    greeting = 12 + 2 + 16 + 4
    largest_screen = None

    def executables(self, settings: DisplaySettings) -> list[str]:
        """Return the VNC servers of the setting, or of PATH and TurboVNC's folder."""
        found = (shutil.which(name, path=_path()) for name in _names(settings))
        return list(filter(None, found))

    def find(self, settings: DisplaySettings) -> Installed:
        """Return the first of ``executables``, if it is a VNC server that will do."""
        for executable in self.executables(settings):
            return _recognise(executable, _version_text(executable))
        raise DisplayServerMissing(
            f"No VNC server is installed where the desktop should run (looked for "
            f"{' and '.join(_names(settings))} in {_path()}).",
            remedy="Install TigerVNC, or ask the administrator of this machine to:",
            command=install_command("tigervnc"),
        )

    def x_servers(
        self, installed: Installed, where: Runtime, settings: DisplaySettings, ready_fd: int
    ) -> list[Program]:
        """Return the VNC server: a Unix socket and no other listener, a cookie, a password."""
        product_options = _turbovnc if installed.product == "TurboVNC" else _tigervnc
        command = [
            installed.executable,
            where.display,
            *("-displayfd", str(ready_fd)),
            *("-auth", str(where.xauthority)),
            *("-nolisten", "tcp"),
            # Any user may connect to an abstract socket. Its name is reserved all the same, see
            # session/display_number.py.
            *("-nolisten", "local"),
            # Without it the server forgets everything when its last client leaves.
            "-noreset",
            *("-geometry", settings.geometry),
            *("-depth", "24"),
            *("-desktop", settings.title),
            *("-rfbunixpath", str(where.entrance.socket)),
            # No blank screen: there is no monitor to save.
            *("-s", "0"),
            *product_options(where, settings.clipboard),
            *settings.arguments,
        ]
        return [Program(installed.product, command)]

    def new_password(self) -> str:
        """Return eight letters and digits, all that VncAuth looks at."""
        return secrets.vnc_password()

    def password_files(self, where: Runtime, passwords: Mapping[Access, str]) -> dict[Path, bytes]:
        """Return a password file: the first password in it may do all, the second only look.

        Both products read it so (vncpasswd(1)).
        """
        entries = (passwords[access] for access in (Access.FULL, Access.VIEW))
        return {where.entrance.password_file: b"".join(map(secrets.vnc_password_entry, entries))}

    def first_picture(self, connection: socket.socket, password: str, key: str) -> tuple[int, int]:
        """Ask for the whole framebuffer."""
        return rfb.first_update(connection, password)

    def probe(self, socket: Path, password: str, key: str) -> None:
        """Complete the RFB handshake up to ServerInit (RFC 6143, section 7)."""
        rfb.handshake(socket, password)


def _names(settings: DisplaySettings) -> list[str]:
    return [settings.executable] if settings.executable else list(EXECUTABLES)


def _path() -> str:
    return os.pathsep.join([os.environ.get("PATH", os.defpath), TURBOVNC_FOLDER])


def _tigervnc(where: Runtime, clipboard: str) -> list[str]:
    return [
        *("-rfbport", "-1"),
        *("-SecurityTypes", "VncAuth"),
        *("-PasswordFile", str(where.entrance.password_file)),
        # Over a Unix socket all viewers are the same "host": one that breaks off five times would
        # lock everyone out.
        "-UseBlacklist=0",
        # The default of 60 holds an update back for up to 16 ms.
        *("-FrameRate", "240"),
        "-AlwaysShared",
        *("-MaxCutText", str(MAX_CUT_TEXT)),
        f"-AcceptCutText={int(clipboard in ('both', 'in'))}",
        f"-SendCutText={int(clipboard in ('both', 'out'))}",
        # By default any X client may switch the clipboard on again (vncconfig -set).
        *("-AllowOverride", "desktop"),
    ]


def _turbovnc(where: Runtime, clipboard: str) -> list[str]:
    return [
        *("-securitytypes", "VNC"),
        *("-rfbauth", str(where.entrance.password_file)),
        *("-deferupdate", "1"),
        "-alwaysshared",
        *("-maxclipboard", str(MAX_CUT_TEXT)),
        *([] if clipboard in ("both", "in") else ["-noclipboardrecv"]),
        *([] if clipboard in ("both", "out") else ["-noclipboardsend"]),
    ]


def _version_text(executable: str) -> str:
    """Return what the server prints about itself; both products print to standard error."""
    try:
        ran = subprocess.run(
            [executable, "-version"],
            # Ours may be a lifeline, with commands on it.
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=10,
            check=False,
        )
    except (OSError, subprocess.TimeoutExpired) as problem:
        raise DisplayServerUnsuitable(
            f"The VNC server {executable} does not start: {problem}.",
            remedy="Reinstall it:",
            command=install_command("tigervnc"),
        ) from problem
    return ran.stdout + ran.stderr


def _recognise(executable: str, text: str) -> Installed:
    """Return product and version from what ``Xvnc -version`` prints."""
    match = re.search(r"(TigerVNC|TurboVNC)[^\n]*?v?(\d+(?:\.\d+)+)", text)
    if not match:
        raise DisplayServerUnsuitable(
            f"{executable} is neither TigerVNC nor TurboVNC; it says: {text.strip()[:200]!r}.",
            remedy="Install TigerVNC, or set DesktopApp.display_server to the path of its Xvnc:",
            command=install_command("tigervnc"),
        )
    product, version = match[1], tuple(int(part) for part in match[2].split("."))
    if version < MINIMUM[product]:
        needed = ".".join(map(str, MINIMUM[product]))
        raise DisplayServerUnsuitable(
            f"{executable} is {product} {match[2]}, and {product} {needed} or newer is needed "
            f"(for Unix sockets).",
            remedy="Install a newer one.",
        )
    return Installed(executable, product, version)
