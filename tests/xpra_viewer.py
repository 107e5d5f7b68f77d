"""An Xpra viewer on packets, for desktops without encryption (Xpra.encryption)."""

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
    """A viewer that has logged in; ``wishes`` are added to its greeting."""

    def __init__(self, stream: xpra_protocol.Stream, password: str, **wishes: Any) -> None:
        super().__init__(stream)
        xpra_protocol.log_in(self, password, key="", greeting={**xpra_protocol.VIEWER, **wishes})

    def awaits(self, name: bytes) -> list[Any]:
        """Wait for a packet of that name; return its arguments."""
        while (packet := self.receive())[0] != name:
            pass
        return packet[1:]

    def moves(self, x: int, y: int, window: int = 1) -> None:
        """Move the pointer."""
        self.send(["pointer-position", window, [x, y], []])

    def awaits_picture(self) -> None:
        """Map the desktop's window, and wait until it is drawn."""
        self.send(["map-window", 1, 0, 0, 1920, 1080, {}])
        self.awaits(b"draw")

    def is_heard(self) -> None:
        """Wait until all packets have been processed: answers come in order."""
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
    """Connect to the display server with that runtime folder, without a bridge."""
    with socket.socket(socket.AF_UNIX) as connection:
        connection.settimeout(10)
        connection.connect(str(folder / f"{entrance}.sock"))
        yield XpraViewer(connection, (folder / _PASSWORDS[entrance]).read_text(), **wishes)


@contextmanager
def looking_on(folder: Path) -> Iterator[XpraViewer]:
    """The same, after the first picture."""
    with connected(folder, desktop_size=[1920, 1080]) as viewer:
        viewer.awaits_picture()
        yield viewer
