"""Whole desktop environments leave nothing behind, and neither do their helpers.

Checked are /tmp, /dev/shm, the runtime folders, mounts, and sockets in the home.
"""

from __future__ import annotations

import signal
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from tests import servers, users
from tests.integration.test_xstartup import xfce_logs_out
from tests.servers import JupyterServer, until

from .viewing import parent_of

# Shared by all desktops of a user in $XDG_RUNTIME_DIR until the user logs out of the machine.
SHARED = ["at-spi", "dbus-1", "dbus-1/services", "dconf", "dconf/user", "gvfs", "gvfsd", "pulse"]


def log_out(server: JupyterServer) -> None:
    environment = server.process_of("xfce4-session").environ()
    xfce_logs_out(environment, **users.become(users.named()))
    server.wait_for("stopped")


def stop(server: JupyterServer) -> None:
    assert server.call("DELETE", "desktop/api/sessions/default").status == 204


def kill_worker(server: JupyterServer) -> None:
    parent_of(server.process_of("-displayfd")).kill()
    server.wait_for("failed")


ENDS: Mapping[str, Callable[[JupyterServer], None]] = {
    "log out": log_out,
    "Stop": stop,
    "kill -9 of the worker": kill_worker,
    "kill -9 of Jupyter": lambda server: server.signal(signal.SIGKILL),
}


def belongings(server: JupyterServer) -> set[str]:
    """Return the user's belongings except Jupyter's, the bridge's and shared ones."""
    assert server.user is not None
    ours = users.belongings(server.user, [server.home, server.log_file])
    sockets = {str(path) for path in server.home.rglob("*") if path.is_socket()}
    mounts = Path("/proc/self/mounts").read_text().splitlines()
    besides = {str(server.runtime / name) for name in SHARED}
    besides |= {str(path) for one in server.runtime.glob("jd-*/side.sock") for path in _of(one)}
    return {
        *(one for one in ours - besides if "jupyter_desktop.bridge" not in one),
        *sockets,
        *(mount for mount in mounts if f"user_id={server.user}," in f"{mount},"),
    }


def _of(entrance: Path) -> tuple[Path, ...]:
    """Return the contents of the bridge's folder."""
    return entrance, entrance.parent, entrance.with_name("claim")


def test_xfce_leaves_nothing_behind_however_it_ends() -> None:
    options: dict[str, Any] = {"start_script": "xfce", "user": users.named(), "check": False}
    settings = "--DesktopApp.stop_timeout=10"  # the machine may be busy
    with servers.running(settings, **options) as server:
        before = belongings(server)
        for how, end in ENDS.items():
            server.start_desktop()
            # The last part of the desktop to start.
            until(lambda: server.processes("xfdesktop"), "the whole desktop", 45)
            made = belongings(server) - before
            assert [one for one in made if "/.ICE-unix/" in one], made
            end(server)
            come_back_to(server, before, how)


def come_back_to(server: JupyterServer, before: set[str], how: str) -> None:
    deadline = time.monotonic() + 20
    while (left := belongings(server) - before) and time.monotonic() < deadline:
        time.sleep(0.05)
    assert not left, f"left behind by {how}: {sorted(left)}"
