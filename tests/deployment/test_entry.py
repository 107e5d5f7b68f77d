"""The images' entry script, run outside an image with several folders."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

from tests import users
from tests.machine import REPOSITORY

ENTRY = REPOSITORY / "containers" / "steps" / "entry"
PRINT = ("sh", "-c", 'echo "${XDG_RUNTIME_DIR:-}"')


@pytest.fixture
def enter(tmp_path: Path) -> Iterator[Callable[[int], str]]:
    """Returns the XDG_RUNTIME_DIR that the entry sets for a TMPDIR of that mode."""
    environment = {"PATH": os.environ["PATH"], "HOME": str(tmp_path), "TMPDIR": str(tmp_path)}
    with ExitStack() as stack:

        def enter(mode: int) -> str:
            tmp_path.chmod(mode)
            made = subprocess.check_output([ENTRY, *PRINT], env=environment, text=True).strip()
            if made:
                stack.callback(Path(made).rmdir)
            return made

        yield enter


@pytest.mark.parametrize("mode", [0o777, 0o2777, 0o770])
def test_a_tmpdir_writable_by_others_gets_a_runtime_folder_elsewhere(
    enter: Callable[[int], str], mode: int
) -> None:
    made = Path(enter(mode))
    assert made.parent == Path("/dev/shm")
    assert made.stat().st_mode & 0o777 == 0o700


@pytest.mark.parametrize("mode", [0o700, 0o755, 0o1777])
def test_a_safe_tmpdir_gets_no_runtime_folder(enter: Callable[[int], str], mode: int) -> None:
    """As on clusters, where jobs have a private TMPDIR and /dev/shm is the host's."""
    assert enter(mode) == ""


def test_a_missing_home_is_reported() -> None:
    ran = subprocess.run(
        [ENTRY, "true"],
        env={"PATH": os.environ["PATH"]},
        cwd="/",
        stderr=subprocess.PIPE,
        text=True,
        check=False,
        **users.become(users.new()),
    )
    assert ran.returncode == 1
    assert "/ cannot be written to by UID" in ran.stderr
    assert "set HOME to a folder that can be written to" in ran.stderr
