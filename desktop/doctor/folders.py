"""Checks of folders: for sockets and secrets, of X, and the user's own."""

from __future__ import annotations

import os
import shutil
import stat
import tempfile
from collections.abc import Iterator
from pathlib import Path

from ..errors import DesktopError
from ..session.x11.display_number import SOCKETS, display_number, unwritable
from ..system.runtime import (
    LONGEST_BASE,
    LONGEST_SOCKET,
    choose_base,
    file_system,
    judge,
    with_temporary,
)
from .finding import Finding, note, of_error, ok, problem
from .subject import Subject

_LITTLE_SPACE = 100 * 1024 * 1024  # bytes


def runtime_folder(subject: Subject) -> Iterator[Finding]:
    """The folder for the sockets and secrets of a desktop, and the length of the paths."""
    candidates = with_temporary(subject.specification.folders)
    try:
        base = choose_base(candidates)
    except DesktopError as error:
        yield of_error("runtime folder", error)
        return
    yield ok("runtime folder", f"{base} ({_kind(base)})", path=str(base), file_system=_type(base))
    for candidate in candidates:
        _, reason = judge(candidate)
        if reason is None:
            break
        yield note(
            "runtime folder", f"{candidate} is not used: {reason}.", path=candidate, reason=reason
        )
    length = len(os.fsencode(base)) + LONGEST_SOCKET - LONGEST_BASE
    yield ok("socket path", f"{length} of {LONGEST_SOCKET} bytes", length=length)


def x_sockets(subject: Subject) -> Iterator[Finding]:
    """The folder in which X servers listen, and a free display number."""
    try:
        folder = unwritable()
        with display_number(abstract=folder is not None) as number:
            if folder:
                yield note(
                    "X sockets",
                    f"no socket can be created in {SOCKETS}: {folder.why}. Desktops start "
                    "nevertheless, at an abstract socket, which is not visible in other network "
                    f"namespaces (in containers); :{number} is free.",
                    "If you need that, ask the administrator of this machine to run:",
                    folder.command,
                    display=number,
                    abstract=True,
                )
                return
            status = SOCKETS.stat()
            mode = stat.filemode(status.st_mode)
            text = f"{SOCKETS} ({mode}, of {_owner(SOCKETS)}); :{number} is free"
            yield ok("X sockets", text, display=number, mode=mode)
    except DesktopError as error:
        yield of_error("X sockets", error)
    except OSError as error:
        yield problem("X sockets", f"No display number can be reserved: {error}.")


def home(subject: Subject) -> Iterator[Finding]:
    """Whether programs on the desktop can store their settings."""
    path = Path(os.environ.get("HOME", ""))
    if not path.is_absolute() or not path.is_dir():
        yield note("home", f"$HOME ({path}) is not a folder; programs cannot store settings.")
        return
    try:
        with tempfile.TemporaryFile(dir=path) as file:
            file.write(bytes(4096))
    except OSError as error:
        yield note(
            "home",
            f"{path} is not writable ({error.strerror}); programs cannot store settings.",
            "Free space there, or repair its permissions.",
        )
        return
    noexec = bool(os.statvfs(path).f_flag & os.ST_NOEXEC)
    what = "; programs in it cannot be run (noexec)" if noexec else ""
    yield ok("home", f"{path} ({_kind(path)}){what}", file_system=_type(path), noexec=noexec)


def space(subject: Subject, little: int = _LITTLE_SPACE) -> Iterator[Finding]:
    """Free space in the folders to which desktops write."""
    bases = map(Path, with_temporary(subject.specification.folders))
    folders = filter(Path.is_dir, [Path(os.environ.get("HOME", "/")), *bases])
    devices = {folder.stat().st_dev: folder for folder in reversed(list(folders))}
    for folder in reversed(devices.values()):
        free = shutil.disk_usage(folder).free
        status = os.statvfs(folder)
        text = f"{folder}: {_amount(free)} free"
        if free < little or (status.f_files and not status.f_favail):
            full = ", and no free inodes" if status.f_files and not status.f_favail else ""
            yield note("space", f"{text}{full}.", "Free space there.", path=str(folder), free=free)
        else:
            yield ok("space", text, path=str(folder), free=free)


def _kind(path: Path) -> str:
    return f"{_type(path)}, {stat.filemode(path.stat().st_mode)}, of {_owner(path)}"


def _type(path: Path) -> str:
    return file_system(path) or "unknown file system"


def _owner(path: Path) -> str:
    try:
        return path.owner()
    except KeyError:
        return f"user {path.stat().st_uid}"


def _amount(size: int) -> str:
    """Return a number of bytes with a unit."""
    for unit, factor in (("TB", 1e12), ("GB", 1e9)):
        if size >= factor:
            return f"{size / factor:.1f} {unit}"
    return f"{size / 1e6:.0f} MB"
