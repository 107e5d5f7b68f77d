"""A text window on the desktop, which shows the received keys."""

from __future__ import annotations

import os
import signal
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tests.browser.desktop import eventually
from tests.browser.guest import Guest
from tests.servers import until

from .page import Page

_PROGRAM = Path(__file__).with_name("gtk_text.py")
# A point in the window, below its text.
INSIDE = (300, 350)


class TextWindow:
    """A window with nothing but text in it, at ``INSIDE``; made by ``text_window``."""

    def __init__(self, guest: Guest, page: Page, title: str, pid: int) -> None:
        self.guest = guest
        self.page = page
        self._title = title
        self._pid = pid

    def text(self) -> str:
        return (self.guest.server.home / self._title).read_text()

    def holds(self, text: str) -> None:
        """Fail unless its text becomes ``text``."""
        try:
            eventually(lambda: self.text() == text, "it", 20)
        except AssertionError:
            # The message has the final text.
            raise AssertionError(f"expected {text!r}, arrived {self.text()!r}") from None

    def clicks(self, button: int = 1) -> None:
        """Click into it; wait until it has received the click."""
        self.guest.await_click(self._title, lambda: self.page.clicks(INSIDE, button))

    def begin(self) -> None:
        """Click into it and clear it."""
        self.clicks()
        self.guest.await_keys(self._title)
        os.kill(self._pid, signal.SIGUSR1)
        until(lambda: self.text() == "", "an empty window")


@contextmanager
def text_window(guest: Guest, page: Page, title: str) -> Iterator[TextWindow]:
    """Run the program during the block."""
    guest.forget(title)
    with guest.running("/usr/bin/python3", str(_PROGRAM), title, title) as process:
        guest.await_window(title)
        until((guest.server.home / title).exists, "a window for text")
        yield TextWindow(guest, page, title, process.pid)
