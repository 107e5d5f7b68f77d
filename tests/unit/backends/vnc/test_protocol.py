"""The probe's handshake and the first picture, with servers that send prepared replies."""

from __future__ import annotations

import socket
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from jupyter_desktop.backends.vnc.protocol import first_update, handshake
from jupyter_desktop.errors import NotReady


@pytest.fixture
def path(tmp_path: Path) -> Iterator[Path]:
    import tempfile

    with tempfile.TemporaryDirectory(prefix="jdt-", dir="/tmp") as folder:
        yield Path(folder) / "s"


def answers(path: Path, *replies: bytes) -> threading.Thread:
    """Listen on ``path``; send ``replies``, each but the first after something was received."""
    listener = socket.socket(socket.AF_UNIX)
    listener.bind(str(path))
    listener.listen()

    def serve() -> None:
        with listener, listener.accept()[0] as connection:
            for index, reply in enumerate(replies):
                if index and not connection.recv(100):
                    return
                connection.sendall(reply)

    thread = threading.Thread(target=serve, daemon=True)
    thread.start()
    return thread


VERSION = b"RFB 003.008\n"
INIT = b"\x07\x80\x04\x38" + bytes(16) + b"\0\0\0\x02ab"


def test_without_a_listener_the_server_is_not_ready(path: Path) -> None:
    with pytest.raises(NotReady, match="does not answer yet"):
        handshake(path, "password")


@pytest.mark.parametrize(
    ("replies", "message"),
    [
        ([], "closed the connection"),
        ([b"HTTP/1.1 400"], "closed the connection|Broken pipe|reset"),
        ([VERSION, b"\x01\x01"], "no VNC authentication, only .1."),
        ([VERSION, b"\0\0\0\0\x04full"], "no VNC authentication"),
        ([VERSION, b"\x01\x02", bytes(16), b"\0\0\0\x01"], "did not accept the password"),
        ([VERSION, b"\x01\x02", bytes(16), b"\0\0\0\0", b"\0"], "closed the connection"),
    ],
)
def test_a_wrong_or_broken_answer_is_not_ready(
    path: Path, replies: list[bytes], message: str
) -> None:
    server = answers(path, *replies)
    with pytest.raises(NotReady, match=message):
        handshake(path, "password")
    server.join(5)


def test_a_whole_handshake_returns_the_size(path: Path) -> None:
    server = answers(path, VERSION, b"\x02\x01\x02", bytes(16), b"\0\0\0\0", INIT)
    assert handshake(path, "password") == (1920, 1080)
    server.join(5)


def test_a_silent_server_is_not_ready_after_the_timeout(path: Path) -> None:
    with socket.socket(socket.AF_UNIX) as silent:
        silent.bind(str(path))
        silent.listen()
        started = time.monotonic()
        with pytest.raises(NotReady):
            handshake(path, "password", timeout=0.2)
        assert time.monotonic() - started < 2


UPDATE = b"\0\0\0\x01" + bytes(12) + b"\x20\x30\x40\0"


def picture(path: Path) -> tuple[int, int]:
    with socket.socket(socket.AF_UNIX) as connection:
        connection.settimeout(2)
        connection.connect(str(path))
        return first_update(connection, "password")


@pytest.mark.parametrize("before", [b"", b"\x02", b"\x03\0\0\0\0\0\0\x02hi\x02"])
def test_the_first_picture_may_come_after_other_messages(path: Path, before: bytes) -> None:
    start = (VERSION, b"\x01\x02", bytes(16), b"\0\0\0\0")
    server = answers(path, *start, INIT, before + UPDATE)
    assert picture(path) == (1920, 1080)
    server.join(5)


@pytest.mark.parametrize("update", [UPDATE[:-4], b"\x09" + UPDATE])
def test_a_broken_or_unknown_update_is_not_ready(path: Path, update: bytes) -> None:
    start = (VERSION, b"\x01\x02", bytes(16), b"\0\0\0\0")
    server = answers(path, *start, INIT, update)
    with pytest.raises(NotReady, match=r"closed the connection|message of type 9"):
        picture(path)
    server.join(5)
