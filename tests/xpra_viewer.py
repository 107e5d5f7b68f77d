"""A viewer of Xpra's, packet by packet, of desktops that are not encrypted (Xpra.encryption)."""

from __future__ import annotations

import socket
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from jupyter_desktop.backends.xpra import protocol as xpra_protocol
from tests.clients import Wire

_PASSWORDS = {"display": "password", "view": "view-password"}


class XpraViewer(xpra_protocol.Wire):
    """Connected, and ready to be used; ``wishes`` are added to what it says of itself."""

    def __init__(self, stream: xpra_protocol.Stream, password: str, **wishes: Any) -> None:
        super().__init__(stream)
        xpra_protocol.log_in(self, password, key="", greeting={**xpra_protocol.VIEWER, **wishes})

    def awaits(self, name: bytes) -> list[Any]:
        """Return what came with the next packet of that name."""
        while (packet := self.receive())[0] != name:
            pass
        return packet[1:]

    def moves(self, x: int, y: int, window: int = 1) -> None:
        """Move the pointer."""
        self.send(["pointer-position", window, [x, y], []])

    def awaits_picture(self) -> None:
        """Show the desktop as the window that it is, and return when it is drawn."""
        self.send(["map-window", 1, 0, 0, 1920, 1080, {}])
        self.awaits(b"draw")

    def is_heard(self) -> None:
        """Return when all that was sent has been processed: it answers in order."""
        self.send(["ping", 1])
        self.awaits(b"ping_echo")


class MessageStream:
    """WebSocket messages as a stream."""

    def __init__(self, wire: Wire) -> None:
        self._wire = wire
        self._buffer = b""

    def sendall(self, data: bytes) -> None:
        self._wire.send(data)

    def recv(self, count: int) -> bytes:
        self._buffer = self._buffer or self._wire.message()
        taken, self._buffer = self._buffer[:count], self._buffer[count:]
        return taken


@contextmanager
def connected(folder: Path, entrance: str = "display", **wishes: Any) -> Iterator[XpraViewer]:
    """Connect to the display server whose runtime folder this is, without a bridge."""
    with socket.socket(socket.AF_UNIX) as connection:
        connection.settimeout(10)
        connection.connect(str(folder / f"{entrance}.sock"))
        yield XpraViewer(connection, (folder / _PASSWORDS[entrance]).read_text(), **wishes)


@contextmanager
def looking_on(folder: Path) -> Iterator[XpraViewer]:
    """The same, once a picture came."""
    with connected(folder, desktop_size=[1920, 1080]) as viewer:
        viewer.awaits_picture()
        yield viewer
