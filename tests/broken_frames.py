"""WebSocket frames that break the protocol (RFC 6455), and the code that answers them (7.4.1)."""

from __future__ import annotations

import struct

from tests.clients import BINARY, CLOSE, CONTINUATION, PING, PONG, TEXT, frame

_TOO_LONG = 1024 * 1024 + 1


def of_length(length: int, opcode: int = BINARY) -> bytes:
    """Return the header of a masked frame of that length, without the payload."""
    return bytes([0x80 | opcode, 0xFF]) + struct.pack(">Q", length) + b"mask"


BROKEN: dict[str, tuple[bytes, int]] = {
    "unmasked": (frame(b"x", key=None), 1002),
    "unmasked, empty": (frame(b"", key=None), 1002),
    # Refused before the whole frame has arrived.
    "unmasked, incomplete": (frame(b"x" * 1000, key=None)[:4], 1002),
    "unmasked ping": (frame(b"x", PING, key=None), 1002),
    "unmasked close": (frame(b"\x03\xe8", CLOSE, key=None), 1002),
    # permessage-deflate, which is not offered
    "RSV1": (frame(b"x", reserved=4), 1002),
    "RSV1, a fragment": (frame(b"x", reserved=4, final=False), 1002),
    "RSV1, a ping": (frame(b"x", PING, reserved=4), 1002),
    "RSV2": (frame(b"x", reserved=2), 1002),
    "RSV3": (frame(b"x", reserved=1), 1002),
    "too long, its header": (frame(b"x" * _TOO_LONG)[:14], 1009),
    "too long": (frame(b"x" * _TOO_LONG), 1009),
    **{
        f"of {length:#x} bytes": (of_length(length), 1009)
        for length in (1 << 31, 1 << 32, (1 << 63) - 1, 1 << 63, (1 << 64) - 1)
    },
    "too long, a fragment": (of_length(1 << 40, CONTINUATION), 1009),
    "fragmented ping": (frame(b"x", PING, final=False), 1002),
    "fragmented pong": (frame(b"x", PONG, final=False), 1002),
    "fragmented close": (frame(b"x", CLOSE, final=False), 1002),
    "ping of 126 bytes": (frame(b"x" * 126, PING), 1002),
    "pong of 70,000 bytes": (frame(b"x" * 70_000, PONG), 1002),
    "close of 200 bytes": (frame(b"x" * 200, CLOSE), 1002),
    "ping of 2^63 bytes": (of_length(1 << 63, PING), 1002),
    "text": (frame(b"hello", TEXT), 1003),
    "text, empty": (frame(b"", TEXT), 1003),
    "continuation of nothing": (frame(b"x", CONTINUATION), 1002),
    "empty continuation of nothing": (frame(b"", CONTINUATION), 1002),
    "continuation of a whole message": (frame(b"x") + frame(b"y", CONTINUATION), 1002),
    "a message within another": (frame(b"x", final=False) + frame(b"y"), 1002),
    "a message within an empty one": (frame(b"", final=False) + frame(b"y"), 1002),
    "a text within a message": (frame(b"x", final=False) + frame(b"y", TEXT), 1002),
    **{
        f"reserved opcode {opcode:#x}": (frame(b"x", opcode), 1003)
        for opcode in (*range(0x3, 0x8), *range(0xB, 0x10))
    },
    "close for a reason that is not UTF-8": (frame(b"\x03\xe8\xff\xfe", CLOSE), 1002),
}
