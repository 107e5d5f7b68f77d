"""The file for what a job prints: Slurm writes it on the node, we read it here."""

from __future__ import annotations

import contextlib
import os
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

_PREFIX, _SUFFIX = "desktop-job-", ".log"
_MAX_AGE = 2 * 24 * 3600.0  # seconds since it was said to be in use


@contextmanager
def output_file(folder: Path) -> Iterator[Path]:
    """Make one; removed at the end.

    One is left where all who follow the job are killed, or where the job begins after them. So old
    ones are removed, too.
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
    """Say that it is in use: a job may run for longer, and print nothing, until it fails."""
    with contextlib.suppress(OSError):
        os.utime(file)


def _remove_old(folder: Path) -> None:
    for file in folder.glob(f"{_PREFIX}*{_SUFFIX}"):
        with contextlib.suppress(OSError):  # another start removes it
            status = file.lstat()
            # Others may share the folder.
            if status.st_uid == os.getuid() and status.st_mtime < time.time() - _MAX_AGE:
                file.unlink()
