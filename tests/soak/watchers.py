"""Viewers in threads, which count the updates of the picture."""

from __future__ import annotations

import threading
import time

from tests.servers import JupyterServer

from .pictures import unseen

_SLOW = 1024  # bytes per second


class Watcher(threading.Thread):
    """Views a desktop until it is stopped; ``problem`` is an earlier error."""

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
        """The time.monotonic() of the last received data."""
        return self._newest

    def stop(self) -> None:
        """Stop after the next update."""
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
        """Wait for an update."""
        self._picture.update()


class SlowWatcher(Watcher):
    """Requests whole pictures on a line of 1 KB/s, ``line``."""

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
