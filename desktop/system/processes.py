"""Processes, in particular descendants of this process, including hidden ones.

/proc may hide processes (proc(5), ``hidepid``): those of other users, and own ones that are not
dumpable, such as a setgid ssh-agent or gpg-agent. The file ``children`` of an own process lists
even these. The children of a hidden process show up when it has ended: then a child subreaper
(prctl(2)) is their parent. So callers repeat the search until waitpid(2) reports no children.
"""

from __future__ import annotations

import functools
import os
import re
import signal
from collections import defaultdict
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

_PROC = Path("/proc")
_SELF = "self"


@dataclass(frozen=True)
class Process:
    """A process. ``parent`` is the id of its parent when it was found, 0 if hidden.

    ``started``, in clock ticks after the boot, distinguishes it from a later process with the same
    id; None if hidden.
    """

    pid: int
    parent: int
    started: int | None

    def is_running(self) -> bool:
        """Whether it is running; a zombie is not."""
        if not is_running(self.pid):
            return False
        told = _stat(self.pid)
        return told is None or told.started == self.started

    def send(self, number: signal.Signals) -> bool:
        """Send a signal; False if not permitted (a root shell of sudo's), or if it has ended."""
        if not self.is_running():
            return False
        try:
            os.kill(self.pid, number)
            if number == signal.SIGTERM:
                # A stopped process handles SIGTERM only after SIGCONT.
                os.kill(self.pid, signal.SIGCONT)
        except OSError:
            return False
        return True

    def variables(self) -> dict[str, str]:
        """Return the environment with which it was started; empty if hidden."""
        try:
            data = Path(_PROC, str(self.pid), "environ").read_bytes()
        except OSError:
            return {}
        pairs = (os.fsdecode(entry).partition("=") for entry in data.split(b"\0"))
        return {name: value for name, separator, value in pairs if separator}

    def is_of(self, user: int) -> bool:
        """Whether ``user`` runs it; False if hidden."""
        try:
            told = Path(_PROC, str(self.pid), "status").read_text(errors="replace")
        except OSError:
            return False
        owner = re.search(r"^Uid:\s+(\d+)", told, re.MULTILINE)
        return owner is not None and int(owner[1]) == user

    @property
    def name(self) -> str:
        """The name of its program, of 15 bytes at most; empty if hidden."""
        try:
            return Path(_PROC, str(self.pid), "comm").read_text(errors="replace").strip()
        except OSError:
            return ""


def descendants() -> list[Process]:
    """Return every descendant of this process that can be found, including zombies.

    Each comes after its parent.
    """
    children = _children if _lists_children() else _children_by_parent()
    found: list[Process] = []
    todo = [(pid, os.getpid()) for pid in children(_SELF)]
    while todo:
        pid, parent = todo.pop(0)
        found.append(Process(pid, parent, process(pid).started))
        todo += [(child, pid) for child in children(str(pid))]
    return found


def process(pid: int) -> Process:
    """Return the process with that id."""
    told = _stat(pid)
    return Process(pid, told.parent, told.started) if told else Process(pid, 0, None)


def ancestors() -> set[int]:
    """Return the ids of this process and its visible ancestors."""
    found: set[int] = set()
    pid = os.getpid()
    while pid and pid not in found:
        found.add(pid)
        pid = process(pid).parent
    return found


def is_running(pid: int) -> bool:
    """Whether the process ``pid``, of any user, is running; a hidden one counts as running.

    A zombie does not: in many containers no process reaps orphans.
    """
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        pass  # another user's
    told = _stat(pid)
    return told is None or told.state not in "ZX"


@dataclass(frozen=True)
class _Stat:
    """The fields of /proc/PID/stat that are used here (proc(5))."""

    state: str
    parent: int
    started: int


def _stat(pid: int) -> _Stat | None:
    """Return the status of a process; None if hidden, or ended."""
    try:
        data = Path(_PROC, str(pid), "stat").read_bytes()
    except OSError:
        return None
    # The second field is the name in parentheses, which may contain any characters.
    _, _, rest = data.rpartition(b")")
    fields = rest.split()
    return _Stat(fields[0].decode(), int(fields[1]), int(fields[19]))


@functools.cache
def _lists_children() -> bool:
    """Whether this kernel has the file ``children`` (CONFIG_PROC_CHILDREN)."""
    return any(Path(_PROC, _SELF, "task").glob("*/children"))


def _children(process: str) -> list[int]:
    """Return the children of all threads of ``process``; empty if hidden, or ended."""
    found: list[int] = []
    try:
        threads = list(Path(_PROC, process, "task").iterdir())
    except OSError:
        return found
    for thread in threads:
        try:
            found += map(int, (thread / "children").read_text().split())
        except OSError:
            continue  # the thread has ended, and another one has its children
    return found


def _children_by_parent() -> Callable[[str], list[int]]:
    """Return a function like ``_children``, from the parents of all visible processes."""
    by_parent = defaultdict(list)
    for entry in _PROC.iterdir():
        told = _stat(int(entry.name)) if entry.name.isdecimal() else None
        if told:
            by_parent[told.parent].append(int(entry.name))
    return lambda process: by_parent[os.getpid() if process == _SELF else int(process)]
