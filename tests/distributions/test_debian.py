"""The README's first command on Debian stable and testing, up to a desktop and its end.

The tests of a system depend on each other, in this order.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import pytest
from playwright.sync_api import expect

from tests.browser.desktop import Desktop, eventually
from tests.browser.link import Link, link
from tests.browser.visitor import LINK_IS_DOWN, Visitor
from tests.servers import until

from .server import ClonedGuest, ClonedServer, running
from .systems import running_system

# A desktop environment is downloaded and installed.
pytestmark = pytest.mark.timeout(1500)

# Suite and user; a user other than root has sudo.
SYSTEMS = [("trixie", "ann"), ("testing", "root")]
OUT, IN = "from the desktop: Grüße 🎉", "to the desktop: Ελλάδα 🎉"
LOGGED_OUT = (*LINK_IS_DOWN, r"Failed to load resource: .* (404|409|410)")


@pytest.fixture(scope="module", params=SYSTEMS, ids="-".join)
def server(request: pytest.FixtureRequest) -> Iterator[ClonedServer]:
    """A server started by `make run` in a clone."""
    with running_system(*request.param) as system, running(system) as server:
        yield server


@pytest.fixture(scope="module")
def cable(server: ClonedServer) -> Iterator[Link]:
    with link(server.port) as made:
        yield made


@pytest.fixture
def desktop(server: ClonedServer, cable: Link, visitor: Visitor) -> Desktop:
    """The printed address in a browser, through ``cable``."""
    visitor.expects(*LINK_IS_DOWN)
    page = visitor.context.new_page()
    page.goto(server.printed.replace(f"127.0.0.1:{server.port}", f"localhost:{cable.port}"))
    desktop = Desktop(page)
    desktop.shows_desktop(colours=50, seconds=90)
    return desktop


@pytest.fixture(scope="module")
def guest(server: ClonedServer) -> ClonedGuest:
    """The inside of ``desktop``."""
    server.install_tools()
    return ClonedGuest(server)


@pytest.fixture(scope="module")
def terminal(server: ClonedServer, guest: ClonedGuest) -> Iterator[Path]:
    """The desktop's terminal; its input goes into the file."""
    typed = server.home / "typed"
    command = "--command=sh -c 'stty -icanon; exec cat >>typed'"
    with guest.running("xfce4-terminal", "--disable-server", "--title=shell", command):
        guest.await_window("shell")
        until(typed.exists, "a program in the terminal")
        yield typed


def reads(terminal: Path, text: str) -> None:
    """Wait until the terminal has read ``text``; clear the file."""
    with suppress(AssertionError):
        until(lambda: terminal.read_text() == text, "the text in the terminal")
    assert terminal.read_text() == text
    terminal.write_text("")


def test_the_doctor_finds_no_problem(server: ClonedServer) -> None:
    print(server.jupyter("desktop", "doctor"))


def test_the_desktop_is_shown(desktop: Desktop) -> None:
    """Before other packages than those of `make run` are installed."""
    desktop.becomes("connected")


def test_typed_text_arrives(desktop: Desktop, guest: ClonedGuest, terminal: Path) -> None:
    guest.await_focus("shell")
    desktop.types("Hello, World: ~/[x]")
    reads(terminal, "Hello, World: ~/[x]")


def test_text_is_copied_both_ways(desktop: Desktop, guest: ClonedGuest, terminal: Path) -> None:
    guest.await_focus("shell")
    guest.copy(OUT)
    eventually(lambda: desktop.read_clipboard() == OUT, "the text in the browser")
    desktop.run("(text) => navigator.clipboard.writeText(text)", IN)
    desktop.presses("Control+Shift+V")
    reads(terminal, IN)
    assert guest.paste() == IN


def test_the_desktop_follows_the_window_s_size(desktop: Desktop, guest: ClonedGuest) -> None:
    for width, height in [(900, 600), (1300, 850)]:
        desktop.page.set_viewport_size({"width": width, "height": height})
        until(lambda size=(width, height): guest.size() == size, "a screen of the window's size")
        eventually(lambda size=(width, height): desktop.size() == size, "a picture of that size")


def test_the_page_reconnects_to_the_same_display_server(
    desktop: Desktop, guest: ClonedGuest, cable: Link
) -> None:
    before = guest.display_server.pid
    cable.down()
    desktop.becomes("reconnecting")
    cable.up()
    desktop.becomes("connected")
    assert guest.display_server.pid == before
    desktop.page.set_viewport_size({"width": 1000, "height": 700})
    eventually(lambda: desktop.size() == (1000, 700), "a picture that follows")


def test_a_log_out_ends_the_desktop_and_leaves_nothing(
    server: ClonedServer, desktop: Desktop, guest: ClonedGuest, visitor: Visitor
) -> None:
    visitor.expects(*LOGGED_OUT)
    guest.run("xfce4-session-logout", "--logout", "--fast")
    desktop.becomes("stopped")
    expect(desktop.card.get_by_role("heading", name="The desktop has ended")).to_be_visible()
    with suppress(AssertionError):
        until(lambda: not server.left_of_desktop(), "the end of all that was on the desktop")
    assert not server.left_of_desktop()
