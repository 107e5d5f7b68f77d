"""Processes, above all those below this one, found without looking at other users' processes.

/proc may hide them (proc(5), ``hidepid``): from an ordinary user those of others, and also own
ones that are not dumpable, such as a setgid ssh-agent or gpg-agent. But the file ``children`` of a
process of one's own lists even those. What is below a hidden one is seen when that has ended: for
a child subreaper (prctl(2)) it is a child of its own then. So the search is repeated until
waitpid(2) says that there is none.
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
    """A process. ``parent`` is the id of its parent when it was found, 0 where that is hidden.

    ``started`` tells it from a later one with the same id: clock ticks after the boot, None where
    that is hidden.
    """

    pid: int
    parent: int
    started: int | None

    def is_running(self) -> bool:
        """Whether it has not ended; one that only waits to be reaped has."""
        if not is_running(self.pid):
            return False
        told = _stat(self.pid)
        return told is None or told.started == self.started

    def send(self, number: signal.Signals) -> bool:
        """Send a signal; False where that is not possible: a root shell of sudo's, for example."""
        if not self.is_running():
            return False
        try:
            os.kill(self.pid, number)
            if number == signal.SIGTERM:
                # A stopped process would not see the request until it is continued.
                os.kill(self.pid, signal.SIGCONT)
        except OSError:
            return False
        return True

    def variables(self) -> dict[str, str]:
        """Return the environment with which it was started; nothing where that is hidden."""
        try:
            data = Path(_PROC, str(self.pid), "environ").read_bytes()
        except OSError:
            return {}
        pairs = (os.fsdecode(entry).partition("=") for entry in data.split(b"\0"))
        return {name: value for name, separator, value in pairs if separator}

    def is_of(self, user: int) -> bool:
        """Whether ``user`` runs it; False where that is hidden."""
        try:
            told = Path(_PROC, str(self.pid), "status").read_text(errors="replace")
        except OSError:
            return False
        owner = re.search(r"^Uid:\s+(\d+)", told, re.MULTILINE)
        return owner is not None and int(owner[1]) == user

    @property
    def name(self) -> str:
        """The name of its program, of 15 bytes at most; empty where that is hidden."""
        try:
            return Path(_PROC, str(self.pid), "comm").read_text(errors="replace").strip()
        except OSError:
            return ""


def descendants() -> list[Process]:
    """Return every descendant of this process that can be found, also those not reaped yet.

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
    """Return the ids of this process and of those above it, as far as they can be seen."""
    found: set[int] = set()
    pid = os.getpid()
    while pid and pid not in found:
        found.add(pid)
        pid = process(pid).parent
    return found


def is_running(pid: int) -> bool:
    """Whether the process ``pid``, of any user, has not ended; one that is hidden has not.

    One that only waits to be reaped has: in many containers no process does that.
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
    """Return what is told of a process; None where it is hidden, or gone."""
    try:
        data = Path(_PROC, str(pid), "stat").read_bytes()
    except OSError:
        return None
    # The second field is the name, which may hold anything, in brackets.
    _, _, rest = data.rpartition(b")")
    fields = rest.split()
    return _Stat(fields[0].decode(), int(fields[1]), int(fields[19]))


@functools.cache
def _lists_children() -> bool:
    """Whether this kernel has the file (CONFIG_PROC_CHILDREN)."""
    return any(Path(_PROC, _SELF, "task").glob("*/children"))


def _children(process: str) -> list[int]:
    """Return the children of all threads of ``process``; none where it is hidden, or gone."""
    found: list[int] = []
    try:
        threads = list(Path(_PROC, process, "task").iterdir())
    except OSError:
        return found
    for thread in threads:
        try:
            found += map(int, (thread / "children").read_text().split())
        except OSError:
            continue  # the thread has ended, and its children are another one's
    return found


def _children_by_parent() -> Callable[[str], list[int]]:
    """Return the same from what all visible processes say of their parents, as it is now."""
    by_parent = defaultdict(list)
    for entry in _PROC.iterdir():
        told = _stat(int(entry.name)) if entry.name.isdecimal() else None
        if told:
            by_parent[told.parent].append(int(entry.name))
    return lambda process: by_parent[os.getpid() if process == _SELF else int(process)]
