"""Time from a key press to the changed picture, in a real browser."""

from __future__ import annotations

import random
import time
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager

from browser import View
from playwright.sync_api import Browser
from products import Product
from report import Row
from samples import interleaved, percentile

_WARM_UP, _COUNT = 5, 20


def times(products: Mapping[str, Product], browser: Browser, rounds: int) -> dict[str, list[float]]:
    """Measure products, each with a full-screen window that changes colour at each key."""
    with ExitStack() as stack:
        views = {
            name: stack.enter_context(_flashing(browser, product))
            for name, product in products.items()
        }
        measured = interleaved(views, _presses, rounds)
    return {name: [one for presses in all_ for one in presses] for name, all_ in measured.items()}


def rows(products: Mapping[str, Product], browser: Browser, rounds: int) -> list[Row]:
    """Measure both products."""
    taken = times(products, browser, rounds)
    p50, p95 = (
        {name: percentile(values, percent) for name, values in taken.items()}
        for percent in (50, 95)
    )
    what = "Key press → changed canvas at 1920x1080"
    return [
        Row(f"{what}, p50", p50["ours"], p50["theirs"], "ms", "≤ 0.5 times"),
        Row(f"{what}, p95", p95["ours"], p95["theirs"], "ms"),
    ]


@contextmanager
def _flashing(browser: Browser, product: Product) -> Iterator[View]:
    view = View(browser, product)
    view.open()
    view.fit()
    product.settle()
    with product.x_client("flash"):
        view.check()
        yield view
    view.close()


def _presses(view: View) -> list[float]:
    view.page.bring_to_front()
    return [_press(view) for _ in range(_WARM_UP + _COUNT)][_WARM_UP:]


def _press(view: View) -> float:
    # Random, so that key presses do not synchronise with the display server's clock.
    time.sleep(random.uniform(0.03, 0.08))
    return view.press()
