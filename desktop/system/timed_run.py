"""Run a program with a timeout; after it, kill the program with its process group."""

from __future__ import annotations

import os
import signal
import subprocess
from collections.abc import Mapping, Sequence
from contextlib import suppress
from typing import NamedTuple


class Ran(NamedTuple):
    """Output of a program and its exit status: negative for a signal, None after a timeout."""

    output: str
    errors: str
    status: int | None


def run(command: Sequence[str], environment: Mapping[str, str], seconds: float) -> Ran:
    """Run ``command``, and kill it after ``seconds``; raises ``OSError`` if it cannot be run."""
    with subprocess.Popen(
        command,
        env=environment,
        # Not the inherited one, which may be a lifeline with commands.
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        errors="replace",
        # For killpg(): to kill a wrapper, such as a shell script, would not kill its children.
        start_new_session=True,
    ) as process:
        try:
            output, errors = process.communicate(timeout=seconds)
        except subprocess.TimeoutExpired as late:
            return Ran(_text(late.stdout), _text(late.stderr), None)
        finally:
            if process.returncode is None:
                with suppress(ProcessLookupError):
                    os.killpg(process.pid, signal.SIGKILL)
    return Ran(output, errors, process.returncode)


def _text(printed: bytes | str | None) -> str:
    # TimeoutExpired holds bytes, even with text=True.
    return printed.decode(errors="replace") if isinstance(printed, bytes) else printed or ""
