"""Two processes for one session, so that either may be killed and still nothing is left behind.

The keeper does next to nothing: it holds the runtime folder and the display number, and waits.
The worker, its child, runs the session. If the worker is killed, the keeper inherits all that it
started (as a child subreaper) and ends it; if the keeper is killed, the worker is told by the
kernel, and ends in order. See prctl(2).
"""

from __future__ import annotations

import ctypes
import os
import signal
import sys
import time
import traceback
from collections.abc import Callable

import psutil

_PR_SET_PDEATHSIG, _PR_SET_CHILD_SUBREAPER = 1, 36  # linux/prctl.h
_ROUNDS = 50  # of 20 ms: a process that forks while it is being killed gets away more than once


def keep(work: Callable[[], None], patience: float) -> int:
    """Run ``work`` in a worker process and return its exit status when nothing of it is left.

    SIGTERM is passed on; a worker that does not end within ``patience`` seconds of it is killed.
    Returns in the worker only if the keeper is gone, so that the caller cleans up once.
    """
    adopt_orphans()
    keeper = os.getpid()
    worker = os.fork()
    if worker:
        return _wait(worker, patience)
    _end_with_parent(keeper)
    status = _run(work)
    if os.getppid() == keeper:
        os._exit(status)
    return status


def adopt_orphans() -> None:
    """Become the parent of every descendant whose own parent ends (a child subreaper)."""
    _prctl(_PR_SET_CHILD_SUBREAPER, 1)


def _wait(worker: int, patience: float) -> int:
    def end(number: int, frame: object) -> None:
        signal.setitimer(signal.ITIMER_REAL, patience)
        os.kill(worker, signal.SIGTERM)

    def kill(number: int, frame: object) -> None:
        os.kill(worker, signal.SIGKILL)

    signal.signal(signal.SIGALRM, kill)
    for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
        signal.signal(number, end)
    _, status = os.waitpid(worker, 0)
    signal.setitimer(signal.ITIMER_REAL, 0)
    _end_all()
    code = os.waitstatus_to_exitcode(status)
    return code if code >= 0 else 128 - code  # as a shell tells signals


def _end_all() -> None:
    """Kill every descendant: after a worker that ended in order there is none."""
    for _ in range(_ROUNDS):
        descendants = psutil.Process().children(recursive=True)
        if not descendants:
            return
        for process in descendants:
            try:
                process.kill()
            except psutil.Error:
                pass  # it has ended, or belongs to root (sudo)
        psutil.wait_procs(descendants, 0.02)
        time.sleep(0.02)


def _end_with_parent(parent: int) -> None:
    _prctl(_PR_SET_PDEATHSIG, signal.SIGTERM)
    if os.getppid() != parent:
        os.kill(os.getpid(), signal.SIGTERM)  # it ended before the kernel was asked


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
