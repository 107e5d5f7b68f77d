"""The lifeline and voice of the session in a job (see ``session_messages``), by way of srun(1)."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator, Sequence

from ...system.session_messages import BadMessage, Command, Event, decode_event, encode
from . import commands
from .commands import CommandFailed
from .stdio import READY

_LONGEST_LINE = 8 * 1024 * 1024  # bytes; a last state holds 100 log lines, escaped
_LAST_WORDS = 1.0  # seconds


class Link:
    """A step of the job that connects us with the session."""

    def __init__(self, process: asyncio.subprocess.Process) -> None:
        self._process = process
        assert process.stderr
        # Read all the time, or srun would wait for it one day.
        self._said = asyncio.ensure_future(process.stderr.read())

    @classmethod
    async def open(cls, command: Sequence[str], address: str, patience: float) -> Link:
        """Run ``command``, an srun; returns when it is connected to the socket ``address``.

        Raises ``CommandFailed``, after ``patience`` seconds at the latest.
        """
        try:
            process = await asyncio.create_subprocess_exec(
                *command,
                stdin=asyncio.subprocess.PIPE,
                stdout=asyncio.subprocess.PIPE,
                stderr=asyncio.subprocess.PIPE,
                env=commands.reaching(address),
                limit=_LONGEST_LINE,
                start_new_session=True,
            )
        except OSError as error:
            raise CommandFailed(f"{command[0]} cannot be run ({error.strerror})") from error
        link = cls(process)
        try:
            await link._connected(patience)
        except BaseException:
            await link.close(0)
            raise
        return link

    def send(self, command: Command) -> None:
        """Tell the session; nothing happens if it is gone."""
        self._write(encode(command))

    def send_line(self, line: str) -> None:
        """Send what comes before commands."""
        self._write(line.encode() + b"\n")

    def _write(self, line: bytes) -> None:
        assert self._process.stdin
        if not self._process.stdin.is_closing():
            self._process.stdin.write(line)

    async def events(self) -> AsyncIterator[Event]:
        """Yield what the session says until it ends."""
        assert self._process.stdout
        while line := await self._process.stdout.readline():
            try:
                yield decode_event(line)
            except BadMessage:
                continue  # a site's own greeting, for example

    async def _connected(self, patience: float) -> None:
        assert self._process.stdout
        try:
            await asyncio.wait_for(self._process.stdout.readuntil(READY), patience)
        except asyncio.TimeoutError:
            raise CommandFailed(f"it has not connected for {patience:g} seconds") from None
        except (asyncio.IncompleteReadError, asyncio.LimitOverrunError):
            raise CommandFailed(await self._words()) from None

    async def _words(self) -> str:
        """Return what it has said, once it has ended; what it left may keep its output open."""
        done, _ = await asyncio.wait({self._said}, timeout=_LAST_WORDS)
        return self._said.result().decode(errors="replace").strip() if done else ""

    async def close(self, patience: float) -> None:
        """Close the lifeline; the step gets ``patience`` seconds to end."""
        assert self._process.stdin
        self._process.stdin.close()
        try:
            await asyncio.wait_for(self._process.wait(), patience)
        except asyncio.TimeoutError:
            with contextlib.suppress(ProcessLookupError):
                self._process.kill()
            # What it has left may hold its output open, which asyncio may wait for, too.
            await asyncio.wait([asyncio.ensure_future(self._process.wait())], timeout=_LAST_WORDS)
        self._said.cancel()
