"""Handlers for the signals that ask for the end; blocked, so pending, where nothing handles them.

At their default they end a process between two steps: a folder is made, and no process left to
remove it. Pending ones wait for a handler in that process; a child has none (signal(7)).
"""

from __future__ import annotations

import asyncio
import signal
from collections.abc import Callable, Iterator
from contextlib import contextmanager

ENDS = (signal.SIGTERM, signal.SIGINT, signal.SIGHUP)


def defer() -> None:
    """Leave them pending from now on."""
    signal.pthread_sigmask(signal.SIG_BLOCK, ENDS)


def heed() -> None:
    """Take them from now on, first those that are pending."""
    signal.pthread_sigmask(signal.SIG_UNBLOCK, ENDS)


@contextmanager
def asking(stop: Callable[[str], None]) -> Iterator[None]:
    """Have them call ``stop`` with a reason, in the event loop; afterwards they are pending."""
    for number in ENDS:
        asyncio.get_running_loop().add_signal_handler(number, stop, "It was ended.")
    heed()
    try:
        yield
    finally:
        defer()
