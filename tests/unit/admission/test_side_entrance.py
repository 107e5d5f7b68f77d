"""The side entrance's folder is ours alone, or there is no side entrance."""

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


async def test_it_is_for_this_user_only_whatever_the_umask(base):
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


async def test_a_folder_in_which_others_could_replace_it_is_not_used(base, monkeypatch):
    """As a folder for temporary files that a group shares; the next one is."""
    base.chmod(0o777)
    monkeypatch.setattr(tempfile, "tempdir", str(base))
    one = entrance(base)
    one.open()
    assert one.folder.parent == Path("/tmp")
    assert one.path.is_socket()
    one.close()
    assert not list(base.iterdir())


async def test_where_no_folder_is_safe_there_is_none(base, monkeypatch, caplog):
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


async def test_in_the_longest_folder_there_may_be(base):
    longest = base / ("x" * (LONGEST_BASE - len(str(base)) - 1))
    longest.mkdir()
    one = entrance(longest)
    one.open()
    assert one.folder.parent == longest
    assert one.path.is_socket()
    one.close()


async def test_a_folder_that_is_there_already_is_neither_used_nor_removed(base, caplog):
    """Whoever made it could be behind the socket in it."""
    one = entrance(base)
    (one.folder / "sub").mkdir(parents=True)
    one.open()
    assert "cannot be served" in caplog.text
    assert not one.path.exists()
    one.close()
    assert (one.folder / "sub").exists()


async def test_a_link_that_is_there_already_is_not_followed(base, caplog):
    one = entrance(base)
    (base / "elsewhere").mkdir()
    one.folder.symlink_to(base / "elsewhere")
    one.open()
    assert "cannot be served" in caplog.text
    one.close()
    assert not list((base / "elsewhere").iterdir())
