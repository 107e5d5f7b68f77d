"""A page of any product: the pixels that it shows, in canvases and in videos."""

from __future__ import annotations

import base64
import random
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy
from playwright.sync_api import Browser
from products import Product

sys.path.append(str(Path(__file__).parent / "xclients"))
import itertools

from layout import CLICK_SIDE, click_place, code_place

SIZE = (1920, 1080)
_SCRIPT = Path(__file__).parent / "shown.js"
_SETTLE_EVERY = 60.0  # ms between comparisons of the whole picture
_PATIENCE = 60.0

Box = tuple[int, int, int, int]


@dataclass(frozen=True)
class Samples:
    """For each of the browser's frames: time (ms), number shown, whether by the lowest element."""

    all: list[tuple[float, int, bool]]
    unreadable: int

    def changes(self) -> list[tuple[float, int]]:
        """Return time and number of each picture when it was first seen."""
        changes: list[tuple[float, int]] = []
        for at, number, _ in self.all:
            if not changes or changes[-1][1] != number:
                changes.append((at, number))
        return changes

    @property
    def rate(self) -> float:
        """Pictures per second."""
        return (len(self.changes()) - 1) / (self.all[-1][0] - self.all[0][0]) * 1000

    @property
    def over(self) -> float:
        """The part of the time for which an element over the desktop's own showed it."""
        return sum(not under for _, _, under in self.all) / len(self.all)

    @property
    def longest_gap(self) -> float:
        """The longest time without a new picture, in milliseconds."""
        times = [at for at, _ in self.changes()] + [self.all[-1][0]]
        return max(later - earlier for earlier, later in itertools.pairwise(times))

    @property
    def backwards(self) -> int:
        """How often an older picture followed a newer one."""
        numbers = [number for _, number in self.changes()]
        return sum(later < earlier for earlier, later in itertools.pairwise(numbers))


class Film:
    """The program xclients/film.py, on the desktop of a product."""

    def __init__(self, program: Any, box: Box) -> None:
        self._program = program
        self.code = code_place(*box[:2])
        self.block = click_place(*box)

    def run(self) -> float:
        """Begin motion; return when, in milliseconds of the clock."""
        return float(self._say("run")[0])

    def stop(self) -> tuple[int, float]:
        """End motion; return the last picture, and when it was drawn."""
        number, at = self._say("stop")
        return int(number), float(at)

    def expected(self, number: int, file: Path) -> numpy.ndarray:
        """Return the screen as it is with that picture: rows of pixels of red, green, blue."""
        self._say(f"expect {number} {file}")
        return _pixels(file)

    def screen(self, file: Path) -> numpy.ndarray:
        """Return the X server's screen."""
        self._say(f"screen {file}")
        return _pixels(file)

    def _say(self, line: str) -> list[str]:
        self._program.stdin.write(f"{line}\n".encode())
        self._program.stdin.flush()
        answer = self._program.stdout.readline()
        if not answer:
            raise RuntimeError("film.py ended.")
        return answer.decode().split()


class Shown:
    """A page of a product that shows a desktop of SIZE."""

    def __init__(self, browser: Browser, product: Product) -> None:
        self._product = product
        self._context = browser.new_context(viewport={"width": SIZE[0], "height": SIZE[1]})
        self._context.add_init_script(path=_SCRIPT)
        # Plain http is a secure context at localhost only.
        self._address = product.url().replace("127.0.0.1", "localhost").rstrip("/")
        self._context.request.get(f"{self._address}/api/status?token={product.token}")
        self.page = self._context.new_page()

    def open(self) -> None:
        """Load the page, and give the desktop the size SIZE."""
        self.page.goto(self._address + self._product.page, wait_until="commit")
        deadline = time.monotonic() + _PATIENCE
        while (size := self.page.evaluate("shown.size()")) != [*SIZE]:
            if time.monotonic() > deadline:
                raise RuntimeError(f"The desktop's size is {size}, not {SIZE}.")
            viewport = self.page.viewport_size
            assert viewport
            # Before the desktop is shown, a canvas has its standard size.
            if size[0] > SIZE[0] / 2:
                viewport["width"] += SIZE[0] - size[0]
                viewport["height"] += SIZE[1] - size[1]
                self.page.set_viewport_size(viewport)
            self.page.wait_for_timeout(1000)

    @contextmanager
    def film(self, kind: str, box: Box, rate: int) -> Iterator[Film]:
        """Show a film that does not move yet."""
        arguments = [kind, *map(str, box), str(rate)]
        with self._product.x_client("film", *arguments) as program:
            film = Film(program, box)
            self.page.evaluate("([x, y]) => shown.start(x, y)", film.code)
            self._until_seen(0)
            self.page.evaluate("shown.stop()")
            yield film

    def _until_seen(self, number: int) -> None:
        deadline = time.monotonic() + _PATIENCE
        while not any(one == number for _, one, _ in self.page.evaluate("shown.take()")):
            if time.monotonic() > deadline:
                raise RuntimeError("The page does not show the film.")
            self.page.wait_for_timeout(100)

    def watch(self, film: Film) -> None:
        """Begin to sample."""
        self.page.evaluate("([x, y]) => shown.start(x, y)", film.code)

    def samples(self) -> Samples:
        """End sampling; return the samples."""
        every = self.page.evaluate("shown.stop()")
        readable = [(at, number, under) for at, number, under in every if number is not None]
        if len(readable) < 2:
            raise RuntimeError(f"No picture has a number, of {len(every)} that were shown.")
        return Samples(readable, len(every) - len(readable))

    def picture(self, film: Film, box: Box) -> tuple[int | None, numpy.ndarray]:
        """Return the number of the picture that is shown, and the pixels of a part of it."""
        script = "([code, box]) => shown.picture(code, box)"
        number, data = self.page.evaluate(script, [film.code, box])
        pixels = numpy.frombuffer(base64.b64decode(data), numpy.uint8)
        return number, pixels.reshape(box[3], box[2], 4)[..., :3]

    def click(self, film: Film) -> float:
        """Click below the block; return the milliseconds until it has changed."""
        x, y = film.block
        self.page.evaluate("([x, y, side]) => shown.click(x, y, side)", [x, y, CLICK_SIDE])
        at = self.page.evaluate("([x, y]) => shown.place(x, y)", [x + 40, y + 2 * CLICK_SIDE])
        self.page.mouse.click(*at)
        took: float = self.page.evaluate("shown.clicked")
        return took

    def clicks(self, film: Film, count: int) -> list[float]:
        """Click so many times, at random times."""
        taken = []
        for _ in range(count):
            time.sleep(random.uniform(0.15, 0.3))
            taken.append(self.click(film))
        return taken

    def settles(self, seconds: float) -> list[tuple[float, bool, float]]:
        """Return samples: time, whether the last picture is shown, and the difference from it."""
        script = "([ms, every]) => shown.settles(ms, every)"
        found: list[tuple[float, bool, float]] = self.page.evaluate(
            script, [seconds * 1000, _SETTLE_EVERY]
        )
        return found

    def close(self) -> None:
        """Close the page."""
        self._context.close()


def _pixels(file: Path) -> numpy.ndarray:
    data = numpy.frombuffer(file.read_bytes(), numpy.uint8)
    return data.reshape(SIZE[1], SIZE[0], 4)[..., 2::-1]
