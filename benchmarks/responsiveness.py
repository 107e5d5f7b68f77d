"""Response time of Jupyter while a desktop shows full-screen motion.

Browser, display server and Jupyter share the machine's cores. So a Jupyter server without a desktop
is measured at the same time: its slowdown is due to the machine, and any further slowdown of the
other one is due to the path of the desktop's bytes.
"""

from __future__ import annotations

import time
from collections import defaultdict
from collections.abc import Iterator, Mapping
from contextlib import contextmanager

from browser import View
from kernel import Kernel
from playwright.sync_api import Browser
from products import Product
from report import Row
from samples import percentile
from servers import JupyterServer

_PAUSE = 0.01
_SETTLE = 2.0


class Responsiveness:
    """Measures both products and ``bare``, which has no desktop."""

    def __init__(self, products: Mapping[str, Product], bare: JupyterServer) -> None:
        self._products = products
        self._kernels = {name: Kernel(one) for name, one in {**products, "bare": bare}.items()}
        self._idle: dict[str, list[float]] = defaultdict(list)
        self._busy: dict[str, list[float]] = defaultdict(list)
        self._frames: dict[str, list[float]] = defaultdict(list)

    def rows(self, browser: Browser, rounds: int, seconds: float) -> list[Row]:
        """Measure in turn: no motion, motion on our desktop, motion on theirs."""
        for _ in range(rounds):
            self._take(self._idle, "", ["ours", "theirs", "bare"], seconds)
            for name, product in self._products.items():
                with motion(browser, product) as view:
                    frames, start = view.frames(), time.monotonic()
                    self._take(self._busy, name, [name, "bare"], seconds)
                    rate = (view.frames() - frames) / (time.monotonic() - start)
                    self._frames[name].append(rate)
        return self._report()

    def _take(
        self, into: dict[str, list[float]], desktop: str, names: list[str], seconds: float
    ) -> None:
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            for name in names:
                key = f"{name}/{desktop}" if name == "bare" else name
                into[key].append(self._kernels[name].execute())
            time.sleep(_PAUSE)

    def _report(self) -> list[Row]:
        idle, busy = (
            {name: percentile(times, 99) for name, times in taken.items()}
            for taken in (self._idle, self._busy)
        )
        slower = {name: busy[name] / idle[name] for name in self._products}
        bare = {name: busy[f"bare/{name}"] for name in self._products}
        beyond = {name: busy[name] / bare[name] for name in self._products}
        frames = {name: sum(rates) / len(rates) for name, rates in self._frames.items()}
        return [
            _row("Kernel round trip, p99, desktop idle", idle, "ms"),
            _row("— while the desktop plays full-screen motion", busy, "ms"),
            _row("— how much slower that is", slower, "times", "≤ 1.3 times"),
            _row("— meanwhile in a Jupyter server without a desktop", bare, "ms"),
            _row("— how much slower than in that one", beyond, "times"),
            _row("Updates shown during full-screen motion", frames, "per s"),
        ]


@contextmanager
def motion(browser: Browser, product: Product) -> Iterator[View]:
    """Show a desktop on which a picture moves across the whole screen."""
    view = View(browser, product)
    view.open()
    view.fit()
    product.settle()
    with product.x_client("motion"):
        time.sleep(_SETTLE)
        view.check()
        yield view
    view.close()


def _row(what: str, sides: Mapping[str, float], unit: str, goal: str = "") -> Row:
    return Row(what, sides["ours"], sides["theirs"], unit, goal)
