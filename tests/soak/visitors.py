"""Viewers that, like pages, reconnect with a new ticket after any failure."""

from __future__ import annotations

import random
import socket
import struct
import threading
import time
from typing import Any

from tests import clients
from tests.servers import JupyterServer

from .pictures import ENDS, Picture, unseen

_AGAIN = 0.2  # seconds between attempts
_NO_LINGER = struct.pack("ii", 1, 0)  # socket(7): closing resets the connection


class Away(Exception):
    """No ticket is available now."""


class Visitor(threading.Thread):
    """Views one desktop, reconnecting after failures, until it is stopped.

    A failure requested by ``suffer`` happens to its connection soon. Connections left open without
    a close, as by a computer that is switched off, are in ``abandoned``.
    """

    def __init__(self, server: JupyterServer, desktop: str, number: int) -> None:
        super().__init__(name=f"{desktop}, viewer {number}", daemon=True)
        self.updates = 0
        self.connections = 0
        self.abandoned: list[socket.socket] = []
        self._server = server
        self._desktop = desktop
        self._client = f"page-{desktop}-{number}"
        self._fate = ""
        self._over = threading.Event()

    def suffer(self, fate: str) -> None:
        """Request one of ``FATES``."""
        self._fate = fate

    def stop(self) -> None:
        """Stop after the next update."""
        self._over.set()

    def run(self) -> None:
        while not self._over.is_set():
            try:
                self._visit()
            except (Away, *ENDS):
                self._over.wait(_AGAIN)

    def _visit(self) -> None:
        ticket = ticket_for(self._server, self._desktop, self._client)
        picture = unseen(self._server, ticket)
        try:
            self.connections += 1
            if self._fate == "mute":
                return self._abandon(picture)
            picture.authenticate(ticket["password"])
            while not self._over.is_set() and not self._suffered(picture):
                picture.update()
                self.updates += 1
        finally:
            if picture.socket not in self.abandoned:
                picture.socket.close()

    def _suffered(self, picture: Picture) -> bool:
        """Cause the requested failure; return whether it ends the connection."""
        fate, self._fate = self._fate, ""
        match fate:
            case "reset":
                linger = (socket.SOL_SOCKET, socket.SO_LINGER, _NO_LINGER)
                picture.socket.setsockopt(*linger)
            case "half-closed":
                picture.socket.shutdown(socket.SHUT_WR)
            case "half-open":
                self._abandon(picture)
            case "frozen":
                self._over.wait(2)
            case "mute":  # the next time
                self._fate = fate
        return fate in ("reset", "half-open", "cut", "mute")

    def _abandon(self, picture: Picture) -> None:
        self._fate = ""
        self.abandoned.append(picture.socket)


FATES = ("reset", "half-closed", "half-open", "frozen", "cut", "mute")


def ticket_for(server: JupyterServer, desktop: str, client: str = "") -> dict[str, Any]:
    """Return a ticket; raises ``Away`` if it is refused."""
    answer = server.call("POST", f"desktop/api/sessions/{desktop}/ticket", {"client": client})
    if answer.status != 200:
        raise Away(answer.body)
    ticket: dict[str, Any] = answer.json
    return ticket


def break_off(server: JupyterServer, rng: random.Random) -> socket.socket:
    """Return a connection that has sent only a part of a request."""
    request = clients.upgrade(f"{server.url}desktop/socket/default")
    connection = clients.dial(server.url)
    connection.sendall(request[: rng.randrange(1, len(request))])
    return connection


def seconds_to_picture(server: JupyterServer, desktop: str) -> float:
    """Return how long a new viewer waits for a picture."""
    start = time.monotonic()
    ticket = ticket_for(server, desktop)
    picture = unseen(server, ticket)
    with picture.socket:
        picture.authenticate(ticket["password"])
        assert picture.update() >= picture.pixels > 0
    return time.monotonic() - start
