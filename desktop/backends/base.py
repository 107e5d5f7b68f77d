"""What a backend is: the knowledge of one display server, without acting on it."""

from __future__ import annotations

import re
from abc import ABC, abstractmethod
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ..errors import BadRequest


@dataclass(frozen=True)
class Runtime:
    """The runtime folder of one desktop, what lies in it, and its X display (":N")."""

    folder: Path
    display: str

    @property
    def socket(self) -> Path:
        """The Unix socket on which the display server talks to viewers."""
        return self.folder / "display.sock"

    @property
    def xauthority(self) -> Path:
        """The file with the X cookie, for ``$XAUTHORITY`` (Xsecurity(7))."""
        return self.folder / "Xauthority"

    @property
    def password_file(self) -> Path:
        """The password that is in force, in the form the display server reads."""
        return self.folder / "password"

    def log(self, name: str) -> Path:
        """What the child process called ``name`` printed."""
        return self.folder / f"{name.replace(' ', '-')}.log"


@dataclass(frozen=True)
class DisplaySettings:
    """What a user or administrator may choose about a display.

    ``geometry`` is "WIDTHxHEIGHT" in pixels, ``clipboard`` one of "both", "in" (browser to
    desktop), "out", "off"; ``arguments`` are added to the display server's command line as they
    are.
    """

    geometry: str = "1920x1080"
    clipboard: str = "both"
    title: str = "Desktop"
    executable: str = ""
    arguments: tuple[str, ...] = ()

    @classmethod
    def from_json(cls, values: dict[str, Any]) -> DisplaySettings:
        """Return the settings in ``values``, as ``dataclasses.asdict`` and JSON made them."""
        return cls(**{**values, "arguments": tuple(values.get("arguments", ()))})


_SMALLEST, _LARGEST = 64, 16384  # pixels; the larger one is TigerVNC's


def check_geometry(geometry: str) -> str:
    """Return ``geometry``; raises ``BadRequest`` if it is not WIDTHxHEIGHT in pixels."""
    match = re.fullmatch(r"(\d{2,5})x(\d{2,5})", geometry, re.ASCII)
    if not match or not all(_SMALLEST <= int(side) <= _LARGEST for side in match.groups()):
        raise BadRequest(
            f"{geometry[:40]!r} is not a size.",
            remedy=f"It must be WIDTHxHEIGHT in pixels, such as '1920x1080', each {_SMALLEST} to "
            f"{_LARGEST}.",
        )
    return geometry


@dataclass(frozen=True)
class Installed:
    """A display server found on this machine."""

    executable: str
    product: str
    version: tuple[int, ...]

    def __str__(self) -> str:
        return f"{self.product} {'.'.join(map(str, self.version))} ({self.executable})"


class Backend(ABC):
    """One kind of display server. Only the session acts on what these methods return."""

    name: str
    """How settings, URLs and the page call it; also the name of the page's client."""

    greeting: int
    """How many bytes the display server has sent to a viewer once it has judged its password.

    The bridge shuts out who does not get that far in time. 0 where it cannot be known.
    """

    reads_long_selections: bool
    """Whether the display server reads X selections that come in pieces (ICCCM, 2.7.2)."""

    @abstractmethod
    def find(self, settings: DisplaySettings) -> Installed:
        """Return what is installed.

        Called by the session, on the node where the desktop runs, before anything is started.
        Raises ``DisplayServerMissing`` or ``DisplayServerUnsuitable``, which say what to install.
        """

    @abstractmethod
    def command(
        self, installed: Installed, where: Runtime, settings: DisplaySettings, ready_fd: int
    ) -> list[str]:
        """Return the command line of the display server.

        Called by the session once. The server is to show display ``where.display``, and to write
        a line to the file descriptor ``ready_fd`` when X clients may connect (Xserver(1),
        ``-displayfd``).
        """

    @abstractmethod
    def password_file(self, password: str) -> bytes:
        """Return the contents of ``Runtime.password_file`` that let ``password`` in.

        Called by the session before the start and each time a ticket is used.
        """

    @abstractmethod
    def probe(self, socket: Path, password: str) -> None:
        """Complete one handshake as a viewer would, or raise ``NotReady``.

        Called by the session, in a thread, until it succeeds or the start takes too long. Blocks
        for two seconds at most.
        """
