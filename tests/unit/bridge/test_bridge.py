"""The bridge with many connections on one control socket; its client with a real process."""

from __future__ import annotations

import asyncio
import contextlib
import itertools
import logging
import os
import signal
import socket
import threading
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import ExitStack, asynccontextmanager, contextmanager
from pathlib import Path

import psutil
import pytest

from jupyter_desktop.bridge.bridge import Bridge
from jupyter_desktop.bridge.client import BridgeClient
from jupyter_desktop.bridge.closing import ENDED, SERVER_ENDING, TAKEN_OVER, End
from jupyter_desktop.bridge.messages import (
    LARGEST,
    Handoff,
    Report,
    decode_report,
    send_close,
    send_handoff,
    send_tell,
)
from jupyter_desktop.bridge.timeouts import TIMEOUTS, Timeouts
from jupyter_desktop.errors import BridgeUnavailable
from tests.clients import CLOSE, TEXT, Frame, Wire, frame, upgrade
from tests.descriptors import nothing_leaks

HEAD = upgrade("http://localhost/", ["desktop.v1"]).decode()


class Doorman:
    """The other end of a bridge's control socket."""

    def __init__(self, control: socket.socket) -> None:
        self.control = control
        self._count = 0
        self._wires: list[Wire] = []
        self.targets: list[socket.socket] = []

    def hand_over(
        self, session: str = "default", page: str | None = None, stream: str = "desktop"
    ) -> Wire:
        """Hand over a connection, by default of a new page; return its browser's end."""
        browser, browser_end = socket.socketpair()
        target, target_end = socket.socketpair()
        browser_end.settimeout(10)
        target_end.settimeout(10)
        self._count += 1
        page = f"page {self._count}" if page is None else page
        handoff = Handoff(self._count, session, page, HEAD, 0, stream)
        with browser, target:
            send_handoff(self.control, handoff, browser.fileno(), target.fileno())
        wire = Wire(browser_end)
        assert " 101 " in wire.head()
        self._wires.append(wire)
        self.targets.append(target_end)
        return wire

    def report(self) -> Report:
        return decode_report(self.control.recv(LARGEST))

    def ended(self) -> int:
        while not (report := self.report()).end:
            pass
        return report.id

    def close(self) -> None:
        self.control.close()
        for one in (*(wire.socket for wire in self._wires), *self.targets):
            one.close()


@contextmanager
def bridge(timeouts: Timeouts = TIMEOUTS) -> Iterator[Doorman]:
    with nothing_leaks():
        ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        ours.settimeout(10)
        doorman = Doorman(ours)
        with theirs:
            serving = Bridge(theirs, timeouts)
            thread = threading.Thread(target=serving.serve, daemon=True)
            thread.start()
            yield doorman
            doorman.close()
            thread.join(10)
            assert not thread.is_alive()
            assert not serving._connections
            assert not serving._threads


def test_the_end_of_each_connection_is_reported_once() -> None:
    with bridge() as doorman:
        wires = [doorman.hand_over() for _ in range(5)]
        for expected, wire in enumerate(wires, 1):
            wire.socket.close()
            assert doorman.ended() == expected


def says_goodbye(doorman: Doorman, wire: Wire) -> None:
    wire.send(b"\x03\xe8", CLOSE)
    assert wire.closing().code == 1000


def breaks_the_protocol(doorman: Doorman, wire: Wire) -> None:
    wire.socket.sendall(frame(b"x", key=None))


@pytest.mark.parametrize(
    ("end", "action"),
    [
        (End.CLOSED, says_goodbye),
        (End.LOST, lambda doorman, wire: wire.socket.close()),
        (End.PROTOCOL, breaks_the_protocol),
        (End.SESSION_ENDED, lambda doorman, wire: doorman.targets[0].close()),
        (End.TAKEN_OVER, lambda doorman, wire: doorman.hand_over(page="page")),
        (End.ENDED, lambda doorman, wire: send_close(doorman.control, 1)),
    ],
)
def test_an_end_is_reported_with_its_reason_and_byte_counts(
    end: End, action: Callable[[Doorman, Wire], object]
) -> None:
    with bridge() as doorman:
        wire = doorman.hand_over(page="page")
        wire.send(b"abc")
        assert doorman.targets[0].recv(10) == b"abc"
        doorman.targets[0].sendall(b"picture")
        assert wire.message() == b"picture"
        action(doorman, wire)
        with contextlib.suppress(OSError):
            wire.closing()
        assert doorman.report() == Report(1, len(b"picture"), len(b"abc"), end)


def test_changed_byte_counts_are_reported_while_a_connection_is_open() -> None:
    with bridge(Timeouts(report_every=0.1)) as doorman:
        doorman.hand_over()
        wire = doorman.hand_over()
        for total in (3, 6):
            wire.send(b"abc")
            while (report := doorman.report()) != Report(2, 0, total):
                assert report in (Report(1, 0, 0), Report(2, 0, 0), Report(2, 0, total - 3))
        doorman.control.settimeout(0.5)
        with pytest.raises(TimeoutError):
            doorman.report()


def test_bytes_of_one_connection_do_not_reach_another() -> None:
    with bridge() as doorman:
        wires = [doorman.hand_over() for _ in range(20)]
        for index, target in enumerate(doorman.targets):
            target.sendall(f"to {index}".encode())
        for index, wire in enumerate(wires):
            assert wire.message() == f"to {index}".encode()


def test_a_new_connection_of_a_page_replaces_its_old_one() -> None:
    with bridge() as doorman:
        old, *others = (
            doorman.hand_over("default", "page"),
            doorman.hand_over("default", "other"),
            doorman.hand_over("second", "page"),
            doorman.hand_over("default", "page", "video"),
        )
        new = doorman.hand_over("default", "page")
        assert old.closing().code == TAKEN_OVER.code
        assert doorman.ended() == 1
        for wire in (*others, new):
            wire.send(b"")
            assert wire.message() == b""


def test_a_new_connection_for_a_stream_replaces_only_that_stream_of_the_page() -> None:
    with bridge() as doorman:
        desktop, old, other_page = (
            doorman.hand_over("default", "page"),
            doorman.hand_over("default", "page", "video"),
            doorman.hand_over("default", "other", "video"),
        )
        new = doorman.hand_over("default", "page", "video")
        assert old.closing().code == TAKEN_OVER.code
        assert doorman.ended() == 2
        for wire in (desktop, other_page, new):
            wire.send(b"")
            assert wire.message() == b""


def test_a_request_to_close_closes_only_that_connection() -> None:
    with bridge() as doorman:
        wires = [doorman.hand_over() for _ in range(3)]
        for identifier in (2, 99):
            send_close(doorman.control, identifier)
        assert wires[1].closing().code == ENDED.code
        assert doorman.ended() == 2
        for wire in (wires[0], wires[2]):
            wire.send(b"")
            assert wire.message() == b""


def test_a_text_is_sent_only_to_its_page() -> None:
    with bridge() as doorman:
        wires = [doorman.hand_over() for _ in range(3)]
        for identifier in (2, 99):
            send_tell(doorman.control, identifier, "news")
        assert wires[1].frame() == Frame(TEXT, b"news")
        for wire in wires:
            wire.send(b"")
            assert wire.message() == b""


def test_every_browser_gets_a_close_frame_when_the_server_is_gone() -> None:
    with bridge() as doorman:
        wires = [doorman.hand_over() for _ in range(3)]
        doorman.control.close()
        assert [wire.closing().code for wire in wires] == [SERVER_ENDING.code] * 3


def test_an_invalid_message_of_the_server_is_dropped(caplog: pytest.LogCaptureFixture) -> None:
    with bridge() as doorman:
        socket.send_fds(doorman.control, [b"nonsense"], [0, 1, 2])
        doorman.control.send(b"{}")
        wire = doorman.hand_over()
        wire.send(b"")
        assert wire.message() == b""
    assert caplog.text.count("is dropped") == 2


def test_a_browser_that_ignores_the_close_frame_does_not_delay_the_end() -> None:
    with bridge() as doorman:
        stuck = doorman.hand_over("one", "page")
        doorman.targets[0].setblocking(False)
        try:
            while True:
                doorman.targets[0].send(b"x" * 65536)
        except BlockingIOError:
            pass
        # A new connection of the same page replaces it.
        doorman.hand_over("one", "page")
        assert doorman.ended() == 1
        stuck.socket.close()


# -- the client, with a bridge process


class Server:
    """The Jupyter server's side: a bridge client, and the calls that it makes."""

    def __init__(self, folder: Path) -> None:
        self.over: list[int] = []
        self.ends_seen: list[End] = []
        self.carried = [0, 0]
        self.changed = asyncio.Event()
        self.client = BridgeClient(folder, self._ended, self._carried, logging.getLogger("test"))
        self._numbers = itertools.count(1)

    def _ended(self, handoff: Handoff, end: End) -> None:
        self.over.append(handoff.id)
        self.ends_seen.append(end)
        self.changed.set()

    def _carried(self, sent: int, received: int) -> None:
        self.carried = [self.carried[0] + sent, self.carried[1] + received]

    async def ends(self, *identifiers: int) -> None:
        while sorted(self.over) != sorted(identifiers):
            self.changed.clear()
            await asyncio.wait_for(self.changed.wait(), 10)

    def hand_over(self) -> Wire:
        browser, end = socket.socketpair()
        target, self.target = socket.socketpair()
        end.settimeout(10)
        number = next(self._numbers)
        self.client.hand_over(browser, target, Handoff(number, "one", f"page {number}", HEAD, 0))
        assert browser.fileno() == target.fileno() == -1
        return Wire(end)

    def limited(self, resource: int, most: int) -> ExitStack:
        """Limit a resource of the bridge process until the context ends (prlimit(2))."""
        bridge = psutil.Process(self.client.pid)
        before = bridge.rlimit(resource)
        limits = ExitStack()
        limits.callback(bridge.rlimit, resource, before)
        bridge.rlimit(resource, (most, before[1]))
        return limits


@asynccontextmanager
async def serving(folder: Path) -> AsyncIterator[Server]:
    server = Server(folder)
    try:
        yield server
    finally:
        await server.client.stop()
    assert server.client.pid is None


async def works(wire: Wire) -> None:
    assert " 101 " in await asyncio.to_thread(wire.head)
    wire.send(b"")
    assert await asyncio.to_thread(wire.message) == b""


async def test_a_connection_works_through_a_bridge_process(tmp_path: Path) -> None:
    async with serving(tmp_path / "folder") as server:
        server.client.start()
        with server.hand_over() as wire:
            await works(wire)
        await server.ends(1)


async def test_the_byte_counts_of_all_connections_are_passed_on(tmp_path: Path) -> None:
    async with serving(tmp_path / "folder") as server:
        for number in (1, 2):
            with server.hand_over() as wire:
                await works(wire)
                wire.send(b"abc")
                assert await asyncio.to_thread(server.target.recv, 10) == b"abc"
                server.target.sendall(b"picture")
                assert await asyncio.to_thread(wire.message) == b"picture"
            await server.ends(*range(1, number + 1))
        assert server.carried == [2 * len(b"picture"), 2 * len(b"abc")]
        assert server.ends_seen == [End.LOST] * 2


async def test_a_hand_off_starts_the_bridge(tmp_path: Path) -> None:
    async with serving(tmp_path / "folder") as server:
        with server.hand_over() as wire:
            await works(wire)


async def test_a_connection_is_closed_through_a_bridge_process(tmp_path: Path) -> None:
    async with serving(tmp_path / "folder") as server:
        with server.hand_over() as wire:
            await works(wire)
            server.client.close(99)
            server.client.close(1)
            assert (await asyncio.to_thread(wire.closing)).code == ENDED.code
        await server.ends(1)
        server.client.close(1)


async def test_a_text_reaches_its_page_through_a_bridge_process(tmp_path: Path) -> None:
    async with serving(tmp_path / "folder") as server:
        with server.hand_over() as wire:
            # The page has no answer to its request yet.
            server.client.tell(99, "lost")
            server.client.tell(1, "news")
            assert " 101 " in await asyncio.to_thread(wire.head)
            assert await asyncio.to_thread(wire.frame) == Frame(TEXT, b"news")
        await server.ends(1)
        server.client.tell(1, "late")


async def test_starting_a_running_bridge_does_nothing(tmp_path: Path) -> None:
    async with serving(tmp_path / "folder") as server:
        server.client.start()
        pid = server.client.pid
        server.client.start()
        assert server.client.pid == pid


@pytest.mark.parametrize("noticed", [True, False])
async def test_a_killed_bridge_is_replaced(
    tmp_path: Path, caplog: pytest.LogCaptureFixture, noticed: bool
) -> None:
    caplog.set_level(logging.INFO)
    async with serving(tmp_path / "folder") as server:
        with server.hand_over() as wire:
            await works(wire)
            pid = server.client.pid
            assert pid
            os.kill(pid, signal.SIGKILL)
            # Blocking, so that the client cannot see the end before its next use.
            os.waitid(os.P_PID, pid, os.WEXITED | os.WNOWAIT)
            if noticed:
                await server.ends(1)
            assert wire.closing().code is None
        with server.hand_over() as wire:
            await works(wire)
            assert server.client.pid != pid
            assert server.over == [1]
            assert server.ends_seen == [End.BRIDGE_DIED]
            restarts = caplog.text.count("The bridge was started again (process ")
            assert restarts == 1
            assert f"process {server.client.pid})" in caplog.text


async def test_a_bridge_that_cannot_start_raises_an_error_with_a_remedy(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with serving(tmp_path / "folder") as server:
        monkeypatch.setattr("jupyter_desktop.bridge.client.sys.executable", "/nowhere/python")
        with nothing_leaks(), pytest.raises(BridgeUnavailable) as unavailable:
            server.client.start()
        assert "No such file" in unavailable.value.message
        assert unavailable.value.remedy


async def test_stopping_sends_close_frames_and_removes_the_folder(tmp_path: Path) -> None:
    async with serving(tmp_path / "folder") as server:
        (tmp_path / "folder").mkdir()
        with server.hand_over() as wire:
            await works(wire)
            process = psutil.Process(server.client.pid)
            stopping = asyncio.ensure_future(server.client.stop())
            assert (await asyncio.to_thread(wire.closing)).code == SERVER_ENDING.code
            await stopping
        assert not process.is_running()
        assert not (tmp_path / "folder").exists()


async def test_the_bridge_process_has_its_own_group_and_listens_nowhere(tmp_path: Path) -> None:
    async with serving(tmp_path / "folder") as server:
        with server.hand_over() as wire:
            await works(wire)
            process = psutil.Process(server.client.pid)
            assert os.getpgid(process.pid) == process.pid
            assert not [one for one in process.net_connections() if one.status == "LISTEN"]
            assert process.cwd() == "/"


def most_files(server: Server) -> int:
    """Return the limit of files at which the bridge can open no more."""
    return max(int(path.name) for path in Path(f"/proc/{server.client.pid}/fd").iterdir()) + 1


def most_memory(server: Server) -> int:
    """Return the limit of memory at which the stack of another thread does not fit."""
    return psutil.Process(server.client.pid).memory_info().vms + (1 << 20)


@pytest.mark.parametrize(
    ("resource", "most", "said"),
    [
        (psutil.RLIMIT_NOFILE, most_files, "files open"),
        (psutil.RLIMIT_NOFILE, lambda server: most_files(server) + 1, "files open"),
        # Two come with the hand-off, and two more are opened for it.
        (psutil.RLIMIT_NOFILE, lambda server: most_files(server) + 2, "files open"),
        (psutil.RLIMIT_NOFILE, lambda server: most_files(server) + 3, "files open"),
        # Root, as which these tests may run, has no limit of processes.
        (psutil.RLIMIT_AS, most_memory, "cannot start a thread"),
    ],
)
async def test_at_a_limit_a_new_connection_is_refused_and_others_continue(
    tmp_path: Path,
    capfd: pytest.CaptureFixture[str],
    resource: int,
    most: Callable[[Server], int],
    said: str,
) -> None:
    async with serving(tmp_path / "folder") as server:
        with server.hand_over() as first:
            first_target = server.target
            await works(first)
            with server.limited(resource, most(server)):
                with server.hand_over() as refused:
                    await server.ends(2)
                    # The bridge may have answered the request before it needs more files.
                    assert (await asyncio.to_thread(refused.rest))[:13] in (b"", b"HTTP/1.1 101 ")
                    assert server.target.recv(1) == b""
                first.send(b"")
                assert await asyncio.to_thread(first.message) == b""
            with server.hand_over() as third:
                await works(third)
            first_target.close()
    assert said in capfd.readouterr().err
