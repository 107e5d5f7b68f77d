"""Locks on runtime folders, by which folders of killed sessions are recognised and removed.

A session removes its folder when it ends. If all its processes are killed at once, as at the end of
a batch job, the next session on the machine removes the folder.
"""

from __future__ import annotations

import fcntl
import os
import re
import stat
from pathlib import Path

from .removal import remove_tree

PREFIX = "jd-"

_CLAIM = "claim"
# The names that tempfile.mkdtemp() and ``folder_suffix`` create.
_NAME = re.compile(rf"{PREFIX}[a-z0-9_]{{8}}")

_BOOT = Path("/proc/sys/kernel/random/boot_id")


def claim(folder: Path) -> int:
    """Lock ``folder`` until the returned descriptor, and inherited copies of it, are closed."""
    flags = os.O_RDWR | os.O_CREAT | os.O_EXCL
    descriptor = os.open(_claim_of(folder), flags, 0o600)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_SH)
        # After the lock: an empty claim is ignored.
        os.write(descriptor, _machine())
    except OSError:
        os.close(descriptor)
        raise
    return descriptor


def remove_unclaimed(base: Path) -> None:
    """Remove this user's folders in ``base`` whose lock no process holds any more."""
    for folder in base.glob(f"{PREFIX}*"):
        try:
            if _is_unclaimed(folder):
                remove(folder)
        except OSError:
            continue  # another user's, or without a claim: keep it


def is_runtime_folder(path: Path) -> bool:
    """Whether ``path`` is a runtime folder of this user, of a running or an ended desktop."""
    if not _NAME.fullmatch(path.name):
        return False
    try:
        folder, claimed = path.lstat(), _claim_of(path).lstat()
    except OSError:
        return False
    own = folder.st_uid == claimed.st_uid == os.getuid()
    return own and stat.S_ISDIR(folder.st_mode) and stat.S_ISREG(claimed.st_mode)


def remove(folder: Path) -> None:
    """Remove ``folder``, but no files of mounts below it (see ``remove_tree``).

    If such a mount stays, so does the claim, and the next session tries again.
    """
    remove_tree(folder, last=_CLAIM)


def _is_unclaimed(folder: Path) -> bool:
    if folder.lstat().st_uid != os.getuid():
        return False
    descriptor = os.open(_claim_of(folder), os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK)
    try:
        # A file system shared with other machines may not show their locks.
        if os.read(descriptor, 100) != _machine():
            return False
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    finally:
        os.close(descriptor)
    return True


def _machine() -> bytes:
    """Return an identifier of this machine, among machines that share a file system."""
    try:
        return _BOOT.read_bytes()
    except OSError:  # /proc holds only processes (proc(5), "subset=pid")
        return os.fsencode(os.uname().nodename)


def _claim_of(folder: Path) -> Path:
    return folder / _CLAIM
