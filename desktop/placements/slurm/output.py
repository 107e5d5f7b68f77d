"""The file for a job's output: written by Slurm on the node, read here."""

from __future__ import annotations

import contextlib
import os
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

_PREFIX, _SUFFIX = "desktop-job-", ".log"
_MAX_AGE = 2 * 24 * 3600.0  # seconds since the last ``note_use``


@contextmanager
def output_file(folder: Path) -> Iterator[Path]:
    """Create an output file; remove it on exit.

    Files are left if both processes that follow the job are killed, or if the job begins after
    them. So old files are removed as well.
    """
    folder.mkdir(0o700, parents=True, exist_ok=True)
    _remove_old(folder)
    descriptor, name = tempfile.mkstemp(prefix=_PREFIX, suffix=_SUFFIX, dir=folder)
    os.close(descriptor)
    try:
        yield Path(name)
    finally:
        Path(name).unlink(missing_ok=True)


def note_use(file: Path) -> None:
    """Update its time: a job may run for longer than ``_MAX_AGE`` without output."""
    with contextlib.suppress(OSError):
        os.utime(file)


def _remove_old(folder: Path) -> None:
    for file in folder.glob(f"{_PREFIX}*{_SUFFIX}"):
        with contextlib.suppress(OSError):  # another start has removed it
            status = file.lstat()
            # Other users may share the folder.
            if status.st_uid == os.getuid() and status.st_mtime < time.time() - _MAX_AGE:
                file.unlink()
