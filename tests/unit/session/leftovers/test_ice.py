"""Files of session managers that are gone are removed, and no others."""

from __future__ import annotations

import os
import socket
import subprocess
import tempfile
from collections.abc import Callable
from pathlib import Path

import pytest

from jupyter_desktop.session.leftovers.ice import nothing_of_session_managers


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    sockets, temporary = tmp_path / "sockets", tmp_path / "tmp"
    for one in (sockets, temporary):
        one.mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(temporary))
    return sockets


def bound(path: Path) -> socket.socket:
    one = socket.socket(socket.AF_UNIX)
    one.bind(str(path))
    return one


def gone() -> int:
    """Return the number of a process that is no more."""
    with subprocess.Popen(["true"]) as process:
        process.wait()
        return process.pid


def test_one_whose_process_is_gone(folder: Path) -> None:
    bound(folder / str(gone())).close()
    with nothing_of_session_managers(folder):
        assert list(folder.iterdir())
    assert not list(folder.iterdir())


def test_one_whose_process_lives(folder: Path) -> None:
    with bound(folder / str(os.getpid())) as one, nothing_of_session_managers(folder):
        pass
    assert one.fileno() == -1
    assert list(folder.iterdir())


def test_one_where_somebody_listens(folder: Path) -> None:
    """A process of another namespace, whose number means nothing here."""
    with bound(folder / str(gone())) as one:
        one.listen()
        with nothing_of_session_managers(folder):
            pass
        assert list(folder.iterdir())


def test_another_user_s(folder: Path) -> None:
    if os.getuid() != 0:
        pytest.skip("only root can make one")
    path = folder / str(gone())
    bound(path).close()
    os.chown(path, 12345, 12345)
    with nothing_of_session_managers(folder):
        pass
    assert path.exists()


def test_what_is_no_socket_of_a_session_manager(folder: Path) -> None:
    (folder / "7notes").touch()
    with nothing_of_session_managers(folder):
        pass
    assert (folder / "7notes").exists()


def test_without_the_folder() -> None:
    with nothing_of_session_managers(Path("/nowhere/.ICE-unix")):
        pass


# A file of xfce4-session 4.18, shortened.
COMMANDS = """remove protoname=ICE protodata="" netid=local/host:@{socket} authname=MIT-MAGIC
remove protoname=XSMP protodata="" netid=unix/host:{socket} authname=MIT-MAGIC
"""


@pytest.mark.parametrize(("process", "stays"), [(gone, False), (os.getpid, True)])
def test_its_commands_go_with_it(folder: Path, process: Callable[[], int], stays: bool) -> None:
    path = Path(tempfile.gettempdir(), ".xfsm-ICE-7VTFZ3")
    path.write_text(COMMANDS.format(socket=folder / str(process())))
    with nothing_of_session_managers(folder):
        pass
    assert path.exists() == stays


@pytest.mark.parametrize("what", ["another's text", "a link", "a pipe"])
def test_what_only_has_the_name_stays(folder: Path, what: str) -> None:
    path = Path(tempfile.gettempdir(), ".xfsm-ICE-7VTFZ3")
    commands = path.with_name("commands")
    commands.write_text(COMMANDS.format(socket=folder / str(gone())))
    if what == "a link":
        path.symlink_to(commands)
    elif what == "a pipe":
        os.mkfifo(path)
    else:
        path.write_text("notes")
    with nothing_of_session_managers(folder):
        pass
    assert path.exists()
    assert commands.exists()
