"""Seamless mode of Xpra: each program's windows in frames of the page."""

from __future__ import annotations

import re
import subprocess
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, ExitStack
from pathlib import Path

import pytest
from playwright.sync_api import FloatRect, Locator, expect

from tests import servers
from tests.servers import XSTARTUP, until

from .desktop import Desktop, eventually
from .guest import Guest
from .link import Link, link
from .test_ends import ENDS, says
from .visitor import LINK_IS_DOWN, Visitor

GTK_WINDOW = Path(__file__).with_name("gtk_window.py")
SEAMLESS = ("--DesktopApp.backend=xpra", "--Xpra.mode=seamless")
Start = Callable[..., AbstractContextManager["subprocess.Popen[bytes]"]]


@pytest.fixture(scope="module")
def server() -> Iterator[servers.JupyterServer]:
    with servers.running(*SEAMLESS, start_script=XSTARTUP / "programs") as server:
        yield server


@pytest.fixture(scope="module")
def cable(server: servers.JupyterServer) -> Iterator[Link]:
    with link(server.port) as made:
        yield made


@pytest.fixture
def guest(server: servers.JupyterServer) -> Guest:
    return Guest(server)


@pytest.fixture
def page(visitor: Visitor, server: servers.JupyterServer, cable: Link) -> Desktop:
    cable.repair()
    page = visitor.opens(server, at=cable.address)
    page.becomes("connected")
    expect(page.here.locator(".hint")).to_be_visible()
    return page


class Window:
    """A window in the page, and actions on its frame."""

    def __init__(self, page: Desktop, title: str) -> None:
        self.page = page
        self.frame: Locator = page.here.get_by_role("group", name=title, exact=True)

    @property
    def box(self) -> FloatRect:
        box = self.frame.bounding_box()
        assert box
        return box

    @property
    def contents(self) -> tuple[int, int, int, int]:
        """Left, top, width and height of the program's contents."""
        box = self.frame.locator("canvas").bounding_box()
        assert box
        return tuple(round(box[side]) for side in ("x", "y", "width", "height"))  # type: ignore[return-value]

    @property
    def layer(self) -> int:
        return int(self.frame.evaluate("(frame) => frame.style.zIndex"))

    def has_focus(self) -> None:
        expect(self.frame).to_have_attribute("data-focused", "true")

    def clicks(self, x: float, y: float) -> None:
        """Click at a point, relative to the top left of the contents."""
        left, top, *_ = self.contents
        self.page.clicks((left + x, top + y))

    def presses(self, button: str) -> None:
        self.frame.get_by_role("button", name=button).click()

    def drags(self, at: tuple[float, float], by: tuple[float, float]) -> None:
        """Drag from a point, relative to the top left of the frame."""
        mouse = self.page.page.mouse
        x, y = self.box["x"] + at[0], self.box["y"] + at[1]
        mouse.move(x, y)
        mouse.down()
        mouse.move(x + by[0], y + by[1], steps=4)
        mouse.up()


class Programs:
    """Starts programs on the desktop, which end with the test."""

    def __init__(self, page: Desktop, guest: Guest, stack: ExitStack) -> None:
        self.page, self.guest, self._stack = page, guest, stack

    def terminal(self, title: str, place: str = "+100+150") -> Window:
        """Start a terminal with that title."""
        self._run("xterm", "-T", title, "-geometry", f"60x12{place}", "-e", "sh")
        return self._window(title)

    def gtk(self, title: str, *options: str) -> Window:
        self._run("/usr/bin/python3", str(GTK_WINDOW), title, *options)
        return self._window(title)

    def _run(self, *command: str) -> None:
        self._stack.enter_context(self.guest.running(*command))

    def _window(self, title: str) -> Window:
        window = Window(self.page, title)
        window.has_focus()
        self.guest.await_window(title)
        self.guest.await_keys(title)
        return window


@pytest.fixture
def programs(page: Desktop, guest: Guest) -> Iterator[Programs]:
    with ExitStack() as stack:
        yield Programs(page, guest, stack)
    expect(page.here.locator(".frame")).to_have_count(0)


def geometry(guest: Guest, title: str) -> tuple[int, int, int, int]:
    """Return left, top, width and height of a window in X."""
    told = guest.run("xwininfo", "-name", title)
    return tuple(  # type: ignore[return-value]
        int(re.search(rf"{name}: +(-?\d+)", told)[1])  # type: ignore[index]
        for name in ("Absolute upper-left X", "Absolute upper-left Y", "Width", "Height")
    )


def is_where_it_is_seen(window: Window, guest: Guest, title: str) -> None:
    until(lambda: geometry(guest, title) == window.contents, f"{title!r} at its place in X")


def test_a_click_gives_one_of_two_windows_the_keys(
    page: Desktop, programs: Programs, guest: Guest
) -> None:
    one, two = programs.terminal("one"), programs.terminal("two", "+250+300")
    for window, title in ((one, "one"), (two, "two")):
        is_where_it_is_seen(window, guest, title)
    assert one.layer < two.layer
    page.screenshot("seamless")
    one.clicks(40, 40)
    one.has_focus()
    assert one.layer > two.layer
    guest.await_keys("one")
    assert guest.output(page, "echo first", "typed-1") == "first\n"
    two.clicks(350, 140)
    guest.await_keys("two")
    assert guest.output(page, "echo second", "typed-2") == "second\n"
    expect(page.here.locator(".hint")).to_be_hidden()
    expect(page.here.get_by_role("application")).to_be_focused()


def test_a_title_is_shown_as_text(page: Desktop, programs: Programs) -> None:
    title = "<img src=x onerror=alert(1)> & <b>more</b>"
    window = programs.terminal(title)
    expect(window.frame.locator(".title")).to_have_text(title)
    assert window.frame.locator(".title").evaluate("(title) => title.childElementCount") == 0
    page.types(r"printf '\033]2;</span><a href=x>new</a>\007'" + "\n")
    expect(page.here.locator(".title")).to_have_text("</span><a href=x>new</a>")
    assert page.here.locator(".frame a").count() == 0


def test_a_menu_opens_at_its_place_and_can_be_used(
    page: Desktop, programs: Programs, guest: Guest
) -> None:
    window = programs.gtk("with a menu")
    window.drags((100, 15), (333, 222))
    is_where_it_is_seen(window, guest, "with a menu")
    left, top, *_ = window.contents
    guest.forget("chosen")
    window.clicks(20, 12)
    menu = page.here.locator(".frame:not(.framed)")
    expect(menu).to_be_visible()
    place = menu.bounding_box()
    assert place
    assert abs(place["x"] - left) <= 5
    assert 15 <= place["y"] - top <= 35
    page.is_still(0.3)
    page.screenshot("seamless-menu")
    page.clicks((place["x"] + 30, place["y"] + place["height"] / 2))
    assert guest.file("chosen") == "Save"
    expect(menu).to_have_count(0)


def test_a_dialog_blocks_its_window(page: Desktop, programs: Programs) -> None:
    window = programs.gtk("asking")
    window.clicks(200, 45)
    dialog = Window(page, "A question")
    dialog.has_focus()
    # The dialog is centred on its window.
    for side, length in (("x", "width"), ("y", "height")):
        middles = [one.box[side] + one.box[length] / 2 for one in (window, dialog)]  # type: ignore[literal-required]
        assert abs(middles[0] - middles[1]) < 40
    window.clicks(200, 230)
    dialog.has_focus()
    assert dialog.layer > window.layer
    dialog.presses("Close")
    expect(dialog.frame).to_have_count(0)
    window.has_focus()


def test_a_tooltip_closes_when_the_pointer_leaves(page: Desktop, programs: Programs) -> None:
    window = programs.gtk("explaining")
    left, top, *_ = window.contents
    mouse = page.page.mouse
    mouse.move(left + 190, top + 40)
    mouse.move(left + 200, top + 45)
    tooltip = page.here.locator(".frame:not(.framed)")
    expect(tooltip).to_be_visible()
    mouse.move(left + 200, top - 200)
    expect(tooltip).to_have_count(0)


def test_a_frame_moves_resizes_and_closes_its_window(
    page: Desktop, programs: Programs, guest: Guest
) -> None:
    window = programs.terminal("framed")
    left, top, width, height = window.contents
    window.drags((120, 15), (200, -70))
    assert window.contents == (left + 200, top - 70, width, height)
    is_where_it_is_seen(window, guest, "framed")
    frame = window.box
    window.drags((frame["width"], frame["height"]), (123, 77))
    is_where_it_is_seen(window, guest, "framed")
    assert window.contents[:2] == (left + 200, top - 70)
    # The size grows by whole letters, no further than the pointer.
    grown = (window.contents[2] - width, window.contents[3] - height)
    assert 100 < grown[0] <= 123
    assert 50 < grown[1] <= 77
    right = left + 200 + window.contents[2]
    window.drags((0, 100), (-50, 0))
    is_where_it_is_seen(window, guest, "framed")
    assert window.contents[0] + window.contents[2] == right
    rows, columns = map(int, guest.output(page, "stty size", "size").split())
    assert (rows > 12, columns > 60) == (True, True)
    window.presses("Close")
    expect(window.frame).to_have_count(0)
    until(lambda: not guest.server.processes("xterm", "framed"), "the end of the program")


def test_maximised_and_normal_windows_follow_a_smaller_page(
    page: Desktop, programs: Programs, guest: Guest
) -> None:
    window, other = programs.terminal("large"), programs.terminal("small", "+800+500")
    window.clicks(40, 40)
    before = window.contents
    window.presses("Maximise")
    until(lambda: window.contents[2] > 1260, "a window as wide as the page")
    page.page.set_viewport_size({"width": 700, "height": 500})
    until(lambda: guest.size() == (700, 500), "an X screen of that size")
    is_where_it_is_seen(window, guest, "large")
    assert 690 < window.contents[2] <= 700
    assert "0, 0, 700, 500" in guest.run("xprop", "-root", "_NET_WORKAREA")
    window.presses("Restore")
    is_where_it_is_seen(window, guest, "large")
    assert window.contents == before
    box = other.box
    assert box["x"] + box["width"] <= 700
    assert box["y"] + box["height"] <= 500
    is_where_it_is_seen(other, guest, "small")


def test_a_minimised_window_returns_to_its_place(
    page: Desktop, programs: Programs, guest: Guest
) -> None:
    one, two = programs.terminal("one"), programs.terminal("two", "+600+300")
    is_where_it_is_seen(two, guest, "two")
    before = two.contents
    two.presses("Minimise")
    one.has_focus()
    expect(two.frame).to_be_hidden()
    guest.await_keys("one")
    assert guest.output(page, "echo still", "typed-one") == "still\n"
    page.screenshot("seamless-minimised")
    page.here.get_by_role("group", name="Minimised windows").get_by_role("button").click()
    two.has_focus()
    eventually(lambda: two.contents == before, "the window where it was")
    guest.await_keys("two")
    assert guest.output(page, "echo back", "typed-two") == "back\n"


def test_windows_are_reached_by_keyboard(page: Desktop, programs: Programs) -> None:
    one, two = programs.terminal("one"), programs.terminal("two", "+600+300")
    page.presses("Control+Alt+Shift")
    expect(page.here.locator("#tool-keys")).to_be_focused()
    page.presses("Enter")
    page.here.get_by_role("menuitem", name="Alt + Tab").focus()
    page.presses("Enter")
    one.has_focus()
    expect(page.here.locator("#live")).to_have_text("one")
    page.presses("Alt+Tab")
    two.has_focus()
    page.presses("Alt+F4")
    expect(two.frame).to_have_count(0)
    one.has_focus()


def test_a_program_with_its_own_frame_can_be_dragged(
    page: Desktop, programs: Programs, guest: Guest
) -> None:
    window = programs.gtk("own frame", "--own-frame")
    expect(window.frame.locator(".head")).to_be_hidden()
    left, top, width, height = window.contents
    page.is_still(0.3)
    mouse = page.page.mouse
    x, y = left + width / 2 - 60, top + 45
    mouse.move(x, y)
    mouse.down()

    def follows() -> bool:
        # The program requests the move after it has noticed the drag; the offset is that of an
        # immediate request.
        mouse.move(x + 121, y + 150)
        mouse.move(x + 120, y + 150)
        return window.contents[:2] == (left + 120, top + 150)

    eventually(follows, "a window that follows the pointer")
    mouse.up()
    is_where_it_is_seen(window, guest, "own frame")
    assert window.contents[2:] == (width, height)


def test_all_windows_return_after_a_lost_connection(
    page: Desktop, programs: Programs, guest: Guest, cable: Link, visitor: Visitor
) -> None:
    visitor.expects(*LINK_IS_DOWN)
    titles = ("one", "two", "three")
    one, two, three = (
        programs.terminal(each, f"+{n}+{n}") for each, n in zip(titles, (90, 290, 490), strict=True)
    )
    one.drags((100, 15), (30, 40))
    three.presses("Minimise")
    one.clicks(20, 20)
    guest.await_keys("one")
    page.types("kept=yes\n")
    for window, title in ((one, "one"), (two, "two")):
        is_where_it_is_seen(window, guest, title)
    before = [one.contents, two.contents]
    cable.down()
    page.becomes("reconnecting")
    assert page.kept_picture()["colours"] > 20
    page.screenshot("seamless-reconnecting")
    cable.up()
    page.becomes("connected")
    one.has_focus()
    eventually(lambda: [one.contents, two.contents] == before, "the windows where they were")
    assert one.layer > two.layer
    expect(three.frame).to_be_hidden()
    guest.await_keys("one")
    assert guest.output(page, "echo $kept", "remembered") == "yes\n"


def test_the_clipboard_works_both_ways_in_seamless_mode(
    page: Desktop, programs: Programs, guest: Guest
) -> None:
    programs.terminal("pasting")
    guest.copy("from a program: é€")
    until(lambda: page.read_clipboard() == "from a program: é€", "the text in the browser")
    guest.forget("pasted")
    page.run("(text) => navigator.clipboard.writeText(text)", "echo from the browser >pasted\n")
    page.presses("Shift+Insert")
    assert guest.file("pasted") == "from the browser\n"


def test_the_end_of_the_start_script_ends_the_session(
    page: Desktop, visitor: Visitor, server: servers.JupyterServer
) -> None:
    visitor.expects(*ENDS)
    (server.home / "log-out").touch()
    page.becomes("stopped")
    says(page, "The desktop has ended")
    expect(page.here.locator(".windows")).to_have_count(0)
    button = page.card.get_by_role("button", name="Start again")
    button.click()
    page.becomes("connected")
    expect(page.here.locator(".hint")).to_be_visible()
