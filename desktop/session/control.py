"""The session's end of its lifeline: commands on standard input, events on standard output.

The messages are in ``system.session_messages``.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
import socket
import stat
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from ..system import pipes
from ..system.session_messages import BadMessage, Command, Event, decode_command, encode

_LATE_LINE_TIMEOUT = 0.5  # seconds to read a line that was sent while this process was stopped
_FLUSH_TIMEOUT = 2.0  # seconds for the other side to read the last events


class _Ended(asyncio.BaseProtocol):
    """Completes ``ended`` when all data was written, or the pipe has closed."""

    def __init__(self) -> None:
        self.ended: asyncio.Future[None] = asyncio.get_running_loop().create_future()

    def connection_lost(self, exc: Exception | None) -> None:
        self.ended.set_result(None)


class Control:
    """The channel to and from the process that started this session."""

    def __init__(
        self, reader: asyncio.StreamReader, writer: asyncio.WriteTransport | asyncio.StreamWriter
    ) -> None:
        self._reader = reader
        self._writer = writer

    @classmethod
    @asynccontextmanager
    async def open(cls) -> AsyncIterator[Control]:
        """Take over this process's standard input and output: two pipes, or one socket."""
        ways = _socket() if stat.S_ISSOCK(os.fstat(0).st_mode) else _pipes()
        async with ways as (reader, writer):
            yield cls(reader, writer)

    async def commands(self, silence: float = 0) -> AsyncIterator[Command]:
        """Yield commands until the lifeline closes, or is silent for ``silence`` seconds."""
        try:
            while line := await self._line(silence):
                try:
                    yield decode_command(line)
                except BadMessage as error:
                    # The line may hold a password, and this goes to the log.
                    print(f"A command was not recognised: {error}", file=sys.stderr)
        except asyncio.TimeoutError:
            return

    async def _line(self, silence: float) -> bytes:
        try:
            return await asyncio.wait_for(self._reader.readline(), silence or None)
        except asyncio.TimeoutError:
            # After SIGSTOP, a line that was sent in time may still be unread: since Python 3.12,
            # asyncio reports only the timeout.
            return await asyncio.wait_for(self._reader.readline(), _LATE_LINE_TIMEOUT)

    def send(self, event: Event) -> None:
        """Send an event to the process that started this session; ignored if that has ended."""
        if not self._writer.is_closing():
            self._writer.write(encode(event))


@asynccontextmanager
async def _pipes() -> AsyncIterator[tuple[asyncio.StreamReader, asyncio.WriteTransport]]:
    async with pipes.reader(os.dup(0)) as reader:
        writer, ended = await asyncio.get_running_loop().connect_write_pipe(
            _Ended, os.fdopen(os.dup(1), "wb", buffering=0)
        )
        try:
            yield reader, writer
        finally:
            writer.close()
            # The last state may be larger than the pipe's buffer.
            await asyncio.wait([ended.ended], timeout=_FLUSH_TIMEOUT)


@asynccontextmanager
async def _socket() -> AsyncIterator[tuple[asyncio.StreamReader, asyncio.StreamWriter]]:
    # connect_write_pipe would take any readable data for the end of the other side.
    reader, writer = await asyncio.open_connection(sock=socket.socket(fileno=os.dup(0)))
    try:
        yield reader, writer
    finally:
        writer.close()
        with contextlib.suppress(OSError, asyncio.TimeoutError):
            await asyncio.wait_for(writer.wait_closed(), _FLUSH_TIMEOUT)
