"""The session process, a child of the Jupyter server."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import signal
from collections.abc import AsyncIterator, Iterable, Sequence
from subprocess import PIPE

from ..session.processes.deadlines import CLEAN_UP, LATE
from ..system import spawn
from ..system.lifeline import LONGEST_LINE, ChildLifeline
from ..system.session_messages import Event


class SessionProcess(ChildLifeline):
    """The child process of the desktop called ``name``: its session, or its Slurm job's worker.

    ``status`` is its exit status, set after the last event.
    """

    def __init__(self, process: asyncio.subprocess.Process, name: str, log: logging.Logger) -> None:
        super().__init__(process)
        self.status = 0  # until the process has ended
        self._name = name
        self._log = log
        self._over = asyncio.Event()  # the process has ended, and its output is read

    @classmethod
    async def spawn(
        cls, command: Sequence[str], first: Iterable[str], name: str, log: logging.Logger
    ) -> SessionProcess:
        """Start ``command``, and send it the ``first`` lines; raises ``OSError``."""
        process = await spawn.start_followed(
            command, stdin=PIPE, stdout=PIPE, longest_line=LONGEST_LINE
        )
        session = cls(process, name, log)
        for line in first:
            session.send_line(line)
        return session

    async def events(self) -> AsyncIterator[Event]:
        """Yield the session's events until it has ended. Called once."""
        try:
            async for event in super().events():
                yield event
            self.status = await self._process.wait()
        finally:
            self._over.set()

    async def close(self, timeout: float) -> None:
        """Wait for its end; after ``timeout`` seconds and some slack, terminate it, then kill it.

        Called after ``Stop`` was sent, while another task reads ``events``.
        """
        # On SIGTERM, a keeper gives its worker time to end, and then cleans up after it. If it
        # were killed before that, processes and files would be left.
        for end, seconds in (
            (self._process.terminate, timeout + LATE),
            (self._process.kill, timeout + CLEAN_UP),
        ):
            try:
                await asyncio.wait_for(self._over.wait(), seconds)
                return
            except asyncio.TimeoutError:
                self._log.error("Desktop %r did not end in time; ending it.", self._name)
            with contextlib.suppress(ProcessLookupError):
                end()
                # A stopped process handles SIGTERM only after it is continued.
                self._process.send_signal(signal.SIGCONT)
        await self._over.wait()

    def _odd(self, line: bytes) -> None:
        self._log.warning("Desktop %r sent an invalid message: %r", self._name, line[:200])
