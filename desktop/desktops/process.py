"""The process of a session that runs under the Jupyter server."""

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
    """The process of the desktop called ``name``: the session itself, or what leads to it.

    ``status`` is its exit status, once its last event was taken.
    """

    def __init__(self, process: asyncio.subprocess.Process, name: str, log: logging.Logger) -> None:
        super().__init__(process)
        self.status = 0
        self._name = name
        self._log = log
        self._over = asyncio.Event()  # it has ended, and there is nothing left to read

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
        """Yield what the session says until it has ended. Called once."""
        try:
            async for event in super().events():
                yield event
            self.status = await self._process.wait()
        finally:
            self._over.set()

    async def close(self, timeout: float) -> None:
        """Wait for its end, and see to it if it takes more than ``timeout`` seconds.

        Called when it was told to stop, while ``events`` is followed.
        """
        # Asked to end, a keeper gives its worker some time, and then cleans up after it. Killed
        # before that, it would leave everything behind.
        for end, seconds in (
            (self._process.terminate, timeout + LATE),
            (self._process.kill, timeout + CLEAN_UP),
        ):
            try:
                await asyncio.wait_for(self._over.wait(), seconds)
                return
            except asyncio.TimeoutError:
                self._log.error("Desktop %r did not end when it should; ending it.", self._name)
            with contextlib.suppress(ProcessLookupError):
                end()
                # One that is stopped would not see the request until it is continued.
                self._process.send_signal(signal.SIGCONT)
        await self._over.wait()

    def _odd(self, line: bytes) -> None:
        self._log.warning("Desktop %r said something odd: %r", self._name, line[:200])
