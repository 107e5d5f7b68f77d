"""Start of a child process in a new session, connected by standard input and output only."""

from __future__ import annotations

import asyncio
import subprocess
from collections.abc import Mapping, Sequence
from typing import TypedDict


class _Apart(TypedDict):
    cwd: str
    start_new_session: bool


_APART = _Apart(
    # Not Jupyter's folder: Python imports from there first, so a user's json.py.
    cwd="/",
    # Ctrl+C in Jupyter's terminal must reach only Jupyter.
    start_new_session=True,
)
_LONGEST_LINE = 64 * 1024  # bytes; asyncio's default


def start(
    command: Sequence[str],
    *,
    stdin: int,
    stdout: int,
    stderr: int | None = None,
    environment: Mapping[str, str] | None = None,
) -> subprocess.Popen[bytes]:
    """Start ``command``, by default with our environment; raises ``OSError``."""
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
    """Start ``command`` as ``start`` does, as an asyncio process.

    ``longest_line`` limits lines of its output, in bytes.
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
