"""Locks on runtime folders, by which those of killed sessions are recognised and removed.

A session removes its folder when it ends. Where all its processes are killed at once, as at the
end of a batch job, the next session on the machine removes it.
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
# As tempfile.mkdtemp() and ``folder_suffix`` make it.
_NAME = re.compile(rf"{PREFIX}[a-z0-9_]{{8}}")

_BOOT = Path("/proc/sys/kernel/random/boot_id")


def claim(folder: Path) -> int:
    """Claim ``folder`` until the descriptor that is returned, and those inherited, are closed."""
    flags = os.O_RDWR | os.O_CREAT | os.O_EXCL
    descriptor = os.open(_claim_of(folder), flags, 0o600)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_SH)
        # Not before it is locked: until then it counts for nothing.
        os.write(descriptor, _machine())
    except OSError:
        os.close(descriptor)
        raise
    return descriptor


def remove_unclaimed(base: Path) -> None:
    """Remove the folders in ``base`` that were claimed by processes of ours which are gone."""
    for folder in base.glob(f"{PREFIX}*"):
        try:
            if _is_unclaimed(folder):
                remove(folder)
        except OSError:
            continue  # another's, or one without a claim: not ours to remove


def is_runtime_folder(path: Path) -> bool:
    """Whether ``path`` is a folder of this user's desktops, of those that are gone, too."""
    if not _NAME.fullmatch(path.name):
        return False
    try:
        folder, claimed = path.lstat(), _claim_of(path).lstat()
    except OSError:
        return False
    own = folder.st_uid == claimed.st_uid == os.getuid()
    return own and stat.S_ISDIR(folder.st_mode) and stat.S_ISREG(claimed.st_mode)


def remove(folder: Path) -> None:
    """Remove ``folder``, but not what is mounted below it (see ``remove_tree``).

    Where such a mount stays, so does the claim: the next one tries again.
    """
    remove_tree(folder, last=_CLAIM)


def _is_unclaimed(folder: Path) -> bool:
    if folder.lstat().st_uid != os.getuid():
        return False
    descriptor = os.open(_claim_of(folder), os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK)
    try:
        # A file system that other machines see as well may not show their locks.
        if os.read(descriptor, 100) != _machine():
            return False
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    finally:
        os.close(descriptor)
    return True


def _machine() -> bytes:
    """Return what tells this machine from others with the same file system."""
    try:
        return _BOOT.read_bytes()
    except OSError:  # /proc has nothing but processes (proc(5), "subset=pid")
        return os.fsencode(os.uname().nodename)


def _claim_of(folder: Path) -> Path:
    return folder / _CLAIM
