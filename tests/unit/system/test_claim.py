"""Runtime folders of ended processes are removed, and nothing else."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from jupyter_desktop.system.claim import claim, remove_unclaimed

HOLD = """
import os, sys
from pathlib import Path
from jupyter_desktop.system.claim import claim
claim(Path(sys.argv[1]))
if os.fork() == 0:
    sys.stdin.read()
    os._exit(0)
print("claimed", flush=True)
"""


def folder(base: Path, name: str = "jd-one") -> Path:
    path = base / name
    path.mkdir()
    (path / "file").touch()
    return path


def test_a_claimed_folder_stays_until_the_claim_ends(tmp_path: Path) -> None:
    claimed = claim(one := folder(tmp_path))
    remove_unclaimed(tmp_path)
    assert (one / "file").exists()
    os.close(claimed)
    remove_unclaimed(tmp_path)
    assert not one.exists()


def test_a_child_holds_the_claim_of_its_ended_parent(tmp_path: Path) -> None:
    """As a session's worker does for the keeper."""
    one = folder(tmp_path)
    with subprocess.Popen(
        [sys.executable, "-c", HOLD, str(one)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
    ) as parent:
        assert parent.stdout
        assert parent.stdin
        assert parent.stdout.readline() == b"claimed\n"
        parent.wait()
        remove_unclaimed(tmp_path)
        assert one.exists()
        parent.stdin.close()
        assert parent.stdout.read() == b""  # the child has ended
    remove_unclaimed(tmp_path)
    assert not one.exists()


def made_by_another_machine(one: Path) -> None:
    os.close(claim(one))
    (one / "claim").write_text("another boot")


def a_pipe(one: Path) -> None:
    os.mkfifo(one / "claim")


def a_link(one: Path) -> None:
    os.close(claim(one))
    (one / "claim").rename(one / "other")
    (one / "claim").symlink_to(one / "other")


@pytest.mark.parametrize("make", [lambda one: None, made_by_another_machine, a_pipe, a_link])
def test_a_folder_without_a_valid_claim_stays(
    tmp_path: Path, make: Callable[[Path], object]
) -> None:
    make(one := folder(tmp_path))
    remove_unclaimed(tmp_path)
    assert (one / "file").exists()


def test_a_folder_of_another_user_stays(tmp_path: Path) -> None:
    if os.getuid() != 0:
        pytest.skip("only root can make one")
    os.close(claim(one := folder(tmp_path)))
    os.chown(one, 12345, 12345)
    remove_unclaimed(tmp_path)
    assert one.exists()


def test_a_link_to_a_folder_of_ours_is_not_followed(tmp_path: Path) -> None:
    os.close(claim(one := folder(tmp_path, "precious")))
    (tmp_path / "jd-link").symlink_to(one)
    remove_unclaimed(tmp_path)
    assert (one / "file").exists()
