"""The interface of a backend: the knowledge of one display server, without acting on it."""

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
    """Where viewers get in: a Unix socket, and the files with the password and the key in force.

    The files have the form that the display server reads; those that encrypt have a key.
    """

    socket: Path
    password_file: Path
    key_file: Path


@dataclass(frozen=True)
class Runtime:
    """The runtime folder of one desktop, what lies in it, and its X display (":N").

    ``abstract`` says that X clients reach the display at its abstract socket only.
    """

    folder: Path
    display: str
    abstract: bool = False

    @property
    def listening(self) -> list[str]:
        """The options with which X servers listen where they should, and nowhere else."""
        if self.abstract:
            return ["-nolisten", "tcp", "-nolisten", "unix", "-listen", "local"]
        # Any user may connect to an abstract socket. Its name is reserved all the same, see
        # session/display_number.py.
        return ["-nolisten", "tcp", "-nolisten", "local"]

    @property
    def entrance(self) -> Entrance:
        """The display server's."""
        return Entrance(self.folder / "display.sock", self.folder / "password", self.folder / "key")

    @property
    def view_only_entrance(self) -> Entrance:
        """The socket of the view-only server, where there is one."""
        return Entrance(
            self.folder / "view.sock", self.folder / "view-password", self.folder / "view-key"
        )

    @property
    def xauthority(self) -> Path:
        """The file with the X cookie, for ``$XAUTHORITY`` (Xsecurity(7))."""
        return self.folder / "Xauthority"

    def log(self, name: str) -> Path:
        """The output of the child process called ``name``."""
        return self.folder / f"{name.replace(' ', '-')}.log"


@dataclass(frozen=True)
class Installed:
    """A display server found on this machine; ``version`` is empty where it does not say it.

    ``many_clients`` are the X servers of it that take ``x_options.MANY_CLIENTS``, by their paths.
    ``misfit`` says which libraries of the user's environment it has to be run without.
    """

    executable: str
    product: str
    version: tuple[int, ...] = ()
    many_clients: frozenset[str] = field(default=frozenset(), kw_only=True)
    misfit: Misfit | None = field(default=None, kw_only=True)

    @property
    def number(self) -> str:
        """Its version for people and programs, such as "1.12.0"; empty as ``version`` is."""
        return ".".join(map(str, self.version))

    def __str__(self) -> str:
        return f"{self.product} {self.number or 'of unknown version'} ({self.executable})"


@dataclass(frozen=True)
class ServerProgram:
    """A program to be run; ``environment`` is added to the session's own.

    ``problem`` is why it cannot be run on this machine, empty where nothing is known to be amiss.
    """

    name: str
    command: Sequence[str]
    environment: Mapping[str, str] = field(default_factory=dict)
    problem: str = ""


class Backend(ABC):
    """One kind of display server. Only the session acts on what these methods return."""

    name: str
    """How settings, URLs and the page call it; also the name of the page's client."""

    greeting: int
    """How many bytes the display server has sent to a viewer once it has judged its password.

    The bridge closes connections that do not get that far in time. 0 where it cannot be known.
    """

    repeats_keys = True
    """Whether keys that are held repeat only if the X server is set to do so.

    Where not, the desktop must not switch that on (``xstartup/common.sh``).
    """

    long_texts = "CLIPBOARD"
    """The selection by which it is given texts that programs hand over in pieces."""

    takes_spare_keys = False
    """Whether it puts characters that viewers type on keys of the X server that stand for nothing.

    The session sees to it that there are some (``session/spare_keys.py``).
    """

    largest_screen: tuple[int, int] | None
    """The largest size, in pixels, that the session may give the screen when a viewer asks.

    None where the display server changes its size itself.
    """

    @abstractmethod
    def executables(self, settings: DisplaySettings) -> list[str]:
        """Return the paths of its program on this machine, the one that is taken first.

        Called by the server, for the launcher, by the doctor, and by ``find``.
        """

    @abstractmethod
    def find(self, settings: DisplaySettings) -> Installed:
        """Return what is installed.

        Called by the session, on the node where the desktop runs, before anything is started.
        Raises ``DisplayServerMissing`` or ``DisplayServerUnsuitable``, which say what to install.
        """

    @abstractmethod
    def x_servers(
        self, installed: Installed, where: Runtime, settings: DisplaySettings, ready_fd: int
    ) -> Sequence[ServerProgram]:
        """Return the X servers that would do, best first; at least one has no ``problem``.

        Called by the session once; it goes on to the next where one does not start. Each is to
        show display ``where.display``, and to write a line to the file descriptor ``ready_fd``
        when X clients may connect (Xserver(1), ``-displayfd``).
        """

    def viewer_server(
        self, installed: Installed, where: Runtime, settings: DisplaySettings
    ) -> ServerProgram | None:
        """Return what serves viewers, where the X server does not do so itself.

        Called by the session once X clients may connect to ``where.display``.
        """
        return None

    def view_only_server(
        self, installed: Installed, where: Runtime, settings: DisplaySettings
    ) -> ServerProgram | None:
        """Return the server for view-only viewers, where that takes a server of its own.

        It serves at ``where.view_only_entrance``. Called by the session when the first of them
        comes, and again where it has ended. Raises ``ShareUnsupported``.
        """
        return None

    def files(self, where: Runtime, settings: DisplaySettings, key: str) -> Mapping[Path, bytes]:
        """Return files that the programs read, secret ones too.

        Called by the session, which writes them before it starts anything.
        """
        return {}

    @abstractmethod
    def new_password(self) -> str:
        """Return a password that cannot be guessed.

        Called by the server for each ticket.
        """

    def encrypts(self, settings: DisplaySettings) -> bool:
        """Whether viewers need the key of the session, too.

        Called by the server for each ticket, and by the session.
        """
        return False

    @abstractmethod
    def password_files(self, where: Runtime, passwords: Mapping[Access, str]) -> dict[Path, bytes]:
        """Return the files that let ``passwords`` in, each for its access, and no other.

        Called by the session before the start and each time a ticket is used.
        """

    @abstractmethod
    def first_picture(self, connection: socket.socket, password: str, key: str) -> tuple[int, int]:
        """Log in on ``connection`` as a viewer, and return the size of its first picture.

        Called by the doctor, in a thread. Blocks as long as the socket's timeout says. Raises
        ``NotReady`` or ``OSError``.
        """

    @abstractmethod
    def probe(self, socket: Path, password: str, key: str) -> None:
        """Complete one handshake as a viewer would, or raise ``NotReady``.

        ``key`` is empty where nothing is encrypted. Called by the session, in a thread, until it
        succeeds or the start takes too long. Blocks for two seconds at most.
        """
