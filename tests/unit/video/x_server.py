"""A separate X server for a test, and an X client that paints."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import xcffib
from xcffib.xproto import CW, GC, RECTANGLE, WindowClass

from tests import pipes

WIDTH, HEIGHT = 333, 250


class XServer:
    """An X server, with a window over its whole screen."""

    def __init__(self, process: subprocess.Popen[str]) -> None:
        self.process = process
        self.display = f":{pipes.stdout(process).readline().strip()}"
        connection: Any = xcffib.connect(self.display)  # type: ignore[no-untyped-call]
        self._core, self._connection = connection.core, connection
        screen = self._connection.get_setup().roots[0]
        self._window, self._context = (self._connection.generate_id() for _ in range(2))
        place = (0, 0, WIDTH, HEIGHT, 0)
        look = (WindowClass.InputOutput, screen.root_visual, CW.BackPixel, [0])
        self._core.CreateWindow(screen.root_depth, self._window, screen.root, *place, *look)
        self._core.CreateGC(self._context, self._window, 0, [])
        self._core.MapWindow(self._window)
        self.paint(0)

    def paint(self, colour: int, *place: int) -> None:
        """Paint a rectangle, or all, in a colour, 0xRRGGBB; return when it is on the screen."""
        self._core.ChangeGC(self._context, GC.Foreground, [colour])
        whole = (0, 0, WIDTH, HEIGHT)
        rectangle = RECTANGLE.synthetic(*(place or whole))  # type: ignore[no-untyped-call]
        self._core.PolyFillRectangle(self._window, self._context, 1, [rectangle])
        self._core.GetInputFocus().reply()


@contextmanager
def running(*options: str, depth: int = 24) -> Iterator[XServer]:
    """Run an X server meanwhile."""
    screen = ("-screen", "0", f"{WIDTH}x{HEIGHT}x{depth}")
    command = ("Xvfb", "-displayfd", "1", *screen, "-nolisten", "tcp", *options)
    with subprocess.Popen(
        command,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
        env={**os.environ, "XAUTHORITY": os.devnull},
    ) as process:
        try:
            yield XServer(process)
        finally:
            process.kill()
