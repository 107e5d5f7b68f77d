"""A blocking connection to the session's X display; use it only from a thread."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import Any, Protocol

import xcffib
from xcffib.xproto import Atom


class Watcher(Protocol):
    """Handles events of a display."""

    def handle(self, event: Any) -> None:
        """Handle one event, and ignore events for others (called by ``XConnection.serve``)."""


class XConnection:
    """A client of the display ``display`` (":N").

    The cookie comes from this process's ``$XAUTHORITY``. Raises ``xcffib.ConnectionException`` if
    the display cannot be opened.
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

    def numbers(self, window: int, name: int) -> list[int]:
        """Return a property of 32-bit numbers; empty if unset or of another format."""
        reply: Any = self.core.GetProperty(False, window, name, Atom.Any, 0, 4096).reply()
        return list(reply.value.to_atoms()) if reply.format == 32 else []

    def text(self, window: int, name: int) -> str:
        """Return a property of bytes; empty if unset or of another format."""
        reply: Any = self.core.GetProperty(False, window, name, Atom.Any, 0, 1024).reply()
        return bytes(reply.value.raw).decode(errors="replace") if reply.format == 8 else ""

    def children(self, windows: Iterable[int]) -> list[int]:
        """Return the children of all ``windows`` that still exist."""
        trees = _replies([self.core.QueryTree(window) for window in windows])
        return [child for tree in trees if tree for child in tree.children]

    def having(self, windows: Sequence[int], name: int) -> list[int]:
        """Return those of ``windows`` that have the property ``name``."""
        cookies = [self.core.GetProperty(False, w, name, Atom.Any, 0, 0) for w in windows]
        properties = zip(windows, _replies(cookies), strict=True)
        return [window for window, one in properties if one and one.type]

    def keycodes(self, keysym: int) -> set[int]:
        """Return the keycodes that produce ``keysym``, alone or with a modifier."""
        return {key for key, keysyms in self.keymap().items() if keysym in keysyms}

    def keymap(self) -> dict[int, list[int]]:
        """Return the keysyms of each keycode, alone and with modifiers; none for a spare key."""
        first, last = self.setup.min_keycode, self.setup.max_keycode
        reply = self.core.GetKeyboardMapping(first, last - first + 1).reply()
        width, keysyms = reply.keysyms_per_keycode, list(reply.keysyms)
        return {
            first + at // width: [one for one in keysyms[at : at + width] if one]
            for at in range(0, len(keysyms), width)
        }

    def serve(self, watchers: Iterable[Watcher]) -> None:
        """Pass every event to all ``watchers``; ends with ``xcffib.ConnectionException``."""
        while True:
            try:
                self.connection.flush()
                event = self.connection.wait_for_event()
                for watcher in watchers:
                    watcher.handle(event)
            except xcffib.Error:
                pass  # the event's window has been destroyed meanwhile


def _replies(cookies: Iterable[Any]) -> Iterator[Any]:
    """Yield the replies to requests that were sent together; None for a window that is gone."""
    for cookie in cookies:
        try:
            yield cookie.reply()
        except xcffib.Error:
            yield None
