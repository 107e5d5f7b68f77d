"""The viewer's side of the RFB handshake (RFC 6143, section 7.1 to 7.3)."""

from __future__ import annotations

import socket
import struct
from pathlib import Path

from .. import secrets
from ..errors import NotReady

_SECONDS = 2.0
_VERSION = b"RFB 003.008\n"
_VNC_AUTHENTICATION = 2


def handshake(path: Path, password: str) -> tuple[int, int]:
    """Connect to ``path``, authenticate, and return the framebuffer's width and height.

    It goes all the way to ServerInit, because a viewer that breaks off earlier counts as an
    attack. Raises ``NotReady`` where nobody listens or the answer is not RFB.
    """
    try:
        with socket.socket(socket.AF_UNIX) as connection:
            connection.settimeout(_SECONDS)
            connection.connect(str(path))
            _authenticate(connection, password)
            return _initialise(connection)
    except (OSError, struct.error) as problem:
        raise NotReady(f"The display server does not answer yet: {problem}.") from problem


def _authenticate(connection: socket.socket, password: str) -> None:
    """ProtocolVersion, security types, VncAuth, SecurityResult (RFC 6143, 7.1 and 7.2.2)."""
    _receive(connection, len(_VERSION))
    connection.sendall(_VERSION)
    types = _receive(connection, _receive(connection, 1)[0])
    if _VNC_AUTHENTICATION not in types:
        raise NotReady(f"The display server offers no VNC authentication, but {list(types)}.")
    connection.sendall(bytes([_VNC_AUTHENTICATION]))
    connection.sendall(secrets.vnc_response(password, _receive(connection, 16)))
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
