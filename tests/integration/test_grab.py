"""Programs that grab the X server delay the picture, but not the session."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable

import pytest

from tests import servers
from tests.integration.viewing import GRAB, grabbed, logs, view

# The X server answers no other client until "let-go" is in the folder.
START = f"""#!/bin/sh
{sys.executable} -c '{GRAB}'
exec openbox --sm-disable
"""


@pytest.fixture
def starting(jupyter: Callable[..., servers.JupyterServer]) -> servers.JupyterServer:
    """A server with a desktop whose start is held up."""

    def prepare(server: servers.JupyterServer) -> None:
        (server.home / "start").write_text(START)

    server = jupyter(start_script="~/start", prepare=prepare)
    server.call("POST", "desktop/api/sessions")
    servers.until(lambda: "grabbed" in logs(server), "the X server to be grabbed")
    server.note_displays()
    return server


def stops_in_time(server: servers.JupyterServer) -> None:
    began = time.monotonic()
    assert server.call("DELETE", "desktop/api/sessions/default").status == 204
    assert time.monotonic() - began < 3
    session = server.session()
    assert (session["state"], session["reason"]) == ("stopped", "It was stopped.")
    assert "did not end in time" not in server.log


def test_viewers_connect_during_a_start_with_a_grabbed_x_server(
    starting: servers.JupyterServer,
) -> None:
    with view(starting):
        assert starting.session()["state"] == "starting"
        (starting.home / "let-go").touch()
        starting.wait_for("running")


def test_a_start_with_a_grabbed_x_server_stops_in_time(starting: servers.JupyterServer) -> None:
    stops_in_time(starting)


def test_viewers_connect_to_a_grabbed_x_server_and_it_stops_in_time(
    server: servers.JupyterServer,
) -> None:
    server.start_desktop()
    with grabbed(server):
        # Now the session has to find out whether the display server still runs.
        server.process_of("openbox", "--sm-disable").kill()
        with view(server):
            pass
        stops_in_time(server)


def test_the_end_of_the_window_manager_during_a_grab_is_noticed(
    server: servers.JupyterServer,
) -> None:
    server.start_desktop()
    with grabbed(server):
        server.process_of("openbox", "--sm-disable").kill()
        with view(server):
            pass
    assert server.wait_for("stopped")["reason"].startswith("The session was logged out")
