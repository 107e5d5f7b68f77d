"""Processes that are clients of a display, found by the X server or by their windows."""

from __future__ import annotations

import subprocess

import psutil
import pytest

from jupyter_desktop.session.x11 import clients
from tests.integration.viewing import grabbed
from tests.servers import JupyterServer, until


@pytest.fixture(scope="module")
def environment(server: JupyterServer) -> dict[str, str]:
    server.start_desktop()
    variables: dict[str, str] = server.process_named("openbox").environ()
    return variables


@pytest.fixture
def display(environment: dict[str, str], monkeypatch: pytest.MonkeyPatch) -> str:
    monkeypatch.setenv("XAUTHORITY", environment["XAUTHORITY"])
    return environment["DISPLAY"]


@pytest.mark.parametrize("extension", [True, False])
def test_the_owner_of_a_window_is_found(
    server: JupyterServer,
    environment: dict[str, str],
    display: str,
    monkeypatch: pytest.MonkeyPatch,
    extension: bool,
) -> None:
    if not extension:
        monkeypatch.setattr(clients, "_EXTENSION", "X-Nothing")
    manager = server.process_named("openbox").pid
    with subprocess.Popen(["xterm"], env=environment) as program:
        try:
            found = until(lambda: _with(display, program.pid), "its window")
        finally:
            program.kill()
    assert found.owners == {program.pid}
    if extension:
        assert found.managers == {manager}
        assert {manager, program.pid, psutil.Process().pid} <= found.all


def _with(display: str, pid: int) -> clients.DisplayClients | None:
    found = clients.clients_of(display, 10)
    return found if pid in found.owners else None


def test_a_grabbed_x_server_yields_no_clients(server: JupyterServer, display: str) -> None:
    with grabbed(server):
        assert clients.clients_of(display, 0.2) == clients.DisplayClients()


def test_a_missing_x_server_yields_no_clients() -> None:
    assert clients.clients_of(":987", 10) == clients.DisplayClients()
