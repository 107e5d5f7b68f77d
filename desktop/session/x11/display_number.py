"""The reservation of a display number.

An X server that picks a number itself (``-displayfd`` alone) and does not listen on the abstract
socket takes the first number, and with it the socket of a running server: xtrans unlinks the
socket before it binds, and ``-displayfd`` turns the lock file off (TigerVNC 1.12: two servers,
both ":0").

If the folder of X sockets is not writable, as with WSL 2 and in many containers, X servers can
listen on the abstract socket only.
"""

from __future__ import annotations

import contextlib
import errno
import os
import re
import socket
import stat
import struct
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from ...errors import StartFailed
from ...system.processes import is_running

_TEMPORARY = Path("/tmp")  # noqa: S108  fixed in X servers and clients
SOCKETS = _TEMPORARY / ".X11-unix"
_NO_ROOM = (errno.ENOSPC, errno.EDQUOT, errno.EROFS)
_NUMBERS = range(1, 1000)  # 0 is for the console
_CREDENTIALS = struct.Struct("3i")  # struct ucred: process, user, group (unix(7))


@dataclass(frozen=True)
class Unwritable:
    """Why no socket can be created in ``SOCKETS``, and the ``command`` for root that repairs it."""

    why: str
    command: str


def unwritable() -> Unwritable | None:
    """Return why no socket can be created in the folder of X sockets; None if one can.

    Raises ``StartFailed`` if another user could replace our socket.
    """
    _make_folder()
    if os.access(SOCKETS, os.W_OK | os.X_OK):
        return None
    if _is_read_only():
        return Unwritable("it is mounted read-only", f"sudo mount -o remount,rw {SOCKETS}")
    return Unwritable("this user has no permission", f"sudo chmod 1777 {SOCKETS}")


@contextmanager
def display_number(*, abstract: bool = False, numbers: range = _NUMBERS) -> Iterator[int]:
    """Reserve a display number; remove its files on exit.

    The reservation holds the lock file, which other X servers look for; the path of the socket; and
    the name of the abstract socket. That name is bound, without a listener: clients are refused
    there and try the path (libxcb, ``_xcb_open``), and no other user can listen there to receive
    clients and their cookie.

    With ``abstract`` the name is released for the X server to listen on. A process that binds it
    first only prevents the server from starting (see ``is_own_server``).
    """
    _make_folder()
    _sweep()
    for number in numbers:
        reservation = _reserve(number)
        if reservation:
            break
    else:
        raise StartFailed(
            f"All display numbers up to {numbers.stop - 1} are taken.",
            remedy=f"Remove stale files in {SOCKETS} and {_TEMPORARY}/.X*-lock.",
        )
    try:
        with reservation:
            if abstract:
                reservation.close()
            yield number
    finally:
        for path in (_path(number), _lock(number)):
            with contextlib.suppress(OSError):
                path.unlink()


def is_own_server(display: str) -> bool:
    """Whether a process of this user listens on the abstract socket of ``display`` (":N")."""
    with socket.socket(socket.AF_UNIX) as client:
        # connect() blocks while the backlog is full (unix(7), socket(7)).
        client.setsockopt(socket.SOL_SOCKET, socket.SO_SNDTIMEO, struct.pack("ll", 1, 0))
        try:
            client.connect(f"\0{_path(int(display[1:]))}")
        except OSError:
            return False
        credentials = client.getsockopt(socket.SOL_SOCKET, socket.SO_PEERCRED, _CREDENTIALS.size)
        _, user, _ = _CREDENTIALS.unpack(credentials)
        return bool(user == os.getuid())


def _make_folder() -> None:
    """Create the folder of X sockets if it is missing, as X servers do.

    Raises ``StartFailed`` if another user could replace our socket.
    """
    with contextlib.suppress(FileExistsError):
        SOCKETS.mkdir(mode=0o700)
        SOCKETS.chmod(0o1777)
    status = SOCKETS.lstat()
    for_others = status.st_mode & (stat.S_IWGRP | stat.S_IWOTH) and not _is_read_only()
    if status.st_uid not in (0, os.getuid()) or (for_others and not status.st_mode & stat.S_ISVTX):
        raise StartFailed(
            f"The folder of X sockets, {SOCKETS}, is not safe: it must belong to root and be "
            "sticky.",
            remedy="Ask the administrator of this machine to set it right:",
            command=f"sudo chown root {SOCKETS} && sudo chmod 1777 {SOCKETS}",
        )


def _is_read_only() -> bool:
    return bool(os.statvfs(SOCKETS).f_flag & os.ST_RDONLY)


def _sweep() -> None:
    """Remove the files of this user's displays whose processes, keeper included, were killed."""
    for lock in _TEMPORARY.glob(".X*-lock"):
        number = re.fullmatch(r"\.X(\d{1,5})-lock", lock.name)
        with contextlib.suppress(OSError), socket.socket(socket.AF_UNIX) as name:
            # Only stale locks: the X server of a live session may be about to bind that name.
            if number and lock.lstat().st_uid == os.getuid() and not _is_alive(lock):
                name.bind(f"\0{_path(int(number[1]))}")
                _remove_stale(int(number[1]))


def _reserve(number: int) -> socket.socket | None:
    """Return the socket that holds the abstract name, or None if the number is taken."""
    if _is_alive(_lock(number)):
        return None
    holder = socket.socket(socket.AF_UNIX)
    try:
        holder.bind(f"\0{_path(number)}")
        _remove_stale(number)
        _write_lock(number)
    except OSError as error:
        holder.close()
        if error.errno in _NO_ROOM:
            raise  # every number would fail
        return None
    return holder


def _remove_stale(number: int) -> None:
    """Remove the files of a killed server, as X servers do (Xserver, os/utils.c).

    The bound abstract name excludes other sessions. Raises ``OSError`` if the number is in use, or
    another user's.
    """
    if _is_alive(_lock(number)) or listens(_path(number)):
        raise FileExistsError
    for path in (_path(number), _lock(number)):
        if not os.path.lexists(path):
            continue  # on a read-only file system, unlink() fails for missing files as well
        try:
            path.unlink(missing_ok=True)
        except OSError as error:
            raise FileExistsError from error


def _is_alive(lock: Path) -> bool:
    """Whether the process with the id in ``lock`` is running; True if unclear."""
    try:
        return is_running(_process_in(lock))
    except FileNotFoundError:
        return False
    except (OSError, ValueError, OverflowError):
        return True


def _process_in(lock: Path) -> int:
    """Return the process id in ``lock``, which may be any file of any user.

    A link is not followed, and a pipe without a writer does not block.
    """
    descriptor = os.open(lock, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK)
    try:
        return int(os.read(descriptor, 20))
    finally:
        os.close(descriptor)


def listens(path: Path) -> bool:
    """Whether a server listens on ``path``; True if unclear."""
    with socket.socket(socket.AF_UNIX) as client:
        client.setblocking(False)
        try:
            client.connect(str(path))
        except (FileNotFoundError, ConnectionRefusedError):
            return False
        except OSError:
            return True
        return True


def _write_lock(number: int) -> None:
    """Create the lock file, which holds a process id in ten digits (Xserver, os/utils.c)."""
    descriptor = os.open(_lock(number), os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o444)
    try:
        os.write(descriptor, f"{os.getpid():10d}\n".encode())
        # Regardless of the umask: other X servers read it.
        os.fchmod(descriptor, 0o444)
    except OSError:
        _lock(number).unlink()
        raise
    finally:
        os.close(descriptor)


def _path(number: int) -> Path:
    return SOCKETS / f"X{number}"


def _lock(number: int) -> Path:
    return _TEMPORARY / f".X{number}-lock"
