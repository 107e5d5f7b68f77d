"""The lifeline of a session, seen from the side that holds it.

By it the session hears commands and tells events (see ``session_messages``). The session's own end
is ``session.control``.
"""

from __future__ import annotations

import asyncio
from abc import ABC, abstractmethod
from collections.abc import AsyncIterator

from .session_messages import BadMessage, Command, Event, decode_event, encode

LONGEST_LINE = 8 * 1024 * 1024  # bytes; a last state holds 100 log lines, escaped


class Lifeline(ABC):
    """A session that lives as long as this is held."""

    @abstractmethod
    def send(self, command: Command) -> None:
        """Tell the session; nothing happens if it is gone."""

    @abstractmethod
    def events(self) -> AsyncIterator[Event]:
        """Yield what the session says until it has ended. Called once."""

    @abstractmethod
    async def close(self, timeout: float) -> None:
        """Let go; return when the session has ended.

        It has ``timeout`` seconds to do so in good order, and is ended after that.
        """


class ChildLifeline(Lifeline):
    """The standard input and output of a child process, started with ``LONGEST_LINE``."""

    def __init__(self, process: asyncio.subprocess.Process) -> None:
        self._process = process

    def send(self, command: Command) -> None:
        """Tell the session; nothing happens if it is gone."""
        self._write(encode(command))

    def send_line(self, line: str) -> None:
        """Send what comes before the commands: a specification."""
        self._write(line.encode() + b"\n")

    async def events(self) -> AsyncIterator[Event]:
        """Yield what the session says until it closes its output."""
        assert self._process.stdout
        while line := await self._process.stdout.readline():
            try:
                event = decode_event(line)
            except BadMessage:
                self._odd(line)
                continue
            yield event

    def _odd(self, line: bytes) -> None:
        """Take a line that is no event."""

    def _write(self, line: bytes) -> None:
        assert self._process.stdin
        if not self._process.stdin.is_closing():
            self._process.stdin.write(line)
