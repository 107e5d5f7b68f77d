"""The protocol of the stream "video", between a page and the companion.

Both ways: records of a 32-bit length (big endian, of what follows), a byte for the kind, and the
payload. ``static/src/video/records.ts`` is the other side.
"""

from __future__ import annotations

import asyncio
import json
import struct
from dataclasses import dataclass
from enum import IntEnum
from typing import Any

from .region import Region

LONGEST = 1024  # bytes of a record from a page
_LARGEST_SIDE = 32767  # pixels; the maximum of the X protocol
_HEADER = struct.Struct(">IB")
_NUMBER = struct.Struct(">I")
_FRAME = struct.Struct(">IB")
_IS_KEY = 1


class FromPage(IntEnum):
    """Kinds of records from a page."""

    START = 1
    STOP = 2
    SHOWN = 3
    KEY = 4


class ToPage(IntEnum):
    """Kinds of records to a page."""

    CONFIG = 1
    FRAME = 2
    REST = 3
    PROBLEM = 4


class BadRecord(ValueError):
    """A record of a page is invalid."""


@dataclass(frozen=True)
class Start:
    """Show ``region`` as video, in one of ``codecs``, the preferred one first."""

    codecs: tuple[str, ...]
    region: Region


@dataclass(frozen=True)
class Stop:
    """Send no more frames."""


@dataclass(frozen=True)
class Shown:
    """The frame ``number``, and all before it, are shown."""

    number: int


@dataclass(frozen=True)
class KeyRequest:
    """The decoder has failed: the next frame must be a key frame."""


Request = Start | Stop | Shown | KeyRequest


async def read(reader: asyncio.StreamReader) -> Request:
    """Return the next record of a page.

    Raises ``BadRecord``, or ``asyncio.IncompleteReadError`` at the end of the stream.
    """
    (length,) = _NUMBER.unpack(await reader.readexactly(_NUMBER.size))
    if not 1 <= length <= LONGEST:
        raise BadRecord(f"A record has {length} bytes.")
    return parse(await reader.readexactly(length))


def parse(record: bytes) -> Request:
    """Return the record with this kind and payload; raises ``BadRecord``."""
    kind, payload = record[0], record[1:]
    if kind == FromPage.START:
        return _start(payload)
    if kind == FromPage.SHOWN and len(payload) == _NUMBER.size:
        return Shown(_NUMBER.unpack(payload)[0])
    if kind == FromPage.STOP and not payload:
        return Stop()
    if kind == FromPage.KEY and not payload:
        return KeyRequest()
    raise BadRecord(f"A record has the unknown kind {kind}, or the wrong length.")


def config(codec: str, region: Region, coded: tuple[int, int]) -> bytes:
    """Return the record before the first frame of an encoder.

    ``codec`` is the name for WebCodecs, ``coded`` the size of the encoded picture in pixels, whose
    top left part is ``region``.
    """
    return _json(ToPage.CONFIG, {"codec": codec, "region": list(region), "coded": list(coded)})


def frame(number: int, is_key: bool, data: bytes) -> bytes:
    """Return the record of a frame."""
    return _record(ToPage.FRAME, _FRAME.pack(number, _IS_KEY if is_key else 0) + data)


def rest(pause: float = 0) -> bytes:
    """Return the record that ends the video; for ``pause`` seconds no other one can start."""
    return _record(ToPage.REST, _NUMBER.pack(round(pause * 1000)))


def problem(message: str, remedy: str) -> bytes:
    """Return the record that ends video on this connection, with the reason."""
    return _json(ToPage.PROBLEM, {"message": message, "remedy": remedy})


def _json(kind: ToPage, values: dict[str, Any]) -> bytes:
    return _record(kind, json.dumps(values).encode())


def _record(kind: ToPage, payload: bytes) -> bytes:
    return _HEADER.pack(1 + len(payload), kind) + payload


def _start(payload: bytes) -> Start:
    try:
        values = json.loads(payload)
        codecs, sides = values["codecs"], values["region"]
    except (ValueError, RecursionError, TypeError, KeyError) as error:
        raise BadRecord("A start has no codecs or no region.") from error
    if not isinstance(codecs, list) or not all(isinstance(one, str) for one in codecs):
        raise BadRecord("The codecs of a start are not names.")
    if not isinstance(sides, list) or len(sides) != len(Region._fields):
        raise BadRecord("The region of a start is not four numbers.")
    if not all(type(side) is int and 0 <= side <= _LARGEST_SIDE for side in sides):
        raise BadRecord("The region of a start is not on any screen.")
    return Start(tuple(codecs), Region(*sides))
