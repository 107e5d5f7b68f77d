"""Numbered pictures in motion: ``python film.py KIND X Y WIDTH HEIGHT RATE``.

The rectangle changes RATE times a second; the rest of the screen is still text. KIND: ``photo``
(moves across), ``text`` (scrolls), ``rects`` (many that move), ``colours`` (columns of a moving
photo between still columns of flat colours). Each picture shows its number as a bar code at the top
left of the rectangle. A click changes the colour of a block beside it, at once.

Lines on standard input: ``run``, ``stop``, ``expect NUMBER FILE`` (write the screen as it is with
that picture), ``screen FILE`` (write the screen as it is). Each is answered by a line.
"""

from __future__ import annotations

import random
import select
import sys
import time
from pathlib import Path
from typing import NamedTuple

import numpy
from layout import (
    BITS,
    BLOCK,
    CLICK_SIDE,
    GAP,
    bits,
    click_place,
    code_place,
)
from motion import photo, upload
from window import Window
from xcffib import xproto

_ACROSS, _UP = (24, 0), (0, 15)  # pixels from one picture to the next
_COLUMN = 60  # width of a column of "colours"
_PATCH = 120  # height of a flat colour
_LINE = 13  # of X's font "fixed", in pixels
_RECTS = 60
_WHITE, _BLACK = 0xFFFFFF, 0x000000
_PAPER = 0xFFFFFF
_INKS = (0x202020, 0x202020, 0x202020, 0x1050A0, 0xA02020, 0x107030)


class Area(NamedTuple):
    """A rectangle of the screen."""

    x: int
    y: int
    width: int
    height: int


class Film:
    """Draws the pictures of ``kind``."""

    def __init__(self, kind: str, area: Area) -> None:
        self._kind = kind
        self._area = area
        self.window = Window(xproto.EventMask.KeyPress | xproto.EventMask.ButtonPress)
        self._core = self.window.core
        self._click = False
        self._context = self._new_context()
        self._clipped = self._new_context()
        self._clip()
        self._still = self._text(self.window.width, self.window.height)
        self._picture = self._make_picture()
        self._back = self._new_pixmap(area.width, area.height)
        width, height = self.window.width, self.window.height
        core = self._core
        core.CopyArea(self._still, self.window.id, self._context, 0, 0, 0, 0, width, height)
        self.draw(0)
        self._draw_click(self.window.id)
        self.window.announce()

    def draw(self, number: int) -> None:
        """Show a picture."""
        self._draw(self.window.id, number)
        # Wait for a reply, so that requests do not pile up in a busy server.
        self._core.GetInputFocus().reply()

    def clicked(self) -> bool:
        """Handle events; return whether there was a click."""
        was = self._click
        while event := self.window.connection.poll_for_event():
            if isinstance(event, xproto.ButtonPressEvent):
                self._click = not self._click
        if was != self._click:
            self._draw_click(self.window.id)
            self.window.connection.flush()
        return was != self._click

    def expect(self, number: int, path: str) -> None:
        """Write the screen as it is with a picture."""
        width, height = self.window.width, self.window.height
        screen = self._new_pixmap(width, height)
        self._core.CopyArea(self._still, screen, self._context, 0, 0, 0, 0, width, height)
        self._draw(screen, number)
        self._draw_click(screen)
        self._write(screen, path)
        self._core.FreePixmap(screen)

    def screen(self, path: str) -> None:
        """Write the screen."""
        self._write(self.window.screen.root, path)

    def _draw(self, target: int, number: int) -> None:
        # All at once, so that the screen shows no picture with another one's number.
        if self._kind == "rects":
            self._draw_rects(target, number)
        elif self._kind == "colours":
            self._draw_columns(target, number)
        else:
            right, down = _UP if self._kind == "text" else _ACROSS
            self._roll(target, number * right, number * down)
        self._draw_code(target, number)

    def _roll(self, target: int, right: int, down: int) -> None:
        """Copy the picture; parts that leave on one side reappear on the other."""
        left, top, width, height = self._area
        x, y = right % width, down % height
        for source, place, size in (
            ((x, y), (0, 0), (width - x, height - y)),
            ((0, y), (width - x, 0), (x, height - y)),
            ((x, 0), (0, height - y), (width - x, y)),
            ((0, 0), (width - x, height - y), (x, y)),
        ):
            if all(size):
                where = (left + place[0], top + place[1])
                self._core.CopyArea(self._picture, target, self._clipped, *source, *where, *size)

    def _draw_columns(self, target: int, number: int) -> None:
        left, top, width, height = self._area
        y = number * 15 % height
        for x in range(_COLUMN, width, 2 * _COLUMN):
            wide = min(_COLUMN, width - x)
            place = (left + x, top)
            copy = (self._picture, target, self._clipped)
            self._core.CopyArea(*copy, x, y, *place, wide, height - y)
            self._core.CopyArea(*copy, x, 0, place[0], top + height - y, wide, y)
        if target != self.window.id or number == 0:
            for x in range(0, width, 2 * _COLUMN):
                wide = min(_COLUMN, width - x)
                self._core.CopyArea(
                    self._picture, target, self._clipped, x, 0, left + x, top, wide, height
                )

    def _draw_rects(self, target: int, number: int) -> None:
        left, top, width, height = self._area
        self._fill(self._back, 0x304050, [(0, 0, width, height)])
        chosen = random.Random(1)
        for _ in range(_RECTS):
            wide, high = chosen.randrange(60, 400), chosen.randrange(60, 300)
            x, y = chosen.randrange(width), chosen.randrange(height)
            across, down = chosen.randrange(-24, 25), chosen.randrange(-24, 25)
            colour = chosen.randrange(1 << 24)
            x = (x + number * across) % (width + wide) - wide
            y = (y + number * down) % (height + high) - high
            self._fill(self._back, colour, [(x, y, wide, high)])
        copy = (self._back, target, self._clipped)
        self._core.CopyArea(*copy, 0, 0, left, top, width, height)

    def _draw_code(self, target: int, number: int) -> None:
        x, y = code_place(self._area.x, self._area.y)
        blocks = list(enumerate(bits(number)))
        for colour, wanted in ((_BLACK, 0), (_WHITE, 1)):
            chosen = [(x + i * BLOCK, y, BLOCK, BLOCK) for i, bit in blocks if bit == wanted]
            self._fill(target, colour, chosen)

    def _draw_click(self, target: int) -> None:
        x, y = click_place(*self._area)
        colour = _WHITE if self._click else _BLACK
        self._fill(target, colour, [(x, y, CLICK_SIDE, CLICK_SIDE)])

    def _fill(self, target: int, colour: int, places: list[tuple[int, int, int, int]]) -> None:
        self._core.ChangeGC(self._context, xproto.GC.Foreground, [colour])
        rectangles = [xproto.RECTANGLE.synthetic(*place) for place in places]
        self._core.PolyFillRectangle(target, self._context, len(rectangles), rectangles)

    def _clip(self) -> None:
        """Let moving pictures leave out the bar code and the block."""
        left, top, width, height = self._area
        x, y = code_place(left, top)
        right, bottom = x + BITS * BLOCK, y + BLOCK
        kept = [
            (left, bottom, width, top + height - bottom),
            (right, top, left + width - right, bottom - top),
            (left, top, x - left, bottom - top),
            (x, top, right - x, y - top),
        ]
        block_x, block_y = click_place(*self._area)
        if block_x >= left and block_y >= top:
            # The block is to the right of the code, and lower.
            block_right, block_bottom = block_x + CLICK_SIDE, block_y + CLICK_SIDE
            kept = [
                (left, block_bottom, width, top + height - block_bottom),
                (left, bottom, block_x - left, block_bottom - bottom),
                (block_right, top, left + width - block_right, block_bottom - top),
                (right, top, block_x - right, bottom - top),
                (block_x, top, CLICK_SIDE, block_y - top),
                (left, top, x - left, bottom - top),
                (x, top, right - x, y - top),
            ]
        rectangles = [xproto.RECTANGLE.synthetic(*one) for one in kept if one[2] and one[3]]
        self._core.SetClipRectangles(
            xproto.ClipOrdering.Unsorted, self._clipped, 0, 0, len(rectangles), rectangles
        )

    def _make_picture(self) -> int:
        width, height = self._area.width, self._area.height
        if self._kind == "text":
            return self._text(width, height)
        pixels = photo(width, height)
        if self._kind == "colours":
            y, x = numpy.mgrid[0:height, 0:width]
            patch = (x // (2 * _COLUMN)) * 31 + (y // _PATCH) * 97
            levels = [(patch * step // 7 * 51) % 306 for step in (1, 5, 11)]
            red, green, blue = (numpy.minimum(level, 255).astype(numpy.uint32) for level in levels)
            flat = red << 16 | green << 8 | blue
            pixels = numpy.where(x % (2 * _COLUMN) < _COLUMN, flat, pixels).astype(numpy.uint32)
        return upload(self.window, pixels)

    def _text(self, width: int, height: int) -> int:
        """Return a page of text in X's own font, which every X server has."""
        pixmap = self._new_pixmap(width, height)
        self._fill(pixmap, _PAPER, [(0, 0, width, height)])
        font = self.window.connection.generate_id()
        self._core.OpenFont(font, len("fixed"), "fixed")
        chosen = random.Random(1)
        context = self._new_context()
        self._core.ChangeGC(context, xproto.GC.Background | xproto.GC.Font, [_PAPER, font])
        letters = "etaoinshrdlucmfwypvbgk" * 3 + "0123456789_=()[]{}.,:;/-"
        for y in range(_LINE, height, _LINE):
            x = 8 + 24 * chosen.randrange(4)
            for _ in range(chosen.randrange(8, 40)):
                word = "".join(chosen.choices(letters, k=chosen.randrange(2, 11)))
                self._core.ChangeGC(context, xproto.GC.Foreground, [chosen.choice(_INKS)])
                self._core.ImageText8(len(word), pixmap, context, x, y, word)
                x += 6 * (len(word) + 1)
        return pixmap

    def _new_pixmap(self, width: int, height: int) -> int:
        pixmap: int = self.window.connection.generate_id()
        screen = self.window.screen
        self._core.CreatePixmap(screen.root_depth, pixmap, screen.root, width, height)
        return pixmap

    def _new_context(self) -> int:
        context: int = self.window.connection.generate_id()
        # No events about copied areas.
        self._core.CreateGC(context, self.window.id, xproto.GC.GraphicsExposures, [0])
        return context

    def _write(self, drawable: int, path: str) -> None:
        width, height = self.window.width, self.window.height
        parts = []
        for y in range(0, height, GAP):
            rows = min(GAP, height - y)
            cookie = self._core.GetImage(
                xproto.ImageFormat.ZPixmap, drawable, 0, y, width, rows, 0xFFFFFFFF
            )
            parts.append(cookie.reply().data.buf())
        Path(path).write_bytes(b"".join(bytes(part) for part in parts))


def main() -> None:
    """Run until standard input ends."""
    kind, *numbers = sys.argv[1:]
    *place, rate = map(int, numbers)
    film = Film(kind, Area(*place))
    connection = film.window.connection.get_file_descriptor()
    # The picture that is shown, and its time; the next one, and the time of number 0.
    shown, since, number, start = 0, 0.0, 1, 0.0
    runs = False
    while True:
        film.clicked()
        wait = max(0.0, start + number / rate - time.monotonic()) if runs else None
        ready, _, _ = select.select([connection, sys.stdin], [], [], wait)
        if sys.stdin in ready:
            match sys.stdin.readline().split():
                case []:
                    return
                case ["run"]:
                    runs, start = True, time.monotonic() - number / rate
                    print(time.time() * 1000, flush=True)
                case ["stop"]:
                    runs = False
                    print(shown, since * 1000, flush=True)
                case ["expect", wanted, path]:
                    film.expect(int(wanted), path)
                    print("written", flush=True)
                case ["screen", path]:
                    film.screen(path)
                    print("written", flush=True)
        if runs and time.monotonic() >= start + number / rate:
            shown, since = number, time.time()
            film.draw(number)
            # Missed pictures are left out.
            number = max(number + 1, int((time.monotonic() - start) * rate))


if __name__ == "__main__":
    main()
