"""A viewer of Xpra's that looks on, as far as the server is concerned."""

from __future__ import annotations

import socket
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from unittest.mock import patch

from desktop.backends import xpra_protocol

_READINESS = ("request", "connect_test_request")
_ENCODINGS = ["rgb32", "rgb24", "png"]
_LOOKING_ON = {
    **{name: value for name, value in xpra_protocol.HELLO.items() if name not in _READINESS},
    "ui_client": 1,
    "windows": 1,
    "desktop_size": [1920, 1080],
    "encodings": _ENCODINGS,
    "encodings.core": _ENCODINGS,
    "encodings.rgb_formats": ["RGB", "RGBX", "BGRX"],
}


@contextmanager
def looking_on(folder: Path) -> Iterator[socket.socket]:
    """Look at the desktop whose runtime folder this is; give the socket once a picture came.

    It must not be encrypted (``Xpra.encryption``).
    """
    password = (folder / "password").read_text()
    with socket.socket(socket.AF_UNIX) as connection:
        connection.settimeout(10)
        connection.connect(str(folder / "display.sock"))
        wire = xpra_protocol._Wire(connection)
        with patch.object(xpra_protocol, "HELLO", _LOOKING_ON):
            xpra_protocol._log_in(wire, password, key="")
        wire.send(["map-window", 1, 0, 0, 1920, 1080, {}])
        while _name_of_packet(wire) != b"draw":
            pass
        yield connection


def _name_of_packet(wire: xpra_protocol._Wire) -> bytes:
    """Return the name of the next packet; empty for a part that is sent before it."""
    _, flags, level, index, size = xpra_protocol._HEADER.unpack(wire._read(8))
    data = wire._decrypted(size) if flags & xpra_protocol._ENCRYPTED else wire._read(size)
    if index:
        return b""
    name: bytes = xpra_protocol.bdecode(zlib.decompress(data) if level else data)[0]
    return name
