"""Waiting for a window manager: the sign that a desktop is up.

A window manager announces itself in the property _NET_SUPPORTING_WM_CHECK of the root window: a
window that carries the same property, naming itself (EWMH, "_NET_SUPPORTING_WM_CHECK").
"""

from __future__ import annotations

import asyncio
from typing import Any

import xcffib
import xcffib.xproto

from .x_connection import XConnection


class WindowManagerWatch(XConnection):
    """Knows whether a window manager is there."""

    def __init__(self, display: str) -> None:
        super().__init__(display)
        self._property = self.atom("_NET_SUPPORTING_WM_CHECK")
        self._changed = asyncio.Event()
        self.core.ChangeWindowAttributes(
            self.root, xcffib.xproto.CW.EventMask, [xcffib.xproto.EventMask.PropertyChange]
        )

    def handle(self, event: Any) -> None:
        """Look again, whatever has changed on the root window."""
        self._changed.set()

    async def present(self) -> None:
        """Return when there is a window manager."""
        while not self.is_present():
            self.drain()
            await self._changed.wait()
            self._changed.clear()

    def is_present(self) -> bool:
        """Whether there is a window manager now."""
        try:
            window = self._window(self.root)
            return window is not None and self._window(window) == window
        except xcffib.ConnectionException:
            return False

    def _window(self, holder: int) -> int | None:
        """Return the window that the property of the window ``holder`` names."""
        try:
            reply = self.core.GetProperty(
                False, holder, self._property, xcffib.xproto.Atom.WINDOW, 0, 1
            ).reply()
        except xcffib.xproto.WindowError:
            return None  # left behind by a window manager that is gone
        return reply.value.to_atoms()[0] if reply.value_len else None
