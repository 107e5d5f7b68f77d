"""Chromium, looking at a desktop."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from playwright.sync_api import Browser, sync_playwright
from products import Product

_WATCH = Path(__file__).parent / "canvas.js"
_SIZE = (1920, 1080)


@contextmanager
def chromium() -> Iterator[Browser]:
    """Start a browser that gives no page less time than the others."""
    executable = os.environ.get("CHROMIUM") or shutil.which("chromium")
    flags = ["--no-sandbox", "--disable-gpu", "--disable-background-networking"]
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=executable, args=flags)
        try:
            yield browser
        finally:
            browser.close()


class View:
    """A page with a product's desktop, in a browser profile of its own."""

    def __init__(self, browser: Browser, product: Product) -> None:
        self._product = product
        width, height = _SIZE
        self._context = browser.new_context(viewport={"width": width, "height": height})
        self._context.add_init_script(path=_WATCH)
        # The benchmarks begin with the click on the tile, when the user has logged in.
        self._context.request.get(product.url(f"/api/status?token={product.token}"))
        self.page = self._context.new_page()

    def open(self) -> float:
        """Load the page anew; return after how many milliseconds the desktop was seen."""
        self.page.goto(self._product.url(self._product.page), wait_until="commit")
        seen: float = self.page.evaluate("benchmark.seen")
        return seen

    def fit(self) -> None:
        """Make the desktop exactly 1920x1080, whatever else the page shows, and go there."""
        if self._product.seamless:
            return  # the page is that large, and shows nothing else
        width, height = _SIZE
        for _ in range(3):
            self.page.wait_for_timeout(1000)
            canvas = self._canvas()
            if canvas == [width, height]:
                self.page.click("#screen canvas")
                return
            viewport = self.page.viewport_size
            assert viewport
            viewport["width"] += width - canvas[0]
            viewport["height"] += height - canvas[1]
            self.page.set_viewport_size(viewport)
        raise RuntimeError(f"The desktop's size is {canvas}, not {_SIZE}.")

    def check(self) -> None:
        """Raise an error if the window that is on top is not as large as the desktop should be."""
        self.page.wait_for_timeout(1000)
        if self._canvas() != [*_SIZE]:
            raise RuntimeError(f"The window's size is {self._canvas()}, not {_SIZE}.")

    def press(self) -> float:
        """Press a key; return after how many milliseconds the canvas had changed."""
        self.page.keyboard.press("a")
        took: float = self.page.evaluate("benchmark.key")
        return took

    def frames(self) -> int:
        """Return how many times the middle of the canvas has changed so far."""
        count: int = self.page.evaluate("benchmark.frames")
        return count

    def _canvas(self) -> list[int]:
        size: list[int] = self.page.evaluate("benchmark.size()")
        return size

    def close(self) -> None:
        """Close the page."""
        self._context.close()
