"""Chromium, showing a desktop."""

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
def chromium(executable: Path | None = None, *more: str) -> Iterator[Browser]:
    """Start a browser that does not throttle background pages."""
    executable = executable or os.environ.get("CHROMIUM") or shutil.which("chromium")
    flags = ["--no-sandbox", "--disable-gpu", "--disable-background-networking", *more]
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=executable, args=flags)
        try:
            yield browser
        finally:
            browser.close()


class View:
    """A page with a product's desktop, in a separate browser profile."""

    def __init__(self, browser: Browser, product: Product) -> None:
        self._product = product
        width, height = _SIZE
        self._context = browser.new_context(viewport={"width": width, "height": height})
        self._context.add_init_script(path=_WATCH)
        # The benchmarks begin with the click on the tile, after the login.
        self._context.request.get(product.url(f"/api/status?token={product.token}"))
        self.page = self._context.new_page()

    def open(self) -> float:
        """Reload the page; return the milliseconds until the desktop was visible."""
        self.page.goto(self._product.url(self._product.page), wait_until="commit")
        seen: float = self.page.evaluate("benchmark.seen")
        return seen

    def fit(self) -> None:
        """Make the desktop exactly 1920x1080, whatever else the page shows, and click into it."""
        if self._product.seamless:
            return  # the page has that size, and shows nothing else
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
        """Raise an error if the topmost window does not have the size of the desktop."""
        self.page.wait_for_timeout(1000)
        if self._canvas() != [*_SIZE]:
            raise RuntimeError(f"The window's size is {self._canvas()}, not {_SIZE}.")

    def press(self) -> float:
        """Press a key; return the milliseconds until the canvas changed."""
        self.page.keyboard.press("a")
        took: float = self.page.evaluate("benchmark.key")
        return took

    def frames(self) -> int:
        """Return how often the middle of the canvas has changed so far."""
        count: int = self.page.evaluate("benchmark.frames")
        return count

    def _canvas(self) -> list[int]:
        size: list[int] = self.page.evaluate("benchmark.size()")
        return size

    def close(self) -> None:
        """Close the page."""
        self._context.close()
