"""The page reconnects after every kind of failure; programs are not affected."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import psutil
import pytest
from playwright.sync_api import Browser, expect

from tests import servers
from tests.servers import until

from .desktop import Desktop, eventually
from .guest import TERMINAL, TITLE, Guest
from .link import Link
from .visitor import LINK_IS_DOWN, Visitor

# From the link's return to a changing picture.
STABLE = 1.0  # seconds (static/src/connection/machine.ts)
SOON = 5.0

_VISIBILITY = """(state) => {
  Object.defineProperty(document, "visibilityState", { value: state, configurable: true });
  Object.defineProperty(document, "hidden", { value: state === "hidden", configurable: true });
  document.dispatchEvent(new Event("visibilitychange"));
}"""


@pytest.fixture(autouse=True)
def link_may_break(visitor: Visitor) -> None:
    visitor.expects(*LINK_IS_DOWN)


@contextmanager
def unharmed(desktop: Desktop, guest: Guest) -> Iterator[None]:
    """Fail unless page, X session and a program's state are the same after the block."""
    mark = str(time.monotonic_ns())
    desktop.run("(mark) => { window.mark = mark; }", mark)
    with session_unharmed(desktop, guest):
        yield
        assert desktop.run("() => window.mark") == mark, "the page was loaded again"


@contextmanager
def session_unharmed(desktop: Desktop, guest: Guest) -> Iterator[None]:
    """Fail unless X session and a program's state are the same after the block."""
    mark = str(time.monotonic_ns())
    assert in_terminal(desktop, guest, f"remembered={mark}") == mark
    x_server, blinks = guest.x_server.pid, guest.blinks()
    yield
    assert guest.x_server.pid == x_server
    until(lambda: guest.blinks() > blinks, "a program that went on")
    assert in_terminal(desktop, guest) == mark


def in_terminal(desktop: Desktop, guest: Guest, command: str = ":") -> str:
    """Run a command in the terminal's shell; return its variable ``remembered``."""
    desktop.clicks(TERMINAL)
    guest.await_focus(TITLE)
    file = f"remembered-{time.monotonic_ns()}"
    desktop.types(f"{command}; echo $remembered > {file}\n")
    return guest.file(file).strip()


def assert_dimmed(desktop: Desktop) -> None:
    """Fail unless the last picture is shown darker, with the reason."""
    expect(desktop.notice).to_be_visible()
    expect(desktop.notice).to_contain_text("Connection lost")

    def dimmed() -> bool:
        seen, kept = desktop.measure(), desktop.kept_picture()
        assert kept["colours"] > 1000, f"nothing was kept: {kept}"
        assert seen["colours"] > kept["colours"] / 25, f"the page is blank: {seen}"
        return 0.25 < seen["brightness"] / kept["brightness"] < 0.75

    eventually(dimmed, "a dimmed picture")


def test_the_page_reconnects_after_each_of_twenty_cuts(
    linked: Desktop, guest: Guest, cable: Link, record_property: Callable[[str, object], None]
) -> None:
    took = []
    with unharmed(linked, guest):
        for number in range(20):
            cable.cut(reset=number % 2 == 0)
            took.append(linked.is_live(SOON))
            # After a shorter connection the page waits longer.
            live = time.monotonic()
            until(lambda live=live: time.monotonic() - live > STABLE, "a connection that counts")
    record_property("seconds until live", [round(one, 2) for one in took])
    print("live after a cut:", [round(one, 2) for one in took])


@pytest.mark.parametrize("seconds", [1, 8])
def test_the_page_reconnects_after_seconds_without_a_link(
    linked: Desktop, guest: Guest, cable: Link, seconds: float
) -> None:
    with unharmed(linked, guest):
        cable.down()
        down_since = time.monotonic()
        linked.becomes("reconnecting")
        assert_dimmed(linked)
        linked.screenshot("reconnecting")
        until(lambda: time.monotonic() - down_since > seconds, "the end of a bad time")
        cable.up()
        print(f"live after {seconds} s without a link: {linked.is_live(SOON):.2f} s")


def test_the_page_reconnects_after_a_freeze_of_thirty_seconds(
    linked: Desktop, guest: Guest, cable: Link
) -> None:
    with unharmed(linked, guest):
        cable.freeze()
        frozen_since = time.monotonic()
        linked.becomes("reconnecting", seconds=20)
        assert_dimmed(linked)
        until(lambda: time.monotonic() - frozen_since > 30, "thirty seconds", 31)
        assert linked.state == "reconnecting"
        cable.thaw()
        print(f"live after a freeze: {linked.is_live(SOON):.2f} s")


def test_the_page_reconnects_after_the_bridge_was_killed(
    linked: Desktop, guest: Guest, xfce: servers.JupyterServer
) -> None:
    with unharmed(linked, guest):
        xfce.process_of("jupyter_desktop.bridge").kill()
        linked.becomes("reconnecting", seconds=2)
        print(f"live after the bridge was killed: {linked.is_live(SOON):.2f} s")


@pytest.mark.parametrize("backend", ["xpra"], indirect=True)
def test_the_page_reconnects_after_xpra_was_killed(
    linked: Desktop, guest: Guest, visitor: Visitor
) -> None:
    """Programs are connected to the X server, which is another process."""
    visitor.expects(r"Failed to load resource: .* 409")  # it is being started again
    with unharmed(linked, guest):
        guest.display_server.kill()
        linked.becomes("reconnecting", seconds=2)
        print(f"live after Xpra was killed: {linked.is_live(SOON):.2f} s")


def test_the_page_reconnects_after_the_computer_slept(
    linked: Desktop, guest: Guest, cable: Link, chromium: Browser
) -> None:
    with unharmed(linked, guest):
        linked.run(_VISIBILITY, "hidden")
        with asleep(chromium):
            # Connections die silently, as when a NAT gateway forgets them.
            cable.forget()
        awake = time.monotonic()
        # Before a new connection the last received bytes may still change the picture.
        with linked.page.expect_websocket(timeout=SOON * 1000):
            linked.run(_VISIBILITY, "visible")
        linked.is_live(SOON - (time.monotonic() - awake))
        print(f"live after sleep: {time.monotonic() - awake:.2f} s")


def test_a_hidden_page_reconnects_when_it_becomes_visible(
    linked: Desktop, guest: Guest, cable: Link
) -> None:
    with unharmed(linked, guest):
        linked.run(_VISIBILITY, "hidden")
        cable.down()
        linked.becomes("reconnecting")
        cable.up()
        # Long enough for more than one attempt.
        linked.page.wait_for_timeout(4000)
        assert linked.state == "reconnecting"
        linked.run(_VISIBILITY, "visible")
        print(f"live after becoming visible: {linked.is_live(SOON):.2f} s")


def test_the_page_reconnects_when_the_browser_is_online_again(
    linked: Desktop, guest: Guest, cable: Link, visitor: Visitor
) -> None:
    with unharmed(linked, guest):
        visitor.context.set_offline(True)
        cable.down()
        linked.becomes("reconnecting")
        expect(linked.notice).to_contain_text("You appear to be offline")
        linked.screenshot("offline")
        cable.up()
        visitor.context.set_offline(False)
        print(f"live after offline: {linked.is_live(SOON):.2f} s")


def test_the_button_reconnects_at_once(linked: Desktop, guest: Guest, cable: Link) -> None:
    with unharmed(linked, guest):
        cable.down()
        linked.becomes("reconnecting")
        # Until the delays between attempts are seconds long.
        linked.page.wait_for_timeout(7000)
        button = linked.here.get_by_role("button", name="Reconnect now")
        expect(button).to_be_visible()
        cable.up()
        button.click()
        print(f"live after the button: {linked.is_live(1.5):.2f} s")


def test_a_slow_link_stays_connected(linked: Desktop, guest: Guest, cable: Link) -> None:
    with unharmed(linked, guest):
        cable.delay(0.4)
        try:
            cable.cut()
            print(f"live over a link with 400 ms either way: {linked.is_live(15):.2f} s")
            for _ in range(3):
                linked.is_live(5)
            assert linked.state == "connected"
        finally:
            cable.delay(0)


def test_a_reload_after_a_lost_connection_keeps_the_session(
    linked: Desktop, guest: Guest, cable: Link
) -> None:
    """A user reloads the page after the link is repaired."""
    with session_unharmed(linked, guest):
        cable.down()
        linked.becomes("reconnecting")
        cable.up()
        linked.page.reload()
        print(f"live after loading it again: {linked.is_live(30):.2f} s")


@contextmanager
def asleep(browser: Browser) -> Iterator[None]:
    """Suspend all processes of the browser, as when a laptop's lid is closed."""
    session = browser.new_browser_cdp_session()
    infos = session.send("SystemInfo.getProcessInfo")["processInfo"]
    processes = [psutil.Process(info["id"]) for info in infos]
    for process in processes:
        process.suspend()
    try:
        yield
    finally:
        for process in processes:
            process.resume()
