"""Runs other programs for their version or status."""

from __future__ import annotations

import shutil
import subprocess
from collections.abc import Mapping

_ANSWER_TIMEOUT = 10.0


def first_line(
    *command: str, environment: Mapping[str, str] | None = None, seconds: float = _ANSWER_TIMEOUT
) -> str:
    """Return the first line of a program's output, or, in parentheses, why there is none."""
    lines = said(*command, environment=environment, seconds=seconds).strip().splitlines()
    if not lines:
        return "(no output)"
    cut = len(lines) > 1 and lines[0].startswith("(")
    return f"{lines[0].strip()[:200]}{' …)' if cut else ''}"


def said(
    *command: str, environment: Mapping[str, str] | None = None, seconds: float = _ANSWER_TIMEOUT
) -> str:
    """Return a program's output, or, in parentheses, why it failed."""
    try:
        ran = subprocess.run(
            command,
            env=environment,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            errors="replace",
            timeout=seconds,
            check=False,
        )
    except subprocess.TimeoutExpired:
        return f"(no answer within {seconds:g} seconds)"
    except OSError as error:
        return f"(it cannot be run: {error.strerror})"
    if ran.returncode:
        return f"(it fails with status {ran.returncode}: {ran.stdout.strip()})"
    return ran.stdout


def there(*names: str) -> dict[str, str]:
    """Return the paths of those programs that are on PATH."""
    found = {name: shutil.which(name) for name in names}
    return {name: path for name, path in found.items() if path}
