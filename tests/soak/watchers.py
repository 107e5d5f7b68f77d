"""Viewers that look on in threads of their own, and count the updates of the picture."""

from __future__ import annotations

import threading
import time

from tests.servers import JupyterServer

from .pictures import unseen

_SLOW = 1024  # bytes per second


class Watcher(threading.Thread):
    """Looks on until it is told to stop; ``problem`` is what ended it before."""

    def __init__(self, server: JupyterServer, desktop: str) -> None:
        super().__init__(daemon=True)
        self.desktop = desktop
        self.updates = 0
        self._newest = 0.0
        self.problem: Exception | None = None
        self._over = threading.Event()
        ticket = server.ticket(desktop)
        self._picture = unseen(server, ticket)
        self._picture.authenticate(ticket["password"])

    @property
    def heard(self) -> float:
        """When something came last, by time.monotonic()."""
        return self._newest

    def stop(self) -> None:
        """Let it leave."""
        self._over.set()

    def run(self) -> None:
        try:
            while not self._over.is_set():
                self._see()
                self.updates += 1
                self._newest = time.monotonic()
        except Exception as problem:
            self.problem = problem
        finally:
            self._picture.socket.close()

    def _see(self) -> None:
        """Return when there was an update."""
        self._picture.update()


class SlowWatcher(Watcher):
    """Has a line of 1 KB/s, and asks for whole pictures all the same: it takes, but far too little.

    ``line`` is that line.
    """

    def __init__(self, server: JupyterServer, desktop: str) -> None:
        super().__init__(server, desktop)
        self.line = self._picture.slow_down(_SLOW)

    @property
    def heard(self) -> float:
        return self.line.heard

    def stop(self) -> None:
        super().stop()
        self.line.cut()  # the next update may be a minute away

    def _see(self) -> None:
        self._picture.ask_for_all()
        self._picture.take()
