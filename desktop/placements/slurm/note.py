"""The job to cancel, in memory that two processes share."""

from __future__ import annotations

import mmap
from collections.abc import Sequence

_SIZE = 256  # bytes


class Note:
    """Memory shared across a fork, so that the surviving process can cancel the job."""

    def __init__(self) -> None:
        self._memory = mmap.mmap(-1, _SIZE)

    @property
    def job(self) -> list[str]:
        """The arguments with which scancel(1) cancels it; empty for no job."""
        return self._memory[:].rstrip(b"\0").decode().split()

    @job.setter
    def job(self, arguments: Sequence[str]) -> None:
        self._memory[:] = " ".join(arguments).encode().ljust(_SIZE, b"\0")
