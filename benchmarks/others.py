"""Other load on the machine, which would distort the measurements."""

from __future__ import annotations

import os
import time
from collections.abc import Callable
from typing import TypeVar

import psutil

MARK = "JUPYTER_DESKTOP_BENCHMARK"  # in the environment of every process started here
RUN = f"{os.getpid()}-"  # prefix of its value

_TOLERATED = 0.15  # of a core
_ATTEMPTS = 3

_Result = TypeVar("_Result")

os.environ[MARK] = RUN


def undisturbed(measure: Callable[[], _Result]) -> _Result:
    """Repeat a measurement while other processes are busy; return the least disturbed result."""
    attempts: list[tuple[float, _Result]] = []
    for _ in range(_ATTEMPTS):
        share, start = others(), time.monotonic()
        result = measure()
        share = (others() - share) / (time.monotonic() - start)
        if share < _TOLERATED:
            return result
        attempts.append((share, result))
    return min(attempts, key=lambda attempt: attempt[0])[1]


def mark_of(process: psutil.Process) -> str:
    """Return the mark of a process, empty if it was not started here."""
    try:
        return process.environ().get(MARK, "")
    except psutil.Error:
        return ""


def cpu_time(process: psutil.Process) -> float:
    """Return the CPU time of a process and of its ended children, in seconds."""
    try:
        times = process.cpu_times()
    except psutil.NoSuchProcess:
        return 0.0
    return times.user + times.system + times.children_user + times.children_system


def others() -> float:
    """Return the CPU time of all other processes, in seconds."""
    times = psutil.cpu_times()
    everybody = times.user + times.nice + times.system + times.irq + times.softirq
    # Chromium's processes overwrite their environment, but have not left.
    started = {psutil.Process(), *psutil.Process().children(recursive=True)}
    started.update(one for one in psutil.process_iter() if mark_of(one).startswith(RUN))
    return everybody - sum(map(cpu_time, started))
