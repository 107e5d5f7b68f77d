"""Two processes for one session, so that nothing is left behind if one of them is killed.

The keeper holds the runtime folder and the display number, and waits. The worker, its child, runs
the session. If the worker is killed, the keeper adopts its descendants (as a child subreaper) and
ends them; if the keeper is killed, the kernel sends the worker SIGTERM. See prctl(2).
"""

from __future__ import annotations

import ctypes
import math
import os
import select
import signal
import sys
import time
import traceback
from collections.abc import Callable

from ...system import signals
from ...system.processes import Process, descendants
from ..leftovers.shared_memory import remove_left_by
from .deadlines import ASKING, KILLING

_PR_SET_PDEATHSIG, _PR_SET_CHILD_SUBREAPER = 1, 36  # linux/prctl.h
_LIFELINE = 0  # standard input


def keep(work: Callable[[], None], stop_timeout: float) -> int:
    """Run ``work`` in a worker process and return its exit status when its descendants are gone.

    SIGTERM is passed on. A worker still running ``stop_timeout`` seconds after SIGTERM, or after
    the lifeline's end, is killed. Call it with signals deferred (see ``signals``); they stay
    deferred in the worker until ``work`` calls ``signals.heed``. The worker usually exits within
    this call; it returns only if the keeper has died, since then only the caller can clean up.
    """
    adopt_orphans()
    began = time.time()
    keeper = os.getpid()
    worker = os.fork()
    if worker:
        status = _Watch(worker, stop_timeout).wait()
        _end_all(began)
        return status
    _end_with_parent(keeper)
    status = _run(work)
    if os.getppid() == keeper:
        # A stopped keeper would not reap this process.
        os.kill(keeper, signal.SIGCONT)
        os._exit(status)
    return status


def adopt_orphans() -> None:
    """Become the parent of every descendant whose own parent ends (a child subreaper)."""
    _prctl(_PR_SET_CHILD_SUBREAPER, 1)


class _Watch:
    """Waits for ``worker``; a request to end starts its ``stop_timeout``, in seconds.

    Signals only write to a pipe that is read here, so that none interrupts the clean-up after it.
    """

    def __init__(self, worker: int, stop_timeout: float) -> None:
        self._worker = worker
        self._stop_timeout = stop_timeout
        self._deadline = math.inf  # monotonic time of SIGKILL; infinite if none is due
        self._woken, waking = os.pipe()
        for end in (self._woken, waking):
            os.set_blocking(end, False)
        signal.set_wakeup_fd(waking, warn_on_full_buffer=False)
        for number in (signal.SIGCHLD, *signals.ENDS):
            signal.signal(number, lambda number, frame: None)
        signals.heed()
        self._poll = select.poll()
        self._poll.register(self._woken, select.POLLIN)
        self._poll.register(_LIFELINE, select.POLLRDHUP)

    def wait(self) -> int:
        """Return the worker's exit status as a shell does."""
        while True:
            ended, status = os.waitpid(self._worker, os.WNOHANG)
            if ended:
                code = os.waitstatus_to_exitcode(status)
                return code if code >= 0 else 128 - code
            if time.monotonic() >= self._deadline:
                os.kill(self._worker, signal.SIGKILL)
                self._deadline = math.inf
            self._hear()

    def _hear(self) -> None:
        left = self._deadline - time.monotonic()
        for descriptor, _ in self._poll.poll(None if left == math.inf else max(0, left * 1000)):
            if descriptor == self._woken:
                if not set(os.read(self._woken, 512)).isdisjoint(signals.ENDS):
                    os.kill(self._worker, signal.SIGTERM)
                    self._begin_to_end()
            else:
                self._poll.unregister(_LIFELINE)
                # The worker sees the lifeline close as well.
                self._begin_to_end()

    def _begin_to_end(self) -> None:
        self._deadline = min(self._deadline, time.monotonic() + self._stop_timeout)


def _end_all(since: float) -> None:
    """End every descendant that the worker has left.

    All were started after ``since``, seconds since the epoch.
    """
    began = time.monotonic()
    asked: set[Process] = set()
    # In a loop: a process may fork while it is killed.
    while _reap() and time.monotonic() < began + KILLING:
        late = time.monotonic() > began + ASKING
        for process in descendants():
            if late:
                process.send(signal.SIGKILL)
            elif process not in asked:
                process.send(signal.SIGTERM)
            asked.add(process)
        time.sleep(0.02)
    remove_left_by({process.pid for process in asked}, since)


def _reap() -> bool:
    """Reap children that have ended; return whether others are left, hidden ones included."""
    while True:
        try:
            pid, _ = os.waitpid(-1, os.WNOHANG)
        except ChildProcessError:
            return False
        if pid == 0:
            return True


def _end_with_parent(parent: int) -> None:
    _prctl(_PR_SET_PDEATHSIG, signal.SIGTERM)
    if os.getppid() != parent:
        os.kill(os.getpid(), signal.SIGTERM)  # the parent ended before prctl(2)


def _run(work: Callable[[], None]) -> int:
    try:
        work()
    except Exception:
        traceback.print_exc()
        return 1
    finally:
        sys.stderr.flush()
    return 0


def _prctl(option: int, value: int) -> None:
    ctypes.CDLL(None).prctl(option, value, 0, 0, 0)
