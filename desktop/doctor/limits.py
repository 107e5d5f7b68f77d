"""Resource limits of the system, and the kind of machine."""

from __future__ import annotations

import os
import pwd
import resource
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

import psutil

from .finding import Finding, note, ok
from .subject import Subject

_FEW_FILES = 256
_FEW_PROCESSES = 200  # a desktop environment has some 50, with two or more threads each
_SHARED_MEMORY = Path("/dev/shm")  # noqa: S108
_LITTLE_SHARED = 256 * 1024 * 1024  # bytes; the default of containers is 64 MiB
_GROUP = Path("/sys/fs/cgroup")
_CONTAINERS: dict[str, Callable[[], bool]] = {
    "Docker": lambda: Path("/.dockerenv").exists(),
    "Podman": lambda: Path("/run/.containerenv").exists(),
    "Kubernetes": lambda: "KUBERNETES_SERVICE_HOST" in os.environ,
    "Apptainer": lambda: "APPTAINER_CONTAINER" in os.environ,
    "Singularity": lambda: "SINGULARITY_CONTAINER" in os.environ,
    "Binder": lambda: "BINDER_LAUNCH_HOST" in os.environ,
}


def resources(subject: Subject, group: Path = _GROUP) -> Iterator[Finding]:
    """The limits on files, processes and memory of this user's programs."""
    files, _ = resource.getrlimit(resource.RLIMIT_NOFILE)
    if _is_few(files, _FEW_FILES):
        remedy = "Raise it where Jupyter is started:"
        yield note("open files", f"at most {files}.", remedy, "ulimit -n 4096", limit=files)
    else:
        yield ok("open files", f"at most {_number(files)}", limit=_json(files))
    yield _processes(group)
    if (memory := _group_limit(group / "memory.max")) is not None:
        yield ok("memory", f"at most {memory / 1e9:.1f} GB in this container or job", limit=memory)


def shared_memory(
    subject: Subject, path: Path = _SHARED_MEMORY, little: int = _LITTLE_SHARED
) -> Iterator[Finding]:
    """Room for what programs share by shm_open(3).

    Display servers do not need it, nor do current browsers, which use memfd_create(2).
    """
    users = "PyTorch's data loaders, older Chromium and Electron programs"
    remedy = (
        "Start the container with more: in Kubernetes an emptyDir with medium: Memory, mounted "
        "there. Or start Chromium with --disable-dev-shm-usage. With Docker or Podman:"
    )
    command = "docker run --shm-size=1g"
    if not os.access(path, os.W_OK | os.X_OK):
        found = f"{path} is not writable: {users} crash."
        yield note("shared memory", found, remedy, command, size=0)
        return
    size = shutil.disk_usage(path).total
    text = f"{path}: {size / 1e6:.0f} MB"
    if size < little:
        found = f"{text}; {users} crash when it is full."
        yield note("shared memory", found, remedy, command, size=size)
    else:
        yield ok("shared memory", text, size=size)


def account(subject: Subject) -> Iterator[Finding]:
    """Whether this user has a name, which D-Bus needs."""
    user = os.getuid()
    try:
        name = pwd.getpwuid(user).pw_name
        yield ok("user", f"{name} ({user})", uid=user)
    except KeyError:
        yield note(
            "user",
            f"User {user} has no name here, which D-Bus requires: bare window managers (Openbox, "
            "IceWM) start, whole desktop environments do not.",
            "Add the account to /etc/passwd when the container starts.",
            uid=user,
        )


def container(subject: Subject) -> Iterator[Finding]:
    """The kind of container, if any."""
    kinds = [name for name, is_it in _CONTAINERS.items() if is_it()]
    yield ok("container", ", ".join(kinds) or "none detected", kinds=kinds)


def _processes(group: Path) -> Finding:
    """Return how many more processes this user may start: the limit counts threads."""
    soft, _ = resource.getrlimit(resource.RLIMIT_NPROC)
    own = _group_limit(group / "pids.max")
    limits = [limit for limit in (soft, own) if limit not in (None, -1)]
    limit = min(limits, default=resource.RLIM_INFINITY)
    # For root the kernel enforces only the container's limit.
    left = limit if limit == resource.RLIM_INFINITY else limit - _own_threads()
    text = f"at most {_number(limit)}"
    if _is_few(left, _FEW_PROCESSES):
        return note(
            "processes",
            f"{text}, of which {max(left, 0)} are left.",
            "End programs that are not needed, or raise the limit (ulimit -u).",
            limit=limit,
        )
    return ok("processes", text, limit=_json(limit))


def _own_threads() -> int:
    found = 0
    for process in psutil.process_iter():
        try:
            if process.uids().real == os.getuid():
                found += process.num_threads()
        except psutil.Error:
            continue  # it has ended
    return found


def _group_limit(file: Path) -> int | None:
    """Return a limit of the control group, which a container sees as the root group."""
    try:
        text = file.read_text().strip()
    except OSError:
        return None
    return int(text) if text.isdecimal() else None


def _is_few(limit: int, enough: int) -> bool:
    return limit != resource.RLIM_INFINITY and limit < enough


def _number(limit: int) -> str:
    return "no limit" if limit == resource.RLIM_INFINITY else str(limit)


def _json(limit: int) -> int | None:
    return None if limit == resource.RLIM_INFINITY else limit
