"""A WebSocket client with minimal overhead: it does not parse received data."""

from __future__ import annotations

import base64
import os
import socket
import time
from collections.abc import Sequence

_MASKED_BINARY = bytes([0x82])
_BUFFER = bytearray(4 * 1024 * 1024)


def connect(port: int, path: str, token: str = "", protocols: Sequence[str] = ()) -> socket.socket:
    """Open a WebSocket (RFC 6455, section 4.1) and return its socket."""
    connection = socket.create_connection(("127.0.0.1", port), timeout=120)
    connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    head = [
        f"GET {path} HTTP/1.1",
        f"Host: 127.0.0.1:{port}",
        "Upgrade: websocket",
        "Connection: Upgrade",
        "Sec-WebSocket-Version: 13",
        f"Sec-WebSocket-Key: {base64.b64encode(os.urandom(16)).decode()}",
        *([f"Authorization: token {token}"] if token else []),
        *([f"Sec-WebSocket-Protocol: {', '.join(protocols)}"] if protocols else []),
    ]
    connection.sendall("\r\n".join([*head, "", ""]).encode())
    answer = _read_head(connection)
    if not answer.startswith(b"HTTP/1.1 101"):
        raise ConnectionError(f"{path} was answered: {answer.decode(errors='replace')}")
    return connection


def send(connection: socket.socket, data: bytes, opcode: int = 0x2) -> None:
    """Send a short message, masked with zeros, which do not change it."""
    length = (
        bytes([0x80 | len(data)])
        if len(data) < 126
        else bytes([0x80 | 126]) + len(data).to_bytes(2, "big")
    )
    connection.sendall(bytes([0x80 | opcode]) + length + bytes(4) + data)


def receive_exactly(connection: socket.socket, count: int) -> bytes:
    """Return the next ``count`` bytes, including frame headers."""
    data = b""
    while len(data) < count:
        chunk = connection.recv(count - len(data))
        if not chunk:
            raise ConnectionError("The server closed the connection.")
        data += chunk
    return data


def discard(connection: socket.socket, seconds: float) -> int:
    """Read for ``seconds``, and return the number of bytes received."""
    count, end = 0, time.perf_counter() + seconds
    while time.perf_counter() < end:
        received = connection.recv_into(_BUFFER)
        if not received:
            raise ConnectionError("The server closed the connection.")
        count += received
    return count


def _read_head(connection: socket.socket) -> bytes:
    head = b""
    while not head.endswith(b"\r\n\r\n"):
        head += receive_exactly(connection, 1)
    return head
