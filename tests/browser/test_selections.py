"""Text marked on the desktop is not copied; it can be pasted over, or with the middle button."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from playwright.sync_api import Page

from tests import servers
from tests.servers import until

from .desktop import Desktop, eventually
from .editors import EDITORS, editor
from .guest import Guest
from .visitor import Visitor

HERE = Path(__file__).parent
ENTRIES = {"GTK": HERE / "gtk_entry.py", "Qt": HERE / "qt_entry.py"}
OLD, MARK = "old, on the desktop", "marked in another program"
# Points in these windows; the terminal is below the entry.
ENTRY, TERMINAL = (200, 50), (200, 400)
# A point in the editor, beside both and below its text.
EDITOR = (840, 550)


@pytest.fixture
def new(request: pytest.FixtureRequest) -> str:
    """A text to copy outside, different for each test, since the same text is not offered twice."""
    return f"new, for {request.node.name} ✓"


@pytest.fixture
def guest(server: servers.JupyterServer) -> Guest:
    return Guest(server)


@pytest.fixture
def desktop(visitor: Visitor, server: servers.JupyterServer) -> Desktop:
    desktop = visitor.opens(server)
    desktop.shows_desktop(colours=1)
    desktop.clicks((640, 400))
    desktop.has_focus()
    return desktop


@pytest.fixture
def elsewhere(desktop: Desktop, visitor: Visitor, server: servers.JupyterServer) -> Page:
    """Another page of the same browser, to copy from."""
    page = visitor.context.new_page()
    page.goto(f"{server.url}api")
    for one in (desktop.page, page):
        visitor.own_focus(one)
    desktop.page.bring_to_front()
    return page


def copies(elsewhere: Page, desktop: Desktop, guest: Guest, text: str) -> None:
    """Copy a text outside, and wait until the desktop's clipboard has it."""
    elsewhere.bring_to_front()
    elsewhere.evaluate("(text) => navigator.clipboard.writeText(text)", text)
    desktop.page.bring_to_front()
    # The page delays keys only for a limited time until the browser returns its clipboard.
    until(lambda: guest.paste() == text, "the text on the desktop's clipboard")


@contextmanager
def entry(desktop: Desktop, guest: Guest, toolkit: str, text: str) -> Iterator[None]:
    """A text field at the top left, whose content is in the file "entry"."""
    guest.forget("entry")
    with guest.running("/usr/bin/python3", str(ENTRIES[toolkit]), "entry", text, "entry"):
        guest.await_window("entry")
        guest.await_click("entry", lambda: desktop.clicks(ENTRY))
        guest.await_keys("entry")
        yield


@contextmanager
def terminal(desktop: Desktop, guest: Guest) -> Iterator[None]:
    """An xterm below it, whose input goes into the file "pasted"."""
    guest.forget("pasted")
    command = ("sh", "-c", "stty -icanon; cat > pasted")
    place = ("-geometry", "60x10+0+300", "-title", "terminal")
    with guest.running("xterm", *place, "-u8", "-e", *command):
        guest.await_window("terminal")
        until((guest.server.home / "pasted").exists, "a program in the terminal")
        desktop.clicks(TERMINAL)
        guest.await_keys("terminal")
        yield


def is_marked(guest: Guest, text: str) -> None:
    until(lambda: guest.paste("primary") == text, f"{text!r} to be marked")


def holds(guest: Guest, file: str, text: str) -> None:
    path = guest.server.home / file
    until(
        lambda: path.read_text() == text, f"{text!r} in the file {file}; it is {path.read_text()!r}"
    )


@pytest.mark.parametrize("toolkit", ENTRIES)
def test_marked_text_can_be_pasted_over(
    desktop: Desktop, guest: Guest, elsewhere: Page, new: str, toolkit: str
) -> None:
    with entry(desktop, guest, toolkit, OLD):
        copies(elsewhere, desktop, guest, new)
        desktop.presses("Control+a")
        is_marked(guest, OLD)
        desktop.presses("Control+v")
        holds(guest, "entry", new)
    assert desktop.read_clipboard() == new


def test_marked_text_is_not_copied(
    desktop: Desktop, guest: Guest, elsewhere: Page, new: str
) -> None:
    with entry(desktop, guest, "GTK", OLD):
        copies(elsewhere, desktop, guest, new)
        desktop.presses("Control+a")
        is_marked(guest, OLD)
        # Texts arrive in order.
        guest.copy("copied")
        eventually(lambda: desktop.read_clipboard() == "copied", "what was copied, in the browser")
        copies(elsewhere, desktop, guest, new)
        desktop.presses("Control+v")
        holds(guest, "entry", new)


@pytest.mark.parametrize("way", ["middle button", "Shift+Insert"])
def test_terminals_paste_text_copied_outside(
    desktop: Desktop, guest: Guest, elsewhere: Page, new: str, way: str
) -> None:
    with entry(desktop, guest, "GTK", OLD):
        desktop.presses("Control+a")
        is_marked(guest, OLD)
        with terminal(desktop, guest):
            copies(elsewhere, desktop, guest, new)
            # PRIMARY still has the mark, and must get the text before the key or button arrives.
            assert guest.paste("primary") == OLD
            if way == "Shift+Insert":
                desktop.presses("Shift+Insert")
            else:
                desktop.page.mouse.click(*TERMINAL, button="middle")
            holds(guest, "pasted", new)
            # Once more, without a change on either side.
            desktop.page.mouse.click(*TERMINAL, button="middle")
            holds(guest, "pasted", 2 * new)


def test_the_middle_button_pastes_text_marked_after_the_last_copy(
    desktop: Desktop, guest: Guest, elsewhere: Page, new: str
) -> None:
    with entry(desktop, guest, "GTK", OLD), terminal(desktop, guest):
        copies(elsewhere, desktop, guest, new)
        guest.await_click("entry", lambda: desktop.clicks(ENTRY))
        guest.await_keys("entry")
        desktop.presses("Control+a")
        is_marked(guest, OLD)
        desktop.page.mouse.click(*TERMINAL, button="middle")
        holds(guest, "pasted", OLD)
        # The text is still marked.
        desktop.clicks((600, 700))
        assert guest.paste("primary") == OLD


def test_only_the_pasted_text_is_fetched(
    desktop: Desktop, guest: Guest, elsewhere: Page, new: str
) -> None:
    with entry(desktop, guest, "GTK", OLD):
        copies(elsewhere, desktop, guest, new)
        # The middle button pastes the copied text, although nothing is marked.
        desktop.page.mouse.click(*ENTRY, button="middle")
        until(lambda: new in (guest.server.home / "entry").read_text(), "the text in the entry")
        guest.copy("copied later on the desktop")
        eventually(
            lambda: desktop.read_clipboard() == "copied later on the desktop", "it in the browser"
        )
        assert guest.paste("primary") == new


@pytest.mark.parametrize("program", EDITORS)
def test_marking_and_pasting_work_in_firefox_and_writer(
    desktop: Desktop, guest: Guest, elsewhere: Page, new: str, program: str
) -> None:
    """One start of each for all checks, since they start slowly."""

    def has_keys() -> None:
        desktop.clicks(EDITOR)
        guest.await_keys(window)

    def all_of_it(text: str, keys: tuple[str, ...], selection: str) -> None:
        """Press keys until all is marked or copied: Writer processes keys before it has pasted."""

        def there() -> bool:
            desktop.presses(*keys)
            return guest.paste(selection) == text

        eventually(there, f"{text!r} in {selection}, from {program}", 20)

    with editor(guest, program, OLD) as window:
        has_keys()
        copies(elsewhere, desktop, guest, new)
        all_of_it(OLD, ("Control+a",), "primary")
        with terminal(desktop, guest):
            desktop.page.mouse.click(*TERMINAL, button="middle")
            holds(guest, "pasted", OLD)
        assert desktop.read_clipboard() == new
        has_keys()
        desktop.presses("Control+a", "Control+v")
        all_of_it(new, ("Control+a",), "primary")
        assert desktop.read_clipboard() == new
        desktop.presses("Control+a", "x")
        all_of_it("x", ("Control+a", "Control+c"), "clipboard")
        eventually(lambda: desktop.read_clipboard() == "x", "what was copied, in the browser", 20)
