"""Desktops shown by Xpra: latency of a key press, and frame rate of motion.

Three are compared: ``ours``, ``theirs``, and ``vnc``, which is our own VNC desktop.
"""

from __future__ import annotations

import statistics
import time
from collections.abc import Mapping

import keypress
from playwright.sync_api import Browser
from products import Product
from report import Row
from responsiveness import motion
from samples import interleaved, percentile

_SECONDS = 5.0


def keypress_rows(products: Mapping[str, Product], browser: Browser, rounds: int) -> list[Row]:
    """Measure key presses as for VNC."""
    taken = keypress.times(products, browser, rounds)
    p50, p95 = ({name: percentile(taken[name], share) for name in taken} for share in (50, 95))
    what = "Key press → changed canvas at 1920x1080"
    return [*_rows(f"{what}, p50", p50, "ms"), *_rows(f"{what}, p95", p95, "ms")]


def motion_rows(products: Mapping[str, Product], browser: Browser, rounds: int) -> list[Row]:
    """Measure the shown pictures of a film per second."""
    rates = interleaved(products, lambda product: _rate(browser, product), rounds)
    shown = {name: statistics.median(values) for name, values in rates.items()}
    return _rows("Pictures shown of full-screen motion", shown, "per s")


def _rows(what: str, sides: Mapping[str, float], unit: str) -> list[Row]:
    return [
        Row(what, sides["ours"], sides["theirs"], unit),
        Row("— against our VNC", sides["ours"], sides["vnc"], unit),
    ]


def _rate(browser: Browser, product: Product) -> float:
    with motion(browser, product) as view:
        before, start = view.frames(), time.monotonic()
        view.page.wait_for_timeout(_SECONDS * 1000)
        return (view.frames() - before) / (time.monotonic() - start)
