"""Starting a child process that is on its own, but for its standard input and output."""

from __future__ import annotations

import asyncio
import subprocess
from collections.abc import Mapping, Sequence
from typing import TypedDict


class _Apart(TypedDict):
    cwd: str
    start_new_session: bool


_APART = _Apart(
    # Not Jupyter's folder: Python imports from there first, a user's json.py, say.
    cwd="/",
    # Ctrl+C in Jupyter's terminal is Jupyter's to act on.
    start_new_session=True,
)
_LONGEST_LINE = 64 * 1024  # bytes; asyncio's own default


def start(
    command: Sequence[str],
    *,
    stdin: int,
    stdout: int,
    stderr: int | None = None,
    environment: Mapping[str, str] | None = None,
) -> subprocess.Popen[bytes]:
    """Start ``command``, with our environment if none is given; raises ``OSError``."""
    return subprocess.Popen(
        command, stdin=stdin, stdout=stdout, stderr=stderr, env=environment, **_APART
    )


async def start_followed(
    command: Sequence[str],
    *,
    stdin: int,
    stdout: int,
    stderr: int | None = None,
    environment: Mapping[str, str] | None = None,
    longest_line: int = _LONGEST_LINE,
) -> asyncio.subprocess.Process:
    """Start ``command`` as a process of the event loop, as ``start`` does.

    Lines that are read of it hold ``longest_line`` bytes at most.
    """
    return await asyncio.create_subprocess_exec(
        *command,
        stdin=stdin,
        stdout=stdout,
        stderr=stderr,
        env=environment,
        limit=longest_line,
        **_APART,
    )
