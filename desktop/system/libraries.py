"""Libraries of $LD_LIBRARY_PATH and $LD_PRELOAD (ld.so(8)), which may not fit a system program.

Cluster modules and conda environments set these variables for their own programs. All other
programs load those libraries as well, instead of the system's, and do not start if one is older or
built differently.
"""

from __future__ import annotations

import os
import re
import shutil
import time
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from . import timed_run

VARIABLES = ("LD_LIBRARY_PATH", "LD_PRELOAD")

NONE: Mapping[str, str] = dict.fromkeys(VARIABLES, "")
"""The variables for a program without these libraries; empty values are ignored (ld.so(8))."""

# Messages of the loaders of glibc, musl and Python about missing or unfit libraries.
_COMPLAINT = re.compile(
    r"error while loading shared libraries: |symbol lookup error: |relocation error: "
    r"|undefined symbol: |cannot open shared object file|version [`'][^']*' not found"
    r"|=> not found|Error loading shared library |Error relocating "
)
_FATAL = re.compile(
    r"error while loading shared libraries: |symbol lookup error: |relocation error: "
    r"|version [`'][^']*' not found \(required by"
)
CHECK_TIMEOUT = 5.0  # seconds for all programs together; the libraries may be on a slow network


class Unknown(Exception):
    """The check of libraries timed out."""


@dataclass(frozen=True)
class Misfit:
    """The ``libraries`` (paths) of ``variables`` that do not fit ``program``.

    ``complaint`` is the loader's message. ``libraries`` is empty if they are unknown.
    """

    program: str
    variables: tuple[str, ...]
    libraries: tuple[str, ...]
    complaint: str

    def __str__(self) -> str:
        names = " and ".join(self.variables)
        what = ", ".join(self.libraries) or "a library"
        return f"{what} of {names} does not fit {self.program} ({self.complaint})"


def complaint(text: str) -> str:
    """Return the first line of ``text`` with a loader's complaint; empty if there is none."""
    lines = (" ".join(line.split()) for line in text.splitlines() if _COMPLAINT.search(line))
    # The loader skips an unfit preloaded library, and the program starts.
    return next((line for line in lines if not line.endswith(": ignored.")), "")


def fatal_complaint(text: str) -> str:
    """Return the line of ``text`` with a fatal complaint of glibc's loader; empty if there is none.

    Other complaints may come from a program that continues without a library (dlopen(3)).
    """
    return complaint("\n".join(line for line in text.splitlines() if _FATAL.search(line)))


def are_set(environment: Mapping[str, str]) -> tuple[str, ...]:
    """Return the names of the variables that are set."""
    return tuple(name for name in VARIABLES if environment.get(name))


def misfit(
    program: str, environment: Mapping[str, str], said: str = "", deadline: float | None = None
) -> Misfit | None:
    """Return the misfit of ``program``, a name or path; None if none is found.

    ``said`` is a complaint that it has printed already; without one, ldd(1) is run, which does not
    run the program. A program with the same complaint without the variables is no misfit. Blocks
    for hundredths of a second, and until ``deadline`` (of ``time.monotonic``, by default
    ``CHECK_TIMEOUT`` from now) at most. Raises ``Unknown`` then, unless ``said`` is given.
    """
    variables = are_set(environment)
    path = shutil.which(program, path=environment.get("PATH"))
    if not variables or not path:
        return None
    deadline = time.monotonic() + CHECK_TIMEOUT if deadline is None else deadline
    with_them = without = ""
    try:
        with_them = _ldd(path, environment, deadline)
        words = said or complaint(with_them)
        if not words:
            return None
        without = _ldd(path, {**environment, **NONE}, deadline)
    except Unknown:
        if not said:
            raise
        words, with_them = said, ""
    if not said and complaint(without):
        return None
    loaded = set(_paths(with_them)) - set(_paths(without))
    loaded.update(re.findall(r"/[^\s:()]+", words))  # the only source if ldd's shell does not start
    named = filter(lambda library: _is_named(library, environment), loaded)
    return Misfit(program, variables, tuple(sorted(named)), words)


def first_misfit(
    programs: Iterable[str], environment: Mapping[str, str], timeout: float = CHECK_TIMEOUT
) -> Misfit | None:
    """Return the first misfit of any of ``programs``.

    Raises ``Unknown`` after ``timeout`` seconds.
    """
    if not are_set(environment):
        return None
    deadline = time.monotonic() + timeout
    found = (misfit(program, environment, deadline=deadline) for program in programs)
    return next(filter(None, found), None)


def _ldd(path: str, environment: Mapping[str, str], deadline: float) -> str:
    """Return ldd's list of the libraries of a program, and of missing symbols."""
    left = deadline - time.monotonic()
    if left <= 0:
        raise Unknown
    try:
        ran = timed_run.run(["ldd", "-r", path], environment, left)
    except OSError:
        return ""
    if ran.status is None:
        raise Unknown
    return ran.output + ran.errors


def _is_named(library: str, environment: Mapping[str, str]) -> bool:
    """Whether the variables name ``library`` (a path), not only a library that depends on it."""
    folder, name = os.path.split(library)
    folders = re.split("[:;]", environment.get("LD_LIBRARY_PATH", ""))
    preloaded = re.split("[: ]", environment.get("LD_PRELOAD", ""))
    return (
        folder in [one.rstrip("/") for one in folders] or {library, name} & set(preloaded) != set()
    )


def _paths(listed: str) -> list[str]:
    """Return the libraries in what ldd printed: "NAME => PATH (ADDRESS)", or preloaded ones."""
    return re.findall(r"^\s*(?:\S+ => )?(/.*) \(0x[0-9a-f]+\)$", listed, re.MULTILINE)
