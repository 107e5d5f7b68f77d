"""The X cookie file, as libXau reads it (Xsecurity(7), Xau(3))."""

from __future__ import annotations

import struct

COOKIE_NAME = b"MIT-MAGIC-COOKIE-1"

_ANY_HOST = 0xFFFF  # FamilyWild


def entry(cookie: bytes) -> bytes:
    """Return the file's contents for ``cookie``: valid for any host name and display number.

    The number is left open because the server picks it after it has read the file, and the host
    because names change (a laptop in another network).
    """
    fields = (b"", b"", COOKIE_NAME, cookie)  # address, display number, name, data
    return struct.pack(">H", _ANY_HOST) + b"".join(
        struct.pack(">H", len(value)) + value for value in fields
    )
