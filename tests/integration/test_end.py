"""However the Jupyter server ends, nothing is left five seconds later."""

from __future__ import annotations

import contextlib
import http.client
import signal
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import TypeAlias

import pytest

from tests import clients, servers
from tests.integration.viewing import session_processes, view

Busy: TypeAlias = tuple[servers.JupyterServer, clients.Viewer]

# Helpers in separate process sessions; some ignore signals.
HELPERS = """#!/bin/sh
setsid sh -c 'trap "" TERM HUP INT; while :; do sleep 1; done' &
(setsid sleep 1000 &)
nohup sleep 1000 >/dev/null 2>&1 &
exec openbox --sm-disable
"""


def with_helpers(server: servers.JupyterServer) -> None:
    (server.home / "start").write_text(HELPERS)


@contextlib.contextmanager
def running_busy(*arguments: str) -> Iterator[Busy]:
    """Run a server with two desktops, viewers, and an event stream."""
    with servers.running(
        # Without it Jupyter asks on its terminal before it exits at SIGINT.
        "--ServerApp.answer_yes=True",
        *arguments,
        start_script="~/start",
        prepare=with_helpers,
        check=False,
    ) as server:
        server.start_desktop()
        server.start_desktop("second")
        with view(server) as viewer, view(server, "second"):
            stream = server.connection()
            path = "/desktop/api/sessions/default/events"
            stream.request("GET", path, headers={"Authorization": f"token {server.token}"})
            server.note_displays()
            assert len(server.processes("sleep 1000")) == 4
            yield server, viewer
            stream.close()


@pytest.fixture
def busy() -> Iterator[Busy]:
    with running_busy() as running:
        yield running


def ends_within(server: servers.JupyterServer, seconds: float) -> None:
    """Fail unless all our processes and files are gone after ``seconds``.

    The time that Jupyter's own process takes to exit is not counted.
    """
    server.assert_nothing_left(seconds, besides=f"process {server.process.pid}")
    server.process.wait(20)
    # Jupyter may have forked a process just before it exited.
    server.assert_nothing_left(seconds)


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGKILL, signal.SIGINT])
def test_a_signal_ends_everything_within_five_seconds(busy: Busy, number: signal.Signals) -> None:
    server, viewer = busy
    server.process.send_signal(number)
    if number == signal.SIGINT:
        # Without a terminal Jupyter exits at SIGINT without a notice; we see only its exit.
        server.process.wait(20)
    ends_within(server, 5)
    assert viewer.wire.closing().code in (1001, 4000, 4001)


def test_a_shutdown_by_the_api_ends_everything_within_five_seconds(busy: Busy) -> None:
    server, viewer = busy
    assert server.call("POST", "api/shutdown").status == 200
    ends_within(server, 5)
    assert viewer.wire.closing().code in (1001, 4000, 4001)


@pytest.mark.parametrize(
    ("backend", "delay"),
    [("vnc", 0.0), ("vnc", 0.1), ("vnc", 0.3), ("xpra", 0.2), ("xpra", 1.0)],
)
def test_killing_jupyter_while_a_desktop_starts_leaves_nothing(backend: str, delay: float) -> None:
    """At several moments of the start."""
    with servers.running(f"--DesktopApp.backend={backend}", check=False) as server:
        start = threading.Thread(target=_start_if_possible, args=(server,))
        start.start()
        began = time.monotonic()
        servers.until(lambda: time.monotonic() - began >= delay, "the moment")
        server.signal(signal.SIGKILL)
        ends_within(server, 5)
        start.join()


def test_ending_during_the_search_for_display_servers_leaves_nothing(tmp_path: Path) -> None:
    """They hang when asked for their version, as on a network file system."""
    hangs = tmp_path / "hangs"
    hangs.write_text("#!/bin/sh\nsleep 1000\n")
    hangs.chmod(0o755)
    settings = (f"--DesktopApp.display_server={hangs}", f"--Xpra.executable={hangs}")
    with servers.running(*settings, check=False) as server:
        for name, backend in [("one", "xpra"), ("other", "vnc")]:
            server.call("POST", "desktop/api/sessions", {"name": name, "backend": backend})
        servers.until(lambda: len(server.processes("sleep 1000")) == 2, "both are asked")
        assert server.call("DELETE", "desktop/api/sessions/one").status == 204
        assert server.session("one")["reason"] == "It was stopped."
        assert len(server.processes("sleep 1000")) == 1
        server.signal(signal.SIGKILL)
        ends_within(server, 5)


def _start_if_possible(server: servers.JupyterServer) -> None:
    with contextlib.suppress(OSError, http.client.HTTPException):
        server.call("POST", "desktop/api/sessions")


def test_killing_jupyter_after_its_bridge_leaves_nothing(busy: Busy) -> None:
    """By then a new bridge runs, which removes the folder that belongs to no desktop."""
    server, _ = busy
    old = server.process_of("jupyter_desktop.bridge")
    began = time.monotonic()
    # A bridge that dies soon after its start is not replaced until it is needed.
    servers.until(lambda: time.monotonic() - began > 1, "a bridge that has lived a while")
    old.kill()
    servers.until(
        lambda: [p for p in server.processes("jupyter_desktop.bridge") if p != old], "a new one"
    )
    server.process.kill()
    ends_within(server, 5)


@pytest.mark.parametrize("which", ["keeper", "worker", "display server"])
def test_killing_jupyter_and_a_session_process_leaves_nothing(busy: Busy, which: str) -> None:
    """As by the kernel when memory runs out."""
    server, _ = busy
    session_processes(server)[which].kill()
    server.process.kill()
    ends_within(server, 5)


def test_killing_jupyter_while_session_processes_are_suspended_leaves_nothing() -> None:
    """As by SIGSTOP: only the other process of each session notices the end."""
    # The suspended worker is killed after this time.
    with running_busy("--DesktopApp.stop_timeout=0.2") as (server, _):
        session_processes(server)["worker"].suspend()
        session_processes(server, "second")["keeper"].suspend()
        server.process.kill()
        ends_within(server, 5)


def test_stopping_a_desktop_ends_its_programs_only(busy: Busy) -> None:
    server, viewer = busy
    assert server.call("DELETE", "desktop/api/sessions/default").status == 204
    assert viewer.wire.closing().code in (4000, 4001)
    assert len(server.processes("sleep 1000")) == 2
    assert len(server.displays()) == 1
    assert server.session("second")["state"] == "running"
