"""``python -m jupyter_desktop.doctor.encoding CODEC…``: the speed of video encoding here.

A separate program, since a library that crashes ends its process. It prints a line of JSON: the
fields of ``Encoding``, or ``{"missing": name of the module, "error": …}``.
"""

from __future__ import annotations

import ctypes
import json
import os
import sys
import time
from dataclasses import asdict, dataclass

from ..video.region import Region

_FRAMES = 5
_SHIFT = 8  # lines from one frame to the next
_PIXEL = 4  # bytes


@dataclass(frozen=True)
class Encoding:
    """The encoder that would be chosen, empty without one, and the cost of a frame of ``SIZE``."""

    pyav: str  # version
    encoder: str = ""
    codec: str = ""
    milliseconds: float = 0.0  # of CPU


SIZE = (1920, 1080)  # pixels


def main() -> None:
    """Choose an encoder, encode some frames, and print the result."""
    try:
        import av
    except ImportError as error:
        print(json.dumps({"missing": error.name, "error": str(error)}))
        return
    # Otherwise encoders print their settings.
    av.logging.set_level(av.logging.PANIC)
    os.environ.setdefault("SVT_LOG", "1")
    print(json.dumps(asdict(_measure(av.__version__, sys.argv[1:]))))


def _measure(pyav: str, codecs: list[str]) -> Encoding:
    from ..video.encoders import Encoder, Encoders
    from ..video.flow import FIRST_RATE

    kind = Encoders().choose(codecs, FIRST_RATE)
    if not kind:
        return Encoding(pyav)
    encoder = Encoder(kind, Region(0, 0, *SIZE), FIRST_RATE)
    memory = ctypes.create_string_buffer(_picture())
    seconds = []
    for number in range(_FRAMES):
        address = ctypes.addressof(memory) + number * _SHIFT * SIZE[0] * _PIXEL
        began = time.process_time()
        encoder.encode(address, key=number == 0)
        seconds.append(time.process_time() - began)
    least = round(1000 * min(seconds[1:]), 1)  # others may have been disturbed
    return Encoding(pyav, kind.name, kind.codec, least)


def _picture() -> bytes:
    """Return stripes, with enough lines for all frames."""
    line = bytes(x * 7 & 255 for x in range(SIZE[0] * _PIXEL))
    lines = SIZE[1] + _FRAMES * _SHIFT
    return b"".join(line[_PIXEL * y % 256 :] + line[: _PIXEL * y % 256] for y in range(lines))


if __name__ == "__main__":
    main()
