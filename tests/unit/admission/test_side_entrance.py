"""The side entrance's folder is private; without such a folder there is no side entrance."""

from __future__ import annotations

import logging
import os
import stat
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from jupyter_desktop.admission.side_entrance import SideEntrance
from jupyter_desktop.system import runtime
from jupyter_desktop.system.runtime import LONGEST_BASE


@pytest.fixture
def base() -> Iterator[Path]:
    with tempfile.TemporaryDirectory(prefix="jdt-", dir="/tmp") as folder:
        yield Path(folder)


def entrance(base: Path) -> SideEntrance:
    async def admit(connection: object) -> None:
        raise AssertionError

    return SideEntrance([str(base)], admit, logging.getLogger("tests"))


async def test_the_folder_and_the_socket_are_private_with_any_umask(base: Path) -> None:
    one = entrance(base)
    before = os.umask(0)
    try:
        one.open()
    finally:
        os.umask(before)
    assert stat.S_IMODE(one.folder.stat().st_mode) == 0o700
    assert stat.S_IMODE(one.path.stat().st_mode) == 0o600
    one.close()
    assert not list(base.iterdir())


async def test_a_base_folder_in_which_others_can_write_is_not_used(
    base: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Such as a group's folder for temporary files; the next base folder is used."""
    base.chmod(0o777)
    monkeypatch.setattr(tempfile, "tempdir", str(base))
    one = entrance(base)
    one.open()
    assert one.folder.parent == Path("/tmp")
    assert one.path.is_socket()
    one.close()
    assert not list(base.iterdir())


async def test_without_a_safe_base_folder_there_is_no_side_entrance(
    base: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    base.chmod(0o777)
    monkeypatch.setattr(runtime, "_NETWORK_FILE_SYSTEMS", {runtime.file_system(Path("/tmp"))})
    one = entrance(base)
    one.open()
    one.open()
    (line,) = caplog.messages
    assert line.startswith("/desktop-websockify/ is not served. There is no folder")
    assert f"{base} (other users could replace what is in it); /tmp (it is on a" in line
    assert "Set XDG_RUNTIME_DIR or TMPDIR" in line
    assert not list(base.iterdir())
    with pytest.raises(NotADirectoryError):
        one.path.parent.mkdir(parents=True)
    one.close()


async def test_the_longest_allowed_base_folder_works(base: Path) -> None:
    longest = base / ("x" * (LONGEST_BASE - len(str(base)) - 1))
    longest.mkdir()
    one = entrance(longest)
    one.open()
    assert one.folder.parent == longest
    assert one.path.is_socket()
    one.close()


async def test_an_existing_folder_is_neither_used_nor_removed(
    base: Path, caplog: pytest.LogCaptureFixture
) -> None:
    """Its creator could listen on a socket in it."""
    one = entrance(base)
    (one.folder / "sub").mkdir(parents=True)
    one.open()
    assert "cannot be served" in caplog.text
    assert not one.path.exists()
    one.close()
    assert (one.folder / "sub").exists()


async def test_an_existing_symlink_is_not_followed(
    base: Path, caplog: pytest.LogCaptureFixture
) -> None:
    one = entrance(base)
    (base / "elsewhere").mkdir()
    one.folder.symlink_to(base / "elsewhere")
    one.open()
    assert "cannot be served" in caplog.text
    one.close()
    assert not list((base / "elsewhere").iterdir())
