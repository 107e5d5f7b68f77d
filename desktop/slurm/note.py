"""The id of a job, where two processes see it."""

from __future__ import annotations

import mmap

_SIZE = 64  # bytes


class Note:
    """Memory that is the same after a fork, so that whichever process is left cancels the job."""

    def __init__(self) -> None:
        self._memory = mmap.mmap(-1, _SIZE)

    @property
    def job(self) -> str:
        """The id of a job that is to be cancelled; empty for none."""
        return self._memory[:].rstrip(b"\0").decode()

    @job.setter
    def job(self, identifier: str) -> None:
        self._memory[:] = identifier.encode().ljust(_SIZE, b"\0")
