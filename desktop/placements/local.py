"""Sessions on the machine where Jupyter runs."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import Sequence

from ..errors import NotReady
from .base import Placement


class Local(Placement):
    """A session as a child process, with a Unix socket."""

    def launch(self, session_command: Sequence[str]) -> list[str]:
        """Return the command unchanged."""
        return list(session_command)

    async def connect(self, path: str) -> socket.socket:
        """Connect to ``path``; raises ``NotReady`` if no server listens there."""
        connection = socket.socket(socket.AF_UNIX)
        connection.setblocking(False)
        try:
            await asyncio.get_running_loop().sock_connect(connection, path)
            # A full backlog looks like success: connect(2) fails with EAGAIN, which asyncio takes
            # for a connection in progress.
            connection.getpeername()
        except OSError as error:
            connection.close()
            # The session reports whether the display server has ended or restarts.
            raise NotReady(
                f"The display server does not answer ({error.strerror}).",
                remedy="Try again in a moment. If the error persists, restart the desktop.",
            ) from error
        return connection
