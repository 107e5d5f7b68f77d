"""Removal of System V shared memory that killed programs have left.

An X client creates a segment for each large picture, passes it to the X server, and removes it at
once; if it is killed in between, the segment stays (shmget(2)).
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
_TICK = 0.02  # seconds; longer than a tick of the kernel's coarse clock


def remove_left_by(pids: Set[int], since: float) -> None:
    """Remove unused segments that were created by the processes ``pids``, which have ended.

    Segments older than ``since`` (seconds since the epoch) belong to earlier processes with the
    same ids.
    """
    with contextlib.suppress(OSError, ValueError):  # /proc may hold only processes
        head, *rows = _SEGMENTS.read_text().splitlines()
        for row in rows:
            told = dict(zip(head.split(), map(int, row.split()), strict=True))
            ours = told["cpid"] in pids and told["uid"] == os.getuid()
            # ctime is in whole seconds, of a clock that may be a tick behind time.time().
            recent = told["ctime"] >= int(since - _TICK)
            if ours and recent and not told["nattch"] and not is_running(told["cpid"]):
                ctypes.CDLL(None).shmctl(told["shmid"], _REMOVE, None)
