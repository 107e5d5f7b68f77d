"""Full-screen motion, 60 times a second: a moving, photo-like picture, as in a film.

With the argument "page" it scrolls a page of text and photos, as in a web browser.
"""

from __future__ import annotations

import itertools
import sys
import time

import numpy
from window import Window
from xcffib import xproto

_RATE = 60
_ACROSS, _UP = (24, 0), (0, 24)  # pixels per frame
_ROWS = 16  # of the picture in one request; the X server limits its size
_LINE = 20  # pixels from one line of text to the next


def main() -> None:
    """Run until the display server ends."""
    window = Window()
    core, width, height = window.core, window.width, window.height
    scrolls = sys.argv[1:] == ["page"]
    right, down = _UP if scrolls else _ACROSS
    picture = upload(window, (_page if scrolls else photo)(width, height))
    window.announce()
    context = _context(window)
    start = time.monotonic()
    for frame in itertools.count():
        x, y = frame * right % width, frame * down % height
        core.CopyArea(picture, window.id, context, x, y, 0, 0, width - x, height - y)
        # Parts that leave on one side reappear on the other.
        core.CopyArea(picture, window.id, context, 0, 0, width - x, 0, x, height)
        core.CopyArea(picture, window.id, context, 0, 0, 0, height - y, width, y)
        # Wait for a reply, so that requests do not pile up in a busy server.
        core.GetInputFocus().reply()
        time.sleep(max(0.0, start + frame / _RATE - time.monotonic()))


def upload(window: Window, pixels: numpy.ndarray) -> int:
    """Return a pixmap with those pixels."""
    picture = window.connection.generate_id()
    depth = window.screen.root_depth
    height, width = pixels.shape
    window.core.CreatePixmap(depth, picture, window.screen.root, width, height)
    context = _context(window)
    for y in range(0, height, _ROWS):
        rows = pixels[y : y + _ROWS].tobytes()
        area = (width, len(rows) // 4 // width, 0, y)
        window.core.PutImage(
            xproto.ImageFormat.ZPixmap, picture, context, *area, 0, depth, len(rows), rows
        )
    return picture


def photo(width: int, height: int) -> numpy.ndarray:
    """Return soft shapes with some grain, as 32-bit pixels."""
    y, x = numpy.mgrid[0:height, 0:width]
    grain = numpy.random.default_rng(1).normal(0, 6, (height, width))
    waves = [numpy.sin(x / a) + numpy.cos(y / b) for a, b in ((97, 61), (151, 89), (43, 127))]
    red, green, blue = (numpy.clip(128 + 55 * wave + grain, 0, 255) for wave in waves)
    return (
        red.astype(numpy.uint32) << 16 | green.astype(numpy.uint32) << 8 | blue.astype(numpy.uint32)
    )


def _page(width: int, height: int) -> numpy.ndarray:
    """Return a photo between columns of lines that look like text, as 32-bit pixels."""
    y = numpy.arange(height)[:, None]
    ink = numpy.random.default_rng(1).random((height, width)) < 0.4
    pixels = numpy.where(ink & (y % _LINE < _LINE // 2), 0x202020, 0xFFFFFF).astype(numpy.uint32)
    middle = slice(width // 4, width * 3 // 4)
    pixels[:, middle] = photo(width, height)[:, middle]
    return pixels


def _context(window: Window) -> int:
    context = window.connection.generate_id()
    window.core.CreateGC(context, window.id, 0, [])
    return context


if __name__ == "__main__":
    main()
