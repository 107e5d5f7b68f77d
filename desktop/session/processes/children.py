"""The descendants of this process: started here or adopted, reaped, and all ended."""

from __future__ import annotations

import asyncio
import contextlib
import os
import signal
import subprocess
import time
from collections import deque
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from ...errors import StartFailed
from ...system.processes import Process, descendants
from .deadlines import DYING, KILLING_ROUNDS
from .keeper import adopt_orphans

_POLL_INTERVAL = 0.02  # seconds


@dataclass
class Child:
    """A process started here. ``exited`` holds its exit status, negative for a signal."""

    name: str
    pid: int
    exited: asyncio.Future[int] = field(default_factory=asyncio.Future)

    @property
    def status(self) -> str:
        """The exit status in words; only after the exit."""
        status = self.exited.result()
        return f"signal {-status}" if status < 0 else f"status {status}"


def first_of(*children: Child) -> Child:
    """Return a ``Child`` that stands for all ``children``: it exits with the first of them."""
    together = Child(children[0].name, children[0].pid)

    def settle(exited: asyncio.Future[int]) -> None:
        if not together.exited.done():
            together.exited.set_result(exited.result())

    for child in children:
        child.exited.add_done_callback(settle)
    return together


def kept(
    child: Child, start: Callable[[], Child | None], lives: int = 3, within: float = 60.0
) -> Child:
    """Return a ``Child`` that stands for ``child`` and its restarts by ``start``.

    It exits when ``child`` has ended ``lives`` times within ``within`` seconds, or when ``start``
    returns None.
    """
    together = Child(child.name, child.pid)
    loop = asyncio.get_running_loop()
    ends: deque[float] = deque(maxlen=lives)

    def ended(exited: asyncio.Future[int]) -> None:
        ends.append(loop.time())
        often = len(ends) == lives and ends[-1] - ends[0] < within
        another = None
        try:
            another = None if often else start()
        finally:
            if another:
                another.exited.add_done_callback(ended)
            else:
                together.exited.set_result(exited.result())

    child.exited.add_done_callback(ended)
    return together


class Children:
    """Starts processes and reaps all descendants.

    A desktop daemonises a dozen helpers. As a child subreaper (prctl(2)), this process becomes
    their parent when their own parent ends, so it can find and end all of them.
    """

    def __init__(self) -> None:
        self._children: dict[int, Child] = {}  # by process id, until they are reaped
        self.ending = False  # the session is ending: no child is restarted
        self.since = time.time()  # seconds since the epoch: none was started before
        # Ids of the processes that got SIGTERM or SIGKILL, or ended while the session was ending.
        self.asked: set[int] = set()
        adopt_orphans()
        asyncio.get_running_loop().add_signal_handler(signal.SIGCHLD, self._reap)

    def start(
        self,
        name: str,
        arguments: Sequence[str],
        environment: Mapping[str, str],
        *,
        folder: Path,
        output: int,
        pass_fds: Sequence[int] = (),
        umask: int = -1,
    ) -> Child:
        """Start a process in a new session (setsid(2)); it prints to ``output``.

        ``umask`` is -1 for the present one (umask(2)).
        Raises ``StartFailed`` if it cannot be executed.
        """
        try:
            process = subprocess.Popen(
                arguments,
                env=dict(environment),
                cwd=folder,
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=output,
                pass_fds=pass_fds,
                start_new_session=True,
                umask=umask,
            )
        except OSError as error:
            raise StartFailed(f"The {name} could not be started: {error}.") from error
        # _reap() collects the exit status: stop the Popen object from waiting for it.
        process.returncode = 0
        child = self._children[process.pid] = Child(name, process.pid)
        return child

    async def kill(self, child: Child) -> None:
        """Kill a child and its process group, and wait for its exit."""
        with contextlib.suppress(ProcessLookupError):
            os.killpg(child.pid, signal.SIGKILL)
        await asyncio.wait([child.exited])

    def pids(self, name: str) -> set[int]:
        """Return the process ids of the children called ``name``."""
        return {child.pid for child in self._children.values() if child.name == name}

    async def end(self, processes: Iterable[Process], deadline: float) -> list[Process]:
        """Send SIGTERM to ``processes``, and return those that run at ``deadline``.

        ``deadline`` is a time of the event loop. Processes that they start meanwhile get no signal,
        but are waited for as well: they may be saving something.
        """
        loop = asyncio.get_running_loop()
        asked = {process.pid: process for process in processes if process.send(signal.SIGTERM)}
        while left := list(filter(Process.is_running, asked.values())):
            if loop.time() >= deadline:
                break
            await asyncio.sleep(_POLL_INTERVAL)
            self._reap()
            for process in descendants():
                if process.parent in asked:
                    asked.setdefault(process.pid, process)
        self.asked |= set(asked)
        return left

    async def gone(self, process: Process, deadline: float, asked: Child) -> None:
        """Return when ``process`` has ended, when ``asked`` has failed, or at ``deadline``."""
        while process.is_running() and asyncio.get_running_loop().time() < deadline:
            if asked.exited.done() and asked.exited.result() != 0:
                return
            await asyncio.sleep(_POLL_INTERVAL)
            self._reap()

    async def kill_all(self) -> None:
        """Kill every descendant."""
        self.ending = True
        # In rounds: a process may fork while it is killed, and descendants of a hidden process show
        # up only after its end.
        for _ in range(KILLING_ROUNDS):
            killed = [process for process in descendants() if process.send(signal.SIGKILL)]
            self.asked |= {process.pid for process in killed}
            deadline = asyncio.get_running_loop().time() + DYING
            left = self._reap()
            while any(map(Process.is_running, killed)):
                if asyncio.get_running_loop().time() >= deadline:
                    break
                await asyncio.sleep(_POLL_INTERVAL)
                left = self._reap()
            if not left:
                break
            if not killed:
                # The kernel's lists of children are incomplete while some end (proc(5)).
                await asyncio.sleep(_POLL_INTERVAL)

    def _reap(self) -> bool:
        """Reap children that have ended; return whether others are left."""
        while True:
            try:
                pid, status = os.waitpid(-1, os.WNOHANG)
            except ChildProcessError:
                return False
            if pid == 0:
                return True
            if self.ending:
                self.asked.add(pid)
            child = self._children.pop(pid, None)
            if child and not child.exited.done():
                child.exited.set_result(os.waitstatus_to_exitcode(status))
