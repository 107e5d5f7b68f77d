"""Mount points in this process's namespace, and unmounting of the user's own."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path

_MOUNTINFO = Path("/proc/self/mountinfo")  # proc(5)
_COMMAND_TIMEOUT = 1.0  # seconds; a mount whose program hangs blocks, and is not dead


@dataclass(frozen=True)
class Mount:
    """A mounted file system: its mount point, type and super options."""

    path: Path
    kind: str
    options: str

    @property
    def is_fuse(self) -> bool:
        """Whether it is a FUSE mount, served by a program."""
        return self.kind.startswith("fuse")

    @property
    def is_own(self) -> bool:
        """Whether this user may unmount it; for FUSE, whether they mounted it (fuse(4))."""
        if self.is_fuse:
            return re.search(rf"(^|,)user_id={os.getuid()}(,|$)", self.options) is not None
        return os.geteuid() == 0

    def unmount(self) -> None:
        """Unmount it lazily, even if it is in use; a failure is ignored."""
        errors_of(*(_unmounter() if self.is_fuse else _UMOUNT), str(self.path))


def mounts() -> list[Mount]:
    """Return all mounts, each after the mounts above it.

    Raises ``OSError`` if the list is not readable.
    """
    return [_mount(line) for line in _MOUNTINFO.read_bytes().splitlines()]


def _mount(line: bytes) -> Mount:
    head, _, tail = line.partition(b" - ")
    kind, _, options = tail.split(b" ", 2)
    path = re.sub(rb"\\([0-7]{3})", lambda code: bytes([int(code[1], 8)]), head.split(b" ")[4])
    return Mount(Path(os.fsdecode(path)), os.fsdecode(kind), os.fsdecode(options))


_UMOUNT = ["umount", "--lazy"]


def _unmounter() -> list[str]:
    for program in ("fusermount3", "fusermount"):
        if found := shutil.which(program):
            return [found, "-u", "-z"]
    return _UMOUNT


def errors_of(*command: str) -> str:
    """Run a command and return its standard error; empty after a timeout."""
    try:
        ran = subprocess.run(
            command,
            env={**os.environ, "LC_ALL": "C"},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
            text=True,
            errors="replace",
            timeout=_COMMAND_TIMEOUT,
            check=False,
        )
    except (OSError, subprocess.TimeoutExpired):
        return ""
    return ran.stderr
