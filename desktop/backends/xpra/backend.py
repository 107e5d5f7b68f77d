"""Xpra: an X server, and the Xpra server that shows its screen to viewers.

Viewers use Xpra's protocol, with a password and AES. Versions 3.1 to 4.2 are accepted; 3.1.3 is
tested, support for the others follows their documentation (docs/xpra.md has the details).
"""

from __future__ import annotations

import os
import re
import shutil
import socket
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from ...errors import DisplayServerMissing, DisplayServerUnsuitable, ShareUnsupported
from ...system import credentials
from ...system.access import Access
from ...system.libraries import Misfit
from ...system.packages import install_command, off_path
from .. import x_dummy
from ..asking import Answer, ask
from ..base import Backend, Entrance, Installed, Runtime, ServerProgram
from ..settings import Clipboard, DisplaySettings, XpraSettings
from . import protocol as xpra_protocol

GUARD = Path(__file__).with_name("guard.py")

_MINIMUM, _TOO_NEW = (3, 1), (4, 3)  # docs/xpra.md says what newer versions need

_OR_VNC = ", and set Xpra.executable to it, or use a VNC server."

# Without these options Xpra would admit any user, so one that does not list them is refused.
_REQUIRED = frozenset(
    (
        *("use-display", "daemon", "bind", "auth", "socket-dir"),
        *("clipboard", "clipboard-direction", "readonly"),
    )
)
_CLIPBOARD = {
    Clipboard.BOTH: "both",
    Clipboard.IN: "to-server",
    Clipboard.OUT: "to-client",
    Clipboard.OFF: "disabled",
}


@dataclass(frozen=True)
class InstalledXpra(Installed):
    """An Xpra found on this machine, its Python, and the options that ``--help`` lists."""

    python: str = ""
    options: frozenset[str] = frozenset()


class XpraBackend(Backend):
    """Xpra on an Xorg with the dummy driver, or on Xvfb."""

    name = "xpra"
    # A refused viewer receives some 460 bytes; an accepted one 3,600 at once.
    greeting = 1024
    # Its viewers repeat held keys: see x_dummy.
    repeats_keys = False
    sends_video = True
    # A selection that changes its owner during a transfer in pieces is lost (Xpra 3.1.3). No
    # program uses this one.
    long_texts = "SECONDARY"
    # Xpra takes 0.75 s for each new size, and on Xorg uses the nearest existing mode.
    largest_screen = x_dummy.LARGEST

    def executables(self, settings: DisplaySettings) -> list[str]:
        """Return the Xpra of the setting, or on PATH."""
        found = shutil.which(_name(settings))
        return [found] if found else []

    def find(self, settings: DisplaySettings) -> InstalledXpra:
        """Return the Xpra that ``executables`` finds, if it is usable."""
        executables = self.executables(settings)
        if not executables:
            raise DisplayServerMissing(
                "Xpra is not installed where the desktop should run (looked for "
                f"{_name(settings)} on PATH).",
                remedy=f"{off_path(_name(settings))}"
                "Install it, or ask the administrator of this machine to:",
                command=install_command("xpra"),
            )
        executable = executables[0]
        python = _interpreter(Path(executable))
        version, misfit = _version(executable, python)
        if python:
            _check_libraries(executable, python, self.encrypts(settings))
        options = _listed_options(executable, version)
        if not python:
            raise DisplayServerUnsuitable(
                f"{executable} is not Xpra's own Python script, which is needed to turn Xpra's "
                "control commands off.",
                remedy="Set Xpra.executable to that script.",
            )
        many_clients = x_dummy.with_many_clients()
        return InstalledXpra(
            executable,
            "Xpra",
            version,
            python,
            options,
            many_clients=many_clients,
            misfit=misfit,
        )

    def x_servers(
        self, installed: Installed, where: Runtime, settings: DisplaySettings, ready_fd: int
    ) -> list[ServerProgram]:
        """Return Xorg with the dummy driver, Xvfb, or both, according to the setting."""
        return x_dummy.servers(settings.xpra.x_server, where, ready_fd, installed.many_clients)

    def viewer_server(
        self, installed: Installed, where: Runtime, settings: DisplaySettings
    ) -> ServerProgram:
        """Return the Xpra server for the running display: one Unix socket, no child process."""
        assert isinstance(installed, InstalledXpra)
        return _program(installed, where, settings, Access.FULL)

    def view_only_server(
        self, installed: Installed, where: Runtime, settings: DisplaySettings
    ) -> ServerProgram:
        """Return a second, read-only Xpra server: read-only applies to all viewers of a server."""
        if settings.xpra.mode == "seamless":
            # The first server is the window manager, and there can be only one.
            raise ShareUnsupported(
                "Programs without a desktop cannot be shared view-only.",
                remedy="They can be shared with full access, with users whom you trust.",
            )
        assert isinstance(installed, InstalledXpra)
        return _program(installed, where, settings, Access.VIEW)

    def files(self, where: Runtime, settings: DisplaySettings, key: str) -> dict[Path, bytes]:
        """Return the key files, and the configuration of Xorg."""
        keys = {
            where.entrance.key_file: credentials.key_for(key, Access.FULL),
            where.view_only_entrance.key_file: credentials.key_for(key, Access.VIEW),
        }
        encoded = {path: value.encode() for path, value in keys.items()}
        return {**encoded, **x_dummy.files(where)}

    def new_password(self) -> str:
        """Return a password of 190 bits."""
        return credentials.password()

    def encrypts(self, settings: DisplaySettings) -> bool:
        """Whether AES is on."""
        return settings.xpra.encryption != "off"

    def password_files(self, where: Runtime, passwords: Mapping[Access, str]) -> dict[Path, bytes]:
        """Return a file for each server; a line end would be a part of the password."""
        return {
            where.entrance.password_file: passwords[Access.FULL].encode(),
            where.view_only_entrance.password_file: passwords[Access.VIEW].encode(),
        }

    def first_picture(self, connection: socket.socket, password: str, key: str) -> tuple[int, int]:
        """Wait until a window, or the desktop as one window, is drawn."""
        return xpra_protocol.first_draw(connection, password, key)

    def probe(self, socket: Path, password: str, key: str) -> None:
        """Connect as a viewer that disconnects at once ("connect_test")."""
        xpra_protocol.handshake(socket, password, key)


def resources(executable: str) -> Path | None:
    """Return the folder of this Xpra's icons and web pages; None if it does not print one."""
    try:
        told = _ask(executable, "path-info").output
    except DisplayServerUnsuitable:
        return None
    match = re.search(r"^\* resources\s*:\s*(/.*\S)", told, re.MULTILINE)
    return Path(match[1]) if match else None


def _name(settings: DisplaySettings) -> str:
    return settings.xpra.executable or "xpra"


def _start(installed: InstalledXpra) -> list[str]:
    """Return the start of a command line that runs Xpra without its control commands."""
    return [installed.python, "-I", str(GUARD), installed.executable]


def _program(
    installed: InstalledXpra, where: Runtime, settings: DisplaySettings, access: Access
) -> ServerProgram:
    """Return a server for viewers with ``access``."""
    mode = {"desktop": "start-desktop", "seamless": "start"}[settings.xpra.mode]
    options = [
        f"--{name}={value}"
        for name, value in _options(installed, where, settings, access)
        if name in installed.options
    ]
    # Not for the view-only server: a port in them could not be bound twice.
    extra = settings.xpra.arguments if access is Access.FULL else ()
    command = [*_start(installed), mode, where.display, *options, *extra]
    name = "Xpra" if access is Access.FULL else "Xpra (view-only)"
    return ServerProgram(name, command, _environment(where))


def _options(
    installed: InstalledXpra, where: Runtime, settings: DisplaySettings, access: Access
) -> Iterator[tuple[str, str]]:
    """Yield names and values of all options; the caller drops those that this version lacks."""
    own = settings.xpra
    folder = str(where.folder)
    yield from {
        # The session starts the X server, and ends all processes.
        "use-display": "yes",
        "daemon": "no",
        "systemd-run": "no",
        "start-via-proxy": "no",
        "attach": "no",
        "splash": "no",
        "exit-with-children": "no",
        "terminate-children": "no",
        "exit-with-client": "no",
        "start": "",
        # Viewers run programs on the desktop, not through Xpra.
        "start-new-commands": "no",
        "socket-dir": folder,
        "socket-dirs": folder,
        "log-dir": folder,
        "socket-permissions": "600",
        # By default 3.1 serves HTTP, SSH and RFB on the same socket.
        "html": "no",
        "ssl": "off",
        "ssh": "no",
        "ssh-upgrade": "no",
        "rfb-upgrade": "0",
        "mdns": _yes(own.mdns),
        # No "yaml": it would be parsed before the password is checked.
        "packet-encoders": "rencode,bencode",
        "compressors": "all",
        "sharing": "yes",
        "lock": "no",
        "session-name": settings.title,
        "dbus-launch": "",
        "dbus-proxy": "no",
        "dbus-control": "no",
        "mmap": "no",
        "remote-logging": "no",
        "xsettings": "no",
        "global-menus": "no",
        "fake-xinerama": "no",
        "input-method": "keep",
        "idle-timeout": "0",
        "server-idle-timeout": "0",
        # "no" would still run the probe.
        "opengl": "noprobe",
        "cursors": "yes",
        "bell": "no",
        "system-tray": "no",
        "file-transfer": "no",
        "open-files": "no",
        "open-url": "no",
        "forward-xdg-open": "no",
        # The page does not use these.
        "speaker": "disabled",
        "microphone": "disabled",
        "pulseaudio": "no",
        "av-sync": "no",
        "printing": "no",
        "webcam": "no",
        "notifications": "no",
    }.items()
    if access is Access.FULL:
        yield from _clipboard(settings.clipboard)
        yield from _door(installed, where.entrance, own)
    else:
        yield "readonly", "yes"
        yield from _clipboard(Clipboard.OFF)
        yield from _door(installed, where.view_only_entrance, own)


def _clipboard(clipboard: Clipboard) -> Iterable[tuple[str, str]]:
    return {
        # Only "no" cannot be changed by viewers.
        "clipboard": _yes(clipboard is not Clipboard.OFF),
        "clipboard-direction": _CLIPBOARD[clipboard],
    }.items()


def _door(
    installed: InstalledXpra, entrance: Entrance, own: XpraSettings
) -> Iterable[tuple[str, str]]:
    """Return the options for the socket, the password, and the key."""
    if own.encryption == "off":
        encryption: dict[str, str] = {}
        extra = ""
    elif installed.version < (4, 1):
        # For TCP; $XPRA_ENCRYPTED_SOCKET_TYPES extends it to Unix sockets.
        encryption = {"tcp-encryption": "AES", "tcp-encryption-keyfile": str(entrance.key_file)}
        extra = ""
    else:
        encryption = {}
        extra = f",encryption=AES,keyfile={entrance.key_file}"
    return {
        "bind": f"{entrance.socket}{extra}",
        "auth": f"file:filename={entrance.password_file}",
        **encryption,
    }.items()


def _environment(where: Runtime) -> dict[str, str]:
    # Instead of /etc/xpra and the home, to which Xpra would write.
    nowhere = str(where.folder / "xpra-config")
    return {
        "DISPLAY": where.display,
        "XAUTHORITY": str(where.xauthority),
        "XDG_RUNTIME_DIR": str(where.folder),
        "XPRA_SYSTEM_CONF_DIRS": nowhere,
        "XPRA_USER_CONF_DIRS": nowhere,
        "XPRA_DEFAULT_CONF_DIRS": nowhere,
        # Up to 4.2 Xpra encrypts only these socket types, whatever "bind" says.
        "XPRA_ENCRYPTED_SOCKET_TYPES": "tcp,ws,unix-domain",
        "XPRA_CLIENT_CAN_SHUTDOWN": "0",
        # Otherwise Xpra starts D-Bus and dconf processes that outlive it.
        "XPRA_MODIFY_GSETTINGS": "0",
        "XPRA_UINPUT": "0",
        # The defaults of 0.5 s for a program and 1.5 s for a viewer lose clipboard texts on a busy
        # machine. The maximum is below 5 s.
        "XPRA_CLIPBOARD_CONVERT_TIMEOUT": "4900",
        "XPRA_CLIPBOARD_REMOTE_TIMEOUT": "3000",
        # A viewer's colour profile would become the desktop's.
        "XPRA_SYNC_ICC": "0",
        # Xpra's shared memory is readable by all users, and outlives it (Xpra 3.1.3). Without it, a
        # picture of 1920x1080 takes 6 ms longer.
        "XPRA_XSHM": "0",
        # Xpra needs the user's name, which may not exist in a container that sets the UID. This is
        # the last variable that getpass.getuser() reads.
        "USERNAME": str(os.getuid()),
        # A starting server resizes the screen to this, if the X server has such a mode.
        "XPRA_DEFAULT_DESKTOP_VFB_RESOLUTION": "1x1",
    }


def _yes(on: bool) -> str:
    return "yes" if on else "no"


def _interpreter(executable: Path) -> str:
    """Return the Python in a script's first lines; empty if there is none."""
    with executable.open("rb") as file:
        lines = file.read(1024).split(b"\n")[:2]
    match = re.match(
        rb"#!\s*(?:/usr/bin/env\s+(?:-S\s+)?)?(\S*python[0-9.]*)(?:\s+-\S+)*\s*$", lines[0]
    )
    if not match and lines[0].startswith(b"#!/bin/sh") and lines[1:]:
        # The form of pip and conda for a path that is too long for the first line, or has spaces.
        match = re.match(rb"'''exec' \"?([^\"]*python[0-9.]*)\"? \"\$0\"", lines[1])
    return (shutil.which(os.fsdecode(match[1])) or "") if match else ""


def _version(executable: str, python: str) -> tuple[tuple[int, ...], Misfit | None]:
    """Return the version, empty if neither Xpra nor its Python prints one, and the misfit."""
    answers = [_ask(executable, "--version")]
    match = re.search(r"v?(\d+(?:\.\d+)+)", answers[0].text)
    if python and not match:
        answers.append(_ask(python, "-I", "-c", "import xpra; print(xpra.__version__)"))
        match = re.match(r"(\d+(?:\.\d+)+)", answers[1].output)
    version = tuple(int(part) for part in match[1].split(".")) if match else ()
    if match and version >= _TOO_NEW:
        raise _too_new(executable, f"Xpra {match[1]}")
    if match and version < _MINIMUM:
        raise DisplayServerUnsuitable(
            f"{executable} is Xpra {match[1]}, and version 3.1 or newer is needed.",
            remedy=f"Install a newer one{_OR_VNC}",
        )
    return version, answers[0].misfit


def _too_new(executable: str, which: str) -> DisplayServerUnsuitable:
    return DisplayServerUnsuitable(
        f"{executable} is {which}, which this package does not support yet.",
        remedy="Use an Xpra of version 3.1 to 4.2, or a VNC server.",
    )


def _listed_options(executable: str, version: tuple[int, ...]) -> frozenset[str]:
    """Return Xpra's options; raises ``DisplayServerUnsuitable`` if required ones are missing."""
    answer = _ask(executable, "--help")
    options = frozenset(re.findall(r"--([a-z0-9-]+)", answer.text))
    if not options:
        raise DisplayServerUnsuitable(
            f"{executable} is installed, but not recognised as Xpra: asked --help, {answer}.",
            remedy=f"Run it in a terminal to see what is wrong with it{_OR_VNC}",
        )
    missing = _REQUIRED - options
    if missing:
        raise DisplayServerUnsuitable(
            f"{executable} --help does not list {', '.join(sorted(missing))}.",
            remedy=f"Use an Xpra of version 3.1 to 4.2{_OR_VNC}",
        )
    if not version and "control" in options:
        raise _too_new(executable, "an Xpra of version 6.3 or newer")
    return options


def _check_libraries(executable: str, python: str, encrypts: bool) -> None:
    """Raise if Xpra would start, or admit viewers, and then fail because a library is missing."""
    lacks = {"PIL": "shows nothing"}
    if encrypts:
        lacks["cryptography"] = "does not encrypt"
    missing = _ask(python, "-I", "-c", _MISSING, *lacks).output.split()
    for module, lack in lacks.items():
        if module in missing:
            raise DisplayServerUnsuitable(
                f"{executable} lacks the Python library {module}, without which it {lack}.",
                remedy="Install it, or ask the administrator of this machine to:",
                command=install_command(module),
            )
    if encrypts:
        answer = _ask(python, "-I", str(GUARD), "--aes")
        if answer.status == 1:
            last = answer.errors.strip().splitlines()[-1:] or [""]
            raise DisplayServerUnsuitable(
                f"{executable} cannot encrypt with the Python library cryptography that {python} "
                f"has: {last[0]}",
                remedy="Use another version of that library, or a VNC server; or set "
                'Xpra.encryption to "off": the connection from the browser to Jupyter is still '
                "protected as Jupyter is.",
            )


_MISSING = (
    "import importlib.util as u, sys; print(*(m for m in sys.argv[1:] if not u.find_spec(m)))"
)


def _ask(*command: str) -> Answer:
    try:
        # Otherwise Xpra writes a file of examples to the home.
        return ask(*command, environment={"XPRA_USER_CONF_DIRS": os.devnull})
    except OSError as problem:
        raise DisplayServerUnsuitable(
            f"{command[0]} is installed, but does not start: {problem}.",
            remedy=f"Run it in a terminal to see what is wrong with it{_OR_VNC}",
        ) from problem
