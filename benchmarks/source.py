"""A server on a Unix socket that replaces a display server: ``python source.py PATH``.

The first line that a client sends is its request: ``echo``, or ``flood MIB``.
"""

from __future__ import annotations

import socket
import sys
import threading

_BLOCK = bytes(1024 * 1024)


def main() -> None:
    """Serve clients, each in a thread."""
    with socket.socket(socket.AF_UNIX) as server:
        server.bind(sys.argv[1])
        server.listen()
        while True:
            connection, _ = server.accept()
            threading.Thread(target=_serve, args=[connection], daemon=True).start()


def _serve(connection: socket.socket) -> None:
    with connection:
        try:
            wanted, _, data = connection.recv(65536).partition(b"\n")
            match wanted.split():
                case [b"echo"]:
                    _echo(connection, data)
                case [b"flood", mebibytes]:
                    _flood(connection, int(mebibytes))
        except OSError:
            pass  # the client has disconnected


def _echo(connection: socket.socket, data: bytes) -> None:
    connection.sendall(data)
    while data := connection.recv(65536):
        connection.sendall(data)


def _flood(connection: socket.socket, mebibytes: int) -> None:
    for _ in range(mebibytes):
        connection.sendall(_BLOCK)
    connection.recv(1)


if __name__ == "__main__":
    main()
