"""The page opens, reconnects, and follows its window's size, in every browser."""

from __future__ import annotations

import re
import time
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import pytest

from tests import servers
from tests.browser.desktop import eventually
from tests.browser.guest import Guest
from tests.browser.link import Link, link
from tests.servers import until

from .engine import Engine
from .page import Page
from .screen import HEIGHT, WIDTH, Screen
from .text_window import TextWindow

# Messages of browsers about failed connections, and of noVNC.
LINK_IS_DOWN = (
    "net::ERR_",
    "WebSocket connection to .* failed",
    "can.t establish a connection",
    "was interrupted while the page was loading",
    "Could not connect to",
    "connection was lost",
    "NetworkError when attempting to fetch",
    "Failed when connecting: Connection closed",
    "Got data while disconnected",
)


@pytest.fixture(scope="module")
def backend() -> str:
    """One backend is enough: these tests are about browser and page."""
    return "vnc"


@pytest.fixture(scope="module")
def cable(server: servers.JupyterServer) -> Iterator[Link]:
    with link(server.port) as made:
        yield made


@pytest.fixture(scope="module")
def opened(engine: Engine, screen: Screen, server: servers.JupyterServer, cable: Link) -> Page:
    page = Page(engine, screen)
    page.opens(server, at=cable.address)
    page.shows_desktop()
    return page


def test_the_page_opens_without_an_error(page: Page) -> None:
    """Nothing on the console, and no report of the Content-Security-Policy."""
    assert page.problems() == []


def test_errors_of_the_page_are_noticed(page: Page) -> None:
    """This shows that the test above can fail."""
    page.run("setTimeout(() => { console.error('told'); undefined.thrown; })")
    page.run("document.body.append(Object.assign(new Image(), { src: 'http://blocked.invalid/' }))")
    heard: list[str] = []

    def all_heard() -> bool:
        heard.extend(page.problems())
        return all(any(word in one for one in heard) for word in ("told", "thrown", "blocked"))

    eventually(all_heard, f"three reports; there are {heard}")


def test_mouse_buttons_arrive_at_the_pointer_s_position(
    page: Page, guest: Guest, tmp_path: Path
) -> None:
    log = tmp_path / "mouse"
    with guest.running("xev", "-geometry", "300x200+300+420", "-event", "button", output=log):
        guest.await_window("Event Tester")
        page.clicks((411, 533))
        page.clicks((412, 534), button=3)
        page.drags((401, 501), (523, 555))
        wanted = [
            *(("Press", "411", "533", "1"), ("Release", "411", "533", "1")),
            *(("Press", "412", "534", "3"), ("Release", "412", "534", "3")),
            *(("Press", "401", "501", "1"), ("Release", "523", "555", "1")),
        ]
        with suppress(AssertionError):
            until(lambda: _buttons(log) == wanted, "them at xev", 20)
        assert _buttons(log) == wanted


def _buttons(log: Path) -> list[tuple[str, ...]]:
    """Return the button presses and releases in xev's log."""
    event = r"Button(Press|Release) event.*?root:\((\d+),(\d+)\),\s+state 0x\w+, button (\d+)"
    return re.findall(event, log.read_text(), re.DOTALL)


@pytest.mark.parametrize("size", [(901, 677), (1203, 799)])
def test_the_desktop_gets_the_window_s_size(
    page: Page, guest: Guest, size: tuple[int, int]
) -> None:
    before = page.room()
    page.screen.resizes(page.screen.window(), size)
    eventually(lambda: page.room() != before, "a window of another size", 20)
    fits(page, guest)
    shown = "document.querySelector('#screen canvas').getBoundingClientRect()"
    # One pixel of the desktop is one of the page, without scaling.
    assert tuple(page.run(f"[{shown}.width, {shown}.height]")) == guest.size()


def fits(page: Page, guest: Guest) -> None:
    """Fail unless the desktop gets the size of the page."""

    def fit() -> bool:
        return page.room() == page.size() == guest.size()

    eventually(fit, "a desktop as large as the page", 30)


def test_full_screen_changes_the_size_and_back(page: Page, guest: Guest) -> None:
    full = "document.fullscreenElement !== null"
    before = page.room()
    page.tool("fullscreen")
    page.comes_true(full)
    eventually(lambda: page.room() == (WIDTH, HEIGHT), "a page as large as the screen", 20)
    fits(page, guest)
    page.tool("fullscreen")
    page.comes_true(f"!({full})")
    eventually(lambda: page.room() == before, "the window as it was", 20)
    fits(page, guest)


def test_the_full_screen_title_says_whether_the_browser_locks_keys(page: Page) -> None:
    locks = page.engine.abilities.locks_keyboard
    assert page.run("typeof navigator.keyboard?.lock === 'function'") == locks
    title: str = page.run("document.querySelector('#tool-fullscreen').title")
    assert title.startswith("Full screen")
    assert ("all keys" in title) == locks


def test_a_cut_connection_is_reestablished(page: Page, desk: TextWindow, cable: Link) -> None:
    page.expects(*LINK_IS_DOWN)
    page.run("window.mark = 'not loaded again'")
    cable.down()
    page.becomes("reconnecting")
    notice = "document.querySelector('#notice')"
    page.comes_true(f"!{notice}.hidden && {notice}.textContent.includes('Connection lost')")
    cable.up()
    page.becomes("connected")
    works(desk)
    assert page.run("window.mark") == "not loaded again"


def test_a_hidden_page_stays_connected(page: Page, desk: TextWindow) -> None:
    window = page.screen.window()
    page.run(_NOTE_STATES)
    page.screen.minimises(window)
    page.comes_true("document.visibilityState === 'hidden'")
    since = time.monotonic()
    # Longer than the page's timeout for a silent connection (static/src/wire/liveness.ts).
    until(lambda: time.monotonic() - since > 6, "some time", 7)
    page.screen.activates(window)
    page.comes_true("document.visibilityState === 'visible' && document.hasFocus()")
    works(desk)
    assert page.run("window.states") == []


_NOTE_STATES = """(() => {
  window.states = [];
  const root = document.documentElement;
  new MutationObserver(() => { window.states.push(root.dataset.state); })
    .observe(root, { attributeFilter: ["data-state"] });
})()"""


def works(desk: TextWindow) -> None:
    """Fail unless keys reach the desktop and change its picture."""
    desk.begin()
    before = desk.page.picture()
    desk.page.screen.presses("w o r k s")
    desk.holds("works")
    eventually(lambda: desk.page.picture() != before, "a picture of it")
