"""A display number is nobody else's, and X clients find the way to it."""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import threading
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from pathlib import Path

import pytest

from desktop.session.display_number import display_number

SOCKETS = Path("/tmp/.X11-unix")


def lock(number: int) -> Path:
    return Path(f"/tmp/.X{number}-lock")


def path(number: int) -> Path:
    return SOCKETS / f"X{number}"


def a_free_number() -> int:
    with display_number() as number:
        return number


def test_the_lock_is_as_other_x_servers_write_it():
    with display_number() as number:
        assert lock(number).read_text() == f"{os.getpid():10d}\n"
        assert lock(number).stat().st_mode & 0o777 == 0o444


def test_two_reservations_are_two_numbers():
    with display_number() as one, display_number() as two:
        assert one != two


def test_many_at_once_are_all_different():
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


def test_nothing_is_left_of_it():
    with display_number() as number:
        path(number).touch()
    assert not lock(number).exists()
    assert not path(number).exists()
    with socket.socket(socket.AF_UNIX) as again:
        again.bind(f"\0{path(number)}")


def test_nothing_is_left_of_it_after_a_failure():
    with pytest.raises(ZeroDivisionError), display_number() as number:
        raise ZeroDivisionError
    assert not lock(number).exists()


@pytest.mark.parametrize("sign", ["lock", "path", "abstract name"])
def test_a_number_with_a_sign_of_another_server_is_skipped(sign):
    number = a_free_number()
    with ExitStack() as stack:
        if sign == "abstract name":
            other = stack.enter_context(socket.socket(socket.AF_UNIX))
            other.bind(f"\0{path(number)}")
        else:
            file = lock(number) if sign == "lock" else path(number)
            file.touch(exist_ok=False)
            stack.callback(file.unlink)
        with display_number() as chosen:
            assert chosen != number
        if sign != "abstract name":
            assert file.exists(), "what is another's stays"


@pytest.mark.skipif(not shutil.which("Xtigervnc"), reason="package tigervnc-standalone-server")
def test_a_client_gets_past_the_held_name_to_the_socket(tmp_path):
    """libxcb tries the abstract name first, where nobody listens, and goes on to the path."""
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
                client = xcffib.connect(f":{number}")
                assert client.get_setup().roots_len == 1
                client.disconnect()
        finally:
            os.close(reading)
            server.kill()
            server.wait()


def test_without_any_number_left_it_says_what_to_do(monkeypatch):
    from desktop.errors import StartFailed

    monkeypatch.setattr("desktop.session.display_number._NUMBERS", range(1, 1))
    with pytest.raises(StartFailed, match="All display numbers") as failed, display_number():
        pass
    assert failed.value.remedy
