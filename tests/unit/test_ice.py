"""Sockets of session managers that are gone are removed, and nobody else's."""

from __future__ import annotations

import os
import socket
import subprocess
from pathlib import Path

import pytest

from desktop.session import ice


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setattr(ice, "_SOCKETS", tmp_path)
    return tmp_path


def bound(path: Path) -> socket.socket:
    one = socket.socket(socket.AF_UNIX)
    one.bind(str(path))
    return one


def gone() -> int:
    """Return the number of a process that is no more."""
    with subprocess.Popen(["true"]) as process:
        process.wait()
        return process.pid


def test_one_whose_process_is_gone(folder):
    bound(folder / str(gone())).close()
    with ice.no_stale_sockets():
        assert list(folder.iterdir())
    assert not list(folder.iterdir())


def test_one_whose_process_lives(folder):
    with bound(folder / str(os.getpid())) as one, ice.no_stale_sockets():
        pass
    assert one.fileno() == -1
    assert list(folder.iterdir())


def test_one_where_somebody_listens(folder):
    """A process of another namespace, whose number means nothing here."""
    with bound(folder / str(gone())) as one:
        one.listen()
        with ice.no_stale_sockets():
            pass
        assert list(folder.iterdir())


def test_another_user_s(folder):
    if os.getuid() != 0:
        pytest.skip("only root can make one")
    path = folder / str(gone())
    bound(path).close()
    os.chown(path, 12345, 12345)
    with ice.no_stale_sockets():
        pass
    assert path.exists()


def test_what_is_no_socket_of_a_session_manager(folder):
    (folder / "7notes").touch()
    with ice.no_stale_sockets():
        pass
    assert (folder / "7notes").exists()


def test_without_the_folder(monkeypatch):
    monkeypatch.setattr(ice, "_SOCKETS", Path("/nowhere/.ICE-unix"))
    with ice.no_stale_sockets():
        pass
