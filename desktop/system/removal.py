"""A folder is removed with all that is in it, but nothing of what is mounted there.

Below a runtime folder GVfs and xdg-document-portal show the user's own files, on other machines
and on this one. Programs that were not killed with the desktop still serve them.
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
    """Unmount what is mounted below ``folder``, live or dead, and remove ``folder``.

    A mount that stays is left alone, with the folders above it, and standard error says so. The
    file ``last`` in ``folder`` is removed last, and stays as long as such a mount does. What else
    cannot be removed stays, without a word.
    """
    folder = folder.parent.resolve() / folder.name  # the kernel lists mounts without links
    try:
        for mount in reversed(mounts()):
            if folder in mount.path.parents and mount.is_own:
                mount.unmount()
        kept = list(_remove(folder, None, last))
    except OSError as error:  # what is mounted cannot be told
        kept, reason = [folder], str(error)
    else:
        reason = "something is mounted there"
    for path in kept:
        print(f"{path} is not removed: {reason}.", file=sys.stderr, flush=True)


def _remove(path: Path, above: int | None, last: str = "") -> Iterator[Path]:
    """Remove the folder ``path``, which is in the open folder ``above``; yield mount points."""
    # Asked for each folder, since a program that lives may mount again. One that hangs does not
    # let its mount point be opened.
    if any(mount.path == path for mount in mounts()):
        yield path
        return
    name: str | Path = path if above is None else path.name
    try:
        opened = os.open(name, _OPEN, dir_fd=above)
    except OSError:
        return  # it has gone, or is not ours to read
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
