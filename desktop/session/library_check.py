"""The check whether the user's libraries fit programs, in a daemon thread.

The libraries may be on a file system that does not answer. A thread of the event loop's executor
would then block the end of the session.
"""

from __future__ import annotations

import asyncio
import threading
import time
from collections.abc import Callable, Iterable, Mapping
from functools import partial
from typing import TypeVar

from ..system import libraries

_T = TypeVar("_T")

_KILL_TIMEOUT = 1.0  # seconds after the deadline, to kill ldd


async def first_misfit(
    programs: Iterable[str],
    environment: Mapping[str, str],
    said: str = "",
    timeout: float = libraries.CHECK_TIMEOUT,
) -> libraries.Misfit | None:
    """Return the first misfit that ``libraries.misfit`` finds for any of ``programs``.

    Raises ``libraries.Unknown`` after ``timeout`` seconds. After cancellation, no further program
    is checked.
    """
    if not libraries.are_set(environment):
        return None
    deadline = time.monotonic() + timeout
    for program in programs:
        check = partial(libraries.misfit, program, environment, said, deadline)
        left = deadline + _KILL_TIMEOUT - time.monotonic()
        try:
            found = await asyncio.wait_for(_in_daemon_thread(check), left)
        except asyncio.TimeoutError:
            raise libraries.Unknown from None
        if found:
            return found
    return None


def _in_daemon_thread(function: Callable[[], _T]) -> asyncio.Future[_T]:
    """Return the result of ``function``; neither the loop's end nor the process's waits for it."""
    loop = asyncio.get_running_loop()
    future: asyncio.Future[_T] = loop.create_future()

    def settle(settling: Callable[[], None]) -> None:
        if not future.done():
            settling()

    def run() -> None:
        try:
            settling = partial(future.set_result, function())
        except Exception as error:
            settling = partial(future.set_exception, error)
        try:
            loop.call_soon_threadsafe(settle, settling)
        except RuntimeError:  # the loop is closed
            return

    threading.Thread(target=run, name="library check", daemon=True).start()
    return future
