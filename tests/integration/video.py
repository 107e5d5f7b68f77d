"""A viewer of the stream "video", and its decoder."""

from __future__ import annotations

import json
import struct
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from jupyter_desktop.video.records import FromPage, ToPage
from tests import clients
from tests.servers import JupyterServer

from .viewing import open_socket

PATH = "desktop/api/sessions/default/ticket"


def video_ticket(server: JupyterServer, client: str = "page", **more: str) -> dict[str, Any]:
    """Return a ticket for the video of the default desktop."""
    answer = server.call("POST", PATH, {"client": client, "stream": "video", **more})
    assert answer.status == 200, answer.body
    ticket: dict[str, Any] = answer.json
    return ticket


@dataclass
class Frames:
    """What has come of a video so far."""

    config: dict[str, Any] = field(default_factory=dict)
    frames: list[tuple[int, bool, bytes]] = field(default_factory=list)


class VideoViewer:
    """A viewer on a WebSocket that acknowledges frames as they come."""

    def __init__(self, wire: clients.Wire) -> None:
        self.wire = wire
        self._buffer = b""

    def send(self, kind: int, payload: bytes = b"") -> None:
        """Send a record."""
        self.wire.send(struct.pack(">IB", 1 + len(payload), kind) + payload)

    def start(self, *region: int, codecs: tuple[str, ...] = ("h264", "vp8")) -> None:
        """Ask for video of ``region``."""
        wish = {"codecs": codecs, "region": region}
        self.send(FromPage.START, json.dumps(wish).encode())

    def stop(self) -> None:
        """Ask for no more video."""
        self.send(FromPage.STOP)

    def shown(self, number: int) -> None:
        """Acknowledge a frame."""
        self.send(FromPage.SHOWN, struct.pack(">I", number))

    def record(self) -> tuple[int, bytes]:
        """Return kind and payload of the next record."""
        (length,) = struct.unpack(">I", self._take(4))
        record = self._take(length)
        return record[0], record[1:]

    def config(self) -> dict[str, Any]:
        """Return the next record, a configuration."""
        kind, payload = self.record()
        assert kind == ToPage.CONFIG, (kind, payload[:200])
        values: dict[str, Any] = json.loads(payload)
        return values

    def frames(self, seconds: float) -> Iterator[tuple[int, bool, bytes]]:
        """Yield and acknowledge frames for some time, or until the region rests."""
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            kind, payload = self.record()
            if kind == ToPage.REST:
                return
            if kind == ToPage.FRAME:
                number, flags = struct.unpack_from(">IB", payload)
                self.shown(number)
                yield number, bool(flags), payload[5:]

    def rests(self) -> None:
        """Wait until the region rests; frames before are acknowledged."""
        for _ in self.frames(20):
            pass

    def _take(self, count: int) -> bytes:
        while len(self._buffer) < count:
            self._buffer += self.wire.message()
        taken, self._buffer = self._buffer[:count], self._buffer[count:]
        return taken


@contextmanager
def viewing(server: JupyterServer, client: str = "page") -> Iterator[VideoViewer]:
    """Connect to the video of the default desktop."""
    with open_socket(server, video_ticket(server, client)) as wire:
        yield VideoViewer(wire)
