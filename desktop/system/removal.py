"""Removal of a folder with its contents, except for files of mounts below it.

Below a runtime folder, GVfs and xdg-document-portal mount the user's own files, of other machines
and of this one. Programs that were not killed with the desktop may still serve them.
"""

from __future__ import annotations

import contextlib
import os
import sys
from collections.abc import Iterator
from pathlib import Path

from .mounts import mounts

_OPEN = os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW


def remove_tree(folder: Path, last: str) -> None:
    """Unmount all mounts below ``folder``, live or dead, and remove ``folder``.

    A mount that cannot be unmounted stays, with the folders above it, and is reported on standard
    error. The file ``last`` in ``folder`` is removed last, and stays as long as such a mount. Other
    failures are ignored.
    """
    folder = folder.parent.resolve() / folder.name  # the kernel lists mounts without symbolic links
    try:
        for mount in reversed(mounts()):
            if folder in mount.path.parents and mount.is_own:
                mount.unmount()
        kept = list(_remove(folder, None, last))
    except OSError as error:  # the list of mounts is not readable
        kept, reason = [folder], str(error)
    else:
        reason = "something is mounted there"
    for path in kept:
        print(f"{path} is not removed: {reason}.", file=sys.stderr, flush=True)


def _remove(path: Path, above: int | None, last: str = "") -> Iterator[Path]:
    """Remove the folder ``path``, in the open folder ``above``; yield mount points that stay."""
    # Checked for each folder: a live program may mount again. To open the mount point of a program
    # that hangs would block.
    if any(mount.path == path for mount in mounts()):
        yield path
        return
    name: str | Path = path if above is None else path.name
    try:
        opened = os.open(name, _OPEN, dir_fd=above)
    except OSError:
        return  # removed meanwhile, or not readable
    try:
        kept = False
        for entry in _entries(opened):
            if entry.is_dir(follow_symlinks=False):
                for left in _remove(path / entry.name, opened):
                    kept = True
                    yield left
            elif entry.name != last:
                _try_unlink(entry.name, opened)
        if kept:
            return
        if last:
            _try_unlink(last, opened)
    finally:
        os.close(opened)
    with contextlib.suppress(OSError):
        os.rmdir(name, dir_fd=above)


def _entries(opened: int) -> list[os.DirEntry[str]]:
    try:
        with os.scandir(opened) as entries:
            return list(entries)
    except OSError:
        return []


def _try_unlink(name: str, folder: int) -> None:
    with contextlib.suppress(OSError):
        os.unlink(name, dir_fd=folder)
