"""Viewers' pictures, for both display servers."""

from __future__ import annotations

import contextlib
import socket
import threading
import time
from abc import ABC, abstractmethod
from collections.abc import Mapping
from typing import Any

from jupyter_desktop.errors import NotReady
from tests import clients
from tests.clients import Viewer, Wire, WrongPassword
from tests.integration.viewing import open_socket
from tests.servers import JupyterServer
from tests.xpra_viewer import MessageStream, XpraViewer

_PART = 64 * 1024  # bytes

# Allowed ends of a connection. Xpra's viewer raises NotReady if it is refused.
ENDS = (clients.Closed, clients.Denied, WrongPassword, NotReady, OSError)


class Picture(ABC):
    """The picture of a viewer on ``wire``; ``pixels`` is its size, once known."""

    def __init__(self, wire: Wire) -> None:
        self.socket = wire.socket
        self.pixels = 0
        self._wire = wire

    @abstractmethod
    def authenticate(self, password: str) -> None:
        """Log in, and request the first picture."""

    @abstractmethod
    def update(self) -> int:
        """Return the number of pixels of the next update, and request another one."""

    @abstractmethod
    def ask_for_all(self) -> None:
        """Request the whole picture."""

    @abstractmethod
    def take(self) -> None:
        """Read some data: on a slow line a whole update may never arrive."""

    def slow_down(self, rate: int) -> SlowLine:
        """Limit received data to ``rate`` bytes a second from now on."""
        line = SlowLine(self._wire.socket, rate)
        self._wire.socket = line  # type: ignore[assignment]  # it passes on all but recv()
        return line


class SlowLine:
    """A connection that receives at most ``rate`` bytes a second.

    Sending is not limited. ``bytes`` is the number of received bytes, ``heard`` the
    time.monotonic() of the last.
    """

    def __init__(self, connection: socket.socket, rate: int) -> None:
        self.bytes = 0
        self.heard = 0.0
        self._connection = connection
        self._rate = rate
        self._cut = threading.Event()

    def __getattr__(self, name: str) -> Any:
        return getattr(self._connection, name)

    def cut(self) -> None:
        """Receive nothing any more, not even buffered data."""
        with contextlib.suppress(OSError):  # it may have ended by itself
            self._connection.shutdown(socket.SHUT_RDWR)
        self._cut.set()

    def recv(self, count: int) -> bytes:
        if self._cut.is_set():
            return b""
        data = self._connection.recv(min(count, self._rate))
        self.bytes += len(data)
        self.heard = time.monotonic()
        self._cut.wait(len(data) / self._rate)
        return data


class VncPicture(Picture):
    """RFB's picture, which a viewer has to request."""

    def authenticate(self, password: str) -> None:
        self._viewer = Viewer(self._wire).authenticate(password)
        self.pixels = self._viewer.width * self._viewer.height
        self._viewer.set_encodings(clients.RAW)
        self._viewer.request_update()

    def update(self) -> int:
        size = self._viewer.update()
        self._viewer.request_update(incremental=True)
        return size // 4

    def ask_for_all(self) -> None:
        self._viewer.request_update()

    def take(self) -> None:
        if not self._wire.socket.recv(_PART):
            raise clients.Closed(None, "end of file")


class XpraPicture(Picture):
    """Xpra's picture; Xpra sends more only after an acknowledgement."""

    def authenticate(self, password: str) -> None:
        self._packets = XpraViewer(MessageStream(self._wire), password)

    def update(self) -> int:
        while True:
            kind, *rest = self._packets.receive()
            if kind == b"ping":
                self._packets.send(["ping_echo", rest[0], 0, 0, 0, 0])
            elif kind == b"new-window":
                self.pixels = rest[3] * rest[4]
                self._packets.send(["map-window", *rest[:5], {}])
            elif kind == b"draw":
                window, _, _, width, height, _, _, sequence = rest[:8]
                self._packets.send(["damage-sequence", sequence, window, width, height, 1000, ""])
                return int(width * height)

    def ask_for_all(self) -> None:
        self._packets.send(["buffer-refresh", -1, 0, 100])

    def take(self) -> None:
        self.update()  # Xpra waits for the acknowledgement of an update


_KINDS: Mapping[str, type[Picture]] = {"vnc": VncPicture, "xpra": XpraPicture}


def unseen(server: JupyterServer, ticket: Mapping[str, Any]) -> Picture:
    """Open the connection of ``ticket``, without a login."""
    return _KINDS[ticket["backend"]](open_socket(server, ticket))
