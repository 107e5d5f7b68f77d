"""Programs that keep the X server for themselves: they hold up the picture, not the session."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable

import pytest

from tests import servers
from tests.integration.viewing import GRAB, grabbed, logs, view

# A desktop of which nobody else learns anything before "let-go" is in its folder.
START = f"""#!/bin/sh
{sys.executable} -c '{GRAB}'
exec openbox --sm-disable
"""


@pytest.fixture
def starting(jupyter: Callable[..., servers.JupyterServer]) -> servers.JupyterServer:
    """A server with a desktop that does not get on with its start."""

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


def test_viewers_come_in_while_it_starts(starting: servers.JupyterServer) -> None:
    with view(starting):
        assert starting.session()["state"] == "starting"
        (starting.home / "let-go").touch()
        starting.wait_for("running")


def test_it_stops_while_it_starts(starting: servers.JupyterServer) -> None:
    stops_in_time(starting)


def test_viewers_come_in_while_it_runs_and_it_stops(server: servers.JupyterServer) -> None:
    server.start_desktop()
    with grabbed(server):
        # Whether the display server is still there is what the session has to know now.
        server.process_of("openbox", "--sm-disable").kill()
        with view(server):
            pass
        stops_in_time(server)


def test_what_was_asked_meanwhile_is_answered(server: servers.JupyterServer) -> None:
    """The end of the window manager is noticed."""
    server.start_desktop()
    with grabbed(server):
        server.process_of("openbox", "--sm-disable").kill()
        with view(server):
            pass
    assert server.wait_for("stopped")["reason"].startswith("The session was logged out")
