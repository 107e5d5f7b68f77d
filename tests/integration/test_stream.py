"""The byte stream by hand-off and relay, incomplete connections, and slow readers."""

from __future__ import annotations

import json
import os
import select
import socket
import ssl
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, closing, suppress

import psutil
import pytest

from tests import clients, servers
from tests.clients import BINARY, CLOSE, PING, TEXT, Viewer, WrongPassword, frame
from tests.integration.viewing import folder_of, on_display, open_socket, session_processes, view

MIB = 1024 * 1024


@pytest.fixture(scope="module")
def tls() -> Iterator[servers.JupyterServer]:
    """A Jupyter server with TLS, which has no plain socket to hand off."""
    with servers.running(tls=True) as started:
        yield started


@pytest.fixture(params=["hand-off", "relay"])
def either(
    request: pytest.FixtureRequest, server: servers.JupyterServer, tls: servers.JupyterServer
) -> servers.JupyterServer:
    """A server with a running desktop, by hand-off or by relay."""
    chosen = server if request.param == "hand-off" else tls
    chosen.start_desktop()
    return chosen


def test_pictures_and_input_pass(either: servers.JupyterServer) -> None:
    with view(either) as viewer:
        viewer.set_encodings(0)
        viewer.request_update()
        assert viewer.update() == viewer.width * viewer.height * 4
        # Ten whole pictures in a row: 80 MB.
        for _ in range(10):
            viewer.request_update()
            assert viewer.update() == viewer.width * viewer.height * 4
        viewer.cut_text("x" * 200_000)
        viewer.request_update()
        assert viewer.update() > 0


def test_with_hand_off_jupyter_holds_no_viewer_s_socket(
    server: servers.JupyterServer, tls: servers.JupyterServer
) -> None:
    """Jupyter holds the socket of a viewer only where it has to relay."""
    for chosen, expected in ((server, 0), (tls, 1)):
        chosen.start_desktop()
        with view(chosen) as viewer:
            port = viewer.wire.socket.getsockname()[1]
            jupyter = psutil.Process(chosen.process.pid)
            held = [one for one in jupyter.net_connections("tcp") if one.raddr[1:] == (port,)]
            assert len(held) == expected


def test_heartbeats_and_pings_are_answered(either: servers.JupyterServer) -> None:
    with open_socket(either, either.ticket()) as wire:
        assert wire.message() == b"RFB 003.008\n"
        wire.send(b"")
        assert wire.message() == b""
        wire.send(b"hello", PING)
        assert wire.frame().payload == b"hello"


def test_a_viewer_that_leaves_is_no_longer_listed(either: servers.JupyterServer) -> None:
    def viewers() -> int:
        return len(either.session()["viewers"])

    with view(either), view(either):
        servers.until(lambda: viewers() == 2, "two viewers")
    servers.until(lambda: viewers() == 0, "no viewer")


def test_a_reconnecting_page_replaces_only_its_old_connection(
    either: servers.JupyterServer,
) -> None:
    with (
        view(either, client="page") as old,
        view(either, client="other") as other,
        view(either, client="page") as new,
    ):
        assert old.wire.closing().code == 4001
        for viewer in (other, new):
            viewer.set_encodings(0)
            viewer.request_update()
            assert viewer.update() > 0


def test_a_password_is_for_one_ticket(either: servers.JupyterServer) -> None:
    first, second = either.ticket(), either.ticket()
    assert first["password"] != second["password"]
    with closing(Viewer(open_socket(either, first)).wire.socket):
        pass
    with Viewer(open_socket(either, second)) as viewer, pytest.raises(WrongPassword):
        viewer.authenticate(first["password"])
    with view(either) as viewer:
        assert viewer.width


def test_twenty_wrong_passwords_do_not_lock_the_owner_out(either: servers.JupyterServer) -> None:
    for _ in range(20):
        with Viewer(open_socket(either, either.ticket())) as viewer, pytest.raises(WrongPassword):
            viewer.authenticate("wrong")
    with view(either) as viewer:
        assert viewer.width


# -- incomplete connections


def open_descriptors(server: servers.JupyterServer) -> dict[str, int]:
    processes = {
        **session_processes(server),
        "bridge": server.process_of("jupyter_desktop.bridge"),
        "jupyter": psutil.Process(server.process.pid),
    }
    return {name: process.num_fds() for name, process in processes.items()}


def reset(connection: socket.socket) -> None:
    """Reset a connection (SO_LINGER of 0 seconds: RST)."""
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\1\0\0\0\0\0\0\0")
    connection.close()


def test_a_hundred_incomplete_connections_do_not_lock_the_owner_out(
    either: servers.JupyterServer,
) -> None:
    with view(either):
        pass
    servers.until(lambda: either.session()["viewers"] == [], "no viewer")
    before = open_descriptors(either)
    head = clients.upgrade(f"{either.url}desktop/socket/default", ["desktop.v1", "ticket.x"])
    with ExitStack() as stack:
        for number in range(100):
            plain = stack.enter_context(clients.dial(either.url))
            if number % 4 == 1:
                plain.sendall(b"\x16\x03\x01" if either.context else b"GET /desk")
            elif number % 4 == 2:
                half = stack.enter_context(clients.dial(either.url, either.context))
                half.sendall(head[: len(head) // 2])
            stack.enter_context(open_socket(either, either.ticket()))
        started = time.monotonic()
        with view(either) as viewer:
            viewer.set_encodings(0)
            viewer.request_update()
            assert viewer.update() > 0
        assert time.monotonic() - started < 3
        assert len(either.session()["viewers"]) >= 100
    servers.until(lambda: either.session()["viewers"] == [], "nobody left")

    def as_before() -> bool:
        now = open_descriptors(either)
        return all(now[name] <= before[name] + 2 for name in before)

    servers.until(as_before, f"descriptors as before: {before}")


def test_browsers_that_disconnect_at_once_leave_no_descriptors(
    either: servers.JupyterServer,
) -> None:
    """Before, during and after the answer to the upgrade request."""
    with view(either):
        pass
    servers.until(lambda: either.session()["viewers"] == [], "no viewer")
    before = open_descriptors(either)
    for number in range(60):
        ticket = either.ticket()
        url = f"{either.url}desktop/{ticket['socket_url']}"
        headers = {"Authorization": f"token {either.token}"}
        browser = clients.dial(url, either.context)
        browser.sendall(clients.upgrade(url, ticket["protocols"], headers))
        if number % 3 == 1:
            browser.close()
        elif number % 3 == 2:
            browser.recv(1)
            reset(browser)
        else:
            reset(browser)
    with view(either) as viewer:
        assert viewer.width
    servers.until(lambda: either.session()["viewers"] == [], "nobody left")
    servers.until(
        lambda: all(count <= before[name] + 2 for name, count in open_descriptors(either).items()),
        f"descriptors as before: {before}",
    )


# -- a client that stops reading

OFFERED = 600 * MIB
STALL = 20.0  # seconds; benchmarks/memory.py waits for a minute
FEW = 20 * MIB


class Flood:
    """Replaces a display server: offers ``OFFERED`` bytes on each connection.

    A display server sends only requested pictures, so it would not show back pressure.
    """

    def __init__(self, server: servers.JupyterServer) -> None:
        path = folder_of(server) / "display.sock"
        self._real = path.rename(path.with_name("real.sock"))
        self._path = path
        self._listener = socket.socket(socket.AF_UNIX)
        self._listener.bind(str(path))
        self._listener.listen()
        self.taken = 0
        self._thread = threading.Thread(target=self._serve, daemon=True)
        self._thread.start()

    def _serve(self) -> None:
        connection, _ = self._listener.accept()
        with connection:
            block = memoryview(os.urandom(MIB))
            while self.taken < OFFERED:
                self.taken += connection.send(block[self.taken % MIB :])
            connection.recv(1)

    def close(self) -> None:
        self._listener.close()
        self._real.rename(self._path)
        self._thread.join(5)


class Memory:
    """The most by which any process of a server grows."""

    def __init__(self, *of: servers.JupyterServer) -> None:
        processes = [process for server in of for process in server.processes()]
        self._before = servers.facts(processes, lambda one: one.memory_info().rss)
        self.growth: dict[str, int] = {}

    def look(self) -> None:
        def grown(process: psutil.Process) -> tuple[str, int]:
            name = f"{process.pid} {process.name()} {process.cmdline()[1:3]}"
            return name, process.memory_info().rss - self._before[process]

        for name, growth in servers.facts(self._before, grown).values():
            self.growth[name] = max(growth, self.growth.get(name, 0))

    @property
    def most(self) -> int:
        return max(self.growth.values())


def received(viewer: Viewer, count: int) -> int:
    """Read at least ``count`` bytes; return how many came."""
    got = 0
    while got < count:
        got += len(viewer.wire.message())
    return got


@pytest.mark.timeout(240)
def test_a_client_that_stops_reading_costs_no_memory(
    server: servers.JupyterServer,
    tls: servers.JupyterServer,
    record_property: Callable[[str, object], None],
) -> None:
    """By hand-off and by relay, with the display server and with 600 MiB of flood.

    All four at once, to save time.
    """
    with ExitStack() as stack:
        flooded, pictures, floods = [], [], []
        for one in (server, tls):
            one.start_desktop()
            viewer = stack.enter_context(view(one))
            viewer.set_encodings(0)
            viewer.request_update()
            viewer.update()
            pictures.append(viewer)
        for one in (server, tls):
            flood = Flood(one)
            stack.callback(flood.close)
            floods.append(flood)
        memory = Memory(server, tls)
        for one in (server, tls):
            flooded.append(Viewer(stack.enter_context(open_socket(one, one.ticket()))))
        for viewer in pictures:
            for _ in range(80):
                viewer.request_update()
        _stall(memory, STALL)
        record_property("growth", memory.growth)
        print({name: f"{grown / MIB:.1f} MiB" for name, grown in memory.growth.items()})
        assert memory.most < FEW, memory.growth
        assert all(flood.taken < 8 * MIB for flood in floods)
        for viewer in flooded:
            assert received(viewer, OFFERED) == OFFERED
        for viewer in pictures:
            assert viewer.update() > 0
            viewer.request_update()
            assert viewer.update() > 0
        memory.look()
        assert memory.most < FEW, memory.growth
        assert all(flood.taken == OFFERED for flood in floods)


def _stall(memory: Memory, seconds: float) -> None:
    """Watch the memory for ``seconds``."""
    until = time.monotonic() + seconds
    while time.monotonic() < until:
        memory.look()
        select.select([], [], [], 0.25)


def test_a_display_server_that_does_not_read_slows_the_browser_down(
    either: servers.JupyterServer,
) -> None:
    """The other direction: unread input is not buffered."""

    class Deaf(Flood):
        def _serve(self) -> None:
            connection, _ = self._listener.accept()
            with connection:
                connection.sendall(b"RFB 003.008\n")
                done.wait(30)

    done = threading.Event()
    deaf = Deaf(either)
    try:
        with open_socket(either, either.ticket()) as wire:
            wire.message()
            memory = Memory(either)
            sent = _send_until_held_back(wire.socket, frame(b"x" * 65536, BINARY))
            memory.look()
            assert sent < 32 * MIB, "the kernel's buffers hold some of it"
            assert memory.most < FEW, memory.growth
    finally:
        done.set()
        deaf.close()


def _send_until_held_back(connection: socket.socket, data: bytes) -> int:
    """Send until a write blocks for a second."""
    connection.settimeout(1)
    sent = 0
    try:
        while sent < 200 * MIB:
            sent += connection.send(data)
    except (TimeoutError, ssl.SSLWantWriteError):
        pass
    return sent


def test_a_slow_viewer_does_not_delay_others(either: servers.JupyterServer) -> None:
    with view(either) as stalled, view(either) as lively:
        stalled.set_encodings(0)
        for _ in range(20):
            stalled.request_update()
        lively.set_encodings(0)
        for _ in range(5):
            started = time.monotonic()
            lively.request_update()
            lively.update()
            assert time.monotonic() - started < 2
            assert either.call("GET", "api").status == 200


# -- the side entrance, through jupyter-server-proxy


def by_the_side(
    server: servers.JupyterServer, headers: Mapping[str, str | None] | None = None
) -> clients.Wire:
    sent = {"Authorization": f"token {server.token}", **(headers or {})}
    return clients.connect(f"{server.url}desktop-websockify/", ["binary"], sent, server.context)


def test_the_side_entrance_accepts_a_viewer_with_a_ticket(either: servers.JupyterServer) -> None:
    ticket = either.ticket(client="websockify")
    with Viewer(by_the_side(either)) as viewer:
        viewer.authenticate(ticket["password"])
        viewer.set_encodings(0)
        viewer.request_update()
        assert viewer.update() == viewer.width * viewer.height * 4


def test_only_pages_get_the_message_that_the_desktop_ends(
    either: servers.JupyterServer,
) -> None:
    ticket = either.ticket(client="websockify")
    side = Viewer(by_the_side(either)).authenticate(ticket["password"])
    with side, view(either) as one, view(either) as other:
        assert either.call("DELETE", "desktop/api/sessions/default").status == 204
        for page in (one, other):
            assert {'{"step": "ending"}'} == set(texts(page))
        assert not texts(side)


def texts(viewer: Viewer) -> list[str]:
    """Return the text frames until the end."""
    told = []
    with suppress(clients.Closed):
        while (came := viewer.wire.frame()).opcode != CLOSE:
            if came.opcode == TEXT:
                told.append(came.payload.decode())
    return told


def test_the_side_entrance_refuses_a_viewer_without_a_ticket(either: servers.JupyterServer) -> None:
    either.ticket(client="page")
    before = len(either.session()["viewers"])
    with pytest.raises((clients.Denied, clients.Closed)):
        by_the_side(either).message()
    assert len(either.session()["viewers"]) == before


def test_the_side_entrance_refuses_a_viewer_without_a_login(either: servers.JupyterServer) -> None:
    either.ticket(client="websockify")
    with pytest.raises(clients.Denied) as denied:
        by_the_side(either, {"Authorization": None})
    assert denied.value.status in (302, 403)
    # The ticket is still valid with a login.
    by_the_side(either).socket.close()


def test_the_side_entrance_accepts_a_ticket_once(either: servers.JupyterServer) -> None:
    either.ticket(client="websockify")
    by_the_side(either).socket.close()
    with pytest.raises((clients.Denied, clients.Closed)):
        by_the_side(either).message()


NOWHERE_IS_SAFE = """
from pathlib import Path
from jupyter_desktop.system import runtime
runtime._NETWORK_FILE_SYSTEMS = {runtime.file_system(Path("/tmp"))}
"""


def test_without_a_safe_folder_the_side_entrance_is_an_error_page(
    jupyter: Callable[..., servers.JupyterServer],
) -> None:
    def prepare(server: servers.JupyterServer) -> None:
        (server.home / ".jupyter").mkdir()
        (server.home / ".jupyter" / "jupyter_server_config.py").write_text(NOWHERE_IS_SAFE)

    server = jupyter(prepare=prepare)
    server.start_desktop()
    # The session, which is another process, finds a folder.
    with view(server):
        server.ticket(client="websockify")
        with pytest.raises(clients.Denied) as denied:
            by_the_side(server)
        assert denied.value.status == 500
        told = json.loads(denied.value.body)
        assert told["reason"] == "runtime-folder-unusable"
        assert told["message"] in server.log
        assert server.call("GET", "desktop-websockify/").json == told
        assert server.call("GET", "desktop-websockify/", token=None).status in (302, 403)
        assert not list(server.runtime.glob("*/side.sock"))
    assert server.log.count("/desktop-websockify/ is not served") == 1


def test_a_program_with_the_cookie_can_use_the_display(server: servers.JupyterServer) -> None:
    """A program outside the session that can read the cookie."""
    server.start_desktop()
    with on_display(server, "xprop", "-root", "_NET_SUPPORTING_WM_CHECK") as program:
        printed, errors = program.communicate(timeout=10)
    assert b"window id" in printed, errors
