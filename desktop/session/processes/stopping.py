"""Waits that are interrupted by a request to end the session."""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine
from typing import Any, TypeVar

_T = TypeVar("_T")


class Stopped(Exception):
    """The end was requested; the text is the reason."""


class Stopping:
    """Holds the request to end, with its reason."""

    def __init__(self) -> None:
        self._asked: asyncio.Future[str] = asyncio.get_running_loop().create_future()

    def stop(self, reason: str) -> None:
        """Request the end; the first ``reason`` is shown to the user."""
        if not self._asked.done():
            self._asked.set_result(reason)

    async def first(self, timeout: float | None, *futures: asyncio.Future[Any]) -> None:
        """Wait for the first of ``futures``, ``timeout`` seconds at most; raises ``Stopped``."""
        await asyncio.wait(
            [*futures, self._asked], timeout=timeout, return_when=asyncio.FIRST_COMPLETED
        )
        if self._asked.done():
            raise Stopped(self._asked.result())

    async def unless(self, work: Coroutine[Any, Any, _T], grace: float = 0) -> _T:
        """Return the result of ``work``; on a request to end, raise ``Stopped``.

        ``work`` has ``grace`` more seconds then, and is cancelled.
        """
        task = asyncio.ensure_future(work)
        try:
            await self.first(None, task)
        except Stopped:
            await asyncio.wait([task], timeout=grace)
            raise
        finally:
            task.cancel()
            # Wait for its clean-up; exceptions after the cancellation are ignored.
            await asyncio.gather(task, return_exceptions=True)
        return task.result()
