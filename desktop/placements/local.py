"""Sessions on the machine where Jupyter runs."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import Sequence

from ..errors import SessionEnded
from .base import Placement


class Local(Placement):
    """A child process, and its Unix socket."""

    def launch(self, session_command: Sequence[str]) -> list[str]:
        """Return the command as it is."""
        return list(session_command)

    async def connect(self, path: str) -> socket.socket:
        """Connect to ``path``; raises ``SessionEnded`` where nobody listens."""
        connection = socket.socket(socket.AF_UNIX)
        connection.setblocking(False)
        try:
            await asyncio.get_running_loop().sock_connect(connection, path)
            # A full backlog looks like success: connect(2) says EAGAIN, and asyncio takes that
            # for a connection that will be there in a moment.
            connection.getpeername()
        except OSError as error:
            connection.close()
            raise SessionEnded(
                f"The display server is gone ({error.strerror}).",
                remedy="Start the desktop again.",
            ) from error
        return connection
