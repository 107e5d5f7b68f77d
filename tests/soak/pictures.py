"""What a viewer sees, whichever display server shows it."""

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

# How a connection may end without anybody being wrong. Xpra's says NotReady where it is refused.
ENDS = (clients.Closed, clients.Denied, WrongPassword, NotReady, OSError)


class Picture(ABC):
    """The picture at the end of ``wire``; ``pixels`` is its size, once something came."""

    def __init__(self, wire: Wire) -> None:
        self.socket = wire.socket
        self.pixels = 0
        self._wire = wire

    @abstractmethod
    def authenticate(self, password: str) -> None:
        """Log in, and get the first picture on its way."""

    @abstractmethod
    def update(self) -> int:
        """Return how many pixels came with the next update, and get another one on its way."""

    @abstractmethod
    def ask_for_all(self) -> None:
        """Ask for the whole picture, changed or not."""

    @abstractmethod
    def take(self) -> None:
        """Take what comes, or a part of it: a slow line may never get through with the whole."""

    def slow_down(self, rate: int) -> SlowLine:
        """Let no more than ``rate`` bytes a second come from now on."""
        line = SlowLine(self._wire.socket, rate)
        self._wire.socket = line  # type: ignore[assignment]  # it passes on all but recv()
        return line


class SlowLine:
    """A connection on which not more than ``rate`` bytes come in a second.

    What is sent is not held up. ``bytes`` came so far, the last of them when time.monotonic() was
    ``heard``.
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
        """Let nothing come any more, not even what is here already."""
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
    """RFB's, which a viewer has to ask for."""

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
    """Xpra's, which sends more only to those who confirm what they got."""

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
        self.update()  # it sends no more before it is told that one came


_KINDS: Mapping[str, type[Picture]] = {"vnc": VncPicture, "xpra": XpraPicture}


def unseen(server: JupyterServer, ticket: Mapping[str, Any]) -> Picture:
    """Open the connection that ``ticket`` is for; nobody has logged in there yet."""
    return _KINDS[ticket["backend"]](open_socket(server, ticket))
