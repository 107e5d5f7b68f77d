"""Programs that tests need, and those that a distribution does not have.

A test of a program that the distribution has no package of is skipped. If the package exists but is
not installed, the test fails.
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
    "libyuv": "libyuv0",
}

# First words of the reason of such a skip, which is allowed where all tests are required.
NOT_IN_DISTRIBUTION = "this distribution has no package "


def require(program: str, path: str = "") -> None:
    """Skip the test where the distribution has no ``program``; fail if it is not installed.

    ``path`` is its path if it is not on PATH.
    """
    if path or shutil.which(program):
        return
    package = _PACKAGES[program]
    if not _distribution_has(package):
        pytest.skip(NOT_IN_DISTRIBUTION + package)
    pytest.fail(f"there is no {program} on PATH; `make test` installs it (package {package})")


@functools.cache
def _distribution_has(package: str) -> bool:
    """Ask apt; with other package managers, which use other names, assume that it exists.

    apt prints no candidate for a package that is in no archive (apt-cache(8), policy).
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
