"""Programs that tests need, and those that a distribution does not have.

What a distribution lacks cannot be tested on it: such a test is skipped, and says so. What it has
and is not installed is a fault of the machine: the test fails.
"""

from __future__ import annotations

import functools
import os
import shutil
import subprocess

import pytest

# By program; `make test` installs them.
_PACKAGES = {
    "xpra": "xpra",
    "firefox-esr": "firefox-esr",
    "MiniBrowser": "webkit2gtk-driver",
    "lowriter": "libreoffice-writer",
    "java": "default-jre",
}

# How the reason of such a skip begins. It is allowed where all tests are required.
NOT_IN_DISTRIBUTION = "this distribution has no package "


def require(program: str, path: str = "") -> None:
    """Skip the test where the distribution has no ``program``; fail if it is not installed.

    ``path`` is where it was found, if that is not for PATH to say.
    """
    if path or shutil.which(program):
        return
    package = _PACKAGES[program]
    if not _distribution_has(package):
        pytest.skip(NOT_IN_DISTRIBUTION + package)
    pytest.fail(f"there is no {program} on PATH; `make test` installs it (package {package})")


@functools.cache
def _distribution_has(package: str) -> bool:
    """Ask apt; other package managers know the program under other names, and count as having it.

    apt names no candidate for what is in none of its archives (apt-cache(8), policy).
    """
    if shutil.which("apt-cache") is None:
        return True
    asked = subprocess.run(
        ["apt-cache", "policy", package],
        env={**os.environ, "LC_ALL": "C"},
        stdout=subprocess.PIPE,
        text=True,
        check=True,
    )
    candidates = [line.split()[1] for line in asked.stdout.splitlines() if "Candidate:" in line]
    return any(candidate != "(none)" for candidate in candidates)
