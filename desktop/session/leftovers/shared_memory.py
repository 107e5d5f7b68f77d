"""Shared memory (System V) of programs that had no time to remove it when they were ended.

An X client makes some for each large picture, hands it to the X server, and removes it at once;
killed between that, it leaves it for ever (shmget(2)).
"""

from __future__ import annotations

import contextlib
import ctypes
import os
from collections.abc import Set
from pathlib import Path

from ...system.processes import is_running

_SEGMENTS = Path("/proc/sysvipc/shm")  # proc(5)
_REMOVE = 0  # IPC_RMID (linux/ipc.h)
_TICK = 0.02  # seconds, at least


def remove_left_by(pids: Set[int], since: float) -> None:
    """Remove segments made by the processes ``pids``, which have ended, that no process uses.

    Those older than ``since``, seconds since the epoch, were made by others with the same ids.
    """
    with contextlib.suppress(OSError, ValueError):  # nothing but processes may be in /proc
        head, *rows = _SEGMENTS.read_text().splitlines()
        for row in rows:
            told = dict(zip(head.split(), map(int, row.split()), strict=True))
            ours = told["cpid"] in pids and told["uid"] == os.getuid()
            # Whole seconds, of a clock that may be a tick behind that of time.time().
            recent = told["ctime"] >= int(since - _TICK)
            if ours and recent and not told["nattch"] and not is_running(told["cpid"]):
                ctypes.CDLL(None).shmctl(told["shmid"], _REMOVE, None)
