"""Viewers that look on in threads of their own, and count the updates of the picture."""

from __future__ import annotations

import threading
import time

from tests import clients
from tests.servers import JupyterServer

from .pictures import VncPicture, unseen

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
        ticket = server.ticket(desktop)
        self._picture = unseen(server, ticket)
        self._picture.authenticate(ticket["password"])

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
            self._picture.socket.close()

    def _see(self) -> None:
        """Return when there was an update."""
        self._picture.update()


class SlowWatcher(Watcher):
    """Has a line of 1 KB/s, and asks for whole pictures all the same: it takes, but far too little.

    Its "updates" are the kilobytes that it got; its desktop is one of VNC.
    """

    def _see(self) -> None:
        assert isinstance(self._picture, VncPicture)
        self._picture.ask_for_all()
        if not self._picture.socket.recv(_SLOW):
            raise clients.Closed(None, "end of file")
        self._over.wait(1)
