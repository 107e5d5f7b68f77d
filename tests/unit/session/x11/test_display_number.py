"""Reserved display numbers are unique, and X clients reach their sockets."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from jupyter_desktop.session.x11.display_number import display_number, is_own_server, unwritable
from tests import users

SOCKETS = Path("/tmp/.X11-unix")


def lock(number: int) -> Path:
    return Path(f"/tmp/.X{number}-lock")


def path(number: int) -> Path:
    return SOCKETS / f"X{number}"


def a_free_number() -> int:
    with display_number() as number:
        return number


def test_the_lock_file_has_the_format_of_x_servers() -> None:
    with display_number() as number:
        assert lock(number).read_text() == f"{os.getpid():10d}\n"
        assert lock(number).stat().st_mode & 0o777 == 0o444


def test_two_reservations_have_different_numbers() -> None:
    with display_number() as one, display_number() as two:
        assert one != two


def test_simultaneous_reservations_have_different_numbers() -> None:
    together = threading.Barrier(16)

    def reserve() -> int:
        together.wait()
        with display_number() as number:
            together.wait()
            return number

    with ThreadPoolExecutor(16) as pool:
        numbers = list(pool.map(lambda _: reserve(), range(16)))
    assert len(set(numbers)) == 16
    assert not any(lock(number).exists() for number in numbers)


def test_a_released_number_leaves_no_file_and_no_abstract_socket() -> None:
    with display_number() as number:
        path(number).touch()
    assert not lock(number).exists()
    assert not path(number).exists()
    with socket.socket(socket.AF_UNIX) as again:
        again.bind(f"\0{path(number)}")


def test_after_a_failure_the_lock_is_removed() -> None:
    with pytest.raises(ZeroDivisionError), display_number() as number:
        raise ZeroDivisionError
    assert not lock(number).exists()


@contextmanager
def another_server(number: int, sign: str) -> Iterator[None]:
    """Give ``number`` a sign of a running server."""
    with socket.socket(socket.AF_UNIX) as other:
        if sign == "lock":
            lock(number).write_text(f"{os.getpid():10d}\n")
        elif sign == "lock that says nothing":
            lock(number).touch()
        elif sign == "lock of no process":
            lock(number).write_text("9999999999\n")
        elif sign == "socket":
            other.bind(str(path(number)))
            other.listen()
        elif sign == "socket and stale lock":
            lock(number).write_text(f"{dead():10d}\n")
            other.bind(str(path(number)))
            other.listen()
        else:
            other.bind(f"\0{path(number)}")
        try:
            yield
        finally:
            lock(number).unlink(missing_ok=True)
            path(number).unlink(missing_ok=True)


def dead() -> int:
    """Return the id of a process that has ended."""
    with subprocess.Popen(["true"]) as process:
        process.wait()
        return process.pid


@pytest.mark.parametrize(
    "sign",
    [
        *("lock", "lock that says nothing", "lock of no process"),
        *("socket", "socket and stale lock", "abstract name"),
    ],
)
def test_a_number_in_use_is_skipped_and_its_files_stay(sign: str) -> None:
    number = a_free_number()
    with another_server(number, sign):
        there = [file.exists() for file in (lock(number), path(number))]
        with display_number() as chosen:
            assert chosen != number
        assert [file.exists() for file in (lock(number), path(number))] == there


@pytest.mark.parametrize("left", ["lock", "socket", "both"])
def test_files_of_a_killed_server_are_removed(left: str) -> None:
    number = a_free_number()
    if left in ("lock", "both"):
        lock(number).write_text(f"{dead():10d}\n")
    if left in ("socket", "both"):
        with socket.socket(socket.AF_UNIX) as killed:
            killed.bind(str(path(number)))
    with display_number() as chosen:
        assert chosen == number
        assert int(lock(number).read_text()) == os.getpid()
        assert not path(number).exists()


def test_a_client_that_the_abstract_socket_refuses_reaches_the_path(tmp_path: Path) -> None:
    """libxcb tries the abstract socket first, which has no listener, and then the path."""
    import xcffib.xproto

    with display_number() as number:
        reading, writing = os.pipe()
        server = subprocess.Popen(
            [
                *("Xtigervnc", f":{number}", "-displayfd", str(writing)),
                *("-nolisten", "tcp", "-nolisten", "local", "-SecurityTypes", "None"),
                *("-rfbport", "-1", "-rfbunixpath", str(tmp_path / "s")),
            ],
            pass_fds=[writing],
            stderr=subprocess.DEVNULL,
        )
        os.close(writing)
        try:
            assert os.read(reading, 20).strip() == str(number).encode()
            with socket.socket(socket.AF_UNIX) as refused:
                with pytest.raises(ConnectionRefusedError):
                    refused.connect(f"\0{path(number)}")
                client: Any = xcffib.connect(f":{number}")  # type: ignore[no-untyped-call]  # no annotations
                assert client.get_setup().roots_len == 1
                client.disconnect()
        finally:
            os.close(reading)
            server.kill()
            server.wait()


def test_a_full_disk_is_reported_and_nothing_is_left(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The error is not that all numbers are taken."""
    if os.getuid() != 0:
        pytest.skip("only root can mount a full file system")
    mounted = ["mount", "-t", "tmpfs", "-o", "size=4k,mode=0700", "tmpfs", str(tmp_path)]
    if subprocess.run(mounted, capture_output=True, check=False).returncode != 0:
        pytest.skip("no file system can be mounted here")
    try:
        (tmp_path / "filler").write_bytes(b"x" * 4096)
        monkeypatch.setattr("jupyter_desktop.session.x11.display_number._TEMPORARY", tmp_path)
        with pytest.raises(OSError, match="No space left"), display_number():
            pass
        assert [path.name for path in tmp_path.iterdir()] == ["filler"]
    finally:
        subprocess.run(["umount", "--lazy", str(tmp_path)], check=True)


def test_a_missing_folder_of_sockets_is_created_sticky(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Otherwise another user could create it, and own it."""
    monkeypatch.setattr("jupyter_desktop.session.x11.display_number.SOCKETS", tmp_path / "X11-unix")
    with display_number():
        assert (tmp_path / "X11-unix").stat().st_mode & 0o7777 == 0o1777


@pytest.mark.parametrize("mode", [0o777, 0o775])
def test_an_unsafe_folder_of_sockets_is_refused_with_a_command(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, mode: int
) -> None:
    from jupyter_desktop.errors import StartFailed

    (tmp_path / "X11-unix").mkdir()
    (tmp_path / "X11-unix").chmod(mode)
    monkeypatch.setattr("jupyter_desktop.session.x11.display_number.SOCKETS", tmp_path / "X11-unix")
    with pytest.raises(StartFailed, match="not safe") as failed, display_number():
        pass
    assert failed.value.command


def test_without_a_free_number_the_error_has_a_remedy() -> None:
    from jupyter_desktop.errors import StartFailed

    none = display_number(numbers=range(1, 1))
    with pytest.raises(StartFailed, match="All display numbers") as failed, none:
        pass
    assert failed.value.remedy


def test_the_lock_of_a_zombie_is_stale() -> None:
    number = a_free_number()
    with subprocess.Popen(["true"]) as process:
        os.waitid(os.P_PID, process.pid, os.WEXITED | os.WNOWAIT)
        lock(number).write_text(f"{process.pid:10d}\n")
        with display_number() as chosen:
            assert chosen == number


def test_stale_files_of_other_numbers_are_removed() -> None:
    left, alive, unknown = 9101, 9102, 9103
    try:
        for number, process in ((left, dead()), (alive, os.getpid()), (unknown, 9999999999)):
            lock(number).write_text(f"{process:10d}\n")
        with socket.socket(socket.AF_UNIX) as killed:
            killed.bind(str(path(left)))
        with display_number():
            assert not lock(left).exists()
            assert not path(left).exists()
            assert lock(alive).exists()
            assert lock(unknown).exists()
    finally:
        for number in (left, alive, unknown):
            lock(number).unlink(missing_ok=True)
            path(number).unlink(missing_ok=True)


def test_with_abstract_the_x_server_may_bind_the_abstract_socket() -> None:
    with display_number(abstract=True) as number, display_number(abstract=True) as other:
        assert number != other
        with socket.socket(socket.AF_UNIX) as server:
            server.bind(f"\0{path(number)}")
            assert not is_own_server(f":{number}")  # no listener yet
            server.listen()
            assert is_own_server(f":{number}")
    assert not lock(number).exists()


def test_a_server_of_another_user_is_not_taken_for_ours() -> None:
    number = 9104
    listen = f"import socket, time; s = socket.socket(1); s.bind(chr(0) + {str(path(number))!r})"
    command = [users.python(), "-c", f"{listen}; s.listen(); print(flush=True); time.sleep(1000)"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, **users.become(users.new())) as other:
        assert other.stdout
        other.stdout.readline()
        assert not is_own_server(f":{number}")
        other.kill()


def test_with_a_read_only_folder_of_sockets_a_number_is_reserved() -> None:
    within = users.with_read_only_x_sockets()
    script = "from jupyter_desktop.session.x11.display_number import *; print(unwritable()); "
    script += "numbers = display_number(abstract=True); print(numbers.__enter__())"
    printed = subprocess.check_output([*within, sys.executable, "-c", script], text=True)
    assert "it is mounted read-only" in printed
    assert int(printed.splitlines()[-1]) in range(1, 1000)
    assert unwritable() is None
