"""A display number of our own.

Left to pick a number itself (``-displayfd`` alone), an X server that does not listen on the
abstract socket takes the first one, and the socket of whoever has it: xtrans unlinks it before it
binds, and ``-displayfd`` turns the lock file off. Seen with TigerVNC 1.12: two servers, both ":0".
"""

from __future__ import annotations

import contextlib
import errno
import os
import re
import socket
import stat
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from ..errors import StartFailed
from .processes import is_running

_TEMPORARY = Path("/tmp")  # noqa: S108  X servers and clients look nowhere else
SOCKETS = _TEMPORARY / ".X11-unix"
_NO_ROOM = (errno.ENOSPC, errno.EDQUOT, errno.EROFS)
_NUMBERS = range(1, 1000)  # 0 is a console's


@contextmanager
def display_number() -> Iterator[int]:
    """Reserve a display number; at the end nothing of it is left.

    Three things are ours meanwhile: the lock file, as other X servers expect it; the path of the
    socket; and the name of the abstract socket. That name is bound, but nobody listens: clients
    are refused there and go on to the path (libxcb, ``_xcb_open``), and no other user can
    receive them, and their cookie, in our place.
    """
    _make_folder()
    _sweep()
    for number in _NUMBERS:
        reservation = _reserve(number)
        if reservation:
            break
    else:
        raise StartFailed(
            f"All display numbers up to {_NUMBERS.stop - 1} are taken.",
            remedy=f"Remove stale files in {SOCKETS} and {_TEMPORARY}/.X*-lock.",
        )
    try:
        with reservation:
            yield number
    finally:
        for path in (_path(number), _lock(number)):
            with contextlib.suppress(OSError):
                path.unlink()


def _make_folder() -> None:
    """Make the folder of X sockets if there is none, as X servers do.

    Raises ``StartFailed`` if another user could put a socket of theirs in the place of ours.
    """
    with contextlib.suppress(FileExistsError):
        SOCKETS.mkdir(mode=0o700)
        SOCKETS.chmod(0o1777)
    status = SOCKETS.lstat()
    if status.st_uid not in (0, os.getuid()) or not status.st_mode & stat.S_ISVTX:
        raise StartFailed(
            f"The folder of X sockets, {SOCKETS}, is not safe: it must belong to root and be "
            "sticky.",
            remedy="Ask the administrator of this machine to set it right:",
            command=f"sudo chown root {SOCKETS} && sudo chmod 1777 {SOCKETS}",
        )


def _sweep() -> None:
    """Remove what is left of this user's displays that were killed with all that tidies up."""
    for lock in _TEMPORARY.glob(".X*-lock"):
        number = re.fullmatch(r"\.X(\d{1,5})-lock", lock.name)
        with contextlib.suppress(OSError), socket.socket(socket.AF_UNIX) as name:
            if number and lock.lstat().st_uid == os.getuid():
                name.bind(f"\0{_path(int(number[1]))}")
                _remove_stale(int(number[1]))


def _reserve(number: int) -> socket.socket | None:
    """Return the socket that holds the abstract name, or None if the number is taken."""
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

    Nobody does the same meanwhile, since the abstract name is ours. Raises ``OSError`` where the
    number is in use, or another user's.
    """
    if _is_alive(_lock(number)) or listens(_path(number)):
        raise FileExistsError
    for path in (_path(number), _lock(number)):
        path.unlink(missing_ok=True)


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

    A link is not followed, and a pipe that nobody writes to is not waited for.
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
