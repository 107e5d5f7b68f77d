"""Every process below this one: started here or adopted, reaped, and ended to the last."""

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
        """How it ended, in words; only for one that has."""
        status = self.exited.result()
        return f"signal {-status}" if status < 0 else f"status {status}"


def first_of(*children: Child) -> Child:
    """Return what stands for all ``children``: it has exited when the first of them has."""
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
    """Return what stands for ``child``, which is started again when it has ended.

    It has exited when that happened ``lives`` times ``within`` so many seconds, or when there is
    no other one.
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
    """Starts processes and outlives all of them.

    A desktop daemonises a dozen helpers. As a child subreaper (prctl(2)) this process becomes
    their parent when their own one ends, so none gets out of sight.
    """

    def __init__(self) -> None:
        self._children: dict[int, Child] = {}
        self.ending = False
        self.since = time.time()  # seconds since the epoch: none was started before
        self.asked: set[int] = set()  # process ids of all that were asked to end, or killed
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
        """Start a process in a process group of its own; what it prints goes to ``output``.

        It gets our umask, or ``umask`` (umask(2)).
        Raises ``StartFailed`` where it cannot be executed.
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
        # From here on the process is reaped by us, not by the Popen object.
        process.returncode = 0
        child = self._children[process.pid] = Child(name, process.pid)
        return child

    async def kill(self, child: Child) -> None:
        """End a child of ours, with all in its process group, at once."""
        with contextlib.suppress(ProcessLookupError):
            os.killpg(child.pid, signal.SIGKILL)
        await asyncio.wait([child.exited])

    def pids(self, name: str) -> set[int]:
        """Return the process ids of the children called ``name``."""
        return {child.pid for child in self._children.values() if child.name == name}

    async def end(self, processes: Iterable[Process], deadline: float) -> list[Process]:
        """Ask ``processes`` to end, and return those that have not by ``deadline``.

        That is a time of the event loop. What they start meanwhile is not asked, but waited for,
        too: it may be what saves something.
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
        """Return when ``process`` has ended, at ``deadline``, or when ``asked`` has failed."""
        while process.is_running() and asyncio.get_running_loop().time() < deadline:
            if asked.exited.done() and asked.exited.result() != 0:
                return
            await asyncio.sleep(_POLL_INTERVAL)
            self._reap()

    async def kill_all(self) -> None:
        """Kill every descendant."""
        self.ending = True
        # More than once, because a process that forks while it is being killed gets away, and what
        # was hidden below another one is seen now.
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
        """Take note of children that have ended; return whether others are left."""
        while True:
            try:
                pid, status = os.waitpid(-1, os.WNOHANG)
            except ChildProcessError:
                return False
            if pid == 0:
                return True
            child = self._children.pop(pid, None)
            if child and not child.exited.done():
                child.exited.set_result(os.waitstatus_to_exitcode(status))
