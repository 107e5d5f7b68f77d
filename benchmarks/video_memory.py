"""Memory of the process that makes the video, with three viewers, one of which does not read."""

from __future__ import annotations

import json
import socket
import statistics
import struct
import sys
import threading
import time
from collections.abc import Callable, Iterator

import raw_client
from playwright.sync_api import Browser
from products import Product
from report import VideoRow
from servers import running, wait_until
from shown import SIZE, Shown

_EVERY = 1.0  # seconds
_START, _SHOWN = 1, 3
_FRAME, _REST = 2, 3
_PAUSE = 0.5  # seconds
_TICKET = "/desktop/api/sessions/default/ticket"


def rows(start: Callable[[], Product], browser: Browser, seconds: float) -> Iterator[VideoRow]:
    """Measure for some time."""
    with running(start) as (product,):
        view = Shown(browser, product)
        view.open()
        with view.film("photo", (0, 0, *SIZE), 60) as film:
            film.run()
            companion = wait_until(lambda: _companion(product))
            viewers = [_Viewer(product, name) for name in ("reads", "stalls")]
            viewers[0].begin()
            taken = []
            end = time.monotonic() + seconds
            while time.monotonic() < end:
                view.page.wait_for_timeout(_EVERY * 1000)
                taken.append(companion.memory_info().rss / 2**20)
            for viewer in viewers:
                viewer.close()
        view.close()
    # The first fifth is a warm-up.
    warm = taken[len(taken) // 5 :]
    fifth = len(warm) // 5
    first, last = statistics.median(warm[:fifth]), statistics.median(warm[-fifth:])
    minutes = seconds / 60
    what = (
        f"Memory of the video's process, {minutes:.0f} min of motion, one of three viewers stalled"
    )
    yield VideoRow(what, {"ours": last}, "MiB")
    yield VideoRow("— growth after the warm-up", {"ours": last - first}, "MiB", "< 4")
    yield VideoRow("— frames that the other raw viewer got", {"ours": viewers[0].frames}, "")
    print(f"  {taken[:: max(1, len(taken) // 10)]}", file=sys.stderr)


def _companion(product: Product):  # type: ignore[no-untyped-def]
    return next((one for one in product.processes() if _is_companion(one)), None)


def _is_companion(process) -> bool:  # type: ignore[no-untyped-def]
    return "jupyter_desktop.video" in process.cmdline()


class _Viewer(threading.Thread):
    """A viewer of the video that decodes nothing; it reads nothing before ``begin``."""

    def __init__(self, product: Product, name: str) -> None:
        super().__init__(daemon=True)
        ticket = product.call("POST", _TICKET, {"client": name, "stream": "video"})
        path = f"/desktop/{ticket['socket_url']}"
        self._socket = raw_client.connect(product.port, path, product.token, ticket["protocols"])
        self.frames = 0
        self._data = b""
        self._request()

    def begin(self) -> None:
        """Begin to read, and to acknowledge frames."""
        self.start()

    def close(self) -> None:
        """End the connection."""
        self._socket.shutdown(socket.SHUT_RDWR)

    def run(self) -> None:
        try:
            while True:
                (length,) = struct.unpack(">I", self._take(4))
                record = self._take(length)
                if record[0] == _FRAME:
                    self.frames += 1
                    self._send(_SHOWN, record[1:5])
                elif record[0] == _REST:
                    time.sleep(_PAUSE)
                    self._request()
        except OSError:
            pass  # closed

    def _request(self) -> None:
        request = {"codecs": ["h264", "vp8"], "region": [0, 0, *SIZE]}
        self._send(_START, json.dumps(request).encode())

    def _send(self, kind: int, payload: bytes) -> None:
        raw_client.send(self._socket, struct.pack(">IB", 1 + len(payload), kind) + payload)

    def _take(self, count: int) -> bytes:
        while len(self._data) < count:
            self._data += self._message()
        taken, self._data = self._data[:count], self._data[count:]
        return taken

    def _message(self) -> bytes:
        """Return the data of a message; only binary ones carry the stream."""
        first, length = raw_client.receive_exactly(self._socket, 2)
        more = {126: 2, 127: 8}.get(length)
        if more:
            length = int.from_bytes(raw_client.receive_exactly(self._socket, more), "big")
        data = raw_client.receive_exactly(self._socket, length)
        return data if first & 0x0F in (0, 2) else b""
