"""Watch the session's display from a thread that waits for the X server.

Any program on the desktop may keep the X server for itself for as long as it likes
(XGrabServer(3)), and requests to it wait meanwhile. So a thread asks: the session
stays able to let viewers in, and to end.
"""

from __future__ import annotations

import asyncio
import contextlib
import threading
from collections.abc import Callable
from typing import Any


class DisplayWatch:
    """Watches ``display`` (":N") until it is gone, and the process with it.

    ``sign`` is the name of the property that says what is on it is up (see ``names``). Texts that
    come in pieces are offered as the selection ``long_texts``, if not empty. With ``primary`` texts
    that come from outside can be pasted from that; with ``spare_keys`` characters that are on no
    key can be typed. ``tell_input`` is called with True when users begin to type or move the mouse,
    with False when they have ceased.
    """

    def __init__(
        self,
        display: str,
        sign: str,
        *,
        long_texts: str,
        primary: bool,
        spare_keys: bool,
        tell_input: Callable[[bool], None],
    ) -> None:
        self._display = display
        self._sign = sign
        self._long_texts = long_texts
        self._primary = primary
        self._spare_keys = spare_keys
        self._tell_input = tell_input
        self._loop = asyncio.get_running_loop()
        self._is_up = False
        self._changed = asyncio.Event()
        self.lost: asyncio.Future[str] = self._loop.create_future()  # why it is not watched
        threading.Thread(target=self._run, name="X", daemon=True).start()

    async def until(self, up: bool) -> None:
        """Return when what is on it is up, or not."""
        while self._is_up != up:
            self._changed.clear()
            await self._changed.wait()

    def _run(self) -> None:
        """Watch (in the thread), and tell why it is over, whatever that is."""
        try:
            self._serve()
        except Exception as error:
            self._in_loop(self._set_up)(False)
            # When in doubt the desktop counts as used: it must not end while a user is at work.
            self._in_loop(self._tell_input)(True)
            self._in_loop(self.lost.set_result)(repr(error))

    def _serve(self) -> None:
        # Where no display server is installed there may be no libxcb either.
        from .connection import XConnection
        from .long_selections import LongSelections
        from .primary import Primary
        from .signs import SignWatch
        from .spare_keys import SpareKeys
        from .user_input import UserInput

        x = XConnection(self._display)
        x.serve(
            [
                SignWatch(x, self._sign, self._in_loop(self._set_up)),
                UserInput(x, self._in_loop(self._tell_input)),
                *([LongSelections(x, self._long_texts)] if self._long_texts else []),
                *([Primary(x)] if self._primary else []),
                *([SpareKeys(x)] if self._spare_keys else []),
            ]
        )

    def _in_loop(self, function: Callable[[Any], None]) -> Callable[[Any], None]:
        """Return what the thread calls so that the event loop calls ``function``."""

        def call(value: Any) -> None:
            with contextlib.suppress(RuntimeError):  # the loop has ended, and so has the session
                self._loop.call_soon_threadsafe(function, value)

        return call

    def _set_up(self, up: bool) -> None:
        self._is_up = up
        self._changed.set()
