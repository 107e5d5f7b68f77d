"""A network link that a test can cut, freeze and slow down: a TCP proxy in a thread."""

from __future__ import annotations

import asyncio
import socket
import struct
import threading
from collections.abc import Awaitable, Coroutine, Iterable, Iterator
from contextlib import contextmanager
from typing import Any

from tests.servers import free_port

_CHUNK = 64 * 1024
# SO_LINGER with no time to linger: close() sends RST (socket(7)).
_RESET = struct.pack("ii", 1, 0)


class Link:
    """Relays connections from ``port`` to ``target``, a port of this machine.

    Methods are called from another thread and return when they are done. ``carried`` counts the
    bytes of both directions.
    """

    def __init__(self, target: int) -> None:
        self.port = free_port()
        self.carried = 0
        self._broken = (b"", 0)
        self._target = target
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, daemon=True)
        self._flowing = asyncio.Event()
        self._delay = 0.0
        self._streams: set[asyncio.StreamWriter] = set()
        self._connections: set[asyncio.Future[None]] = set()
        self._websockets: set[asyncio.Future[None]] = set()
        self._listener: asyncio.Server | None = None

    @property
    def address(self) -> str:
        return f"http://localhost:{self.port}"

    def cut(self, *, reset: bool = False) -> None:
        """End every connection, with RST or FIN; new ones are accepted at once."""
        self._do(self._cut(reset))

    def down(self) -> None:
        """End every connection, and refuse new ones."""
        self._do(self._down())

    def up(self) -> None:
        """Accept connections again."""
        self._do(self._up())

    def freeze(self) -> None:
        """Stop relaying without closing, as when a radio link is lost."""
        self._do(self._freeze())

    def thaw(self) -> None:
        self._do(self._thaw())

    def forget(self) -> None:
        """Stop relaying on current WebSockets for ever, without closing them.

        As after sleep behind a NAT gateway. Other connections are cut, since browsers close those
        when they are suspended.
        """
        self._do(self._forget())

    def delay(self, seconds: float) -> None:
        """Delay both directions by ``seconds`` from now on."""
        self._delay = seconds

    def destroy(self, what: bytes, times: int) -> None:
        """Set the next ``times`` occurrences of those bytes to zero."""
        self._broken = (what, times)

    @property
    def left_to_destroy(self) -> int:
        """The remaining occurrences to destroy."""
        return self._broken[1]

    def repair(self) -> None:
        """End all disturbances."""
        self.delay(0)
        self.thaw()
        self.up()

    # -- in the thread

    def _do(self, coroutine: Coroutine[Any, Any, None]) -> None:
        asyncio.run_coroutine_threadsafe(coroutine, self._loop).result(10)

    async def _up(self) -> None:
        if not self._listener:
            self._listener = await asyncio.start_server(self._connected, "localhost", self.port)

    async def _down(self) -> None:
        if self._listener:
            self._listener.close()
            self._listener = None
        await self._cut(reset=True)

    async def _cut(self, reset: bool) -> None:
        for stream in self._streams:
            if reset and not stream.is_closing():
                stream.get_extra_info("socket").setsockopt(
                    socket.SOL_SOCKET, socket.SO_LINGER, _RESET
                )
            stream.close()
        await self._cancel(self._connections)

    async def _cancel(self, connections: Iterable[asyncio.Future[None]]) -> None:
        cancelled = list(connections)
        for connection in cancelled:
            connection.cancel()
        await asyncio.gather(*cancelled, return_exceptions=True)

    async def _freeze(self) -> None:
        self._flowing.clear()

    async def _thaw(self) -> None:
        self._flowing.set()

    async def _forget(self) -> None:
        self._flowing.clear()
        self._flowing = asyncio.Event()
        self._flowing.set()
        await self._cancel(self._connections - self._websockets)

    async def _connected(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        connection = asyncio.ensure_future(self._connect(reader, writer, self._flowing))
        self._connections.add(connection)
        connection.add_done_callback(self._connections.discard)
        connection.add_done_callback(self._websockets.discard)

    async def _connect(
        self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, flowing: asyncio.Event
    ) -> None:
        with self._open(writer):
            await flowing.wait()
            far_reader, far_writer = await asyncio.open_connection("localhost", self._target)
            with self._open(far_writer):
                far_writer.write(await self._head(reader))
                await _first(
                    self._carry(reader, far_writer, flowing),
                    self._carry(far_reader, writer, flowing),
                )

    async def _head(self, reader: asyncio.StreamReader) -> bytes:
        """Return the first bytes of this connection, and note whether it is for a WebSocket."""
        head = await reader.read(_CHUNK)
        task = asyncio.current_task()
        if task and b"\r\nSec-WebSocket-Key:" in head:
            self._websockets.add(task)
        return head

    @contextmanager
    def _open(self, stream: asyncio.StreamWriter) -> Iterator[None]:
        self._streams.add(stream)
        try:
            yield
        finally:
            self._streams.discard(stream)
            stream.close()

    async def _carry(
        self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, flowing: asyncio.Event
    ) -> None:
        try:
            while data := await reader.read(_CHUNK):
                await asyncio.sleep(self._delay)
                await flowing.wait()
                writer.write(self._damaged(data))
                await writer.drain()
                self.carried += len(data)
        except OSError:
            pass

    def _damaged(self, data: bytes) -> bytes:
        what, times = self._broken
        if times == 0 or what not in data:
            return data
        self._broken = (what, times - 1)
        return data.replace(what, bytes(len(what)), 1)


@contextmanager
def link(target: int) -> Iterator[Link]:
    """Run a link to ``target``, a port of this machine."""
    made = Link(target)
    made._thread.start()
    try:
        made.repair()
        yield made
    finally:
        made.down()
        made._loop.call_soon_threadsafe(made._loop.stop)
        made._thread.join(5)
        made._loop.close()


async def _first(*awaitables: Awaitable[None]) -> None:
    tasks = [asyncio.ensure_future(one) for one in awaitables]
    try:
        await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
    finally:
        for task in tasks:
            task.cancel()
