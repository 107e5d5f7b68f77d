"""The screen: its changes, and its pixels with and without shared memory."""

from __future__ import annotations

import ctypes
import select
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path

import pytest
import xcffib

from jupyter_desktop.video.region import Region
from jupyter_desktop.video.screen import Screen, ScreenUnusable
from tests.servers import until

from . import x_server
from .x_server import HEIGHT, WIDTH, XServer

WHOLE = Region(0, 0, WIDTH, HEIGHT)
SEGMENTS = Path("/proc/sysvipc/shm")


def nothing() -> None:
    """Ignore a change."""


@pytest.fixture
def screen(x: XServer) -> Iterator[Screen]:
    with closing(Screen(x.display, nothing, nothing)) as screen:
        yield screen


def pixels(screen: Screen, region: Region) -> list[int]:
    data = ctypes.string_at(screen.capture(region), 4 * region.area)
    return [int.from_bytes(data[at : at + 3], "little") for at in range(0, len(data), 4)]


def wait(screen: Screen, until: Callable[[], object]) -> None:
    while not until():
        assert select.select([screen.fileno()], [], [], 10)[0]
        screen.handle_events()


def assert_captures(x: XServer, screen: Screen) -> None:
    x.paint(0x102030)
    x.paint(0xFF8001, 100, 50, 20, 10)
    assert pixels(screen, Region(100, 50, 20, 10)) == [0xFF8001] * 200
    assert pixels(screen, Region(99, 50, 2, 1)) == [0x102030, 0xFF8001]
    whole = pixels(screen, WHOLE)
    assert whole.count(0xFF8001) == 200
    assert whole[50 * WIDTH + 100] == 0xFF8001
    assert set(whole) == {0x102030, 0xFF8001}


def test_a_region_is_captured(x: XServer, screen: Screen) -> None:
    assert screen.size == (WIDTH, HEIGHT)
    assert_captures(x, screen)


def test_a_region_is_captured_without_shared_memory() -> None:
    without = x_server.running("-extension", "MIT-SHM")
    with without as x, closing(Screen(x.display, nothing, nothing)) as screen:
        assert_captures(x, screen)


def test_shared_memory_is_the_user_s_only_and_is_released(x: XServer) -> None:
    def segments() -> dict[str, str]:
        lines = [line.split() for line in SEGMENTS.read_text().splitlines()[1:]]
        return {line[1]: line[2] for line in lines if int(line[3]) == 4 * WHOLE.area}

    before = segments()
    with closing(Screen(x.display, nothing, nothing)) as screen:
        screen.capture(WHOLE)
        made = {name: mode for name, mode in segments().items() if name not in before}
        assert [int(mode[-3:], 8) & 0o077 for mode in made.values()] == [0]
    until(lambda: segments().keys() == before.keys(), "the X server to detach from the segment")


def test_a_region_beyond_the_screen_is_an_error(screen: Screen) -> None:
    with pytest.raises(xcffib.Error):
        screen.capture(Region(0, 0, WIDTH + 1, HEIGHT))
    assert screen.capture(WHOLE)


def test_changes_are_reported_while_it_is_watched(x: XServer) -> None:
    reported: list[str] = []
    with closing(Screen(x.display, lambda: reported.append("changed"), nothing)) as screen:
        screen.watch(True)
        screen.watch(True)
        wait(screen, lambda: reported)
        assert screen.changes() == [WHOLE]  # at first all of it (DAMAGE, version 1.1)
        screen.handle_events()

        reported.clear()
        x.paint(1, 10, 20, 30, 40)
        x.paint(2, 20, 20, 30, 40)
        wait(screen, lambda: reported)
        assert screen.changes() == [Region(10, 20, 40, 40)]
        assert screen.changes() == []
        screen.handle_events()

        reported.clear()
        x.paint(3, 0, 0, 1, 1)
        wait(screen, lambda: reported)
        assert screen.changes() == [Region(0, 0, 1, 1)]

        screen.watch(False)
        reported.clear()
        x.paint(4)
        screen.capture(WHOLE)  # an answer that comes after events
        screen.handle_events()
        assert not reported


def test_a_screen_that_video_cannot_show() -> None:
    with x_server.running(depth=16) as x, pytest.raises(ScreenUnusable, match="16 bits of colour"):
        Screen(x.display, nothing, nothing)
    without = x_server.running("-extension", "DAMAGE")
    with without as x, pytest.raises(ScreenUnusable, match="DAMAGE"):
        Screen(x.display, nothing, nothing)
