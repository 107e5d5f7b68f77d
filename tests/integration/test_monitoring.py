"""The administrators' view of desktops: lines of Jupyter's log, and Prometheus metrics."""

from __future__ import annotations

import os
import re
import signal
from collections.abc import Iterator

import pytest

from tests import servers
from tests.clients import CLOSE, Viewer
from tests.servers import JupyterServer, until

from .viewing import open_socket, view

# A user whose name would write lines of its own.
CONFIGURATION = """
from jupyter_server.auth import IdentityProvider, User

class Named(IdentityProvider):
    async def _get_user(self, handler):
        user = await super()._get_user(handler)
        name = handler.request.headers.get("X-User", "ann")
        shown = "bob\\x1b[2J\\n[I] forged" if name == "bob" else name
        return user and User(name, display_name=shown)

c.ServerApp.identity_provider_class = Named
"""

BOB = {"X-User": "bob"}
BOB_SHOWN = r"bob\x1b[2J\n[I] forged"
SESSION = "desktop/api/sessions/default"


def with_users(server: JupyterServer) -> None:
    folder = server.home / ".jupyter"
    folder.mkdir()
    (folder / "jupyter_server_config.py").write_text(CONFIGURATION)


@pytest.fixture(scope="module")
def server() -> Iterator[JupyterServer]:
    with servers.running(prepare=with_users) as started:
        yield started


class Log:
    """The lines about desktops, one after the other."""

    def __init__(self, server: JupyterServer) -> None:
        self._server = server
        self._read = 0

    def has(self, *expected: str) -> None:
        """Expect these lines, in any order, and no others; a number of seconds or a process is N.

        They come one shortly after the other: the next call would find what is one too many.
        """
        until(lambda: len(self._new()) >= len(expected), f"{expected} in the log", 30)
        new = self._new()
        self._read += len(new)
        assert sorted(new) == sorted(expected)

    def _new(self) -> list[str]:
        found = re.findall(r"\] (Desktop '.*|The bridge.*)\n", self._server.log)
        plain = [re.sub(r"(took|process) [\d.]+", r"\1 N", line) for line in found]
        return plain[self._read :]


def say_goodbye(viewer: Viewer) -> None:
    viewer.wire.send(b"\x03\xe8", CLOSE)
    viewer.wire.closing()
    viewer.wire.socket.close()


def test_the_log(server: JupyterServer) -> None:
    log, desktop = Log(server), "Desktop 'default'"
    server.start_desktop()
    log.has(f"{desktop} is starting.", f"{desktop} runs; its start took N s.")

    first = view(server, client="a-page")
    log.has(f"{desktop}: viewer 1 (ann, full access) connected.")
    second = view(server, client="a-page")
    log.has(
        f"{desktop}: viewer 1 (ann, full access) connected again.",
        f"{desktop}: viewer 1 (ann, full access) has one connection less: a newer connection of "
        "the same page replaced it.",
    )
    first.wire.socket.close()
    say_goodbye(second)
    log.has(f"{desktop}: viewer 1 (ann, full access) left: its browser closed the connection.")
    view(server, client="a-page").wire.socket.close()
    log.has(
        f"{desktop}: viewer 1 (ann, full access) connected again.",
        f"{desktop}: viewer 1 (ann, full access) left: its connection was lost.",
    )

    share = server.call("POST", f"{SESSION}/share", {"access": "view", "lifetime": 90}).json
    log.has(f"{desktop}: link 1 was made (view access), for 90 s.")
    ticket = server.call("POST", f"{SESSION}/ticket", {"share": share["id"]}, headers=BOB).json
    guest = f"{desktop}: viewer 2 ({BOB_SHOWN} by link 1, view access)"
    with open_socket(server, ticket, BOB):
        log.has(f"{guest} connected.")
        assert server.call("DELETE", f"{SESSION}/shares/{share['id']}").status == 204
        log.has(f"{guest} left: the owner disconnected it, or its link ended.")

    with view(server):
        log.has(f"{desktop}: viewer 3 (ann, full access) connected.")
        os.kill(server.process_of("jupyter_desktop.bridge").pid, signal.SIGKILL)
        log.has(
            "The bridge process has died; pages will reconnect.",
            f"{desktop}: viewer 3 (ann, full access) left: the bridge died.",
            "The bridge was started again (process N).",
        )

    with view(server):
        log.has(f"{desktop}: viewer 4 (ann, full access) connected.")
        assert server.call("DELETE", SESSION).status == 204
        log.has(
            f"{desktop} has ended: It was stopped.",
            f"{desktop}: viewer 4 (ann, full access) left: the display server closed the "
            "connection.",
        )
    secrets = [share["id"], ticket["password"], ticket["protocols"][1].removeprefix("ticket.")]
    assert not [secret for secret in [*secrets, "a-page", "\x1b"] if secret in server.log]


def numbers(server: JupyterServer) -> dict[str, float]:
    """Return what Jupyter shows of desktops at ``/metrics``, by name, without the buckets."""
    answer = server.call("GET", "metrics")
    assert answer.status == 200
    lines = re.findall(r"^jupyter_desktop_(\w+) (\S+)$", answer.body.decode(), re.MULTILINE)
    return {name: float(value) for name, value in lines}


def test_metrics(server: JupyterServer) -> None:
    before = numbers(server)

    def more(name: str) -> float:
        return numbers(server)[name] - before[name]

    server.start_desktop("counted")
    assert more("desktops_running") == 1
    assert more("start_seconds_count") == 1
    assert 0 < more("start_seconds_sum") < 60
    assert more("viewers_connected") == 0

    with view(server, "counted", "a-page") as viewer:
        until(lambda: more("viewers_connected") == 1, "the viewer")
        viewer.set_encodings(0)
        viewer.request_update()
        size = viewer.update()
        # While it is connected.
        until(lambda: more("bytes_sent_total") >= size, "the bytes to the browser", 45)
        assert more("bytes_received_total") > 0
        assert more("viewers_connected") == 1
        assert more("reconnects_total") == 0
    until(lambda: more("viewers_connected") == 0, "nobody")

    with view(server, "counted", "a-page"):
        until(lambda: more("reconnects_total") == 1, "the reconnect")
        assert more("viewers_connected") == 1
        with view(server, "counted", "other-page"):
            until(lambda: more("viewers_connected") == 2, "two viewers")
        assert server.call("DELETE", "desktop/api/sessions/counted").status == 204
        until(lambda: more("viewers_connected") == 0, "nobody")
    assert more("desktops_running") == 0
    assert more("reconnects_total") == 1
    assert size <= more("bytes_sent_total") < 2 * size


def test_the_numbers_are_for_those_who_are_logged_in(server: JupyterServer) -> None:
    answer = server.call("GET", "metrics", token=None)
    assert answer.status in (302, 403)
    assert b"jupyter_desktop" not in answer.body
