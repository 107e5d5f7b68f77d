"""The browser's WebSocket: websockify's, with the checks of RFC 6455 that it lacks."""

from __future__ import annotations

import struct
from typing import Any

from websockify.websocket import WebSocketWantWriteError
from websockify.websockifyserver import CompatibleWebSocket

from .messages import PROTOCOLS

# Far above the largest frames of a page: a clipboard is sent in frames of some kilobytes.
LARGEST_FRAME = 1024 * 1024

_CONTINUATION, _TEXT, _BINARY, _FIRST_CONTROL = 0x0, 0x1, 0x2, 0x8
_LARGEST_CONTROL_FRAME = 125
_FINAL = 0x80
_TWO_BYTES, _EIGHT_BYTES = 126, 127  # instead of the length: its size, and that it follows
_HEADER_LENGTHS = {_TWO_BYTES: 4, _EIGHT_BYTES: 10}


class ProtocolError(Exception):
    """The browser broke the protocol; ``code`` is for the close frame (RFC 6455, 7.4.1)."""

    def __init__(self, code: int, reason: str) -> None:
        super().__init__(reason)
        self.code = code
        self.reason = reason


def _header(opcode: int, length: int) -> bytes:
    """Return the header of a final, unmasked frame (RFC 6455, section 5.2)."""
    first = _FINAL | opcode
    if length < _TWO_BYTES:
        return struct.pack(">BB", first, length)
    if length < 1 << 16:
        return struct.pack(">BBH", first, _TWO_BYTES, length)
    return struct.pack(">BBQ", first, _EIGHT_BYTES, length)


class BrowserSocket(CompatibleWebSocket):  # type: ignore[misc]
    """A WebSocket with a bounded buffer.

    ``recvmsg`` raises ``ProtocolError`` if the connection must be closed. ``heard`` counts the
    received frames of any kind. A ping waits in ``unanswered`` until no frame is half sent: a pong
    inside another frame would break it.
    """

    def __init__(self, *arguments: Any) -> None:
        super().__init__(*arguments)
        self.heard = 0
        self.unanswered: bytes | None = None  # data of the newest ping; None if it is answered
        self._in_message = False  # the last data frame did not end its message
        self._unsent: list[memoryview] = []  # the rest of a half-sent frame; empty if there is none

    @property
    def said_goodbye(self) -> bool:
        """Whether the browser has sent a close frame."""
        # 1006: the stream ended without one (RFC 6455, section 7.1.5).
        return self.close_code not in (None, 1006)

    def select_subprotocol(self, protocols: list[str]) -> str:
        """Return the first of our protocols that the browser offers."""
        return next((protocol for protocol in PROTOCOLS if protocol in protocols), "")

    def shutdown(self, how: int | None, code: int = 1000, reason: str | None = None) -> None:
        """Answer the browser's close frame; raise the protocol errors that websockify finds.

        websockify would send a close frame for them and then drop all further frames silently.
        ``how`` is None only for the answer to a close frame.
        """
        if how is not None:
            raise ProtocolError(code, reason or "")
        super().shutdown(how, code, reason)

    def send_text(self, text: bytes) -> None:
        """Send a text frame; like ``sendmsg``, call it again with the same text if it raises."""
        if self._unsent:
            self._flush()
        else:
            self._sendmsg(_TEXT, text)

    def send_close(self, code: int, reason: str) -> None:
        """Begin the closing handshake (RFC 6455, section 7.1.2)."""
        super().shutdown(None, code, reason)

    def handle_ping(self, data: bytes) -> None:
        """Keep the newest ping; older ones need no answer (RFC 6455, 5.5.3)."""
        self.unanswered = data

    def _sendmsg(self, opcode: int, msg: bytes) -> None:
        """Send a frame without the three copies that websockify would make."""
        self._unsent += map(memoryview, (_header(opcode, len(msg)), msg))
        self._flush()

    def _flush(self) -> None:
        """Send the rest; raises ``WebSocketWantWriteError`` if the socket would block."""
        while self._unsent:
            try:
                sent = self.socket.sendmsg(self._unsent)
            except BlockingIOError:
                raise WebSocketWantWriteError from None
            while self._unsent and sent >= len(self._unsent[0]):
                sent -= len(self._unsent.pop(0))
            if sent:
                self._unsent[0] = self._unsent[0][sent:]

    def _decode_hybi(self, buf: bytes) -> dict[str, Any] | None:
        """Check a frame's header as soon as it has arrived; then websockify decodes the frame."""
        if len(buf) >= 2:
            self._check_header(buf)
        frame: dict[str, Any] | None = super()._decode_hybi(buf)
        if frame:
            self.heard += 1
            if frame["opcode"] < _FIRST_CONTROL:
                self._make_whole(frame)
        return frame

    def _check_header(self, buf: bytes) -> None:
        opcode, length = buf[0] & 0x0F, buf[1] & 0x7F
        if buf[0] & 0x70:
            raise ProtocolError(1002, "Reserved bits are set, and no extension was agreed on.")
        if not buf[1] & 0x80:
            raise ProtocolError(1002, "The frame is not masked.")
        if opcode >= _FIRST_CONTROL and (length > _LARGEST_CONTROL_FRAME or not buf[0] & 0x80):
            raise ProtocolError(1002, "A control frame is fragmented or too long.")
        if self._length(buf, length) > LARGEST_FRAME:
            raise ProtocolError(1009, "The frame is too long.")

    @staticmethod
    def _length(buf: bytes, length: int) -> int:
        end = _HEADER_LENGTHS.get(length)
        if end is None:
            return length
        return int.from_bytes(buf[2:end], "big") if len(buf) >= end else 0

    def _make_whole(self, frame: dict[str, Any]) -> None:
        """Make each fragment a whole message, since a byte stream has no messages.

        So no fragment is buffered until its message ends. Also, websockify would ignore an empty
        first fragment.
        """
        if (frame["opcode"] == _CONTINUATION) != self._in_message:
            raise ProtocolError(1002, "A fragment is out of order.")
        self._in_message = not frame["fin"]
        frame["fin"] = True
        if frame["opcode"] == _CONTINUATION:
            frame["opcode"] = _BINARY
