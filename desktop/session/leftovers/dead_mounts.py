"""Removal of dead FUSE mounts, whose program was killed, such as GVfs's.

A dead mount is unusable; its folder cannot be removed, and another GVfs cannot mount there.
"""

from __future__ import annotations

import contextlib
import errno
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from ...system.claim import is_runtime_folder
from ...system.mounts import errors_of, mounts


@contextmanager
def no_dead_mounts() -> Iterator[None]:
    """Unmount this user's dead mounts, on entry and on exit.

    Only those in $XDG_RUNTIME_DIR and in runtime folders of desktops.
    """
    _unmount()
    try:
        yield
    finally:
        _unmount()


def _unmount() -> None:
    with contextlib.suppress(OSError):  # the list of mounts is not readable
        for mount in mounts():
            if mount.is_fuse and mount.is_own and _is_runtime(mount.path) and _is_dead(mount.path):
                mount.unmount()


def _is_runtime(path: Path) -> bool:
    runtime = os.environ.get("XDG_RUNTIME_DIR", "")
    below = bool(runtime) and path.is_relative_to(runtime)
    return below or any(map(is_runtime_folder, path.parents))


def _is_dead(path: Path) -> bool:
    # In another process: a system call on a mount whose program hangs does not return.
    return os.strerror(errno.ENOTCONN) in errors_of("stat", "--file-system", str(path))
