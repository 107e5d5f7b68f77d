"""FUSE file systems of killed programs are unmounted, and no others."""

from __future__ import annotations

import ctypes
import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from jupyter_desktop.session.leftovers.dead_mounts import no_dead_mounts
from jupyter_desktop.system.claim import claim

_DETACH = 2  # MNT_DETACH (umount2(2))


class Mount:
    """A FUSE file system on ``folder`` that belongs to ``user``; this process serves it.

    Skips the test where none can be mounted.
    """

    def __init__(self, folder: Path, user: int) -> None:
        folder.mkdir(parents=True)
        self.folder = folder
        self._libc = ctypes.CDLL(None, use_errno=True)
        try:
            self._device = os.open("/dev/fuse", os.O_RDWR)
        except OSError as problem:
            pytest.skip(f"there is no FUSE here: {problem}")
        options = f"fd={self._device},rootmode=40000,user_id={user},group_id=0".encode()
        if self._libc.mount(b"test", os.fsencode(folder), b"fuse.test", 0, options) != 0:
            pytest.skip(f"nothing can be mounted here: {os.strerror(ctypes.get_errno())}")

    def die(self) -> None:
        os.close(self._device)
        self._device = -1

    @property
    def there(self) -> bool:
        return f" {self.folder} fuse.test " in Path("/proc/self/mounts").read_text()

    def close(self) -> None:
        if self._device >= 0:
            self.die()
        self._libc.umount2(os.fsencode(self.folder), _DETACH)


@pytest.fixture
def mounted(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[dict[str, Mount]]:
    monkeypatch.setenv("XDG_RUNTIME_DIR", str(tmp_path / "run"))
    places = {
        "run/gvfs": os.getuid(),
        "tmp/jd-abcdefgh/xstartup/run/gvfs": os.getuid(),
        "run/another's": os.getuid() + 1,
        "mnt/own": os.getuid(),
        "mnt/jd-own/share": os.getuid(),
        "mnt/jd-unclaim/share": os.getuid(),
    }
    mounts: dict[str, Mount] = {}
    try:
        for place, user in places.items():
            mounts[place] = Mount(tmp_path / place, user)
        for folder in ("tmp/jd-abcdefgh", "mnt/jd-own"):
            os.close(claim(tmp_path / folder))
        yield mounts
    finally:
        for mount in mounts.values():
            mount.close()


def test_dead_mounts_of_our_desktops_are_unmounted(mounted: dict[str, Mount]) -> None:
    for mount in mounted.values():
        mount.die()
    with no_dead_mounts():
        left = {place for place, mount in mounted.items() if mount.there}
        assert left == set(mounted) - {"run/gvfs", "tmp/jd-abcdefgh/xstartup/run/gvfs"}


def test_a_mount_that_dies_during_the_session_is_unmounted(mounted: dict[str, Mount]) -> None:
    with no_dead_mounts():
        mounted["run/gvfs"].die()
    assert not mounted["run/gvfs"].there


def test_a_mount_whose_program_does_not_answer_stays(mounted: dict[str, Mount]) -> None:
    with no_dead_mounts():
        pass
    assert all(mount.there for mount in mounted.values())
