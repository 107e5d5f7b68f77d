"""A connection to the session's X display, for whoever may wait for the X server's answers."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, Protocol

import xcffib
import xcffib.xproto


class Watcher(Protocol):
    """Acts on what happens on a display."""

    def handle(self, event: Any) -> None:
        """Act on one event; most are for others (``XConnection.serve`` calls this)."""


class XConnection:
    """A client of the display ``display`` (":N").

    The cookie is found through this process's ``$XAUTHORITY``. Raises
    ``xcffib.ConnectionException`` where the display cannot be opened.
    """

    def __init__(self, display: str) -> None:
        connection: Any = xcffib.connect(display)  # type: ignore[no-untyped-call]
        self.connection = connection
        self.core = connection.core
        self.setup = connection.get_setup()
        self.root: int = self.setup.roots[0].root

    def atom(self, name: str) -> int:
        """Return the atom called ``name``."""
        atom: int = self.core.InternAtom(False, len(name), name.encode()).reply().atom
        return atom

    def serve(self, watchers: Iterable[Watcher]) -> None:
        """Show every event to all ``watchers``; ends with ``xcffib.ConnectionException``."""
        while True:
            try:
                self.connection.flush()
                event = self.connection.wait_for_event()
                for watcher in watchers:
                    watcher.handle(event)
            except xcffib.Error:
                pass  # a window that was there a moment ago; its program has gone
