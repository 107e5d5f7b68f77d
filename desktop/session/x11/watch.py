"""Watch the session's display in a thread.

Any program on the desktop may grab the X server (XGrabServer(3)), which blocks requests of other
clients. They are made in a thread, so that the session can still admit viewers, and end.
"""

from __future__ import annotations

import asyncio
import contextlib
import threading
from collections.abc import Callable
from typing import Any


class DisplayWatch:
    """Watches ``display`` (":N") until it is gone.

    ``sign`` is the name of the property that shows that the session's program is up (see
    ``names``). Texts that come in pieces are offered as the selection ``long_texts``, if not empty.
    With ``primary``, texts from outside can be pasted from PRIMARY; with ``spare_keys``, characters
    that are on no key can be typed. ``tell_input`` is called with True when input by users begins,
    with False when it has stopped.
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
        self._is_up = False  # the session's program is up; set in the event loop
        self._changed = asyncio.Event()  # set when ``_is_up`` is set
        self.lost: asyncio.Future[str] = self._loop.create_future()  # the error that ended it
        threading.Thread(target=self._run, name="X", daemon=True).start()

    async def until(self, up: bool) -> None:
        """Return when the session's program is up, or, with False, when it is not."""
        while self._is_up != up:
            self._changed.clear()
            await self._changed.wait()

    def _run(self) -> None:
        """Watch (in the thread), and report the error that ends it."""
        try:
            self._serve()
        except Exception as error:
            self._in_loop(self._set_up)(False)
            # Without a watch the desktop counts as used: it must not be ended as idle.
            self._in_loop(self._tell_input)(True)
            self._in_loop(self.lost.set_result)(repr(error))

    def _serve(self) -> None:
        # Imported here: libxcb may be missing where no display server is installed.
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
        """Return a function for the thread that has the event loop call ``function``."""

        def call(value: Any) -> None:
            with contextlib.suppress(RuntimeError):  # the loop has ended, and so has the session
                self._loop.call_soon_threadsafe(function, value)

        return call

    def _set_up(self, up: bool) -> None:
        self._is_up = up
        self._changed.set()
