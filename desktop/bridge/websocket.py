"""The browser's side: websockify's WebSocket, with what RFC 6455 asks for and it does not check."""

from __future__ import annotations

import struct
from typing import Any

from websockify.websocket import WebSocketWantWriteError
from websockify.websockifyserver import CompatibleWebSocket

from .messages import PROTOCOLS

# Browsers send a clipboard in frames of some kilobytes; none needs to be as large as this.
LARGEST_FRAME = 1024 * 1024

_CONTINUATION, _TEXT, _BINARY, _FIRST_CONTROL = 0x0, 0x1, 0x2, 0x8
_LARGEST_CONTROL_FRAME = 125
_FINAL = 0x80
_TWO_BYTES, _EIGHT_BYTES = 126, 127  # in place of the length: that it follows
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
    """A WebSocket that bounds what it buffers.

    ``recvmsg`` raises ``ProtocolError`` for what must not be answered but closed. ``heard`` counts
    the frames that came, of any kind. A ping waits in ``unanswered`` until there is room for a
    pong, since one in the middle of another frame would break that.
    """

    def __init__(self, *arguments: Any) -> None:
        super().__init__(*arguments)
        self.heard = 0
        self.unanswered: bytes | None = None
        self._in_message = False
        self._unsent: list[memoryview] = []

    @property
    def said_goodbye(self) -> bool:
        """Whether the browser's end of the stream came after a close frame of its own."""
        # 1006: without one (RFC 6455, section 7.1.5).
        return self.close_code not in (None, 1006)

    def select_subprotocol(self, protocols: list[str]) -> str:
        """Return the first protocol offered that we speak."""
        return next((protocol for protocol in PROTOCOLS if protocol in protocols), "")

    def shutdown(self, how: int | None, code: int = 1000, reason: str | None = None) -> None:
        """Answer the browser's close frame; what websockify objects to is raised instead.

        After websockify has sent a close frame it drops silently whatever is to be sent, which the
        caller could not see. ``how`` is None only for the answer to a close frame.
        """
        if how is not None:
            raise ProtocolError(code, reason or "")
        super().shutdown(how, code, reason)

    def send_text(self, text: bytes) -> None:
        """Send a text frame; to be called again with the same, like ``sendmsg``."""
        if self._unsent:
            self._flush()
        else:
            self._sendmsg(_TEXT, text)

    def send_close(self, code: int, reason: str) -> None:
        """Begin the closing handshake (RFC 6455, section 7.1.2)."""
        super().shutdown(None, code, reason)

    def handle_ping(self, data: bytes) -> None:
        """Remember the newest ping; older ones need no answer (RFC 6455, 5.5.3)."""
        self.unanswered = data

    def _sendmsg(self, opcode: int, msg: bytes) -> None:
        """Send a frame; websockify would copy it three times on the way to the socket."""
        self._unsent += map(memoryview, (_header(opcode, len(msg)), msg))
        self._flush()

    def _flush(self) -> None:
        """Send what is left; raises ``WebSocketWantWriteError`` if the socket takes no more."""
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
        """Check a frame's header as soon as it is there, then let websockify decode the frame."""
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
        """Make a message of its own of each fragment, since a byte stream knows no messages.

        So nothing is held until a message ends. websockify would also take an empty first fragment
        for none at all.
        """
        if (frame["opcode"] == _CONTINUATION) != self._in_message:
            raise ProtocolError(1002, "A fragment is out of order.")
        self._in_message = not frame["fin"]
        frame["fin"] = True
        if frame["opcode"] == _CONTINUATION:
            frame["opcode"] = _BINARY
