"""Time from the click on the tile to a visible desktop, for a cold start and a running desktop."""

from __future__ import annotations

import statistics
from collections.abc import Callable, Mapping

from browser import View
from playwright.sync_api import Browser
from products import Product
from report import Row
from samples import interleaved
from servers import running

_WARM = 3


def rows(starters: Mapping[str, Callable[[], Product]], browser: Browser, rounds: int) -> list[Row]:
    """Start each product in each round; the first is not counted, since disk caches are cold."""
    measured = interleaved(starters, lambda start: _open(start, browser), rounds + 1)
    cold = {name: statistics.median(one for one, _ in all_[1:]) for name, all_ in measured.items()}
    warm = {
        name: statistics.median(one for _, some in all_[1:] for one in some)
        for name, all_ in measured.items()
    }
    return [
        Row(
            "Click → first pixels of a cold desktop", cold["ours"], cold["theirs"], "ms", "≤ 1 time"
        ),
        Row("— of one that runs", warm["ours"], warm["theirs"], "ms", "< 500 ms"),
    ]


def _open(start: Callable[[], Product], browser: Browser) -> tuple[float, list[float]]:
    """Return the time of the cold start, and of further openings of the same desktop."""
    with running(start) as (product,):
        product.settle()
        view = View(browser, product)
        cold = view.open()
        product.settle()
        warm = [view.open() for _ in range(_WARM)]
        view.close()
        return cold, warm
