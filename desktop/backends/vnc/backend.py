"""TigerVNC's and TurboVNC's Xvnc: an X server that viewers reach by RFB (RFC 6143)."""

from __future__ import annotations

import os
import re
import shutil
import socket
from collections.abc import Iterator, Mapping
from pathlib import Path

from ...errors import DisplayServerMissing, DisplayServerUnsuitable
from ...system import credentials
from ...system.access import Access
from ...system.packages import install_command, off_path
from .. import asking, x_options
from ..asking import Answer
from ..base import Backend, Installed, Runtime, ServerProgram
from ..settings import Clipboard, DisplaySettings
from . import protocol as rfb

EXECUTABLES = ("Xtigervnc", "Xvnc")
TURBOVNC_FOLDER = "/opt/TurboVNC/bin"  # of its packages, not on PATH

# 16 MiB: enough for a megabyte of text in any script, and a limit to the memory that one client can
# use in the server.
MAX_CUT_TEXT = 16 * 1024 * 1024

# TurboVNC 3.1 is the first with -rfbunixpath and a UTF-8 clipboard (its ChangeLog.md).
MINIMUM = {"TigerVNC": (1, 9), "TurboVNC": (3, 1)}

_QUESTIONS = ("-version", "-help")

# Options that only that product has.
_OWN_OPTION = {"TigerVNC": "-AcceptCutText=1", "TurboVNC": "-noclipboardrecv"}

# Servers whose viewers must use HTTP (KasmVNC's README).
_SPEAK_NO_RFB = ("KasmVNC",)

_OTHER_SERVER = (
    "Set DesktopApp.display_server to the Xvnc of another TigerVNC (1.9 or newer) or TurboVNC (3.1 "
    "or newer). If this should be one of them, run it in a terminal to see what is wrong with it."
)


class VncBackend(Backend):
    """Xtigervnc, or an Xvnc of TigerVNC or TurboVNC."""

    name = "vnc"
    # ProtocolVersion, one security type, challenge, SecurityResult (RFC 6143, 7.1 and 7.2.2).
    greeting = 12 + 2 + 16 + 4
    takes_spare_keys = True
    largest_screen = None

    def __init__(self, answer_timeout: float = asking.TIMEOUT) -> None:
        self._answer_timeout = answer_timeout  # seconds for a server to say its version

    def executables(self, settings: DisplaySettings) -> list[str]:
        """Return the VNC servers of the setting, or of PATH and TurboVNC's folder."""
        found = (shutil.which(name, path=_path()) for name in _names(settings))
        return list(filter(None, found))

    def find(self, settings: DisplaySettings) -> Installed:
        """Return the first of ``executables`` that is usable."""
        problems: list[DisplayServerUnsuitable] = []
        for executable in self.executables(settings):
            try:
                return _recognise(executable, self._answer_timeout)
            except DisplayServerUnsuitable as unsuitable:
                problems.append(unsuitable)
        if problems:
            raise problems[0]
        raise DisplayServerMissing(
            f"No VNC server is installed where the desktop should run (looked for "
            f"{' and '.join(_names(settings))} in {_path()}).",
            remedy=f"{off_path(*_names(settings))}"
            "Install TigerVNC, or ask the administrator of this machine to:",
            command=install_command("tigervnc"),
        )

    def x_servers(
        self, installed: Installed, where: Runtime, settings: DisplaySettings, ready_fd: int
    ) -> list[ServerProgram]:
        """Return the VNC server, which listens on a Unix socket only, with cookie and password."""
        product_options = _turbovnc if installed.product == "TurboVNC" else _tigervnc
        command = [
            installed.executable,
            where.display,
            *("-displayfd", str(ready_fd)),
            *("-auth", str(where.xauthority)),
            *where.listening,
            # Otherwise the server resets when its last client disconnects.
            "-noreset",
            *("-geometry", settings.geometry),
            *("-depth", "24"),
            *("-desktop", settings.title),
            *("-rfbunixpath", str(where.entrance.socket)),
            # No screen saver: there is no monitor.
            *("-s", "0"),
            *(x_options.MANY_CLIENTS if installed.executable in installed.many_clients else ()),
            *product_options(where, settings.clipboard),
            *settings.arguments,
        ]
        return [ServerProgram(installed.product, command)]

    def new_password(self) -> str:
        """Return eight letters and digits, the most that VncAuth uses."""
        return credentials.vnc_password()

    def password_files(self, where: Runtime, passwords: Mapping[Access, str]) -> dict[Path, bytes]:
        """Return a password file: the first password is for full access, the second for view-only.

        The format is the same for both products (vncpasswd(1)).
        """
        entries = (passwords[access] for access in (Access.FULL, Access.VIEW))
        return {
            where.entrance.password_file: b"".join(map(credentials.vnc_password_entry, entries))
        }

    def first_picture(self, connection: socket.socket, password: str, key: str) -> tuple[int, int]:
        """Request the whole framebuffer."""
        return rfb.first_update(connection, password)

    def probe(self, socket: Path, password: str, key: str) -> None:
        """Complete the RFB handshake up to ServerInit (RFC 6143, section 7)."""
        rfb.handshake(socket, password)


def _names(settings: DisplaySettings) -> list[str]:
    return [settings.executable] if settings.executable else list(EXECUTABLES)


def _path() -> str:
    return os.pathsep.join([os.environ.get("PATH", os.defpath), TURBOVNC_FOLDER])


def _tigervnc(where: Runtime, clipboard: Clipboard) -> list[str]:
    return [
        *("-rfbport", "-1"),
        *("-SecurityTypes", "VncAuth"),
        *("-PasswordFile", str(where.entrance.password_file)),
        # On a Unix socket all viewers are the same "host": after five failures of one viewer, all
        # would be refused.
        "-UseBlacklist=0",
        # The default of 60 delays an update by up to 16 ms.
        *("-FrameRate", "240"),
        "-AlwaysShared",
        *("-MaxCutText", str(MAX_CUT_TEXT)),
        f"-AcceptCutText={int(clipboard.inbound)}",
        f"-SendCutText={int(clipboard.outbound)}",
        # To mark text is not to copy it, and a new owner of PRIMARY unmarks text elsewhere: see
        # session/x11/primary.py.
        *("-SendPrimary=0", "-SetPrimary=0"),
        # By default any X client may turn the clipboard on again (vncconfig -set).
        *("-AllowOverride", "desktop"),
    ]


def _turbovnc(where: Runtime, clipboard: Clipboard) -> list[str]:
    return [
        *("-securitytypes", "VNC"),
        *("-rfbauth", str(where.entrance.password_file)),
        *("-deferupdate", "1"),
        "-alwaysshared",
        *("-maxclipboard", str(MAX_CUT_TEXT)),
        "-noprimarysync",
        *([] if clipboard.inbound else ["-noclipboardrecv"]),
        *([] if clipboard.outbound else ["-noclipboardsend"]),
    ]


def _recognise(executable: str, timeout: float) -> Installed:
    """Return product and version of an Xvnc; the version is empty if it is not printed.

    Versions differ in what they print: TigerVNC 1.15.0 prints nothing for ``-version``, and 1.16.2
    no version in ``-help``. Then the accepted options, or the name, identify the product. Raises
    ``DisplayServerUnsuitable`` if it lacks a required feature, or does not run.
    """
    answers: list[Answer] = []
    for option in _QUESTIONS:
        answers.append(_ask(executable, option, timeout=timeout))
        if match := re.search(r"(TigerVNC|TurboVNC)[^\n]*?v?(\d+(?:\.\d+)+)", answers[-1].text):
            version = _new_enough(executable, match[1], match[2])
            return Installed(
                executable,
                match[1],
                version,
                many_clients=_with_many_clients(executable),
                misfit=answers[-1].misfit,
            )
        if answers[-1].status is None:
            break  # it would not answer other questions either
    if all(answer.status for answer in answers):
        raise _unrecognised(executable, answers)
    product = next(_products(executable, answers), "")
    foreign = any(name in answer.text for answer in answers for name in _SPEAK_NO_RFB)
    if foreign or not product or (answers[-1].status is not None and _refuses_socket(executable)):
        raise _unrecognised(executable, answers)
    # After a timeout, do not ask again.
    silent = answers[-1].status is None
    return Installed(
        executable,
        product,
        many_clients=frozenset() if silent else _with_many_clients(executable),
        misfit=answers[0].misfit,
    )


def _ask(executable: str, *arguments: str, timeout: float = asking.TIMEOUT) -> Answer:
    try:
        return asking.ask(executable, *arguments, timeout=timeout)
    except OSError as problem:
        raise DisplayServerUnsuitable(
            f"The VNC server {executable} is installed, but does not start: {problem}.",
            remedy=_OTHER_SERVER,
        ) from problem


def _new_enough(executable: str, product: str, number: str) -> tuple[int, ...]:
    version = tuple(int(part) for part in number.split("."))
    if version < MINIMUM[product]:
        needed = ".".join(map(str, MINIMUM[product]))
        raise DisplayServerUnsuitable(
            f"{executable} is {product} {number}, and {product} {needed} or newer is needed "
            f"(for Unix sockets).",
            remedy="Install a newer one.",
        )
    return version


def _with_many_clients(executable: str) -> frozenset[str]:
    return frozenset([executable] if x_options.takes_many_clients(executable) else [])


def _products(executable: str, answers: list[Answer]) -> Iterator[str]:
    """Yield the possible products, the likeliest first: by output, options and name."""
    words = " ".join(answer.text for answer in answers)
    yield from (product for product in MINIMUM if product in words)
    if answers[-1].status is not None:
        for product, option in _OWN_OPTION.items():
            taken, nonsense = (_takes(executable, one) for one in (option, "-no-such-option"))
            if taken and not nonsense:
                yield product
    path = f"{executable} {Path(executable).resolve()}".lower()
    yield from (product for product in MINIMUM if product.lower() in path)
    if Path(executable).name in EXECUTABLES:
        yield "TigerVNC"  # the usual product under these names


def _takes(executable: str, *option: str) -> bool:
    """Whether it accepts an option: X servers parse options in turn, and exit at ``-help``."""
    answer = _ask(executable, *option, "-help")
    return answer.status == 0 and "Unrecognized option" not in answer.text


def _refuses_socket(executable: str) -> bool:
    answer = _ask(executable, "-rfbunixpath", "/nonexistent", "-help")
    return "Unrecognized option: -rfbunixpath" in answer.text


def _unrecognised(executable: str, answers: list[Answer]) -> DisplayServerUnsuitable:
    asked = zip(_QUESTIONS, answers, strict=False)  # fewer answers after a timeout
    told = "; ".join(f"asked {option}, {answer}" for option, answer in asked)
    return DisplayServerUnsuitable(
        f"{executable} is installed, but it is neither TigerVNC nor TurboVNC, or one that cannot "
        f"serve viewers at a Unix socket: {told}.",
        remedy=_OTHER_SERVER,
    )
