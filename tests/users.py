"""Ordinary users of this machine, for tests that run as root, and their belongings."""

from __future__ import annotations

import contextlib
import functools
import itertools
import os
import pwd
import subprocess
import sys
import sysconfig
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import psutil
import pytest

_SHARED_FOLDERS = ("/tmp", "/tmp/.X11-unix", "/tmp/.ICE-unix", "/var/tmp", "/dev/shm", "/run/user")
_PACKAGE = Path(__file__).parents[1] / "tools" / "editable"


_numbers = itertools.count(20000 + os.getpid() * 100 % 40000)


def new() -> int:
    """Return the id of a user that no other test has."""
    return next(_numbers)


def named() -> int:
    """Return a user with a name, which D-Bus requires, and without other processes."""
    for name in ("games", "news", "daemon"):
        with contextlib.suppress(KeyError):
            return pwd.getpwnam(name).pw_uid
    pytest.skip("there is no account here that nobody uses")


def belongings(user: int, besides: Sequence[Path] = ()) -> set[str]:
    """Return processes, files and shared memory of ``user``, a line for each.

    ``besides`` are folders that are neither searched nor listed.
    """
    return {*_processes(user), *_files(user, besides), *_shared_memory(user)}


def processes(user: int) -> Iterator[psutil.Process]:
    """Yield the processes of ``user``."""
    for process in psutil.process_iter():
        with contextlib.suppress(psutil.Error):
            if process.uids().real == user:
                yield process


def _processes(user: int) -> Iterator[str]:
    for process in processes(user):
        with contextlib.suppress(psutil.Error):
            # A zombie is reaped by its parent, which may be another user's.
            if not _is_reaped_elsewhere(process, user):
                dead = " (dead)" if process.status() == psutil.STATUS_ZOMBIE else ""
                yield f"process {process.pid} {' '.join(process.cmdline())}{dead}"


def _is_reaped_elsewhere(process: psutil.Process, user: int) -> bool:
    if process.status() != psutil.STATUS_ZOMBIE:
        return False
    parent = process.parent()
    return parent is None or parent.uids().real != user


def _files(user: int, besides: Sequence[Path]) -> Iterator[str]:
    todo = [entry for folder in _SHARED_FOLDERS for entry in _entries(Path(folder))]
    while todo:
        path = todo.pop()
        with contextlib.suppress(OSError):
            if path.lstat().st_uid != user or path in besides:
                continue
            yield str(path)
            if path.is_dir() and not path.is_symlink():
                todo += path.iterdir()


def _entries(folder: Path) -> list[Path]:
    return list(folder.iterdir()) if folder.is_dir() else []


def _shared_memory(user: int) -> Iterator[str]:
    """Yield System V IPC objects (proc(5), /proc/sysvipc)."""
    for kind in ("shm", "sem", "msg"):
        table = Path("/proc/sysvipc", kind)
        head, *rows = table.read_text().splitlines() if table.exists() else [""]
        for row in rows:
            values = dict(zip(head.split(), row.split(), strict=True))
            if int(values["uid"]) == user:
                yield f"{kind} {values[kind + 'id']} with mode {values['perms']}"


def become(user: int) -> dict[str, Any]:
    """Return ``subprocess`` options to run a program as ``user``; skips if that is impossible."""
    if os.getuid() != 0:
        pytest.skip("only root can run programs as another user")
    return {"user": user, "group": user, "extra_groups": []}


_WITH_HIDEPID = """
mount --make-rprivate / && mount -t proc -o "hidepid=$1" proc /proc || exit 126
user=$2
shift 2
exec setpriv --reuid="$user" --regid="$user" --clear-groups "$@"
"""


def with_hidepid(user: int, hidepid: str, command: Sequence[str]) -> list[str]:
    """Return a command that runs ``command`` as ``user`` with that ``hidepid`` of /proc.

    To be run by root. Skips if no file system can be mounted.
    """
    become(user)
    shell = ["unshare", "--mount", "sh", "-c", _WITH_HIDEPID, "sh"]
    try:
        subprocess.run([*shell, hidepid, str(user), "true"], check=True, capture_output=True)
    except (OSError, subprocess.CalledProcessError) as problem:
        pytest.skip(f"/proc cannot be mounted with hidepid here: {problem}")
    return [*shell, hidepid, str(user), *command]


_READ_ONLY_X_SOCKETS = """
mount --make-rprivate / && mount -t tmpfs -o ro,mode=1777 tmpfs /tmp/.X11-unix || exit 126
exec "$@"
"""


def with_read_only_x_sockets() -> list[str]:
    """Return a prefix that runs a command with a read-only /tmp/.X11-unix, as with WSL 2."""
    command = ["unshare", "--mount", "sh", "-c", _READ_ONLY_X_SOCKETS, "sh"]
    try:
        subprocess.run([*command, "true"], check=True, capture_output=True)
    except (OSError, subprocess.CalledProcessError) as problem:
        pytest.skip(f"nothing can be mounted here: {problem}")
    return command


def environment() -> dict[str, str]:
    """Return the variables that ``python()`` needs."""
    site = sysconfig.get_path("purelib")
    return {
        "PYTHONPATH": os.pathsep.join([str(_PACKAGE), site]),
        "PYTHONDONTWRITEBYTECODE": "1",
        "JUPYTER_CONFIG_PATH": f"{sys.prefix}/etc/jupyter",
        "JUPYTER_PATH": f"{sys.prefix}/share/jupyter",
    }


@functools.cache
def python() -> str:
    """Return a Python that all users can run, with the tests' packages.

    The tests' own Python may be in root's home; then the system's is used if it has the same
    version.
    """
    version = f"{sys.version_info[0]}.{sys.version_info[1]}"
    for candidate in (sys.executable, f"/usr/bin/python{version}"):
        if _works(candidate):
            return candidate
    pytest.skip("no Python here that other users than root can run has Jupyter and this package")


def _works(candidate: str) -> bool:
    command = [candidate, "-c", "import jupyter_desktop, jupyter_server"]
    try:
        ran = subprocess.run(
            command,
            cwd="/",
            env={**os.environ, **environment()},
            capture_output=True,
            check=False,
            timeout=20,
            **become(new()),
        )
    except OSError:
        return False
    return ran.returncode == 0


def run(
    user: int, script: str, *arguments: str, **options: Any
) -> subprocess.CompletedProcess[str]:
    """Run a Python script as ``user``, with a minimal environment."""
    command: Sequence[str] = [python(), "-c", script, *arguments]
    return subprocess.run(
        command,
        cwd="/",
        env={"PATH": os.environ["PATH"], **environment()},
        capture_output=True,
        check=False,
        text=True,
        timeout=30,
        **{**become(user), **options},
    )
