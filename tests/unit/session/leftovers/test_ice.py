"""Files of session managers that have ended are removed, and no others."""

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
    """Return the id of a process that has ended."""
    with subprocess.Popen(["true"]) as process:
        process.wait()
        return process.pid


def test_the_socket_of_an_ended_process_is_removed(folder: Path) -> None:
    bound(folder / str(gone())).close()
    with nothing_of_session_managers(folder):
        assert list(folder.iterdir())
    assert not list(folder.iterdir())


def test_the_socket_of_a_running_process_stays(folder: Path) -> None:
    with bound(folder / str(os.getpid())) as one, nothing_of_session_managers(folder):
        pass
    assert one.fileno() == -1
    assert list(folder.iterdir())


def test_a_socket_with_a_listener_stays(folder: Path) -> None:
    """The listener may be in another PID namespace, where the id is that of another process."""
    with bound(folder / str(gone())) as one:
        one.listen()
        with nothing_of_session_managers(folder):
            pass
        assert list(folder.iterdir())


def test_the_socket_of_another_user_stays(folder: Path) -> None:
    if os.getuid() != 0:
        pytest.skip("only root can make one")
    path = folder / str(gone())
    bound(path).close()
    os.chown(path, 12345, 12345)
    with nothing_of_session_managers(folder):
        pass
    assert path.exists()


def test_a_file_with_another_name_stays(folder: Path) -> None:
    (folder / "7notes").touch()
    with nothing_of_session_managers(folder):
        pass
    assert (folder / "7notes").exists()


def test_a_missing_folder_is_no_error() -> None:
    with nothing_of_session_managers(Path("/nowhere/.ICE-unix")):
        pass


# A file of xfce4-session 4.18, shortened.
COMMANDS = """remove protoname=ICE protodata="" netid=local/host:@{socket} authname=MIT-MAGIC
remove protoname=XSMP protodata="" netid=unix/host:{socket} authname=MIT-MAGIC
"""


@pytest.mark.parametrize(("process", "stays"), [(gone, False), (os.getpid, True)])
def test_a_file_of_commands_is_removed_once_its_process_has_ended(
    folder: Path, process: Callable[[], int], stays: bool
) -> None:
    path = Path(tempfile.gettempdir(), ".xfsm-ICE-7VTFZ3")
    path.write_text(COMMANDS.format(socket=folder / str(process())))
    with nothing_of_session_managers(folder):
        pass
    assert path.exists() == stays


@pytest.mark.parametrize("what", ["another's text", "a link", "a pipe"])
def test_a_file_that_only_has_the_name_stays(folder: Path, what: str) -> None:
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
