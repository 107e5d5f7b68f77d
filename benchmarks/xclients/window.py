"""A window that covers the whole screen, above all others, without a window manager."""

from __future__ import annotations

import os

import xcffib
from xcffib import xproto


class Window:
    """Drawn on through ``core``, X's core protocol; ``events`` is a mask."""

    def __init__(self, events: int = xproto.EventMask.KeyPress) -> None:
        self.connection = xcffib.connect(os.environ["DISPLAY"])
        self.core = self.connection.core
        self.screen = self.connection.get_setup().roots[self.connection.pref_screen]
        self.width, self.height = self.screen.width_in_pixels, self.screen.height_in_pixels
        self.id = self.connection.generate_id()
        self.core.CreateWindow(
            self.screen.root_depth,
            self.id,
            self.screen.root,
            *(0, 0, self.width, self.height, 0),
            xproto.WindowClass.InputOutput,
            self.screen.root_visual,
            xproto.CW.BackPixel | xproto.CW.OverrideRedirect | xproto.CW.EventMask,
            [0, 1, events],
        )
        self.core.MapWindow(self.id)
        self.connection.flush()

    def announce(self) -> None:
        """Notify the parent process that the window is mapped."""
        self.core.GetInputFocus().reply()
        print("ready", flush=True)
