"""Handlers for signals that request the end; the signals are blocked while there is no handler.

The default action would end the process between two steps, for example after it has created a
folder, which would be left. Blocked signals stay pending for this process; a child starts without
pending signals (signal(7)).
"""

from __future__ import annotations

import asyncio
import signal
from collections.abc import Callable, Iterator
from contextlib import contextmanager

ENDS = (signal.SIGTERM, signal.SIGINT, signal.SIGHUP)


def defer() -> None:
    """Block the signals, which stay pending."""
    signal.pthread_sigmask(signal.SIG_BLOCK, ENDS)


def heed() -> None:
    """Unblock the signals; pending ones are delivered at once."""
    signal.pthread_sigmask(signal.SIG_UNBLOCK, ENDS)


@contextmanager
def asking(stop: Callable[[str], None]) -> Iterator[None]:
    """Have the signals call ``stop`` with a reason, in the event loop; block them on exit."""
    for number in ENDS:
        asyncio.get_running_loop().add_signal_handler(number, stop, "It was ended.")
    heed()
    try:
        yield
    finally:
        defer()
