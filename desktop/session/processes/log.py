"""The log of one child: the output of it and its descendants, bounded."""

from __future__ import annotations

import asyncio
import fcntl
import os
import termios
from collections import deque
from collections.abc import Callable
from io import FileIO
from pathlib import Path

from ...system import pipes

_LIMIT = 1024 * 1024  # bytes; then a new file is begun, and only one old file is kept
_LINES = 100
_LONGEST_LINE = 2000


class SessionLog:
    """Reads a pipe that processes print to; keeps a file and the last lines.

    ``on_line`` is called with each line. Memory and disk usage are bounded, whatever is printed.
    """

    def __init__(self, path: Path, on_line: Callable[[str], None]) -> None:
        self.tail: deque[str] = deque(maxlen=_LINES)  # the last lines, newest last
        self.count = 0  # lines since the start
        self._path = path
        self._on_line = on_line
        self._file = self._open()  # replaced when it is full
        self._reading, self.pipe = os.pipe()
        self._task = asyncio.ensure_future(self._read())

    async def close(self) -> None:
        """Close the pipe, read the rest of it, and stop."""
        os.close(self.pipe)
        try:
            await asyncio.wait_for(self._task, 0.5)
        except asyncio.TimeoutError:
            pass  # a surviving process still holds the other end
        self._file.close()

    def since(self, count: int) -> list[str]:
        """Return the lines after the first ``count`` that are still in ``tail``."""
        return list(self.tail)[max(0, len(self.tail) - (self.count - count)) :]

    async def caught_up(self) -> None:
        """Return when the output of processes that have ended is in ``tail``."""
        for _ in range(100):  # a running process may print without end
            await asyncio.sleep(0.01)
            waiting = fcntl.ioctl(self._reading, termios.FIONREAD, bytes(4))
            if not any(waiting):
                break
        await asyncio.sleep(0.01)  # the reader's turn

    def write(self, line: str) -> None:
        """Add a line."""
        line = line[:_LONGEST_LINE]
        self.tail.append(line)
        self.count += 1
        try:
            self._rotate()
            self._file.write(line.encode(errors="replace") + b"\n")
        except OSError:
            pass  # a full disk must not end the desktop; the last lines are in ``tail``
        self._on_line(line)

    async def _read(self) -> None:
        async with pipes.reader(self._reading) as reader:
            rest = b""
            while chunk := await reader.read(64 * 1024):
                *lines, rest = (rest + chunk).split(b"\n")
                if len(rest) > _LONGEST_LINE:
                    lines, rest = [*lines, rest], b""
                for line in lines:
                    self.write(line.decode(errors="replace").rstrip("\r"))
            if rest:
                self.write(rest.decode(errors="replace"))

    def _rotate(self) -> None:
        if self._file.tell() > _LIMIT:
            self._path.rename(self._path.with_suffix(".log.1"))
            full, self._file = self._file, self._open()
            full.close()

    def _open(self) -> FileIO:
        flags = os.O_WRONLY | os.O_CREAT | os.O_APPEND
        return FileIO(os.open(self._path, flags, 0o600), "ab")
