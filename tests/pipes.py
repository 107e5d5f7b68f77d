"""The pipes of a process that has them; their type in ``Popen`` is optional."""

from __future__ import annotations

from subprocess import Popen
from typing import IO, AnyStr


def stdin(process: Popen[AnyStr]) -> IO[AnyStr]:
    assert process.stdin is not None
    return process.stdin


def stdout(process: Popen[AnyStr]) -> IO[AnyStr]:
    assert process.stdout is not None
    return process.stdout


def stderr(process: Popen[AnyStr]) -> IO[AnyStr]:
    assert process.stderr is not None
    return process.stderr
