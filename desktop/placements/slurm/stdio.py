"""A relay from standard input and output to a Unix socket: ``python -I -S -c SOURCE [SECONDS]``.

A program that carries a stream to another machine, such as ``srun`` or ``ssh``, runs this there. It
needs only Python's standard library, and no file of this package; the source is ASCII, for any
locale. The socket is in the variable ``ADDRESS``, since other users can see command lines: a path,
or "@" and an abstract name (unix(7)). The relay waits ``SECONDS`` for a listener. Once connected,
it writes ``READY``, and then the socket's data; other output may come before, such as that of a
site's prolog.
"""

from __future__ import annotations

import os
import socket
import struct
import sys
import threading
import time

ADDRESS = "JUPYTER_DESKTOP_ADDRESS"
READY = b"\0jupyter-desktop is connected\n"

_CHUNK = 256 * 1024
_RETRY_INTERVAL = 0.05  # seconds


def main(timeout: str = "0") -> None:
    """Relay bytes both ways until the socket closes; the end of the input is passed on."""
    path = os.environ[ADDRESS]
    address = "\0" + path[1:] if path.startswith("@") else path
    connection = _connect(address, time.monotonic() + float(timeout))
    _check_owner(connection)
    _write(READY)
    threading.Thread(target=_send, args=(connection,), daemon=True).start()
    try:
        while data := connection.recv(_CHUNK):
            _write(data)
    except OSError:
        pass  # one side is gone
    # The other thread may block on input.
    os._exit(0)


def _connect(address: str, deadline: float) -> socket.socket:
    while True:
        connection = socket.socket(socket.AF_UNIX)
        try:
            connection.connect(address)
            return connection
        except OSError as error:
            connection.close()
            if time.monotonic() > deadline:
                sys.exit(f"No process listens there: {error.strerror}.")
            time.sleep(_RETRY_INTERVAL)


def _check_owner(connection: socket.socket) -> None:
    """Exit unless the listener is this user's: any user may bind an abstract name."""
    credentials = connection.getsockopt(socket.SOL_SOCKET, socket.SO_PEERCRED, 12)
    if struct.unpack("3i", credentials)[1] != os.getuid():
        sys.exit("The listener there is another user's.")


def _send(connection: socket.socket) -> None:
    try:
        while data := os.read(0, _CHUNK):
            connection.sendall(data)
        connection.shutdown(socket.SHUT_WR)
    except OSError:
        pass  # the other direction ends as well


def _write(data: bytes) -> None:
    view = memoryview(data)
    while view:
        view = view[os.write(1, view) :]


if __name__ == "__main__":
    main(*sys.argv[1:])
