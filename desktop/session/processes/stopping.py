"""Waits that a request for the session's end interrupts."""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine
from typing import Any, TypeVar

_T = TypeVar("_T")


class Stopped(Exception):
    """The end was asked for meanwhile; its text says why."""


class Stopping:
    """Knows whether the end was asked for, and why."""

    def __init__(self) -> None:
        self._asked: asyncio.Future[str] = asyncio.get_running_loop().create_future()

    def stop(self, reason: str) -> None:
        """Ask for the end; ``reason`` is told to the user, the first one if there are more."""
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
        """Return what ``work`` returns; raises ``Stopped``, after ``grace`` seconds more for it.

        In any case it has ended then.
        """
        task = asyncio.ensure_future(work)
        try:
            await self.first(None, task)
        except Stopped:
            await asyncio.wait([task], timeout=grace)
            raise
        finally:
            task.cancel()
            # Its resources are given back; its exceptions are not of interest any more.
            await asyncio.gather(task, return_exceptions=True)
        return task.result()
