"""The X cookie file, as X clients read it (Xsecurity(7), Xau(3))."""

from __future__ import annotations

import os
import socket
import struct

COOKIE_NAME = b"MIT-MAGIC-COOKIE-1"

_LOCAL, _ANY_HOST = 256, 0xFFFF  # FamilyLocal, FamilyWild


def entries(cookie: bytes, display: str) -> bytes:
    """Return the file's contents for the ``cookie`` of ``display`` (":N").

    The first entry is for this host's name and that number: libraries with a parser of their own
    read no other kind (python-xlib, and with it pyautogui and pynput). The second, for libXau, is
    for any host and number, since host names change (a laptop in another network).
    """
    number = display.removeprefix(":").encode()
    return _entry(_LOCAL, os.fsencode(socket.gethostname()), number, cookie) + _entry(
        _ANY_HOST, b"", b"", cookie
    )


def _entry(family: int, address: bytes, number: bytes, cookie: bytes) -> bytes:
    return struct.pack(">H", family) + b"".join(
        struct.pack(">H", len(value)) + value for value in (address, number, COOKIE_NAME, cookie)
    )
