"""Files left by session managers, such as xfce4-session after SIGTERM or SIGKILL.

They are sockets, and a file of iceauth(1) commands that would have removed the cookies.
"""

from __future__ import annotations

import contextlib
import os
import re
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from ...system.processes import is_running
from ..x11.display_number import listens

_SOCKETS = Path("/tmp/.ICE-unix")  # noqa: S108  fixed in libICE
_COMMAND_FILES = ".xfsm-ICE-*"  # in the folder for temporary files
_MAX_SIZE = 64 * 1024  # bytes


@contextmanager
def nothing_of_session_managers(folder: Path = _SOCKETS) -> Iterator[None]:
    """On exit, remove this user's files whose process has ended.

    libICE names a socket by its process id. Other process namespaces may share the folder, so a
    socket with a listener is kept as well.
    """
    try:
        yield
    finally:
        # Before the sockets, which show whether the file is in use.
        for path in Path(tempfile.gettempdir()).glob(_COMMAND_FILES):
            with contextlib.suppress(OSError, ValueError):
                sockets = _sockets_in(path, folder)
                if sockets and not any(map(_is_used, sockets)):
                    path.unlink()
        for path in folder.glob("[0-9]*"):
            with contextlib.suppress(OSError, ValueError):
                if path.lstat().st_uid == os.getuid() and not _is_used(path):
                    path.unlink()


def _sockets_in(path: Path, folder: Path) -> set[Path]:
    """Return the sockets of ``folder`` that the file names; none for another user's file."""
    descriptor = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK)
    try:
        if os.fstat(descriptor).st_uid != os.getuid():
            return set()
        text = os.read(descriptor, _MAX_SIZE).decode(errors="replace")
    finally:
        os.close(descriptor)
    return {folder / name for name in re.findall(rf"{re.escape(str(folder))}/(\d+)", text)}


def _is_used(path: Path) -> bool:
    return is_running(int(path.name)) or listens(path)
