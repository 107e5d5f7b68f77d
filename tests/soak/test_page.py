"""The page's memory during long motion, scrolling, reconnects and resizes.

The desktop shows full-screen pictures as fast as browser and machine allow. The usual run shows
some hundreds in Chromium; `make soak` runs each exercise for ten minutes, in both browsers.
"""

from __future__ import annotations

import itertools
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
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

# MiB that all processes of a browser together may grow by, from the minimum after the warm-up to
# the minimum at the end, because of garbage collection. With noVNC as published, Chromium grew by
# 1.5 MiB for each received MB.
FLAT = 100.0
# Bytes that the page receives at least, in the run and in its warm-up.
ENOUGH, WARM = 200e6, 40e6
WARM_UP = SECONDS / 10
MIB = 1024 * 1024
# Seconds for that, on a busy machine.
AT_MOST = 240.0

_EVERY = 0.5  # seconds between two samples
_PAUSE = 2.0  # seconds between two reconnects, or two sizes


def in_motion(window: Window, cable: Link) -> Callable[[], None]:
    """Disturb nothing."""
    return lambda: None


def reconnecting(window: Window, cable: Link) -> Callable[[], None]:
    """Cut the connection repeatedly."""
    return cable.cut


def resizing(window: Window, cable: Link) -> Callable[[], None]:
    """Change the size of window and desktop repeatedly."""
    sizes = itertools.cycle((SMALLER, SIZE))
    return lambda: window.resize(*next(sizes))


EXERCISES = {
    "motion": ("film", in_motion),
    "scrolling": ("page", in_motion),
    "reconnects": ("film", reconnecting),
    "resizes": ("film", resizing),
}
# The exercise that failed with noVNC as published; all of them take too long for the usual run.
USUAL = [("Chromium", "motion")]


@pytest.fixture(scope="module")
def server() -> Iterator[servers.JupyterServer]:
    """Without video, which would show the motion instead of RFB."""
    with running("--DesktopApp.video=off") as server:
        yield server


def running(*settings: str) -> AbstractContextManager[servers.JupyterServer]:
    return servers.running(f"--DesktopApp.geometry={SIZE[0]}x{SIZE[1]}", *settings)


@pytest.mark.timeout(AT_MOST + max(SECONDS, AT_MOST) + 240)
@pytest.mark.parametrize(
    ("browser", "exercise"),
    list(itertools.product(BROWSERS, EXERCISES)) if SECONDS >= LONG else USUAL,
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


@pytest.mark.timeout(SECONDS + 240)
@pytest.mark.parametrize("browser", BROWSERS if SECONDS >= LONG else ["Chromium"])
def test_memory_stays_flat_with_video(browser: str) -> None:
    with running() as server, BROWSERS[browser]() as window, link(server.port) as cable:
        window.resize(*SIZE)
        window.open(f"{cable.address}/desktop/?token={servers.TOKEN}")
        until(lambda: window.state() == "connected", "a desktop in the browser", 60)
        with Guest(server).running(sys.executable, str(MOTION), "film"):
            until(lambda: server.processes("-m jupyter_desktop.video"), "the companion", 60)
            companion = server.process_of("-m jupyter_desktop.video")
            look_on(window, cable, lambda: None, WARM_UP, 0)
            began = companion.memory_info().rss / MIB
            samples = look_on(window, cable, lambda: None, SECONDS, 0)
            grown = companion.memory_info().rss / MIB - began
        fifth = len(samples) // 5
        before, after = min(samples[:fifth]), min(samples[-fifth:])
        note(
            f"{browser}, video: memory after warm-up → at the end",
            f"{before:.0f} → {after:.0f} MiB",
        )
        note(f"{browser}, video: the companion has grown by", f"{grown:.1f} MiB")
        assert after - before < FLAT, samples
        assert grown < FLAT


def look_on(
    window: Window, cable: Link, disturb: Callable[[], None], seconds: float, carried: float
) -> list[float]:
    """Return samples of the browser's memory, for ``seconds`` and until ``carried`` bytes came."""
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
