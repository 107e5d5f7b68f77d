"""The interface of a backend: the knowledge of one display server; it starts nothing itself."""

from __future__ import annotations

import socket
from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from ..system.access import Access
from ..system.libraries import Misfit
from .settings import DisplaySettings


@dataclass(frozen=True)
class Entrance:
    """The socket that viewers connect to, and the files with its present password and key.

    The files are in the display server's format; only one that encrypts has a key.
    """

    socket: Path
    password_file: Path
    key_file: Path


@dataclass(frozen=True)
class Runtime:
    """The runtime folder of one desktop, the paths in it, and its X display (":N").

    With ``abstract``, X clients reach the display at its abstract socket only.
    """

    folder: Path
    display: str
    abstract: bool = False

    @property
    def listening(self) -> list[str]:
        """The options that restrict an X server to the intended socket."""
        if self.abstract:
            return ["-nolisten", "tcp", "-nolisten", "unix", "-listen", "local"]
        # Not on the abstract socket: any user may connect to it. Its name is reserved, see
        # session/x11/display_number.py.
        return ["-nolisten", "tcp", "-nolisten", "local"]

    @property
    def entrance(self) -> Entrance:
        """The socket and files of the display server."""
        return Entrance(self.folder / "display.sock", self.folder / "password", self.folder / "key")

    @property
    def view_only_entrance(self) -> Entrance:
        """The socket and files of the view-only server, if any."""
        return Entrance(
            self.folder / "view.sock", self.folder / "view-password", self.folder / "view-key"
        )

    @property
    def xauthority(self) -> Path:
        """The file with the X cookie, for ``$XAUTHORITY`` (Xsecurity(7))."""
        return self.folder / "Xauthority"

    def log(self, name: str) -> Path:
        """The log file of the child process called ``name``."""
        return self.folder / f"{name.replace(' ', '-')}.log"


@dataclass(frozen=True)
class Installed:
    """A display server found on this machine; ``version`` is empty if it does not print one.

    ``many_clients`` are the paths of its X servers that accept ``x_options.MANY_CLIENTS``.
    ``misfit`` is set if it has to run without the libraries of the user's environment.
    """

    executable: str
    product: str
    version: tuple[int, ...] = ()
    many_clients: frozenset[str] = field(default=frozenset(), kw_only=True)
    misfit: Misfit | None = field(default=None, kw_only=True)

    @property
    def number(self) -> str:
        """The version as text, such as "1.12.0"; empty if ``version`` is."""
        return ".".join(map(str, self.version))

    def __str__(self) -> str:
        return f"{self.product} {self.number or 'of unknown version'} ({self.executable})"


@dataclass(frozen=True)
class ServerProgram:
    """A program of a display server; ``environment`` is added to the session's own.

    ``problem`` is why it cannot run on this machine; empty if no problem is known.
    """

    name: str
    command: Sequence[str]
    environment: Mapping[str, str] = field(default_factory=dict)
    problem: str = ""


class Backend(ABC):
    """One kind of display server. Only the session acts on the results of these methods."""

    name: str
    """The name in settings, URLs and the page; also that of the page's client."""

    greeting: int
    """The number of bytes that the display server has sent once it has accepted a password.

    The bridge closes connections that do not reach it in time. 0 if unknown.
    """

    repeats_keys = True
    """Whether the X server repeats held keys.

    If viewers repeat them, the desktop must not turn that on (``xstartup/common.sh``).
    """

    long_texts = "CLIPBOARD"
    """The X selection by which the session offers it texts that programs send in pieces (INCR)."""

    takes_spare_keys = False
    """Whether it maps a typed character that the keyboard layout lacks to an unused key.

    The session keeps some keys spare (``session/x11/spare_keys.py``).
    """

    sends_video = False
    """Whether it encodes moving parts of the screen as video itself.

    Otherwise the session has a companion that does (``jupyter_desktop.video``).
    """

    largest_screen: tuple[int, int] | None
    """The largest size, in pixels, to which the session may resize the screen for a viewer.

    None if the display server resizes the screen itself.
    """

    @abstractmethod
    def executables(self, settings: DisplaySettings) -> list[str]:
        """Return the paths of its programs on this machine, the preferred one first.

        Called by the server for the launcher, by the doctor, and by ``find``.
        """

    @abstractmethod
    def find(self, settings: DisplaySettings) -> Installed:
        """Return the installed display server.

        Called by the session, on the node where the desktop runs, before any program is started.
        Raises ``DisplayServerMissing`` or ``DisplayServerUnsuitable``, which say what to install.
        """

    @abstractmethod
    def x_servers(
        self, installed: Installed, where: Runtime, settings: DisplaySettings, ready_fd: int
    ) -> Sequence[ServerProgram]:
        """Return the usable X servers, best first; at least one has no ``problem``.

        Called once by the session, which tries the next one if one does not start. Each serves the
        display ``where.display``, and writes a line to the file descriptor ``ready_fd`` when X
        clients can connect (Xserver(1), ``-displayfd``).
        """

    def viewer_server(
        self, installed: Installed, where: Runtime, settings: DisplaySettings
    ) -> ServerProgram | None:
        """Return the server for viewers; None if that is the X server itself.

        Called by the session once X clients can connect to ``where.display``.
        """
        return None

    def view_only_server(
        self, installed: Installed, where: Runtime, settings: DisplaySettings
    ) -> ServerProgram | None:
        """Return the server for view-only viewers; None if they share the other server.

        It listens at ``where.view_only_entrance``. Called by the session for the first view-only
        viewer, and again after the server has ended. Raises ``ShareUnsupported``.
        """
        return None

    def files(self, where: Runtime, settings: DisplaySettings, key: str) -> Mapping[Path, bytes]:
        """Return the files that the programs read, including secret ones.

        Called by the session, which writes them before it starts a program.
        """
        return {}

    @abstractmethod
    def new_password(self) -> str:
        """Return a new random password.

        Called by the server for each ticket.
        """

    def encrypts(self, settings: DisplaySettings) -> bool:
        """Whether viewers need the session's key as well.

        Called by the server for each ticket, and by the session.
        """
        return False

    @abstractmethod
    def password_files(self, where: Runtime, passwords: Mapping[Access, str]) -> dict[Path, bytes]:
        """Return the files with which only ``passwords`` are valid, each for its access.

        Called by the session before the start and each time that a ticket is used.
        """

    @abstractmethod
    def first_picture(self, connection: socket.socket, password: str, key: str) -> tuple[int, int]:
        """Log in on ``connection`` as a viewer, and return the size of the first picture.

        Called by the doctor, in a thread. Blocks up to the socket's timeout. Raises ``NotReady`` or
        ``OSError``.
        """

    @abstractmethod
    def probe(self, socket: Path, password: str, key: str) -> None:
        """Complete a viewer's handshake, or raise ``NotReady``.

        ``key`` is empty without encryption. Called by the session, in a thread, until it succeeds
        or the start times out. Blocks for two seconds at most.
        """
