"""The lifeline of a session, on the side of the process that holds it.

It carries commands to the session and events from it (see ``session_messages``). The session's side
is ``session.control``.
"""

from __future__ import annotations

import asyncio
from abc import ABC, abstractmethod
from collections.abc import AsyncIterator

from .session_messages import BadMessage, Command, Event, decode_event, encode

LONGEST_LINE = 8 * 1024 * 1024  # bytes; a last state holds 100 log lines, escaped


class Lifeline(ABC):
    """The connection to a session, which ends when the connection closes."""

    @abstractmethod
    def send(self, command: Command) -> None:
        """Send a command to the session; ignored if that has ended."""

    @abstractmethod
    def events(self) -> AsyncIterator[Event]:
        """Yield the session's events until it has ended. Called once."""

    @abstractmethod
    async def close(self, timeout: float) -> None:
        """Close the lifeline; return when the session has ended.

        The session is killed if it has not ended by itself after ``timeout`` seconds.
        """


class ChildLifeline(Lifeline):
    """The standard input and output of a child process, started with ``LONGEST_LINE``."""

    def __init__(self, process: asyncio.subprocess.Process) -> None:
        self._process = process

    def send(self, command: Command) -> None:
        """Send a command to the session; ignored if that has ended."""
        self._write(encode(command))

    def send_line(self, line: str) -> None:
        """Send a line that precedes the commands, such as the specification."""
        self._write(line.encode() + b"\n")

    async def events(self) -> AsyncIterator[Event]:
        """Yield the session's events until it closes its output."""
        assert self._process.stdout
        while line := await self._process.stdout.readline():
            try:
                event = decode_event(line)
            except BadMessage:
                self._odd(line)
                continue
            yield event

    def _odd(self, line: bytes) -> None:
        """Handle a line that is no event."""

    def _write(self, line: bytes) -> None:
        assert self._process.stdin
        if not self._process.stdin.is_closing():
            self._process.stdin.write(line)
