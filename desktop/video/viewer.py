"""One connection of a page to the companion."""

from __future__ import annotations

import asyncio

from .flow import Flow
from .records import Start

# Bytes that the operating system has not taken yet; above, no frame is sent.
_MOST_UNSENT = 64 * 1024
_KEY_INTERVAL = 1.0  # seconds
# Bytes. Above, the viewer is disconnected: its page sends records, but does not read.
_FAR_TOO_MUCH_UNSENT = 16 * 1024 * 1024


class Viewer:
    """A page that is connected by ``writer``."""

    def __init__(self, writer: asyncio.StreamWriter) -> None:
        self.flow = Flow()
        self.start: Start | None = None  # its request; None while it requests no video
        self.is_new = False  # its request has no configuration yet
        # The page cannot decode the next frame unless it is a key frame.
        self.needs_key = True
        self._key_at = 0.0  # when it last got a key frame
        self._writer = writer

    def begin(self, start: Start) -> None:
        """Note its request."""
        self.start = start
        self.is_new = self.needs_key = True

    def stop(self) -> None:
        """Note that it requests no video."""
        self.start = None
        self.flow.restart()

    def takes_frame(self, frame_rate: float) -> bool:
        """Whether another frame may be sent now, at ``frame_rate`` frames per second."""
        unsent = self._writer.transport.get_write_buffer_size()
        return unsent < _MOST_UNSENT and self.flow.takes_frame(frame_rate)

    @property
    def does_not_read(self) -> bool:
        """Whether so many bytes are unsent that it is to be disconnected."""
        return self._writer.transport.get_write_buffer_size() > _FAR_TOO_MUCH_UNSENT

    def may_have_key(self, now: float) -> bool:
        """Whether it needs a key frame, and got none within ``_KEY_INTERVAL``."""
        return self.needs_key and now - self._key_at >= _KEY_INTERVAL

    def send_frame(self, number: int, is_key: bool, record: bytes, now: float) -> None:
        """Send a frame, and note its time."""
        if is_key:
            self.needs_key = False
            self._key_at = now
        self.flow.sent(number, len(record), now)
        self._writer.write(record)

    def send(self, record: bytes) -> None:
        """Send another record."""
        self._writer.write(record)
