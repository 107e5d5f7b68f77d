"""The program of the job: ``python -m jupyter_desktop.placements.slurm.inside SECONDS COMMAND…``.

It waits for the process that submitted the job to connect to an abstract Unix socket (unix(7)),
and executes COMMAND, a session with that connection as its standard input and output. Without a
connection the job ends: the process that submitted it is gone. The socket's name is in the variable
``SOCKET_NAME``, not on the command line, which other users can see: they could bind it first.
"""

from __future__ import annotations

import os
import socket
import struct
import sys
import time

SOCKET_NAME = "JUPYTER_DESKTOP_NAME"


def main(timeout: str, *command: str) -> int:
    """Wait for the connection, then execute ``command``; return if there is none."""
    name = os.environ.pop(SOCKET_NAME)
    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind(f"\0{name}")
        listener.listen()
        connection = _owner(listener, time.monotonic() + float(timeout))
    if connection is None:
        print(f"There was no connection to the desktop within {timeout} seconds.")
        return 1
    for descriptor in (0, 1):
        os.dup2(connection.fileno(), descriptor)
    connection.close()
    os.execvp(command[0], command)  # noqa: S606  a session needs no shell


def _owner(listener: socket.socket, deadline: float) -> socket.socket | None:
    """Return the first connection of this user; any user may connect to an abstract socket."""
    while (left := deadline - time.monotonic()) > 0:
        listener.settimeout(left)
        try:
            connection, _ = listener.accept()
        except TimeoutError:
            break
        credentials = connection.getsockopt(socket.SOL_SOCKET, socket.SO_PEERCRED, 12)
        if struct.unpack("3i", credentials)[1] == os.getuid():
            return connection
        connection.close()
    return None


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
