"""The page's memory stays where it is: motion, scrolling, reconnects and resizes, for a long time.

What the desktop shows is full-screen pictures, as many as browser and machine get through. The
usual run shows some hundreds in Chromium; `make soak` shows them for ten minutes of each, in both.
"""

from __future__ import annotations

import itertools
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests import servers
from tests.browser.guest import Guest
from tests.browser.link import Link, link
from tests.servers import until

from .browsers import BROWSERS, Window
from .settings import LONG, SECONDS, note

MOTION = Path(__file__).parents[2] / "benchmarks" / "xclients" / "motion.py"
SIZE = (1920, 1080)
SMALLER = (1600, 900)

# MiB that all processes of a browser together may grow by, from the lowest after the warm-up to the
# lowest at the end: garbage comes and goes. With noVNC as published, Chromium grew by 1.5 MiB for
# each MB that came.
FLAT = 100.0
# Bytes that come to the page meanwhile, in the usual run as well, and for its warm-up.
ENOUGH, WARM = 200e6, 40e6
WARM_UP = SECONDS / 10
# Seconds for that, on a machine that does other things as well.
AT_MOST = 240.0

_EVERY = 0.5  # seconds between two looks at the memory
_PAUSE = 2.0  # seconds between two reconnects, or two sizes


def in_motion(window: Window, cable: Link) -> Callable[[], None]:
    """Disturb nothing."""
    return lambda: None


def reconnecting(window: Window, cable: Link) -> Callable[[], None]:
    """Cut the connection again and again."""
    return cable.cut


def resizing(window: Window, cable: Link) -> Callable[[], None]:
    """Change the window's size, and with it the desktop's, again and again."""
    sizes = itertools.cycle((SMALLER, SIZE))
    return lambda: window.resize(*next(sizes))


EXERCISES = {
    "motion": ("film", in_motion),
    "scrolling": ("page", in_motion),
    "reconnects": ("film", reconnecting),
    "resizes": ("film", resizing),
}
# The exercise that failed with noVNC as published; all would make every day's tests too long.
USUAL = [("Chromium", "motion")]


@pytest.fixture(scope="module")
def server() -> Iterator[servers.JupyterServer]:
    with servers.running(f"--DesktopApp.geometry={SIZE[0]}x{SIZE[1]}") as server:
        yield server


@pytest.mark.timeout(max(SECONDS, AT_MOST) + 120)
@pytest.mark.parametrize(
    ("browser", "exercise"),
    itertools.product(BROWSERS, EXERCISES) if SECONDS >= LONG else USUAL,
)
def test_the_page_s_memory_stays_flat(
    server: servers.JupyterServer, browser: str, exercise: str
) -> None:
    picture, disturbance = EXERCISES[exercise]
    with BROWSERS[browser]() as window, link(server.port) as cable:
        window.resize(*SIZE)
        window.open(f"{cable.address}/desktop/?token={servers.TOKEN}")
        until(lambda: window.state() == "connected", "a desktop in the browser", 60)
        with Guest(server).running(sys.executable, str(MOTION), picture):
            disturb = disturbance(window, cable)
            look_on(window, cable, disturb, WARM_UP, WARM)
            samples = look_on(window, cable, disturb, SECONDS, ENOUGH)
        fifth = len(samples) // 5
        before, after = min(samples[:fifth]), min(samples[-fifth:])
        figures = f"{before:.0f} → {after:.0f} MiB ({cable.carried / 1e6:.0f} MB came)"
        note(f"{browser}, {exercise}: memory after warm-up → at the end", figures)
        assert after - before < FLAT, samples


def look_on(
    window: Window, cable: Link, disturb: Callable[[], None], seconds: float, carried: float
) -> list[float]:
    """Return the browser's memory over time, in MiB, while so much is carried, and so long."""
    samples: list[float] = []
    began = disturbed = time.monotonic()
    carried += cable.carried
    while (now := time.monotonic()) < began + seconds or cable.carried < carried:
        assert now < began + max(seconds, AT_MOST), f"only {cable.carried} bytes came"
        samples.append(window.memory())
        if now > disturbed + _PAUSE:
            disturb()
            disturbed = now
        time.sleep(_EVERY)
    until(lambda: window.state() == "connected", "the desktop in the browser at the end", 60)
    return samples
