"""A runtime folder is removed, but no file of a mount below it."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from jupyter_desktop.system.claim import claim, remove_unclaimed
from jupyter_desktop.system.runtime import runtime_folder
from tests.unit.session.leftovers.test_dead_mounts import Mount

# Mounts the user's files below a folder and removes that, in a mount namespace of its own.
PRELUDE = """
import os, subprocess, sys
from pathlib import Path
from jupyter_desktop.system.claim import claim, remove_unclaimed
from jupyter_desktop.system.runtime import runtime_folder

base, files = Path(sys.argv[1]), sys.argv[2]

def mount(folder):
    share = folder / "run" / "a share"
    share.mkdir(parents=True)
    subprocess.run(["mount", "--bind", files, share], check=True)
    assert (share / "file").exists()
"""
KILLED = """
folder = base / "jd-abcdefgh"
folder.mkdir()
os.close(claim(folder))
mount(folder)
remove_unclaimed(base)
"""
ENDED = """
with runtime_folder([str(base)]) as folder:
    mount(folder)
"""


@pytest.fixture
def private() -> list[str]:
    """A command prefix for private mounts; skips the test where nothing can be mounted."""
    command = ["unshare", "--mount", "--propagation", "private"]
    try:
        probe = [*command, "mount", "--bind", "/tmp", "/tmp"]
        subprocess.run(probe, check=True, capture_output=True)
    except (OSError, subprocess.CalledProcessError) as problem:
        pytest.skip(f"nothing can be mounted here: {problem}")
    return command


@pytest.mark.parametrize("script", [KILLED, ENDED])
def test_files_mounted_below_a_runtime_folder_stay(
    tmp_path: Path, private: list[str], script: str
) -> None:
    base, files = tmp_path / "base", tmp_path / "files"
    base.mkdir(mode=0o700)
    files.mkdir()
    (files / "file").touch()
    command = [*private, sys.executable, "-c", PRELUDE + script, str(base), str(files)]
    subprocess.run(command, check=True)
    assert (files / "file").exists()
    assert list(base.iterdir()) == []


@pytest.fixture
def stuck(tmp_path: Path) -> Iterator[Mount]:
    """A mount that this user may not remove, below a folder without a claim."""
    mount = Mount(tmp_path / "jd-abcdefgh" / "run" / "share", os.getuid() + 1)
    os.close(claim(tmp_path / "jd-abcdefgh"))
    try:
        yield mount
    finally:
        mount.close()


def test_a_mount_that_cannot_be_removed_stays_and_is_tried_again(
    tmp_path: Path, stuck: Mount, capfd: pytest.CaptureFixture[str]
) -> None:
    """It is not listed either, which would block until its program answers."""
    folder = tmp_path / "jd-abcdefgh"
    (folder / "run" / "other").mkdir()
    (folder / "run" / "other" / "file").touch()
    remove_unclaimed(tmp_path)
    assert {path.name for path in folder.iterdir()} == {"claim", "run"}
    assert [path.name for path in os.scandir(folder / "run")] == ["share"]
    assert f"{stuck.folder} is not removed" in capfd.readouterr().err
    stuck.close()
    remove_unclaimed(tmp_path)
    assert not folder.exists()


def test_targets_of_links_stay(tmp_path: Path) -> None:
    (tmp_path / "files").mkdir()
    (tmp_path / "files" / "file").touch()
    base = tmp_path / "base"
    base.mkdir(mode=0o700)
    with runtime_folder([str(base)]) as folder:
        (folder / "link").symlink_to(tmp_path / "files")
    assert (tmp_path / "files" / "file").exists()
    assert list(base.iterdir()) == []
