"""Session managers' sockets: xfce4-session leaves its own when it is asked to end (SIGTERM)."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import psutil

from .display_number import listens

_SOCKETS = Path("/tmp/.ICE-unix")  # noqa: S108  libICE looks nowhere else


@contextmanager
def no_stale_sockets() -> Iterator[None]:
    """Remove, at the end, this user's sockets whose process is gone: libICE names them by it.

    Where other process namespaces share the folder, nobody must listen there, either.
    """
    try:
        yield
    finally:
        for path in _SOCKETS.glob("[0-9]*"):
            with contextlib.suppress(OSError, ValueError):
                if path.lstat().st_uid == os.getuid() and not _is_used(path):
                    path.unlink()


def _is_used(path: Path) -> bool:
    return psutil.pid_exists(int(path.name)) or listens(path)
