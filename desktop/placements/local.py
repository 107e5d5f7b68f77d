"""Sessions on the machine where Jupyter runs."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import Sequence

from ..errors import NotReady
from .base import Placement


class Local(Placement):
    """A child process, and its Unix socket."""

    def launch(self, session_command: Sequence[str]) -> list[str]:
        """Return the command as it is."""
        return list(session_command)

    async def connect(self, path: str) -> socket.socket:
        """Connect to ``path``; raises ``NotReady`` where it is not listened on."""
        connection = socket.socket(socket.AF_UNIX)
        connection.setblocking(False)
        try:
            await asyncio.get_running_loop().sock_connect(connection, path)
            # A full backlog looks like success: connect(2) says EAGAIN, and asyncio takes that
            # for a connection that will be there in a moment.
            connection.getpeername()
        except OSError as error:
            connection.close()
            # Whether it is over, or just comes back, the session will say.
            raise NotReady(
                f"The display server does not answer ({error.strerror}).",
                remedy="Try again in a moment. If it stays so, restart the desktop.",
            ) from error
        return connection
