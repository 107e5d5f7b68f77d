"""Waiting for a window manager: the sign that a desktop is up.

A window manager announces itself in the property _NET_SUPPORTING_WM_CHECK of the root window: a
window that carries the same property, naming itself (EWMH, "_NET_SUPPORTING_WM_CHECK").
"""

from __future__ import annotations

import asyncio
from types import TracebackType
from typing import Any

import xcffib
import xcffib.xproto

from ..errors import StartFailed


class WindowManagerWatch:
    """A connection to the display that knows whether a window manager is there.

    ``display`` is ":N"; its cookie is found through this process's ``$XAUTHORITY``. Raises
    ``StartFailed`` where the display cannot be opened.
    """

    def __init__(self, display: str) -> None:
        try:
            connection: Any = xcffib.connect(display)  # type: ignore[no-untyped-call]
        except xcffib.ConnectionException as error:
            raise StartFailed(f"The X display {display} cannot be opened: {error}.") from error
        self._connection = connection
        self._core = connection.core
        self._root = self._connection.get_setup().roots[0].root
        self._property = self._intern(b"_NET_SUPPORTING_WM_CHECK")
        self._changed = asyncio.Event()
        self._core.ChangeWindowAttributes(
            self._root, xcffib.xproto.CW.EventMask, [xcffib.xproto.EventMask.PropertyChange]
        )
        self._connection.flush()
        asyncio.get_running_loop().add_reader(self._connection.get_file_descriptor(), self._drain)

    def __enter__(self) -> WindowManagerWatch:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        asyncio.get_running_loop().remove_reader(self._connection.get_file_descriptor())
        self._connection.disconnect()

    async def present(self) -> None:
        """Return when there is a window manager."""
        while not self.is_present():
            # Events that came with the reply wait in libxcb, where the socket does not show them.
            self._drain()
            await self._changed.wait()
            self._changed.clear()

    def is_present(self) -> bool:
        """Whether there is a window manager now."""
        window = self._window(self._root)
        return window is not None and self._window(window) == window

    def _window(self, holder: int) -> int | None:
        """Return the window that the property of the window ``holder`` names."""
        try:
            reply = self._core.GetProperty(
                False, holder, self._property, xcffib.xproto.Atom.WINDOW, 0, 1
            ).reply()
        except xcffib.xproto.WindowError:
            return None  # left behind by a window manager that is gone
        return reply.value.to_atoms()[0] if reply.value_len else None

    def _intern(self, name: bytes) -> int:
        atom: int = self._core.InternAtom(False, len(name), name).reply().atom
        return atom

    def _drain(self) -> None:
        try:
            while self._connection.poll_for_event() is not None:
                self._changed.set()
        except xcffib.ConnectionException:
            # The display is gone; whoever waits is ended by the session.
            asyncio.get_running_loop().remove_reader(self._connection.get_file_descriptor())
