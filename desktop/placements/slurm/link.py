"""The lifeline of the session in a job, through srun(1)."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Sequence
from subprocess import PIPE

from ...system import spawn
from ...system.lifeline import LONGEST_LINE, ChildLifeline
from . import commands
from .commands import CommandFailed
from .stdio import READY

_STDERR_TIMEOUT = 1.0  # seconds to read the rest of standard error


class Link(ChildLifeline):
    """A step of the job that connects this process with the session.

    Lines that are not events come from the site, such as a banner, and are ignored.
    """

    def __init__(self, process: asyncio.subprocess.Process) -> None:
        super().__init__(process)
        assert process.stderr
        # Read continuously: srun blocks when the pipe is full.
        self._said = asyncio.ensure_future(process.stderr.read())

    @classmethod
    async def open(cls, command: Sequence[str], address: str, timeout: float) -> Link:
        """Run ``command``, an srun, and return when it is connected to the socket ``address``.

        Raises ``CommandFailed``, after ``timeout`` seconds at the latest.
        """
        try:
            process = await spawn.start_followed(
                command,
                stdin=PIPE,
                stdout=PIPE,
                stderr=PIPE,
                environment=commands.reaching(address),
                longest_line=LONGEST_LINE,
            )
        except OSError as error:
            raise CommandFailed(f"{command[0]} cannot be run ({error.strerror})") from error
        link = cls(process)
        try:
            await link._connected(timeout)
        except BaseException:
            await link.close(0)
            raise
        return link

    async def _connected(self, timeout: float) -> None:
        assert self._process.stdout
        try:
            await asyncio.wait_for(self._process.stdout.readuntil(READY), timeout)
        except asyncio.TimeoutError:
            raise CommandFailed(f"it has not connected for {timeout:g} seconds") from None
        except (asyncio.IncompleteReadError, asyncio.LimitOverrunError):
            raise CommandFailed(await self._words()) from None

    async def _words(self) -> str:
        """Return its standard error; processes that it has left may keep the pipe open."""
        done, _ = await asyncio.wait({self._said}, timeout=_STDERR_TIMEOUT)
        return self._said.result().decode(errors="replace").strip() if done else ""

    async def close(self, timeout: float) -> None:
        """Close the lifeline; the step gets ``timeout`` seconds to end."""
        assert self._process.stdin
        self._process.stdin.close()
        try:
            await asyncio.wait_for(self._process.wait(), timeout)
        except asyncio.TimeoutError:
            with contextlib.suppress(ProcessLookupError):
                self._process.kill()
            # Processes that it has left may keep its output open, which asyncio may wait for.
            await asyncio.wait(
                [asyncio.ensure_future(self._process.wait())], timeout=_STDERR_TIMEOUT
            )
        self._said.cancel()
