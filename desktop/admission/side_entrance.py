"""The side entrance: `/desktop-websockify/`, for RFB-over-WebSocket clients other than our page.

jupyter-server-proxy authenticates the user and forwards the connections to a Unix socket here. It
cannot send a ticket, so the newest one for the client "websockify" is used.
"""

from __future__ import annotations

import asyncio
import json
import logging
import os
import shutil
import socket
from collections.abc import Awaitable, Callable, Sequence
from pathlib import Path

from ..errors import DesktopError, RuntimeFolderUnusable
from ..system.claim import PREFIX, claim, remove_unclaimed
from ..system.credentials import folder_suffix
from ..system.runtime import choose_base, with_temporary

CLIENT = "websockify"

_LONGEST_HEAD = 64 * 1024
_IO_TIMEOUT = 5.0  # seconds to receive a request, and to send an answer

# /dev/null is not a directory, so no user can create a socket below it (null(4)).
_NOWHERE = Path("/dev/null")

_STATUS_LINES = {403: "Forbidden", 404: "Not Found", 409: "Conflict", 410: "Gone"}


class SideEntrance:
    """A listening Unix socket whose path is known before it exists.

    ``admit`` is called with each connection, and closes it; its ``DesktopError`` is sent as the
    answer. If none of ``folders`` is safe there is no side entrance, and ``problem`` says why:
    another user who could replace the socket would receive the user's login.
    """

    def __init__(
        self,
        folders: Sequence[str],
        admit: Callable[[socket.socket], Awaitable[None]],
        log: logging.Logger,
    ) -> None:
        self._admit = admit
        self._log = log
        self.problem: RuntimeFolderUnusable | None = None  # None if a folder is safe
        self.folder = self._base(folders) / f"{PREFIX}{folder_suffix()}"
        self._listener: socket.socket | None = None  # None while it does not listen
        self._made = False  # the folder exists, and ``close`` removes it
        self._claim: int | None = None  # descriptor of the folder's lock; None without one
        # Running; asyncio keeps only weak references.
        self._admitting: set[asyncio.Task[None]] = set()

    @property
    def path(self) -> Path:
        """The path of the socket."""
        return self.folder / "side.sock"  # LONGEST_BASE limits the length of this name

    def open(self) -> None:
        """Make the folder (0700) and listen."""
        if self._listener or self.problem:
            return
        remove_unclaimed(self.folder.parent)
        try:
            self.folder.mkdir(mode=0o700)
        except OSError as error:
            self._log.warning("/desktop-websockify/ cannot be served: %s", error)
            return
        self._made = True
        try:
            self.folder.chmod(0o700)  # Jupyter's umask may have removed our own permissions
            self._claim = claim(self.folder)
            self._listener = self._listen()
        except OSError as error:
            self._log.warning("/desktop-websockify/ cannot be served: %s", error)
            self.close()
            return
        self._listener.setblocking(False)
        asyncio.get_running_loop().add_reader(self._listener, self._accept)

    def _base(self, folders: Sequence[str]) -> Path:
        try:
            return choose_base(with_temporary(folders))
        except RuntimeFolderUnusable as error:
            self._log.warning("/desktop-websockify/ is not served. %s", error)
            self.problem = error
            return _NOWHERE

    def _listen(self) -> socket.socket:
        listener = socket.socket(socket.AF_UNIX)
        try:
            listener.bind(str(self.path))
            self.path.chmod(0o600)
            listener.listen()
        except OSError:
            listener.close()
            raise
        return listener

    def close(self) -> None:
        """Stop listening and remove the folder."""
        if self._listener:
            asyncio.get_running_loop().remove_reader(self._listener)
            self._listener.close()
            self._listener = None
        if self._claim is not None:
            os.close(self._claim)
            self._claim = None
        if self._made:
            self._made = False
            shutil.rmtree(self.folder, ignore_errors=True)

    def _accept(self) -> None:
        assert self._listener
        try:
            connection, _ = self._listener.accept()
        except OSError:
            return  # the client has disconnected, or this process has no free descriptor
        task = asyncio.ensure_future(self._serve(connection))
        self._admitting.add(task)
        task.add_done_callback(self._admitting.discard)

    async def _serve(self, connection: socket.socket) -> None:
        try:
            await self._admit(connection)
        except DesktopError as error:
            self._log.warning("/desktop-websockify/: %s", error)
            await self._refuse(connection, error)

    async def _refuse(self, connection: socket.socket, error: DesktopError) -> None:
        """Answer any request with ``error``; unread data at the close could discard the answer."""
        if connection.fileno() < 0:
            return  # closed after a failed hand-off
        reader, writer = await asyncio.open_unix_connection(sock=connection, limit=_LONGEST_HEAD)
        try:
            await asyncio.wait_for(reader.readuntil(b"\r\n\r\n"), _IO_TIMEOUT)
            writer.write(_answer(error))
            await asyncio.wait_for(writer.drain(), _IO_TIMEOUT)
        except (OSError, EOFError, asyncio.LimitOverrunError, asyncio.TimeoutError):
            pass  # the client does not speak HTTP, or has disconnected
        finally:
            writer.close()


def _answer(error: DesktopError) -> bytes:
    body = json.dumps(error.as_json()).encode()
    status = _STATUS_LINES.get(error.status, "Service Unavailable")
    head = (
        f"HTTP/1.1 {error.status} {status}\r\nContent-Type: application/json\r\n"
        "X-Content-Type-Options: nosniff\r\nContent-Security-Policy: default-src 'none'\r\n"
        f"Content-Length: {len(body)}\r\nConnection: close\r\n\r\n"
    )
    return head.encode() + body
