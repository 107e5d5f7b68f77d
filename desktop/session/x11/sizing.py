"""Changes of the screen's size, one at a time; of pending requests, only the last is applied."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

from ...errors import NotReady


class Sizing:
    """Sets the screen of ``display`` to the size that was requested last.

    The maximum is ``largest``, (width, height) in pixels: RandR's own maximum exceeds the memory
    of Xorg's dummy driver. Failures are reported to ``log``.
    """

    def __init__(self, display: str, largest: tuple[int, int], log: Callable[[str], None]) -> None:
        self._display = display
        self._largest = largest
        self._log = log
        self._wanted: tuple[int, int] | None = None  # in pixels; None if no request is pending
        self._turn = asyncio.Lock()

    async def resize(self, width: int, height: int) -> None:
        """Return when the screen has that size, or a newer one."""
        self._wanted = (min(width, self._largest[0]), min(height, self._largest[1]))
        async with self._turn:
            wanted, self._wanted = self._wanted, None
            if wanted:
                await self._change(*wanted)

    async def _change(self, width: int, height: int) -> None:
        # Imported here: libxcb may be missing where no display server is installed.
        from . import screen

        try:
            await asyncio.to_thread(screen.resize, self._display, width, height)
        except NotReady as error:
            self._log(str(error))
