"""The socket of the companion: reads the requests of viewers."""

from __future__ import annotations

import asyncio
import logging
import os
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from . import records
from .producer import Producer
from .records import BadRecord, KeyRequest, Shown, Start, Stop
from .viewer import Viewer

_MOST_VIEWERS = 64
_START_INTERVAL = 0.1  # seconds, for all viewers together: each start may cost an encoder

_log = logging.getLogger(__name__)


@asynccontextmanager
async def serve(path: Path, producer: Producer) -> AsyncIterator[None]:
    """Serve viewers at ``path`` meanwhile; only this user may connect."""
    connections: set[asyncio.Task[None]] = set()
    starts = _Starts()

    async def accept(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        if len(connections) >= _MOST_VIEWERS:
            writer.close()
            return
        task = asyncio.current_task()
        assert task
        connections.add(task)
        try:
            await _serve_viewer(producer, starts, reader, writer)
        finally:
            connections.discard(task)

    path.unlink(missing_ok=True)
    listening = socket.socket(socket.AF_UNIX)
    before = os.umask(0o177)
    try:
        listening.bind(str(path))
    finally:
        os.umask(before)
    server = await asyncio.start_unix_server(accept, sock=listening, limit=2 * records.LONGEST)
    try:
        yield
    finally:
        server.close()
        for task in connections:
            task.cancel()
        path.unlink(missing_ok=True)


class _Starts:
    """Spaces the starts of all viewers."""

    def __init__(self) -> None:
        self._next = 0.0  # when the next one may be handled, in the loop's time

    async def turn(self) -> None:
        """Return when a start may be handled."""
        now = asyncio.get_running_loop().time()
        when = max(now, self._next)
        self._next = when + _START_INTERVAL
        await asyncio.sleep(when - now)


async def _serve_viewer(
    producer: Producer, starts: _Starts, reader: asyncio.StreamReader, writer: asyncio.StreamWriter
) -> None:
    """Serve one viewer until it disconnects or sends an invalid record."""
    viewer = Viewer(writer)
    producer.join(viewer)
    try:
        while not viewer.does_not_read:
            match await records.read(reader):
                case Start() as start:
                    await starts.turn()
                    producer.start(viewer, start)
                case Stop():
                    producer.stop(viewer)
                case Shown(number):
                    producer.shown(viewer, number)
                case KeyRequest():
                    producer.key(viewer)
        writer.transport.abort()  # without waiting until it reads
    except BadRecord as error:
        _log.warning("A viewer was disconnected: %s", error)
    except (asyncio.IncompleteReadError, ConnectionError):
        pass
    finally:
        writer.close()
        producer.leave(viewer)
