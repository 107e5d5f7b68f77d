"""The runtime folder: short path, private, on a local file system, removed with the session."""

from __future__ import annotations

import os
import pwd
import stat
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import psutil

from ..errors import RuntimeFolderUnusable
from .claim import PREFIX, claim, remove, remove_unclaimed

# sun_path holds 108 bytes with its final NUL (unix(7)); the base is followed by this suffix, or a
# shorter one.
LONGEST_SOCKET = 107
LONGEST_BASE = LONGEST_SOCKET - len("/jd-xxxxxxxx/display.sock")

# Sockets and locks do not work on all of these, and other nodes would see the folder.
_NETWORK_FILE_SYSTEMS = frozenset(
    {"nfs", "nfs4", "cifs", "smb3", "lustre", "gpfs", "beegfs", "ceph", "afs", "panfs", "9p"}
    | {"orangefs", "glusterfs", "fuse.glusterfs", "fuse.sshfs"}
)

# systemd's folder for $XDG_RUNTIME_DIR (pam_systemd(8)), and what keeps it (loginctl(1)).
_LOGIN_FOLDERS = Path("/run/user")
_LINGERING = Path("/var/lib/systemd/linger")
_CONTROL_GROUP = Path("/proc/self/cgroup")


_ROOT_FOLDERS = frozenset(
    {"/", "/tmp", "/var", "/var/tmp", "/run", "/run/user", "/dev", "/dev/shm"}  # noqa: S108
)
_NOBODY = Path("/proc/sys/kernel/overflowuid")
_MAPPED_USERS = Path("/proc/self/uid_map")


@contextmanager
def runtime_folder(candidates: Sequence[str]) -> Iterator[Path]:
    """Create a runtime folder (0700) below the first usable candidate; remove it on exit.

    Raises ``RuntimeFolderUnusable`` with the problem of each candidate.
    """
    base = choose_base(with_temporary(candidates))
    remove_unclaimed(base)
    folder = Path(tempfile.mkdtemp(prefix=PREFIX, dir=base))
    try:
        claimed = claim(folder)
        try:
            yield folder
        finally:
            os.close(claimed)
    finally:
        remove(folder)


def choose_base(candidates: Sequence[str]) -> Path:
    """Return the first of ``candidates`` that is safe, short, local, writable and permanent.

    Symbolic links are resolved: a user who can change one of them could redirect the path.
    """
    refused = []
    for candidate in candidates:
        resolved, problem = judge(candidate)
        if problem is None:
            return resolved
        refused.append(f"{candidate} ({problem})")
    raise RuntimeFolderUnusable(
        f"There is no folder for the desktop's sockets: {'; '.join(refused)}.",
        remedy="Set XDG_RUNTIME_DIR or TMPDIR to a short path of yours on a local disk.",
    )


def judge(candidate: str) -> tuple[Path, str | None]:
    """Return ``candidate`` without links, and why it cannot hold a runtime folder, or None."""
    resolved = Path(candidate).resolve() if Path(candidate).is_absolute() else Path(candidate)
    return resolved, _problem(resolved)


def with_temporary(candidates: Sequence[str]) -> list[str]:
    """Return ``candidates`` and then the temporary folders, without duplicates."""
    return list(dict.fromkeys([*candidates, tempfile.gettempdir(), "/tmp"]))  # noqa: S108


def keep_own_rights() -> None:
    """Clear the umask bits that would deny the user access to their own files and folders.

    With 0177, a umask for files, new folders cannot be entered, and no desktop environment shows a
    window. The bits for group and others stay (umask(2)).
    """
    os.umask(os.umask(0o077) & 0o077)


def write_secret(path: Path, contents: bytes) -> None:
    """Replace ``path`` atomically by a file of mode 0600 with ``contents``, whatever the umask."""
    descriptor, temporary = tempfile.mkstemp(dir=path.parent)
    try:
        with os.fdopen(descriptor, "wb") as file:
            file.write(contents)
        Path(temporary).rename(path)
    except OSError:
        Path(temporary).unlink(missing_ok=True)
        raise


def _problem(base: Path) -> str | None:
    """Return why ``base`` cannot hold a runtime folder, or None."""
    if not base.is_absolute() or len(os.fsencode(base)) > LONGEST_BASE:
        return f"its path is not absolute or longer than {LONGEST_BASE} bytes"
    try:
        status = base.stat()
        above = [_others_can_replace_in(folder) for folder in base.parents]
        inside = _others_can_replace_in(base)
    except OSError as error:
        return str(error.strerror)
    checks = {
        "it is not a folder": not stat.S_ISDIR(status.st_mode),
        "other users could replace what is in it": inside,
        "other users could replace it": any(above),
        "it is not writable": not os.access(base, os.W_OK | os.X_OK),
        "it is on a network file system": file_system(base) in _NETWORK_FILE_SYSTEMS,
        "it is removed when you log out": _goes_at_logout(base),
    }
    return next((problem for problem, present in checks.items() if present), None)


def _others_can_replace_in(folder: Path) -> bool:
    """Whether another user may rename or remove entries of ``folder``."""
    status = folder.stat()
    if status.st_uid not in (os.getuid(), 0) and not _belongs_to_root(folder, status.st_uid):
        return True
    writable_by_others = status.st_mode & (stat.S_IWGRP | stat.S_IWOTH)
    return bool(writable_by_others) and not status.st_mode & stat.S_ISVTX


def _belongs_to_root(folder: Path, owner: int) -> bool:
    """Whether ``folder`` is root's, although its owner is shown as user 65534 (nobody).

    In a user namespace without root, such as Apptainer's, all other users are shown as nobody
    (user_namespaces(7)). But some folders are root's on every system.
    """
    if str(folder) not in _ROOT_FOLDERS or owner != _nobody():
        return False
    mapped = [list(map(int, line.split())) for line in _MAPPED_USERS.read_text().splitlines()]
    return not any(inside == 0 for inside, _, _ in mapped)


def _nobody() -> int:
    try:
        return int(_NOBODY.read_text())
    except OSError:  # /proc holds only processes (proc(5), "subset=pid")
        return 65534


def _goes_at_logout(base: Path) -> bool:
    """Whether systemd may remove ``base`` before this process ends.

    It does when the user's last login ends. A server that was started with nohup, in tmux or in a
    batch job outlives that; a process of the user's service manager ends before.
    """
    if not base.is_relative_to(_LOGIN_FOLDERS / str(os.getuid())):
        return False
    try:
        if (_LINGERING / pwd.getpwuid(os.getuid()).pw_name).exists():
            return False
        return f"/user@{os.getuid()}.service" not in _CONTROL_GROUP.read_text()
    except (KeyError, OSError):
        return True


def file_system(path: Path) -> str:
    """Return the type of the file system that holds ``path``, as proc(5) names it."""
    resolved = path.resolve()
    holders = [
        (len(partition.mountpoint), partition.fstype)
        for partition in psutil.disk_partitions(all=True)
        if resolved.is_relative_to(partition.mountpoint)
    ]
    return max(holders, default=(0, ""))[1]
