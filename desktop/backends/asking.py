"""Programs of the system, asked what they are: each is run once for each question."""

from __future__ import annotations

import os
import signal
import subprocess
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from ..system import libraries

_PATIENCE = 10.0  # seconds
_SHOWN = 200  # characters of what a program printed, in messages


@dataclass(frozen=True)
class Answer:
    """Output of a program and its exit status: negative for a signal, None if it went on.

    ``misfit`` is why it was run without the user's libraries.
    """

    output: str
    errors: str
    status: int | None
    misfit: libraries.Misfit | None = None

    @property
    def text(self) -> str:
        """All that it printed."""
        return self.output + self.errors

    def __str__(self) -> str:
        """Return it for messages."""
        text = " ".join(self.text.split())[:_SHOWN]
        printed = f"it printed {text!r}" if text else "it printed nothing"
        if self.status is None:
            return f"{printed} and did not end within {_PATIENCE:g} seconds"
        ended = f"signal {-self.status}" if self.status < 0 else f"status {self.status}"
        return f"{printed} and ended with {ended}"


def ask(*command: str, environment: Mapping[str, str] | None = None) -> Answer:
    """Run ``command`` with ``environment`` added to ours; raises ``OSError`` if that cannot be.

    Where a library of the user's environment does not fit, once more without those.
    """
    whole = {**os.environ, **(environment or {})}
    answer = _run(command, whole)
    said = libraries.complaint(answer.text) if answer.status else ""
    if said and libraries.are_set(whole):
        again = _run(command, {**whole, **libraries.NONE})
        if not (again.status and libraries.complaint(again.text)):
            return replace(again, misfit=libraries.misfit(command[0], whole, said))
    return answer


def _run(command: Sequence[str], environment: Mapping[str, str]) -> Answer:
    with subprocess.Popen(
        command,
        env=environment,
        # Ours may be a lifeline, with commands on it.
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        errors="replace",
        # A wrapper would not take along what it runs, when it is killed.
        start_new_session=True,
    ) as process:
        try:
            output, errors = process.communicate(timeout=_PATIENCE)
        except subprocess.TimeoutExpired as late:
            return Answer(_text(late.stdout), _text(late.stderr), None)
        finally:
            if process.returncode is None:
                os.killpg(process.pid, signal.SIGKILL)
    return Answer(output, errors, process.returncode)


def _text(printed: bytes | str | None) -> str:
    # Bytes whatever was asked for (subprocess.TimeoutExpired).
    return printed.decode(errors="replace") if isinstance(printed, bytes) else printed or ""
