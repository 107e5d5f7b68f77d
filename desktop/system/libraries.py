"""Libraries of $LD_LIBRARY_PATH and $LD_PRELOAD (ld.so(8)), which may not fit a system's program.

Modules of a cluster and conda environments set these variables for programs of their own. Every
other program takes those libraries for the system's, too, and does not start where one is older or
built in another way.
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
"""The environment of a program that is run without them; empty, they name nothing (ld.so(8))."""

# How loaders say that a library is missing or does not fit: glibc's, musl's, and Python's.
_COMPLAINT = re.compile(
    r"error while loading shared libraries: |symbol lookup error: |relocation error: "
    r"|undefined symbol: |cannot open shared object file|version [`'][^']*' not found"
    r"|=> not found|Error loading shared library |Error relocating "
)
_FATAL = re.compile(
    r"error while loading shared libraries: |symbol lookup error: |relocation error: "
    r"|version [`'][^']*' not found \(required by"
)
CHECK_TIMEOUT = 5.0  # seconds, for all programs together: the libraries may be on a slow network


class Unknown(Exception):
    """Whether libraries fit was not found out in time."""


@dataclass(frozen=True)
class Misfit:
    """``libraries`` (paths) that ``variables`` name, which do not fit ``program``.

    ``complaint`` is what the loader says. ``libraries`` is empty where it is not known which.
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
    """Return the line of ``text`` in which a loader complains; empty if there is none."""
    lines = (" ".join(line.split()) for line in text.splitlines() if _COMPLAINT.search(line))
    # A preloaded library that does not fit is left out by the loader itself.
    return next((line for line in lines if not line.endswith(": ignored.")), "")


def fatal_complaint(text: str) -> str:
    """Return the line of ``text`` by which glibc's loader ended a program; empty if there is none.

    Programs print other complaints of loaders when they merely do without a library (dlopen(3)).
    """
    return complaint("\n".join(line for line in text.splitlines() if _FATAL.search(line)))


def are_set(environment: Mapping[str, str]) -> tuple[str, ...]:
    """Return the names of those that name something."""
    return tuple(name for name in VARIABLES if environment.get(name))


def misfit(
    program: str, environment: Mapping[str, str], said: str = "", deadline: float | None = None
) -> Misfit | None:
    """Return what does not fit ``program``, a name or path; None where nothing is known of it.

    ``said`` is a complaint that it has printed already; else ldd(1) is asked, which runs no
    program. One that lacks as much without the variables is none of their fault. Blocks for
    hundredths of a second, and until ``deadline`` (of ``time.monotonic``) at most, which is
    ``CHECK_TIMEOUT`` from now unless given. Raises ``Unknown`` then, if nothing was ``said``.
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
    loaded.update(re.findall(r"/[^\s:()]+", words))  # all there is where ldd's shell does not start
    named = filter(lambda library: _is_named(library, environment), loaded)
    return Misfit(program, variables, tuple(sorted(named)), words)


def first_misfit(programs: Iterable[str], environment: Mapping[str, str]) -> Misfit | None:
    """Return the first that ``misfit`` finds for any of ``programs``.

    Raises ``Unknown`` where that takes more than ``CHECK_TIMEOUT``.
    """
    if not are_set(environment):
        return None
    deadline = time.monotonic() + CHECK_TIMEOUT
    found = (misfit(program, environment, deadline=deadline) for program in programs)
    return next(filter(None, found), None)


def _ldd(path: str, environment: Mapping[str, str], deadline: float) -> str:
    """Return what the loader would load for a program, and which symbols it would not find."""
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
    """Whether the variables name ``library`` (a path), and not only one that needs it."""
    folder, name = os.path.split(library)
    folders = re.split("[:;]", environment.get("LD_LIBRARY_PATH", ""))
    preloaded = re.split("[: ]", environment.get("LD_PRELOAD", ""))
    return (
        folder in [one.rstrip("/") for one in folders] or {library, name} & set(preloaded) != set()
    )


def _paths(listed: str) -> list[str]:
    """Return the libraries in what ldd printed: "NAME => PATH (ADDRESS)", or preloaded ones."""
    return re.findall(r"^\s*(?:\S+ => )?(/.*) \(0x[0-9a-f]+\)$", listed, re.MULTILINE)
