"""The session's lifeline and voice: commands on standard input, events on standard output.

Both are lines of JSON. Commands: the specification first, then ``{"command": "admit", "id": …,
"password": …, "access": …}``, ``{"command": "resize", "geometry": …}`` and ``{"command": "stop"}``.
Events: ``{"event": "state", …}``, ``{"event": "log", "lines": […]}``, ``{"event": "input",
"active": …}`` when users begin and cease to type or move the mouse, and ``{"event": "admitted",
"id": …, "socket": …, "error": …}``, which answers the command with that id: the socket to connect
to, or an error.
"""

from __future__ import annotations

import asyncio
import json
import os
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

from . import pipes

_LAST_WORDS = 2.0  # seconds for the last events to be taken


class _Ended(asyncio.BaseProtocol):
    """Knows when everything was written, or cannot be any more."""

    def __init__(self) -> None:
        self.ended: asyncio.Future[None] = asyncio.get_running_loop().create_future()

    def connection_lost(self, exc: Exception | None) -> None:
        self.ended.set_result(None)


class Control:
    """The two pipes to whoever started this session."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.WriteTransport) -> None:
        self._reader = reader
        self._writer = writer

    @classmethod
    @asynccontextmanager
    async def open(cls) -> AsyncIterator[Control]:
        """Take over this process's standard input and output."""
        async with pipes.reader(os.dup(0)) as reader:
            writer, ended = await asyncio.get_running_loop().connect_write_pipe(
                _Ended, os.fdopen(os.dup(1), "wb", buffering=0)
            )
            try:
                yield cls(reader, writer)
            finally:
                writer.close()
                # The last state may be longer than a pipe takes at once.
                await asyncio.wait([ended.ended], timeout=_LAST_WORDS)

    async def commands(self) -> AsyncIterator[dict[str, Any]]:
        """Yield commands until the lifeline closes."""
        while line := await self._reader.readline():
            yield json.loads(line)

    def send(self, event: str, **values: Any) -> None:
        """Tell whoever started this session; nothing happens if they are gone."""
        if not self._writer.is_closing():
            self._writer.write(encode(event, **values))


def encode(event: str, **values: Any) -> bytes:
    """Return an event as it is sent."""
    return json.dumps({"event": event, **values}).encode() + b"\n"
