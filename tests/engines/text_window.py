"""A program to write in, on the desktop: what arrived is what it holds."""

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
# A place in it, and it is much larger than a line of text.
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
        """Fail unless that is the text, soon."""
        try:
            eventually(lambda: self.text() == text, "it", 20)
        except AssertionError:
            # No `==` in an assert: it is about what there is in the end.
            raise AssertionError(f"expected {text!r}, arrived {self.text()!r}") from None

    def clicks(self, button: int = 1) -> None:
        """Click into it; returns when it has got the click."""
        self.guest.await_click(self._title, lambda: self.page.clicks(INSIDE, button))

    def begin(self) -> None:
        """Make it empty, and click into it."""
        self.clicks()
        self.guest.await_keys(self._title)
        os.kill(self._pid, signal.SIGUSR1)
        until(lambda: self.text() == "", "an empty window")


@contextmanager
def text_window(guest: Guest, page: Page, title: str) -> Iterator[TextWindow]:
    """Run the program as long as the block lasts."""
    guest.forget(title)
    with guest.running("/usr/bin/python3", str(_PROGRAM), title, title) as process:
        guest.await_window(title)
        until((guest.server.home / title).exists, "a window for text")
        yield TextWindow(guest, page, title, process.pid)
