"""Fills the screen with another colour at each key press."""

from __future__ import annotations

import itertools

from window import Window
from xcffib import xproto

_COLOURS = (0xE05030, 0x3050E0)


def main() -> None:
    """Run until the display server ends."""
    window = Window()
    window.core.GrabKeyboard(
        True, window.id, xproto.Time.CurrentTime, xproto.GrabMode.Async, xproto.GrabMode.Async
    ).reply()
    window.announce()
    for colour in itertools.cycle(_COLOURS):
        while not isinstance(window.connection.wait_for_event(), xproto.KeyPressEvent):
            pass
        window.core.ChangeWindowAttributes(window.id, xproto.CW.BackPixel, [colour])
        window.core.ClearArea(False, window.id, 0, 0, 0, 0)
        window.connection.flush()


if __name__ == "__main__":
    main()
