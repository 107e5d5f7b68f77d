"""A viewer of the stream "video", and an X program that paints."""

from __future__ import annotations

import itertools
import json
import struct
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from jupyter_desktop.video.records import FromPage, ToPage
from tests import clients
from tests.servers import JupyterServer

from .viewing import on_display, open_socket

_FRAME = struct.Struct(">IB")  # number, flags
PATH = "desktop/api/sessions/default/ticket"


def video_ticket(server: JupyterServer, client: str = "page", **more: str) -> dict[str, Any]:
    """Return a ticket for the video of the default desktop."""
    answer = server.call("POST", PATH, {"client": client, "stream": "video", **more})
    assert answer.status == 200, answer.body
    ticket: dict[str, Any] = answer.json
    return ticket


class VideoViewer:
    """A viewer on a WebSocket that acknowledges frames as they come."""

    def __init__(self, wire: clients.Wire) -> None:
        self.wire = wire
        self._buffer = b""
        self._request = b""  # of the last start

    def send(self, kind: int, payload: bytes = b"") -> None:
        """Send a record."""
        self.wire.send(struct.pack(">IB", 1 + len(payload), kind) + payload)

    def start(self, *region: int, codecs: tuple[str, ...] = ("h264", "vp8")) -> None:
        """Request video of ``region``."""
        self._request = json.dumps({"codecs": codecs, "region": region}).encode()
        self.send(FromPage.START, self._request)

    def stop(self) -> None:
        """Request the end of the video."""
        self.send(FromPage.STOP)

    def shown(self, number: int) -> None:
        """Acknowledge a frame."""
        self.send(FromPage.SHOWN, struct.pack(">I", number))

    def record(self) -> tuple[int, bytes]:
        """Return kind and payload of the next record."""
        (length,) = struct.unpack(">I", self._take(4))
        record = self._take(length)
        return record[0], record[1:]

    def config(self) -> dict[str, Any]:
        """Return the next configuration; frames before are acknowledged."""
        while True:
            kind, payload = self.record()
            if kind == ToPage.CONFIG:
                values: dict[str, Any] = json.loads(payload)
                return values
            if kind == ToPage.REST:
                self.send(FromPage.START, self._request)
                continue
            assert kind == ToPage.FRAME, (kind, payload[:200])
            self.shown(_FRAME.unpack_from(payload)[0])

    def frames(self, seconds: float) -> Iterator[tuple[int, bool, bytes]]:
        """Yield and acknowledge frames for some time, or until the region rests."""
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            kind, payload = self.record()
            if kind == ToPage.REST:
                return
            if kind == ToPage.FRAME:
                number, flags = _FRAME.unpack_from(payload)
                self.shown(number)
                yield number, bool(flags), payload[_FRAME.size :]

    def next_frames(self, count: int) -> list[tuple[int, bool, bytes]]:
        """Return and acknowledge the next frames.

        On a busy machine the painter may pause for so long that the region counts as resting; then
        the viewer starts again, as a page does.
        """
        frames: list[tuple[int, bool, bytes]] = []
        while True:
            for frame in self.frames(20):
                frames.append(frame)
                if len(frames) == count:
                    return frames
            self.send(FromPage.START, self._request)

    def rests(self) -> list[bytes]:
        """Wait until the region rests; return the frames before, which are acknowledged."""
        return [data for _, _, data in self.frames(20)]

    def is_closed(self) -> bool:
        """Whether the connection closes before another record comes."""
        try:
            self.record()
        except clients.Closed:
            return True
        return False

    def _take(self, count: int) -> bytes:
        while len(self._buffer) < count:
            self._buffer += self.wire.message()
        taken, self._buffer = self._buffer[:count], self._buffer[count:]
        return taken


@contextmanager
def viewing(server: JupyterServer, client: str = "page", **more: str) -> Iterator[VideoViewer]:
    """Connect to the video of the default desktop."""
    with open_socket(server, video_ticket(server, client, **more)) as wire:
        yield VideoViewer(wire)


# Paints a rectangle of a window over the whole screen for each line of standard input,
# "X Y WIDTH HEIGHT COLOUR", and prints a line when the X server has done it.
_PAINT = """
import sys, xcffib
from xcffib import xproto
connection = xcffib.connect()
core, screen = connection.core, connection.get_setup().roots[0]
window, context = connection.generate_id(), connection.generate_id()
CW = xproto.CW
core.CreateWindow(
    screen.root_depth, window, screen.root, 0, 0, 16384, 16384, 0,
    xproto.WindowClass.InputOutput, screen.root_visual, CW.BackPixel | CW.OverrideRedirect, [0, 1],
)
core.CreateGC(context, window, 0, [])
core.MapWindow(window)
for line in sys.stdin:
    *place, colour = map(int, line.split())
    core.ChangeGC(context, xproto.GC.Foreground, [colour])
    core.PolyFillRectangle(window, context, 1, [xproto.RECTANGLE.synthetic(*place)])
    core.GetInputFocus().reply()
    print(flush=True)
"""


class Painter:
    """An X program that paints the screen on request."""

    def __init__(self, program: subprocess.Popen[bytes]) -> None:
        self._program = program

    def paint(self, colour: int, place: tuple[int, int, int, int] = (0, 0, 16384, 16384)) -> None:
        """Paint a rectangle in ``colour``, 0xRRGGBB; return when it is on the screen."""
        assert self._program.stdin
        assert self._program.stdout
        self._program.stdin.write(f"{' '.join(map(str, place))} {colour}\n".encode())
        self._program.stdin.flush()
        self._program.stdout.readline()

    @contextmanager
    def moving(self, place: tuple[int, int, int, int] = (0, 0, 16384, 16384)) -> Iterator[None]:
        """Paint ``place`` in changing colours meanwhile."""
        stop = threading.Event()

        def paint() -> None:
            for number in itertools.count():
                if stop.wait(0.02):
                    return
                self.paint(0x10203 * (number % 80), place)

        thread = threading.Thread(target=paint)
        thread.start()
        try:
            yield
        finally:
            stop.set()
            thread.join()


@contextmanager
def painting(server: JupyterServer) -> Iterator[Painter]:
    """Run a program that paints the screen of the default desktop."""
    program = on_display(server, sys.executable, "-c", _PAINT, stdin=subprocess.PIPE)
    with program:
        try:
            painter = Painter(program)
            painter.paint(0)
            yield painter
        finally:
            program.kill()
