"""Pages and their streams: a doorman with a real bridge, connected to sockets of the test."""

from __future__ import annotations

import asyncio
import logging
import socket
import sys
import tempfile
from collections.abc import AsyncIterator, Callable, Iterator, Sequence
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
from tornado.iostream import IOStream

from jupyter_desktop.admission.doorman import Doorman
from jupyter_desktop.admission.shares import Share
from jupyter_desktop.admission.tickets import Ticket, Tickets
from jupyter_desktop.bridge.closing import ENDED, TAKEN_OVER
from jupyter_desktop.desktops.plans import Plan
from jupyter_desktop.desktops.sessions import Sessions
from jupyter_desktop.errors import UnknownStream, UnknownViewer
from jupyter_desktop.placements import Local
from jupyter_desktop.session.specification import Specification
from jupyter_desktop.system.access import Access
from tests.clients import Wire, upgrade

HEAD = upgrade("http://localhost/", ["desktop.v1"]).decode()

# A session whose streams are served by the sockets STREAM.sock in a folder.
SESSION = """
import json, sys
def tell(**event): print(json.dumps(event), flush=True)
sys.stdin.readline()
tell(event="state", state="running", reachable=True, backend="vnc")
for line in sys.stdin:
    asked = json.loads(line)
    if asked["command"] == "stop":
        break
    path = f"{sys.argv[1]}/{asked['stream']}.sock"
    tell(event="admitted", id=asked["id"], socket=path, error=None)
tell(event="state", state="stopped", reason="It was stopped.")
"""


class Here(Local):
    """A placement whose session reports sockets of the test as its own."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def launch(self, session_command: Sequence[str]) -> list[str]:
        return [sys.executable, "-c", SESSION, str(self._folder)]


class House:
    """A doorman with one desktop, whose streams are ``desktop`` and ``video``."""

    def __init__(self, folder: Path) -> None:
        self._listeners: dict[str, socket.socket] = {}
        for stream in ("desktop", "video"):
            listener = self._listeners[stream] = socket.socket(socket.AF_UNIX)
            listener.settimeout(20)
            listener.bind(str(folder / f"{stream}.sock"))
            listener.listen()
        self._open: list[socket.socket] = [*self._listeners.values()]
        plan = Plan(Specification(), Here(folder))
        log = logging.getLogger("test")
        self.doorman = Doorman(
            Sessions(lambda name, wish: plan, log),
            Tickets(30),
            [str(folder)],
            log,
            streams=("desktop", "video"),
        )

    async def start(self) -> None:
        self.session, _ = await self.doorman.sessions.start("default")
        await self.until(lambda: self.session.state.reachable)

    async def stop(self) -> None:
        await self.doorman.stop()
        for one in self._open:
            one.close()

    async def until(self, condition: Callable[[], bool]) -> None:
        """Wait until ``condition`` is true; it is checked after each change of the desktop."""
        async with self.session.subscribe() as events:
            while not condition():
                await asyncio.wait_for(events.get(), 20)

    @property
    def streams(self) -> int:
        """The number of connections, of all viewers together."""
        return sum(len(viewer.streams) for viewer in self.session.viewers)

    async def until_fewer_streams(self, than: int) -> None:
        await self.until(lambda: self.streams < than)

    def ticket(
        self, stream: str = "desktop", client: str = "page", by: Share | None = None
    ) -> Ticket:
        user = "bob" if by else "ann"
        return self.doorman.issue(
            self.session, by, user=user, name=user, client=client, stream=stream
        )

    async def connect(
        self, stream: str = "desktop", client: str = "page", by: Share | None = None
    ) -> Wire:
        """Open a stream as a page does; return the browser's end."""
        wire, _ = await self.connect_both(stream, client, by)
        return wire

    async def connect_both(
        self, stream: str = "desktop", client: str = "page", by: Share | None = None
    ) -> tuple[Wire, socket.socket]:
        """Open a stream as a page does; return the ends of the browser and of the session."""
        return await self.show(self.ticket(stream, client, by))

    async def show(self, ticket: Ticket) -> tuple[Wire, socket.socket]:
        admitted = await self.doorman.admit(self.session, ticket.id, ticket.user)
        browser, end = socket.socketpair()
        end.settimeout(20)
        self.doorman.let_through(IOStream(browser), admitted, HEAD)
        serving, _ = await asyncio.to_thread(self._listeners[ticket.stream].accept)
        serving.settimeout(20)
        self._open += [end, serving]
        wire = Wire(end)
        assert " 101 " in await asyncio.to_thread(wire.head)
        return wire, serving

    @property
    def viewers(self) -> list[tuple[str, str]]:
        shown = self.session.as_json()["viewers"]
        return [(viewer["user"], viewer["access"]) for viewer in shown]


@pytest.fixture
def folder() -> Iterator[Path]:
    # Short, since the path of a Unix socket holds 107 bytes.
    with tempfile.TemporaryDirectory(prefix="jdt-", dir="/tmp") as path:
        yield Path(path)


@asynccontextmanager
async def house(folder: Path) -> AsyncIterator[House]:
    one = House(folder)
    try:
        await one.start()
        yield one
    finally:
        await one.stop()


async def works(wire: Wire) -> None:
    wire.send(b"")
    assert await asyncio.to_thread(wire.message) == b""


async def code(wire: Wire) -> int | None:
    return (await asyncio.to_thread(wire.closing)).code


async def test_each_stream_is_connected_to_its_own_socket(folder: Path) -> None:
    async with house(folder) as one:
        for stream in ("desktop", "video"):
            wire, serving = await one.connect_both(stream)
            serving.sendall(stream.encode())
            assert await asyncio.to_thread(wire.message) == stream.encode()
            wire.send(b"to " + stream.encode())
            assert await asyncio.to_thread(serving.recv, 100) == b"to " + stream.encode()


async def test_an_unknown_stream_is_refused(folder: Path) -> None:
    async with house(folder) as one:
        with pytest.raises(UnknownStream, match="no stream called 'smell'") as refused:
            one.ticket("smell")
        assert "'desktop'" in (refused.value.remedy or "")


async def test_a_new_connection_of_a_stream_replaces_its_old_one_and_no_other_stream(
    folder: Path,
) -> None:
    async with house(folder) as one:
        desktop = await one.connect("desktop")
        video = await one.connect("video")
        again = await one.connect("video")
        assert await code(video) == TAKEN_OVER.code
        for wire in (desktop, again):
            await works(wire)


async def test_a_page_with_two_streams_is_one_viewer(folder: Path) -> None:
    """A page sets the size of the screen while it is the only viewer with full access."""
    async with house(folder) as one:
        desktop = await one.connect("desktop")
        video = await one.connect("video")
        assert one.viewers == [("ann", "full")]
        for gone, left in ((desktop, [("ann", "full")]), (video, [])):
            before = one.streams
            gone.socket.close()
            await one.until_fewer_streams(before)
            assert one.viewers == left


async def test_a_page_that_reconnects_is_the_same_viewer(folder: Path) -> None:
    async with house(folder) as one:
        await one.connect()
        (before,) = one.session.viewers
        await one.connect()
        assert one.viewers == [("ann", "full")]
        await one.until(lambda: len(before.streams) == 1)
        (after,) = one.session.viewers
        assert after.id == before.id


async def test_a_page_has_its_viewer_number_before_it_connects(folder: Path) -> None:
    async with house(folder) as one:
        tickets = [one.ticket("desktop"), one.ticket("video"), one.ticket("desktop", "other")]
        numbers = [one.session.viewers.number(ticket.page) for ticket in tickets]
        for ticket in reversed(tickets):
            await one.show(ticket)
        assert numbers[0] == numbers[1] != numbers[2]
        assert {viewer.id for viewer in one.session.viewers} == set(numbers)


async def test_clients_without_a_name_are_separate_viewers(folder: Path) -> None:
    async with house(folder) as one:
        wires = [await one.connect(client="") for _ in range(2)]
        assert len(one.viewers) == 2
        for wire in wires:
            await works(wire)


async def test_disconnecting_a_viewer_closes_all_its_streams_and_no_others(folder: Path) -> None:
    async with house(folder) as one:
        streams = [await one.connect(stream) for stream in ("desktop", "video")]
        (viewer,) = one.session.viewers
        other = await one.connect("video", "other")
        one.doorman.disconnect(one.session, viewer.id)
        assert [await code(wire) for wire in streams] == [ENDED.code] * 2
        await one.until(lambda: len(one.viewers) == 1)
        await works(other)
        with pytest.raises(UnknownViewer):
            one.doorman.disconnect(one.session, viewer.id)


async def test_the_end_of_a_share_closes_only_the_streams_of_its_guests(folder: Path) -> None:
    async with house(folder) as one:
        link = await one.doorman.share(one.session, Access.VIEW, 60)
        other_link = await one.doorman.share(one.session, Access.VIEW, 60)
        # A guest's page is neither the owner's nor another link's, even with the same name.
        owner = await one.connect("desktop")
        guests = [await one.connect(stream, by=link) for stream in ("desktop", "video")]
        other = await one.connect("desktop", by=other_link)
        assert sorted(one.viewers) == [("ann", "full"), ("bob", "view"), ("bob", "view")]
        one.doorman.end_share(link)
        assert [await code(wire) for wire in guests] == [ENDED.code] * 2
        for wire in (owner, other):
            await works(wire)


async def test_the_number_of_remembered_pages_is_limited(folder: Path) -> None:
    async with house(folder) as one:
        await one.connect()
        (viewer,) = one.session.viewers
        numbers = one.session.viewers
        for index in range(1200):
            numbers.number(f"page {index}")
        assert len(numbers._pages) == 1000
        # A connected page is not forgotten.
        await one.connect("video")
        assert [one.id for one in numbers] == [viewer.id]
