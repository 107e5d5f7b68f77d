"""An X program that changes a part of the screen ten times a second, at little cost."""

from __future__ import annotations

import itertools
import time
from typing import Any

import xcffib
import xcffib.xproto

RATE = 10
_WIDTH, _HEIGHT = 160, 120
_COLOURS = (0xE05030, 0x3050E0, 0x30C060)


def main() -> None:
    """Run until the display server ends."""
    connection: Any = xcffib.connect()  # type: ignore[no-untyped-call]
    screen = connection.get_setup().roots[connection.pref_screen]
    context = connection.generate_id()
    connection.core.CreateGC(context, screen.root, 0, [])
    for frame in itertools.count():
        x = frame * 40 % (screen.width_in_pixels - _WIDTH)
        colour = _COLOURS[frame % len(_COLOURS)]
        area = xcffib.xproto.RECTANGLE.synthetic(  # type: ignore[no-untyped-call]
            x, 2 * _HEIGHT, _WIDTH, _HEIGHT
        )
        connection.core.ChangeGC(context, xcffib.xproto.GC.Foreground, [colour])
        connection.core.PolyFillRectangle(screen.root, context, 1, [area])
        # Wait for the answer, so that requests do not pile up in a busy server.
        connection.core.GetInputFocus().reply()
        time.sleep(1 / RATE)


if __name__ == "__main__":
    main()
