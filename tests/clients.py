"""Viewers for tests: a raw WebSocket client, and RFB on top of it."""

from __future__ import annotations

import base64
import contextlib
import os
import re
import socket
import ssl
import struct
import zlib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from urllib.parse import urlsplit

from jupyter_desktop.system import credentials

CONTINUATION, TEXT, BINARY, CLOSE, PING, PONG = 0x0, 0x1, 0x2, 0x8, 0x9, 0xA

RAW = 0
EXTENDED_DESKTOP_SIZE = -308  # a pseudo-encoding (rfbproto, "ExtendedDesktopSize")
_EXTENDED_CLIPBOARD = 0xC0A1E5CE - (1 << 32)  # a pseudo-encoding (rfbproto, "Extended Clipboard")
_CLIPBOARD_TEXT = 1
_CAPS, _REQUEST, _PEEK, _NOTIFY, _PROVIDE = (1 << bit for bit in range(24, 29))


def masked(payload: bytes, key: bytes) -> bytes:
    repeated = (key * (len(payload) // 4 + 1))[: len(payload)]
    whole = int.from_bytes(payload, "big") ^ int.from_bytes(repeated, "big")
    return whole.to_bytes(len(payload), "big")


def frame(
    payload: bytes = b"",
    opcode: int = BINARY,
    *,
    final: bool = True,
    key: bytes | None = b"mask",
    reserved: int = 0,
) -> bytes:
    """Return a WebSocket frame (RFC 6455, section 5.2); unmasked if ``key`` is None."""
    first = final << 7 | reserved << 4 | opcode
    if len(payload) < 126:
        length = bytes([len(payload)])
    elif len(payload) < 1 << 16:
        length = b"\x7e" + struct.pack(">H", len(payload))
    else:
        length = b"\x7f" + struct.pack(">Q", len(payload))
    second = length[0] | (key is not None) << 7
    body = payload if key is None else key + masked(payload, key)
    return bytes([first, second]) + length[1:] + body


@dataclass(frozen=True)
class Frame:
    """A frame that a server sent."""

    opcode: int
    payload: bytes

    @property
    def code(self) -> int:
        """The close code (RFC 6455, section 7.1.5)."""
        return int.from_bytes(self.payload[:2], "big")


class Closed(Exception):
    """The server closed; ``code`` is None if it did so without a close frame."""

    def __init__(self, code: int | None, reason: str) -> None:
        super().__init__(f"{code} {reason}")
        self.code = code
        self.reason = reason


class Denied(Exception):
    """The server answered the WebSocket request with something else."""

    def __init__(self, head: str, body: bytes) -> None:
        super().__init__(f"{head}\n{body!r}")
        self.status = int(head.split()[1])
        self.body = body


class Wire:
    """A WebSocket from the first byte after the request on."""

    def __init__(self, connection: socket.socket) -> None:
        self.socket = connection
        self._buffer = b""

    def __enter__(self) -> Wire:
        return self

    def __exit__(self, *error: object) -> None:
        self.socket.close()

    def send(self, payload: bytes, opcode: int = BINARY) -> None:
        self.socket.sendall(frame(payload, opcode))

    def head(self) -> str:
        """Return the head of the answer to the request."""
        while b"\r\n\r\n" not in self._buffer:
            self._more()
        head, self._buffer = self._buffer.split(b"\r\n\r\n", 1)
        return head.decode("latin-1")

    def body(self, head: str) -> bytes:
        """Return the body of the answer with that head."""
        length = re.search(r"(?im)^Content-Length: (\d+)", head)
        return self._take(int(length[1])) if length else self.rest()

    def rest(self) -> bytes:
        """Return whatever comes until the server closes."""
        try:
            while True:
                self._more()
        except Closed:
            return self._buffer

    def frame(self) -> Frame:
        """Return the next frame; raises ``Closed`` at the end of the connection."""
        first, second = self._take(2)
        length = second & 0x7F
        if length == 126:
            length = int.from_bytes(self._take(2), "big")
        elif length == 127:
            length = int.from_bytes(self._take(8), "big")
        assert not second & 0x80, "a server does not mask (RFC 6455, section 5.1)"
        assert first & 0xF0 == 0x80, "the bridge neither fragments nor sets reserved bits"
        return Frame(first & 0x0F, self._take(length))

    def message(self) -> bytes:
        """Return the next binary message; answers pings, raises ``Closed`` at a close frame."""
        while True:
            came = self.frame()
            if came.opcode == PING:
                self.send(came.payload, PONG)
            elif came.opcode == CLOSE:
                with contextlib.suppress(OSError):  # the bridge closes at a protocol error
                    self.send(came.payload[:2], CLOSE)
                raise Closed(came.code, came.payload[2:].decode())
            elif came.opcode == BINARY:
                return came.payload

    def closing(self) -> Closed:
        """Read until the server closes; return code and reason."""
        try:
            while True:
                self.message()
        except Closed as closed:
            return closed

    def _take(self, count: int) -> bytes:
        while len(self._buffer) < count:
            self._more()
        taken, self._buffer = self._buffer[:count], self._buffer[count:]
        return taken

    def _more(self) -> None:
        try:
            data = self.socket.recv(256 * 1024)
        except ConnectionError as error:
            raise Closed(None, str(error)) from error
        if not data:
            raise Closed(None, "end of file")
        self._buffer += data


def upgrade(
    url: str,
    protocols: Sequence[str] = (),
    headers: Mapping[str, str | None] | None = None,
) -> bytes:
    """Return a WebSocket request; a header that is None is left out."""
    parts = urlsplit(url)
    lines = {
        "Host": parts.netloc,
        "Upgrade": "websocket",
        "Connection": "Upgrade",
        "Sec-WebSocket-Version": "13",
        "Sec-WebSocket-Key": base64.b64encode(os.urandom(16)).decode(),
        "Sec-WebSocket-Protocol": ", ".join(protocols) or None,
        **(headers or {}),
    }
    target = parts.path + (f"?{parts.query}" if parts.query else "")
    text = "".join(f"{name}: {value}\r\n" for name, value in lines.items() if value is not None)
    return f"GET {target} HTTP/1.1\r\n{text}\r\n".encode("latin-1")


def dial(url: str, context: ssl.SSLContext | None = None, timeout: float = 20) -> socket.socket:
    """Connect to the host of ``url``."""
    parts = urlsplit(url)
    connection = socket.create_connection((parts.hostname, parts.port), timeout)
    return (
        context.wrap_socket(connection, server_hostname=parts.hostname) if context else connection
    )


def connect(
    url: str,
    protocols: Sequence[str] = (),
    headers: Mapping[str, str | None] | None = None,
    context: ssl.SSLContext | None = None,
) -> Wire:
    """Open a WebSocket; raises ``Denied`` with what was answered instead."""
    wire = Wire(dial(url, context))
    wire.socket.sendall(upgrade(url, protocols, headers))
    head = wire.head()
    if " 101 " not in head.splitlines()[0]:
        with wire:
            raise Denied(head, wire.body(head))
    return wire


class WrongPassword(Exception):
    """The display server did not accept the password."""


class Viewer:
    """An RFB viewer (RFC 6143) on a WebSocket."""

    def __init__(self, wire: Wire) -> None:
        self.wire = wire
        self.width = self.height = 0
        self.name = ""
        self.capabilities: dict[int, int] = {}
        self._buffer = bytearray()

    def __enter__(self) -> Viewer:
        return self

    def __exit__(self, *error: object) -> None:
        self.wire.socket.close()

    def send(self, data: bytes) -> None:
        self.wire.send(data)

    def take(self, count: int) -> bytes:
        while len(self._buffer) < count:
            self._buffer += self.wire.message()
        taken = bytes(self._buffer[:count])
        del self._buffer[:count]
        return taken

    # -- handshake (sections 7.1 to 7.3)

    def authenticate(self, password: str) -> Viewer:
        """Shake hands up to ServerInit; raises ``WrongPassword``."""
        self.take(12)
        self.send(b"RFB 003.008\n")
        types = self.take(self.take(1)[0])
        assert 2 in types, types
        self.send(b"\x02")
        self.send(credentials.vnc_response(password, self.take(16)))
        if self._number(4):
            raise WrongPassword(self.take(self._number(4)).decode())
        self.send(b"\x01")
        self.width, self.height = self._number(2), self._number(2)
        self.take(16)
        self.name = self.take(self._number(4)).decode()
        return self

    # -- pictures (sections 7.5.2, 7.5.3, 7.6.1)

    def set_encodings(self, *encodings: int) -> None:
        data = struct.pack(f">{len(encodings)}i", *encodings)
        self.send(struct.pack(">BxH", 2, len(encodings)) + data)

    def request_update(self, incremental: bool = False) -> None:
        self.send(struct.pack(">BBHHHH", 3, incremental, 0, 0, self.width, self.height))

    def update(self) -> int:
        """Read messages until an update of the framebuffer, and return how many bytes it had."""
        for kind, _ in self.messages():
            if kind == 0:
                return self._rectangles()
        raise AssertionError

    def _rectangles(self) -> int:
        self.take(1)
        size = 0
        for _ in range(self._number(2)):
            _, _, width, height, encoding = struct.unpack(">HHHHi", self.take(12))
            if encoding == EXTENDED_DESKTOP_SIZE:
                screens = self.take(4)[0]
                self.take(16 * screens)
                continue
            assert encoding == RAW, encoding
            size += len(self.take(width * height * 4))
        return size

    # -- clipboard (section 7.5.6, 7.6.4, and rfbproto, "Extended Clipboard")

    def cut_text(self, text: str) -> None:
        data = text.encode("latin-1")
        self.send(struct.pack(">B3xI", 6, len(data)) + data)

    def offer_extended_clipboard(self) -> None:
        """Ask for the extended clipboard; the server answers with its capabilities."""
        self.set_encodings(RAW, _EXTENDED_CLIPBOARD)

    def provide(self, text: str) -> None:
        """Send ``text`` by the extended clipboard without being asked."""
        data = text.encode() + b"\0"
        packed = zlib.compress(struct.pack(">I", len(data)) + data)
        self._extended(_PROVIDE | _CLIPBOARD_TEXT, packed)

    def request_text(self) -> None:
        self._extended(_REQUEST | _CLIPBOARD_TEXT)

    def notify(self) -> None:
        self._extended(_NOTIFY | _CLIPBOARD_TEXT)

    def _extended(self, flags: int, data: bytes = b"") -> None:
        self.send(struct.pack(">B3xiI", 6, -(len(data) + 4), flags) + data)

    def messages(self) -> Iterator[tuple[int, bytes]]:
        """Yield the type of each server message, with the body of cut texts."""
        while True:
            kind = self.take(1)[0]
            if kind == 3:
                self.take(3)
                (length,) = struct.unpack(">i", self.take(4))
                yield kind, struct.pack(">i", length) + self.take(abs(length))
            elif kind in (0, 2):
                yield kind, b""
            else:
                raise AssertionError(f"message type {kind}")

    def _number(self, size: int) -> int:
        return int.from_bytes(self.take(size), "big")
