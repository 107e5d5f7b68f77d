"""The companion without a session: viewers at its socket get video of motion on a screen."""

from __future__ import annotations

import asyncio
import json
import stat
import struct
from collections.abc import AsyncIterator, Iterable
from contextlib import asynccontextmanager, suppress
from pathlib import Path
from typing import Any

import pytest

from jupyter_desktop.video import budget as budgets
from jupyter_desktop.video.budget import Budget
from jupyter_desktop.video.encoders import KINDS, Encoders
from jupyter_desktop.video.producer import Producer
from jupyter_desktop.video.records import FromPage, ToPage
from jupyter_desktop.video.server import serve

from . import x_server
from .x_server import HEIGHT, WIDTH, XServer

SCREEN = (0, 0, WIDTH, HEIGHT)
TIMEOUT = 20.0  # seconds
X264 = [kind for kind in KINDS if kind.name == "libx264"]


class Viewer:
    """A viewer that acknowledges each frame that it reads.

    On a busy machine the painter may pause for so long that the region counts as resting; then the
    viewer starts again, as a page does.
    """

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._reader = reader
        self.writer = writer
        self.shows = True  # whether frames are acknowledged
        self._request = b""  # of the last start

    def send(self, kind: int, payload: bytes = b"") -> None:
        self.writer.write(struct.pack(">IB", 1 + len(payload), kind) + payload)

    def start(self, *region: int, codecs: Iterable[str] = ("h264",)) -> None:
        request = {"codecs": list(codecs), "region": region}
        self._request = json.dumps(request).encode()
        self.send(FromPage.START, self._request)

    async def record(self) -> tuple[int, bytes]:
        head = await asyncio.wait_for(self._reader.readexactly(5), TIMEOUT)
        length, kind = struct.unpack(">IB", head)
        payload = await self._reader.readexactly(length - 1)
        if kind == ToPage.FRAME and self.shows:
            self.send(FromPage.SHOWN, payload[:4])
        return kind, payload

    async def next(self, wanted: ToPage) -> bytes:
        """Return the payload of the next record of a kind; others before it are left out."""
        while True:
            kind, payload = await self.record()
            if kind == wanted:
                return payload
            if kind == ToPage.REST:
                await asyncio.sleep(struct.unpack(">I", payload)[0] / 1000)
                self.send(FromPage.START, self._request)

    async def config(self) -> dict[str, Any]:
        values: dict[str, Any] = json.loads(await self.next(ToPage.CONFIG))
        return values

    async def is_key(self) -> bool:
        """Whether the next frame is a key frame."""
        return bool((await self.next(ToPage.FRAME))[4])


class Companion:
    def __init__(self, producer: Producer, socket: Path) -> None:
        self.producer = producer
        self.socket = socket
        self._viewers: list[Viewer] = []

    async def viewer(self) -> Viewer:
        """Connect a viewer."""
        viewer = Viewer(*await asyncio.open_unix_connection(self.socket))
        self._viewers.append(viewer)
        return viewer

    async def disconnect(self) -> None:
        """Disconnect all viewers."""
        for viewer in self._viewers:
            viewer.writer.close()
            with suppress(ConnectionError):
                await viewer.writer.wait_closed()


@asynccontextmanager
async def companion(x: XServer, folder: Path) -> AsyncIterator[Companion]:
    """Serve viewers of the screen."""
    producer = Producer(x.display, Encoders(X264), Budget(8, folder))
    try:
        async with serve(folder / "video.sock", producer):
            served = Companion(producer, folder / "video.sock")
            try:
                yield served
            finally:
                await served.disconnect()
    finally:
        producer.close()


@asynccontextmanager
async def moving(x: XServer) -> AsyncIterator[None]:
    """Let the whole screen change meanwhile."""

    async def move() -> None:
        colour = 0
        while True:
            colour += 0x010305
            x.paint(colour & 0xFFFFFF)
            await asyncio.sleep(0.02)

    task = asyncio.ensure_future(move())
    try:
        yield
    finally:
        task.cancel()
        with suppress(asyncio.CancelledError):
            await task


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """The runtime folder of a desktop."""
    (path := tmp_path / "jd-1").mkdir()
    return path


async def test_video_from_start_to_rest(x: XServer, folder: Path) -> None:
    async with companion(x, folder) as one:
        assert stat.S_IMODE(one.socket.stat().st_mode) == 0o600
        viewer = await one.viewer()
        async with moving(x):
            viewer.start(*SCREEN)
            config = await viewer.config()
            assert config["region"] == list(SCREEN)
            assert config["coded"] == [336, 256]
            assert await viewer.is_key()
            for _ in range(20):
                await viewer.next(ToPage.FRAME)
            assert list(folder.parent.glob("jd-*/video-active"))
        assert await viewer.next(ToPage.REST) == bytes(4)
        assert not list(folder.parent.glob("jd-*/video-active"))
    assert not one.socket.exists()


async def test_a_start_beyond_the_screen_ends_the_video(x: XServer, folder: Path) -> None:
    async with companion(x, folder) as one, moving(x):
        viewer = await one.viewer()
        viewer.start(*SCREEN)
        await viewer.next(ToPage.FRAME)
        viewer.start(5000, 0, 10, 10)
        await viewer.next(ToPage.REST)
        assert not list(folder.parent.glob("jd-*/video-active"))


async def test_after_a_stop_no_frame_comes(x: XServer, folder: Path) -> None:
    async with companion(x, folder) as one, moving(x):
        viewer = await one.viewer()
        viewer.start(*SCREEN)
        await viewer.next(ToPage.FRAME)
        viewer.send(FromPage.STOP)
        viewer.start(0, 0, 16, 16)
        while (await viewer.config())["region"] != [0, 0, 16, 16]:
            pass  # of a new bit rate
        assert await viewer.is_key()


async def test_viewers_get_the_region_that_holds_both_of_theirs(x: XServer, folder: Path) -> None:
    async with companion(x, folder) as one, moving(x):
        first, second = await one.viewer(), await one.viewer()
        first.start(0, 0, 64, 64)
        assert (await first.config())["region"] == [0, 0, 64, 64]
        second.start(100, 80, 20, 20)
        assert (await second.config())["region"] == [0, 0, 120, 100]
        assert await second.is_key()
        while (await first.config())["region"] != [0, 0, 120, 100]:
            pass
        second.writer.close()
        while (await first.config())["region"] != [0, 0, 64, 64]:
            pass


async def test_a_key_frame_comes_on_request(x: XServer, folder: Path) -> None:
    async with companion(x, folder) as one, moving(x):
        viewer = await one.viewer()
        viewer.start(*SCREEN)
        assert await viewer.is_key()
        for _ in range(3):
            viewer.send(FromPage.KEY)
            while not await viewer.is_key():
                pass


async def test_a_viewer_that_shows_nothing_gets_few_frames(x: XServer, folder: Path) -> None:
    """Another one gets all of them."""
    async with companion(x, folder) as one, moving(x):
        late, good = await one.viewer(), await one.viewer()
        late.shows = False
        late.start(*SCREEN)
        good.start(*SCREEN)
        for _ in range(60):
            await good.next(ToPage.FRAME)
        late.writer.write_eof()
        frames = 0
        with suppress(asyncio.IncompleteReadError):
            while True:
                frames += (await late.record())[0] == ToPage.FRAME
        assert 1 <= frames <= 10


async def test_a_bad_record_disconnects_its_viewer_only(x: XServer, folder: Path) -> None:
    async with companion(x, folder) as one, moving(x):
        bad, good = await one.viewer(), await one.viewer()
        good.start(*SCREEN)
        await good.next(ToPage.FRAME)
        bad.send(77)
        with pytest.raises(asyncio.IncompleteReadError):
            await bad.record()
        await good.next(ToPage.FRAME)


async def test_without_a_codec_in_common_there_is_a_problem(x: XServer, folder: Path) -> None:
    async with companion(x, folder) as one:
        viewer = await one.viewer()
        viewer.start(*SCREEN, codecs=["unknown"])
        problem = json.loads(await viewer.next(ToPage.PROBLEM))
        assert "encoder" in problem["message"]
        assert problem["remedy"]


async def test_a_region_beyond_the_screen_is_refused(x: XServer, folder: Path) -> None:
    async with companion(x, folder) as one:
        viewer = await one.viewer()
        viewer.start(WIDTH, 0, 100, 100)
        assert (await viewer.record())[0] == ToPage.REST
        viewer.start(WIDTH - 20, 0, 100, 32)
        assert (await viewer.config())["region"] == [WIDTH - 20, 0, 20, 32]


async def test_frames_that_take_too_long_end_the_video_for_a_while(
    x: XServer, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(budgets, "_TOO_SLOW", 0.0)
    async with companion(x, folder) as one, moving(x):
        viewer = await one.viewer()
        viewer.start(*SCREEN)
        (pause,) = struct.unpack(">I", await viewer.next(ToPage.REST))
        assert pause == 10_000
        viewer.start(*SCREEN)
        kind, payload = await viewer.record()
        assert kind == ToPage.REST
        assert 0 < struct.unpack(">I", payload)[0] <= 10_000


async def test_a_display_that_ends_is_lost(folder: Path) -> None:
    with x_server.running() as x:
        async with companion(x, folder) as one:
            viewer = await one.viewer()
            viewer.start(*SCREEN)
            await viewer.next(ToPage.FRAME)
            x.process.kill()
            await asyncio.wait_for(one.producer.lost, 5)


async def test_there_is_a_limit_of_viewers(x: XServer, folder: Path) -> None:
    async with companion(x, folder) as one:
        viewers = [await one.viewer() for _ in range(65)]
        with pytest.raises(asyncio.IncompleteReadError):
            await viewers[-1].record()
        viewers[0].start(*SCREEN)
        await viewers[0].config()
