"""The oldest supported Python, with the oldest and with its newest libraries.

The package is installed in a virtual environment, in which a few integration tests run, from a
server's start to its end, with a desktop and a viewer. ``test_debian`` covers the newest Python.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Sequence
from pathlib import Path

import pytest

from tests.machine import REPOSITORY

# Packages are downloaded and installed.
pytestmark = pytest.mark.timeout(900)

REFUSAL = "test_a_refusal_leaves_only_its_lines_in_the_log"
TESTS = (
    "test_api.py::test_the_page_has_strict_headers",
    "test_api.py::test_the_event_stream_follows_a_desktop_from_start_to_stop",
    "web_security/test_web_security.py::test_our_own_page_is_accepted",
    f"web_security/test_web_security.py::{REFUSAL}[used ticket]",
    "test_end.py::test_a_signal_ends_everything_within_five_seconds",
)
# Needed by these tests, but not by the package.
RUNNER = ("hypothesis", "pytest", "pytest-asyncio", "pytest-timeout")


def _declared() -> dict[str, str]:
    """Return the oldest allowed version of each dependency."""
    text = (REPOSITORY / "pyproject.toml").read_text()
    (dependencies,) = re.findall(r"^dependencies = \[\n(.*?)^\]", text, re.MULTILINE | re.DOTALL)
    found = dict(re.findall(r'"([\w-]+)>=([\d.]+)', dependencies))
    assert len(found) == len(dependencies.splitlines()), f"not all have a floor: {dependencies}"
    return found


def _oldest_python() -> Path:
    """Return the oldest supported Python on this machine.

    Debian has only one version, so older ones are from the administrator or pyenv. The fallback is
    the next version, at last this Python.
    """
    folders = Path(os.environ.get("PYENV_ROOT", Path.home() / ".pyenv"), "versions")
    for minor in range(10, sys.version_info[1]):
        on_path = shutil.which(f"python3.{minor}")
        of_pyenv = sorted(folders.glob(f"3.{minor}.*/bin/python3"))
        for python in [*([Path(on_path)] if on_path else []), *of_pyenv]:
            # Debian's may lack venv, and pyenv's commands fail for versions that are not activated.
            command: list[str | Path] = [python, "-c", "import ensurepip, venv"]
            if subprocess.run(command, capture_output=True, check=False).returncode == 0:
                return python
    return Path(sys.executable)


def _do(command: Sequence[str | Path], **environment: str) -> str:
    ran = subprocess.run(
        command,
        cwd=REPOSITORY,
        env={**os.environ, **environment},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
    )
    assert ran.returncode == 0, ran.stdout[-8000:]
    return ran.stdout


@pytest.fixture
def folder() -> Iterator[Path]:
    # Not pytest's tmp_path, which keeps the last three.
    with tempfile.TemporaryDirectory(prefix="jdt-", dir="/var/tmp") as made:
        yield Path(made)


@pytest.mark.parametrize("libraries", ["oldest", "newest"])
def test_a_desktop_works_with_these_libraries(libraries: str, folder: Path) -> None:
    floors = [f"{name}=={version}" for name, version in _declared().items()]
    pinned = floors if libraries == "oldest" else []
    oldest = _oldest_python()
    _do([oldest, "-m", "venv", folder])
    python = folder / "bin" / "python"
    _do([python, "-m", "pip", "install", "--quiet", REPOSITORY, *RUNNER, *pinned])
    installed = _do([python, "-m", "pip", "freeze"])
    print(_do([python, "--version"]), installed)
    # Compare prefixes: a floor such as 6 is installed as 6.0.0.
    assert all(f"\n{pin}" in f"\n{installed}".replace("_", "-") for pin in pinned), installed
    tests = [f"tests/integration/{test}" for test in TESTS]
    # Other versions of libraries warn of other things.
    options = ("-p", "no:cacheprovider", "--strict-markers", "-rA", "-o", "filterwarnings=")
    # The environment's programs come first.
    path = f"{folder / 'bin'}:{os.environ['PATH']}"
    printed = _do([python, "-m", "pytest", *options, *tests], PATH=path)
    assert re.search(r"=+ \d+ passed(, \d+ warnings?)? in ", printed), printed
