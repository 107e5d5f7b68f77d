"""A program's output, within a time limit; what it has started itself is ended with it."""

from __future__ import annotations

import os
import signal
import subprocess
from collections.abc import Mapping, Sequence
from contextlib import suppress
from typing import NamedTuple


class Ran(NamedTuple):
    """Output of a program and its exit status: negative for a signal, None if it went on."""

    output: str
    errors: str
    status: int | None


def run(command: Sequence[str], environment: Mapping[str, str], seconds: float) -> Ran:
    """Run ``command``, and kill it after ``seconds``; raises ``OSError`` if it cannot be run."""
    with subprocess.Popen(
        command,
        env=environment,
        # Ours may be a lifeline, with commands on it.
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        errors="replace",
        # A wrapper, a shell script say, would not take along what it runs, when it is killed.
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
    # Bytes whatever was asked for (subprocess.TimeoutExpired).
    return printed.decode(errors="replace") if isinstance(printed, bytes) else printed or ""
