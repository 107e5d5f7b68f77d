"""Xpra's packets, and handshakes with servers that are not ready."""

from __future__ import annotations

import socket
import threading
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from jupyter_desktop.backends.xpra.protocol import _HEADER, Wire, bdecode, bencode, handshake
from jupyter_desktop.errors import NotReady

values = st.recursive(
    st.integers() | st.binary(),
    lambda inner: st.lists(inner) | st.dictionaries(st.binary(), inner),
)


@given(values)
def test_an_encoded_value_is_decoded_unchanged(value: Any) -> None:
    assert bdecode(bencode(value)) == value


@given(st.text())
def test_texts_are_decoded_as_bytes(text: str) -> None:
    assert bdecode(bencode(text)) == text.encode()


@pytest.mark.parametrize(
    ("value", "encoded"),
    [
        (-3, b"i-3e"),
        ("hello", b"5:hello"),
        (["a", 1, []], b"l1:ai1elee"),
        ({"b": 1, "a": [2]}, b"d1:ali2ee1:bi1ee"),
    ],
)
def test_values_have_their_bencoding(value: Any, encoded: bytes) -> None:
    assert bencode(value) == encoded


def test_texts_marked_with_u_are_decoded_as_bytes() -> None:
    assert bdecode(b"lu2:abi1ee") == [b"ab", 1]


@given(st.binary(max_size=200))
def test_random_bytes_raise_only_errors_that_the_handshake_handles(data: bytes) -> None:
    try:
        bdecode(data)
    except (ValueError, LookupError, TypeError, RecursionError):
        pass


@contextmanager
def answering(path: Path, answer: bytes) -> Iterator[None]:
    """Run a server that reads once and sends ``answer``."""
    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind(str(path))
        listener.listen()

        def serve() -> None:
            connection, _ = listener.accept()
            with connection:
                connection.recv(65536)
                connection.sendall(answer)

        thread = threading.Thread(target=serve, daemon=True)
        thread.start()
        try:
            yield
        finally:
            thread.join(5)


@given(st.binary(max_size=300))
def test_a_server_that_sends_random_bytes_is_not_ready(data: bytes) -> None:
    import tempfile

    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "socket")
        for sent in (data, _HEADER.pack(b"P", 0, 0, 0, len(data)) + data):
            with answering(path, sent), pytest.raises(NotReady):
                handshake(path, "password", "key")
            path.unlink()


def test_without_a_listener_the_server_is_not_ready(tmp_path: Path) -> None:
    with pytest.raises(NotReady):
        handshake(tmp_path / "socket", "password", "")


def test_chunks_that_precede_a_packet_are_put_into_it() -> None:
    ours, theirs = socket.socketpair()
    packed = zlib.compress(b"pixels")
    packet = bencode(["draw", 1, "", 2])
    with ours, theirs:
        theirs.sendall(_HEADER.pack(b"P", 0, 1, 2, len(packed)) + packed)
        theirs.sendall(_HEADER.pack(b"P", 0, 0, 0, len(packet)) + packet)
        assert Wire(ours).receive() == [b"draw", 1, b"pixels", 2]
