"""What job is to be cancelled, where two processes see it."""

from __future__ import annotations

import mmap
from collections.abc import Sequence

_SIZE = 256  # bytes


class Note:
    """Memory that is the same after a fork, so that whichever process is left cancels the job."""

    def __init__(self) -> None:
        self._memory = mmap.mmap(-1, _SIZE)

    @property
    def job(self) -> list[str]:
        """The arguments with which scancel(1) cancels it; empty for no job."""
        return self._memory[:].rstrip(b"\0").decode().split()

    @job.setter
    def job(self, arguments: Sequence[str]) -> None:
        self._memory[:] = " ".join(arguments).encode().ljust(_SIZE, b"\0")
