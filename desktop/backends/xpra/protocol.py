"""The viewer's side of Xpra's protocol, to the first picture (Xpra's docs/Network/Protocol.md).

This is the observed protocol of Xpra 3.1.

A packet is a header ("P", flags, compression level, index, size) and a bencoded list. With a key,
the list is encrypted with AES-CBC, one stream for each direction; both sides derive the stream's
key from the shared key and a salt of the peer.
"""

from __future__ import annotations

import hashlib
import hmac
import os
import socket
import struct
import zlib
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Protocol

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.ciphers import Cipher, CipherContext, algorithms, modes
from cryptography.hazmat.primitives.kdf.pbkdf2 import PBKDF2HMAC

from ...errors import NotReady

_PROBE_TIMEOUT = 2.0
_HEADER = struct.Struct(">cBBBL")
_ENCRYPTED = 0x2
_BLOCK = 32  # bytes; Xpra pads to twice AES's block
_ITERATIONS = 1000
_DIGEST = "hmac+sha256"
_MAX_PACKET = 64 * 1024 * 1024  # bytes; a packet may hold a whole picture

# The hello packet of a viewer that disconnects at once.
HELLO = {
    "version": "3.1.3",
    "bencode": 1,
    "rencode": 0,
    "yaml": 0,
    "zlib": 1,
    "lz4": 0,
    "compression_level": 1,
    "digest": [_DIGEST],
    "salt-digest": [_DIGEST],
    "request": "connect_test",
    "connect_test_request": "readiness",
}


_ENCODINGS = ["rgb24", "rgb32", "png"]

# The hello packet of a viewer that stays connected and gets pictures.
VIEWER = {
    **{name: told for name, told in HELLO.items() if "request" not in name},
    "windows": 1,
    "ui_client": 1,
    "mouse": 1,
    "share": 1,
    "ping": 1,
    "encodings": _ENCODINGS,
    "encodings.core": _ENCODINGS,
    "encodings.rgb_formats": ["RGB", "RGBX", "BGRX"],
}


def handshake(path: Path, password: str, key: str) -> None:
    """Connect to ``path``, log in, and disconnect; ``key`` is empty without encryption.

    Raises ``NotReady`` if no server listens, or the viewer is refused.
    """
    try:
        with socket.socket(socket.AF_UNIX) as connection:
            connection.settimeout(_PROBE_TIMEOUT)
            connection.connect(str(path))
            log_in(Wire(connection), password, key, HELLO)
    except (OSError, ValueError, LookupError, TypeError, struct.error, zlib.error) as problem:
        raise NotReady(f"The display server does not answer yet: {problem}.") from problem


def first_draw(connection: socket.socket, password: str, key: str) -> tuple[int, int]:
    """Log in on ``connection``, and return the size of the first picture.

    Blocks up to the socket's timeout. Raises ``NotReady`` or ``OSError``.
    """
    wire = Wire(connection)
    try:
        log_in(wire, password, key, VIEWER)
        while True:
            match wire.receive():
                case [b"new-window", window, x, y, width, height, *_]:
                    wire.send(["map-window", window, x, y, width, height, {}])
                case [b"draw", _, _, _, int(width), int(height), *_]:
                    return width, height
    except (ValueError, LookupError, TypeError, struct.error, zlib.error) as problem:
        raise NotReady(f"The display server's answer cannot be read: {problem}.") from problem


class Stream(Protocol):
    """The methods of a socket that are used."""

    def sendall(self, data: bytes, /) -> None:
        """Send all of ``data``."""

    def recv(self, count: int, /) -> bytes:
        """Return up to ``count`` bytes; empty at the end."""


class Wire:
    """Packets on a stream, encrypted once their direction has a cipher."""

    def __init__(self, stream: Stream) -> None:
        self._stream = stream
        self.encryptor: CipherContext | None = None
        self.decryptor: CipherContext | None = None

    def send(self, packet: list[Any]) -> None:
        """Send a packet: its name and its fields."""
        data = bencode(packet)
        size, flags = len(data), 0
        if self.encryptor:
            missing = _BLOCK - size % _BLOCK
            data = self.encryptor.update(data + bytes([missing]) * missing)
            flags = _ENCRYPTED
        self._stream.sendall(_HEADER.pack(b"P", flags, 0, 0, size) + data)

    def receive(self) -> list[Any]:
        """Return the next packet, with texts as bytes.

        Large fields arrive before their packet. Raises ``NotReady`` if it cannot be decrypted or
        the connection has ended.
        """
        parts = {}
        while (came := self._chunk())[0]:
            parts[came[0]] = came[1]
        packet = bdecode(came[1])
        if not isinstance(packet, list) or not packet:
            raise ValueError("a packet is no list")
        for index, part in parts.items():
            packet[index] = part
        return packet

    def _chunk(self) -> tuple[int, bytes]:
        """Return 0 and a packet, or an index and the field of the next packet at that index."""
        magic, flags, level, index, size = _HEADER.unpack(self._read(_HEADER.size))
        if magic != b"P" or flags & ~_ENCRYPTED or size > _MAX_PACKET:
            raise NotReady("The display server does not speak Xpra's protocol.")
        data = self._decrypted(size) if flags else self._read(size)
        return index, zlib.decompress(data) if level else data

    def _decrypted(self, size: int) -> bytes:
        missing = _BLOCK - size % _BLOCK
        data = self._read(size + missing)
        if self.decryptor is None:
            raise NotReady("The display server encrypts, and no key was agreed on.")
        data = self.decryptor.update(data)
        if data[size:] != bytes([missing]) * missing:
            raise NotReady("The display server has another key.")
        return data[:size]

    def _read(self, count: int) -> bytes:
        data = b""
        while len(data) < count:
            chunk = self._stream.recv(count - len(data))
            if not chunk:
                raise NotReady("The display server closed the connection.")
            data += chunk
        return data


def log_in(wire: Wire, password: str, key: str, greeting: Mapping[str, Any]) -> None:
    """Log in: hello, challenge, second hello with the response, hello of the server.

    Raises ``NotReady`` if the server refuses, or its packets cannot be read.
    """
    hello: dict[str, Any] = {**greeting}
    vector, salt = os.urandom(8).hex().encode(), os.urandom(32)
    if key:
        hello |= {
            "cipher": "AES",
            "cipher.iv": vector,
            "cipher.key_salt": salt,
            "cipher.key_stretch_iterations": _ITERATIONS,
            "cipher.padding": "PKCS#7",
            "cipher.padding.options": ["PKCS#7"],
        }
        wire.decryptor = _cipher(key, salt, _ITERATIONS, vector).decryptor()
    wire.send(["hello", hello])
    challenge = wire.receive()
    if challenge[0] != b"challenge":
        raise NotReady(_reason(challenge))
    server_salt = challenge[1]
    if key:
        wire.encryptor = _encryptor(key, challenge[2])
        # The server restarts its stream at the second hello.
        wire.decryptor = _cipher(key, salt, _ITERATIONS, vector).decryptor()
    client_salt = os.urandom(len(server_salt))
    both = hmac.new(client_salt, server_salt, hashlib.sha256).hexdigest().encode()
    answer = hmac.new(password.encode(), both, hashlib.sha256).hexdigest()
    wire.send(
        ["hello", {**hello, "challenge_response": answer, "challenge_client_salt": client_salt}]
    )
    verdict = wire.receive()
    if verdict[0] != b"hello":
        raise NotReady(_reason(verdict))
    if key and b"cipher.iv" in verdict[1]:
        # Our stream restarts as well, for a viewer that stays connected.
        wire.encryptor = _encryptor(key, verdict[1])


def _encryptor(key: str, theirs: Mapping[bytes, Any]) -> CipherContext:
    """Return the encryptor for the cipher capabilities of the server."""
    salt, iterations = theirs[b"cipher.key_salt"], theirs[b"cipher.key_stretch_iterations"]
    return _cipher(key, salt, iterations, theirs[b"cipher.iv"]).encryptor()


def _cipher(key: str, salt: bytes, iterations: int, vector: bytes) -> Cipher[modes.CBC]:
    # Xpra uses PBKDF2 with SHA-1.
    stretched = PBKDF2HMAC(algorithm=hashes.SHA1(), length=32, salt=salt, iterations=iterations)  # noqa: S303
    return Cipher(algorithms.AES(stretched.derive(key.encode())), modes.CBC(vector))


def _reason(packet: list[Any]) -> str:
    words = [part.decode(errors="replace") for part in packet if isinstance(part, bytes)]
    return f"The display server refused: {' '.join(words)[:200]}."


def bencode(value: Any) -> bytes:
    """Return ``value`` (numbers, texts, bytes, lists, dictionaries) in Xpra's bencode."""
    match value:
        case int():
            return b"i%de" % value
        case str():
            return bencode(value.encode())
        case bytes():
            return b"%d:%s" % (len(value), value)
        case list():
            return b"l" + b"".join(map(bencode, value)) + b"e"
        case dict():
            pairs = (bencode(key) + bencode(value[key]) for key in sorted(value))
            return b"d" + b"".join(pairs) + b"e"
    raise TypeError(f"{type(value).__name__} has no bencode")


def bdecode(data: bytes) -> Any:
    """Return the value at the start of ``data``, with texts as bytes."""
    return _bdecode(data, 0)[0]


def _bdecode(data: bytes, at: int) -> tuple[Any, int]:
    kind = data[at : at + 1]
    if kind == b"i":
        end = data.index(b"e", at)
        return int(data[at + 1 : end]), end + 1
    if kind in (b"l", b"d"):
        items, at = [], at + 1
        while data[at : at + 1] != b"e":
            item, at = _bdecode(data, at)
            items.append(item)
        return (items if kind == b"l" else dict(zip(items[::2], items[1::2], strict=True))), at + 1
    # Xpra puts a "u" before the length of a text.
    start = at + 1 if kind == b"u" else at
    colon = data.index(b":", start)
    end = colon + 1 + int(data[start:colon])
    return data[colon + 1 : end], end
