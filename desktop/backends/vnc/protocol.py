"""The viewer's side of the RFB handshake and its first picture (RFC 6143, section 7)."""

from __future__ import annotations

import socket
import struct
from pathlib import Path

from ...errors import NotReady
from ...system import credentials

_TIMEOUT = 2.0  # seconds for each socket operation
_VERSION = b"RFB 003.008\n"
_VNC_AUTHENTICATION = 2
_RAW = 0  # an encoding

# Message types (RFC 6143, 7.5 and 7.6).
_SET_ENCODINGS, _REQUEST_UPDATE = 2, 3
_UPDATE, _BELL, _CUT_TEXT = 0, 2, 3


def handshake(path: Path, password: str, timeout: float = _TIMEOUT) -> tuple[int, int]:
    """Connect to ``path``, authenticate, and return the framebuffer's width and height.

    It continues to ServerInit, because a viewer that disconnects earlier counts as a failed login.
    Raises ``NotReady`` if no server listens or the answer is not RFB.
    """
    try:
        with socket.socket(socket.AF_UNIX) as connection:
            connection.settimeout(timeout)
            connection.connect(str(path))
            _authenticate(connection, password)
            return _initialise(connection)
    except (OSError, struct.error) as problem:
        raise NotReady(f"The display server does not answer yet: {problem}.") from problem


def first_update(connection: socket.socket, password: str) -> tuple[int, int]:
    """Authenticate on ``connection``, and return the framebuffer's size after the first pixel.

    Blocks up to the socket's timeout. Raises ``NotReady`` or ``OSError``.
    """
    _authenticate(connection, password)
    width, height = _initialise(connection)
    encodings = struct.pack(">BxHi", _SET_ENCODINGS, 1, _RAW)
    request = struct.pack(">BBHHHH", _REQUEST_UPDATE, 0, 0, 0, width, height)
    connection.sendall(encodings + request)
    while (kind := _receive(connection, 1)[0]) != _UPDATE:
        if kind == _CUT_TEXT:
            _receive(connection, struct.unpack(">3xI", _receive(connection, 7))[0])
        elif kind != _BELL:
            raise NotReady(f"The display server sent a message of type {kind}.")
    # Padding, number of rectangles; position, size and encoding of the first; one byte of pixels.
    _receive(connection, 1 + 2 + 12 + 1)
    return width, height


def _authenticate(connection: socket.socket, password: str) -> None:
    """ProtocolVersion, security types, VncAuth, SecurityResult (RFC 6143, 7.1 and 7.2.2)."""
    _receive(connection, len(_VERSION))
    connection.sendall(_VERSION)
    types = _receive(connection, _receive(connection, 1)[0])
    if _VNC_AUTHENTICATION not in types:
        raise NotReady(f"The display server offers no VNC authentication, only {list(types)}.")
    connection.sendall(bytes([_VNC_AUTHENTICATION]))
    connection.sendall(credentials.vnc_response(password, _receive(connection, 16)))
    (result,) = struct.unpack(">I", _receive(connection, 4))
    if result != 0:
        raise NotReady("The display server did not accept the password.")


def _initialise(connection: socket.socket) -> tuple[int, int]:
    """ClientInit with the shared flag, ServerInit (RFC 6143, 7.3)."""
    connection.sendall(b"\x01")
    width, height = struct.unpack(">HH16x", _receive(connection, 20))
    _receive(connection, struct.unpack(">I", _receive(connection, 4))[0])
    return width, height


def _receive(connection: socket.socket, count: int) -> bytes:
    data = b""
    while len(data) < count:
        chunk = connection.recv(count - len(data))
        if not chunk:
            raise NotReady("The display server closed the connection.")
        data += chunk
    return data
