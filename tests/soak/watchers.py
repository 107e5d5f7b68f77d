"""Viewers that look on in threads of their own, and count the updates of the picture."""

from __future__ import annotations

import threading
import time

from tests import clients
from tests.integration.viewing import open_socket, view
from tests.servers import JupyterServer
from tests.xpra_viewer import MessageStream, XpraViewer

_SLOW = 1024  # bytes per second


class Watcher(threading.Thread):
    """Looks on until it is told to stop; ``problem`` is what ended it before."""

    def __init__(self, server: JupyterServer, desktop: str) -> None:
        super().__init__(daemon=True)
        self.desktop = desktop
        self.updates = 0
        self.heard = 0.0  # time.monotonic() of the newest one
        self.problem: Exception | None = None
        self._over = threading.Event()
        self._connect(server)

    def stop(self) -> None:
        """Let it leave."""
        self._over.set()

    def run(self) -> None:
        try:
            while not self._over.is_set():
                self._see()
                self.updates += 1
                self.heard = time.monotonic()
        except Exception as problem:
            self.problem = problem
        finally:
            self._leave()

    def _connect(self, server: JupyterServer) -> None:
        """Get the first picture on its way."""
        self._viewer = view(server, self.desktop)
        self._viewer.set_encodings(clients.RAW)
        self._viewer.request_update()

    def _see(self) -> None:
        """Return when there was an update."""
        self._viewer.update()
        self._viewer.request_update(incremental=True)

    def _leave(self) -> None:
        self._viewer.wire.socket.close()


class SlowWatcher(Watcher):
    """Has a line of 1 KB/s, and asks for whole pictures all the same: it takes, but far too little.

    Its "updates" are the kilobytes that it got.
    """

    def _see(self) -> None:
        self._viewer.request_update()
        if not self._viewer.wire.socket.recv(_SLOW):
            raise clients.Closed(None, "end of file")
        self._over.wait(1)


class XpraWatcher(Watcher):
    """The same with Xpra, which sends more only to those who confirm what they got."""

    def _connect(self, server: JupyterServer) -> None:
        ticket = server.ticket(self.desktop)
        self._wire = open_socket(server, ticket)
        self._packets = XpraViewer(MessageStream(self._wire), ticket["password"])

    def _see(self) -> None:
        while True:
            kind, *rest = self._packets.receive()
            if kind == b"ping":
                self._packets.send(["ping_echo", rest[0], 0, 0, 0, 0])
            elif kind == b"new-window":
                self._packets.send(["map-window", *rest[:5], {}])
            elif kind == b"draw":
                window, _, _, width, height, _, _, sequence = rest[:8]
                self._packets.send(["damage-sequence", sequence, window, width, height, 1000, ""])
                return

    def _leave(self) -> None:
        self._wire.socket.close()
