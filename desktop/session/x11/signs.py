"""The sign that a desktop is up: a window manager, or the window of an application.

A window manager announces itself in the property _NET_SUPPORTING_WM_CHECK of the root window: a
window that carries the same property, naming itself (EWMH, "_NET_SUPPORTING_WM_CHECK").
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from xcffib.xproto import (
    CW,
    Atom,
    DestroyNotifyEvent,
    EventMask,
    PropertyNotifyEvent,
    WindowError,
)

from .connection import XConnection


class SignWatch:
    """Reports whether a client has announced itself, at first and on each change.

    ``name`` is the name of the property (see ``names``).
    """

    def __init__(self, x: XConnection, name: str, tell: Callable[[bool], None]) -> None:
        self._x = x
        self._tell = tell
        self._property = x.atom(name)
        self._there = False  # the state that was reported last
        self._select(x.root)
        self._look()

    def handle(self, event: Any) -> None:
        """Check again when the property has changed, or its window is destroyed."""
        match event:
            case PropertyNotifyEvent(atom=self._property) | DestroyNotifyEvent():
                self._look()

    def _look(self) -> None:
        there = self._is_there()
        if there != self._there:
            self._there = there
            self._tell(there)

    def _is_there(self) -> bool:
        window = self._window(self._x.root)
        if window is None:
            return False
        try:
            # Select events before the check, so that the window's end is not missed.
            self._select(window)
            return self._window(window) == window
        except WindowError:
            return False  # the property was left by a window manager that has ended

    def _select(self, window: int) -> None:
        mask = EventMask.PropertyChange | EventMask.StructureNotify
        self._x.core.ChangeWindowAttributes(window, CW.EventMask, [mask], is_checked=True).check()

    def _window(self, holder: int) -> int | None:
        """Return the window that the property of the window ``holder`` names."""
        reply = self._x.core.GetProperty(False, holder, self._property, Atom.WINDOW, 0, 1).reply()
        return reply.value.to_atoms()[0] if reply.value_len and reply.format == 32 else None
