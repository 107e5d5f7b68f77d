"""A display number of our own.

Left to pick a number itself (``-displayfd`` alone), an X server that does not listen on the
abstract socket takes the first one, and the socket of the server that has it: xtrans unlinks it
before it binds, and ``-displayfd`` turns the lock file off. Seen with TigerVNC 1.12: two servers,
both ":0".

Where the folder of X sockets cannot be written to, as with WSL 2 and in many a container, X servers
have nothing but the abstract socket to listen on.
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

_TEMPORARY = Path("/tmp")  # noqa: S108  X servers and clients look nowhere else
SOCKETS = _TEMPORARY / ".X11-unix"
_NO_ROOM = (errno.ENOSPC, errno.EDQUOT, errno.EROFS)
_NUMBERS = range(1, 1000)  # 0 is a console's
_CREDENTIALS = struct.Struct("3i")  # struct ucred: process, user, group (unix(7))


@dataclass(frozen=True)
class Unwritable:
    """Why no socket can be made in ``SOCKETS``, and the ``command`` with which root mends it."""

    why: str
    command: str


def unwritable() -> Unwritable | None:
    """Return why no socket can be made in the folder of X sockets; None where it can.

    Raises ``StartFailed`` if another user could put a socket of theirs in the place of ours.
    """
    _make_folder()
    if os.access(SOCKETS, os.W_OK | os.X_OK):
        return None
    if _is_read_only():
        return Unwritable("it is mounted read-only", f"sudo mount -o remount,rw {SOCKETS}")
    return Unwritable("its permissions do not let this user", f"sudo chmod 1777 {SOCKETS}")


@contextmanager
def display_number(*, abstract: bool = False, numbers: range = _NUMBERS) -> Iterator[int]:
    """Reserve a display number; at the end nothing of it is left.

    Three things are ours meanwhile: the lock file, as other X servers expect it; the path of the
    socket; and the name of the abstract socket. That name is bound, but not listened on: clients
    are refused there and go on to the path (libxcb, ``_xcb_open``), and no other user can
    receive them, and their cookie, in our place.

    With ``abstract`` the name is left to the X server, which is to listen there. A process that
    takes it before keeps the server from starting (see ``is_own_server``), and no more.
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
        # Where many connect at once, it waits for its turn (unix(7), socket(7)).
        client.setsockopt(socket.SOL_SOCKET, socket.SO_SNDTIMEO, struct.pack("ll", 1, 0))
        try:
            client.connect(f"\0{_path(int(display[1:]))}")
        except OSError:
            return False
        credentials = client.getsockopt(socket.SOL_SOCKET, socket.SO_PEERCRED, _CREDENTIALS.size)
        _, user, _ = _CREDENTIALS.unpack(credentials)
        return bool(user == os.getuid())


def _make_folder() -> None:
    """Make the folder of X sockets if there is none, as X servers do.

    Raises ``StartFailed`` if another user could put a socket of theirs in the place of ours.
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
    """Remove what is left of this user's displays that were killed with all that tidies up."""
    for lock in _TEMPORARY.glob(".X*-lock"):
        number = re.fullmatch(r"\.X(\d{1,5})-lock", lock.name)
        with contextlib.suppress(OSError), socket.socket(socket.AF_UNIX) as name:
            # The X server of one that lives may be about to bind that name.
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
            raise  # with no number it would be better
        return None
    return holder


def _remove_stale(number: int) -> None:
    """Remove what a killed server has left, as X servers do themselves (Xserver, os/utils.c).

    No other session does so at the same time: the abstract name is ours. Raises ``OSError`` where
    the number is in use, or another user's.
    """
    if _is_alive(_lock(number)) or listens(_path(number)):
        raise FileExistsError
    for path in (_path(number), _lock(number)):
        if not os.path.lexists(path):
            continue  # where nothing can be written, to remove nothing fails, too
        try:
            path.unlink(missing_ok=True)
        except OSError as error:
            raise FileExistsError from error


def _is_alive(lock: Path) -> bool:
    """Whether the process lives whose number stands in ``lock``; True where that is unclear."""
    try:
        return is_running(_process_in(lock))
    except FileNotFoundError:
        return False
    except (OSError, ValueError, OverflowError):
        return True


def _process_in(lock: Path) -> int:
    """Return the number that stands in ``lock``, which may be anything, and anyone's.

    A link is not followed, and a pipe without a writer is not waited for.
    """
    descriptor = os.open(lock, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK)
    try:
        return int(os.read(descriptor, 20))
    finally:
        os.close(descriptor)


def listens(path: Path) -> bool:
    """Whether a server listens on ``path``; True where that is unclear."""
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
        # Whatever the umask: other X servers read it.
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
