"""The desktop follows the size of the focused window."""

from __future__ import annotations

import re
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from playwright.sync_api import ViewportSize

from tests import servers
from tests.servers import until

from .desktop import Desktop, eventually
from .guest import Guest
from .visitor import Visitor

SMALL: ViewportSize = {"width": 900, "height": 600}
LARGE: ViewportSize = {"width": 1400, "height": 850}


@pytest.fixture
def guest(server: servers.JupyterServer) -> Guest:
    return Guest(server)


@pytest.fixture
def desktop(visitor: Visitor, server: servers.JupyterServer) -> Desktop:
    desktop = visitor.opens(server)
    desktop.shows_desktop(colours=1)
    return desktop


@pytest.fixture
def other(desktop: Desktop, visitor: Visitor, server: servers.JupyterServer) -> Desktop:
    """A second window on the desktop; only one has the focus, at first ``desktop``."""
    other = visitor.opens(server)
    other.page.set_viewport_size(SMALL)
    other.shows_desktop(colours=1)
    for one in (desktop, other):
        visitor.own_focus(one.page)
    # Both had the focus so far, and react only to a change.
    other.page.bring_to_front()
    desktop.page.bring_to_front()
    assert desktop.run("() => document.hasFocus()")
    assert not other.run("() => document.hasFocus()")
    return other


class Resizes:
    """Counts the changes of the X screen's size."""

    def __init__(self, log: Path) -> None:
        self._log = log

    def sizes(self) -> list[tuple[int, int]]:
        found = re.findall(
            r"RRScreenChangeNotify.*?width (\d+), height (\d+)", self._log.read_text(), re.DOTALL
        )
        sizes = [(int(width), int(height)) for width, height in found]
        return [size for before, size in zip([None, *sizes], sizes, strict=False) if size != before]

    def settle(self, seconds: float = 2.5) -> list[tuple[int, int]]:
        """Return all sizes once there was no new one for ``seconds``."""
        last, since = self.sizes(), time.monotonic()

        def settled() -> bool:
            nonlocal last, since
            if (now := self.sizes()) != last:
                last, since = now, time.monotonic()
            return time.monotonic() - since > seconds

        until(settled, "an end of resizing", 20)
        return last


@pytest.fixture
def resizes(desktop: Desktop, guest: Guest, tmp_path: Path) -> Iterator[Resizes]:
    """The changes of the size from now on."""
    log = tmp_path / "resizes"
    with guest.running("xev", "-root", "-event", "randr", output=log):
        counted = Resizes(log)
        counted.settle(0.5)
        yield counted


def has_size(guest: Guest, desktop: Desktop, size: ViewportSize) -> None:
    wanted = (size["width"], size["height"])
    eventually(lambda: guest.size() == wanted, f"a desktop of {wanted}; it has {guest.size()}")
    eventually(lambda: desktop.size() == wanted, f"a picture of {wanted}; it has {desktop.size()}")


@pytest.mark.parametrize("size", [SMALL, LARGE, {"width": 1001, "height": 667}])
def test_the_desktop_takes_the_window_s_size(
    desktop: Desktop, guest: Guest, size: ViewportSize
) -> None:
    desktop.page.set_viewport_size(size)
    has_size(guest, desktop, size)
    # One pixel of the desktop is one of the page, without scaling.
    shown = desktop.here.locator("#screen canvas").bounding_box()
    assert shown
    assert (shown["width"], shown["height"]) == (size["width"], size["height"])


def test_a_new_page_gives_the_desktop_its_size(
    server: servers.JupyterServer, visit: Callable[..., Visitor], guest: Guest
) -> None:
    desktop = visit(viewport=SMALL).opens(server)
    desktop.shows_desktop(colours=1)
    has_size(guest, desktop, SMALL)


def test_dragging_an_edge_makes_few_resizes(
    desktop: Desktop, guest: Guest, resizes: Resizes
) -> None:
    for width in range(1270, 1000, -10):
        desktop.page.set_viewport_size({"width": width, "height": 700})
    has_size(guest, desktop, {"width": 1010, "height": 700})
    assert len(resizes.settle()) <= 6, resizes.sizes()


def test_only_the_focused_window_resizes_the_desktop(
    desktop: Desktop, other: Desktop, guest: Guest, resizes: Resizes
) -> None:
    desktop.page.set_viewport_size(LARGE)
    has_size(guest, desktop, LARGE)
    before = len(resizes.settle())

    for active, size in ((other, SMALL), (desktop, LARGE)):
        active.page.bring_to_front()
        has_size(guest, active, size)
        # Both show the whole desktop, whatever their size.
        eventually(lambda: desktop.size() == other.size(), "the same picture in both")
    assert resizes.settle()[before:] == [(900, 600), (1400, 850)]

    # A new size of the unfocused window does not change the desktop.
    other.page.set_viewport_size({"width": 777, "height": 555})
    assert len(resizes.settle()) == before + 2
    has_size(guest, desktop, LARGE)
    other.screenshot("other-size")


def test_two_users_with_focus_do_not_resize_repeatedly(
    desktop: Desktop,
    visit: Callable[..., Visitor],
    server: servers.JupyterServer,
    resizes: Resizes,
) -> None:
    # Each has a separate browser, and so the focus.
    other = visit(viewport=SMALL).opens(server)
    other.shows_desktop(colours=1)
    resizes.settle()
    before = len(resizes.sizes())

    def both_type() -> bool:
        for one in (desktop, other):
            one.presses("Shift")
        return time.monotonic() > end

    end = time.monotonic() + 4
    eventually(both_type, "an end of typing")
    assert len(resizes.settle()) - before <= 2, resizes.sizes()


def test_a_smaller_window_without_focus_shows_the_whole_desktop(
    desktop: Desktop, other: Desktop, guest: Guest
) -> None:
    desktop.page.set_viewport_size(LARGE)
    has_size(guest, desktop, LARGE)
    shown = other.here.locator("#screen canvas").bounding_box()
    assert shown
    assert shown["x"] >= 0
    assert shown["y"] >= 0
    assert shown["width"] <= 900
    assert shown["height"] <= 600


def test_the_toolbar_fits_into_narrow_windows(desktop: Desktop) -> None:
    for width in (950, 700, 500, 360):
        desktop.page.set_viewport_size({"width": width, "height": 640})
        assert desktop.tool("Keys").is_visible()
        bar = desktop.here.locator("#tools")
        hidden = bar.evaluate("(bar) => bar.scrollWidth - bar.clientWidth")
        assert hidden <= 0, f"{hidden} px of the toolbar cannot be seen at a width of {width}"
        desktop.screenshot(f"toolbar-{width}")
        desktop.page.mouse.move(width / 2, 400)
        desktop.page.mouse.click(width / 2, 400)
