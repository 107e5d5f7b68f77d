"""Shared memory of a desktop's programs is removed, and no other."""

from __future__ import annotations

import ctypes
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from jupyter_desktop.session.leftovers.shared_memory import remove_left_by

MAKE = "import ctypes; print(ctypes.CDLL(None).shmget(0, 4096, 0o1600))"
TABLE = Path("/proc/sysvipc/shm")


@pytest.fixture
def left() -> Iterator[tuple[int, int]]:
    """The id of a process that has ended, and that of the segment that it has left."""
    with subprocess.Popen([sys.executable, "-c", MAKE], stdout=subprocess.PIPE) as program:
        assert program.stdout
        segment = int(program.stdout.read())
    assert segment in segments()
    yield program.pid, segment
    ctypes.CDLL(None).shmctl(segment, 0, None)


def segments() -> set[int]:
    _, *rows = TABLE.read_text().splitlines()
    return {int(row.split()[1]) for row in rows}


def test_a_segment_of_an_earlier_process_with_the_same_id_stays(left: tuple[int, int]) -> None:
    pid, segment = left
    remove_left_by({pid}, since=time.time() + 10)  # a desktop that started later
    assert segment in segments()
    remove_left_by({pid}, since=time.time() - 3600)
    assert segment not in segments()
