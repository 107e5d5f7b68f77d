"""Memory that this process shares with the X server (MIT-SHM; shmop(2))."""

from __future__ import annotations

import ctypes
import os

_PRIVATE, _CREATE, _REMOVE = 0, 0o1000, 0  # IPC_PRIVATE, IPC_CREAT, IPC_RMID
_FAILED = ctypes.c_void_p(-1).value

_libc = ctypes.CDLL(None, use_errno=True)
_libc.shmat.restype = ctypes.c_void_p
_libc.shmat.argtypes = [ctypes.c_int, ctypes.c_void_p, ctypes.c_int]
_libc.shmdt.argtypes = [ctypes.c_void_p]


class SharedMemory:
    """A segment of ``size`` bytes at ``address``; raises ``OSError``."""

    def __init__(self, size: int) -> None:
        self.size = size
        self.id: int = _checked(_libc.shmget(_PRIVATE, ctypes.c_size_t(size), _CREATE | 0o600))
        address = _libc.shmat(self.id, None, 0)
        error = ctypes.get_errno()
        # Linux removes it when the last process has detached or ended, and until then lets others
        # attach (shmctl(2)). So nothing is left if this process is killed.
        _libc.shmctl(self.id, _REMOVE, None)
        if address == _FAILED:
            raise OSError(error, os.strerror(error))
        self.address: int = address

    def close(self) -> None:
        """Detach from it."""
        _libc.shmdt(self.address)


def _checked(result: int) -> int:
    if result == -1:
        raise OSError(ctypes.get_errno(), os.strerror(ctypes.get_errno()))
    return result
