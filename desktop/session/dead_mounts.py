"""File systems of programs (FUSE) whose program was killed, such as GVfs's, which nobody can use.

They stay mounted, keep their folder from being removed, and another GVfs from mounting there.
"""

from __future__ import annotations

import errno
import os
import re
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import psutil

from .claim import PREFIX

_ANSWERS = 1.0  # seconds; one whose program hangs does not answer, and is not dead


@contextmanager
def no_dead_mounts() -> Iterator[None]:
    """Unmount those of this user that are dead, now and at the end.

    Only those in $XDG_RUNTIME_DIR and in runtime folders of desktops.
    """
    _unmount()
    try:
        yield
    finally:
        _unmount()


def _unmount() -> None:
    for mount in psutil.disk_partitions(all=True):
        ours = mount.fstype.startswith("fuse") and _belongs(mount.opts)
        if ours and _is_runtime(Path(mount.mountpoint)) and _is_dead(mount.mountpoint):
            _errors(*_unmounter(), mount.mountpoint)


def _belongs(options: str) -> bool:
    """Whether it is this user's (fuse(4))."""
    return re.search(rf"(^|,)user_id={os.getuid()}(,|$)", options) is not None


def _is_runtime(path: Path) -> bool:
    runtime = os.environ.get("XDG_RUNTIME_DIR", "")
    below = bool(runtime) and path.is_relative_to(runtime)
    return below or any(part.startswith(PREFIX) for part in path.parts)


def _is_dead(path: str) -> bool:
    # Another process asks: who asks one whose program hangs waits as long.
    return os.strerror(errno.ENOTCONN) in _errors("stat", "--file-system", path)


def _unmounter() -> list[str]:
    for program in ("fusermount3", "fusermount"):
        if found := shutil.which(program):
            return [found, "-u", "-z"]
    return ["umount", "--lazy"]


def _errors(*command: str) -> str:
    """Run a command and return what it says is wrong; nothing where it does not end."""
    try:
        ran = subprocess.run(
            command,
            env={**os.environ, "LC_ALL": "C"},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
            text=True,
            errors="replace",
            timeout=_ANSWERS,
            check=False,
        )
    except (OSError, subprocess.TimeoutExpired):
        return ""
    return ran.stderr
